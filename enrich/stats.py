"""The few formulas that measures share, each with its source: rates and waits with intervals, and differences against a margin.

Everything here is arithmetic on arrays: no table, no clock. Rows are counts (`n` texts of one company, source, day and author), so cost
grows with days and not with texts. `day` and `author` are cluster numbers; author -1 is one who needs no telling apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control, t

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.05
"""One minus the confidence of every interval, and the share of false discoveries that a family of tests may hold."""
MARGIN, RATIO = 0.02, 1.25
"""A difference is worth naming from here on: in points (of one), and as a ratio of the rarer outcome."""
KEPT = 0.5
"""p against a margin over which a test is set aside before the correction for many tests."""
ENOUGH, ENOUGH_CLUSTERS = 30, 20
"""Texts, and authors or days, under which a figure is too thin to judge."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval; each field a number, or an array of one per tag or horizon."""

    value: Any
    low: Any
    high: Any
    size: Any                                # unrelated texts that would tell as much
    df: float                                # degrees of freedom: effective clusters less one
    n: float                                 # texts it rests on
    clusters: int                            # authors or days, whichever are fewer

    def at(self, i: int) -> Estimate:
        """The i-th of an array of estimates."""
        return Estimate(float(self.value[i]), float(self.low[i]), float(self.high[i]), float(self.size[i]), self.df, self.n, self.clusters)

    @property
    def enough(self) -> bool:
        """Whether it rests on enough texts and clusters to be judged."""
        return self.n >= ENOUGH and self.clusters >= ENOUGH_CLUSTERS


@dataclass(frozen=True, slots=True)
class Difference:
    """A share less the field's, with its 95 % interval."""

    value: float
    low: float
    high: float
    p: float                                 # against the margin in points, not against zero
    beyond: bool                             # the whole interval lies beyond the margin, in points and in ratio
    settled_by: float | None                 # how many times the texts would put it beyond; None: at this size never

    @property
    def clear_of_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def adjust(p: Floats) -> Floats:
    """q of each p against a margin: the false discovery rate at which it is named (Benjamini and Hochberg 1995).

    A difference well inside the margin has a p near one, far more often than chance alone would give it: such tests are no evidence of many
    tries, so those with p over `KEPT` are set aside (q is 1), and the others count p / `KEPT` (Ellis, Pecanka and Goeman 2020).
    """
    q, kept = np.ones(len(p)), p <= KEPT
    if kept.any():
        q[kept] = false_discovery_control(p[kept] / KEPT, method="bh")
    return q


def effective(weights: Floats) -> float:
    """How many equal weights these amount to (Kish 1965): (Σw)² / Σw²."""
    total = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / total if total else 0.0


def clustered(errors: Floats, day: Ints, author: Ints) -> Floats:
    """Variance of a sum whose terms hang together by day and by author: V(day) + V(author) − V(day and author) (Cameron, Gelbach and Miller 2011).

    `errors` (rows, k) are the terms, (k,) comes back. An author with one row (-1) cancels against the intersection, so only the others are
    summed. Never under the variance by day alone: the two-way formula can turn negative in small samples.
    """
    by_day = np.square(_sums(errors, day)).sum(axis=0)
    repeat = author >= 0
    if not repeat.any():
        return np.asarray(by_day)
    some, who, when = errors[repeat], author[repeat], day[repeat]
    both = np.unique(np.stack((who, when)), axis=1, return_inverse=True)[1]
    return np.asarray(by_day + np.maximum(0, np.square(_sums(some, who)).sum(axis=0) - np.square(_sums(some, both)).sum(axis=0)))


def share(hits: Floats, n: Floats, weights: Floats, centre: Floats, day: Ints, author: Ints) -> Estimate:
    """Weighted shares of k tags with cluster-robust intervals.

    `hits` (rows, k) of `n` (rows,) texts carry each tag; one text of a row weighs `weights` (Σ weights·n = 1); `centre` (rows, k) is the share
    that a row is measured against for its error: its own company's.
    """
    value = np.clip(weights @ hits, 0, 1)              # rounding may lift a sum of weights a hair above one
    size = 1 / float((weights**2 * n).sum())
    groups = effective(_sums(weights * n, day))
    variance = clustered(weights[:, None] * (hits - n[:, None] * centre), day, author) * _small(groups)
    return bounded(value, variance, np.full_like(value, size), groups, n=float(n.sum()), clusters=_fewer(n, day, author))


def bounded(value: Floats, variance: Floats, size: Floats, groups: float, *, n: float, clusters: int) -> Estimate:
    """Shares with Wilson's interval on their effective size, which stays sane near 0 and 1 (Wilson 1927; Dean and Pagano 2015 for clusters).

    `size` is what the texts amount to without clusters; clusters only ever take away from it. Student's t, because clusters may be few.
    """
    plain = np.clip(value * (1 - value), 1e-12, None) / size
    inside = (value * size > 0.5) & ((1 - value) * size > 0.5)
    size = size / np.where(inside, np.maximum(1, variance / plain), 1)
    df = max(1.0, groups - 1)
    z2 = t.ppf(1 - LEVEL / 2, df) ** 2
    centre = (value + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2 * (value * (1 - value) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    return Estimate(value, np.clip(centre - half, 0, value), np.clip(centre + half, value, 1), size, df, n, clusters)


def difference(own: Estimate, other: Estimate, *, margin: float = MARGIN, ratio: float = RATIO, level: float = LEVEL) -> Difference:
    """One share less another that was counted apart, tested against a margin.

    Interval by adding the distances of both intervals in squares (Newcombe 1998; Zou and Donner 2008), of the ratio likewise. p is that of a
    minimum-effect test in points (Murphy and Myors 1999): z against the margin on either side, its error taken where the margin holds
    (Dunnett and Gent 1977), on effective sizes and so robust to clusters, with Welch's degrees of freedom. The ratio is that of the rarer
    outcome: of 95 against 80 of 100 answered, that of 5 against 20 not answered. `level` is the p that must be reached, for `settled_by`.
    """
    gap = own.value - other.value
    low = gap - np.hypot(own.value - own.low, other.high - other.value)
    high = gap + np.hypot(own.high - own.value, other.value - other.low)
    more, less = (own, other) if gap >= 0 else (other, own)
    parts = [e.value * (1 - e.value) / e.size + 1 / (4 * e.size**2) for e in (more, less)]
    df = sum(parts) ** 2 / sum(v**2 / e.df for v, e in zip(parts, (more, less), strict=True))
    beneath = np.clip((more.size * (more.value - margin) + less.size * less.value) / (more.size + less.size), 0, 1 - margin)
    error = np.sqrt((beneath + margin) * (1 - beneath - margin) / more.size + beneath * (1 - beneath) / less.size)
    p = float(min(1.0, t.sf((abs(gap) - margin) / error, df) + t.sf((abs(gap) + margin) / error, df)))
    beyond, reaches = abs(gap) - margin, np.hypot(more.value - more.low, less.high - less.value)
    if other.value > 0.5:
        more, less = _turned(less), _turned(more)
    apart = more.value - ratio * less.value
    reach = np.hypot(more.value - more.low, ratio * (less.high - less.value))
    settled_by = None
    if beyond > 0 and apart > 0:
        settled_by = float(max(t.isf(level, df) * error / beyond, reaches / beyond, reach / apart) ** 2)
    return Difference(float(gap), float(low), float(high), p, bool(beyond > reaches and apart > reach), settled_by)


@dataclass(frozen=True, slots=True)
class Curve:
    """How the share answered grows with time."""

    times: Floats                            # hours at which answers came, ascending
    mass: Floats                             # share answered at each
    at_risk: Floats                          # weight still waiting just before each
    watched: float                           # hours for which at least one review was watched

    def answered(self, hours: Floats) -> Floats:
        """Share answered within so many hours; NaN where nobody was watched so long and some still wait."""
        share = np.concatenate(([0.0], np.cumsum(self.mass)))[np.searchsorted(self.times, hours, "right")]
        return np.where((hours > self.watched) & (share < 1 - 1e-9), np.nan, np.clip(share, 0, 1))

    def at(self, hours: float) -> float:
        """Share answered within so many hours."""
        return float(self.answered(np.array([hours], dtype=float))[0])

    def median(self) -> float | None:
        """Hours after which half are answered; None where they never are."""
        reached = np.cumsum(self.mass) >= 0.5 - 1e-9
        return float(self.times[reached.argmax()]) if reached.any() else None


def curve(lo: Floats, hi: Floats, weights: Floats) -> Curve:
    """The share answered by time, from waits of at least `lo` and at most `hi` hours (hi = inf: not answered in `lo` hours).

    Where every answer's delay is exact this is Kaplan and Meier's estimator (1958); where some lie in an interval it is Turnbull's (1976),
    by his self-consistent iteration: the answers in an interval are spread over it as the curve says, then the curve is fitted again.
    """
    times, first, last = _places(lo, hi)
    mass, at_risk = _fit(len(times), first, last, np.isinf(hi), weights[None, :])
    return Curve(times, mass[0], at_risk[0], float(np.where(np.isinf(hi), lo, hi).max(initial=0.0)))


def answered(lo: Floats, hi: Floats, n: Floats, weights: Floats, day: Ints, author: Ints, hours: Floats, *,
             spread: Floats | None = None) -> tuple[Curve, Estimate]:
    """The curve, and the share answered within each of `hours` with its interval: how far each review moves the curve, summed by cluster.

    The influence of a review is its martingale residual (the cluster form of Greenwood's formula: Ying and Wei 1994). `weights` is what one
    review of a row weighs (Σ weights·n = 1), `spread` a bootstrap variance to widen by, where one was made.
    """
    fitted = curve(lo, hi, weights * n)
    value = fitted.answered(hours)
    errors = _influence(fitted, lo, hi, hours) * (weights * n)[:, None]
    groups = effective(_sums(weights * n, day))
    variance = clustered(errors, day, author) * _small(groups)
    known = np.where(np.isinf(hi)[:, None], lo[:, None] >= hours, True)
    size = np.array([effective_of(weights[k], n[k]) for k in known.T])
    if spread is not None:
        variance = np.maximum(variance, spread)
    there = ~np.isnan(value) & (size > 0)
    found = bounded(np.where(there, value, 0.5), variance, np.where(size > 0, size, 1), groups, n=float(n.sum()), clusters=_fewer(n, day, author))
    kept = [np.where(there, a, np.nan) for a in (found.value, found.low, found.high, found.size)]
    return fitted, Estimate(kept[0], kept[1], kept[2], kept[3], found.df, found.n, found.clusters)


def effective_of(weights: Floats, n: Floats) -> float:
    """`effective` for rows of `n` texts that weigh `weights` each."""
    total = float((weights**2 * n).sum())
    return float((weights * n).sum()) ** 2 / total if total else 0.0


GRID = np.unique(np.concatenate((np.arange(0, 24, 1.0), np.arange(24, 24 * 14, 6.0), np.arange(24 * 14, 24 * 60, 24.0), np.geomspace(24 * 60, 24 * 3650, 40))))
"""Hours to which the bootstrap rounds, so that its cost does not grow with the reviews; every horizon stands in it."""


def bootstrap(lo: Floats, hi: Floats, n: Floats, day: Ints, hours: Floats, *, seed: int, times: int = 300) -> tuple[Floats, tuple[float, float] | None]:
    """Days drawn again with replacement, all at once: variance of the share answered within each of `hours`, and the median's interval.

    The median's interval is the percentile one (Efron 1981), None where more than 2.5 % of the draws have no median.
    """
    event = np.isfinite(hi)
    lows = np.searchsorted(GRID, lo, "left").clip(max=len(GRID) - 1)
    ends = np.where(event, np.searchsorted(GRID, np.where(event, hi, 0), "left").clip(max=len(GRID) - 1), 0)
    lows = np.where(event, np.minimum(lows, ends), np.searchsorted(GRID, lo, "right") - 1)
    patterns, which = np.unique(np.stack((lows, ends, event)), axis=1, return_inverse=True)
    groups = np.unique(day, return_inverse=True)[1]
    count = int(groups.max(initial=0)) + 1
    by_group = csr_array((n, (groups, which)), shape=(count, patterns.shape[1]))
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=times).astype(float)
    starts, stops, answers = GRID[patterns[0]], np.where(patterns[2] == 1, GRID[patterns[1]], np.inf), patterns[2] == 1
    support, first, last = _places(starts, stops)
    mass, _ = _fit(len(support), first, last, ~answers, draws @ by_group)
    grown = np.concatenate((np.zeros((times, 1)), np.cumsum(mass, axis=1)), axis=1)
    variance = grown[:, np.searchsorted(support, hours, "right")].var(axis=0, ddof=1)
    reached = grown[:, 1:] >= 0.5 - 1e-9
    medians = np.where(reached.any(axis=1), support[reached.argmax(axis=1)] if len(support) else np.inf, np.inf)
    low, high = np.quantile(medians, (LEVEL / 2, 1 - LEVEL / 2), method="closest_observation")
    return variance, (float(low), float(high)) if np.isfinite(high) else None


def _places(lo: Floats, hi: Floats) -> tuple[Floats, Ints, Ints]:
    """Times that can carry answers, and from which to which of them each wait reaches (for one without an answer: the last at which it still waited)."""
    open_ = np.isinf(hi)
    times = np.unique(hi[~open_])
    first = np.searchsorted(times, lo, "left")
    last = np.where(open_, np.searchsorted(times, lo, "right"), np.searchsorted(times, hi, "right")) - 1
    return times, first, last


def _fit(m: int, first: Ints, last: Ints, open_: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Masses and weights at risk (b, m) of b curves over the same waits, weighted (b, waits)."""
    if not m:
        return np.zeros((len(weights), 0)), np.zeros((len(weights), 0))
    exact, wide = ~open_ & (first == last), ~open_ & (first < last)
    sure = weights[:, exact] @ _one(first[exact], m)
    waiting = open_ & (last >= 0)
    gone = weights[:, waiting] @ _one(last[waiting], m)
    mass = np.full((len(weights), m), 1 / m)
    steps = csr_array((_one(first[wide], m + 1) - _one(last[wide] + 1, m + 1)).T)
    for _ in range(2000 if wide.any() else 1):
        answers = sure
        if wide.any():
            grown = np.concatenate((np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)), axis=1)
            covered = grown[:, last[wide] + 1] - grown[:, first[wide]]
            per_mass = np.divide(weights[:, wide], covered, out=np.zeros_like(covered), where=covered > 0)
            answers = sure + mass * np.cumsum((steps @ per_mass.T).T, axis=1)[:, :m]
        at_risk = np.cumsum((answers + gone)[:, ::-1], axis=1)[:, ::-1]
        hazard = np.divide(answers, at_risk, out=np.zeros_like(answers), where=at_risk > 1e-12).clip(0, 1)
        left = np.cumprod(1 - hazard, axis=1)
        before = np.concatenate((np.ones((len(mass), 1)), left[:, :-1]), axis=1)
        new = before * hazard
        moved = float(np.abs(np.cumsum(new - mass, axis=1)).max())
        mass = new
        if moved < 1e-6:
            break
    return mass, at_risk


def _influence(fitted: Curve, lo: Floats, hi: Floats, hours: Floats) -> Floats:
    """How far one review of each row moves the share answered within each of `hours`, times the total weight of one (rows, hours)."""
    out = np.zeros((len(lo), len(hours)))
    if not len(fitted.times):
        return out
    left = 1 - np.cumsum(fitted.mass)
    before = np.concatenate(([1.0], left[:-1]))
    hazard = np.divide(fitted.mass, before, out=np.zeros_like(before), where=before > 1e-12)
    open_ = np.isinf(hi)
    first = np.searchsorted(fitted.times, lo, "left")
    last = np.where(open_, np.searchsorted(fitted.times, lo, "right"), np.searchsorted(fitted.times, hi, "right")) - 1
    usable = (hazard < 1 - 1e-9) & (fitted.at_risk > 1e-12)
    per_answer = np.divide(1, fitted.at_risk * (1 - hazard), out=np.zeros_like(hazard), where=usable)
    risk = np.cumsum(hazard * per_answer)
    for k, hour in enumerate(hours):
        end = int(np.searchsorted(fitted.times, hour, "right")) - 1
        if end < 0:
            continue
        places = np.arange(len(hazard))
        moves = np.where(places <= end, per_answer, 0) - risk[np.minimum(places, end)]
        spread = np.concatenate(([0.0], np.cumsum(fitted.mass * moves)))
        grown = np.concatenate(([0.0], np.cumsum(fitted.mass)))
        covered = grown[last + 1] - grown[np.minimum(first, last + 1)]
        wide = np.divide(spread[last + 1] - spread[np.minimum(first, last + 1)], covered, out=np.zeros_like(covered), where=covered > 1e-15)
        answer = np.where(first == last, moves[np.maximum(last, 0)], wide)
        waits = np.where(last >= 0, -risk[np.minimum(np.maximum(last, 0), end)], 0)
        out[:, k] = max(0.0, float(left[end])) * np.where(open_, waits, answer)
    return out


def _one(places: Ints, m: int) -> csr_array:
    return csr_array((np.ones(len(places)), (np.arange(len(places)), places)), shape=(len(places), m))


def _sums(values: Floats, groups: Ints) -> Floats:
    """Sums of rows by group number; groups without rows are left out."""
    numbers = np.unique(groups, return_inverse=True)[1]
    return np.asarray(csr_array((np.ones(len(numbers)), (numbers, np.arange(len(numbers)))), shape=(int(numbers.max(initial=-1)) + 1, len(numbers))) @ values)


def _small(groups: float) -> float:
    """Correction for few clusters: g / (g − 1)."""
    return groups / max(groups - 1, 0.5)


def _fewer(n: Floats, day: Ints, author: Ints) -> int:
    """Authors or days, whichever are fewer; each text of an author not told apart counts as one of his own."""
    return int(min(len(np.unique(day)), n[author < 0].sum() + len(np.unique(author[author >= 0]))))


def _turned(e: Estimate) -> Estimate:
    return Estimate(1 - e.value, 1 - e.high, 1 - e.low, e.size, e.df, e.n, e.clusters)
