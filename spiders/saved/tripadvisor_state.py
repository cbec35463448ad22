"""The state that Tripadvisor's pages since 2019 hold for their own scripts: whole texts, exact days, ids, and who answered in what position."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from enrich import ratings, times
from enrich.records import Problem, Reply, Review, When
from spiders.platforms import embedded, texts
from spiders.platforms.base import each
from spiders.platforms.json_api import text
from spiders.platforms.positions import role
from spiders.platforms.saved import Saved

_MANIFEST = re.compile(r"\bpageManifest[\"']?\s*:\s*(?={)")
_PLACE = re.compile(r"-d(\d+)-")


class State:
    """What a page's scripts say of one place; nothing where the page has no state."""

    def __init__(self, page: Saved) -> None:
        rows: dict[str, dict[str, Any]] = {}
        self.listed: int | None = None       # how many reviews the list has as it is narrowed
        self.stars: dict[int, int] | None = None
        place = _PLACE.search(page.url)
        for o in _objects(page):
            dated = o.get("id") and (o.get("publishedDate") or o.get("createdDate"))
            if dated and {"rating", "text", "title"} <= o.keys() and (place is None or str(o.get("locationId") or place[1]) == place[1]):
                rows.setdefault(str(o["id"]), o)
            if isinstance(o.get("totalCount"), int) and isinstance(o.get("reviews"), list) and self.listed is None:
                self.listed = o["totalCount"]
            found = o.get("ratingCounts")
            if self.stars is None and isinstance(found, list) and len(found) == 5 and all(isinstance(n, int) for n in found):
                self.stars = dict(enumerate(found, 1))
        self.reviews: list[Review] = []
        for drawn in each(rows.values(), lambda row: [_review(row)], page.name, lambda row: row.get("id")):
            if isinstance(drawn, Review):
                self.reviews.append(drawn)
            elif isinstance(drawn, Problem):
                page.problems.append(drawn)


def _objects(page: Saved) -> Iterator[dict[str, Any]]:
    """Every object in the state; parts of it are JSON that was written as a text once more."""
    stack: list[Any] = list(embedded.states(page.soup))
    for script in page.soup.find_all("script"):
        source = "".join(script.strings)
        if begin := _MANIFEST.search(source):
            stack += _value(source[begin.end():])
    while stack:
        for o in embedded.objects(stack.pop()):
            yield o
            stack += [v for said in o.values() if isinstance(said, str) and said[:2] in ('{"', "[{") and '"rating' in said for v in _value(said)]


def _value(source: str) -> list[Any]:
    try:
        return [json.JSONDecoder(strict=False).raw_decode(source)[0]]
    except (ValueError, RecursionError):
        return []                            # the page's own state, not its reviews: these stand in the cards as well


def _review(row: dict[str, Any]) -> Review:
    """Raises what reading a page raises where the row is no review."""
    profile = row.get("userProfile") or {}
    answer = row.get("mgmtResponse") or {}
    said = texts.plain(answer.get("text") or "") or None
    return Review(
        str(row["id"]), texts.plain(row["text"] or "") or None, title=texts.plain(row["title"] or "") or None, rating=ratings.read(row["rating"]),
        author=text(profile.get("displayName") or row.get("username")), author_id=text(profile.get("id") or profile.get("username")),
        created=_day(row), url=_url(row), language=text(row.get("language") or row.get("originalLanguage")), replies=[_reply(answer, said)] if said else [])


def _reply(answer: dict[str, Any], said: str) -> Reply:
    profile = answer.get("userProfile") or {}
    return Reply(said, role(answer.get("connectionToSubject")), id=text(answer.get("id")), author=text(profile.get("displayName") or answer.get("username")),
                 author_id=text(profile.get("id")), created=_day(answer))


def _day(row: dict[str, Any]) -> When | None:
    """The day of publication, which is the one that pages show."""
    return times.read(row.get("publishedDate") or row.get("createdDate"))


def _url(row: dict[str, Any]) -> str | None:
    found = text(row.get("absoluteUrl") or row.get("url"))
    return urljoin("https://www.tripadvisor.com/", found) if found else None
