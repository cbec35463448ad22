"""Who leaves for whom: which company of the study customers say that they go to, and which they came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.measures import Quote, Result, Study
from enrich.together import Mask, Texts

AUDIENCES = ("customer",)
GOES, CAME = "rival:goes_to", "rival:came_from"
SAID = {GOES: ("to", "leaves for", "they go to {}"), CAME: ("from", "came from", "they came from {}")}
NOTE = "Few reviews name where the customer goes, and reviews are no panel: these are mentions, not all who moved. How well they are read has not been measured. Names of companies outside the study are not shown."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    moves = {tag: _named(study, found, tag) for tag in SAID}
    for company in study.companies:
        own = found.of(company)
        if not own.any():
            continue
        pairs = [(tag, rival, which) for tag, by in moves.items() for rival, which in by.items() if rival != company and (own & which).any()]
        if not pairs:
            why = f"No public review of {study.name(company)} was found to name a company of this study that the customer goes to or came from: this is not available."
            yield Result(company, "who leaves for whom", "Who leaves for whom", why, 0, missing=why)
        for tag, rival, which in pairs:
            yield _pair(study, found, company, tag, rival, which)


def _pair(study: Study, found: Texts, company: str, tag: str, rival: str, which: Mask) -> Result:
    way, title, clause = SAID[tag]
    compared = together.share(found, company, which | ~which, which)
    assert compared
    return Result(
        company, f"{way} {rival}", f"{title[:1].upper()}{title[1:]} {study.name(rival)}",
        words.customers_say(compared, study.name(company), study.others(compared.beside), clause.format(study.name(rival))),
        int(compared.own.n), compared, more_is="worse" if tag == GOES else "better", note=NOTE, quotes=partial(_quotes, study, found, company, which, tag))


def _quotes(study: Study, found: Texts, company: str, which: Mask, tag: str) -> Iterator[Quote]:
    """Against it stand those who name another way: they came from where the others go, or the reverse."""
    yield from evidence.picked(study.store, found, found.of(company) & which, (tag,), "for")
    other = CAME if tag == GOES else GOES
    yield from evidence.picked(study.store, found, found.of(company) & found.carry(other), (other,), "against")
    yield from evidence.struck(study.store, found, found.of(company), company, (tag,))


def _named(study: Study, found: Texts, tag: str) -> dict[str, Mask]:
    """Company of the study to the texts that say it of that company."""
    called = {" ".join(name.split()).casefold(): c.id for c in study.companies.values() for name in (*json.loads(c.aliases), c.name)}
    number = {id: i for i, id in enumerate(found.ids)}
    out: dict[str, Mask] = {}
    for target, said in study.store.rows("select target, words from mentions where kind = 'review' and tag = ?", (tag,)):
        company = called.get(" ".join(said.split()).casefold())
        if company and target in number:
            out.setdefault(company, np.zeros(len(number), dtype=bool))[number[target]] = True
    return dict(sorted(out.items()))
