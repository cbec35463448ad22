"""G2: what people say of software; its vendor's answers are not read, because how the page shows one is not known.

The microdata of the reviews is read, which stayed through G2's layouts, by what it marks and not by class names; attributes `data-poison…` are there to mislead
programs and are not looked at. Stars run from 0 to 5 in halves. A text is questions with their answers, as on the page, without the line that G2 adds to each answer.
A review that was renewed shows both days. A person's work and the size of the employer have no place in a review.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Rating, Review, Total
from spiders.platforms import dates, pages, stars, texts
from spiders.platforms.base import each
from spiders.platforms.saved import Found, Saved, Site, part

_HOSTED = re.compile(r"\s*Review\s+collected\s+by\s+and\s+hosted\s+on\s+G2\.com\.?")
_VERIFIED = re.compile(r"^(?:validated|verified)\b", re.I)
_NOBODY = re.compile(r"^verified user\b", re.I)
"""What stands in the place of a name that G2 keeps to itself: "Verified User in Retail"."""
_ORDER = ("order", "page", "focus_review", "product_id")
"""Parameters of an address that leave no review out."""


class G2(Site):
    """Pages `/products/<product>/reviews`."""

    name = "g2"
    title = "G2"
    hosts = ("g2.com",)
    replies_visible = None
    per_page = 10
    limits = "vendors' answers are not read"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one("[itemprop=review][id^=survey-response]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        drawn = list(each(_cards(page), lambda card: [_review(card, page)], page.name))
        yield from drawn
        total = next((n for e in page.soup.select("[itemprop=aggregateRating] [itemprop=reviewCount]") if (n := stars.counts(str(e.get("content") or texts.line(e))))), None)
        if total:
            yield Total(total[0])
        if not drawn and not (total and total[0] == 0):
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total[0]:,} reviews, but none could be read" if total else "no reviews of G2 are in this page",
                                                              "save the product's page of reviews (…/products/<product>/reviews) once they are shown; if they were, report it: the site may have changed", "changed")
        if drawn:
            yield from _part(page)


def _cards(page: Saved) -> list[Tag]:
    """Reviews of the list: what the microdata mark as one, or (since the end of 2025) articles that hold one's words."""
    return [e for e in page.soup.select("[itemprop=review]") if e.select_one("[itemprop=reviewBody], [itemprop=ratingValue]")] or [a for a in page.soup.select("article") if a.select_one("[itemprop=reviewBody]") and not a.select("article")]


def _review(card: Tag, page: Saved) -> Review:
    link = next((a for a in card.select("a[href*='-review-']") if re.search(r"-review-\d+$", urlsplit(str(a["href"])).path)), None)
    id = _id(card, link)
    author, body = card.select_one("[itemprop=author]"), card.select_one("[itemprop=reviewBody]")
    title = next((e for e in card.select("[itemprop=name]") if author is None or not any(p is author for p in (e, *e.parents))), None)
    name = _meta(author, "name") or (texts.line(author) or None if author else None)
    profile = _meta(author, "url") or next((str(a["href"]) for a in card.select("a[href*='/users/']")), None)
    published, first = _meta(card, "datePublished") or _stamp(card), card.select_one(".x-original-review-date time")
    # the older day's `datetime` is the newer one's: only what people read is right
    created = page.when(dates.english(texts.line(first), page.language) if first else published, f"review {id}")
    edited = page.when(published, f"review {id}") if first else None
    return Review(
        id, _words(body) if body else None, title=texts.line(title).strip('"“”„ ') or None if title else None, rating=_rating(card),
        author=name if name and not _NOBODY.match(name) else None, author_id=re.split(r"[/?#]", profile.partition("/users/")[2])[0] or None if profile and not _NOBODY.match(name or "") else None,
        created=created or edited, edited=edited if created and edited != created else None, url=urljoin(page.url, urlsplit(str(link["href"]))._replace(query="", fragment="").geturl()) if link else None,
        verified=True if any(_VERIFIED.match(line) for e in card.select(".tag, label, [class*=tag]") if (line := texts.line(e))) else None)


def _id(card: Tag, link: Tag | None) -> str | None:
    """The number that G2 gives a response to its survey."""
    if found := re.search(r"survey[-_]response[-_](\d+)", str(card.get("id") or "")):
        return found[1]
    if link is not None:
        return urlsplit(str(link["href"])).path.rpartition("-review-")[2]
    try:
        told = json.loads(str(card.get("data-track-in-viewport-options") or "{}"))
    except ValueError:
        return None
    return str(told["survey_response_id"]) if isinstance(told, dict) and told.get("survey_response_id") else None


def _rating(card: Tag) -> Rating | None:
    value = _meta(card, "ratingValue")
    if value is not None:
        return ratings.read(value, best=_meta(card, "bestRating") or 5, worst=_meta(card, "worstRating") or 0)
    drawn = next((m for e in card.select("[class*=stars-]") for m in [re.search(r"(?:^|\s)(?:elv-)?stars-(\d+)(?:\s|$)", " ".join(e.get_attribute_list("class")))] if m), None)
    return ratings.read(int(drawn[1]) / 2, best=5, worst=0) if drawn else None


def _words(body: Tag) -> str | None:
    """Each question above its answer, as the page has them."""
    return texts.tidy(_HOSTED.sub("", texts.of(body))) or None


def _meta(element: Tag | None, name: str) -> str | None:
    found = element.select_one(f"[itemprop={name}]") if element else None
    return str(found.get("content") or "").strip() or None if found and found.has_attr("content") else None


def _stamp(card: Tag) -> str | None:
    found = card.select_one("time[datetime]")
    return str(found["datetime"]) if found else None


# which page of the list this is


def _part(page: Saved) -> Iterator[Found]:
    current = next((n[0] for e in page.soup.select(".pagination__page-number--current, [aria-current=page]") if (n := stars.counts(texts.line(e)))), None)
    found = page.soup.select("[class*=pagination] a[href*='page='], [aria-label*=agination] a[href*='page=']") or page.soup.select("a[href*='page=']")
    links = [url for a in found if re.fullmatch(r"/products/[^/]+/reviews", urlsplit(url := urljoin(page.url, str(a["href"]))).path)]
    asked = page.url if urlsplit(page.url).query or not links else links[0]          # the canonical address leaves out what the list was asked for
    query = [(k, v) for k, v in parse_qsl(urlsplit(asked).query) if k not in ("page", "focus_review", "product_id")]
    number = current or next((int(v) for k, v in parse_qsl(urlsplit(page.url).query) if k == "page" and v.isdecimal()), None)
    if number is None:
        return
    last = max([number, *(int(v) for url in links for k, v in parse_qsl(urlsplit(url).query) if k == "page" and v.isdecimal())])
    narrowed = ", ".join(f"{re.sub(r'filters|[^a-z_]', '', k)}={v}" for k, v in query if k not in _ORDER and v)
    text = urlencode(query)
    yield from part(number, last, urlsplit(asked)._replace(query=f"{text}&page=" if text else "page=", fragment="").geturl() + "{n}", narrowed or None)
