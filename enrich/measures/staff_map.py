"""Staff map: how often employees speak of each theme of their own, company by company, beside the field."""

from __future__ import annotations

from collections.abc import Iterator

from enrich import cells, words
from enrich.measures import Result, Study
from enrich.measures.weakness_map import themes

AUDIENCES = ("employee",)


FEWEST = 5
"""Authors under which nothing is shown: colleagues could tell who wrote."""


def measure(study: Study) -> Iterator[Result]:
    condition, between = cells.days(study.where(), "r.created_at")
    authors = dict(study.store.rows(
        f"""select r.company, count(distinct ifnull(r.author, r.id)) from reviews r join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
            where r.audience = 'employee' and ifnull(r.text, '') <> '' and {condition} group by 1""", between))
    yield from themes(study, "employee", frozenset(c for c, n in authors.items() if n >= FEWEST))
    for company, n in authors.items():
        if company in study.companies and n < FEWEST:
            why = f"Only {words.many(n, 'employee has', 'employees have')} written about {study.name(company)} in public: nothing is shown of fewer than five, so that nobody can tell who it was."
            yield Result(company, "employee reviews", "Staff map: too few employees", why, 0, missing=why)
