"""Bank account: what customers say that a company paid into the relationship with them, less what it drew from it.

An entry is a review that carries a relationship theme, praised (a deposit) or criticised (a withdrawal); one review is at most one entry a
theme and side. Companies are compared by net deposits per 100 reviews over the last twelve months; the running line is a company's own only,
since a sum over all customers measures how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import partial

import numpy as np
from scipy.stats import t

from enrich import cells, evidence, field, stats, words
from enrich.cells import Layout, Where
from enrich.field import Compared
from enrich.measures import Figure, Point, Quote, Result, Study
from enrich.stats import Difference, Estimate, Floats

AUDIENCES = ("customer",)
ROLLING = 364
"""Days before the last one that are still of its twelve months."""
PER = 100
"""Net figures are of so many reviews."""
WAYS = ("paid in than drawn", "drawn than paid in")
UNPROVEN = "It adds up several tags, and how well they are found together has not been measured: the figure may be off."


def measure(study: Study) -> Iterator[Result]:
    signs = entries(study)
    where = study.where()
    rows = cells.layout(study.store, where)
    each = cells.hits(study.store, where, rows, list(signs))
    told = cells.hits(study.store, where, rows, ["joint:entry"])[:, 0]
    worth = np.array(list(signs.values()))
    paid, drawn = each[:, worth > 0].sum(axis=1), each[:, worth < 0].sum(axis=1)
    days = np.array([key[2] for key in rows.keys], dtype=str)
    last = max(days, default="")
    first = max((date.fromisoformat(last) - timedelta(days=ROLLING)).isoformat(), where.first or "") if last else last
    recent = (days >= first) & (days > "")
    for company in rows.companies:
        mine = rows.company == rows.companies.index(company)
        if (mine & recent).any():
            yield _net(study, where.but(first=first, last=last), company, cells.part(rows, recent), paid[recent], drawn[recent], told[recent], partial(months, study, rows, paid - drawn, company))
        else:
            yield _none(study, company)
        yield _line(study, where, company, cells.part(rows, mine), paid[mine], drawn[mine])


def entries(study: Study) -> dict[str, int]:
    """Relationship themes of customers, each with what an entry of it is worth: 1 for a deposit, -1 for a withdrawal."""
    return {t.id: 1 if t.sign == "+" else -1 for t in study.lens.of("theme", "customer") if t.sign and t.name not in cells.OUTCOMES}


def means(rows: Layout, values: Floats, company: str, told: Floats) -> Compared:
    """What 100 texts of a company add up to (`values`: the sum of each row), beside the field's; both with cluster-robust intervals. `told`: how many texts of each row have a say.

    A sum that never varies in what was gathered is not therefore sure: its error is no smaller than that of a share of none (the rule of three).
    """
    weights = field.sides(rows, company)
    texts = np.bincount(rows.company, rows.n, minlength=len(rows.companies))
    centre = (np.bincount(rows.company, values, minlength=len(rows.companies)) / np.maximum(texts, 1))[rows.company]

    def side(w: Floats) -> tuple[Estimate, float]:
        k = w > 0
        none = np.zeros((int(k.sum()), 1))
        plain = stats.share(none, rows.n[k], w[k], none, rows.day[k], rows.author[k]).at(0)
        variance = float(stats.clustered((w[k] * (values[k] - rows.n[k] * centre[k]))[:, None], rows.day[k], rows.author[k])[0]) * (plain.df + 1) / plain.df
        value, error = PER * float(w[k] @ values[k]), PER * max(float(np.sqrt(variance)), 1.5 / plain.size)
        half = float(t.isf(stats.LEVEL / 2, plain.df)) * error
        return Estimate(value, value - half, value + half, plain.size, plain.df, plain.n, plain.clusters), error

    own, error = side(weights.own)
    hits = int(told[weights.own > 0].sum())
    if not weights.beside:
        return Compared(own, None, None, hits, weights.dropped, ())
    other, others_error = side(weights.other)
    return Compared(own, other, _apart(own, other, float(np.hypot(error, others_error))), hits, weights.dropped, weights.beside)


def _apart(own: Estimate, other: Estimate, error: float) -> Difference:
    """Two means apart, by a cluster-robust z against the margin on either side."""
    gap, df, margin = own.value - other.value, min(own.df, other.df), PER * stats.MARGIN
    half = float(t.isf(stats.LEVEL / 2, df)) * error
    p = float(min(1.0, t.sf((abs(gap) - margin) / error, df) + t.sf((abs(gap) + margin) / error, df)))
    return Difference(gap, gap - half, gap + half, p, abs(gap) - margin > half, None)


def months(study: Study, rows: Layout, values: Floats, company: str) -> Iterator[Point]:
    """The same month by month, of the company and its field."""
    mine = rows.company == rows.companies.index(company)
    for number, month in sorted(enumerate(rows.months), key=lambda m: m[1]):
        which = rows.month == number
        if month and (which & mine).any():
            compared = means(cells.part(rows, which), values[which], company, values[which])
            for series, e in ((study.name(company), compared.own), (study.others(compared.beside) if compared.beside else "", compared.other)):
                if e:
                    yield Point(series, month, e.value, e.low, e.high, int(e.n))


def _net(study: Study, where: Where, company: str, rows: Layout, paid: Floats, drawn: Floats, told: Floats, points: partial[Iterator[Point]]) -> Result:
    compared = means(rows, paid - drawn, company, told)
    counted = field.sides(rows, company).own > 0
    return Result(
        company, "net deposits", "Net deposits per 100 reviews", f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public review')} of {study.name(company)} in the last twelve months, "
        f"customers tell of something paid into the relationship or drawn from it, {_both(paid[counted], drawn[counted])} in all: {words.net_beside(compared, study.others(compared.beside), WAYS)}.",
        int(compared.own.n), compared, unit="per 100", more_is="better", points=points, quotes=partial(_quotes, study, where, company, compared.own.value < 0),
        note=f"From {where.first} to {where.last}{', on sources and in months that the others share' if compared.other else ''}. {UNPROVEN}")


def _both(paid: Floats, drawn: Floats) -> str:
    return f"{words.many(int(paid.sum()), 'deposit')} and {words.many(int(drawn.sum()), 'withdrawal')}"


def _none(study: Study, company: str) -> Result:
    why = f"{study.name(company)} has no public customer reviews in the last twelve months of this study: what it paid in lately is not available."
    return Result(company, "net deposits", "Net deposits per 100 reviews", why, 0, unit="per 100", more_is="better", missing=why)


def _line(study: Study, where: Where, company: str, rows: Layout, paid: Floats, drawn: Floats) -> Result:
    n, balance = int(rows.n.sum()), int((paid - drawn).sum())
    stands = f"{words.many(abs(balance), 'entry', 'entries')} {'above' if balance > 0 else 'below'} where it began" if balance else "where it began"
    return Result(
        company, "running line", "The account's running line", f"In {words.many(n, 'public review')} of {study.name(company)} over the whole time, customers tell of {_both(paid, drawn)}: its account stands {stands}.",
        n, figure=Figure(balance), unit="entries", quotes=partial(_quotes, study, where, company, balance < 0), points=partial(_running, study.name(company), rows, paid - drawn),
        note="A count of one company's own: it grows with the number of its reviews, so it is never set beside another company's.")


def _running(name: str, rows: Layout, net: Floats) -> Iterator[Point]:
    by_month, texts = (np.bincount(rows.month, counts, minlength=len(rows.months)) for counts in (net, rows.n))
    balance = 0
    for number, month in sorted(enumerate(rows.months), key=lambda m: m[1]):
        if month and texts[number]:
            balance += int(by_month[number])
            yield Point(name, month, balance, n=int(texts[number]))


def _quotes(study: Study, where: Where, company: str, drawn: bool) -> Iterable[Quote]:
    signs = entries(study)
    for side, worth in (("for", -1 if drawn else 1), ("against", 1 if drawn else -1)):
        yield from evidence.carrying(study.store, where, company, [tag for tag, sign in signs.items() if sign == worth], "for" if side == "for" else "against")
