"""Attack or avoid: how many customers find fault with how they are treated, against how firmly customers hold to the company.

Two axes: the share of reviews with at least one relationship withdrawal, and those who are loyal or recommend, less those who leave. More fault
and a weaker hold than at the others is an opening; less fault and a firmer hold is a base that an attack would break on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.stats import chi2

from enrich import cells, evidence, field, stats, words
from enrich.cells import Layout, Where
from enrich.field import DRAWS_SEED, Compared
from enrich.measures import Point, Quote, Result, Study
from enrich.measures.bank_account import entries
from enrich.measures.barrier_to_entry import LEAVING, LOYAL, unknown, unread
from enrich.stats import Floats

AUDIENCES = ("customer",)
JOINT = "joint:withdrawal"
TITLE = "Attack or avoid"
DRAWS, STEPS = 300, 24
CLAUSE = "at least one thing is wrong with how the company treats them"
READS = {
    (1, -1): "they find more fault than at {others} and hold to it less: as far as these reviews go, an attack would find an opening",
    (-1, 1): "they find less fault than at {others} and hold to it more: as far as these reviews go, an attack would break on a loyal base",
    (1, 1): "they find more fault than at {others} and yet hold to it more: something else than how they are treated holds them",
    (-1, -1): "they find less fault than at {others} and yet hold to it less: to treat them better would not be enough to win them",
}
"""More or less fault, and more or less hold, than the field: what that says."""
UNSETTLED = "taken together with how firmly they hold to it, where it stands beside {others} is not settled by these reviews"


def measure(study: Study) -> Iterator[Result]:
    yield from unread(study, "attack or avoid", TITLE, *LOYAL, LEAVING)
    if unknown(study, *LOYAL, LEAVING):
        return
    where = study.where()
    rows = cells.layout(study.store, where)
    fault, loyal, leaving = cells.hits(study.store, where, rows, [JOINT, "joint:loyal", LEAVING]).T
    for company in rows.companies:
        compared = field.shares(rows, fault[:, None], company)[0]
        weights = field.sides(rows, company)
        own = draw(rows, weights.own, (fault, rows.n), (loyal - leaving, rows.n))
        field_ = draw(rows, weights.other, (fault, rows.n), (loyal - leaving, rows.n)) if weights.beside else None
        others = study.others(compared.beside)
        said = words.customers_say(compared, study.name(company), others, CLAUSE).rstrip(".")
        stands = f"; {_stands(compared, own, field_).format(others=others)}" if field_ else ""
        yield Result(
            company, "attack or avoid", TITLE, f"{said}{stands}.", int(compared.own.n), compared, more_is="worse", judged=True, tag=JOINT,
            quotes=partial(_quotes, study, where, company), points=partial(ellipses, {study.name(company): own, others if field_ else "": field_}),
            note="The chart sets the share of reviews that find fault (across) against those who hold to the company less those who leave, of all reviews (up); the areas are where the two likely lie together.")


@dataclass(frozen=True, slots=True)
class Spot:
    """Two figures of one side and how they vary together, as drawn again and again."""

    x: float
    y: float
    draws: Floats                            # (times, 2)
    n: int


def draw(rows: Layout, weights: Floats, across: tuple[Floats, Floats], up: tuple[Floats, Floats]) -> Spot:
    """Days drawn again with replacement: two weighted ratios, each of what is counted and of how many, together.

    Days of a company are drawn, so that what hangs together by day stays together, and so do the two figures.
    """
    k = weights > 0
    sums = np.stack([weights[k] * counts[k] for counts in (*across, *up)], axis=1)
    groups = np.unique(rows.day[k], return_inverse=True)[1]
    by_day = np.zeros((int(groups.max(initial=0)) + 1, 4))
    np.add.at(by_day, groups, sums)
    times = np.random.default_rng(DRAWS_SEED).multinomial(len(by_day), np.full(len(by_day), 1 / len(by_day)), size=DRAWS)
    drawn, whole = times @ by_day, by_day.sum(axis=0)
    parts = np.stack([_ratio(drawn[:, i], drawn[:, i + 1]) for i in (0, 2)], axis=1)
    return Spot(float(_ratio(whole[0], whole[1])), float(_ratio(whole[2], whole[3])), parts, int(min(across[1][k].sum(), up[1][k].sum())))


def _ratio(counted: Floats, of: Floats) -> Floats:
    return np.asarray(counted / np.where(of > 0, of, 1))


def _stands(compared: Compared, own: Spot, others: Spot) -> str:
    """Which way both figures lie from the field's, where 95 of 100 draws agree that both do by more than the margin."""
    enough = compared.own.enough and compared.other is not None and compared.other.enough
    gaps = own.draws - others.draws
    return next((said for way, said in READS.items() if enough and np.mean((gaps * np.array(way) > stats.MARGIN).all(axis=1)) >= 1 - stats.LEVEL), UNSETTLED)


def ellipses(spots: dict[str, Spot | None]) -> Iterator[Point]:
    """Where two figures likely lie together (95 of 100): at each place across, the middle, the lower and the upper edge of the ellipse."""
    for series, spot in spots.items():
        if spot is None:
            continue
        cov = np.cov(spot.draws.T) + 1e-12 * np.eye(2)
        reach = float(np.sqrt(chi2.ppf(1 - stats.LEVEL, 2)))
        slope = float(cov[0, 1] / cov[0, 0])
        rest = float(np.sqrt(max(cov[1, 1] - slope * cov[0, 1], 0)))
        for u in np.cos(np.linspace(np.pi, 0, STEPS + 1)):
            middle = spot.y + slope * float(np.sqrt(cov[0, 0])) * reach * float(u)
            half = reach * rest * float(np.sqrt(max(0.0, 1 - u * u)))
            yield Point(series, f"{spot.x + float(np.sqrt(cov[0, 0])) * reach * float(u):.10f}", middle, middle - half, middle + half, spot.n)


def _quotes(study: Study, where: Where, company: str) -> Iterable[Quote]:
    yield from evidence.carrying(study.store, where, company, [tag for tag, worth in entries(study).items() if worth < 0], "for")
    yield from evidence.carrying(study.store, where, company, LOYAL, "against")
