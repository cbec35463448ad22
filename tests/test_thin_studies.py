"""Studies with too little in them: every measure states a verdict and says why, and no figure is infinite or no number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from enrich import cells, measures
from enrich.conclude import VERDICTS, conclude
from enrich.records import iso
from enrich.store import Store
from enrich.tables import Figure, Finding
from tests import worlds
from tests.worlds import START, Firm, Words

SAYS = {"theme:heard-": 0.3, "theme:courtesy+": 0.3}


def firm(name: str, reviews: int = 60, answers: float = 0.6, visible: int | None = 1) -> Firm:
    return Firm(name, reviews=reviews, says=SAYS, answers=answers, visible=visible, does={"move:apologises": 0.5})


def stated(store: Store) -> list[Finding]:
    """All findings, each with a verdict, a sentence and finite numbers."""
    found = list(store.read(Finding))
    assert found
    for row in (*found, *store.read(Figure)):
        numbers = {f.name: v for f in fields(row) if isinstance(v := getattr(row, f.name), float)}
        assert all(map(math.isfinite, numbers.values())), f"{row}"
    for finding in found:
        assert finding.verdict in VERDICTS and finding.sentence.rstrip().endswith((".", "?", "!")), finding
        assert finding.verdict != "not available" or finding.value is None, finding
        assert finding.low is None or finding.high is None or finding.low <= finding.high, finding
    return found


def made(folder: Path, firms: Iterable[Firm], change: str | None = None, values: tuple[object, ...] = ()) -> list[Finding]:
    with Store(folder / "rapport.db", create=True) as store:
        worlds.write(store, firms)
        if change:
            store.execute(change, values)
            cells.update(store)
        conclude(store, Words())
        return stated(store)


CLEAR = {"weakness", "strength", "accusation", "lead"}


def test_one_company_alone_has_figures_and_nothing_to_be_compared_with(tmp_path: Path) -> None:
    found = made(tmp_path, [firm("Nettle")])
    assert not {f.verdict for f in found} & CLEAR
    assert all(f.field_value is None for f in found if f.measure == "weakness_map")


def test_a_field_of_two_names_no_difference_twice_the_other_way_round(tmp_path: Path) -> None:
    found = {(f.company, f.slice): f for f in made(tmp_path, [firm("Nettle"), Firm("Bramble", reviews=200, says={"theme:heard-": 0.9})]) if f.measure == "weakness_map"}
    mirrored = [(found["nettle", slice], found["bramble", slice]) for company, slice in found if company == "nettle"]
    assert mirrored and all(a.q == b.q for a, b in mirrored)


def test_a_company_without_reviews_is_not_available(tmp_path: Path) -> None:
    found = made(tmp_path, [firm("Nettle"), firm("Bramble"), firm("Sorrel", reviews=0)])
    assert {f.verdict for f in found if f.company == "sorrel"} == {"not available"}


def test_a_company_without_replies_answers_nobody_so_far(tmp_path: Path) -> None:
    found = {(f.company, f.slice): f for f in made(tmp_path, [firm("Nettle"), firm("Bramble", answers=0)]) if f.measure == "responsiveness"}
    week = found["bramble", "answered within 7 days"]
    assert week.value == 0 and week.high is not None and 0 < week.high < 0.5
    assert found["bramble", "median wait"].value is None


@pytest.mark.parametrize("reviews", [1, 2])
def test_a_review_or_two_are_too_few(tmp_path: Path, reviews: int) -> None:
    found = made(tmp_path, [firm("Nettle"), firm("Bramble"), firm("Sorrel", reviews=reviews)])
    assert {f.verdict for f in found if f.company == "sorrel"} <= {"too few", "figure", "not available", "indicative"}


def test_all_replies_on_one_day_keep_their_true_delay(tmp_path: Path) -> None:
    day = iso(START + timedelta(days=380))
    found = {(f.company, f.slice): f for f in made(tmp_path, [firm("Nettle"), firm("Bramble")], "update replies set created_at = ?1, created_until = ?1 where company = 'nettle'", (day,)) if f.measure == "responsiveness"}
    week = found["nettle", "answered within 7 days"]
    assert week.value is not None and week.value < 0.1
    assert "old reviews were worked off at once; they keep their true delay" in (week.why or "")


def test_days_without_a_time_of_day_are_known_within_bounds(tmp_path: Path) -> None:
    made(tmp_path, [firm("Nettle"), firm("Bramble")],
         "update reviews set created_at = substr(created_at, 1, 10) || 'T00:00:00Z', created_until = substr(created_at, 1, 10) || 'T23:59:59Z', created_precision = 'day' where company = ?", ("nettle",))


def test_a_source_that_hides_replies_is_not_available_and_never_zero(tmp_path: Path) -> None:
    found = [f for f in made(tmp_path, [firm("Nettle"), firm("Bramble"), firm("Sorrel", visible=0)]) if f.company == "sorrel" and f.measure in ("responsiveness", "reply_quality", "templates")]
    assert found and {f.verdict for f in found} == {"not available"} and all(f.value is None for f in found)


def test_forty_companies(tmp_path: Path) -> None:
    found = made(tmp_path, [firm(f"Herb {i}", reviews=40) for i in range(40)])
    assert {f.company for f in found} == {f"herb {i}" for i in range(40)}
    assert len([f for f in found if f.verdict in ("weakness", "strength")]) <= 2


def test_every_measure_says_something_of_every_company(tmp_path: Path) -> None:
    found = made(tmp_path, [firm("Nettle"), firm("Bramble", reviews=3), firm("Sorrel", reviews=0)])
    told = {f.measure for f in found}
    assert told >= set(measures.measures()) - {"areas"}                   # areas are a system's own; the vocabulary of this study names none
