"""Stated moves: how many customers say that they are on their way in, and how many that they are on their way out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enrich import evidence, together, words
from enrich.measures import Result, Study
from enrich.together import Mask, Texts

AUDIENCES = ("customer",)
IN, OUT = ("stage:acquaintance", "stage:friend", "stage:dating", "stage:engaged"), "stage:dumped"
NOTE = "What people say of themselves in public: who leaves without a word is not seen, and who is angry writes more readily."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    out, coming = found.carry(OUT), found.carry(*IN)
    all_ = out | ~out
    read = study.store.one("select 1 from labels where kind = 'review' and name = 'stage' limit 1")
    for company in study.companies:
        own = found.of(company)
        if not own.any():
            continue
        if not read:
            yield _missing(study, company)
            continue
        yield _share(study, found, company, all_, out, "on the way out", "On the way out", "")
        if (own & (out | coming)).any():
            yield _share(study, found, company, out | coming, out, "out rather than in", "Of those who come or go: on the way out", " that tell of coming or of going")


def _share(study: Study, found: Texts, company: str, among: Mask, hit: Mask, slice: str, title: str, told: str) -> Result:
    compared = together.share(found, company, among, hit)
    assert compared
    return Result(
        company, slice, title, words.customers_say(compared, study.name(company) + told, study.others(compared.beside), "they have left or are leaving"),
        int(compared.own.n), compared, more_is="worse", judged=not told, tag=OUT, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, among, hit, (OUT,)))


def _missing(study: Study, company: str) -> Result:
    why = f"No public review of {study.name(company)} has been read for how far customer and company have come: who comes and who goes is not available."
    return Result(company, "on the way out", "On the way out", why, 0, more_is="worse", missing=why)
