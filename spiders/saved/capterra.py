"""Capterra: what people say of software. No saved page was at hand: all of this rests on descriptions of its pages of 2026.

Two places are read: the data that the page passes on to its own scripts, which have ids and whole texts, else the cards that it shows. The vendor's response is taken
where the data have one; how the page shows it, and whether they always have it, is not known. A person's work has no place in a review, nor have the marks for parts of the software.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Rating, Reply, Review, Total
from spiders.platforms import dates, pages, stars, structured, texts
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.json_api import text
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.platforms.table import words

_PUSHED = re.compile(r'self\.__next_f\.push\(\[1,\s*("(?:[^"\\]|\\.)*")\s*\]\)')
_OVERALL = "[data-testid='Overall Rating-rating']"
_DATED = re.compile(r"[A-Z][a-z]+\.? \d{1,2}, \d{4}|\d{4}-\d{2}-\d{2}")
_SAID, _WHEN = ("text", "response", "responseText", "comment", "content", "message"), ("writtenOn", "respondedOn", "responseDate", "createdOn", "createdAt", "date")
"""Names that a response's words and its day may have."""


class Capterra(Site):
    """Pages `/p/<id>/<product>/reviews/`."""

    name = "capterra"
    title = "Capterra"
    hosts = ("capterra.",)
    replies_visible = None
    per_page = 25
    limits = "not tried on a real page: none was at hand; at most 100 pages of a list"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one("[data-test-id=review-cards-container]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        rows = _rows(page)
        drawn = list(each(rows, lambda row: [_review(row, page)], page.name, lambda row: row.get("reviewId")) if rows else each(_cards(page), lambda card: [_card(card, page)], page.name))
        yield from drawn
        counted = {n for node in structured.read(page.soup).nodes if node.types & markup.AGGREGATES for n in stars.counts(node.text("reviewcount", "ratingcount"))[:1]}
        total = counted.pop() if len(counted) == 1 else None
        if total is not None:
            yield Total(total)
        if not drawn and total != 0:
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total:,} reviews, but none could be read" if total else "no reviews of Capterra are in this page",
                                                              "save the product's page of reviews: …/p/<id>/<product>/reviews/; if it was that, report it: its layout is known from descriptions only", "changed")
        if drawn:
            yield from _part(page)


def _rows(page: Saved) -> list[Any]:
    """The longest list of reviews in what the page passes on in pieces, which are one text together."""
    pushed = "".join(_unquoted(m[1]) for script in page.soup.find_all("script") for m in _PUSHED.finditer("".join(script.strings)))
    lists: list[list[Any]] = []
    for begin in re.finditer(r'"textReviews"\s*:\s*(?=\[)', pushed):
        try:
            found = json.JSONDecoder(strict=False).raw_decode(pushed, begin.end())[0]
        except (ValueError, RecursionError):
            continue                         # cut off: the cards are read instead
        lists.append([_resolved(row, pushed) for row in found if isinstance(row, dict)])
    return max(lists, key=len, default=[])


def _unquoted(piece: str) -> str:
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:
        return ""                            # one that is broken does not take the others along


def _resolved(value: Any, pushed: str) -> Any:
    """A value as React passes it on: "$undefined" is none, "$1f" stands for a long text elsewhere ("1f:T4d2,…", its length in bytes), "$$" for a dollar sign."""
    if isinstance(value, dict):
        return {k: _resolved(v, pushed) for k, v in value.items()}
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$$"):
        return value[1:]
    held = re.search(rf"(?<![0-9a-f]){re.escape(value[1:])}:T([0-9a-f]+),", pushed) if re.fullmatch(r"\$[0-9a-f]+", value) else None
    return pushed[held.end():held.end() + int(held[1], 16)].encode()[:int(held[1], 16)].decode(errors="ignore") if held else None


def _review(row: dict[str, Any], page: Saved) -> Review:
    id = text(row.get("reviewId") or row["globalReviewId"])
    person = row.get("reviewer") or {}
    hidden, checked, answer = person.get("anonymityOn") or row.get("anonymityOn"), person.get("isValidated"), row.get("vendorResponse")
    parts = {name: texts.plain(row.get(field) or "") or None for name, field in (("pros", "prosText"), ("cons", "consText"))}
    return Review(
        id, words(texts.plain(row.get("generalComments") or "") or None, **parts), title=_quoted(texts.plain(row.get("title") or "")), rating=ratings.read(row.get("overallRating")),
        author=None if hidden else text(person.get("fullName")), created=page.when(text(row.get("writtenOn")), f"review {id}"), verified=checked if isinstance(checked, bool) else None,
        url=f"{page.url.partition('#')[0]}#{id}" if page.url != UNKNOWN else None, replies=list(_response(answer, page, id)))


def _response(answer: Any, page: Saved, id: str | None) -> Iterator[Reply]:
    """The vendor's response, bare or as a record."""
    record = answer if isinstance(answer, dict) else {"text": answer}
    said = next((v for name in _SAID if isinstance(v := record.get(name), str) and v.strip()), None)
    if said:
        yield Reply(texts.plain(said), created=page.when(next((v for name in _WHEN if isinstance(v := record.get(name), str)), None), f"the response to review {id}"))
    elif answer:
        page.tell(Problem(page.name, f"review {id} has a response of the vendor, in a form that is not known", "report it, with the page: the response is left out"))


def _quoted(title: str) -> str | None:
    return title.strip('"“” ') or None


# what the page shows


def _cards(page: Saved) -> list[Tag]:
    """A card is the largest part of the list that holds one overall rating."""
    return [_around(mark) for mark in page.soup.select(f"[data-test-id=review-cards-container] {_OVERALL}") or page.soup.select(_OVERALL)]


def _around(mark: Tag) -> Tag:
    card = mark
    while (outer := card.parent) is not None and outer.name not in ("main", "body") and outer.get("data-test-id") != "review-cards-container" and len(outer.select(_OVERALL)) == 1:
        card = outer
    return card


def _card(card: Tag, page: Saved) -> Review:
    title, person = card.select_one("h3"), next((e for e in card.select("span[class*=font-semibold]") if not e.find_parent("h3")), None)
    marked = {name: _section(card, icon, heading) for name, icon, heading in (("pros", "Positive icon", "Pros"), ("cons", "Negative icon", "Cons"))}
    inside = {id(p) for section in marked.values() if section is not None for p in section.find_all("p")}
    said = next((p for p in card.select("p") if id(p) not in inside and texts.of(p)), None)
    dated = next((m[0] for line in texts.of(card).split("\n") if (m := _DATED.fullmatch(line.strip()))), None)
    name = texts.line(person) or None if person else None
    return Review(
        None, words(texts.of(said) or None if said else None, **{k: "\n".join(texts.of(p) for p in v.find_all("p")) or None if v is not None else None for k, v in marked.items()}),
        title=_quoted(texts.line(title)) if title else None, rating=_rating(card.select_one(_OVERALL)), author=name,
        created=page.when(dates.english(dated, page.language) if dated else None, "a review"))


def _section(card: Tag, icon: str, heading: str) -> Tag | None:
    """What stands below a sign, told by its name for people who cannot see it, or below a word."""
    sign = next((e for e in card.select("svg title") if e.get_text(strip=True) == icon), None) or next((e for e in card.select("span, h4") if texts.line(e) == heading), None)
    return next((p for p in sign.parents if isinstance(p, Tag) and p.find("p")), None) if sign else None


def _rating(mark: Tag | None) -> Rating | None:
    if mark is None:
        return None
    if shown := re.search(r"\d(?:\.\d)?", texts.line(mark)):
        return ratings.read(shown[0])
    drawn = [str(e["aria-label"]) for e in mark.select("[aria-label^=star]")]
    return ratings.read(sum(1.0 if d == "star-full" else 0.5 if "half" in d else 0.0 for d in drawn)) if drawn else None


def _part(page: Saved) -> Iterator[Found]:
    """Which page of the list this is, by its address and the links to the others."""
    parts = urlsplit(page.url)
    if page.url == UNKNOWN or "/reviews" not in parts.path:
        return
    asked = parse_qsl(parts.query)
    others = [urlsplit(urljoin(page.url, str(a["href"]))) for a in page.soup.select("a[href*='page=']")]
    numbers = [int(v) for o in others if o.path.rstrip("/") == parts.path.rstrip("/") for k, v in parse_qsl(o.query) if k == "page" and v.isdecimal()]
    number = next((int(v) for k, v in asked if k == "page" and v.isdecimal()), 1)
    query = urlencode([(k, v) for k, v in asked if k != "page"])
    narrowed = ", ".join(f"{k}={v}" for k, v in asked if k not in ("page", "sort", "sortBy"))
    yield from part(number, max([number, *numbers]), parts._replace(query=f"{query}&page=" if query else "page=", fragment="").geturl() + "{n}", narrowed or None)
