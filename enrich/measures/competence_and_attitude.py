"""Competence and attitude: whether those who speak of them praise a company's skill and its manner, and how far their accounts differ ("roulette").

Either without the other is not enough. And where one customer is delighted and the next one insulted, whoever calls does not know whom they
will get: the spread is how often two accounts of the same thing contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from enrich import cells, evidence, field, stats, words
from enrich.cells import Layout, Where
from enrich.field import Compared
from enrich.measures import Point, Quote, Result, Study
from enrich.measures.attack_or_avoid import draw, ellipses
from enrich.measures.barrier_to_entry import unknown, unread
from enrich.stats import Estimate, Floats

AUDIENCES = ("customer",)
BOTH = ("joint:able_kind", "joint:able_unkind", "joint:unable_kind", "joint:unable_unkind")
ACCOUNTS = "An account is a review that praises or criticises it; one that does both is two. Each side by itself is judged on the weakness map."
SPREAD = "Fifty of 100 pairs is as far as accounts can differ: half praise, half criticise. Who complains in public is no fair sample, so read it beside the others'."


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, and how it is spoken of."""

    name: str
    slice: str
    title: str
    matter: str
    praised: str

    @property
    def tags(self) -> tuple[str, str]:
        return f"theme:{self.name}+", f"theme:{self.name}-"


SKILL = Side("competence", "skill", "Competence, of those who speak of it", "its people's skill", "skilled")
MANNER = Side("courtesy", "manner", "Attitude, of those who speak of it", "its people's manner", "kind")


def measure(study: Study) -> Iterator[Result]:
    yield from unread(study, "skill", "Competence and attitude", *SKILL.tags, *MANNER.tags)
    if unknown(study, *SKILL.tags, *MANNER.tags):
        return
    where = study.where()
    rows = cells.layout(study.store, where)
    counted = {side: cells.hits(study.store, where, rows, list(side.tags)) for side in (SKILL, MANNER)}
    together = cells.hits(study.store, where, rows, list(BOTH))
    for company in rows.companies:
        mine = rows.company == rows.companies.index(company)
        found: dict[Side, Compared] = {}
        for side, hits in counted.items():
            if not hits[mine].any():
                why = f"No public review of {study.name(company)} speaks of {side.matter}: this is not available."
                yield Result(company, side.slice, side.title, why, 0, more_is="better", missing=why)
                continue
            spoken = hits.sum(axis=1) > 0
            accounts, praise = cells.part(rows, spoken, hits.sum(axis=1)), hits[spoken, 0]
            found[side] = field.shares(accounts, praise[:, None], company)[0]
            yield _praised(study, where, company, side, found[side])
            yield _roulette(study, where, company, side, accounts, praise)
        if len(found) == 2:
            yield _quadrant(study, where, company, found, together[mine].sum(axis=0), partial(_plane, study, rows, counted, company))


def _praised(study: Study, where: Where, company: str, side: Side, share: Compared) -> Result:
    return Result(
        company, side.slice, side.title, f"In {words.some(share.hits)} of {words.many(int(share.own.n), 'account')} of {side.matter} in public reviews of {study.name(company)} "
        f"{words.beside(share, study.others(share.beside))}, customers praise it; in the rest they criticise it.", int(share.own.n), share, more_is="better", note=ACCOUNTS,
        quotes=partial(_quotes, study, where, company, side.tags))


def _quadrant(study: Study, where: Where, company: str, found: dict[Side, Compared], together: Floats, points: partial[Iterator[Point]]) -> Result:
    sides = [-1 if c.own.high < 0.5 else 1 if c.own.low > 0.5 else 0 for c in found.values()]
    reads = {(1, 1): "skilled and kind", (1, -1): "skilled but unkind", (-1, 1): "kind but unskilled", (-1, -1): "neither skilled nor kind"}
    skill, manner = found.values()
    weaker = min(found, key=lambda side: float(found[side].own.value))
    says = f"{reads[sides[0], sides[1]]}, as those who speak of it say" if all(sides) else "on the two together these reviews settle nothing"
    both = f" In {words.many(int(together.sum()), 'review')} that speak of both, {words.listed([f'{int(n):,} {what}' for n, what in zip(together, ('praise both', 'praise the skill only', 'praise the manner only', 'criticise both'), strict=True)])}." if together.any() else ""
    return Result(
        company, "weaker of the two", "Competence and attitude: the weaker of the two",
        f"Of 100 accounts of its people's skill in public reviews of {study.name(company)}, {words.about(skill.own.value)} praise it ({words.range_of(skill.own)}), and of 100 accounts of their manner "
        f"{words.about(manner.own.value)} ({words.range_of(manner.own)}): {says}.", int(found[weaker].own.n), found[weaker], more_is="better", points=points,
        quotes=partial(_quotes, study, where, company, weaker.tags), note=f"The figure is that of {weaker.matter}: either without the other is not enough. The chart sets skill (across) against manner (up).{both} {ACCOUNTS}")


def _roulette(study: Study, where: Where, company: str, side: Side, accounts: Layout, praise: Floats) -> Result:
    weights = field.sides(accounts, company)
    own = _apart(accounts, praise, weights.own)
    other = _apart(accounts, praise, weights.other) if weights.beside else None
    beside = f"; at {study.others(weights.beside)} {words.about(other.value)}" if other else ""
    one = words.about(own.value)
    return Result(
        company, f"roulette in {side.slice}", f"Roulette: accounts of {side.matter} that contradict each other",
        f"Of 100 pairs of accounts of {side.matter} in public reviews of {study.name(company)}, {one} {'contradicts itself' if one.endswith(' 1') else 'contradict each other'} "
        f"({words.range_of(own)}{beside}): one customer praises what the other criticises.", int(own.n),
        Compared(own, other, None, int(praise[weights.own > 0].sum()), weights.dropped, weights.beside), more_is="worse", note=f"{SPREAD} {ACCOUNTS}",
        quotes=partial(_quotes, study, where, company, side.tags))


def _apart(accounts: Layout, praise: Floats, weights: Floats) -> Estimate:
    """How many of all pairs of accounts of the same company contradict each other: 2p(1-p), with the ends of p's interval; of several companies the weighted mean, distances added in squares."""
    value = below = above = n = 0.0
    clusters, size, df = 0, 0.0, 0.0
    for c in np.unique(accounts.company[weights > 0]):
        k = (weights > 0) & (accounts.company == c)
        whole = float(weights[k] @ accounts.n[k])
        w = weights[k] / whole
        p = stats.share(praise[k, None], accounts.n[k], w, np.full((int(k.sum()), 1), float(praise[k].sum() / accounts.n[k].sum())), accounts.day[k], accounts.author[k]).at(0)
        middle, ends = _pairs(p.value), (_pairs(p.low), _pairs(p.high))
        value += whole * middle
        below += (whole * (middle - min(*ends))) ** 2
        above += (whole * ((_pairs(0.5) if p.low <= 0.5 <= p.high else max(*ends)) - middle)) ** 2
        n, clusters, size, df = n + p.n, clusters + p.clusters, size + p.size, df + p.df
    return Estimate(value, value - below**0.5, value + above**0.5, size, df, n, clusters)


def _pairs(p: float) -> float:
    return 2 * p * (1 - p)


def _plane(study: Study, rows: Layout, counted: dict[Side, Floats], company: str) -> Iterator[Point]:
    """Where skill and manner likely lie together, at the company and at the others."""
    weights = field.sides(rows, company)
    pairs = [(hits[:, 0], hits.sum(axis=1)) for hits in (counted[SKILL], counted[MANNER])]
    yield from ellipses({study.name(company): draw(rows, weights.own, *pairs), study.others(weights.beside) if weights.beside else "": draw(rows, weights.other, *pairs) if weights.beside else None})


def _quotes(study: Study, where: Where, company: str, tags: tuple[str, str]) -> Iterable[Quote]:
    """What is criticised, and against it what is praised."""
    yield from evidence.carrying(study.store, where, company, tags[1], "for")
    yield from evidence.carrying(study.store, where, company, tags[0], "against")
