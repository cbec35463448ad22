"""Findings of a small study whose truth is known: verdicts, sentences, evidence, and what happens when nothing is new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrich import cells, conclude, measures
from enrich.lens import Accuracy
from enrich.store import Store
from enrich.tables import Finding, Look, Review
from tests import worlds
from tests.worlds import Firm, Words


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("four") / "rapport.db", create=True) as store:
        worlds.write(store)
        conclude.conclude(store, Words())
        yield store


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as store:
        yield store


def found(store: Store, id: str) -> Finding:
    finding = store.get(Finding, id)
    assert finding, f"no finding {id}"
    return finding


@pytest.mark.parametrize(("id", "verdict"), [
    ("nettle.weakness_map.heard-minus", "weakness"), ("bramble.weakness_map.heard-plus", "strength"), ("sorrel.weakness_map.heard-minus", "no clear difference"),
    ("nettle.weakness_map.honesty-minus", "accusation"), ("nettle.responsiveness.answered-within-7-days", "strength"), ("sorrel.responsiveness.answered-within-7-days", "weakness"),
    ("nettle.reply_quality.deflects", "weakness"), ("bramble.reply_quality.empathises", "strength"), ("sorrel.reply_quality.apologises", "too few"),
    ("nettle.reply_quality.thanks", "figure"), ("nettle.reply_quality.apologises-pasted", "figure"), ("sorrel.staff_map.staff_heard-minus", "weakness"),
    ("nettle.staff_map.employee-reviews", "not available"), ("yarrow.responsiveness.answered-within-7-days", "not available"), ("bramble.responsiveness.answered-within-1-day", "figure"),
])
def test_what_was_planted_is_found(four: Store, id: str, verdict: str) -> None:
    assert found(four, id).verdict == verdict


def test_sentences_say_what_was_found_to_people(four: Store) -> None:
    assert [found(four, id).sentence for id in ("nettle.weakness_map.heard-minus", "bramble.staff_map.staff_heard-minus", "sorrel.responsiveness.answered-within-7-days", "nettle.reply_quality.deflects",
                                                "nettle.responsiveness.answered-within-7-days-heard-minus")] == [
        "In 102 of 240 public reviews of Nettle (about 43 in 100, likely 36 to 49; at the others about 16), customers say that nobody listened or came back to them.",
        "In none of 60 public employee reviews of Bramble (likely 0 to 6 in 100; at Sorrel about 69) do employees say that nobody listens to staff.",
        "Of 100 customers who complained about Sorrel, about 14 were answered in public within a week (likely 8 to 21); at the others about 68.",
        "In 75 of 114 public replies by Nettle to complaints (about 66 in 100, likely 56 to 74; at the others none), the company sends the customer elsewhere.",
        "Of 100 customers who complained about Nettle and spoke of “Heard”, about 89 were answered in public within a week (likely 78 to 95); at the others about 23."]


def test_no_sentence_holds_a_statistical_term_a_date_or_the_word_weakness(four: Store) -> None:
    for (sentence,) in four.rows("select sentence from findings"):
        assert not re.search(r"weakness|interval|signific|p-value|hypothes|censor|estimat|percent|variance|None|nan|\{|\d{4}-\d\d|  |\.\.|,,", sentence), sentence
        assert re.fullmatch(r"[A-Z].*\.", sentence), sentence
        assert not re.search(r"\b1 (?:reviews|replies|customers|days|hours|were|have)\b", sentence), sentence


def test_no_company_figure_comes_without_count_interval_and_field(four: Store) -> None:
    for finding in four.read(Finding, "verdict in ('weakness', 'accusation', 'strength', 'lead', 'no clear difference')"):
        assert None not in (finding.value, finding.low, finding.high, finding.field_value, finding.field_n, finding.difference_low, finding.p, finding.q, finding.rank), finding
        assert finding.low <= finding.value <= finding.high and finding.n >= 30  # type: ignore[operator]  # none of them is None


def test_the_field_leaves_out_the_company_judged(four: Store) -> None:
    finding = found(four, "nettle.weakness_map.honesty-minus")
    assert (finding.field_value, finding.field_n, finding.n) == (0, 720, 240)


def test_silence_in_public_is_told_for_what_it_is(four: Store) -> None:
    assert "No public reply is not no reply" in (found(four, "sorrel.responsiveness.answered-within-7-days").why or "")
    hidden = found(four, "yarrow.responsiveness.answered-within-7-days")
    assert (hidden.value, hidden.n, hidden.sentence) == (None, 0, "On forum company replies are not shown, or none has been seen yet: how Yarrow answers there is not available.")


def test_the_weightiest_come_first(four: Store) -> None:
    ranks = [r for (r,) in four.rows("select rank from findings where verdict in ('weakness', 'accusation', 'strength') order by rank desc")]
    assert ranks[0] == max(ranks) and min(ranks) > 0
    assert not list(four.rows("select id from findings where verdict in ('figure', 'too few', 'not available') and rank is not null"))


def test_evidence_is_words_that_stand_there_and_counter_evidence_the_opposite(four: Store) -> None:
    sides = {side: list(four.rows("""select substr(r.text, e.start + 1, e.end - e.start), m.tag from evidence e join reviews r on r.id = e.target join mentions m on m.target = e.target and m.start = e.start
                                     where finding = 'bramble.weakness_map.heard-minus' and side = ? order by position""", (side,))) for side in ("for", "against")}
    assert set(sides["for"]) == {(worlds.SAYS["theme:heard-"], "theme:heard-")}
    assert set(sides["against"]) == {(worlds.SAYS["theme:heard+"], "theme:heard+")}
    assert [len(s) for s in sides.values()] == [30, 50]


def test_unanswered_complaints_speak_for_a_slow_company_and_quick_answers_against_it(four: Store) -> None:
    answers = """select e.side, count(*), count(a.id), max((julianday(a.created_at) - julianday(r.created_at))) <= 7 from evidence e join reviews r on r.id = e.review
                 left join replies a on a.review = r.id where e.finding = 'sorrel.responsiveness.answered-within-7-days' group by 1"""
    assert list(four.rows(answers)) == [("against", 16, 16, 1), ("for", 50, 0, None)]


def test_figures_carry_the_curves_of_company_and_field(four: Store) -> None:
    series = dict(four.rows("select series, count(*) from figures where finding = 'sorrel.responsiveness.answered-within-7-days' group by 1"))
    assert series == {"Sorrel": 27, "the others": 27}
    months = dict(four.rows("select series, count(*) from figures where finding = 'nettle.weakness_map.heard-minus' group by 1"))
    assert months == {"Nettle": 12, "the others": 12}


def test_every_measure_tells_of_every_company(four: Store) -> None:
    """Areas are a system's own: the vocabulary here names none."""
    said = {(m, c) for m, c in four.rows("select distinct measure, company from findings")}
    assert said == {(m, c) for m in measures.measures().keys() - {"areas"} for c in ("nettle", "bramble", "sorrel", "yarrow")}


def test_concluding_again_with_nothing_new_changes_nothing(four: Store) -> None:
    before = [list(four.rows(f"select * from {t} order by 1, 2, 3")) for t in ("analyses", "findings", "evidence", "figures")]
    assert conclude.conclude(four, Words()).id == before[0][0][0]
    assert before == [list(four.rows(f"select * from {t} order by 1, 2, 3")) for t in ("analyses", "findings", "evidence", "figures")]


def test_something_new_makes_a_new_analysis_with_the_same_names(empty: Store) -> None:
    worlds.write(empty, worlds.FOUR[:2])
    first = conclude.conclude(empty, Words())
    ids = {i for (i,) in empty.rows("select id from findings")}
    empty.execute("update reviews set stars = 5 where id = 'nettle-1'")
    empty.execute("update reviews set stars = 1 where id = 'nettle-2'")
    cells.update(empty)
    second = conclude.conclude(empty, Words())
    assert first.id != second.id
    assert {i for (i,) in empty.rows("select id from findings")} == ids
    assert list(empty.rows("select id, current from analyses order by current")) == [(first.id, 0), (second.id, 1)]
    assert {a for (a,) in empty.rows("select distinct analysis from findings")} == {second.id}


def test_what_vanished_is_counted_but_never_quoted(empty: Store) -> None:
    worlds.write(empty, worlds.FOUR[:2])
    gone = "nettle-3"
    said = "select count(*) from evidence where review = ?"
    conclude.conclude(empty, Words())
    assert empty.one(said, (gone,))
    look = empty.get(Look, "review", gone)
    assert look
    look.gone_at = "2026-02-01T00:00:00Z"
    empty.write([look])
    cells.update(empty)
    conclude.conclude(empty, Words())
    assert empty.one(said, (gone,)) == 0
    assert found(empty, "nettle.weakness_map.heard-minus").n == 240


def test_a_tag_of_unproven_accuracy_is_only_indicative(empty: Store) -> None:
    worlds.write(empty, worlds.FOUR[:2])
    conclude.conclude(empty, Words(established=False))
    assert found(empty, "nettle.weakness_map.heard-minus").verdict == "indicative"
    assert found(empty, "nettle.responsiveness.answered-within-7-days").verdict == "strength"


def test_a_tag_that_is_wrong_more_often_than_right_is_only_indicative(empty: Store) -> None:
    worlds.write(empty, worlds.FOUR[:2])
    lens = Words()
    lens.accuracy = {**lens.accuracy, "theme:heard-": Accuracy(gold=99, precision=0.4, recall=0.9)}
    conclude.conclude(empty, lens)
    assert {t: found(empty, f"nettle.weakness_map.{t}").verdict for t in ("heard-minus", "heard-plus")} == {"heard-minus": "indicative", "heard-plus": "weakness"}


def test_fewer_than_five_employees_are_not_shown(empty: Store) -> None:
    worlds.write(empty, [Firm("Nettle", staff=4, staff_says={"theme:staff_heard-": 1.0}), Firm("Bramble", staff=40)])
    conclude.conclude(empty, Words())
    assert list(empty.rows("select verdict, sentence from findings where id like 'nettle.staff_map.%'")) == [
        ("not available", "Only 4 employees have written about Nettle in public: nothing is shown of fewer than five, so that nobody can tell who it was.")]
    assert found(empty, "bramble.staff_map.staff_heard-minus").field_value is None


def test_of_two_companies_the_same_difference_is_tested_once(empty: Store) -> None:
    worlds.write(empty, [Firm("Nettle", says={"theme:heard-": 0.4}), Firm("Bramble", says={"theme:heard-": 0.1})])
    conclude.conclude(empty, Words())
    one, other = found(empty, "nettle.weakness_map.heard-minus"), found(empty, "bramble.weakness_map.heard-minus")
    assert (one.verdict, other.verdict) == ("weakness", "strength")
    assert (one.p, one.q) == (other.p, other.q)


def test_a_company_alone_has_figures_and_no_verdict(empty: Store) -> None:
    worlds.write(empty, [Firm("Nettle", says={"theme:heard-": 0.4})])
    conclude.conclude(empty, Words())
    finding = found(empty, "nettle.weakness_map.heard-minus")
    assert (finding.verdict, finding.field_value) == ("figure", None)
    assert finding.why == ("No other company has such texts on the same source in the same months: there is nothing to compare with. "
                           "Against annotated texts, about 90 of 100 that are tagged so are rightly so, and about 90 of 100 that should be are found.")
    assert finding.sentence == "In 91 of 240 public reviews of Nettle (about 38 in 100, likely 32 to 44), customers say that nobody listened or came back to them."


def test_a_lead_says_how_many_more_would_settle_it(empty: Store) -> None:
    worlds.write(empty, [Firm("Nettle", says={"theme:heard-": 0.21}, reviews=150), *(Firm(n, says={"theme:heard-": 0.1}, reviews=150) for n in ("Bramble", "Sorrel"))], seed=5)
    conclude.conclude(empty, Words())
    finding = found(empty, "nettle.weakness_map.heard-minus")
    assert finding.verdict == "lead"
    assert re.match(r"About [1-9]\d+ more texts of Nettle, with the field growing alike, would settle it if the difference stays as it is\.", finding.why or "")


def test_texts_without_a_field_beside_them_are_told(empty: Store) -> None:
    worlds.write(empty, [Firm("Nettle", says={"theme:heard-": 0.2}, sources=("forum", "shop")), Firm("Bramble", says={"theme:heard-": 0.2})])
    conclude.conclude(empty, Words())
    finding = found(empty, "nettle.weakness_map.heard-minus")
    assert (finding.n, finding.dropped) == (120, 0.5)
    assert "50% of its texts had nothing beside them on the same source in the same month and are left out." in (finding.why or "")


def test_a_removed_company_is_in_no_figure(empty: Store) -> None:
    worlds.write(empty, worlds.FOUR[:3])
    empty.execute("update companies set role = 'removed' where id = 'sorrel'")
    conclude.conclude(empty, Words())
    assert {c for (c,) in empty.rows("select distinct company from findings")} == {"nettle", "bramble"}
    assert found(empty, "nettle.weakness_map.heard-minus").field_n == 240


def test_a_store_without_reviews_says_so_for_every_company(empty: Store) -> None:
    worlds.write(empty, [Firm("Nettle", reviews=0), Firm("Bramble", reviews=0)])
    conclude.conclude(empty, Words())
    assert {v for (v,) in empty.rows("select distinct verdict from findings")} == {"not available"}


def test_parts_of_addresses() -> None:
    assert [conclude.fragment(s) for s in ("theme:heard-", "theme:heard+", "answered within 7 days, theme:heard-", "move:thanks, under praise and other reviews", "order:empathy_first")] == [
        "heard-minus", "heard-plus", "answered-within-7-days-heard-minus", "thanks-under-praise-and-other-reviews", "order-empathy_first"]


def test_counts_can_be_asked_of_any_part_as_findings_ask_them(four: Store) -> None:
    where = cells.Where(stars=frozenset({1}), sources=frozenset({"forum"}), first="2025-02-01", last="2025-02-28")
    rows = cells.layout(four, where)
    hits = cells.hits(four, where, rows, ["theme:heard-"])
    direct = list(four.read(Review, "audience = 'customer' and stars = 1 and created_at between '2025-02-01' and '2025-02-28T99'"))
    assert (rows.n.sum(), hits.sum()) == (len(direct), sum(worlds.SAYS["theme:heard-"] in (r.text or "") for r in direct))


def test_a_company_with_a_place_below_its_minimum_has_no_verdict_and_is_dated(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store)
        store.execute("update profiles set short_since = '2200-01-01T00:00:00Z', minimum = 1000 where id = (select min(id) from profiles where company = 'nettle' and audience = 'customer')")
        conclude.conclude(store, Words())
        judged = dict(store.rows("select verdict, count(*) from findings where company = 'nettle' group by 1"))
        assert not set(judged) & {"weakness", "strength", "accusation", "lead", "no clear difference"} and judged["indicative"] > 5
        why = found(store, "nettle.weakness_map.heard-minus").why or ""
        assert re.match(r"As of 2200-01-01: since then \w+ has shown fewer reviews of Nettle than the 1,000 it must show, so no verdict is given\.", why), why
        assert found(store, "bramble.weakness_map.heard-plus").verdict == "strength"
