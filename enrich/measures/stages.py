"""Stages: how far those who tell of their own history have come with the company, from a first contact to years together, and to leaving."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enrich import evidence, together, words
from enrich.lens import Tag
from enrich.measures import Result, Study

AUDIENCES = ("customer",)
NOTE = "Reviews are no panel: they say how many speak from each stage, not how customers move from one to the next. Most reviews tell nothing of it and are left out."


def measure(study: Study) -> Iterator[Result]:
    stages = study.lens.of("stage")
    found = together.texts(study.store, study.where())
    telling = found.carry(*(s.id for s in stages))
    for company in study.companies:
        if not (telling & found.of(company)).any():
            if found.of(company).any():
                yield _missing(study, company)
            continue
        for stage in stages:
            hit = found.carry(stage.id)
            compared = together.share(found, company, telling, hit)
            assert compared
            n = int(compared.own.n)
            yield Result(
                company, stage.id, f"Stage: {stage.title[:1].lower()}{stage.title[1:]}",
                f"In {words.some(compared.hits)} of {words.many(n, 'public review')} of {study.name(company)} that tell how far customer and company have come "
                f"{words.beside(compared, study.others(compared.beside))}, {said(stage, compared.hits)}.",
                n, compared, tag=stage.id, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, telling, hit, (stage.id,)))


def said(stage: Tag, hits: int) -> str:
    """What is said by those who speak from a stage."""
    if stage.definition.startswith("The customer says that "):
        return f"{'a customer says' if hits == 1 else 'customers say'} that {words.clause(stage)}"
    return words.clause(stage)


def _missing(study: Study, company: str) -> Result:
    why = f"No public review of {study.name(company)} tells how far customer and company have come: stages are not available."
    return Result(company, "stages", "Stages", why, 0, missing=why)
