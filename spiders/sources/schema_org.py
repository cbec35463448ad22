"""Any web page whose reviews are marked up (schema.org in JSON-LD, microdata or RDFa, hReview), with the replies beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field
from scrapy.http import Response, TextResponse

from enrich.records import Problem
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
        page, before = pages.soup(response), len(place.memory.get("known", ()))
        yield from marked.draw(page, response, place)
        if len(place.memory["known"]) > before and (target := pages.following(page, response.url)):
            yield self.more(target)
