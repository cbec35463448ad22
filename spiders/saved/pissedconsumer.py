"""PissedConsumer: complaints about a company. No saved page was at hand: this rests on descriptions of its pages of 2026, whose microdata is read first.

Where somebody lives, the solution that is preferred and the loss that is named have no place in a review.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Review
from spiders.platforms import dates, texts
from spiders.platforms.base import UNKNOWN
from spiders.platforms.json_api import text
from spiders.platforms.saved import Found, Saved, part
from spiders.saved.described import Described, line, said

_FIRST = ("review.html", "complaints/RT-P.html", "reviews/RT-P.html")
"""The first pages of a list."""


class PissedConsumer(Described):
    """Pages of a company: `review.html`, then `complaints/RT-P.html`, `reviews/RT-P.html`, `3/RT-P.html` and so on."""

    name = "pissedconsumer"
    title = "PissedConsumer"
    hosts = ("pissedconsumer.com",)
    cards = "[itemprop=review][data-id]"

    def card(self, element: Tag, page: Saved) -> Review:
        own, drawn, marked = text(element.get("data-id")), element.select_one(".stars-wrap[data-active-count]"), element.select_one("[itemprop=ratingValue]")
        stamp = element.select_one("[itemprop=datePublished]")
        dated = str(stamp.get("content") or stamp.get("datetime") or texts.line(stamp)) if stamp else None
        rated = str(drawn["data-active-count"]) if drawn else str(marked.get("content") or texts.line(marked)) if marked else None
        return Review(
            own, said(element, "[itemprop=reviewBody]") or said(element, "[itemprop=description]"), title=line(element, "[itemprop=headline]"), rating=ratings.read(rated),
            author=_author(element), created=page.when(dates.english(dated, page.language) if dated else None, f"review {own}"),
            verified=True if element.select_one(".verified-reviewer") else None)

    def listed(self, page: Saved) -> Iterator[Found]:
        """Which page of the list this is: the first three have names, the others numbers."""
        numbers = {n for a in page.soup.select("a[href$='RT-P.html'], a[href$='review.html'], link[rel~=next][href]") if (n := _number(urljoin(page.url, str(a["href"]))))}
        number = _number(page.url)
        if page.url != UNKNOWN and number and numbers:
            base = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}/"
            for found in part(number, max(numbers | {number}), f"{base}{{n}}/RT-P.html"):
                yield replace(found, addresses=(*(f"{base}{name}" for name in _FIRST), *found.addresses[len(_FIRST):])[:len(found.addresses)])


def _number(url: str) -> int | None:
    path = urlsplit(url).path.strip("/")
    return _FIRST.index(path) + 1 if path in _FIRST else int(path.partition("/")[0]) if re.fullmatch(r"\d+/RT-P\.html", path) else None


def _author(element: Tag) -> str | None:
    """Who wrote it, as the microdata name the person."""
    person = element.select_one("[itemprop=author]")
    named = person.select_one("[itemprop=name]") if person else None
    return text((named or person).get("content") or texts.line(named or person)) if person else None
