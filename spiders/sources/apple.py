"""App Store: customer reviews of an app, by the public feed of each storefront.

The feed holds the newest 500 reviews of a storefront and no developer's answer. Another list (`userReviewsRow`) holds the answers, but it is no
public interface and made for iTunes, so it is asked for only where a study says `replies = true`, and then under our own honest name: where it
answers that with a web page, this is told and that is all. A saved one is always read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from scrapy.http import Response, TextResponse

from enrich import ratings, times
from enrich.records import Problem, Reply, Review, When
from spiders import platforms
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each, items

FEED = "https://itunes.apple.com/{}/rss/customerreviews/page={}/id={}/sortby=mostrecent/json"
ROWS = "https://itunes.apple.com/WebObjects/MZStore.woa/wa/userReviewsRow?id={}&displayable-kind=11&startIndex={}&endIndex={}&sort=0&cc={}&appVersion=all"
ROWS_EACH = 200
LAST_PAGE = 10
RETRIES = 5
PAST_THE_END = "CustomerReviews RSS page depth is limited"
NO_APP = "1"
"""The number that the feed puts in place of an app that it does not know."""


class AppleOptions(Options):
    id: str = Field(description="the app's number, as in apps.apple.com/us/app/NAME/id389801252", pattern=r"^(\d+|unknown)$")
    countries: list[Annotated[str, Field(pattern="^[a-z]{2}$")]] = Field(["us"], min_length=1, description="storefronts to read, as two letters: each has reviews of its own")
    replies: bool = Field(False, description="also ask for the developers' answers: off by default, because the list that holds them is no public interface and made for iTunes; it is asked under our own name, and may refuse")


class Apple(SourceSpider):
    """Reviews by the storefronts' feeds, from the newest to the oldest."""

    name = "apple"
    title = "App Store reviews"
    gathers = "reviews of an app in each storefront (`countries`), by the public feed"
    limits = "the newest 500 of each storefront; answers only where `replies = true` asks a list for them that is no public interface, and may refuse"
    per_request = 50
    newest_first = True
    options = AppleOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        country, _, app = where(url)
        if not app or not re.match(r"https?://(?:apps|itunes)\.apple\.com/", url):
            return None
        return {"id": app} | ({"countries": [country]} if country else {})

    def begin(self, place: Place) -> Iterable[Drawn]:
        for country in place.options.countries:
            yield self.ask(FEED.format(country, 1, place.options.id))
            if place.options.replies:
                yield self._rows_from(place, country, 0)

    def shows_replies(self, place: Place) -> bool | None:
        """Only the other list shows them; where it refuses, nobody knows."""
        if not place.options.replies:
            return False
        return True if place.memory.get("rows") and not {"refused", "login", "blocked", "failed"} & set(place.ends) else None

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        if response.status == 404:           # only the list with answers comes here with it: so it says that no more follow
            return
        start = response.text.lstrip("\ufeff \t\r\n")[:2000] if isinstance(response, TextResponse) else ""
        if start.startswith(PAST_THE_END):
            return
        if re.match(r"(?:<\?xml[^>]*>\s*)?<feed\b", start):
            yield Problem(response.url, "is the App Store's feed as XML", "save the address that ends in /json", "changed")
            return
        answer, problem = json_api.read(response, "the App Store's JSON")
        match answer:
            case {"feed": dict(feed)}:
                yield from self._feed(response, place, feed)
            case {"userReviewList": list(rows)}:
                yield from self._rows(response, place, rows)
            case None if "userReviewsRow" in response.url and start.startswith("<"):
                yield Problem(response.url, "the App Store's list with developers' answers refuses us: it gives a web page to programs that do not pass for iTunes",
                              "remove replies = true, and import an export of App Store Connect: nobody passes for another here", "blocked")
            case _:
                yield problem or Problem(response.url, "is JSON, but no feed of App Store reviews", "check the address in a browser", "changed")

    def _feed(self, response: Response, place: Place, feed: dict[str, Any]) -> Iterator[Drawn]:
        asked, said = where(response.url), where(_own_address(feed))
        country = asked[0] or said[0] or place.options.countries[0]
        page = asked[1] or said[1] or 1
        app = asked[2] or (place.options.id if place.options.id != "unknown" else said[2]) or NO_APP
        # old feeds begin with the app itself, which has no rating
        rows = [e for e in items(feed.get("entry")) if not isinstance(e, dict) or "im:rating" in e]
        drawn = list(each(rows, lambda row: [review(row, app, country)], response.url, lambda row: _label(row, "id")))
        yield from drawn
        ids, before = {d.id for d in drawn if isinstance(d, Review)}, place.memory.setdefault("feed", {}).setdefault(country, set())
        elsewhere = bool(ids) and ids <= place.came and not ids <= before        # the list with answers gave them already: that says nothing of where the feed ends
        before |= ids
        if rows and page < LAST_PAGE:
            if not place.older(written(rows[-1])):
                yield (self.ask if elsewhere else self.more)(FEED.format(country, page + 1, app))
        elif rows:
            yield Problem(response.url, f"the feed ends with page {LAST_PAGE}: older reviews of the storefront {country!r} cannot be reached", "crawl again before as many new ones are written", "capped")
        elif page == 1:
            yield self._empty(response, place, country, app, said[2])

    def _rows_from(self, place: Place, country: str, start: int) -> Drawn:
        """Asks for the list with answers, from a row on. It tells its end by status 404."""
        if country not in storefronts():
            return Problem(ROWS.format(place.options.id, start, start + ROWS_EACH, country), f"Apple's number of the storefront {country!r} is not known: its answers cannot be asked for", "take another country")
        return self.ask(ROWS.format(place.options.id, start, start + ROWS_EACH, country), headers={"X-Apple-Store-Front": f"{storefronts()[country]}-1,29"},
                        meta={"opt_in": True, "handle_httpstatus_list": [404]})

    def _rows(self, response: Response, place: Place, rows: list[Any]) -> Iterator[Drawn]:
        """A page of the list with answers, and the next one: it may bring fewer rows than it was asked for, and begin again."""
        country, _, app = where(response.url)
        app = app or (place.options.id if place.options.id != "unknown" else None)
        drawn = list(each(rows, lambda row: [row_review(row, country, app)], response.url, lambda row: row.get("userReviewId")))
        yield from drawn
        if not place.options.replies or country is None or not rows:
            return
        found = [d for d in drawn if isinstance(d, Review)]
        known: set[str | None] = place.memory.setdefault("rows", {}).setdefault(country, set())
        ids = {r.id for r in found}
        if ids and ids <= known:
            yield Problem(response.url, f"the list with answers begins again after {len(known):,} reviews of the storefront {country!r}: the rest cannot be reached", "crawl again later", "repeating")
            return
        known |= ids
        if not all(r.created and place.older(r.created.latest) for r in found):
            yield self._rows_from(place, country, int(json_api.query(response.url).get("startIndex") or 0) + len(rows))

    def _empty(self, response: Response, place: Place, country: str, app: str, said: str | None) -> Drawn:
        """What an empty first page leads to: the feed also gives one for an app with many reviews, now and then."""
        if app == NO_APP or said != app:
            return Problem(response.url, f"the storefront {country!r} does not know this app", "check the app's number, and whether it is sold in that country", "gone")
        retries = place.memory.setdefault("retries", {})
        retries[country] = retries.get(country, 0) + 1
        if retries[country] <= RETRIES:
            return self.ask(FEED.format(country, 1, app), dont_filter=True)
        return Problem(response.url, f"the storefront {country!r} gave an empty first page {RETRIES + 1} times", "crawl again later, unless the app has no reviews there", "empty")


def where(url: str) -> tuple[str | None, int | None, str | None]:
    """The storefront, the page and the app that an address of the App Store shows; None for what it does not."""
    country = re.search(r"^https?://[^/]*apple\.com/([a-z]{2})/|[?&]cc=([a-z]{2})\b", url, re.I)
    page, app = re.search(r"/page=(\d+)", url), re.search(r"(?:[/?&]id=|/id)(\d+)", url)
    return (country[1] or country[2]).lower() if country else None, int(page[1]) if page else None, app[1] if app else None


def review(row: dict[str, Any], app: str, country: str) -> Review:
    """An entry of the feed. Raises KeyError where its id is missing, ValueError where its rating is none."""
    author = re.search(r"/id(\d+)", _label(row.get("author") or {}, "uri") or "")
    return Review(
        json_api.key(row["id"]["label"]), texts.tidy(_label(row, "content") or "") or None, title=texts.tidy(_label(row, "title") or "") or None, rating=ratings.read(_label(row, "im:rating")), author=_label(row.get("author") or {}, "name"),
        author_id=author[1] if author else None, created=times.read(_label(row, "updated")), created_kind="edited", url=f"https://apps.apple.com/{country}/app/id{app}" if app != NO_APP else None,
        app_version=_label(row, "im:version"), country=country, complete=False)          # the feed never shows answers: one that is not here may still stand


@cache
def storefronts() -> dict[str, int]:
    """Country to Apple's number of its storefront."""
    return tomllib.loads((Path(platforms.__file__).parent / "storefronts.toml").read_text(encoding="utf-8"))


def row_review(row: dict[str, Any], country: str | None, app: str | None) -> Review:
    """A record of `userReviewsRow`, whose texts are escaped as for HTML. Raises KeyError where its id is missing."""
    answer = row.get("developerResponse") or {}
    said = _plain(answer.get("body"))
    author = re.search(r"userProfileId=(\d+)", row.get("viewUsersUserReviewsUrl") or "")
    return Review(
        json_api.key(row["userReviewId"]), _plain(row.get("body")), title=_plain(row.get("title")), rating=ratings.read(row.get("rating")), author=_plain(row.get("name")), author_id=author[1] if author else None,
        created=times.read(row.get("date")), created_kind="edited", url=f"https://apps.apple.com/{country}/app/id{app}" if country and app else None, country=country,
        replies=[Reply(said, id=json_api.text(answer.get("id")), created=times.read(answer.get("modified")))] if said else [])


def written(row: Any) -> Any:
    """When an entry was last edited, or None where it does not say."""
    try:
        moment: When | None = times.read(_label(row, "updated"))
    except (AttributeError, TypeError, ValueError):
        return None
    return moment.latest if moment else None


def _label(row: dict[str, Any], key: str) -> str | None:
    return json_api.text((row.get(key) or {}).get("label"))


def _plain(value: Any) -> str | None:
    return texts.tidy(unescape(json_api.text(value) or "")) or None


def _own_address(feed: dict[str, Any]) -> str:
    links = [link["attributes"] for link in items(feed.get("link")) if isinstance(link, dict) and isinstance(link.get("attributes"), dict)]
    return next((str(a.get("href")) for a in links if a.get("rel") == "self"), "")
