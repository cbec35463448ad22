"""Reply quality: what companies do when they answer in public, under complaints and under praise, pasted or in their own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from enrich import cells, evidence, field, words
from enrich.cells import Layout, Where
from enrich.field import Compared
from enrich.lens import Tag
from enrich.measures import Quote, Result, Study, more_is
from enrich.stats import Floats

AUDIENCES = ()
EMPATHY_FIRST = "order:empathy_first"
FIRST = ("First the customer, then the problem", "the reply turns to the customer before it turns to the problem")
NOT_FIRST = ("solution_first", "solution_only", "neither")
UNDER = {"complaints": True, "praise and other reviews": False}


def measure(study: Study) -> Iterator[Result]:
    moves = study.lens.of("move")
    tags = [*(t.id for t in moves), EMPATHY_FIRST]
    for under, asks in UNDER.items():
        where = study.where(kind="reply").but(asks=asks)
        rows = cells.layout(study.store, where)
        found = cells.hits(study.store, where, rows, tags)
        for company in study.companies:
            if company in rows.companies:
                yield from _company(study, where, company, moves, field.shares(rows, found, company), under)
            elif asks:
                yield _missing(study, company)
    for pasted in (True, False):
        rows, found = _pasted(study, tags, pasted)
        for company in rows.companies:
            yield from _split(study, study.where(kind="reply").but(asks=True), company, moves, field.shares(rows, found, company), pasted)


def _company(study: Study, where: Where, company: str, moves: list[Tag], shares: list[Compared], under: str) -> Iterator[Result]:
    judged = bool(where.asks)
    part = "" if judged else f", under {under}"
    for move, compared in zip(moves, shares, strict=False):
        yield Result(company, move.id + part, f"{move.title}{part or ', under complaints'}", _sentence(study, company, words.clause(move), compared, under), int(compared.own.n), compared,
                     more_is=more_is(move), judged=judged and move.speaks is not None, tag=move.id, quotes=partial(_quotes, study, where, company, move.id))
    if _ordered(study):
        compared = shares[-1]
        yield Result(company, EMPATHY_FIRST + part, f"{FIRST[0]}{part or ', under complaints'}", _sentence(study, company, FIRST[1], compared, under), int(compared.own.n),
                     compared, more_is="better", judged=judged, tag=EMPATHY_FIRST, quotes=partial(_orders, study, where, company, EMPATHY_FIRST))


def _split(study: Study, where: Where, company: str, moves: list[Tag], shares: list[Compared], pasted: bool) -> Iterator[Result]:
    part = "pasted" if pasted else "in its own words"
    order = [(EMPATHY_FIRST, *FIRST, shares[-1])] if _ordered(study) else []
    for name, title, clause, compared in (*((m.id, m.title, words.clause(m), c) for m, c in zip(moves, shares, strict=False)), *order):
        n = int(compared.own.n)
        yield Result(company, f"{name}, {part}", f"{title}, {part}",
                     f"In {words.some(compared.hits)} of {words.many(n, 'reply', 'replies')} to complaints that {study.name(company)} wrote {'from a template' if pasted else part} "
                     f"{words.beside(compared, study.others(compared.beside))}, {clause}.",
                     n, compared, tag=name, quotes=partial(_orders if name == EMPATHY_FIRST else _quotes, study, where, company, name, pasted=pasted))


def _ordered(study: Study) -> bool:
    """Whether the order within replies was read at all."""
    return any(study.store.rows("select 1 from cells where kind = 'reply' and tag like 'order:%' limit 1"))


def _sentence(study: Study, company: str, clause: str, compared: Compared, under: str) -> str:
    return (f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public reply', 'public replies')} by {study.name(company)} to {under} "
            f"{words.beside(compared, study.others(compared.beside))}, {clause}.")


def _quotes(study: Study, where: Where, company: str, move: str, *, pasted: bool | None = None) -> Iterable[Quote]:
    yield from evidence.carrying(study.store, where, company, move, "for", pasted=pasted)
    yield from evidence.silent(study.store, where, company, move, "against", pasted=pasted)


def _orders(study: Study, where: Where, company: str, order: str, *, pasted: bool | None = None) -> Iterable[Quote]:
    name, _, value = order.partition(":")
    yield from evidence.labelled(study.store, where, company, name, (value,), "for", pasted=pasted)
    yield from evidence.labelled(study.store, where, company, name, NOT_FIRST, "against", pasted=pasted)


def _missing(study: Study, company: str) -> Result:
    why = f"No public reply by {study.name(company)} to a complaint is known: how it answers is not available. That is not to say that it does not answer."
    return Result(company, EMPATHY_FIRST, f"{FIRST[0]}, under complaints", why, 0, more_is="better", missing=why)


def _pasted(study: Study, tags: list[str], pasted: bool) -> tuple[Layout, Floats]:
    """Rows and hits of replies to complaints that are, or are not, made from a template; none where templates were never looked for."""
    condition, values = cells.days(study.where(), "r.created_at")
    day = "ifnull(substr(r.created_at, 1, 10), '')"

    def counted(tag: str, join: str) -> str:
        return f"""select r.company, r.source, {day}, {tag}, count(distinct a.id) from replies a {join} join reviews r on r.id = a.review
          join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen' join companies c on c.id = r.company and c.role <> 'removed'
          where a.role in ({cells.ROLES}) and ifnull(a.text, '') <> '' and r.audience = 'customer' and ({cells.ASKS}) and {condition}
          and exists (select 1 from template_uses) and {'' if pasted else 'not'} exists (select 1 from template_uses u where u.reply = a.id) group by 1, 2, 3, 4"""

    rows = cells.laid_out(list(study.store.rows(counted("''", ""), values)))
    hits = np.zeros((len(rows.n), len(tags)))
    for tag_of, join in (("m.tag", "join mentions m on m.kind = 'reply' and m.target = a.id"), ("l.name || ':' || l.value", "join labels l on l.kind = 'reply' and l.target = a.id and l.name = 'order'")):
        for company, source, date, tag, n in study.store.rows(counted(tag_of, join), values):
            if tag in tags:
                hits[rows.keys[(company, source, date, "")], tags.index(tag)] = n
    return rows, hits
