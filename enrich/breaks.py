"""Where a monthly series changes its level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ruptures
from ruptures.base import BaseCost
from scipy.stats import chi2

from enrich.stats import Floats

SHORTEST = 3
"""Months that a level lasts at least."""
PENALTY = 10.0
"""What a further change must win in squared errors: about what the best of some forty places wins by chance in one series of twenty (Andrews 1993)."""


def odds(hits: Any, n: Any) -> tuple[Any, Any]:
    """Log odds of shares, or of one, and their variance, with half a text more on either side (Haldane 1956, Gart 1966)."""
    return np.log((hits + 0.5) / (n - hits + 0.5)), 1 / (hits + 0.5) + 1 / (n - hits + 0.5)


@dataclass(frozen=True, slots=True)
class Break:
    """A change of level."""

    start: int                               # index of the first month of the new level
    end: int                                 # index after its last month
    before: int                              # index of the first month of the level before
    p: float                                 # of a change this large anywhere in a series without one (Bonferroni over its months)


class _Weighed(BaseCost):  # type: ignore[misc]  # ruptures has no types
    """Squared distance from a segment's weighed mean; columns of the signal: value, weight."""

    model = ""
    min_size = SHORTEST

    def fit(self, signal: Floats) -> _Weighed:
        self.signal = signal
        value, weight = signal[:, 0], signal[:, 1]
        self.sums = np.vstack([np.zeros(3), np.cumsum(np.column_stack([weight, weight * value, weight * value**2]), axis=0)])
        return self

    def error(self, start: int, end: int) -> float:
        weight, once, twice = self.sums[end] - self.sums[start]
        return float(twice - once**2 / weight)


def breaks(value: Floats, variance: Floats) -> list[Break]:
    """The changes of level in a series whose months have these variances (months,): least squares of segments, each month weighed by what it can tell (PELT: Killick,
    Fearnhead and Eckley 2012).

    Days and authors make months vary more than counts alone would: the variances are first scaled by what neighbouring months differ
    (von Neumann 1941), which a change of level hardly touches, and never down.
    """
    months = len(value)
    if months < 2 * SHORTEST:
        return []
    scale = max(1.0, float(np.mean(np.diff(value) ** 2 / (variance[1:] + variance[:-1]))))
    signal = np.column_stack([value, 1 / (scale * variance)])
    cost: Any = _Weighed()
    ends = [0, *ruptures.Pelt(custom_cost=cost, min_size=SHORTEST, jump=1).fit(signal).predict(pen=PENALTY)]
    out = []
    for before, start, end in zip(ends, ends[1:], ends[2:], strict=False):
        won = cost.error(before, end) - cost.error(before, start) - cost.error(start, end)
        out.append(Break(start, end, before, min(1.0, months * float(chi2.sf(won, 1)))))
    return out
