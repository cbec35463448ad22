"""Amazon: customers' reviews of a product, from the page of reviews or from the product's own.

The parts of a review are named by `data-hook` since 2016, and by class names before. Amazon shows the share of each number of stars, never how many there are; it
rounds them, so they are left out. Sellers could once comment on reviews; comments were loaded only when they were opened, and none is in a saved page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich.records import Part, Problem, Rating, Review, Total
from spiders.platforms import dates, pages, stars, texts
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.saved import Found, Saved, Site, part

CARDS = "[data-hook=review], [data-hook=cmps-review], #cm_cr-review_list .review[id]"
_ID = re.compile(r"R[A-Z0-9]{9,}")
_PERSON = re.compile(r"/profile/(?:amzn1\.account\.)?([A-Z0-9]+)")
_PRODUCT = re.compile(r"/(?:dp|gp/product|product-reviews)/([A-Z0-9]{10})\b")
_NARROWING = ("filterByStar", "reviewerType", "formatType", "mediaType", "filterByKeyword", "filterByAspect")
_PICKED = "the reviews that Amazon picks for the product's own page"
_CONTROLS = "i, .a-icon-alt, .a-expander-header, .a-expander-prompt, .cr-translated-review-content, [data-hook*=read-more], [id^=video-block], .cr-lightbox-image-thumbnails"
_CAPTCHA = "form[action*=validateCaptcha]"


class Amazon(Site):
    """Pages under `/product-reviews/` and `/dp/`."""

    name = "amazon"
    title = "Amazon"
    hosts = ("amazon.",)
    limits = "sellers' answers are not shown; past the first page a login is needed"
    replies_visible = False
    per_page = 10

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one("#cm_cr-review_list, [data-hook=review] [data-hook=review-body]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        cards = [c for c in page.soup.select(CARDS) if not any(p.get("data-hook") in ("review", "cmps-review") for p in c.parents)]
        product = next((texts.line(e) for e in page.soup.select("#productTitle, [data-hook=product-link]")), None)
        drawn = list(each(cards, lambda card: [_review(page, card, product)], page.name))
        yield from drawn
        narrowed = _narrowed(page)
        listed = _listed(page)
        if listed is not None and narrowed is None:
            yield Total(listed)
        if not cards and page.soup.select_one(_CAPTCHA):
            yield Problem(page.name, "Amazon shows a test for people instead of the page", "open the page in a browser, and save it once it shows the reviews", "blocked")
        elif not cards and listed != 0:
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {listed:,} reviews, but none could be read" if listed else "no reviews of Amazon are in this page",
                                                              "save the product's page of reviews, under /product-reviews/, once it shows them", "changed")
        yield from _part(page, listed, narrowed)


def _review(page: Saved, card: Tag, product: str | None) -> Review:
    """One review. Raises KeyError where it has no id."""
    id = next((m[0] for e in (card, *card.select("[id]")) if (m := _ID.search(str(e.get("id") or "")))), None)
    if id is None:
        raise KeyError("id")
    title, body, dated = (_first(card, s) for s in ("[data-hook=review-title], .review-title", "[data-hook=review-body], .review-text", "[data-hook=review-date], .review-date"))
    person, name = card.select_one("a[href*='/profile/']"), _first(card, ".a-profile-name, [data-hook=review-author], .author")
    bought = card.select_one("[data-hook^=avp-badge], [href*=avp_only_reviews]")
    raw = texts.line(dated) if dated else None
    link = urljoin(page.url, f"/gp/customer-reviews/{id}") if page.url != UNKNOWN else None
    return Review(
        id, _words(body) if body else None, title=_words(title) if title else None, rating=_rating(card), author=texts.line(name) if name else None,
        author_id=m[1] if person and (m := _PERSON.search(str(person["href"]))) else None, created=page.when(dates.english(raw, page.language), f"review {id}") if raw else None,
        url=link, verified=True if bought else None, unit=product)


def _first(card: Tag, selector: str) -> Tag | None:
    return next((e for e in card.select(selector) if e.get_text(strip=True)), None)


def _words(element: Tag) -> str | None:
    """What a customer wrote; where the page has it translated as well, the original."""
    original = element.select_one(".cr-original-review-content")
    return texts.of(original or element, without=tuple(element.select(_CONTROLS))) or None


def _rating(card: Tag) -> Rating | None:
    for e in card.select("[data-hook$=review-star-rating], .review-rating"):
        if label := e.get_text(" ", strip=True):
            return stars.spoken(label)
        if drawn := re.search(r"\ba-star-(\d)", " ".join(e.get_attribute_list("class", []))):
            return stars.spoken(drawn[1])
    return None


def _listed(page: Saved) -> int | None:
    """How many reviews the list has. Ratings without words are counted beside them, first; a count that says which it is, is of ratings."""
    for e in page.soup.select("[data-hook=cr-filter-info-review-rating-count]"):
        if found := stars.counts(texts.line(e)):
            return found[-1] if len(found) > 1 else None
    bare = (texts.line(e) for e in page.soup.select(".totalReviewCount, [data-hook=total-review-count]"))
    return next((stars.counts(line)[0] for line in bare if re.fullmatch(r"\d[\d.,\s]*", line)), None)


def _narrowed(page: Saved) -> str | None:
    """What the list was narrowed to: by the boxes that chose it, or by the address; a product's own page shows a choice of Amazon's."""
    if page.soup.select_one("#cm_cr-review_list") is None and (page.soup.select_one("#productTitle") or re.search(r"/(?:dp|gp/product)/", page.url)):
        return _PICKED
    chosen = [texts.line(o) for box in page.soup.select("#reviewer-type-dropdown, #star-count-dropdown, #format-type-dropdown, #media-type-dropdown")
              for o in box.select("option[selected]") if not str(o.get("value") or "all_").startswith("all_")]
    asked = [f"{k} {v}" for k, values in parse_qs(urlsplit(page.url).query).items() if k in _NARROWING for v in values if not v.startswith("all_")]
    return ", ".join(chosen or asked) or None


def _part(page: Saved, listed: int | None, narrowed: str | None) -> Iterator[Found]:
    """Which page of the list this is: as its numbers say, else by its address and how many reviews there are."""
    product = _PRODUCT.search(page.url)
    if product is None:
        return
    if narrowed == _PICKED:
        yield Part(1, (page.url,), narrowed)
        return
    parts = urlsplit(page.url)
    query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    numbers = [n for e in page.soup.select(".a-pagination li") for n in stars.counts(texts.line(e))]
    selected = next((n for e in page.soup.select(".a-pagination .a-selected") for n in stars.counts(texts.line(e))), None)
    asked = int(query["pageNumber"]) if query.get("pageNumber", "").isdigit() else 1
    number = selected or asked
    last = max(numbers, default=None) or (-(-listed // 10) if listed else number if page.soup.select_one(".a-pagination .a-last.a-disabled") else None)
    if last is not None:
        kept = urlencode({k: v for k, v in query.items() if k in (*_NARROWING, "sortBy")})
        yield from part(number, max(last, number), f"{parts.scheme}://{parts.netloc}/product-reviews/{product[1]}?{kept + '&' if kept else ''}pageNumber={{n}}", narrowed)
