"""Sites whose pages are known from descriptions only: what they mark up for search engines, and the cards that they show, each review once.

How they show a company's reply is mostly not known: one that is called a reply is taken for one, and says that this is a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich.records import Problem, Review, Total
from spiders.platforms import beside, pages, stars, structured, texts
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.saved import Found, Saved, Site, part


class Described(Site):
    """A subclass says which parts of a page are reviews (`cards`), and what one shows (`card`); `listed` where pages are not numbered by `page=`."""

    replies_visible = None
    limits = "not tried on a real page: none was at hand"
    cards = ""

    def card(self, element: Tag, page: Saved) -> Review:
        raise NotImplementedError

    def read(self, page: Saved) -> Iterator[Found]:
        found = structured.read(page.soup)
        reader = markup.Reader(page.url, page.seen_at or datetime.now(UTC), False)
        elements = page.soup.select(self.cards)
        shown = list(each(elements, lambda e: [self.card(e, page)], page.name))
        drawn = markup.merge([*(markup.Drawn(r, "cards", e) for r, e in zip(shown, elements, strict=True) if isinstance(r, Review)), *reader.reviews(found)])
        beside.attach(page.soup, drawn, reader)
        yield from (d.review for d in drawn)
        yield from (d for d in shown if isinstance(d, Problem))
        for problem in reader.problems:
            page.tell(problem)
        counted = {n for node in found.nodes if node.types & markup.AGGREGATES for n in stars.counts(node.text("reviewcount", "ratingcount"))[:1]}
        total = counted.pop() if len(counted) == 1 else None
        if total is not None:
            yield Total(total)
        if not drawn and not shown and total != 0:
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total:,} reviews, but none could be read" if total else f"no reviews of {self.title} are in this page",
                                                              "save the company's page once its reviews are shown; if they were, report it: its layout is known from descriptions only", "changed")
        if drawn:
            yield from self.listed(page)

    def listed(self, page: Saved) -> Iterator[Found]:
        """Which page of the list this is, by its address and the links to the others; one that leads to no other says nothing of that."""
        parts = urlsplit(page.url)
        others = [urlsplit(urljoin(page.url, str(a["href"]))) for a in page.soup.select("a[href*='page='], link[rel~=next][href*='page=']")]
        numbers = [int(v) for o in others if o.path == parts.path for k, v in parse_qsl(o.query) if k == "page" and v.isdecimal()]
        number = next((int(v) for k, v in parse_qsl(parts.query) if k == "page" and v.isdecimal()), 1)
        if page.url != UNKNOWN and numbers:
            asked = [(k, v) for k, v in parse_qsl(parts.query) if k != "page"]
            narrowed, query = ", ".join(f"{k}={v}" for k, v in asked if not k.startswith("sort")), urlencode(asked)
            yield from part(number, max([number, *numbers]), parts._replace(query=f"{query}&page=" if query else "page=", fragment="").geturl() + "{n}", narrowed or None)


def line(card: Tag, selector: str) -> str | None:
    """The text of the first element that fits."""
    found = card.select_one(selector)
    return texts.line(found) or None if found else None


def said(card: Tag, selector: str, without: str = "[hidden]") -> str | None:
    """The words of every element that fits and stands in none that is left out."""
    left = {id(e) for outer in card.select(without) for e in (outer, *outer.find_all(True))}
    return "\n\n".join(words for e in card.select(selector) if id(e) not in left and (words := texts.of(e))) or None
