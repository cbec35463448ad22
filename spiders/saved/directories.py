"""Directories of tradespeople whose pages `schema_org` reads as they are: here only who they are, so that their reviews carry the directory's name."""

from __future__ import annotations

from collections.abc import Iterator

from scrapy.http import HtmlResponse, Request

from enrich.records import Part, Review, Total
from enrich.study import Source
from spiders.platforms import marked
from spiders.platforms.base import SAVED, UNKNOWN, Place
from spiders.platforms.saved import Found, Saved, Site


class Directory(Site):
    """Any of them."""

    replies_visible = None

    def read(self, page: Saved) -> Iterator[Found]:
        response = HtmlResponse(page.url, body=page.text.encode(), encoding="utf-8", flags=[SAVED])
        place = Place(self.name, None, Source(source=self.name), seen_at=page.seen_at)
        drawn = [d for d in marked.draw(page.soup, response, place) if not isinstance(d, Request)]
        yield from drawn
        counted = next((d.reviews for d in drawn if isinstance(d, Total)), None)
        if counted == sum(isinstance(d, Review) for d in drawn) and page.url != UNKNOWN:
            yield Part(1, (page.url,))       # all on one page


class Angi(Directory):
    name = "angi"
    title = "Angi"
    hosts = ("angi.com", "angieslist.com")
    reply_times = False


class BuildZoom(Directory):
    name = "buildzoom"
    title = "BuildZoom"
    hosts = ("buildzoom.com",)


class HomeAdvisor(Directory):
    name = "homeadvisor"
    title = "HomeAdvisor"
    hosts = ("homeadvisor.com",)


class Houzz(Directory):
    name = "houzz"
    title = "Houzz"
    hosts = ("houzz.",)


class Thumbtack(Directory):
    name = "thumbtack"
    title = "Thumbtack"
    hosts = ("thumbtack.com",)
    reply_times = False
