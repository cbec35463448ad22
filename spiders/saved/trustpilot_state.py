"""The data that Trustpilot's pages hold for their own scripts: since 2022 one state (`__NEXT_DATA__`), before that a piece in each review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bs4 import Tag

from enrich import ratings
from enrich.records import Reply, Review
from spiders.platforms import texts
from spiders.platforms.json_api import text
from spiders.platforms.saved import Saved


def props(page: Saved) -> dict[str, Any]:
    """What the page's state says of the page; {} where it has none, or a broken one."""
    found = _value(page.soup.select_one("script#__NEXT_DATA__"))
    inner = (found.get("props") or {}).get("pageProps")
    return inner if isinstance(inner, dict) else {}


def piece(element: Tag, name: str) -> dict[str, Any]:
    """What a script `data-initial-state` in an element says; {} where there is none, or a broken one."""
    return _value(element.select_one(f'script[data-initial-state="{name}"]'))


def _value(script: Tag | None) -> dict[str, Any]:
    try:
        found = json.loads("".join(script.strings), strict=False) if script else None
    except (ValueError, RecursionError):
        return {}                            # the page shows the same: that is read instead, and it is said
    return found if isinstance(found, dict) else {}


def rows(state: dict[str, Any]) -> list[Any]:
    """The reviews of a list, or the one of its own page. Those that only stand out (`relevantReviews`) are of other pages of the list."""
    one = state.get("review")
    listed = state.get("reviews")
    return listed if isinstance(listed, list) else [one] if isinstance(one, dict) else []


def review(row: dict[str, Any], page: Saved) -> Review:
    """A review as the state has it. Its title is the beginning of its text where its author gave none."""
    id = str(row["id"])
    dates, consumer = row.get("dates") or {}, row.get("consumer") or {}
    verified = ((row.get("labels") or {}).get("verification") or {}).get("isVerified")
    place, answer = row.get("location"), row.get("reply")
    created, edited = (page.when(dates.get(name), f"review {id}") for name in ("publishedDate", "updatedDate"))
    return Review(
        id, plain(row.get("text")), title=plain(row.get("title")), rating=ratings.read(row.get("rating")), author=text(consumer.get("displayName")), author_id=text(consumer.get("id")),
        created=created or edited, created_kind="created" if created or not edited else "edited", edited=edited if created and edited != created else None,
        language=text(row.get("language")), country=text(consumer.get("countryCode")), verified=verified if isinstance(verified, bool) else None,
        unit=text(place.get("name")) if isinstance(place, dict) else None, replies=list(_reply(answer, page, id)))


def _reply(answer: Any, page: Saved, id: str) -> Iterator[Reply]:
    if isinstance(answer, dict) and answer.get("message"):
        yield reply(plain(answer["message"]), answer, page, id)


def reply(said: str | None, dates: dict[str, Any], page: Saved, id: str | None) -> Reply:
    """The company's answer: Trustpilot names nobody for it but the company."""
    created, edited = (page.when(dates.get(name), f"the reply to review {id}") for name in ("publishedDate", "updatedDate"))
    return Reply(said, created=created, edited=edited if edited != created else None)


def plain(said: Any) -> str | None:
    """A text of the state: plain, with its own lines."""
    return texts.tidy(text(said) or "") or None
