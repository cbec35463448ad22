"""Weakness map: how often customers speak of each relationship theme, company by company, beside the field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.field import Compared
from enrich.lens import Tag
from enrich.measures import Point, Quote, Result, Study, more_is
from enrich.stats import Floats

AUDIENCES = ("customer",)
WHO = {"customer": ("a customer", "customers"), "employee": ("an employee", "employees")}


def measure(study: Study) -> Iterator[Result]:
    return themes(study, "customer")


def themes(study: Study, audience: str, companies: frozenset[str] | None = None) -> Iterator[Result]:
    """Share of an audience's texts that carry each theme of its own, one result for each company and side of a theme."""
    tags = study.lens.of("theme", audience)
    where = study.where(audience).but(companies=companies)
    rows = cells.layout(study.store, where)
    hits = cells.hits(study.store, where, rows, [t.id for t in tags])
    for company in study.companies:
        if company in rows.companies:
            for i, (tag, compared) in enumerate(zip(tags, field.shares(rows, hits, company), strict=True)):
                yield Result(
                    company, tag.id, f"{tag.title}, {'praised' if tag.sign == '+' else 'criticised'}", sentence(study, company, tag, compared, audience), int(compared.own.n), compared,
                    more_is=more_is(tag), judged=tag.speaks is not None, tag=tag.id,
                    quotes=partial(_quotes, study, where, company, tag), points=partial(_points, study, rows, hits[:, i], company, compared.beside))


def sentence(study: Study, company: str, tag: Tag, compared: Compared, audience: str) -> str:
    """What was found, attributed."""
    one, more = WHO[audience]
    n = int(compared.own.n)
    texts = words.many(n, "public review" if audience == "customer" else f"public {audience} review")
    figures = words.beside(compared, study.others(compared.beside))
    if not compared.hits:
        return f"In none of {texts} of {study.name(company)} {figures} do {more} {words.says(tag)}."
    return f"In {compared.hits:,} of {texts} of {study.name(company)} {figures}, {one if compared.hits == 1 else more} {words.says(tag, one=compared.hits == 1)}."


def _quotes(study: Study, where: Where, company: str, tag: Tag) -> Iterable[Quote]:
    yield from evidence.carrying(study.store, where, company, tag.id, "for")
    opposite = tag.id[:-1] + {"+": "-", "-": "+"}.get(tag.sign, "")
    if opposite in study.lens.tags and opposite != tag.id:
        yield from evidence.carrying(study.store, where, company, opposite, "against")


def _points(study: Study, rows: cells.Layout, hits: Floats, company: str, beside: tuple[str, ...]) -> Iterator[Point]:
    for series, months in field.monthly(rows, hits, company).items():
        for month, (x, n) in sorted(months.items()):
            if month:
                yield Point(study.name(company) if series == "own" else study.others(beside), month, x / n, n=n)
