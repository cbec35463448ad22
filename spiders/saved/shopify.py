"""Shopify App Store: what merchants say of an app, with its developer's reply.

Two layouts are read: the blocks since 2022, told by their data attributes, and the listings before. A review that was edited shows the day of its last edit
alone. How long a merchant used the app has no place in a review; reviews without words are ratings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Reply, Review, Total, When
from spiders.platforms import dates, pages, stars, structured, texts
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import each
from spiders.platforms.json_api import text
from spiders.platforms.saved import Found, Saved, Site, part

_BLOCKS = "[data-merchant-review][data-review-content-id]"
_LISTINGS = ".review-listing"
_EDITED = re.compile(r"edit|bearbeit|modif|bewerkt|redig|ändr|muokat|düzen|แก้ไข|编辑|編輯|编輯|編集|수정", re.I)
"""What stands before a date that is the last edit's, in the languages of the store."""
_USED = re.compile(r"using the app$|\d", re.I)
_KEPT = ("sort_by", "ratings[]")
"""Parameters of an address that make a list another one."""


class Shopify(Site):
    """Pages `/<app>/reviews`."""

    name = "shopify"
    title = "Shopify App Store"
    hosts = ("apps.shopify.com",)
    per_page = 10
    limits = "an edited review shows the day of its last edit alone"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one(_BLOCKS) is not None

    def read(self, page: Saved) -> Iterator[Found]:
        drawn = [*each(page.soup.select(_BLOCKS), lambda block: [_block(block, page)], page.name), *each(page.soup.select(_LISTINGS), lambda listing: [_listing(listing, page)], page.name)]
        yield from drawn
        total = _total(page)
        if total is not None:
            yield total
        if not drawn and not (total and total.reviews == 0):
            yield _nothing(page, total)
        if drawn:
            yield from _part(page, max(0, (total.reviews if total else 0) - len(drawn)))


def _nothing(page: Saved, total: Total | None) -> Problem:
    """A page past the end of its list is as any other, without reviews."""
    number = next((int(v) for k, v in parse_qsl(urlsplit(page.url).query) if k == "page" and v.isdecimal()), 1)
    if total and (number > 1 or _narrowed(page, page.url)):
        return Problem(page.name, "no reviews are on this page: its list ends before it, or nothing fits what it was narrowed to", "nothing is lost by it where the pages before it are saved", "empty")
    return pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total.reviews:,} reviews, but none could be read" if total else "no reviews of the Shopify App Store are in this page",
                                                       "save the app's page of reviews: …/<app>/reviews; if it was that, report it: the site may have changed", "changed")


# since 2022


def _block(block: Tag, page: Saved) -> Review:
    """A review. Its reply has the same inner attributes: what stands in that is not its own."""
    id = str(block["data-review-content-id"])
    mark = next((e for e in _own(block, "[role=img][aria-label]") if re.search(r"\d", str(e["aria-label"]))), None)
    said, shop = next(_own(block, "[data-truncate-content-copy]"), None), next(_own(block, "[title]:not(button), .tw-text-heading-xs"), None)
    day, edited = _day(page, " ".join(texts.line(e) for e in mark.find_next_siblings()) if mark else "", f"review {id}")
    return Review(
        id, texts.of(said) or None if said else None, rating=stars.spoken(str(mark["aria-label"])) if mark else None, author=texts.line(shop) or text(shop.get("title")) if shop else None,
        created=day, created_kind="edited" if edited else "created", url=urljoin(page.url, f"/reviews/{id}"), country=_country(shop), replies=[_reply(r, page, id) for r in block.select("[data-reply-id]")])


def _own(block: Tag, selector: str) -> Iterator[Tag]:
    return (e for e in block.select(selector) if e.find_parent(attrs={"data-merchant-review-reply": True}) is None)


def _country(shop: Tag | None) -> str | None:
    """The first of the lines below the merchant's name, unless it says how long the app was used: either may be missing."""
    heading = shop.parent if shop is not None and shop.name != "div" else shop
    lines = [texts.line(e) for e in heading.find_next_siblings("div")] if heading is not None else []
    return next((line for line in lines[:1] if line and not _USED.search(line)), None)


def _reply(said: Tag, page: Saved, id: str) -> Reply:
    """The developer's reply: "Lantern replied July 3, 2024" stands before its words."""
    own = str(said["data-reply-id"])
    around = next((p for p in said.parents if isinstance(p, Tag) and p.get("id") == f"review-reply-{own}"), None) or next(p for p in said.parents if isinstance(p, Tag) and p.has_attr("data-merchant-review-reply"))
    heading = " ".join(texts.of(around, without=(said,)).split())
    named = re.match(r"(.+?)\s+replied\b", heading)
    day, edited = _day(page, heading.removeprefix(named[1]) if named else heading, f"the reply to review {id}")
    return Reply(texts.of(said.select_one("[data-truncate-content-copy]") or said) or None, id=own, author=named[1] if named else None,
                 created=None if edited else day, edited=day if edited else None)


def _day(page: Saved, said: str, place: str) -> tuple[When | None, bool]:
    """The day in a text, in any language of the store, and whether it is that of an edit."""
    return page.when(dates.english(said, page.language), place), bool(_EDITED.search(said))


# before


def _listing(listing: Tag, page: Saved) -> Review:
    reply = listing.select_one(".review-reply")
    inside = set(map(id, reply.find_all(True))) if reply else set()

    def lines(selector: str) -> list[str]:
        return [line for e in listing.select(selector) if id(e) not in inside and (line := texts.line(e))]

    named = listing if listing.has_attr("data-review-id") else listing.select_one("[data-review-id]")
    own = text(named["data-review-id"]) if named else None
    mark, said = listing.select_one(".ui-star-rating[data-rating]"), next((e for e in listing.select(".truncate-content-copy, .review-content") if id(e) not in inside), None)
    day, edited = _day(page, next((line for line in lines(".review-metadata__item-value, .review-metadata__item-label") if re.search(r"\d{4}", line)), ""), f"review {own}")
    return Review(
        own, texts.of(said) or None if said else None, rating=ratings.read(mark["data-rating"]) if mark else None, author=next(iter(lines(".review-listing-header__text, .review-listing-header h3")), None),
        created=day, created_kind="edited" if edited else "created", country=next((line for line in lines(".review-merchant-characteristic__item") if not _USED.search(line)), None),
        replies=[_answer(reply, page, own)] if reply and texts.of(reply) else [])


def _answer(reply: Tag, page: Saved, id: str | None) -> Reply:
    said, dated = reply.select_one(".review-content"), next((line for e in reply.select(".review-reply__header-item, .review-reply__header") if re.search(r"\d{4}", line := texts.line(e))), "")
    return Reply(texts.of(said or reply) or None, created=_day(page, dated, f"the reply to review {id}")[0])


# how many there are, and which page of the list this is


def _total(page: Saved) -> Total | None:
    """How many reviews the app has, and how many with each number of stars, from the links to these; else as it says to search engines."""
    bars: dict[int, int] = {}
    for link in page.soup.select("a[href*='ratings'][aria-label]"):
        chosen, counted = [v for k, v in parse_qsl(urlsplit(str(link["href"])).query) if k == "ratings[]"], stars.counts(str(link["aria-label"]))
        if len(chosen) == 1 and chosen[0] in "12345" and counted:
            bars[int(chosen[0])] = counted[0]
    if bars:
        return Total(sum(bars.values()), dict(sorted(bars.items(), reverse=True)))
    said = {n for node in structured.read(page.soup).nodes if node.types & markup.AGGREGATES for n in stars.counts(node.text("ratingcount", "reviewcount"))[:1]}
    return Total(said.pop()) if len(said) == 1 else None


def _part(page: Saved, more: int) -> Iterator[Found]:
    """Which page this is, by the numbers that lead to the others; a list of one page has none. `more` is how many reviews there are that the page does not show."""
    current = page.soup.select_one("[aria-label^='Current Page'][href], [aria-current=page][href*='/reviews']")
    asked = urljoin(page.url, str(current["href"])) if current else page.url
    path = urlsplit(asked).path
    if not path.rstrip("/").endswith("/reviews"):
        return
    numbers = [int(v) for a in page.soup.select("a[href*='page=']") if urlsplit(url := urljoin(asked, str(a["href"]))).path == path for k, v in parse_qsl(urlsplit(url).query) if k == "page" and v.isdecimal()]
    number = next((int(v) for k, v in parse_qsl(urlsplit(asked).query) if k == "page" and v.isdecimal()), 1)
    query, narrowed = urlencode([(k, v) for k, v in parse_qsl(urlsplit(asked).query) if k in _KEPT]), _narrowed(page, asked)
    if number > 1 or numbers or narrowed or not more:
        yield from part(number, max([number, *numbers]), urlsplit(asked)._replace(query=f"{query}&page=" if query else "page=", fragment="").geturl() + "{n}", narrowed)


def _narrowed(page: Saved, url: str) -> str | None:
    """The stars that the list was narrowed to."""
    chosen = [v for k, v in parse_qsl(urlsplit(url).query) if k == "ratings[]"] or [str(e.get("value")) for e in page.soup.select("input[name='ratings[]'][checked]")]
    return f"stars={'+'.join(sorted(set(chosen)))}" if chosen else None
