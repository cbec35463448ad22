"""Unclaimed complaints: what customers complain of that no theme of the lens names, grouped by the phrases that several of them share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.measures import Quote, Result, Study
from enrich.together import Mask, Texts
from enrich.unclaimed import FEWEST, PHRASE, Unclaimed, unclaimed

AUDIENCES = ("customer",)
COMPLAINS = "complaint:yes"
SHOWN = 8
"""Groups of a company that are shown, the largest."""
NOTE = "What no theme names is in no figure of a theme. A phrase that several customers share may be a theme of its own: the page of the finding drafts one."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    complains = found.carry(COMPLAINS)
    left = complains & ~found.carry(*(t.id for t in study.lens.of("theme", "customer") if t.speaks == "against"))
    grouped = {one.company: one for one in unclaimed(study.store, vocabulary=study.lens)}
    for company in study.companies:
        if not found.of(company).any():
            continue
        compared = together.share(found, company, complains, left)
        if compared is None:
            why = f"No public review of {study.name(company)} complains, as far as its words tell: what no theme names is not available."
            yield Result(company, "no theme", "Complaints that no theme names", why, 0, missing=why)
            continue
        yield Result(
            company, "no theme", "Complaints that no theme names",
            f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public review')} of {study.name(company)} that complain {words.beside(compared, study.others(compared.beside))}, "
            "what they speak of is named by no theme.",
            int(compared.own.n), compared, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, complains, left))
        yield from _groups(study, found, company, complains, grouped.get(company))


def _groups(study: Study, found: Texts, company: str, complains: Mask, grouped: Unclaimed | None) -> Iterator[Result]:
    """A figure a phrase; where the texts of a group lie outside the study's period it is left out."""
    number = {id: i for i, id in enumerate(found.ids)}
    for group in sorted(grouped.groups, key=lambda g: -len(g.reviews))[:SHOWN] if grouped else ():
        hit = np.zeros(len(found.ids), dtype=bool)
        hit[[number[id] for id in group.reviews if id in number]] = True
        if (hit & complains).sum() < FEWEST:
            continue
        compared = together.share(found, company, complains, hit)
        if compared is None or not compared.hits:
            continue
        yield Result(
            company, f"{PHRASE}{group.phrase}", f"No theme names: “{group.phrase}”",
            f"In {compared.hits:,} of {words.many(int(compared.own.n), 'public review')} of {study.name(company)} that complain ({words.about(compared.own.value)} in 100, {words.likely(compared)}), "
            f"customers write “{group.phrase}” and name no theme of the lens.",
            int(compared.own.n), compared, note=NOTE, quotes=partial(_quotes, study, found, hit & complains & found.of(company), group.phrase))


def _quotes(study: Study, found: Texts, which: Mask, phrase: str) -> Iterator[Quote]:
    """The complaints with the phrase's own words."""
    words_of = re.compile(r"\W+".join(re.escape(word).replace("'", "['’]") for word in phrase.split()), re.I)
    for quote in evidence.picked(study.store, found, which, (), "for"):
        text = study.store.one("select text from reviews where id = ?", (quote.target,)) or ""
        if place := words_of.search(text):
            yield Quote(quote.side, quote.kind, quote.target, quote.review, place.start(), place.end())
        else:
            yield quote
