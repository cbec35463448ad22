"""Heard gap: how many complaints a company answers and speaks to, beside how many of those who speak of it say that they were heard, or helped.

Being heard is the customer's word, right, wrong or otherwise: a company may answer everybody and be felt to listen to nobody. What a company
says of itself ("this is resolved") is never counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.field import Compared
from enrich.measures import Quote, Result, Study
from enrich.measures.barrier_to_entry import unknown, unread
from enrich.stats import Estimate

AUDIENCES = ("customer",)
WEEK, PER = "7d", 100
SAID = {"heard": ("being heard", "they were listened to or answered", "Heard, of those who speak of it"), "resolved": ("having a problem solved", "theirs was solved", "Helped, of those who speak of it")}
SILENCE = "No public reply is not no reply: a company may have answered where nobody else can read it."
FIT = "Who complained need not be who speaks of being heard: the two are set side by side, and one does not follow from the other."
FITS = ("fit:addresses", "fit:partly", "fit:misses")
SPEAKS = "Replies that speak to the complaint"


def measure(study: Study) -> Iterator[Result]:
    where = study.where()
    rows = cells.layout(study.store, where)
    waits = cells.waits(study.store, where.but(languages=None, asks=True))
    fits = _fits(study, where.but(kind="reply", asks=True))
    for company in study.companies:
        yield _speaks(study, where.but(kind="reply", asks=True), company, fits.get(company))
    for name, (matter, clause, title) in SAID.items():
        sides = (f"theme:{name}+", f"theme:{name}-")
        yield from unread(study, name, title, *sides)
        if unknown(study, *sides):
            continue
        counted = cells.hits(study.store, where, rows, list(sides))
        accounts = cells.part(rows, counted.sum(axis=1) > 0, counted.sum(axis=1))
        good = counted[counted.sum(axis=1) > 0, :1]
        for company in rows.companies:
            if not (accounts.company == accounts.companies.index(company)).any():
                why = f"No public review of {study.name(company)} says whether {clause}: this is not available."
                yield Result(company, name, title, why, 0, missing=why)
                continue
            said = field.shares(accounts, good, company)[0]
            yield Result(
                company, name, title, f"In {words.some(said.hits)} of {words.many(int(said.own.n), 'account')} of {matter} in public reviews of {study.name(company)} {words.beside(said, study.others(said.beside))}, "
                f"customers say that {clause}; in the rest, that {_denied(name)}.", int(said.own.n), said, more_is="better", quotes=partial(_quotes, study, where, company, sides),
                note="A review that says both is two accounts. Each side by itself is judged on the weakness map.")
            if name == "heard":
                answered = field.answering(waits, company, draw=False)
                yield _gap(study, company, answered.within.get(WEEK) if answered else None, fits.get(company), said, partial(_quotes, study, where, company, sides))


def _fits(study: Study, where: Where) -> dict[str, Compared]:
    """Of the replies to complaints of which it was read, the share that speak to the matter, company by company."""
    rows = cells.layout(study.store, where)
    counted = cells.hits(study.store, where, rows, list(FITS))
    read = counted.sum(axis=1) > 0
    replies = cells.part(rows, read, counted.sum(axis=1))
    return {rows.companies[c]: field.shares(replies, counted[read, :1], rows.companies[c])[0] for c in np.unique(replies.company)}


def _speaks(study: Study, where: Where, company: str, fit: Compared | None) -> Result:
    if fit is None:
        why = f"Whether {study.name(company)} speaks to what customers complain of is not available: no public reply of it to a complaint is known, or none could be read."
        return Result(company, FITS[0], SPEAKS, why, 0, more_is="better", missing=why)
    return Result(
        company, FITS[0], SPEAKS, f"In {words.some(fit.hits)} of {words.many(int(fit.own.n), 'public reply', 'public replies')} by {study.name(company)} to complaints "
        f"{words.beside(fit, study.others(fit.beside))}, the company speaks to what the customer complained of, and not in stock words only.", int(fit.own.n), fit, more_is="better", judged=True, tag=FITS[0],
        quotes=partial(_replies, study, where, company))


def _replies(study: Study, where: Where, company: str) -> Iterable[Quote]:
    yield from evidence.labelled(study.store, where, company, "fit", ("addresses",), "for")
    yield from evidence.labelled(study.store, where, company, "fit", ("misses", "partly"), "against")


def _denied(name: str) -> str:
    return {"heard": "they were not", "resolved": "it was not"}[name]


def _gap(study: Study, company: str, answered: Compared | None, fit: Compared | None, said: Compared, quotes: partial[Iterable[Quote]]) -> Result:
    name = study.name(company)
    if answered is None:
        why = f"Whether {name} answers complaints in public is not available, so it cannot be set beside what customers say of being heard."
        return Result(company, "gap", "Answered, less heard", why, 0, unit="per 100", missing=why)
    own = _less(answered.own, said.own)
    other = _less(answered.other, said.other) if answered.other and said.other else None
    beside = sorted({*answered.beside} & {*said.beside})
    reply = f", and of 100 replies {words.about(fit.own.value)} {'speaks' if words.about(fit.own.value).endswith(' 1') else 'speak'} to the complaint" if fit else ""
    low, high = (_more(end) for end in (own.low, own.high))
    return Result(
        company, "gap", "Answered, less heard",
        f"Of 100 complaints about {name}, {words.about(answered.own.value)} got a public answer within a week{reply}; of 100 customers who speak of being heard, {words.about(said.own.value)} say that they were: "
        f"{_more(own.value)} (likely {low if low == high else f'from {low} to {high}'}{f'; at {study.others(tuple(beside))} {_more(other.value)}' if other and beside else ''}).",
        int(said.own.n), Compared(own, other, None, said.hits, max(answered.dropped, said.dropped), tuple(beside)), unit="per 100", quotes=quotes, note=f"{FIT} {SILENCE}")


def _less(one: Estimate, two: Estimate) -> Estimate:
    """One share less another that was counted apart, per 100, by adding the distances of both intervals in squares."""
    value = one.value - two.value
    low, high = value - np.hypot(one.value - one.low, two.high - two.value), value + np.hypot(one.high - one.value, two.value - two.low)
    return Estimate(PER * value, float(PER * low), float(PER * high), min(one.size, two.size), min(one.df, two.df), min(one.n, two.n), min(one.clusters, two.clusters))


def _more(value: float) -> str:
    said = words.of_hundred(abs(value) / PER)
    return "as many" if said == "0" or said.startswith("fewer") else f"{said} {'fewer' if value > 0 else 'more'}"


def _quotes(study: Study, where: Where, company: str, sides: tuple[str, str]) -> Iterable[Quote]:
    yield from evidence.carrying(study.store, where, company, sides[0], "for")
    yield from evidence.carrying(study.store, where, company, sides[1], "against")
