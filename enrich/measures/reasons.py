"""Reasons: what customers give as theirs for choosing, staying, leaving or recommending: the relationship, the product, the price, or something else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.lens import Tag
from enrich.measures import Result, Study
from enrich.together import Mask, Texts

AUDIENCES = ("customer",)
DECIDES = "reason:decides"
PARTS = {"leaving": ("stage:dumped", "theme:loyalty-", "theme:advocacy-"), "staying": ("theme:loyalty+", "theme:advocacy+")}
WHO = {"": "that give a reason to choose, stay, leave or recommend", "leaving": "that give a reason and speak of leaving or warn others off", "staying": "that give a reason and speak of staying or recommend"}
NOTE = ("A review may give several reasons. Footnote, from another population and not to be read on the same scale: sellers who were asked in 2008 why deals are won put the relationship first (56 %) "
        "and the product third (35 %).")


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    reasons = [t for t in study.lens.of("reason") if t.id != DECIDES]
    stated = found.carry(*(r.id for r in reasons))
    for company in study.companies:
        own = found.of(company)
        if not own.any():
            continue
        if not (own & stated).any():
            why = f"No public review of {study.name(company)} was found to give a reason to choose, stay, leave or recommend: reasons are not available."
            yield Result(company, "reasons", "Reasons customers state", why, 0, missing=why)
            continue
        for part, among in (("", np.ones(len(found.ids), dtype=bool)), *((part, found.carry(*tags)) for part, tags in PARTS.items())):
            if (own & stated & among).any():
                yield from (_share(study, found, company, stated & among, reason, part) for reason in reasons)


def _share(study: Study, found: Texts, company: str, among: Mask, reason: Tag, part: str) -> Result:
    hit = found.carry(reason.id)
    compared = together.share(found, company, among, hit)
    assert compared
    said = {"relationship": "how the company treats its customers", "product": "the product or service itself", "price": "the price, fees or rewards"}.get(reason.name, "something else")
    return Result(
        company, f"{reason.id}{', ' + part if part else ''}", f"{reason.title}{', ' + part if part else ''}",
        words.customers_say(compared, f"{study.name(company)} {WHO[part]}", study.others(compared.beside), f"{said} is a reason"),
        int(compared.own.n), compared, tag=reason.id, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, among, hit, (reason.id,)))
