"""Any web page whose reviews are marked up (schema.org in JSON-LD, microdata or RDFa, hReview), with the replies beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from pydantic import Field
from scrapy.http import Response, TextResponse

from enrich.records import Problem, Total
from spiders.platforms import marked, pages
from spiders.platforms.base import Drawn, Options, Place, SourceSpider


class SchemaOrgOptions(Options):
    url: str = Field(description="the first page with reviews", pattern=r"^https?://")


class SchemaOrg(SourceSpider):
    """Marked-up reviews of any page and of the pages that follow it."""

    name = "schema_org"
    title = "Web pages with marked-up reviews (schema.org)"
    gathers = "any page with marked-up reviews (JSON-LD, microdata, RDFa, hReview), with the replies beside the markup"
    limits = "what the page shows without scripts"
    per_request = 10
    reads_any_page = True
    options = SchemaOrgOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        return {"url": url} if url.startswith(("http://", "https://")) and urlsplit(url).hostname else None

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        if not isinstance(response, TextResponse) or not pages.is_html(response):
            yield Problem(response.url, "is not a web page", "give the address of a page that shows reviews in a browser", "changed")
            return
        page = pages.soup(response)
        found = marked.read(page, response, place)
        drawn, counts = found.drawn, found.counts
        yield from found.problems
        if len(counts) == 1:
            yield Total(max(counts))
        known = place.memory.setdefault("known", set())
        new = [d for d in drawn if (key := (d.review.id or (d.author, d.body, d.review.created))) not in known and not known.add(key)]
        yield from (d.review for d in new)
        if not drawn:
            yield from self._nothing(page, response.url, place, max(counts, default=None), found.rated)
        if drawn and not new and len(known) < max(counts, default=0):
            yield Problem(response.url, f"the page shows again what earlier pages showed, {len(known)} of {max(counts)} reviews: the rest cannot be reached", "look whether the later pages show others in a browser", "repeating")
        if new and (target := pages.following(page, response.url)):
            yield self.more(target)

    @staticmethod
    def _nothing(page: BeautifulSoup, url: str, place: Place, counted: int | None, rated: bool) -> Iterator[Problem]:
        """Why a page has no reviews. The page after the last one may be empty: only there nothing is wrong."""
        if wall := pages.wall(page, url):
            yield wall
        elif place.memory["known"]:
            return
        elif rated and counted != 0:
            yield Problem(url, f"it counts {counted or 'its'} reviews but holds none: its scripts load them, or its layout has changed", "look for a page that lists them, or import an export", "empty")
        else:
            yield Problem(url, "no reviews are marked up in this page", "check in a browser that the page shows reviews; if it does, import them instead", "changed")
