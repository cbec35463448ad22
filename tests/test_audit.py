"""Audits: which texts are drawn, what a person's answers make of a figure, and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from enrich import audit, cells, conclude, stats
from enrich.audit import Subject, Text
from enrich.cli import main
from enrich.field import Compared
from enrich.measures import Result
from enrich.mistakes import Mistake
from enrich.store import Store
from enrich.tables import Audit, Finding, Struck
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


OTHERS = ("bramble", "sorrel", "yarrow")


def judge(store: Store, company: str, rows: int, wrong: float = 0.0) -> None:
    """Judges texts behind a company's figure: the tagger is right, but for a share of what it tagged."""
    subject = Subject(store, f"{company}.weakness_map.heard-minus", worlds.Words())
    drawn = subject.draw(rows)
    tagged = [t for t in drawn if t.tagged]
    for n, text in enumerate(tagged):
        subject.judge(text, n >= wrong * len(tagged))
    for text in drawn:
        if not text.tagged:
            subject.judge(text, False)


def again(store: Store, id: str = HEARD) -> Finding:
    conclude.conclude(store, worlds.Words())
    found = store.get(Finding, id)
    assert found
    return found


def test_a_verdict_that_nobody_audited_says_so(store: Store) -> None:
    marks = {row[0]: row[1:] for row in store.rows("select id, verdict, audited from findings")}
    assert marks[HEARD] == ("weakness", "no")
    assert marks["sorrel.responsiveness.answered-within-7-days"] == ("weakness", None)              # rests on no tag
    assert {audited for verdict, audited in marks.values() if verdict not in audit.VERDICTS} == {None}


def test_an_audit_outlives_findings_that_are_made_anew(store: Store) -> None:
    judge(store, "nettle", 40, wrong=0.1)
    first = again(store)
    assert first.audited == store.one("select max(judged_at) from judgements")
    kept = store.get(Audit, HEARD)
    conclude.conclude(store, worlds.Words(), anew=True)
    assert store.get(Audit, HEARD) == kept
    assert kept and kept.tagged == kept.untagged == 20
    store.execute("update judgements set text_key = 'another'")
    assert (again(store).audited, store.get(Audit, HEARD)) == ("no", None)


def test_a_verdict_stands_where_people_find_the_tagging_right(store: Store) -> None:
    before = store.one("select rank from findings where id = ?", (HEARD,))
    judge(store, "nettle", 240)
    one_side = again(store)
    assert (one_side.verdict, "which was not audited" in (one_side.why or "")) == ("weakness", True)
    for company in OTHERS:
        judge(store, company, 240)
    both = again(store)
    assert (both.verdict, both.rank, "corrected as well" in (both.why or "")) == ("weakness", before, True)


def test_a_verdict_on_wrong_tags_falls_as_far_as_is_known(store: Store) -> None:
    judge(store, "nettle", 240, wrong=0.7)
    one_side = again(store)
    assert (one_side.verdict, "auditing the others would settle it" in (one_side.why or "")) == ("lead", True)
    for company in OTHERS:
        judge(store, company, 240)
    both = again(store)
    assert (both.verdict, both.rank, "does not bear out the verdict “weakness”." in (both.why or "")) == ("no clear difference", 0.0, True)


def test_an_audit_gives_no_verdict(store: Store) -> None:
    """Who audits what looks promising would find as much as he looks for."""
    id = "sorrel.weakness_map.heard-minus"
    assert store.one("select verdict from findings where id = ?", (id,)) == "no clear difference"
    subject = Subject(store, id, worlds.Words())
    for text in subject.draw(400):
        subject.judge(text, True)
    made = again(store, id)
    assert (made.verdict, "Audited" in (made.why or "")) == ("no clear difference", True)


def test_what_was_struck_by_hand_is_not_corrected_a_second_time(store: Store) -> None:
    judge(store, "nettle", 240, wrong=0.3)
    before = again(store)
    kept = store.get(Audit, HEARD)
    wrong = [target for (target,) in store.rows("select target from judgements where tag = 'theme:heard-' and not says and target in (select target from mentions where tag = 'theme:heard-')")]
    store.write(Struck("review", target, "theme:heard-", start, end, said, target, "nettle", "s", "themes")
                for target, start, end, said in list(store.rows("select target, start, [end], words from mentions where tag = 'theme:heard-'")) if target in wrong)
    store.execute("delete from mentions where tag = 'theme:heard-' and target in (select target from struck)")
    cells.update(store)
    struck = again(store)
    now = store.get(Audit, HEARD)
    assert wrong and kept and now and struck.value and before.value and struck.value < before.value
    assert now.corrected == pytest.approx(kept.corrected, abs=0.01) == pytest.approx(struck.value, abs=0.01)


def test_mistakes_at_one_company_name_it_no_longer_once_both_sides_are_audited() -> None:
    """Two companies alike, but the tagger adds wrong tags at one: raw figures call it weak, audited ones do not. A true difference stands."""
    rng = np.random.default_rng(11)
    verdicts: dict[tuple[float, bool], list[str]] = {}
    raw = []
    for truth, both in ((0.15, True), (0.4, True), (0.15, False), (0.4, False)):
        for _ in range(200):
            n = 600
            says = [rng.random(n) < truth, rng.random(n) < 0.15]
            tagged = [says[0] & (rng.random(n) < 0.8) | (rng.random(n) < 0.2), says[1] & (rng.random(n) < 0.8) | (rng.random(n) < 0.01)]
            own, other = (stats.bounded(np.array([t.mean()]), np.array([t.var() / n]), np.array([float(n)]), float(n), n=n, clusters=n).at(0) for t in tagged)
            audits = []
            for company, (said, tags, e) in enumerate(zip(says, tagged, (own, other), strict=True)):
                asked = {int(i) for tag in (True, False) for i in rng.permutation(np.flatnonzero(tags == tag))[:60]}
                rows = [Text("review", str(i), "words", "k", bool(tags[i]), bool(said[i]) if i in asked else None) for i in range(n)]
                made = audit.corrected(replace(finding(e.value, e.low, e.high), id=str(company)), rows, "now")
                assert made
                audits.append(made)
            gap = stats.difference(own, other)
            raw.append(gap.beyond)
            judged = replace(finding(own.value, own.low, own.high), verdict="weakness" if gap.beyond else "lead" if gap.clear_of_zero else "no clear difference")
            audit._judged_again(judged, Result("c", "theme:heard-", "", "", n, compared=Compared(own, other, gap, 0, 0.0, ("d",))), audits[0], audits[1:] if both else [], 1)
            verdicts.setdefault((truth, both), []).append(judged.verdict)
    named = {key: np.mean([v == "weakness" for v in said]) for key, said in verdicts.items()}
    assert np.mean(raw) > 0.9
    assert named[0.15, True] <= 0.05
    assert named[0.4, True] >= 0.5
    assert "no clear difference" not in verdicts[0.15, False]                 # of the others nothing is known: not settled either way
