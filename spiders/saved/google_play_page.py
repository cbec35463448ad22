"""Google Play: an app's page as a browser saved it, with the few reviews that the store picks for it, and the developer's answers.

The page holds them twice: as rows for its own scripts (whole and exact), and as people see them, where also stands what was opened by "See all reviews".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bs4 import NavigableString, Tag

from enrich.records import Part, Problem, Reply, Review, Total
from spiders.platforms import dates, pages, play_rows, stars, texts
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.play_rows import at
from spiders.platforms.saved import Found, Saved, Site

_BLOCK = re.compile(r"AF_initDataCallback\(\{.{0,200}?\bdata:\s*(?:function\(\)\s*\{\s*return\s*)?(?=\[)", re.S)
_DEEPEST = 3
"""Rows of reviews stand no deeper than this in a block's data."""
_CARD = "header[data-review-id]"
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
PICKED = "the reviews that Google Play picks for the app's page"


class GooglePlayPage(Site):
    """Pages under `/store/apps/details`."""

    name = "google_play"
    title = "Google Play"
    hosts = ("play.google.com",)
    limits = "only reviews that Google Play picks, unless \"See all reviews\" was opened; an edited review shows the day of its last edit alone"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one(_CARD) is not None

    def read(self, page: Saved) -> Iterator[Found]:
        package = (parse_qs(urlsplit(page.url).query).get("id") or [None])[0]
        blocks = list(_blocks(page))
        rows = [row for block in blocks for row in _rows(block)]
        drawn = list(each(rows, lambda row: [play_rows.review(row, package)], page.name))
        known = {d.id for d in drawn if isinstance(d, Review)}
        cards = [c for c in page.soup.select(_CARD) if str(c["data-review-id"]) not in known]
        drawn += each(cards, lambda card: [_card(page, card, package)], page.name)
        yield from drawn
        total = next((t for block in blocks if (t := _total(block))), None)
        if total:
            yield total
        if not drawn and not (total and total.reviews == 0):
            yield pages.wall(page.soup, page.name) or Problem(page.name, "no reviews are in this page", "open \"See all reviews\" in the browser, scroll to their end, then save the page", "empty")
        elif drawn:
            yield Part(1, (page.url if page.url != UNKNOWN else page.name,), PICKED)


def _blocks(page: Saved) -> Iterator[Any]:
    """The data that the page gives its scripts; a block's key ("ds:5") means another thing every few months."""
    for begin in _BLOCK.finditer(page.text):
        try:
            yield json.JSONDecoder(strict=False).raw_decode(page.text, begin.end())[0]
        except (ValueError, RecursionError):
            continue                         # some blocks are no JSON; the reviews' have always been


def _rows(value: Any, depth: int = 0) -> list[Any]:
    """The rows of reviews in a block, told by their shape; none where it has none."""
    if not isinstance(value, list) or depth > _DEEPEST:
        return []
    if value and all(map(play_rows.is_row, value)):
        return value
    return [row for inner in value for row in _rows(inner, depth + 1)]


def _total(block: Any) -> Total | None:
    """How many reviews with words there are, and how many ratings with each number of stars, by where the app's own block has them (the second place until 2022)."""
    rated = at(block, 1, 2, 51) or at(block, 0, 6)
    bars, reviews = at(rated, 1), at(rated, 3, 1)
    counted = {n: at(bars, n, 1) for n in range(1, 6)}
    if not isinstance(reviews, int) or not all(isinstance(n, int) for n in counted.values()):
        return None
    return Total(reviews, counted)


def _card(page: Saved, header: Tag, package: str | None) -> Review:
    """A review as people see it: a header with name, stars and day, then its words, then the developer's answer with a name and a day of its own."""
    id = str(header["data-review-id"])
    mark = header.select_one("[role=img][aria-label]")
    below = [e for e in header.find_next_siblings() if isinstance(e, Tag)]
    answer = next((e for e in below if _dated(page, e) and len(list(_lines(e))) > 2), None)
    body = next((e for e in below if e is not answer and texts.of(e)), None)
    name = next((texts.line(e) for e in _lines(header)), None)
    return Review(
        id, texts.of(body) if body else None, rating=stars.spoken(str(mark["aria-label"])) if mark else None, author=name, created=page.when(_dated(page, header), f"review {id}"), created_kind="edited",
        url=play_rows.URL.format(package, id) if package else None, replies=[_answer(page, id, answer)] if answer else [])


def _answer(page: Saved, id: str, answer: Tag) -> Reply:
    name, dated, *said = _lines(answer)
    return Reply("\n".join(texts.of(e) for e in said) or None, author=texts.line(name), created=page.when(_dated(page, dated), f"the answer to {id}"))


def _dated(page: Saved, element: Tag) -> str | None:
    found = (dates.absolute(line, page.language) for e in _lines(element) if len(line := texts.line(e)) < 40 and re.search(r"\d{4}", line))
    return next((d for d in found if d and _DAY.fullmatch(d)), None)


def _lines(element: Tag) -> Iterator[Tag]:
    """Elements with words of their own, none inside another."""
    if element.name in ("button", "svg", "i", "script", "style"):
        return
    if any(type(c) is NavigableString and c.strip() for c in element.contents):
        yield element
        return
    for inner in element.find_all(True, recursive=False):
        yield from _lines(inner)
