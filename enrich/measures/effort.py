"""Effort: what it costs a customer to be helped: being passed around, having to chase, saying it again, being sent elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from enrich import evidence, together, words
from enrich.measures import Result, Study
from enrich.together import Mask, Texts

AUDIENCES = ("customer",)
COSTS = ("theme:proactive-", "theme:competence-", "theme:heard-")
SENT, HELPED = "move:deflects", ("move:remedy", "move:escalates", "move:ownership", "move:explains")
SENT_ONLY = "only sent elsewhere"
NOTE = "Which of these a customer means is told in the quotes: one review may tell of several, and counts once."


def measure(study: Study) -> Iterator[Result]:
    costs = [t for t in COSTS if t in study.lens.tags]
    found, replies = together.texts(study.store, study.where()), together.texts(study.store, study.where(kind="reply").but(asks=True))
    sent = replies.carry(SENT) & ~replies.carry(*HELPED)
    for company in study.companies:
        if costs and found.of(company).any():
            yield _said(study, found, company, costs)
        if replies.of(company).any():
            yield _done(study, replies, company, sent)
        elif found.of(company).any():
            why = f"No public reply by {study.name(company)} to a complaint is known: whether it sends customers elsewhere is not available. That is not to say that it does not answer."
            yield Result(company, SENT_ONLY, "Only sent elsewhere", why, 0, more_is="worse", missing=why)


def _said(study: Study, found: Texts, company: str, costs: list[str]) -> Result:
    hit = found.carry(*costs)
    compared = together.share(found, company, hit | ~hit, hit)
    assert compared
    return Result(
        company, "effort", "Effort", words.customers_say(compared, study.name(company), study.others(compared.beside), "they had to chase, were passed around or were not heard"),
        int(compared.own.n), compared, more_is="worse", judged=True, tag=weakest(study, costs), note=NOTE, quotes=partial(evidence.sides, study.store, found, company, hit | ~hit, hit, costs))


def _done(study: Study, replies: Texts, company: str, sent: Mask) -> Result:
    compared = together.share(replies, company, sent | ~sent, sent)
    assert compared
    n = int(compared.own.n)
    return Result(
        company, SENT_ONLY, "Only sent elsewhere",
        f"In {words.some(compared.hits)} of {words.many(n, 'public reply', 'public replies')} by {study.name(company)} to complaints {words.beside(compared, study.others(compared.beside))}, "
        "the customer is sent elsewhere and nothing else is done: nothing explained, taken on, handed on or made good.",
        n, compared, more_is="worse", tag=SENT, quotes=partial(evidence.sides, study.store, replies, company, sent | ~sent, sent, (SENT,)))


def weakest(study: Study, tags: Iterable[str]) -> str:
    """Of tags that are counted as one, the one that is read least well: the figure can be trusted no further."""
    def known(tag: str) -> tuple[bool, float]:
        accuracy = study.lens.accuracy.get(tag)
        return study.lens.established(tag), accuracy.precision or 0 if accuracy else 0
    return min(tags, key=known)
