"""Reviews as Trustpilot's pages show them: the cards since 2022, told by their data attributes, and the articles of 2016 to 2021, which hold their data in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from bs4 import Tag

from enrich import ratings
from enrich.records import Reply, Review
from spiders.platforms import stars, texts
from spiders.platforms.json_api import text
from spiders.platforms.saved import Saved
from spiders.saved.trustpilot_state import piece, plain, reply

_UPDATED = re.compile(r"updat|aktuali|actuali|atuali|aggiorn|bijgewerkt|opdater|oppdater|uppdater|päivit|更新|обновл|mis à jour|mise à jour", re.I)
"""What stands before a date that is the last edit's, in the languages of Trustpilot."""
_TEXT, _TITLE = "[data-service-review-text-typography]", "[data-service-review-title-typography]"
_ANSWER = "[data-service-review-business-reply-text-typography]"


def cards(page: Saved) -> list[Tag]:
    """Cards of reviews; not those of the carousel above them (2025), which cuts texts off."""
    return [a for a in page.soup.select("article") if a.select_one("[data-service-review-rating]") and a.select_one(f"{_TEXT}, {_TITLE}")]


def articles(page: Saved) -> list[Tag]:
    """Reviews of the layout before 2022."""
    return page.soup.select("article.review[id]")


def id_of(card: Tag) -> str | None:
    """The review's own id, from the link to its own page."""
    found = next((m for a in card.select("a[href*='/reviews/']") if (m := re.search(r"/reviews/([0-9a-f]{24})", str(a["href"])))), None)
    return found[1] if found else None


def card(element: Tag, page: Saved) -> Review:
    id = id_of(element)
    said, title, person, where = (element.select_one(s) for s in (_TEXT, _TITLE, "[data-consumer-name-typography]", "[data-consumer-country-typography]"))
    link, spoken = element.select_one("a[href*='/users/']"), element.select_one("[lang]")
    answer = element.select_one(_ANSWER)
    day = element.select_one("time[data-service-review-date-time-ago]") or next((t for t in element.select("time[datetime]") if "data-service-review-business-reply-date-time-ago" not in t.attrs), None)
    rated = element.select_one("[data-service-review-rating]")
    made = Review(
        id, texts.of(said) or None if said else None, title=texts.line(title) or None if title else None, rating=ratings.read(rated["data-service-review-rating"] if rated else None),
        author=texts.line(person) or None if person else None, author_id=_last(link), created=page.when(_stamp(day), f"review {id}"),
        created_kind="edited" if day and _UPDATED.search(texts.line(day)) else "created", language=str(spoken["lang"]) or None if spoken else None,
        country=texts.line(where) or None if where else None)
    if answer is not None:
        dated = element.select_one("time[data-service-review-business-reply-date-time-ago]")
        made.replies = [Reply(texts.of(answer) or None, created=page.when(_stamp(dated), f"the reply to review {id}"))]
    return made


def article(element: Tag, page: Saved) -> Review:
    """A review of the old layout; a browser that ran the page's scripts may have taken the pieces away."""
    info, dates = piece(element, "review-info"), piece(element, "review-dates")
    checked = (piece(element, "verification-level-label") or piece(element, "review-verified")).get("isVerified")
    id = text(info.get("reviewId")) or str(element["id"])
    shown = element.select_one(".review-content-header__dates time[datetime], .review-content-header time[datetime]")
    created = page.when(dates.get("publishedDate") or _stamp(shown), f"review {id}")
    edited = page.when(dates.get("updatedDate"), f"review {id}")
    picture = element.select_one(".star-rating img[alt]")
    return Review(
        id, plain(info.get("reviewBody")) or _shown(element, ".review-content__text"), title=plain(info.get("reviewHeader")) or _shown(element, ".review-content__title"),
        rating=ratings.read(info["stars"]) if "stars" in info else stars.spoken(str(picture["alt"])) if picture else None,
        author=text(info.get("consumerName")) or _shown(element, ".consumer-information__name"), author_id=text(info.get("consumerId")) or text(element.get("data-review-user-id")),
        created=created, edited=edited if edited != created else None, country=_shown(element, ".consumer-information__location"), verified=checked if isinstance(checked, bool) else None,
        replies=list(_answers(element, page, id)))


def _answers(element: Tag, page: Saved, id: str) -> Iterator[Reply]:
    for said in element.select(".brand-company-reply__content, .company-reply__content"):
        stamp = element.select_one("[class*=company-reply__date] time[datetime]")
        yield reply(texts.of(said) or None, piece(element, "review-reply-dates") or {"publishedDate": _stamp(stamp)}, page, id)


def address(id: str | None, page: Saved) -> str | None:
    """A review's own page, on the host that the page is from."""
    return urljoin(page.url, f"/reviews/{id}") if id else None


def _shown(element: Tag, selector: str) -> str | None:
    found = element.select_one(selector)
    return texts.of(found) or None if found else None


def _stamp(element: Tag | None) -> str | None:
    return str(element["datetime"]) if element is not None and element.has_attr("datetime") else None


def _last(link: Tag | None) -> str | None:
    return str(link["href"]).rstrip("/").rpartition("/")[2] or None if link else None
