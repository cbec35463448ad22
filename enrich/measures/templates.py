"""Templates: the share of public replies that are pasted with little change, names, numbers and links apart; and of the most pasted
texts of a company each one's share, its first and last use, and the complaints it was pasted under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

import numpy as np

from enrich import cells, evidence, field, words
from enrich.cells import Layout, Where
from enrich.measures import Figure, Quote, Result, Study

AUDIENCES = ()
PASTED = "pasted replies"
TOLD = 3
"""Texts of a company that are told of one by one, the most pasted first."""


def measure(study: Study) -> Iterator[Result]:
    condition, values = cells.days(study.where(), "r.created_at")
    counted = list(study.store.rows(
        f"""select r.company, r.source, ifnull(substr(r.created_at, 1, 10), '') as day, '', count(*), count(u.reply)
            from replies a join reviews r on r.id = a.review join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
            join companies c on c.id = r.company and c.role <> 'removed' left join template_uses u on u.reply = a.id
            where a.role in ({cells.ROLES}) and ifnull(a.text, '') <> '' and r.audience = 'customer' and {condition} group by 1, 2, 3""", values))
    rows = cells.laid_out([row[:5] for row in counted])
    pasted = np.array([[row[5]] for row in counted], dtype=float).reshape(len(counted), 1)
    for company in study.companies:
        if company not in rows.companies:
            why = f"No public reply by {study.name(company)} is known: whether it pastes its replies is not available."
            yield Result(company, PASTED, "Pasted replies", why, 0, more_is="worse", missing=why)
            continue
        compared = field.shares(rows, pasted, company)[0]
        yield from _texts(study, rows, company)
        yield Result(
            company, PASTED, "Pasted replies",
            f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public reply', 'public replies')} by {study.name(company)} "
            f"{words.beside(compared, study.others(compared.beside))}, the text is pasted from a template: the same words with other names in them.",
            int(compared.own.n), compared, more_is="worse", judged=True, quotes=partial(_quotes, study, study.where(kind="reply").but(languages=None), company))


def _texts(study: Study, rows: Layout, company: str) -> Iterator[Result]:
    """The most pasted texts of a company, each with its share of its replies."""
    condition, values = cells.days(study.where(), "r.created_at")
    of = f"""from template_uses u join replies a on a.id = u.reply join reviews r on r.id = a.review join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
        where r.company = ? and a.role in ({cells.ROLES}) and ifnull(a.text, '') <> '' and r.audience = 'customer' and {condition}"""
    told = list(study.store.rows(
        f"""select u.template, count(*), substr(min(a.created_at), 1, 10), substr(max(a.created_at), 1, 10), count(distinct case when {cells.ASKS} then r.id end)
            {of} group by 1 order by 2 desc, 1 limit {TOLD}""", [company, *values]))
    hits = np.zeros((len(rows.n), len(told)))
    for place, (template, *_) in enumerate(told):
        for source, day, uses in study.store.rows(f"select r.source, ifnull(substr(r.created_at, 1, 10), ''), count(*) {of} and u.template = ? group by 1, 2", [company, *values, template]):
            hits[rows.keys[company, source, day, ""], place] = uses
    for (template, uses, first, last, complaints), compared in zip(told, field.shares(rows, hits, company) if told else (), strict=True):
        own = compared.own
        yield Result(
            company, f"{PASTED}, text {template}", "A text that is pasted",
            f"One text, with other names in it, is {words.some(compared.hits)} of {words.many(int(own.n), 'public reply', 'public replies')} by {study.name(company)}. "
            f"It was used {words.many(uses, 'time')}{f', first on {_spoken(first)} and last on {_spoken(last)}' if first else ''}, under {words.many(complaints, 'complaint')}.",
            int(own.n), figure=Figure(own.value, own.low, own.high), more_is="worse",
            quotes=partial(_pasted_under, study, study.where(kind="reply").but(languages=None, asks=True), company, template))


def _spoken(day: str) -> str:
    return f"{date.fromisoformat(day):%-d %B %Y}"


def _pasted_under(study: Study, where: Where, company: str, template: str) -> Iterator[Quote]:
    """Replies to complaints that are this text."""
    made = {reply for (reply,) in study.store.rows("select reply from template_uses where template = ?", (template,))}
    return (quote for quote in evidence.silent(study.store, where, company, "", "for", pasted=True) if quote.target in made)


def _quotes(study: Study, where: Where, company: str) -> Iterable[Quote]:
    yield from evidence.silent(study.store, where, company, "", "for", pasted=True)
    yield from evidence.silent(study.store, where, company, "", "against", pasted=False)
