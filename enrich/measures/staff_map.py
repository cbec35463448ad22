"""Staff map: how often employees speak of each theme of their own, company by company, beside the field."""

from __future__ import annotations

from collections.abc import Iterator

from enrich.measures import Result, Study
from enrich.measures.weakness_map import themes

AUDIENCES = ("employee",)


def measure(study: Study) -> Iterator[Result]:
    return themes(study, "employee")
