"""Hacker News: stories and comments that speak of a company, with the answers of its accounts.

Nothing on the site tells who answers for a company: without accounts in study.toml no reply is known, and none is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from pydantic import Field
from scrapy.http import Request, Response

from enrich import times
from enrich.records import Problem, Reply, Review, Total
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

API = "https://hn.algolia.com/api/v1/"
ITEM = "https://news.ycombinator.com/item?id="
SEARCH = "https://hn.algolia.com/?"
# Only what is written there: the search also takes an author's name, and for a comment the title of its story, or a word that looks alike.
ASKED = {"tags": "(story,comment)", "restrictSearchableAttributes": "title,story_text,comment_text", "typoTolerance": "false", "attributesToHighlight": "", "hitsPerPage": 100, "page": 0}
_QUOTED = re.compile(r"^>.*$", re.M)


class HackerNewsOptions(Options):
    url: str = Field(description="a search (https://hn.algolia.com/?q=NAME) or one story (https://news.ycombinator.com/item?id=1)", pattern=r"^https?://")
    staff: list[str] = Field([], description="accounts that answer for the company there: the site itself marks none")


class HackerNews(SourceSpider):
    """A search for a name, or one story with its comments, by the site's own search service."""

    name = "hackernews"
    title = "Hacker News"
    gathers = "stories and comments that speak of a name, or one story; answers of the company's accounts where `staff` names them"
    per_request = 100
    replies_visible = None
    newest_first = True
    options = HackerNewsOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        item = re.match(r"https?://(?:news\.ycombinator\.com/item\?(?:.*&)?id=|hn\.algolia\.com/api/v1/items/)(\d+)", url)
        asked = json_api.query(url)
        words = asked.get("q") or asked.get("query") if re.match(r"https?://hn\.algolia\.com/", url) else None
        return {"url": ITEM + item[1]} if item else {"url": SEARCH + urlencode({"q": words})} if words else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        known = (self.recognise(place.options.url) or {}).get("url", "")
        if known.startswith(ITEM):
            yield self.ask(f"{API}items/{known.removeprefix(ITEM)}")
        elif known:
            yield self.ask(json_api.with_query(f"{API}search_by_date", query=json_api.query(known)["q"], **ASKED, **_between(place)))
        else:
            yield Problem(place.options.url, "is neither a search of Hacker News nor a story", f"write url = \"{SEARCH}q=NAME\", or {ITEM}NUMBER", "failed")

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "Hacker News' JSON")
        match answer:
            case {"hits": [], "message": str(message)}:
                yield Problem(response.url, f"the search refuses: {message}", "the rest is asked for by time: crawl again from the beginning", "capped")
            case {"hits": list(hits)}:
                yield from self._search(response, place, answer, hits)
            case {"id": _, "children": list(comments)}:
                yield from self._thread(response, place, answer, comments)
            case _:
                yield problem or Problem(response.url, "is JSON, but neither a search of Hacker News nor an item", "check the address in a browser", "changed")

    def look(self, place: Place, id: str) -> Request | None:
        return self.ask(f"{API}items/{id}") if place.source.staff or (place.company and place.company.accounts) else None

    def _search(self, response: Response, place: Place, answer: dict[str, Any], hits: list[Any]) -> Iterator[Drawn]:
        known: set[str] = place.memory.setdefault("known", set())
        staffed = bool(place.source.staff or (place.company and place.company.accounts))
        before, found = len(known), answer.get("nbHits")
        if isinstance(found, int) and answer.get("exhaustiveNbHits", True) and "numericFilters" not in json_api.query(response.url):
            yield Total(found)

        def read(hit: dict[str, Any]) -> Iterator[Drawn]:
            key = json_api.key(hit["objectID"])
            if key in known:
                return
            known.add(key)
            asks = staffed and hit.get("children") != []
            if said := review(key, hit, hit.get("comment_text") or hit.get("story_text"), place, complete=not asks):
                yield said
                if asks:
                    yield self.ask(f"{API}items/{key}", item=key, mark=_mark(hit))
        yield from each(hits, read, response.url, lambda hit: hit.get("objectID"))
        if hits and isinstance(found, int) and found > len(hits):
            yield from self._older(response, place, answer, hits, new=len(known) > before)
        elif found and not hits and not json_api.count(answer.get("page")) and answer.get("hitsPerPage") != 0:
            yield Problem(response.url, f"the search counts {found} hits but gives none", "crawl again later", "empty")

    def _older(self, response: Response, place: Place, answer: dict[str, Any], hits: list[Any], new: bool) -> Iterator[Drawn]:
        """What is older than these hits, by time and not by page: pages end after 1,000 hits without a word."""
        last = min(hit["created_at_i"] for hit in hits if isinstance(hit, dict) and isinstance(hit.get("created_at_i"), int))
        if not new:
            yield Problem(response.url, f"the search gave nothing new up to {last}, though it counts {answer['nbHits']} more: the rest cannot be reached", "crawl again later", "repeating")
            return
        words = json_api.query(response.url).get("query") or answer.get("query")
        if words:
            yield self.more(json_api.with_query(f"{API}search_by_date", query=words, **ASKED, **_between(place, last)))

    def _thread(self, response: Response, place: Place, item: dict[str, Any], comments: list[Any]) -> Iterator[Drawn]:
        """The item with the company's direct answers; where the place is the story itself, its direct comments too."""
        searched = "q" in json_api.query(place.options.url)

        def read(one: dict[str, Any]) -> Iterator[Drawn]:
            if said := review(json_api.key(one["id"]), one, one.get("text"), place):
                said.replies = [reply for child in one.get("children") or [] if (reply := answered(child, place))]
                yield said
        yield from each([item] if searched else [item, *comments], read, response.url, lambda one: one.get("id"))


def review(key: str, item: dict[str, Any], html: str | None, place: Place, complete: bool = True) -> Review | None:
    """A story or comment; None where it was deleted, or is the company's own. Raises KeyError where it has no time."""
    author, title, text = json_api.text(item.get("author")), json_api.text(item.get("title")), words(html)
    if not (title or text) or place.staff(author):
        return None
    return Review(key, text, title=title, author=author, author_id=author, created=times.read(item["created_at"]), url=ITEM + key, complete=complete)


def answered(item: dict[str, Any], place: Place) -> Reply | None:
    """A direct answer by an account of the company."""
    author, text = json_api.text(item.get("author")), words(item.get("text"))
    return Reply(text, "staff", "study", json_api.key(item["id"]), author, author, times.read(item.get("created_at"))) if text and place.staff(author) else None


def words(html: str | None) -> str | None:
    """What somebody says there, without the lines that quote another."""
    text = texts.of(BeautifulSoup(html or "", "lxml"))
    return texts.tidy(_QUOTED.sub("", text)) or text or None


def _mark(hit: dict[str, Any]) -> str | None:
    """What the search says of the answers to a hit, None where it says nothing."""
    said = [hit.get("num_comments"), len(hit["children"]) if isinstance(hit.get("children"), list) else None]
    return "comments " + " ".join(map(str, said)) if said != [None, None] else None


def _between(place: Place, last: int | None = None) -> dict[str, str]:
    bounds = [f"created_at_i>={int(place.since.timestamp())}"] if place.since else []
    bounds += [f"created_at_i<={last}"] if last is not None else []
    return {"numericFilters": ",".join(bounds)} if bounds else {}
