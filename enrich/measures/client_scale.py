"""The client on the same scale: each rival beside the client alone, and the client beside its rivals, by the same counts.

Whoever asks where a competitor treats its customers badly is told first how its own customers are treated, and how firmly they hold to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal

import numpy as np

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.measures import Quote, Result, Study
from enrich.measures.attack_or_avoid import CLAUSE
from enrich.measures.attack_or_avoid import JOINT as FAULT
from enrich.measures.bank_account import entries
from enrich.measures.barrier_to_entry import LEAVING, LOYAL, unknown

AUDIENCES = ("customer",)
HOLD = "joint:loyal"
SAID: dict[str, tuple[str, str, Literal["better", "worse"]]] = {FAULT: ("Fault found", CLAUSE, "worse"), HOLD: ("Customers who hold to it", "they stay or recommend it", "better")}


def measure(study: Study) -> Iterator[Result]:
    client = next((c.id for c in study.companies.values() if c.role == "client"), None)
    where = study.where()
    rows = cells.layout(study.store, where)
    asked = [tag for tag in SAID if tag != HOLD or not unknown(study, *LOYAL)]
    hits = cells.hits(study.store, where, rows, asked)
    for company in rows.companies:
        if client not in rows.companies:
            yield _missing(study, company, client)
            continue
        both = rows.companies if company == client else (company, client)
        among = np.isin(rows.company, [rows.companies.index(c) for c in both])
        found = field.shares(cells.part(rows, among), hits[among], company)
        for tag, compared in zip(asked, found, strict=True):
            title, clause, more = SAID[tag]
            yield Result(
                company, f"{'fault' if tag == FAULT else 'hold'} on one scale", f"{title}: the client and its rivals on one scale",
                words.customers_say(compared, study.name(company), study.others(compared.beside), clause), int(compared.own.n), compared, more_is=more, tag=tag,
                quotes=partial(_quotes, study, where, company, tag), note="One company beside one other is shown and not judged: judged is each beside all others.")


def _missing(study: Study, company: str, client: str | None) -> Result:
    why = f"No public customer reviews of {study.name(client)} were gathered: {study.name(company)} cannot be set beside the client." if client else \
        f"This study has no client: there is nobody to set {study.name(company)} beside."
    return Result(company, "fault on one scale", "Fault found: the client and its rivals on one scale", why, 0, missing=why)


def _quotes(study: Study, where: Where, company: str, tag: str) -> Iterable[Quote]:
    faults = [t for t, worth in entries(study).items() if worth < 0]
    yield from evidence.carrying(study.store, where, company, faults if tag == FAULT else LOYAL, "for")
    yield from evidence.carrying(study.store, where, company, LEAVING if tag == HOLD else [t for t, worth in entries(study).items() if worth > 0], "against")
