"""Audits: which texts are drawn, what a person's answers make of a figure, and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from enrich import audit, conclude
from enrich.audit import Subject, Text
from enrich.cli import main
from enrich.mistakes import Mistake
from enrich.store import Store
from enrich.tables import Finding
from tests import worlds

HEARD = "nettle.weakness_map.heard-minus"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as made:
        worlds.write(made)
        conclude.conclude(made, worlds.Words())
        yield made


def finding(value: float, low: float, high: float) -> Finding:
    known = {"value": value, "low": low, "high": high, "id": "f", "company": "c"}
    return Finding(**{name: known.get(name) for name in Finding.columns()})


def texts(tagged: list[bool | None], others: list[bool | None]) -> list[Text]:
    return [Text("review", str(n), "words", "k", is_tagged, says) for is_tagged, stratum in ((True, tagged), (False, others)) for n, says in enumerate(stratum)]


def test_the_texts_of_a_finding_are_those_that_it_counts(store: Store) -> None:
    subject = Subject(store, HEARD, worlds.Words())
    assert len(subject.texts) == subject.finding.n
    assert sum(t.tagged for t in subject.texts) == subject.finding.hits


def test_replies_to_complaints_are_those_that_the_finding_counts(store: Store) -> None:
    for id in ("nettle.reply_quality.apologises", "nettle.reply_quality.apologises-under-praise-and-other-reviews"):
        subject = Subject(store, id, worlds.Words())
        assert (len(subject.texts), sum(t.tagged for t in subject.texts)) == (subject.finding.n, subject.finding.hits)


def test_half_of_what_is_drawn_is_tagged_and_a_second_audit_goes_on(store: Store) -> None:
    subject = Subject(store, HEARD, worlds.Words())
    first = subject.draw(20)
    assert sum(t.tagged for t in first) == 10
    for text in first:
        subject.judge(text, True)
    again = Subject(store, HEARD, worlds.Words())
    assert {t.target for t in again.draw(20)} & {t.target for t in first} == set()
    assert sum(t.says is not None for t in again.texts) == 20


def test_where_few_texts_are_tagged_the_others_fill_up(store: Store) -> None:
    subject = Subject(store, HEARD, worlds.Words())
    subject.texts = texts([None] * 3, [None] * 50)
    assert [sum(t.tagged is tagged for t in subject.draw(20)) for tagged in (True, False)] == [3, 17]


def test_another_text_is_not_judged_yet(store: Store) -> None:
    subject = Subject(store, HEARD, worlds.Words())
    text = subject.draw(2)[0]
    subject.judge(text, True)
    store.execute("update reviews set text_key = 'another' where id = ?", (text.target,))
    assert all(t.says is None for t in Subject(store, HEARD, worlds.Words()).texts)


@pytest.mark.parametrize(("id", "said"), [("nettle.weakness_map.hearing", "did you mean"), ("nettle.responsiveness.answered-within-7d", "there is nothing to say yes or no to")])
def test_a_finding_that_is_no_share_of_tagged_texts_is_refused(store: Store, id: str, said: str) -> None:
    if not store.get(Finding, id) and "responsiveness" in id:
        id = next(i for (i,) in store.rows("select id from findings where measure = 'responsiveness' limit 1"))
    with pytest.raises(Mistake) as mistake:
        Subject(store, id, worlds.Words())
    assert said in str(mistake.value)


def test_a_figure_is_corrected_for_what_is_wrong_and_what_is_missed() -> None:
    made = audit.corrected(finding(0.2, 0.15, 0.25), texts([True] * 15 + [False] * 5, [True] * 2 + [False] * 18), "now")
    assert made
    assert made.corrected == pytest.approx(0.2 * 0.75 + 0.8 * 0.1)
    assert (made.tagged, made.right, made.untagged, made.missed) == (20, 15, 20, 2)
    assert 0 <= made.low < made.corrected < made.high <= 1


def test_texts_that_were_all_judged_leave_only_the_doubt_of_the_figure_itself() -> None:
    made = audit.corrected(finding(0.5, 0.4, 0.6), texts([True] * 10, [False] * 10), "now")
    assert made
    assert (made.corrected, made.low, made.high) == (0.5, pytest.approx(0.4), pytest.approx(0.6))


def test_nothing_missed_in_a_few_texts_is_not_nothing_missed_at_all() -> None:
    made = audit.corrected(finding(0.1, 0.09, 0.11), texts([True] * 10, [False] * 10 + [None] * 500), "now")
    assert made
    assert (made.corrected, made.high > 0.3) == (pytest.approx(0.1), True)


def test_before_a_text_of_each_stratum_was_judged_nothing_is_said() -> None:
    assert audit.corrected(finding(0.2, 0.1, 0.3), texts([True], [None]), "now") is None
    assert audit.corrected(finding(0.2, 0.1, 0.3), texts([None], [False]), "now") is None
    assert audit.corrected(finding(0.0, 0.0, 0.1), texts([], [False, None]), "now") is not None


def test_corrected_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(7)
    held, trials, n = 0, 400, 800
    for _ in range(trials):
        says = rng.random(n) < 0.25
        tagged = np.where(says, rng.random(n) < 0.6, rng.random(n) < 0.1)
        share = tagged.mean()
        half = 1.96 * np.sqrt(share * (1 - share) / n)
        asked = {tag: set(rng.choice(np.flatnonzero(tagged == tag), 40, replace=False).tolist()) for tag in (True, False)}
        rows = [Text("review", str(i), "words", "k", bool(t), bool(s) if i in asked[bool(t)] else None) for i, (s, t) in enumerate(zip(says, tagged, strict=True))]
        made = audit.corrected(finding(float(share), float(share - half), float(share + half)), rows, "now")
        assert made
        held += made.low <= 0.25 <= made.high
    assert 0.92 <= held / trials <= 0.99


def test_the_command_asks_keeps_and_prints(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('title = "Herbs"\n[[companies]]\nname = "Nettle"\n', encoding="utf-8")
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store)
        conclude.conclude(store, worlds.Words())
    run = CliRunner()
    first = run.invoke(main, ["audit", HEARD, "--rows", "10", "-s", str(tmp_path)], input="y\ns\n" + "n\n" * 7 + "q\n")
    assert (first.exit_code, "10 of 10" in first.output, "corrected" in first.output) == (0, True, True)
    again = run.invoke(main, ["audit", HEARD, "--rows", "0", "-s", str(tmp_path), "--json"])
    told = json.loads(again.stdout)
    assert (told["tagged"] + told["untagged"], told["right"] + told["missed"]) == (8, 1)
    with Store(tmp_path / "rapport.db") as store:
        assert store.one("select corrected from audits where finding = ?", (HEARD,)) == told["corrected"]
    wrong = run.invoke(main, ["audit", "nettle.weakness_map.herd-minus", "-s", str(tmp_path)])
    assert (wrong.exit_code, "did you mean" in wrong.output) == (1, True)
