"""ConsumerAffairs: reviews of a company. No saved page was at hand: this rests on descriptions of its pages of 2018 to 2026, and on their mark-up.

Below a review may stand the company's response, and what the customer said of how it ended.
"""

from __future__ import annotations

import re

from bs4 import Tag

from enrich import ratings
from enrich.records import Reply, Review
from spiders.platforms import dates, stars, texts
from spiders.platforms.saved import Saved
from spiders.saved.described import Described, line, said

_ANSWER, _ENDED = ".rvw-comp-resp", ".rvw-bd__csmr-resp"
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


class ConsumerAffairs(Described):
    """Pages `/<category>/<company>.html`."""

    name = "consumeraffairs"
    title = "ConsumerAffairs"
    hosts = ("consumeraffairs.com",)
    cards = ".rvw:has(.rvw-bd)"

    def card(self, element: Tag, page: Saved) -> Review:
        inside = {id(e) for outer in element.select(f"{_ANSWER}, {_ENDED}") for e in (outer, *outer.find_all(True))}
        lines = [text for e in element.select(".rvw-bd p, .rvw-bd span, .rvw-bd time") if id(e) not in inside and len(text := texts.line(e)) < 60 and _YEAR.search(text)]
        dated = next((d for d in lines if re.search(r"review", d, re.I)), next(iter(lines), None))
        mark, spoken = element.select_one("meta[itemprop=ratingValue]"), element.select_one("[aria-label*=star], img[alt*=star]")
        id_ = re.search(r"\d+", str(element.get("data-id") or element.get("id") or ""))
        words = "\n\n".join(p for p in (said(element, ".rvw-bd p", f"{_ANSWER}, {_ENDED}") or "").split("\n\n") if p != dated)
        return Review(
            id_[0] if id_ else None, words or None, rating=ratings.read(str(mark["content"])) if mark else stars.spoken(str(spoken.get("aria-label") or spoken.get("alt"))) if spoken else None,
            author=line(element, ".rvw-aut__nm") or line(element, ".rvw-aut__inf strong"), created=page.when(dates.english(dated, page.language) if dated else None, "a review"),
            replies=[*(_reply(e, "company", page) for e in element.select(_ANSWER)), *(_reply(e, "customer", page) for e in element.select(_ENDED))])


def _reply(element: Tag, role: str, page: Saved) -> Reply:
    stamp = element.select_one("time[datetime]")
    dated = str(stamp["datetime"]) if stamp else next((text for e in element.select("span, time") if _YEAR.search(text := texts.line(e))), None)
    return Reply(said(element, "p") or texts.of(element) or None, role, created=page.when(dates.english(dated, page.language) if dated else None, f"a {role}'s answer"))
