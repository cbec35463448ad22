"""Thanked only when leaving: how often those who leave are thanked or offered a remedy in public, beside those who stay or say nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enrich import evidence, together, words
from enrich.lens import Tag
from enrich.measures import Result, Study
from enrich.together import Mask, Texts

AUDIENCES = ()
LEAVING = "stage:dumped"
MOVES = ("move:thanks", "move:remedy", "move:invites_back")
NOTE = "What a company offers to those who leave, and not to those who stay, comes late. Only public answers are seen, and few reviews say that the customer leaves."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where(kind="reply"))
    leaving = found.carry(LEAVING)
    for company in study.companies:
        own = found.of(company)
        for move in (study.lens.tags[m] for m in MOVES if m in study.lens.tags):
            if not (own & leaving).any():
                yield _missing(study, company, move)
                continue
            yield _share(study, found, company, leaving, move)


def _share(study: Study, found: Texts, company: str, leaving: Mask, move: Tag) -> Result:
    hit = found.carry(move.id)
    compared = together.share(found, company, leaving, hit)
    assert compared
    stay = ~leaving & found.of(company)
    beside = f"; to all others it does so in {words.some(int((stay & hit).sum()))} of {int(stay.sum()):,}" if stay.any() else ""
    n = int(compared.own.n)
    return Result(
        company, _slice(move), f"{move.title}, to those who leave",
        f"In {words.some(compared.hits)} of {words.many(n, 'public reply', 'public replies')} by {study.name(company)} to customers who say that they leave "
        f"{words.beside(compared, study.others(compared.beside))}, {words.clause(move)}{beside}.",
        n, compared, tag=move.id, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, leaving, hit, (move.id,)))


def _slice(move: Tag) -> str:
    return f"{move.name} to those who leave"


def _missing(study: Study, company: str, move: Tag) -> Result:
    why = f"No public reply by {study.name(company)} to a customer who says that they leave is known: this is not available. That is not to say that it does not answer."
    return Result(company, _slice(move), f"{move.title}, to those who leave", why, 0, missing=why)
