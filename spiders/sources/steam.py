"""Steam: player reviews of a game, each with the developer's answer where there is one.

Asked is the web API's IUserReviewsService. What the store's older `appreviews` address gave, and collections of its records keyed by
id, are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field
from scrapy.http import Response

from enrich import times
from enrich.records import Problem, Rating, Reply, Review, Total
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

API = "https://api.steampowered.com/IUserReviewsService/GetAppReviews/v1/"
# Every language, every way of buying, also what Steam takes for a review storm; newest first. The defaults would hide most of it.
ASKED = {"filter": 1, "languages[0]": "all", "purchase_type": 1, "review_type": 0, "num_per_page": 100, "filter_offtopic_activity": "false"}
RETRIES = 5
SLACK = 2
"""Reviews that Steam counts but does not give out: the end is no false end within these."""
_LIKED = {"true": True, "1": True, "false": False, "0": False}


class SteamOptions(Options):
    id: str = Field(description="the game's number, as in store.steampowered.com/app/413150", pattern=r"^(\d+|unknown)$")


class Steam(SourceSpider):
    """Player reviews by Steam's web API, from the newest to the oldest."""

    name = "steam"
    title = "Steam user reviews"
    gathers = "reviews of a game on Steam, with the developer's response"
    per_request = 100
    replies_visible = True
    newest_first = lists_all = True
    options = SteamOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        found = re.search(r"(?:steampowered|steamcommunity)\.com/(?:agecheck/)?(?:app|appreviews)/(\d+)|GetAppReviews/.*[?&]appid=(\d+)", url)
        return {"id": found[1] or found[2]} if found else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        yield self.ask(json_api.with_query(API, appid=place.options.id, **ASKED, cursor="*"))

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "Steam's JSON")
        inner = envelope(answer)
        if inner is None:
            yield problem or Problem(response.url, "holds no answer about reviews", f"is there a game with the number {place.options.id}? A wrong number gives an empty answer", "gone")
            return
        summary = inner.get("query_summary")
        total = json_api.count((summary if isinstance(summary, dict) else {}).get("total_reviews", inner.get("total_matching")))
        if total is not None:
            place.memory["total"] = total
            yield Total(total)
        rows = inner.get("reviews") or []
        yield from each(rows, lambda row: [review(row, place.options.id)], response.url, lambda row: row.get("recommendationid"))
        yield from self._next(response, place, inner, rows)

    def _next(self, response: Response, place: Place, inner: dict[str, Any], rows: list[Any]) -> Iterator[Drawn]:
        """The next page, if any: Steam calls the end too early, and may hand out the same cursor for ever."""
        memory, asked = place.memory, json_api.query(response.url)
        memory["read"] = memory.get("read", 0) + len(rows)
        missing = memory.get("total", 0) - memory["read"] > SLACK
        if rows:
            memory["retries"] = 0
            cursor = json_api.text(inner.get("cursor"))
            known = memory.setdefault("cursors", {"*", asked.get("cursor", "*")})
            if not cursor or place.older(times_of(rows[-1])):
                return
            if cursor in known:
                if missing:
                    yield Problem(response.url, f"Steam gave the same cursor again after {memory['read']} of {memory['total']} reviews: the rest cannot be reached", "crawl again later", "repeating")
                return
            known.add(cursor)
            known_page = "appreviews" in response.url or "GetAppReviews" in response.url
            yield self.more(json_api.with_query(response.url if known_page else json_api.with_query(API, appid=place.options.id, **ASKED), cursor=cursor))
        elif missing and not asked and inner.get("cursor") != "*":           # a saved page; a cursor that stays at the beginning stands for a summary alone
            yield Problem(response.url, f"Steam gave an empty page though it counts {memory['total']} reviews", "save it again later: Steam often does so during sales", "empty")
        elif missing and json_api.count(asked.get("num_per_page")):
            memory["retries"] = memory.get("retries", 0) + 1
            if memory["retries"] <= RETRIES:
                yield self.ask(response.url, dont_filter=True)
            else:
                yield Problem(response.url, f"Steam gave an empty page {RETRIES + 1} times after {memory['read']} of {memory['total']} reviews", "crawl again later: Steam often does so during sales", "empty")


def envelope(answer: Any) -> dict[str, Any] | None:
    """The part of an answer that holds `reviews` as a list, `query_summary` and `cursor`, in any of the shapes; None where there is none."""
    inner = answer.get("response", answer) if isinstance(answer, dict) else {"reviews": answer}
    if not isinstance(inner, dict) or inner.get("success", 1) != 1:
        return None
    if inner and all(isinstance(row, dict) and "recommendationid" in row for row in inner.values()):
        inner = {"reviews": inner}
    if isinstance(rows := inner.get("reviews"), dict):
        inner = inner | {"reviews": list(rows.values())}
    return inner if isinstance(inner.get("reviews", []), list) and {"reviews", "query_summary", "cursor"} & set(inner) else None


def review(row: dict[str, Any], app: str) -> Review:
    """One record of any of the three shapes. Raises KeyError or ValueError where its id or its verdict is missing."""
    author = row.get("author") or {}
    created, updated = times.read(row["timestamp_created"]), times.read(row.get("timestamp_updated"))
    liked = _LIKED[str(row["voted_up"]).lower()]
    answer = texts.bbcode(row.get("developer_response") or "")
    reply = Reply(answer, created=times.read(row.get("timestamp_dev_responded") or None)) if answer else None
    return Review(
        json_api.key(row["recommendationid"]), texts.bbcode(row.get("review") or "") or None, rating=Rating("recommended" if liked else "not recommended", float(liked)),
        author=json_api.text(author.get("personaname")), author_id=json_api.text(author.get("steamid")), created=created,
        edited=updated if updated != created else None, url=f"https://store.steampowered.com/app/{app}/" if app != "unknown" else None,
        language=json_api.text(row.get("language")), verified=bought if isinstance(bought := row.get("steam_purchase"), bool) else None, replies=[reply] if reply else [])


def times_of(row: Any) -> Any:
    """When a record was written, or None where it does not say."""
    try:
        moment = times.read(row["timestamp_created"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment.latest if moment else None
