"""Dates, stars and counts in the words of pages in any language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from enrich import times
from spiders.platforms import dates, stars


@pytest.mark.parametrize(("said", "language", "expected"), [
    ("Отзыв написан 17 марта 2015", None, "2015-03-17"), ("Anmeldt 30 mai 2015", "no", "2015-05-30"), ("Reviewed in the United States on March 17, 2015", "en", "2015-03-17"),
    ("Rezension aus Deutschland vom 17. März 2015", "de", "2015-03-17"), ("Commenté en France le 1er juin 2016", "fr", "2016-06-01"), ("2015年3月17日に日本でレビュー済み", "ja", "2015-03-17"),
    ("تمت المراجعة في مصر في ١٧ مارس ٢٠١٥", "ar", "2015-03-17"), ("Értékelve: 2015. március 17.", "hu", "2015-03-17"), ("ngày 17 tháng 3, 2015", "vi", "2015-03-17"), ("Arvosteltu 17.3.2015", "fi", "17.3.2015"),
    ("wrote a review Mar 2020", "en", "2020-03"), ("2020年3月", None, "2020-03"), ("2015-03-17T10:00:00Z", None, "2015-03-17T10:00:00Z"), ("no date", "en", "no date"),
    ("hace un mes", "es", "1 month ago"), ("il y a un an", "fr", "1 year ago"), ("vor 3 Wochen", "de", "3 weeks ago"), ("miesiąc temu", "pl", "1 month ago"), ("месяц назад", None, "1 month ago"),
    ("한 달 전", "ko", "1 month ago"), ("Bearbeitet: vor 2 Monaten", "de", "2 months ago"), ("2 weeks ago on Google", "en", "2 weeks ago"), ("hace 3 horas", "es", "3 hours ago"),
])
def test_a_date_is_found_among_the_words_of_any_language(said: str, language: str | None, expected: str) -> None:
    assert dates.english(said, language) == expected
    if expected != "no date":
        assert times.read(expected, seen=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("label", "raw"), [
    ("4 av 5 stjerner", "4"), ("5つ星のうち4.0", "4"), ("4,5 von 5 Sternen", "4.5"), (" 5 stars ", "5"), ("5 из 5 звезд", "5"), ("풍선 5개 중 3.0개", "3"), ("٤ نجوم", "4"), ("0 stars", None), ("no stars", None), (None, None),
])
def test_stars_are_read_from_a_label_in_any_language_and_their_raw_form_is_the_same_in_all(label: str | None, raw: str | None) -> None:
    found = stars.spoken(label)
    assert (found.raw if found else None) == raw


def test_counts_have_signs_between_their_thousands_as_each_language_does() -> None:
    assert [stars.counts(t) for t in ("1.234 Bewertungen", "5 stars, 1,234 reviews", "1 234 avis", "12,345,678", "Page 2 of 96", "none")] == [[1234], [5, 1234], [1234], [12345678], [2, 96], []]
