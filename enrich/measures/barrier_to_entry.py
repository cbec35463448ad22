"""Barrier to entry: how many customers stay with a company and recommend it, against those who leave; and how many have been with it for years.

A loyal base is what an attack would have to overcome. Each of the themes by itself is judged on the weakness map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.measures import Quote, Result, Study
from enrich.measures.bank_account import UNPROVEN, means, months

AUDIENCES = ("customer",)
LOYAL, LEAVING, TENURE = ("theme:loyalty+", "theme:advocacy+"), "theme:loyalty-", "stage:married"
STAGE = ("stage", ("married",))
WAYS = ("hold to it than leave", "leave than hold to it")


def measure(study: Study) -> Iterator[Result]:
    yield from unread(study, "barrier", "Barrier to entry", *LOYAL, LEAVING)
    if unknown(study, *LOYAL, LEAVING):
        return
    where = study.where()
    rows = cells.layout(study.store, where)
    loyal, leaving, bound, married = cells.hits(study.store, where, rows, ["joint:loyal", LEAVING, "joint:bound", TENURE]).T
    for company in rows.companies:
        compared = means(rows, loyal - leaving, company, bound)
        mine = field.sides(rows, company).own > 0
        yield Result(
            company, "barrier", "Barrier to entry: those who hold to it, less those who leave", f"In {words.some(int(loyal[mine].sum()))} of {words.many(int(compared.own.n), 'public review')} of {study.name(company)} "
            f"customers say that they stay or recommend it, and in {words.some(int(leaving[mine].sum()))} that they leave or will: {words.net_beside(compared, study.others(compared.beside), WAYS)}.",
            int(compared.own.n), compared, unit="per 100", more_is="better", note=f"Only what reviews say of staying and leaving is counted; most say nothing of it. {UNPROVEN}",
            quotes=partial(_quotes, study, where, company, compared.own.value < 0), points=partial(months, study, rows, loyal - leaving, company))
        if not unknown(study, TENURE):
            tenure = field.shares(rows, married[:, None], company)[0]
            yield Result(
                company, "tenure", "Customers for years", words.customers_say(tenure, study.name(company), study.others(tenure.beside), "they have been with it for years, or come back regularly"),
                int(tenure.own.n), tenure, more_is="better", tag=TENURE, quotes=partial(evidence.labelled, study.store, where, company, *STAGE, "for"),
                note=None if study.lens.established(TENURE) else "How well our reading finds this has not been established on enough annotated texts.")


def unknown(study: Study, *tags: str) -> list[str]:
    """Tags that a measure needs and that this vocabulary does not look for: what nobody looked for was not found to be none."""
    return [tag for tag in tags if tag not in study.lens.tags]


def unread(study: Study, part: str, title: str, *tags: str) -> Iterator[Result]:
    """Says for every company that a measure is not available, where the vocabulary lacks a tag that it needs."""
    if lacking := unknown(study, *tags):
        why = f"This is not available: the vocabulary in use does not look for {words.listed(sorted({tag.partition(':')[2].rstrip('+-').replace('_', ' ') for tag in lacking}))}."
        yield from (Result(company, part, title, why, 0, missing=why) for company in study.companies)


def _quotes(study: Study, where: Where, company: str, leaving: bool) -> Iterable[Quote]:
    yield from evidence.carrying(study.store, where, company, LEAVING if leaving else LOYAL, "for")
    yield from evidence.carrying(study.store, where, company, LOYAL if leaving else LEAVING, "against")
