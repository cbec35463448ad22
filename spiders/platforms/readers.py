"""Whose a saved page is, and so who reads it: the site that it was saved from, the forum software that made it, or what reads marked-up reviews on any page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from scrapy.http import HtmlResponse, Request
from scrapy.utils.misc import walk_modules_iter
from scrapy.utils.spider import iter_spider_classes

from enrich.records import Part, Problem, Reply, Review, Total
from spiders.platforms import pages
from spiders.platforms.base import LAYOUT_ERRORS, SAVED, UNKNOWN, Drawn, Place, SourceSpider, sample
from spiders.platforms.saved import Found, Saved, Site, sites

SOURCES = "spiders.sources"
"""The package whose sources may read pages that were saved: by `owns(page.soup)`, or because they read any page."""
_STUB = re.compile(r"(.{12,}?)\s*(?:…|\.\.\.)", re.S)
_LISTED = "save the page that shows the reviews, once they are shown; if it does show them, report it: the site may have changed"


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


def read(page: Saved, place: Place, reader: Reader) -> Iterator[Found]:
    """What a page holds: its reviews, each once, how many there are in all, which part of its list it is, and its problems."""
    drawn = _drawn(page, place, reader)
    reviews: dict[str, Review] = {}
    for review in _without_stubs([d for d in drawn if isinstance(d, Review)]):
        if review.url and review.url.startswith(UNKNOWN):
            review.url = None
        if reader.replies_visible is not True and not review.replies:
            review.complete = False          # an answer that is not there may only not be shown
        at = key(review) or f"#{len(reviews)}"
        reviews[at] = review if at not in reviews or fuller(review, reviews[at]) else reviews[at]
    yield from reviews.values()
    yield from (d for d in drawn if isinstance(d, Reply | Total | Part))
    problems = [d for d in drawn if isinstance(d, Problem)]
    if not reviews and not any(isinstance(d, Reply) for d in drawn):
        total = next((d.reviews for d in drawn if isinstance(d, Total)), None)
        problems = list(_nothing(page, reader, problems, total))
    for problem in problems:
        at = next((a for a in (page.url, UNKNOWN) if problem.place == a or problem.place.startswith(f"{a},")), None)
        page.tell(replace(problem, place=page.name + problem.place.removeprefix(at)) if at else problem)
    yield from page.told()


def _drawn(page: Saved, place: Place, reader: Reader) -> list[Found]:
    """All that its reader draws, as far as it comes. What it would ask for next is noted in the page."""
    found: list[Found] = []
    try:
        for drawn in reader.read(page, place):
            if isinstance(drawn, Request):
                page.follow.append(drawn.url)
            else:
                found.append(drawn)
    except LAYOUT_ERRORS as error:
        found.append(Problem(page.name, f"its layout is not the one of {reader.title} that is known: {type(error).__name__}: {error}", "report it, with the page: the site may have changed", "changed"))
    return found


def _nothing(page: Saved, reader: Reader, problems: list[Problem], total: int | None) -> Iterator[Problem]:
    """Why a page has no reviews, if it does not say so itself."""
    if any(p.sort in ("blocked", "login") for p in problems):
        yield from problems
    elif page.follow and not reader.any_page and not any(p.sort for p in problems):
        yield from problems
        yield Problem(page.name, f"lists topics of {reader.title}, not what was written in them", "save the topics themselves")
    elif reader.any_page and any(p.sort == "empty" for p in problems):
        yield from (replace(p, cure=_LISTED) if p.sort == "empty" else p for p in problems)
    elif wall := pages.wall(page.soup, page.name):
        yield wall
    elif reader.any_page:
        yield Problem(page.name, "nobody reads this page: it is of no site that is known, and no reviews are marked up in it",
                      "save the page that shows the reviews; for a site that is not known import an export as a table, or begin a source: rapport new-source", "changed")
    else:
        yield from problems
        if total != 0 and not any(p.sort for p in problems):
            yield Problem(page.name, f"is a page of {reader.title}, but no review could be read in it", _LISTED, "changed")


def _without_stubs(reviews: list[Review]) -> Iterator[Review]:
    """Without the beginnings of other reviews of the page: a carousel cuts texts off, and gives no ids."""
    for review in reviews:
        stub = _STUB.fullmatch(review.text or "")
        whole = any(r is not review and (r.text or "").startswith(stub[1]) and len(r.text or "") > len(stub[1]) + 3 and r.author == review.author for r in reviews) if stub else False
        if not whole or review.id is not None or review.replies:
            yield review


def key(review: Review) -> str | None:
    """Equal for the same review on another page; None where nothing tells it from another."""
    if review.id is not None:
        return review.id
    words = review.text or review.title
    return f"{review.author or ''}\n{review.created.earliest if review.created else ''}\n{words}" if words and (review.author or len(words) > 60) else None


def fuller(one: Review, other: Review) -> bool:
    """Whether one copy of a review says more than another: a carousel cuts texts off, and leaves answers out."""
    return len(one.replies) > len(other.replies) or len(one.text or "") > len(other.text or "")
