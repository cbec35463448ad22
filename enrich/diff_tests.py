"""What one of the studies that `enrich.diff` sets side by side finds, and the test of how a figure changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy.stats import t

from enrich import conclude, lens, rivals, stats
from enrich.field import Compared
from enrich.measures import Result, Study
from enrich.published import permit
from enrich.stats import Difference
from enrich.store import Store

ANSWERED = ("answered within 7 days", "answered within 30 days")
Key = tuple[str, str, str]
"""Company, measure and slice."""


@dataclass(slots=True)
class State:
    """What one of the studies finds."""

    figures: dict[Key, tuple[Result, str]]
    templates: dict[str, dict[str, Any]]
    names: dict[str, rivals.Unknown]
    reviews: int
    replies: int


def state(store: Store) -> State:
    """All that is compared of a counted store."""
    permit(store.db.conn)
    study = conclude.study_of(store, lens.lens())
    figures = {(r.company, name, r.slice): (replace(r, quotes=tuple, points=tuple), v.verdict) for name, r, v in conclude.figures(study)}      # nothing is looked up later: the store is gone
    templates = {row["id"]: row for row in store.dicts("""select t.id, t.company, t.uses, t.complaints, t.first_used, p.text from templates t
        join companies c on c.id = t.company and c.role <> 'removed' left join published_templates p on p.id = t.id""")}
    return State(figures, templates, {u.name.casefold(): u for u in rivals.unknown(store)},
                 *(store.one(f"select count(*) from {of} t join profiles p on p.id = t.profile and p.private = 0") for of in ("reviews", "replies")))


@dataclass(frozen=True, slots=True)
class Tested:
    """A figure in the texts written until A, in those written since, and the change of what is asked about, tested."""

    until: Compared
    since: Compared
    own: Difference
    distance: Difference | None              # None where only the company itself is asked about
    q: float

    @property
    def settled(self) -> bool:
        return self.q < stats.LEVEL


Tests = dict[tuple[str, Key], Tested]
"""What is asked of a figure (its `verdict`, or the company's `own` doing) and which, to the test."""


def tests(study: Study, at_b: State, split: str) -> tuple[Tests, int]:
    """All changes that can be asked about, tested at once, and how many tests these are."""
    after = (date.fromisoformat(split) + timedelta(days=1)).isoformat()
    until, since = ({(r.company, name, r.slice): r.compared for name, r, _ in conclude.figures(part) if r.compared and r.unit == "share"}
                    for part in (replace(study, last=min(split, study.last or split)), replace(study, first=max(after, study.first or after))))
    found: dict[tuple[str, Key], tuple[Compared, Compared, Difference, Difference | None]] = {}
    for key in sorted(until.keys() & since.keys() & at_b.figures.keys()):
        old, new = until[key], since[key]
        if not (old.own.enough and new.own.enough):
            continue
        own = stats.difference(new.own, old.own)
        result, verdict = at_b.figures[key]
        if result.judged and verdict != "indicative" and old.other and new.other and old.other.enough and new.other.enough:
            found["verdict", key] = (old, new, own, distance(old, new))
        if key[1] == "responsiveness" and key[2] in ANSWERED:
            found["own", key] = (old, new, own, None)
    qs = stats.adjust(np.array([max(own.p, apart.p if apart else 0.0) for _, _, own, apart in found.values()]))
    return {one: Tested(*found[one], float(q)) for q, one in zip(qs, found, strict=True)}, len(found)


def distance(until: Compared, since: Compared) -> Difference:
    """How far a company's distance from its field moved between two samples, tested against the margin in points.

    The interval adds the distances of both intervals in squares (Zou and Donner 2008). p is that of a minimum-effect test (Murphy and Myors 1999) on
    effective sizes, its variance the sum of all four shares', each with Agresti's half a text more, with Welch's degrees of freedom.
    """
    old, new = until.difference, since.difference
    assert old and new and until.other and since.other
    moved = new.value - old.value
    parts = [(e, (e.value * (1 - e.value) + 1 / (4 * e.size)) / e.size) for e in (until.own, until.other, since.own, since.other)]
    variance = sum(v for _, v in parts)
    df = variance**2 / sum(v**2 / e.df for e, v in parts)
    error = float(np.sqrt(variance))
    p = float(min(1.0, t.sf((abs(moved) - stats.MARGIN) / error, df) + t.sf((abs(moved) + stats.MARGIN) / error, df)))
    low = moved - float(np.hypot(new.value - new.low, old.high - old.value))
    high = moved + float(np.hypot(new.high - new.value, old.value - old.low))
    return Difference(moved, low, high, p, low > stats.MARGIN or high < -stats.MARGIN, None)
