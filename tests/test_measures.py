"""Counts and measures on small stores: what enters a rate, what ends a wait, what is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from enrich import cells, conclude
from enrich.store import Store
from enrich.tables import Change, Company, Label, Look, Mention, Profile, Reply, Review, Study, Table
from tests import worlds


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as made:
        made.write([Study("s", "Study", None, None, None, "2025-01-01T00:00:00Z")])
        made.write([Company("nettle", "Nettle", "rival", "[]", "[]", "[]"), Company("bramble", "Bramble", "rival", "[]", "[]", "[]")])
        place(made, "nettle.forum")
        yield made


def place(store: Store, id: str, **changes: Any) -> None:
    company, _, source = id.partition(".")
    profile = Profile(id, company, source, source, id, None, "customer", None, 1, "whole", 0, "full", None, None, None, None, None)
    for name, value in changes.items():
        setattr(profile, name, value)
    store.write([profile])


def review(store: Store, id: str, created: str | None = "2025-03-01T10:00:00Z", *, seen: str = "2025-06-01T00:00:00Z", tags: tuple[str, ...] = (), language: str = "en", **changes: Any) -> None:
    row = Review(id, "nettle.forum", "nettle", "forum", "customer", id, 0, None, None, None, f"Text of {id}.", id, id, None, None, 1, created, created, "second", "created", None, None, None, None, None, None)
    for name, value in changes.items():
        setattr(row, name, value)
    rows: list[list[Table]] = [[row], [Look("review", id, created or seen, seen, 1, None, 0, None)], [Label("review", id, "language", language, 1.0, "text", None, "language", "1")],
                               [Mention(0, "review", id, id, row.company, tag, i, i + 1, "x", "themes", "1") for i, tag in enumerate(tags)]]
    for table in rows:
        store.write(table)


def reply(store: Store, review: str, created: str | None, *, role: str = "company", first_seen: str = "2025-05-01T00:00:00Z", text: str | None = "We are sorry.", position: int = 1, until: str | None = None) -> None:
    id = f"{review}-{position}"
    store.write([Reply(id, review, "nettle.forum", "nettle", id, position, role, "source", None, text, id, id, created, until or created, "second" if created else None, None)])
    store.write([Look("reply", id, first_seen, first_seen, 1, None, 0, None)])


def waits(store: Store) -> list[tuple[Any, ...]]:
    cells.update(store)
    return list(store.rows("select day, asks, edited, lo, hi, n from waits where tag = '' order by day, lo, hi"))


def counted(store: Store) -> dict[str, int]:
    cells.update(store)
    return dict(store.rows("select tag, sum(n) from cells where kind = 'review' group by tag"))


def test_an_answer_ends_the_wait_and_silence_lasts_until_the_review_was_last_seen(store: Store) -> None:
    review(store, "answered")
    reply(store, "answered", "2025-03-02T10:00:00Z")
    review(store, "silent", seen="2025-03-11T10:00:00Z")
    assert waits(store) == [("2025-03-01", 1, 0, 24.0, 24.0, 1), ("2025-03-01", 1, 0, 240.0, -1.0, 1)]


@pytest.mark.parametrize("role", ["bot", "customer", "other"])
def test_a_bot_or_another_customer_never_ends_the_wait(store: Store, role: str) -> None:
    review(store, "r", seen="2025-03-11T10:00:00Z")
    reply(store, "r", "2025-03-02T10:00:00Z", role=role)
    assert waits(store) == [("2025-03-01", 1, 0, 240.0, -1.0, 1)]


def test_the_first_answer_counts(store: Store) -> None:
    review(store, "r")
    reply(store, "r", "2025-03-05T10:00:00Z", role="owner")
    reply(store, "r", "2025-03-01T12:00:00Z", role="staff", position=2)
    assert waits(store) == [("2025-03-01", 1, 0, 2.0, 2.0, 1)]


def test_a_reply_earlier_than_the_last_edit_waited_no_longer_than_the_place_has_reviews(store: Store) -> None:
    review(store, "oldest", "2025-02-01T00:00:00Z", stars=5)
    review(store, "edited", "2025-03-01T00:00:00Z", created_kind="edited")
    reply(store, "edited", "2025-02-11T00:00:00Z")
    assert waits(store)[1] == ("2025-03-01", 1, 1, 0.0, 240.0, 1)


def test_a_reply_without_a_time_came_between_the_last_look_without_it_and_the_first_with_it(store: Store) -> None:
    review(store, "r")
    reply(store, "r", None, first_seen="2025-03-11T10:00:00Z")
    store.write([Change("c", "reply", "r-1", "r", "nettle", "appeared", None, None, "2025-03-06T10:00:00Z", "2025-03-11T10:00:00Z", "source", None)])
    assert waits(store) == [("2025-03-01", 1, 0, 120.0, 240.0, 1)]


def test_days_without_hours_give_a_wait_within_bounds(store: Store) -> None:
    review(store, "r", "2025-03-01T00:00:00Z", created_until="2025-03-01T23:59:59Z")
    reply(store, "r", "2025-03-03T00:00:00Z", until="2025-03-03T23:59:59Z")
    assert waits(store) == [("2025-03-01", 1, 0, 24.0, 72.0, 1)]


def test_without_stars_a_complaint_asks_for_an_answer(store: Store) -> None:
    review(store, "complaint", stars=None)
    review(store, "praise", "2025-03-02T10:00:00Z", stars=None)
    review(store, "five stars", "2025-03-03T10:00:00Z", stars=5)
    store.write([Label("review", "complaint", "complaint", "yes", None, "text", None, "c", "1"), Label("review", "five stars", "complaint", "yes", None, "text", None, "c", "1")])
    assert [(day, asks) for day, asks, *_ in waits(store)] == [("2025-03-01", 1), ("2025-03-02", 0), ("2025-03-03", 0)]


@pytest.mark.parametrize("visible", [0, None])
def test_a_source_that_hides_replies_has_no_waits(store: Store, visible: int | None) -> None:
    place(store, "nettle.forum", replies_visible=visible)
    review(store, "r")
    assert (waits(store), counted(store)) == ([], {"": 1})


@pytest.mark.parametrize("changes", [{"private": 1}, {"population": "chosen"}])
def test_private_and_hand_picked_reviews_are_in_no_rate(store: Store, changes: dict[str, Any]) -> None:
    place(store, "nettle.forum", **changes)
    review(store, "r", tags=("theme:heard-",))
    assert (waits(store), counted(store)) == ([], {})


def test_a_review_counts_once_a_tag_and_only_with_words(store: Store) -> None:
    review(store, "twice", tags=("theme:heard-", "theme:heard-", "theme:speed+"))
    review(store, "no words", text=None)
    assert counted(store) == {"": 1, "theme:heard-": 1, "theme:speed+": 1, "joint:entry": 1, "joint:withdrawal": 1}


def test_the_same_long_text_on_two_places_within_a_week_counts_once(store: Store) -> None:
    place(store, "nettle.shop")
    text = "They promised to call me back on Monday, and nobody ever did."
    review(store, "first", text=text, text_key="k")
    review(store, "copy", "2025-03-06T10:00:00Z", text=text, text_key="k", profile="nettle.shop", source="shop")
    review(store, "later", "2025-03-20T10:00:00Z", text=text, text_key="k", profile="nettle.shop", source="shop")
    review(store, "short", text="Good app", text_key="g")
    review(store, "short too", text="Good app", text_key="g", profile="nettle.shop", source="shop")
    assert counted(store) == {"": 4}
    assert list(store.rows("select id, counted from published_copies")) == [("copy", "first")]


def test_only_authors_of_several_days_are_told_apart(store: Store) -> None:
    review(store, "once", author="ann")
    review(store, "one", author="bob")
    review(store, "other", "2025-03-02T10:00:00Z", author="bob")
    cells.update(store)
    assert list(store.rows("select day, author, n from cells order by day, author")) == [("2025-03-01", "", 1), ("2025-03-01", "bob", 1), ("2025-03-02", "bob", 1)]


def test_an_update_of_what_is_touched_gives_what_counting_all_anew_gives(store: Store) -> None:
    review(store, "one", author="bob", tags=("theme:heard-",))
    review(store, "two", "2025-03-04T10:00:00Z", tags=("theme:heard-",))
    cells.update(store)
    review(store, "three", "2025-03-09T10:00:00Z", author="bob", tags=("theme:speed+",))
    review(store, "undated", None)
    reply(store, "two", "2025-03-05T10:00:00Z")
    assert cells.update(store, {("nettle", "2025-03-09"), ("nettle", "2025-03-04"), ("nettle", "")}) == 4
    columns = "select * from {} order by " + ", ".join(str(i) for i in range(1, 12))
    step = {t: list(store.rows(columns.format(t))) for t in ("cells", "waits")}
    cells.update(store)
    assert step == {t: list(store.rows(columns.format(t))) for t in ("cells", "waits")}


def test_a_place_that_is_seen_to_show_replies_is_counted_anew(store: Store) -> None:
    place(store, "nettle.forum", replies_visible=None)
    review(store, "silent", seen="2025-03-11T10:00:00Z")
    assert waits(store) == []
    place(store, "nettle.forum", replies_visible=1)
    assert cells.update(store, set()) == 1
    assert list(store.rows("select lo, hi from waits where tag = ''")) == [(240.0, -1.0)]
    assert cells.update(store, set()) == 0


def test_nothing_touched_is_nothing_done(store: Store) -> None:
    review(store, "r")
    cells.update(store)
    assert cells.update(store, set()) == 0
    assert counted(store) == {"": 1}


def test_other_languages_are_counted_but_not_in_a_rate(store: Store) -> None:
    review(store, "english")
    review(store, "unknown", language="und")
    review(store, "german", language="de")
    review(store, "stars", text=None)
    cells.update(store)
    conclude.conclude(store, worlds.Words())
    assert store.one("select sentence from findings where id = 'nettle.coverage.reviews-read'") == \
        "Of 4 public customer reviews of Nettle, 2 have words that are read here; 1 has stars only and 1 is in another language."
    assert store.one("select n from findings where id = 'nettle.weakness_map.heard-minus'") == 2


def test_the_period_of_the_study_bounds_what_is_counted(store: Store) -> None:
    store.write([Study("s", "Study", None, "2025-03-02", "2025-03-03", "2025-01-01T00:00:00Z")])
    for day in (1, 2, 3, 4):
        review(store, f"r{day}", f"2025-03-0{day}T10:00:00Z", tags=("theme:heard-",))
    cells.update(store)
    conclude.conclude(store, worlds.Words())
    assert store.one("select n from findings where id = 'nettle.weakness_map.heard-minus'") == 2
    assert {r for (r,) in store.rows("select review from evidence where finding = 'nettle.weakness_map.heard-minus'")} == {"r2", "r3"}


def test_old_reviews_worked_off_on_one_day_are_told(store: Store) -> None:
    for i in range(12):
        review(store, f"old{i}", f"2025-01-{i + 1:02d}T10:00:00Z")
        reply(store, f"old{i}", "2025-04-01T10:00:00Z")
    cells.update(store)
    conclude.conclude(store, worlds.Words())
    why = store.one("select why from findings where id = 'nettle.responsiveness.answered-within-7-days'")
    assert "12 answers to reviews older than 30 days came on 1 day: old reviews were worked off at once; they keep their true delay." in why
    assert store.one("select value from findings where id = 'nettle.responsiveness.answered-within-7-days'") == 0
