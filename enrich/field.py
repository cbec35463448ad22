"""The field beside a company: the other companies, equally weighted within each source and month, on the company's own mix of them.

Weights are fixed by counts alone and pooled over strata, so a figure less its field's is one weighted sum. A stratum without both sides is
dropped, and the share of the company's texts that go with it is told. Stars never enter: they are an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import CensoredData, logrank

from enrich import stats
from enrich.cells import Layout
from enrich.stats import Difference, Estimate, Floats

HORIZONS = {"1d": 24.0, "3d": 72.0, "7d": 168.0, "30d": 720.0}
"""Hours within which an answer is looked for."""
CURVE = (1, 2, 4, 8, 12, 18, 24, 30, 36, 48, 60, 72, 96, 120, 144, 168, 216, 264, 336, 432, 528, 624, 720, 1080, 1440, 2160)
"""Hours at which curves are drawn; every horizon is one of them."""
DRAWS_SEED = 20


@dataclass(frozen=True, slots=True)
class Sides:
    """What one text of each row weighs: for the company, and for the field. Each sums to one over its texts; `other` is all zero where there is no field."""

    own: Floats
    other: Floats
    dropped: float                           # share of the company's texts that had no field beside them
    beside: tuple[str, ...]                  # the companies that the field is made of


def sides(rows: Layout, company: str) -> Sides:
    """Weights of a company and of its field. A company without a field keeps all its texts."""
    c = rows.companies.index(company)
    strata = int(rows.stratum.max(initial=-1)) + 1
    n = np.zeros((len(rows.companies), strata))
    np.add.at(n, (rows.company, rows.stratum), rows.n)
    mine = n[c]
    others = n.copy()
    others[c] = 0
    beside = (others > 0).sum(axis=0)
    common = (mine > 0) & (beside > 0)
    kept = float(mine[common].sum())
    own = (rows.company == c).astype(float)
    if not kept:
        return Sides(own / max(1.0, float(mine.sum())), np.zeros(len(rows.n)), 1.0 if len(rows.companies) > 1 else 0.0, ())
    own *= common[rows.stratum] / kept
    weight = np.divide(mine / kept, beside, out=np.zeros(strata), where=common)
    per_text = np.divide(weight[None, :], others, out=np.zeros_like(others), where=others > 0)
    beside_it = tuple(name for name, texts in zip(rows.companies, others[:, common].sum(axis=1), strict=True) if texts)
    return Sides(own, per_text[rows.company, rows.stratum], 1 - kept / float(mine.sum()), beside_it)


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of a company with its field beside it."""

    own: Estimate
    other: Estimate | None
    difference: Difference | None
    hits: int
    dropped: float
    beside: tuple[str, ...]                  # the companies that the field is made of


def shares(rows: Layout, hits: Floats, company: str) -> list[Compared]:
    """Share of the company's texts that carry each tag (`hits`: rows, tags), beside the field's."""
    weights = sides(rows, company)
    totals = np.zeros((len(rows.companies), hits.shape[1]))
    np.add.at(totals, rows.company, hits)
    texts = np.bincount(rows.company, rows.n, minlength=len(rows.companies))
    centre = (totals / np.maximum(texts, 1)[:, None])[rows.company]

    def side(w: Floats) -> Estimate:
        k = w > 0
        return stats.share(hits[k], rows.n[k], w[k], centre[k], rows.day[k], rows.author[k])

    own, other = side(weights.own), side(weights.other) if weights.beside else None
    counted = hits[weights.own > 0].sum(axis=0)
    return [_compared(own.at(i), other.at(i) if other else None, int(counted[i]), weights) for i in range(hits.shape[1])]


@dataclass(frozen=True, slots=True)
class Answering:
    """How a company answers, with its field beside it: the share answered within each horizon, the median, the curves."""

    within: dict[str, Compared]              # horizon to share answered; a horizon that nobody was watched for is left out
    curve: Estimate                          # share answered within each hour of CURVE, NaN where nobody was watched so long
    other: Estimate | None
    median: float | None
    median_range: tuple[float, float] | None
    other_median: float | None
    earliest: dict[str, float]               # share answered if every answer of unknown delay came at once
    latest: dict[str, float]                 # and if as late as it can have come
    n: int
    unsure: int                              # answers whose delay is known only within bounds
    edited: int                              # reviews measured from their last edit
    whole: Estimate                          # as `curve`, of all the company's reviews, also those with no field beside them
    all: int                                 # how many these are
    answers: int                             # how many of them were answered
    apart: tuple[float, bool] | None         # p of a log-rank test and whether the company is faster, where the two curves do not cross
    mean: float | None                       # hours, of all answered reviews whose delay is known to two days: what a naive count says
    meant: int                               # how many these are
    dropped: float
    beside: tuple[str, ...]


def answering(rows: Layout, company: str, *, draw: bool) -> Answering | None:
    """How long the company's reviews (rows of `cells.waits`) waited; `draw` widens by a bootstrap. None where it has none."""
    if company not in rows.companies:
        return None
    weights = sides(rows, company)
    hours = np.array(CURVE, dtype=float)
    k = weights.own > 0
    lo, hi, n, day = rows.lo[k], rows.hi[k], rows.n[k], rows.day[k]
    spread, median_range = stats.bootstrap(lo, hi, n, day, hours, seed=DRAWS_SEED) if draw else (None, None)
    curve, own = stats.answered(lo, hi, n, weights.own[k], day, rows.author[k], hours, spread=spread)
    other_curve = other = None
    if weights.beside:
        f = weights.other > 0
        other_curve, other = stats.answered(rows.lo[f], rows.hi[f], rows.n[f], weights.other[f], rows.day[f], rows.author[f], hours)
    done = np.isfinite(hi)
    soonest, latest = (stats.curve(np.where(done, bound, lo), np.where(done, bound, np.inf), n).answered(hours) for bound in (lo, hi))
    within = {}
    for name, horizon in HORIZONS.items():
        i = CURVE.index(int(horizon))
        if not np.isnan(own.value[i]):
            beside = other.at(i) if other and not np.isnan(other.value[i]) else None
            within[name] = _compared(own.at(i), beside, int(n[done & (hi <= horizon)].sum()), weights)
    exact = done & (lo == hi)
    a = rows.company == rows.companies.index(company)
    all_, every = a & np.isfinite(rows.hi), float(rows.n[a].sum())
    known = a & (rows.hi - rows.lo <= 48)
    whole = own if every == n.sum() else stats.answered(rows.lo[a], rows.hi[a], rows.n[a], np.full(int(a.sum()), 1 / every), rows.day[a], rows.author[a], hours)[1]
    return Answering(
        within=within, curve=own, other=other, median=curve.median(), median_range=median_range if curve.median() is not None else None,
        other_median=other_curve.median() if other_curve else None, earliest=_named(soonest), latest=_named(latest), n=int(n.sum()), whole=whole, all=int(every),
        answers=int(rows.n[all_].sum()), unsure=int(n[done & ~exact].sum()), edited=int(n[rows.edited[k] == 1].sum()), apart=_apart(rows, weights, own, other),
        mean=float(np.average((rows.lo[known] + rows.hi[known]) / 2, weights=rows.n[known])) if known.any() else None, meant=int(rows.n[known].sum()), dropped=weights.dropped, beside=weights.beside)


def _apart(rows: Layout, weights: Sides, own: Estimate, other: Estimate | None) -> tuple[float, bool] | None:
    if other is None or (np.isfinite(rows.hi) & (rows.lo != rows.hi)).any():
        return None
    gaps = own.value - other.value
    signs = np.unique(np.sign(gaps[np.abs(gaps) > 0.005]))           # NaN compares as false: only where both were watched
    if len(signs) != 1:
        return None
    sides_ = []
    for side in (weights.own > 0, weights.other > 0):
        n = rows.n[side].astype(np.int64)
        sides_.append(CensoredData.right_censored(np.repeat(rows.lo[side], n), np.repeat(np.isinf(rows.hi[side]), n)))
    return float(logrank(*sides_).pvalue), bool(signs[0] > 0)


def monthly(rows: Layout, hits: Floats, company: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Month to hits and texts (`hits`: rows), of the company (`own`) and of all others together (`other`)."""
    mine = rows.company == rows.companies.index(company)
    out: dict[str, dict[str, tuple[int, int]]] = {}
    for series, side in (("own", mine), ("other", ~mine)):
        x, n = (np.bincount(rows.month[side], counts[side], minlength=len(rows.months)) for counts in (hits, rows.n))
        out[series] = {month: (int(x[i]), int(n[i])) for i, month in enumerate(rows.months) if n[i]}
    return out


def _compared(own: Estimate, other: Estimate | None, hits: int, weights: Sides) -> Compared:
    return Compared(own, other, stats.difference(own, other) if other else None, hits, weights.dropped, weights.beside)


def _named(values: Floats) -> dict[str, float]:
    at = {name: float(values[CURVE.index(int(h))]) for name, h in HORIZONS.items()}
    return {name: v for name, v in at.items() if not np.isnan(v)}
