"""kununu: what employees say of a company. No saved page was at hand: this follows what public programs say of the pages, and is not tried on a real one.

Not known are an id of a review, the page's number in its list, and how an employer's comment is marked: comments are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Review
from spiders.platforms import pages, texts
from spiders.platforms.base import each
from spiders.platforms.saved import Found, Saved, Site

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00")


class Kununu(Site):
    """Pages `/<country>/<company>/kommentare`. Class names are told by their beginnings: the rest changes with every version of the site."""

    name = "kununu"
    title = "kununu"
    hosts = ("kununu.com",)
    audience = "employee"
    replies_visible = None
    limits = "not tried on a real page: none was at hand; employers' comments are not read"

    def read(self, page: Saved) -> Iterator[Found]:
        blocks = _all(page.soup, "reviewBlock")
        yield from each(blocks, lambda block: [_review(block, page)], page.name)
        if not blocks:
            yield pages.wall(page.soup, page.name) or Problem(
                page.name, "no review could be read", "save a page …/kommentare, and report it where it shows reviews: the site may have changed", "changed")
        for more in page.soup.select("#reviews-read-more-cta[href]"):
            yield Problem(page.name, f"the list goes on at {urljoin(page.url, str(more['href']))}", "save that page too, unless you have", "incomplete")


def _review(block: Tag, page: Saved) -> Review:
    title, stamp, score = block.select_one("h3[class^=index__title__]"), block.select_one("time[datetime]"), block.select_one("[data-score], [class^=index__score__]")
    said = [f"{texts.line(heading)}: {words}" for factor in _all(block, "factor") if (heading := factor.select_one("h4")) and (words := _words(factor))]
    if not (title or said or score):
        raise ValueError("neither words nor a score could be found in it")
    when = str(stamp["datetime"]) if stamp else None
    midnight = _MIDNIGHT.match(when or "")
    return Review(None, "\n".join(said) or None, title=texts.line(title) or None if title else None, rating=ratings.read(str(score.get("data-score") or texts.line(score))) if score else None,
                  created=page.when(midnight[1] if midnight else when, "a review"), complete=False)


def _words(factor: Tag) -> str:
    return "\n".join(filter(None, (texts.of(p) for p in factor.select("p[class*=index__plainText__]"))))


def _all(outer: Tag, name: str) -> list[Tag]:
    """Elements whose class begins with a name of the site's, those inside another one left out."""
    found = outer.select(f"[class^=index__{name}__]")
    known = {id(e) for e in found}
    return [e for e in found if not any(id(p) in known for p in e.parents)]
