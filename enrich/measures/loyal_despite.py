"""Loyal despite: customers who stay with a company although they complain of its product or its price, the purest barrier to entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.measures import Quote, Result, Study
from enrich.measures.barrier_to_entry import unknown, unread

AUDIENCES = ("customer",)
LOYAL, LEAVING, FAULTS = "theme:loyalty+", "theme:loyalty-", ("theme:quality-", "theme:value-")
JOINT = "joint:loyal_despite"
TITLE = "Loyal despite product or price"
THIN = "It is rare, and so the figure is thin: read the reviews behind it. Who says the one thing in one review and the other in the next is missed."


def measure(study: Study) -> Iterator[Result]:
    yield from unread(study, "loyal despite", TITLE, LOYAL, LEAVING, *FAULTS)
    if unknown(study, LOYAL, LEAVING, *FAULTS):
        return
    where = study.where()
    rows = cells.layout(study.store, where)
    hits = cells.hits(study.store, where, rows, [JOINT])
    for company in rows.companies:
        compared = field.shares(rows, hits, company)[0]
        yield Result(
            company, "loyal despite", TITLE, words.customers_say(compared, study.name(company), study.others(compared.beside), "they stay, and in the same breath complain of the product or its price"),
            int(compared.own.n), compared, more_is="better", judged=True, tag=JOINT, note=THIN, quotes=partial(_quotes, study, where, company))


def _quotes(study: Study, where: Where, company: str) -> Iterable[Quote]:
    """Both words of those who stay; against them, those who leave over the same."""
    yield from evidence.carrying(study.store, where, company, LOYAL, "for", beside=FAULTS)
    yield from evidence.carrying(study.store, where, company, FAULTS, "for", beside=(LOYAL,))
    yield from evidence.carrying(study.store, where, company, LEAVING, "against", beside=FAULTS)
