"""Reply language: whether customers are answered in the language that they wrote in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from enrich import evidence, together, words
from enrich.measures import Result, Study
from enrich.together import Mask, Texts

AUDIENCES = ()
ALL, OTHER = "answered in the customer's language", "answered in the customer's language, other languages"
NOTE = "Texts too short to tell their language are left out. How well languages are told apart has not been measured here."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where(kind="reply").but(languages=None))
    asked, answered = _languages(found, "asked_in:"), _languages(found, "answered_in:")
    known = (asked != "") & (answered != "")
    other = known & ~np.isin(asked, sorted(study.lens.languages))
    for company in study.companies:
        yield from _share(study, found, company, known, asked == answered, ALL, "Answered in the customer's language", "")
        if (other & found.of(company)).any():
            yield from _share(study, found, company, other, asked == answered, OTHER, "Answered in the customer's language: languages whose words are not read here",
                              " to customers who wrote in a language whose words are not read here")


def _share(study: Study, found: Texts, company: str, among: Mask, same: Mask, slice: str, title: str, to: str) -> Iterator[Result]:
    if compared := together.share(found, company, among, same):
        n = int(compared.own.n)
        yield Result(
            company, slice, title,
            f"In {words.some(compared.hits)} of {words.many(n, 'public reply', 'public replies')} by {study.name(company)}{to} {words.beside(compared, study.others(compared.beside))}, "
            "the company answers in the language that the customer wrote in.",
            n, compared, more_is="better", note=NOTE, quotes=partial(evidence.sides, study.store, found, company, among, same))
        return
    why = f"No public reply by {study.name(company)} is known of which, and of whose review, the language can be told: this is not available. That is not to say that it does not answer."
    yield Result(company, slice, title, why, 0, more_is="better", missing=why)


def _languages(found: Texts, kind: str) -> NDArray[np.str_]:
    """The language of each text, empty where it is not known."""
    out = np.full(len(found.ids), "", dtype="U8")
    for tag, which in found.tags.items():
        if tag.startswith(kind) and (language := tag.removeprefix(kind)) != "und":
            out[which] = language
    return out
