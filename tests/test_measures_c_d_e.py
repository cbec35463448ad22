"""Measures of the systems C, D and E on small studies whose truth is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from enrich import cells, conclude, measures
from enrich.lens import Accuracy, Lens
from enrich.measures import Result
from enrich.measures.effort import weakest
from enrich.measures.inside_and_outside import leading
from enrich.records import iso
from enrich.store import Store
from enrich.tables import Change, Company, Crawl, Finding, Label, Mention, Study, TemplateUse
from tests.test_measures import place, reply, review
from tests.test_publish import serving, text

NEW = ("early_warning", "effort", "first_three_sentences", "follow_up", "inside_and_outside", "reasons", "recovery", "areas", "reply_language", "stages", "stated_moves",
       "thanked_only_when_leaving", "themes_by_moment", "who_leaves_for_whom")

LENS = Lens()
LENS.accuracy = {t: Accuracy(gold=gold, precision=precision, recall=0.8) for t, gold, precision in (("theme:heard-", 60, 0.8), ("theme:proactive-", 40, 0.4), ("theme:competence-", 50, 0.7), ("move:thanks", 90, 0.9))}
"""The project's vocabulary, with an accuracy of our own: the measured one changes."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as made:
        made.write([Study("s", "Study", None, None, None, "2025-01-01T00:00:00Z")])
        made.write([Company("nettle", "Nettle", "rival", '["Nettle Bank"]', "[]", "[]"), Company("bramble", "Bramble", "rival", "[]", "[]", "[]")])
        for company in ("nettle", "bramble"):
            place(made, f"{company}.forum")
            place(made, f"{company}.jobs", audience="employee", replies_visible=0)
        yield made


def say(store: Store, company: str, n: int, *tags: str, answer: tuple[str, ...] | None = None, opening: str | None = None, pasted: bool = False, day: int = 1, staff: bool = False,
        labels: tuple[tuple[str, str], ...] = (), answered_in: str = "en", **changes: Any) -> list[str]:
    """So many reviews of a company that carry some tags, each with an answer that makes some moves."""
    where = "jobs" if staff else "forum"
    first = int(store.one("select count(*) from reviews"))
    ids = [f"{company}-{first + i}" for i in range(n)]
    for i, id in enumerate(ids):
        at = f"2025-03-{(day + i) % 28 + 1:02d}T10:00:00Z"
        review(store, id, changes.get("created_at", at), tags=tags, company=company, profile=f"{company}.{where}", source=where, audience="employee" if staff else "customer", seen="2026-02-01T00:00:00Z",
               **{"stars": None if staff else 1, "author": f"{id} wrote", **{k: v for k, v in changes.items() if k != "created_at"}})
        store.write([Label("review", id, name, value, None, "words", '[[0, 4, "Text"]]', name, "1") for name, value in labels])
        if answer is not None:
            reply(store, id, at, text="We read this.")
            store.write([Mention(0, "reply", f"{id}-1", id, company, move, 0, 2, "We", "moves", "1") for move in answer])
            store.write([Label("reply", f"{id}-1", "opening", opening, None, "words", None, "order", "1"), Label("reply", f"{id}-1", "language", answered_in, 1.0, "text", None, "language", "1")])
            store.write([TemplateUse(f"{id}-1", "t", 1.0)] if pasted else [])
    return ids


def found(store: Store, measure: str) -> dict[tuple[str, str], Result]:
    """Figures of a measure, by company and slice."""
    study = measures.Study(store, LENS, {c.id: c for c in store.read(Company)}, None, None)
    return {(r.company, r.slice): r for r in measures.measures()[measure].measure(study)}


def counts(result: Result) -> tuple[int, int]:
    assert result.compared, result
    return result.compared.hits, int(result.compared.own.n)


def targets(result: Result, side: str) -> list[str]:
    return [q.target for q in result.quotes() if q.side == side]


def test_themes_are_told_by_moment_and_a_review_counts_once(store: Store) -> None:
    bad = say(store, "nettle", 30, "moment:phone", "theme:heard-", "theme:courtesy-")
    good = say(store, "nettle", 10, "moment:phone", "theme:quality-")
    say(store, "nettle", 5, "theme:heard-")
    say(store, "bramble", 40, "moment:phone")
    told = found(store, "themes_by_moment")
    phone = told["nettle", "moment:phone"]
    assert (counts(phone), counts(told["nettle", "theme:heard-, moment:phone"]), counts(told["nettle", "moment:unknown"])) == ((30, 40), (30, 40), (5, 5))
    assert phone.compared and phone.compared.other and phone.compared.other.value == 0 and not phone.judged
    assert (set(targets(phone, "for")), set(targets(phone, "against"))) == (set(bad), set(good))
    assert phone.sentence.startswith("In 30 of 40 public reviews of Nettle filed under “On the phone” (about 75 in 100, likely ")
    assert ("nettle", "theme:quality-, moment:phone") in told and ("nettle", "moment:billing") not in told


def test_openings_are_split_by_templates_and_the_commonest_is_told_in_its_order(store: Store) -> None:
    say(store, "nettle", 30, answer=("move:thanks", "move:deflects"), opening="thanks > deflects", pasted=True)
    say(store, "nettle", 10, answer=("move:empathises",), opening="empathises")
    say(store, "nettle", 10, answer=("move:thanks",))                                       # thanks later in the reply
    say(store, "bramble", 20, answer=("move:thanks",), opening="thanks")
    told = found(store, "first_three_sentences")
    assert [counts(told["nettle", s]) for s in ("opening:thanks", "opening:thanks, pasted", "opening:thanks, in its own words", "opening:empathises, in its own words", "opening order")] == \
        [(30, 50), (30, 30), (0, 20), (10, 20), (30, 50)]
    assert "the first three sentences do in this order: “Thanks”, then “Sends elsewhere”. No other opening is used more often." in told["nettle", "opening order"].sentence
    assert "do one thing only: “Thanks”." in told["bramble", "opening order"].sentence


def test_without_a_reply_to_a_complaint_openings_are_not_available(store: Store) -> None:
    say(store, "nettle", 5, answer=("move:thanks",), opening="thanks", stars=5)
    assert [r.missing is not None for r in found(store, "first_three_sentences").values()] == [True, True]


def test_replies_in_the_customers_language(store: Store) -> None:
    say(store, "nettle", 20, answer=())
    say(store, "nettle", 6, answer=(), language="de")
    say(store, "nettle", 4, answer=(), language="de", answered_in="de")
    say(store, "nettle", 7, answer=(), language="und")
    told = found(store, "reply_language")
    assert [counts(r) for r in told.values() if r.compared] == [(24, 30), (4, 10)]
    assert (r := told["bramble", "answered in the customer's language"]).missing and r.missing.endswith("That is not to say that it does not answer.")


def test_stages_are_shares_of_those_who_tell_and_moves_of_all(store: Store) -> None:
    out = say(store, "nettle", 12, labels=(("stage", "dumped"),))
    say(store, "nettle", 6, labels=(("stage", "acquaintance"),))
    say(store, "nettle", 2, labels=(("stage", "married"),))
    say(store, "nettle", 80, labels=(("stage", "unknown"),))
    say(store, "bramble", 10, labels=(("stage", "married"),))
    stages, moves = found(store, "stages"), found(store, "stated_moves")
    assert [counts(stages["nettle", f"stage:{s}"]) for s in ("dumped", "acquaintance", "married", "friend")] == [(12, 20), (6, 20), (2, 20), (0, 20)]
    assert [counts(moves["nettle", s]) for s in ("on the way out", "out rather than in")] == [(12, 100), (12, 18)]
    quotes = list(moves["nettle", "on the way out"].quotes())
    assert {(q.target, q.start, q.end) for q in quotes if q.side == "for"} == {(id, 0, 4) for id in out}           # the words behind the label
    assert "no panel" in (stages["nettle", "stage:dumped"].note or "")
    assert ("bramble", "out rather than in") not in moves


def test_effort_counts_a_review_once_and_rests_on_the_tag_that_is_read_least_well(store: Store) -> None:
    say(store, "nettle", 10, "theme:heard-", "theme:proactive-", answer=("move:deflects",))
    say(store, "nettle", 5, "theme:competence-", answer=("move:deflects", "move:explains"))
    say(store, "nettle", 25)
    told = found(store, "effort")
    assert [counts(told["nettle", s]) for s in ("effort", "only sent elsewhere")] == [(15, 40), (10, 15)]
    study = measures.Study(store, LENS, {}, None, None)
    assert weakest(study, ["theme:heard-", "theme:proactive-"]) == "theme:proactive-" == told["nettle", "effort"].tag
    assert weakest(study, ["theme:heard-", "theme:personal-"]) == "theme:personal-"


def test_early_warning_is_hidden_under_five_employees_and_holds_the_last_year_against_the_one_before(store: Store) -> None:
    say(store, "nettle", 10, "theme:staff_turnover-", "theme:staff_training-", staff=True, created_at="2025-06-01T10:00:00Z")
    say(store, "nettle", 10, staff=True, created_at="2025-06-02T10:00:00Z")
    say(store, "nettle", 3, "theme:staff_training-", staff=True, created_at="2024-03-02T10:00:00Z")
    say(store, "nettle", 17, staff=True, created_at="2024-03-02T10:00:00Z")
    say(store, "bramble", 4, "theme:staff_training-", staff=True, created_at="2025-06-01T10:00:00Z")
    say(store, "bramble", 6, "theme:staff_training-", staff=True, created_at="2025-06-02T10:00:00Z", author="the same")
    say(store, "bramble", 2, "theme:staff_training-", staff=True, created_at="2024-03-02T10:00:00Z", author="the same")
    told = found(store, "early_warning")
    assert [counts(told["nettle", s]) for s in ("early warning", "early warning, the last 12 months")] == [(13, 40), (10, 20)]
    assert told["nettle", "early warning, the last 12 months"].sentence.endswith("; in the 12 months before, in 3 of 20.")
    assert counts(told["bramble", "early warning"]) == (12, 12)               # five authors
    store.execute("update reviews set author = 'the same' where company = 'bramble'")
    told = found(store, "early_warning")
    assert told["bramble", "early warning"].missing and told["nettle", "early warning"].compared
    assert told["nettle", "early warning"].compared.other is None             # nobody may reckon them back from the field


def test_follow_up_is_a_share_of_those_who_tell_of_it_and_writing_again_of_what_may_be_answered_twice(store: Store) -> None:
    say(store, "nettle", 3, "theme:follow_up+")
    say(store, "nettle", 9, "theme:follow_up-")
    first, *_ = say(store, "nettle", 20, answer=())
    told = found(store, "follow_up")
    assert counts(told["nettle", "theme:follow_up+"]) == (3, 12)
    assert told["nettle", "wrote again"].missing
    reply(store, first, "2025-04-20T10:00:00Z", position=2)
    assert counts(again := found(store, "follow_up")["nettle", "wrote again"]) == (1, 20)
    assert targets(again, "for") == [first]


def test_health_of_an_area_tells_well_from_badly_and_which_prevails(store: Store) -> None:
    say(store, "nettle", 6, "theme:heard-", "theme:informed-")
    say(store, "nettle", 2, "theme:heard-", "theme:heard+")
    say(store, "nettle", 4, "theme:informed+")
    say(store, "nettle", 28)
    told = found(store, "areas")
    assert [counts(told["nettle", s]) for s in ("open", "open, well", "open, badly")] == [(8, 12), (6, 40), (8, 40)]
    assert (told["nettle", "open"].more_is, told["nettle", "open, well"].more_is) == ("worse", "better")
    assert told["nettle", "knows"].missing == "No public review of Nettle speaks of this: “Knows their needs” is not available."


def test_thanks_to_those_who_leave_beside_all_others(store: Store) -> None:
    say(store, "nettle", 10, answer=("move:thanks",), labels=(("stage", "dumped"),))
    say(store, "nettle", 30, answer=())
    say(store, "nettle", 10, answer=("move:thanks",), labels=(("stage", "married"),))
    told = found(store, "thanked_only_when_leaving")
    assert counts(thanks := told["nettle", "thanks to those who leave"]) == (10, 10)
    assert thanks.sentence.endswith("the reply thanks the customer; to all others it does so in 10 of 40.")
    assert all(r.missing for (company, _), r in told.items() if company == "bramble")


def test_inside_and_outside_stand_side_by_side_and_short_series_have_no_order(store: Store) -> None:
    say(store, "nettle", 8, "theme:staff_heard-", staff=True)
    say(store, "nettle", 12, staff=True)
    say(store, "nettle", 15, "theme:heard-")
    say(store, "nettle", 15)
    say(store, "bramble", 3, "theme:staff_heard-", staff=True)
    say(store, "bramble", 3)
    told = found(store, "inside_and_outside")
    pair = told["nettle", "staff_heard with heard-"]
    assert counts(pair) == (8, 20)
    assert re.match(r"In 8 of 20 public employee reviews of Nettle \(.*\), employees say that staff have no voice.*; in 15 of 30 public reviews \(.*\), customers say that they were ignored", pair.sentence)
    assert {q.target.split("-")[0] for q in pair.quotes()} == {"nettle"}
    assert (told["nettle", "staff_heard with heard, which first"].missing or "").startswith("Too short to say: 1 month has at least 8 public reviews by employees")
    assert told["bramble", "inside and outside"].missing                      # three employees


def test_which_leads_which_finds_a_planted_lead_and_seldom_one_that_is_not_there() -> None:
    rng = np.random.default_rng(1)
    drive = rng.normal(0, 1, 60)
    inside, outside = drive[6:], np.roll(drive, 3)[6:] + rng.normal(0, 0.3, 54)
    inside[[4, 20]] = np.nan
    ahead, p = leading(inside, outside)
    assert (ahead, p < 0.01) == (3, True)
    assert leading(outside, inside)[0] == -3
    alarms = [leading(np.cumsum(rng.normal(0, 1, 48)) * 0.3 + rng.normal(0, 1, 48), np.cumsum(rng.normal(0, 1, 48)) * 0.3 + rng.normal(0, 1, 48))[1] < 0.05 for _ in range(60)]
    assert np.mean(alarms) <= 0.12


def test_reasons_are_shares_of_those_who_give_one(store: Store) -> None:
    say(store, "nettle", 6, "reason:decides", "reason:relationship", "theme:loyalty-")
    say(store, "nettle", 4, "reason:decides", "reason:price", "reason:relationship", "theme:advocacy+")
    say(store, "nettle", 5, "reason:decides", "theme:advocacy+")                            # decides, and gives no reason
    say(store, "nettle", 25)
    told = found(store, "reasons")
    assert [counts(told["nettle", s]) for s in ("reason:relationship", "reason:price", "reason:relationship, leaving", "reason:price, staying")] == [(10, 10), (4, 10), (6, 6), (4, 4)]
    assert "another population" in (told["nettle", "reason:product"].note or "")
    assert ("nettle", "reason:decides") not in told


def test_who_leaves_for_whom_is_read_by_all_names_of_a_company_and_names_none_outside_the_study(store: Store) -> None:
    gone = say(store, "bramble", 20)
    for id, tag, name in ((gone[0], "goes_to", "nettle bank"), (gone[1], "goes_to", "Nettle"), (gone[2], "came_from", "NETTLE"), (gone[3], "goes_to", "Somebody Else")):
        store.write([Mention(0, "review", id, id, "bramble", f"rival:{tag}", 0, 4, name, "rivals", "1")])
    say(store, "nettle", 20)
    told = found(store, "who_leaves_for_whom")
    assert {key: counts(r) for key, r in told.items() if r.compared} == {("bramble", "to nettle"): (2, 20), ("bramble", "from nettle"): (1, 20)}
    assert set(targets(told["bramble", "to nettle"], "for")) == set(gone[:2])
    assert told["nettle", "who leaves for whom"].missing
    assert not any("Somebody" in r.sentence for r in told.values())


DAY0 = datetime(2025, 3, 1, tzinfo=UTC)


def lived(store: Store, n: int, *, answered: float | None, changed: tuple[float, float] | None = None, what: str = "rated", seen: float = 0.5, until: float = 130.0, new: str = "5") -> list[str]:
    """Reviews of one month, answered after so many days, changed between two looks."""
    def at(days: float) -> str:
        return iso(DAY0 + timedelta(days=days))

    ids = say(store, "nettle", n, created_at=at(0), created_until=at(0), rating_raw="1" if not changed else new, **({"stars": int(new)} if changed else {}))
    for id in ids:
        store.execute("update looks set first_seen = ?, last_seen = ? where kind = 'review' and target = ?", (at(seen), at(until), id))
        if answered is not None:
            reply(store, id, at(answered))
        if changed:
            store.write([Change(f"c-{id}", "review", id, id, "nettle", what, "1", new, at(changed[0]), at(changed[1]), "source", None)])
    return ids


def looked(store: Store, *days: float) -> None:
    store.write([Crawl(f"k{d}", "nettle.forum", "crawl", iso(DAY0), None, iso(DAY0 + timedelta(days=d)), "finished", 1, None, 0, 0, 0, 0, 0, 0, 0, 0, 0, None) for d in days])


def shares(store: Store, slice: str = "rating raised") -> tuple[float, ...]:
    """Shares of the answered and of those alike that the sentence tells, and the figure: one less the other."""
    told = found(store, "recovery")["nettle", slice]
    assert told.figure and told.figure.value is not None, told
    said = [int(x) for x in re.findall(r"about (\d+)", told.sentence.replace("none", "about 0"))]
    return (*said, round(told.figure.value, 2))


def test_recovery_holds_the_answered_against_those_alike_without_an_answer(store: Store) -> None:
    raised = lived(store, 10, answered=10, changed=(20, 40))
    kept = lived(store, 10, answered=10)
    lived(store, 2, answered=None, changed=(20, 40))
    lived(store, 18, answered=None)
    looked(store, 0.5, 5, 20, 40, 80, 120)
    assert shares(store) == (50, 10, 0.4)
    told = found(store, "recovery")["nettle", "rating raised"]
    assert (set(targets(told, "for")), set(targets(told, "against")), told.n) == (set(raised), set(kept), 20)
    assert found(store, "recovery")["bramble", "rating raised"].missing


def test_a_change_around_the_reply_proves_nothing(store: Store) -> None:
    lived(store, 10, answered=10, changed=(5, 20))
    lived(store, 10, answered=10)
    lived(store, 20, answered=None)
    looked(store, 0.5, 5, 20, 40, 80, 120)
    assert shares(store) == (0, 0, 0.0)
    assert found(store, "recovery")["nettle", "rating raised"].n == 10


def test_those_alike_are_followed_until_they_are_answered_in_turn(store: Store) -> None:
    lived(store, 10, answered=10)
    lived(store, 10, answered=15, changed=(20, 40))
    lived(store, 10, answered=None)
    looked(store, 0.5, 5, 20, 40, 80, 120)
    assert shares(store)[1] == 0                              # their change came after their own reply, and is counted there
    assert shares(store)[0] == 50


def test_an_edited_text_is_a_change_and_no_raised_rating_and_a_lowered_one_is_neither(store: Store) -> None:
    lived(store, 10, answered=10, changed=(20, 40), what="edited", new="1")
    lived(store, 10, answered=10)
    lived(store, 20, answered=None)
    looked(store, 0.5, 5, 20, 40, 80, 120)
    assert (shares(store, "rating or text changed")[0], shares(store)[0]) == (50, 0)


@pytest.mark.parametrize("days", [(0.5, 5.0), (0.5, 40.0), (120.0, 125.0)])
def test_one_snapshot_shows_no_recovery(store: Store, days: tuple[float, ...]) -> None:
    lived(store, 10, answered=10, changed=(20, 40))
    lived(store, 20, answered=None)
    looked(store, *days)
    told = found(store, "recovery")
    assert all(r.missing and "looked at twice within 90 days" in r.missing for r in told.values())


def test_reviews_that_were_watched_for_less_than_the_window_tell_nothing_yet(store: Store) -> None:
    lived(store, 10, answered=10, until=60)
    lived(store, 20, answered=None, until=60)
    looked(store, 0.5, 20, 40, 60)
    assert all(r.missing for r in found(store, "recovery").values())


def test_a_change_of_our_own_reading_is_none_of_the_customers(store: Store) -> None:
    lived(store, 10, answered=10, changed=(20, 40))
    lived(store, 20, answered=None)
    looked(store, 0.5, 5, 20, 40, 80, 120)
    store.execute("update changes set cause = 'parser'")
    store.execute("update reviews set stars = 1, rating_raw = '1'")
    assert shares(store) == (0, 0, 0.0)


def whole(store: Store) -> None:
    """A bit of everything at both companies, concluded."""
    for company, n in (("nettle", 40), ("bramble", 36)):
        say(store, company, n, "moment:phone", "theme:heard-", "reason:decides", "reason:relationship", answer=("move:thanks", "move:deflects"), opening="thanks > deflects", labels=(("stage", "dumped"),))
        say(store, company, n, "theme:informed+", "theme:follow_up+", answer=("move:empathises",), opening="empathises", labels=(("stage", "married"),), pasted=True)
        say(store, company, n, answer=())
        say(store, company, n // 2, "theme:staff_training-", "theme:staff_heard-", staff=True)
        say(store, company, n // 2, "theme:staff_turnover-", staff=True)
    cells.update(store)
    conclude.conclude(store, LENS)


def test_all_is_said_to_people_with_a_count_and_judged_only_where_the_reading_is_established(store: Store) -> None:
    whole(store)
    findings = list(store.read(Finding, f"measure in ({', '.join('?' * len(NEW))})", NEW))
    assert {(f.measure, f.company) for f in findings} == {(m, c) for m in NEW for c in ("nettle", "bramble")}
    for f in findings:
        assert not re.search(r"weakness|interval|signific|p-value|hypothes|censor|estimat|percent|variance|None|nan\b|\{|\d{4}-\d\d|  |\.\.|,,", f.sentence), f.sentence
        assert re.fullmatch(r"[A-Z].*\.", f.sentence), f.sentence
        assert f.verdict == "not available" or f.n and f.value is not None and f.low is not None and f.low <= f.value, f
        assert f.verdict in ("figure", "indicative", "not available", "too few"), f
    assert {f.verdict for f in findings if f.slice in ("effort", "on the way out")} == {"indicative"}
    assert len({f.id for f in findings}) == len(findings)
    quoted = {i for (i,) in store.rows("select distinct finding from evidence")}
    assert {"nettle.themes_by_moment.phone", "nettle.effort.effort", "nettle.first_three_sentences.opening-order", "bramble.stages.dumped",
            "nettle.areas.open", "nettle.reasons.reason-relationship", "nettle.inside_and_outside.staff_heard-with-heard-minus"} <= quoted


async def test_the_pages_of_the_systems_show_them(store: Store) -> None:
    whole(store)
    site = await serving(store.path)
    for system, said in (("c", ("The commonest opening of a reply to a complaint", "Criticised, on the phone", "Because of the relationship", "Answered in the customer")),
                         ("d", ("Missing training, or people who leave", "Inside, staff are heard; outside, being heard: criticised", "Effort", "Wrote again after the first answer")),
                         ("e", ("Stage: left, or leaving", "On the way out", "Open communication: those who speak of it complain", "Thanks, to those who leave", "Recovery: rating raised after a reply"))):
        page = await text(site, f"/system/{system}")
        assert [s for s in said if s not in page] == []
        assert "not computed yet" not in page
    for (id,) in list(store.rows(f"select id from findings where company = 'nettle' and measure in ({', '.join('?' * len(NEW))}) group by measure", NEW)):
        await text(site, f"/finding/{id}")
