"""Reviews in the state that some directories embed for their own scripts, told by its shape: Angi, Thumbtack, Houzz.

It holds what their markup leaves out: ids, and the company's replies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup

from enrich import ratings, times
from enrich.records import Problem, Reply, Review
from spiders.platforms import texts
from spiders.platforms.base import LAYOUT_ERRORS
from spiders.platforms.schema_reviews import Drawn

_STATE = re.compile(r"window\.__(?:APOLLO_STATE|PRELOADED_STATE|INITIAL_STATE)__\s*=\s*(?={)")


def reviews(page: BeautifulSoup, url: str, problems: list[Problem]) -> list[Drawn]:
    """Every review in a state whose shape is known. A record that cannot be read is a problem."""
    found: list[Drawn] = []
    for state in states(page):
        for shape in (_angi, _thumbtack, _houzz):
            for n, row in enumerate(shape.rows(state), 1):
                try:
                    found.append(Drawn(shape.review(row), shape.__name__))
                except LAYOUT_ERRORS as error:
                    problems.append(Problem(url, f"record {n} of the page's {shape.__name__.strip('_')} state cannot be read: {type(error).__name__}: {error}", "it is left out; the others went in"))
    return found


def states(page: BeautifulSoup) -> Iterator[Any]:
    """The JSON that the page's scripts hold."""
    for script in page.find_all("script"):
        text = "".join(script.strings)
        begin = _STATE.search(text)
        if begin or script.get("id") == "__NEXT_DATA__" or (script.get("type") == "application/json" and "eview" in text):
            try:
                yield json.JSONDecoder(strict=False).raw_decode(text, begin.end() if begin else len(text) - len(text.lstrip()))[0]
            except (ValueError, RecursionError):
                continue                     # the page's own state, not its reviews: nothing is said to be lost


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, outer ones first."""
    stack = [value]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            yield found
            stack += reversed(found.values())
        elif isinstance(found, list):
            stack += reversed(found)


class _angi:
    @staticmethod
    def rows(state: Any) -> Iterator[Any]:
        return (row for o in objects(state) if isinstance(o.get("reviews"), list) for row in o["reviews"] if isinstance(row, dict) and "reviewText" in row)

    @staticmethod
    def review(row: dict[str, Any]) -> Review:
        overall = next((r.get("starRating") for r in row.get("ratings") or [] if r.get("ratingType") == "Overall"), None)
        retort = row.get("retort") or {}
        return Review(str(row["id"]), texts.plain(row["reviewText"] or "") or None, rating=ratings.read(overall), created=times.read(row.get("reportDate")),
                      replies=[Reply(texts.plain(retort["text"]), id=str(retort["id"]) if retort.get("id") else None)] if retort.get("text") else [])


class _thumbtack:
    @staticmethod
    def rows(state: Any) -> Iterator[Any]:
        return (o for o in objects(state) if o.get("__typename") == "ServicePageReview")

    @staticmethod
    def review(row: dict[str, Any]) -> Review:
        dated = next((t for label in row.get("labels") or [] if re.search(r"\d{4}", t := label.get("text") or "")), None)
        response = row.get("response") or {}
        answer = _segments(response.get("text")) if response else None
        return Review(None, _segments(row.get("text")), rating=ratings.read((row.get("rating") or {}).get("rating")), author=row.get("attribution"), created=times.read(dated),
                      replies=[Reply(answer)] if answer else [])


class _houzz:
    @staticmethod
    def rows(state: Any) -> Iterator[Any]:
        return (o for o in objects(state) if "reviewId" in o and "body" in o and "rating" in o)

    @staticmethod
    def review(row: dict[str, Any]) -> Review:
        created, modified = times.read(row.get("created")), times.read(row.get("modified") or None)
        return Review(str(row["reviewId"]), texts.plain(row["body"] or "") or None, rating=ratings.read(row["rating"] or None), author_id=str(row["userId"]) if row.get("userId") else None,
                      created=created, edited=modified if modified != created else None,
                      replies=[Reply(texts.plain(c["htmlBody"]), role_basis="markup", created=times.read(c.get("created"))) for c in row.get("comments") or [] if c.get("htmlBody")])


def _segments(text: Any) -> str | None:
    """Thumbtack cuts a text into stretches of plain and bold."""
    said = text if isinstance(text, str) else "".join(s.get("text") or "" for s in (text or {}).get("segments") or [])
    return texts.tidy(said) or None
