"""From texts to findings: what is read again, what is taken back, and what is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from enrich import cells, conclude, evidence, lens, measures, reading, tables
from enrich.enrichment import enrich
from enrich.store import Store
from enrich.text import key
from tests import worlds

LATER = "2026-05-01T00:00:00Z"
SORRY = "We are sorry that nobody answered you."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One company with a review that complains and a reply that says sorry."""
    with Store(tmp_path / "rapport.db", create=True) as made:
        made.write([tables.Study("s", "One", None, None, None, LATER)])
        made.write([tables.Company("theirs", "Theirs", "rival", "[]", "[]", "[]")])
        made.write([tables.Profile("p", "theirs", "forum", "forum", "k", None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
        write(made, "They ignored me for weeks.")
        made.write([reply(SORRY)])
        made.write([tables.Look(k, i, LATER, LATER, 1, None, 0, None) for k, i in (("review", "r"), ("reply", "a"))])
        yield made


def write(store: Store, text: str | None) -> None:
    store.write([tables.Review("r", "p", "theirs", "forum", "customer", "1", 0, None, None, None, text, "h", key(text) if text else None, "1", 0.0, 1,
                               "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "second", "created", None, None, None, None, None, None)])


def reply(text: str, role: str = "company") -> tables.Reply:
    return tables.Reply("a", "r", "p", "theirs", "2", 1, role, "source", None, text, "h", key(text), "2026-04-03T00:00:00Z", "2026-04-03T00:00:00Z", "second", None)


def found(store: Store) -> set[str]:
    return {kind for (kind,) in store.rows("select kind from mentions union select kind from labels")}


def test_what_was_found_in_words_that_were_taken_back_goes_with_them(store: Store) -> None:
    enrich(store)
    assert found(store) == {"review", "reply"}
    store.write([reply(SORRY, "customer")])
    enrich(store)
    assert found(store) == {"review"}
    write(store, None)
    enrich(store)
    assert (found(store), reading.count_due(store), store.one("select count(*) from evidence where start is not null")) == (set(), 0, 0)


def test_quotes_follow_their_words_when_an_edit_moves_them_and_no_count_changes(store: Store) -> None:
    enrich(store)
    before = sorted(store.rows("select start, end from evidence where kind = 'review' and start is not null"))
    write(store, "Well. They ignored me for weeks.")
    enrich(store)
    assert before and sorted(store.rows("select start, end from evidence where kind = 'review' and start is not null")) == [(a + 6, b + 6) for a, b in before]


def test_a_run_that_is_cut_short_before_its_conclusions_is_made_good_by_the_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    enrich(store)
    write(store, "Well. They ignored me for weeks.")
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(conclude, "conclude", stopped)
        enrich(store)
    enrich(store)
    assert store.one("select count(*) from stale") == 0
    assert list(store.rows("select 1 from evidence e where start is not null and not exists (select 1 from mentions m where m.target = e.target and m.start = e.start)")) == []


def test_with_nothing_new_nothing_changes(store: Store) -> None:
    enrich(store)
    before = store.db.conn.total_changes
    again = enrich(store)
    assert (again.read, again.days) == (0, 0)
    assert list(store.rows("select id from analyses")) == [(again.analysis,)]
    assert store.db.conn.total_changes - before == len(lens.lens().tags)          # the vocabulary is written as it stands


def test_a_tag_that_left_the_vocabulary_leaves_the_store(store: Store) -> None:
    store.write([tables.Tag("theme:old-", "theme", "old", "-", "Old", "Gone.", None, None, None)])
    enrich(store)
    assert store.get(tables.Tag, "theme:old-") is None


def test_a_tag_that_speaks_otherwise_makes_another_vocabulary(tmp_path: Path) -> None:
    ours = lens.Lens()
    version = ours.version_of("theme")
    id = next(t.id for t in ours.of("theme") if t.speaks == "against")
    ours.tags[id] = ours.tags[id].model_copy(update={"speaks": "for"})
    assert ours.version_of("theme") != version


def test_counts_of_another_version_are_made_anew(store: Store) -> None:
    enrich(store)
    counted = sorted(store.rows("select * from cells"))
    store.execute("update cells set n = 9")
    store.execute("update counted set taken_for = '0:' || substr(taken_for, 3)")
    enrich(store)
    assert sorted(store.rows("select * from cells")) == counted


def test_old_reviews_worked_off_in_private_are_not_told(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store, [replace(worlds.FOUR[1], days=100.0)])
        store.execute("update replies set created_at = '2026-01-30T00:00:00Z'")
        study = measures.Study(store, worlds.Words(), {c.id: c for c in store.read(tables.Company)}, None, None)
        told = measures.measures()["responsiveness"]._backfills  # type: ignore[attr-defined]
        assert set(told(study)) == {"bramble"}
        store.execute("update profiles set private = 1")
        assert told(study) == {}


def test_a_reply_that_no_step_could_read_speaks_neither_for_nor_against(store: Store) -> None:
    enrich(store)
    where = cells.Where(kind="reply", languages=frozenset({"en", "und"}))
    assert [q.target for q in evidence.silent(store, where, "theirs", "move:remedy", "against")] == ["a"]
    store.execute("update labels set value = 'hi' where kind = 'reply' and name = 'language'")
    assert list(evidence.silent(store, where, "theirs", "move:remedy", "against")) == []
