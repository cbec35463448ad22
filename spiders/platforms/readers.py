"""Whose a saved page is, and so who reads it: the site that it was saved from, the forum software that made it, or what reads marked-up reviews on any page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from scrapy.http import HtmlResponse
from scrapy.utils.misc import walk_modules_iter
from scrapy.utils.spider import iter_spider_classes

from spiders.platforms.base import SAVED, UNKNOWN, Drawn, Place, SourceSpider, sample
from spiders.platforms.saved import Saved, Site, sites

SOURCES = "spiders.sources"
"""The package whose sources may read pages that were saved: by `owns(page.soup)`, or because they read any page."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page."""

    name: str                                # the site, or the host where the site is none of ours: as in `origin`
    title: str
    audience: str
    replies_visible: bool | None
    read: Callable[[Saved, Place], Iterable[Drawn]]
    any_page: bool = False                   # it tries any page: only what it finds tells whether it is the right one


def whose(page: Saved) -> Reader:
    """The first site whose page it is (one at whose address it was saved before one that only knows it by its marks), else the first source that knows
    it for its own, else the one that tries any page."""
    at_home = sorted(sites(), key=lambda s: not s.at_home(page))
    if site := next((s for s in at_home if s.owns(page)), None):
        return _site(site)
    spiders = _spiders()
    return next((_source(s, page) for s in spiders if hasattr(s, "owns") and s.owns(page.soup)), None) or next(_source(s, page) for s in spiders if s.reads_any_page)


@cache
def _spiders() -> tuple[type[SourceSpider], ...]:
    found = {c for module in walk_modules_iter(SOURCES) for c in iter_spider_classes(module) if issubclass(c, SourceSpider)}
    return tuple(sorted(found, key=lambda c: c.name))


def _site(site: type[Site]) -> Reader:
    return Reader(site.name, site.title, site.audience, site.replies_visible, lambda page, place: site().read(page))


def _source(source: type[SourceSpider], page: Saved) -> Reader:
    """A source as the reader of a page: it is given the page as if it had asked for it, and what it would ask next is not sent."""
    def read(page: Saved, place: Place) -> Iterator[Drawn]:
        spider = source()
        mine = replace(sample(spider, page.url, {}), source=place.source, company=place.company, seen_at=page.seen_at)
        yield from spider.draw(HtmlResponse(page.url, body=page.text.encode(), encoding="utf-8", flags=[SAVED]), mine)

    host = page.host.removeprefix("www.") if page.url != UNKNOWN else ""
    return Reader(host or source.name, host or source.title, source.audience, source.replies_visible, read, source.reads_any_page)
