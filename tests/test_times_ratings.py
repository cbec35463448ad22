"""Times and ratings, as sources write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich import ratings, times
from enrich.records import When

SEEN = datetime(2026, 6, 20, 12, tzinfo=UTC)


def moment(*parts: int) -> When:
    return When.at(datetime(*parts, tzinfo=UTC))


@pytest.mark.parametrize(("raw", "expected"), [
    ("2023-05-16 14:22:47", moment(2023, 5, 16, 14, 22, 47)),
    ("2026-06-16T17:53:00.000-06:00", moment(2026, 6, 16, 23, 53)),
    ("2026-06-16T17:53:00Z", moment(2026, 6, 16, 17, 53)),
    ("2026-06-16 17:53:00 UTC", moment(2026, 6, 16, 17, 53)),
    ("2026/06/16 17:53", moment(2026, 6, 16, 17, 53)),
    ("16-06-2026 17:53", moment(2026, 6, 16, 17, 53)),
    ("06/16/2026 5:53 PM", moment(2026, 6, 16, 17, 53)),
    ("6/16/2026, 12:05:09 AM", moment(2026, 6, 16, 0, 5, 9)),
    ("Tue Oct 31 22:10:47 +0000 2017", moment(2017, 10, 31, 22, 10, 47)),
    ("Tue, 31 Oct 2017 22:10:47 GMT", moment(2017, 10, 31, 22, 10, 47)),
    ("Monday, June 3, 2024 at 5:07 pm", moment(2024, 6, 3, 17, 7)),
    ("1783627663", moment(2026, 7, 9, 20, 7, 43)),
    (1783627663, moment(2026, 7, 9, 20, 7, 43)),
    (1783627663000, moment(2026, 7, 9, 20, 7, 43)),
    (datetime(2024, 6, 3, 5), moment(2024, 6, 3, 5)),
    ("2026-06-16", When.on(2026, 6, 16)),
    ("20260616", When.on(2026, 6, 16)),
    ("31/12/2026", When.on(2026, 12, 31)),
    ("12/31/2026", When.on(2026, 12, 31)),
    ("05/05/2026", When.on(2026, 5, 5)),
    ("03/22/23", When.on(2023, 3, 22)), ("22.03.99", When.on(1999, 3, 22)),
    ("3.4.2026", When.on(2026, 4, 3)),
    ("June 3, 2024", When.on(2024, 6, 3)),
    ("Jun. 3, 2024", When.on(2024, 6, 3)),
    ("Sept 3, 2024", When.on(2024, 9, 3)),
    ("3 June 2024", When.on(2024, 6, 3)),
    ("23rd October 2023", When.on(2023, 10, 23)),
    ("3-Jun-2024", When.on(2024, 6, 3)),
    ("Reviewed on June 3, 2024", When.on(2024, 6, 3)),
    ("3. Juni 2024", When.on(2024, 6, 3)),
    ("14 de mayo de 2024", When.on(2024, 5, 14)),
    (date(2024, 6, 3), When.on(2024, 6, 3)),
    ("2026-06", When.on(2026, 6)),
    ("Jun 2024", When.on(2024, 6)),
    ("Février 2024", When.on(2024, 2)),
    ("yesterday", When.on(2026, 6, 19)),
    ("today", When.on(2026, 6, 20)),
    ("2 weeks ago", When(SEEN - timedelta(weeks=3), SEEN - timedelta(weeks=1.5), "interval")),
    ("Edited an hour ago", When(SEEN - timedelta(hours=2), SEEN - timedelta(hours=0.5), "interval")),
    ("a few days ago", When(SEEN - timedelta(days=5), SEEN - timedelta(days=1), "interval")),
    ("", None), (None, None), (float("nan"), None), (True, None),
])
def test_a_time_is_read_as_exactly_as_it_is_written(raw: object, expected: When | None) -> None:
    assert times.read(raw, seen=SEEN) == expected


@pytest.mark.parametrize("raw", ["soon", "12", "2024", "June 3", "31/02/2024", "99/99/2024", "00:00", 5, "3 Foo 2024"])
def test_what_names_no_moment_is_refused_with_its_words(raw: object) -> None:
    with pytest.raises(ValueError, match=str(raw).split("/")[0]):
        times.read(raw, seen=SEEN)


def test_two_weeks_ago_is_refused_where_nobody_says_when_it_was_read() -> None:
    with pytest.raises(ValueError, match="2 weeks ago"):
        times.read("2 weeks ago")


def test_a_date_of_two_readings_is_refused_until_the_order_is_known() -> None:
    with pytest.raises(times.Ambiguous, match="03/04/2026"):
        times.read("03/04/2026")
    assert times.read("03/04/2026", day_first=True) == When.on(2026, 4, 3)
    assert times.read("03/04/2026", day_first=False) == When.on(2026, 3, 4)
    assert times.read("03.04.2026", day_first=False) == When.on(2026, 3, 4)


def test_a_date_that_can_be_read_one_way_only_is_read_that_way_whatever_is_said() -> None:
    assert times.read("31/12/2026", day_first=False) == times.read("31/12/2026", day_first=True) == When.on(2026, 12, 31)


@pytest.mark.parametrize(("raw", "expected"), [("31/12/2026", True), ("16-06-26 17:53", True), ("12/31/2026", False), ("03/04/2026", None), ("40/50/2026", None), ("2026-06-16", None), (5, None)])
def test_one_date_may_show_the_order_of_its_file(raw: object, expected: bool | None) -> None:
    assert times.order(raw) is expected


@given(st.datetimes(datetime(1981, 1, 1), datetime(2099, 1, 1)).map(lambda d: d.replace(microsecond=0)))
def test_every_time_comes_back_from_every_way_of_writing_it(when: datetime) -> None:
    expected = When.at(when)
    for written in (when.isoformat(), when.isoformat(" "), f"{when:%d.%m.%Y %H:%M:%S}", f"{when:%B %d, %Y %I:%M:%S %p}", f"{when:%d %b %Y, %H:%M:%S}",
                    f"{when:%Y/%m/%d %H:%M:%S}", int(when.replace(tzinfo=UTC).timestamp())):
        assert times.read(written) == expected


def test_a_hundred_thousand_different_dates_take_seconds_not_minutes() -> None:
    start = datetime(2000, 1, 1)
    began = perf_counter()
    for i in range(100_000):
        times.read(f"{start + timedelta(minutes=37 * i):%b %d, %Y %H:%M}")
    assert perf_counter() - began < 10


@pytest.mark.parametrize(("raw", "value"), [
    (4, 0.75), (4.0, 0.75), ("4", 0.75), ("4,5", 0.875), ("4.5", 0.875), ("8/10", 7 / 9), ("8,5 / 10", 7.5 / 9), ("3 out of 5 stars", 0.5), ("5 out of 5", 1.0),
    ("4 stars out of 5", 0.75), ("Rated 4 of 5", 0.75), ("5,0 von 5 Sternen", 1.0), ("4 stars", 0.75), ("1 star", 0.0), ("5-star", 1.0), ("80 %", 0.8),
    ("★★★", 0.5), ("★★★☆☆", 0.5), ("★★★★½", 0.875), ("⭐⭐⭐⭐", 0.75), ("⭐️⭐️", 0.25),
])
def test_a_rating_is_read_on_the_scale_it_names(raw: object, value: float) -> None:
    found = ratings.read(raw)
    assert found is not None
    assert (found.raw, found.value) == (str(raw), pytest.approx(value))


@pytest.mark.parametrize("raw", [None, "", " ", 0, "0", "0.0", "0/5", "☆☆☆☆☆", float("nan"), True])
def test_no_rating_is_no_rating(raw: object) -> None:
    assert ratings.read(raw) is None


@pytest.mark.parametrize("raw", ["6", "-1", "good", "11/10", "★★★★★★", "3/4/2024", "4 apples", "120 %"])
def test_what_is_no_rating_or_off_its_scale_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="rating"):
        ratings.read(raw)


def test_a_stated_scale_is_kept_to() -> None:
    assert ratings.read("7", best=10, worst=0).value == 0.7  # type: ignore[union-attr]
    assert ratings.read("0", best=10, worst=0).value == 0.0  # type: ignore[union-attr]
    assert ratings.read("10", best="10").value == 1.0  # type: ignore[union-attr]
    assert ratings.read(60, best=100).value == 0.6  # type: ignore[union-attr]


def test_only_bare_ratings_depend_on_the_scale() -> None:
    assert [ratings.bare(v) for v in (4, "4,5", "4 stars", "8/10", "★★", "80 %", None)] == [4.0, 4.5, 4.0, None, None, None, None]


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1), (0.25, 2), (0.5, 3), (0.75, 4), (1.0, 5), (7 / 9, 4), (0.8, 4)])
def test_stars_are_the_nearest_of_five(value: float, expected: int) -> None:
    assert ratings.stars(value) == expected
