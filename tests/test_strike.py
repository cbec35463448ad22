"""Strikes: what a person says is wrong counts in no figure, however often its text is read, and can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich import reading, strike, tables
from enrich.cli import main
from enrich.enrichment import enrich
from enrich.mistakes import Mistake
from enrich.steps import themes
from enrich.store import Store
from enrich.strike import Wish
from enrich.text import key

DAY = "2026-05-01T00:00:00Z"
IGNORED = "They ignored me for weeks."
LONG = "I wrote to them on Monday and they ignored me for weeks, as ever."
SORRY = "We are sorry that nobody answered you."
FINDING = "theirs.weakness_map.heard-minus"


@contextmanager
def made(folder: Path) -> Iterator[Store]:
    """One company with two reviews on different days that complain of the same, and a reply."""
    (folder / "study.toml").write_text('title = "One"\n[[companies]]\nname = "Theirs"\n', encoding="utf-8")
    with Store(folder / "rapport.db", create=True) as made:
        made.write([tables.Study("s", "One", None, None, None, DAY)])
        made.write([tables.Company("theirs", "Theirs", "rival", "[]", "[]", "[]")])
        for place in ("p", "q"):
            made.write([tables.Profile(place, "theirs", "forum", place, "k", None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
        write(made, "r", IGNORED)
        write(made, "s", "Nobody ever answered me, but the box was blue.", day="2026-04-09T00:00:00Z")
        made.write([tables.Reply("a", "r", "p", "theirs", "2", 1, "company", "source", None, SORRY, "h", key(SORRY), "2026-04-03T00:00:00Z", "2026-04-03T00:00:00Z", "second", None)])
        made.write([tables.Look("reply", "a", DAY, DAY, 1, None, 0, None)])
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with made(tmp_path) as opened:
        yield opened


def write(store: Store, id: str, text: str, *, place: str = "p", day: str = "2026-04-01T00:00:00Z", stars: int | None = 1) -> None:
    store.write([tables.Review(id, place, "theirs", "forum", "customer", id, 0, None, id, None, text, key(text), key(text), None, None, stars, day, day, "second", "created", None, None, None, None, None, None)])
    store.write([tables.Look("review", id, DAY, DAY, 1, None, 0, None)])


def address(store: Store, target: str, tag: str) -> str:
    return strike.address(*next(store.rows("select target, tag, start from mentions where target = ? and tag = ?", (target, tag))))


def hits(store: Store, tag: str = "theme:heard-") -> int:
    return int(store.one("select ifnull(sum(n), 0) from cells where tag = ?", (tag,)))


def mentioned(store: Store) -> set[str]:
    return {target for (target,) in store.rows("select target from mentions where tag = 'theme:heard-'")}


def label(store: Store, target: str, name: str) -> str | None:
    found: str | None = store.one("select value from labels where target = ? and name = ?", (target, name))
    return found


def one(store: Store, target: str = "r", tag: str = "theme:heard-") -> str:
    """Strikes a mention and has the figures made anew; returns its address."""
    enrich(store)
    wrong = address(store, target, tag)
    assert strike.strike(store, [Wish(wrong, "sarcasm", "Ann")]) == 1
    enrich(store)
    return wrong


def test_struck_words_count_in_no_cell_and_behind_no_figure(store: Store) -> None:
    enrich(store)
    before = hits(store)
    one(store)
    assert hits(store) == before - 1
    assert store.one("select hits from findings where id = ?", (FINDING,)) == before - 1
    assert list(store.rows("select 1 from mentions m join struck s on s.target = m.target and s.tag = m.tag and s.start = m.start")) == []
    assert list(store.rows("select 1 from evidence where side <> 'struck' and target = 'r' and tag = 'theme:heard-'")) == []


def test_each_figure_that_it_bears_on_says_so_and_lists_it(store: Store) -> None:
    one(store)
    assert "1 struck by hand." in store.one("select why from findings where id = ?", (FINDING,))
    assert list(store.rows("select target, tag from evidence where finding = ? and side = 'struck'", (FINDING,))) == [("r", "theme:heard-")]
    assert store.one("select count(*) from findings where why like '%struck by hand%' and slice = 'theme:heard+'") == 0


def test_only_the_texts_that_were_struck_are_read_again(store: Store) -> None:
    enrich(store)
    strike.strike(store, [Wish(address(store, "r", "theme:heard-"))])
    done = enrich(store)
    assert (done.read, done.days) == (1, 1)
    assert enrich(store).read == 0


def test_a_strike_outlives_another_version_and_another_vocabulary(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one(store)
    counted = hits(store)
    found = themes._found

    def wider(text: str, audience: str) -> tuple[themes.Mention, ...]:
        """A vocabulary that finds a word more before each."""
        return tuple(themes.Mention(m.tag, max(0, m.start - 5), m.end) for m in found(text, audience))

    monkeypatch.setattr(themes, "_found", wider)
    monkeypatch.setattr(themes, "VERSION", "another")
    reading._say.cache_clear()
    assert enrich(store).read >= 2           # with replies whose fit rests on the themes of what they answer
    assert (hits(store), store.one("select count(*) from struck")) == (counted, 1)
    reading._say.cache_clear()


def test_a_strike_outlives_another_crawl(store: Store) -> None:
    one(store)
    counted = hits(store)
    for table in ("mentions", "struck", "labels", "done", "reviews"):
        store.execute(f"delete from {table} where {'id' if table == 'reviews' else 'target'} = 'r'")
    write(store, "r", IGNORED)
    enrich(store)
    assert hits(store) == counted


def test_an_edit_at_the_source_ends_it_and_that_is_said(store: Store) -> None:
    one(store)
    write(store, "r", IGNORED + " Every week.")
    enrich(store)
    [state] = strike.stands(store)
    assert (state.takes_out, "edited at its source" in state.stand) == (0, True)
    assert address(store, "r", "theme:heard-")
    assert store.one("select count(*) from findings where why like '%struck by hand%'") == 0


def test_what_was_struck_can_be_taken_back_and_both_can_be_done_twice(store: Store) -> None:
    enrich(store)
    before = list(store.rows("select id, value, why from findings order by id"))
    wrong = one(store)
    assert strike.strike(store, [Wish(wrong, "irony")]) == 0
    assert store.one("select because from strikes") == "irony"
    assert strike.undo(store, [Wish(wrong)]) == 1
    enrich(store)
    assert list(store.rows("select id, value, why from findings order by id")) == before
    assert strike.undo(store, [Wish(wrong)]) == 0
    assert store.one("select count(*) from struck") == 0


def test_a_long_text_is_struck_wherever_it_stands_and_a_short_one_alone(store: Store) -> None:
    write(store, "short", IGNORED, place="q", day="2026-04-20T00:00:00Z")
    write(store, "x", LONG, day="2026-03-01T00:00:00Z")
    write(store, "y", LONG, place="q", day="2026-02-01T00:00:00Z")
    one(store, "r")
    assert address(store, "short", "theme:heard-")
    one(store, "x")
    assert sorted(store.rows("select target, strike from struck where tag = 'theme:heard-' and target in ('x', 'y')")) == [(t, store.one("select id from strikes where target = 'x'")) for t in ("x", "y")]
    write(store, "z", LONG, place="q", day="2026-01-01T00:00:00Z")
    enrich(store)
    assert store.one("select 1 from struck where target = 'z'") and not store.one("select 1 from mentions where target = 'z' and tag = 'theme:heard-'")
    copy = strike.address(*next(store.rows("select target, tag, start from struck where target = 'z' and tag = 'theme:heard-'")))
    assert strike.undo(store, [Wish(copy)]) == 1
    enrich(store)
    assert {t for (t,) in store.rows("select target from struck")} == {"r"}


def test_an_equal_text_does_not_take_over_what_was_struck_elsewhere(store: Store) -> None:
    one(store)
    write(store, "later", IGNORED, day="2026-04-25T00:00:00Z")
    enrich(store)
    assert address(store, "later", "theme:heard-")


def test_a_complaint_that_rests_on_struck_words_alone_is_none(store: Store) -> None:
    write(store, "r", IGNORED, stars=None)
    enrich(store)
    against = [strike.address(*row) for row in store.rows("select target, tag, start from mentions where target = 'r' and tag glob 'theme:*-'")]
    assert label(store, "r", "complaint") == "yes"
    strike.strike(store, [Wish(m) for m in against])
    enrich(store)
    assert label(store, "r", "complaint") == "no"
    assert store.one("select max(asks) from cells where day = '2026-04-01' and kind = 'review'") == 0


def test_labels_that_are_read_off_moves_follow(store: Store) -> None:
    enrich(store)
    assert label(store, "a", "order") == "empathy_only"
    one(store, "a", "move:apologises")
    assert label(store, "a", "order") in ("neither", "empathy_only")
    assert "apologises" not in (label(store, "a", "opening") or "")


def test_a_reply_that_a_person_says_is_not_generic_is_not(store: Store) -> None:
    thanks = "Thank you for your kind words."
    store.write([tables.Reply("b", "s", "p", "theirs", "3", 1, "company", "source", None, thanks, "h", key(thanks), "2026-04-12T00:00:00Z", "2026-04-12T00:00:00Z", "second", None)])
    enrich(store)
    assert label(store, "b", "generic") == "yes"
    one(store, "b", "move:generic")
    assert label(store, "b", "generic") == "no"


@pytest.mark.parametrize("mention", ["", "r", "r:theme:heard-", "r:theme:heard-:x", "r:theme:heard-:9999", "nobody:theme:heard-:5", "r:theme:courtesy+:5", "r:theme:heard-:99999999999999999999"])
def test_what_is_no_mention_is_refused_and_then_nothing_is_struck(store: Store, mention: str) -> None:
    enrich(store)
    with pytest.raises(Mistake) as mistake:
        strike.strike(store, [Wish(address(store, "s", "theme:heard-")), Wish(mention)])
    assert mistake.value.cure and store.one("select count(*) from strikes") == 0
    with pytest.raises(Mistake):
        strike.undo(store, [Wish(mention)])


def test_the_command_strikes_lists_and_takes_back(store: Store, tmp_path: Path) -> None:
    enrich(store)
    wrong, other = address(store, "r", "theme:heard-"), address(store, "s", "theme:heard-")
    run = CliRunner()
    (tmp_path / "strikes.csv").write_text(f'mention,because\n{other},"irony, plainly"\n', encoding="utf-8")
    made = run.invoke(main, ["strike", wrong, "--because", "sarcasm", "--file", str(tmp_path / "strikes.csv"), "--json", "-s", str(tmp_path)])
    assert (made.exit_code, json.loads(made.stdout)["struck"], mentioned(store)) == (0, 2, set())
    listed = run.invoke(main, ["strike", "--list", "-s", str(tmp_path)])
    assert all(said in listed.output for said in (wrong, "because sarcasm", "irony, plainly", "holds", "2 strikes"))
    assert json.loads(run.invoke(main, ["strike", "--list", "--json", "-s", str(tmp_path)]).stdout)[0]["takes_out"] == 1
    back = run.invoke(main, ["strike", "--undo", wrong, "-s", str(tmp_path)])
    assert (back.exit_code, "1 strike taken back." in back.output, mentioned(store)) == (0, True, {"r"})


@pytest.mark.parametrize(("text", "said"), [("", "missing"), ("mention,why\nr,x\n", "why"), ("because\nx\n", "mention"), ("mention\nr,too,many\n", ":2"), ("mention\nnobody:x:1\n", ":2"), ("mention,because\n,x\n", ":2")])
def test_a_file_that_will_not_do_is_named_with_its_line(store: Store, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "strikes.csv").write_text(text, encoding="utf-8")
    wrong = CliRunner().invoke(main, ["strike", "--file", str(tmp_path / "strikes.csv"), "-s", str(tmp_path)])
    assert (wrong.exit_code, said in wrong.output, "Traceback" in wrong.output) == (1, True, False)
    assert store.one("select count(*) from strikes") == 0


def test_struck_words_of_private_places_are_told_nowhere(store: Store) -> None:
    store.execute("update profiles set private = 1 where id = 'p'")
    write(store, "x", LONG, place="q")
    enrich(store)
    strike.strike(store, [Wish(address(store, "r", "theme:heard-"))])
    enrich(store)
    assert store.one("select count(*) from evidence where side = 'struck'") == 0
