"""All marked-up reviews of a web page, each once, with the replies beside them, whatever page it is."""

from __future__ import annotations

from dataclasses import dataclass

from bs4 import BeautifulSoup
from scrapy.http import Response

from enrich.records import Problem
from spiders.platforms import beside, embedded, structured
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import Place, seen


@dataclass(slots=True)
class Marked:
    """What a page marks up: its reviews, and how many it says there are."""

    drawn: list[markup.Drawn]
    reader: markup.Reader
    counts: set[int]                         # as its ratings of a whole state them
    rated: bool                              # there is such a rating

    @property
    def problems(self) -> list[Problem]:
        return self.reader.problems


def read(page: BeautifulSoup, response: Response, place: Place) -> Marked:
    """Reads a page's structured data, and what its scripts hold."""
    found = structured.read(page)
    company = (place.company.name, *place.company.aliases, *place.company.accounts, *place.source.staff) if place.company else ()
    reader = markup.Reader(response.url, seen(response, place), markup.day_first(found, page), company)
    drawn = markup.merge(embedded.reviews(page, response.url, reader.problems) + reader.reviews(found))
    beside.attach(page, drawn, reader)
    for n, why in found.broken:
        reader.problems.append(Problem(response.url, f"JSON-LD block {n} speaks of reviews and cannot be read: {why}", "it is left out; the rest of the page went in"))
    wholes = [node for node in found.nodes if node.types & markup.AGGREGATES]
    return Marked(drawn, reader, {c for node in wholes if (c := _count(node)) is not None}, bool(wholes))


def _count(node: structured.Node) -> int | None:
    said = (node.text("reviewcount", "count") or "").replace(",", "").replace(".", "")
    return int(said) if said.isdigit() else None
