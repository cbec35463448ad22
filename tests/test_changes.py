"""Changes in time: a level that changes is found in its month, chance and seasons are not, and what cannot be told is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from enrich import measures
from enrich.breaks import breaks, odds
from enrich.lens import Lens
from enrich.measures import Result
from enrich.stats import Floats
from enrich.store import Store
from enrich.tables import Company, Study
from tests.test_measures import place, review

TAG = "theme:heard-"


def drawn(share: Floats, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    return odds(rng.binomial(n, share), n)


def test_a_planted_change_is_found_in_its_month_and_chance_is_not() -> None:
    rng = np.random.default_rng(3)
    level, step = np.full(36, 0.08), np.where(np.arange(36) < 20, 0.08, 0.2)
    false = sum(any(b.p < 0.05 for b in breaks(*drawn(level, 100, rng))) for _ in range(200))
    starts = [b.start for _ in range(50) for b in breaks(*drawn(step, 100, rng)) if b.p < 0.05]
    assert false <= 10
    assert len(starts) >= 48 and abs(float(np.median(starts)) - 20) <= 1


def test_months_that_vary_more_than_counts_would_are_no_change() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(100):
        value, variance = drawn(np.clip(rng.beta(4, 36, 36), 0.01, 0.9), 400, rng)
        found += any(b.p < 0.05 for b in breaks(value, variance))
    assert found <= 8


def test_a_short_series_has_no_change() -> None:
    assert breaks(np.zeros(5), np.ones(5)) == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as made:
        made.write([Study("s", "Study", None, None, None, "2025-01-01T00:00:00Z")])
        made.write([Company(name.lower(), name, "rival", "[]", "[]", "[]") for name in ("Nettle", "Bramble")])
        for company in ("nettle", "bramble"):
            place(made, f"{company}.forum")
        yield made


def write(store: Store, company: str, shares: list[float], each: int = 40) -> None:
    """So many reviews each month from January 2023 on, of which a share carries the tag."""
    for m, share in enumerate(shares):
        for i in range(each):
            id = f"{company}-{m}-{i}"
            review(store, id, f"{2023 + m // 12}-{m % 12 + 1:02d}-{i % 28 + 1:02d}T10:00:00Z", tags=(TAG,) if i < share * each else (), company=company, profile=f"{company}.forum", source="forum",
                   stars=1, author=f"{id} wrote", seen="2026-02-01T00:00:00Z")


def found(store: Store) -> dict[tuple[str, str], Result]:
    study = measures.Study(store, Lens(), {c.id: c for c in store.read(Company)}, None, None)
    return {(r.company, r.slice): r for r in measures.measures()["changes"].measure(study)}


def test_a_change_of_one_company_is_told_with_both_levels_the_others_and_quotes(store: Store) -> None:
    write(store, "nettle", [0.05] * 14 + [0.3] * 10)
    write(store, "bramble", [0.05] * 24)
    told = found(store)
    change = told["nettle", f"{TAG}, 2024-03"]
    assert change.sentence.startswith("Since 2024-03, in 120 of 400 public reviews of Nettle (about 30 in 100, likely ")
    assert "in the 14 months before in 28 of 560 (about 5 in 100, likely " in change.sentence and "at the others about 5 before and about 5 since" in change.sentence.replace("at Bramble", "at the others")
    assert change.figure and change.figure.value and change.figure.low and 15 < change.figure.low < change.figure.value < 35
    assert not change.judged and change.note and "never alerts by itself" in change.note
    quoted = [q.target for q in change.quotes() if q.side == "for"]
    assert quoted and all(int(id.split("-")[1]) >= 14 for id in quoted)
    assert all(p.low is not None and p.high is not None for p in change.points() if p.series == "Nettle")
    assert told["nettle", "changes"].figure and told["nettle", "changes"].figure.value == 1
    assert not [slice for company, slice in told if company == "bramble" and slice.startswith(TAG) and "2024-03" in slice and told[company, slice].more_is != "worse"]


def test_what_changes_for_everybody_or_comes_back_every_year_is_no_change_of_one(store: Store) -> None:
    summer = [0.05 if m % 12 not in (5, 6, 7, 8) else 0.35 for m in range(24)]
    write(store, "nettle", summer)
    write(store, "bramble", [0.05] * 24)
    assert {slice for company, slice in found(store) if company == "nettle"} & {f"{TAG}, 2024-06"} == set()


def test_a_change_of_the_whole_trade_is_nobodys(store: Store) -> None:
    for company in ("nettle", "bramble"):
        write(store, company, [0.05] * 12 + [0.3] * 12)
    told = found(store)
    assert {slice for _, slice in told} == {"changes"}
    assert told["nettle", "changes"].sentence.endswith("none shows a clear change of level.")


def test_too_short_a_time_is_said(store: Store) -> None:
    write(store, "nettle", [0.2] * 5)
    write(store, "bramble", [0.2] * 5, each=3)
    assert [r.missing for r in found(store).values()] == [f"Too short to say: no theme of {name} has 12 months with 8 public reviews each." for name in ("Nettle", "Bramble")]


def test_alone_it_says_that_the_trade_is_not_known(store: Store) -> None:
    write(store, "nettle", [0.05] * 14 + [0.3] * 10)
    change = found(store)["nettle", f"{TAG}, 2024-03"]
    assert change.note and "No other company has enough reviews month by month" in change.note
