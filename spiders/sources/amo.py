"""Mozilla add-ons (addons.mozilla.org): ratings of an add-on for Firefox, each with the developer's reply where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from pydantic import Field
from scrapy.http import Response

from enrich import times
from enrich.records import Problem, Rating, Reply, Review, Total
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

HOST = "addons.mozilla.org"
API = f"https://{HOST}/api/v5/ratings/rating/"


class AmoOptions(Options):
    id: str = Field(description=f"the add-on's name in its address, as in {HOST}/firefox/addon/NAME, or its number or GUID", pattern=r"^[^\s/?#&]+$")


class Amo(SourceSpider):
    """Ratings by AMO's public API, from the newest to the oldest."""

    name = "amo"
    title = "Mozilla add-ons (addons.mozilla.org)"
    gathers = "ratings of a Firefox add-on on addons.mozilla.org, with the developer's reply"
    per_request = 50
    replies_visible = True
    newest_first = lists_all = True
    options = AmoOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        found = re.match(r"https?://addons\.mozilla\.org/(?:(?:[\w-]+/)?(?:firefox|android)/addon/([^/?#]+)|api/v\d/ratings/rating/\?(?:.*&)?addon=([^&#]+))", url)
        return {"id": unquote(found[1] or found[2])} if found else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        yield self.ask(json_api.with_query(API, addon=place.options.id, page_size=50, show_grouped_ratings=1))

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "the JSON of AMO's ratings")
        match answer:
            case {"results": list(rows)}:
                yield from _reviews(rows, response)
                grouped = answer.get("grouped_ratings")
                counts = list(grouped.values()) if isinstance(grouped, dict) and grouped else [answer.get("count")]
                if all(isinstance(n, int) for n in counts):
                    yield Total(sum(counts))
                elif counts != [None]:
                    yield Problem(response.url, f"AMO's count of ratings is no number: {counts!r:.80}", "how many there are stays unknown; the ratings went in")
                if not rows and answer.get("count"):
                    yield Problem(response.url, f"AMO counts {answer['count']} ratings but this page holds none", "crawl again later", "empty")
                if (target := answer.get("next")) and rows and not place.older(_written(rows[-1])):
                    yield json_api.following(response, place, target, HOST)
            case {"id": _, "addon": _}:
                yield from _reviews([answer], response)
            case {"detail": str(said)}:
                yield Problem(response.url, f"AMO refuses: {said}", f"is there an add-on {place.options.id!r}?", json_api.refused(said))
            case _:
                yield problem or Problem(response.url, "is JSON, but holds no ratings of AMO", "check the address in a browser", "changed")


def _reviews(rows: list[Any], response: Response) -> Iterator[Drawn]:
    yield from each(rows, lambda row: [] if row.get("is_deleted") else [review(row)], response.url, lambda row: row.get("id"))


def review(row: dict[str, Any]) -> Review:
    """One rating (`score`; `rating` in version 3 of the API). Raises where it has no id or no stars.

    AMO lets the add-on's developers reply, and its own administrators; which of them wrote is not said, so the role is no finer than the company's.
    """
    if row.get("is_developer_reply"):
        raise ValueError("a developer's reply without the rating that it answers")
    stars = row["score"] if "score" in row else row["rating"]
    if stars is not None and stars not in range(1, 6):
        raise ValueError(f"{stars!r} is no number of stars")
    answer, addon = row.get("reply"), row.get("addon") or {}
    replies = [Reply(_words(answer), id=json_api.key(answer["id"]), created=times.read(answer["created"]), **_author(answer))] if answer and not answer.get("is_deleted") else []
    return Review(
        json_api.key(row["id"]), _words(row), title=json_api.text(row.get("title")), rating=Rating(str(stars), (stars - 1) / 4) if stars is not None else None, **_author(row),
        created=times.read(row["created"]), url=f"https://{HOST}/firefox/addon/{addon['slug']}/reviews/{row['id']}/" if addon.get("slug") else None,
        app_version=json_api.text((row.get("version") or {}).get("version")), replies=replies)


def _author(row: dict[str, Any]) -> dict[str, str | None]:
    user = row.get("user") or {}
    return {"author": json_api.text(user.get("name")), "author_id": json_api.text(user.get("id"))}


def _words(row: dict[str, Any]) -> str | None:
    return texts.tidy(row.get("body") or "") or None


def _written(row: Any) -> Any:
    """When a rating was written, or None where it does not say."""
    try:
        moment = times.read(row["created"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment.latest if moment else None
