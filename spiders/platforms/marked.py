"""All marked-up reviews of a web page, each once, with the replies beside them, whatever page it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup
from scrapy.http import Response

from enrich.records import Problem, Total
from spiders.platforms import beside, embedded, pages, structured
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import Drawn, Place, seen


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


def draw(page: BeautifulSoup, response: Response, place: Place) -> Iterator[Drawn]:
    """The reviews of a page that did not come before, how many there are in all, what is wrong, and why there are none."""
    found = read(page, response, place)
    yield from found.problems
    counted = max(found.counts, default=None)
    if len(found.counts) == 1 and counted is not None:
        yield Total(counted)
    known: set[object] = place.memory.setdefault("known", set())
    before = len(known)
    for d in found.drawn:
        key = d.review.id or (d.author, d.body, d.review.created)
        if key not in known:
            known.add(key)
            yield d.review
    if not found.drawn:
        yield from _nothing(page, response.url, known, counted, found.rated)
    elif len(known) == before and len(known) < (counted or 0):
        yield Problem(response.url, f"the page shows again what earlier pages showed, {len(known)} of {counted} reviews: the rest cannot be reached", "look whether the later pages show others in a browser", "repeating")


def _nothing(page: BeautifulSoup, url: str, known: set[object], counted: int | None, rated: bool) -> Iterator[Problem]:
    """Why a page has no reviews. The page after the last one may be empty: only there nothing is wrong."""
    wall = pages.wall(page, url)
    if wall and not (rated and wall.sort == "login"):          # what tells its rating is no wall: it only offers to log in
        yield wall
    elif known:
        return
    elif rated and counted != 0:
        yield Problem(url, f"it counts {counted or 'its'} reviews but holds none: its scripts load them, or its layout has changed", "look for a page that lists them, or import an export", "empty")
    else:
        yield Problem(url, "no reviews are marked up in this page", "check in a browser that the page shows reviews; if it does, import them instead", "changed")


def _count(node: structured.Node) -> int | None:
    said = (node.text("reviewcount", "count") or "").replace(",", "").replace(".", "")
    return int(said) if said.isdigit() else None
