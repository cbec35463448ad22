"""Mastodon: public posts with a hashtag, as one instance knows them, with the answers of the company's accounts.

Any software that speaks Mastodon's API is read (GoToSocial, Pleroma, Pixelfed). What somebody asks not to be indexed is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from bs4 import BeautifulSoup
from pydantic import Field
from scrapy.http import Response

from enrich import times
from enrich.records import ANSWERING, Problem, Reply, Review
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

_TAG = re.compile(r"/(?:tags|api/v1/timelines/tag)/(?P<tag>[^/?#]+)/?$")
_HOSTS = re.compile(r"masto|mstdn|toot|fosstodon|hachyderm|(?:^|\.)(?:social|fedi)\.|\.social$|^infosec\.exchange$")
_CONTEXT = re.compile(r"/api/v1/statuses/([^/?#]+)/context")
_NO_BOTS = re.compile(r"#no(?:bots?|index)\b", re.I)


class MastodonOptions(Options):
    url: str = Field(description="a hashtag on an instance (https://INSTANCE/tags/NAME)", pattern=r"^https?://")
    staff: list[str] = Field([], description="accounts that answer for the company (name@instance): without them its answers cannot be told")


class Mastodon(SourceSpider):
    """A hashtag's timeline from the newest to the oldest; the answers below a post only where the study says who answers for the company.

    The timeline tells of every post how many answers it has and when it was edited (marks), so no post needs a look of its own.
    """

    name = "mastodon"
    title = "Mastodon"
    gathers = "public posts with a hashtag on an instance; answers of the company's accounts where `staff` names them"
    limits = "accounts that do not agree to be indexed are left out (Mastodon's default); an instance knows a part of the network"
    per_request = 40
    replies_visible = None
    newest_first = True
    options = MastodonOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        parts = urlsplit(url)
        found = _TAG.search(parts.path)
        if not found or not (_HOSTS.search(parts.hostname or "") or "/api/v1/" in parts.path):
            return None
        return {"url": f"https://{parts.netloc}/tags/{found['tag']}"}

    def begin(self, place: Place) -> Iterable[Drawn]:
        parts = urlsplit(place.options.url)
        if found := _TAG.search(parts.path):
            # an instance that shows nothing without a login says so in words, with one of these
            yield self.ask(f"{parts.scheme}://{parts.netloc}/api/v1/timelines/tag/{quote(unquote(found['tag']))}?limit=40", meta={"handle_httpstatus_list": [401, 422]})
        else:
            yield Problem(place.options.url, "names no hashtag of an instance", "write url = \"https://INSTANCE/tags/NAME\"", "failed")

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "Mastodon's JSON")
        match answer:
            case {"error": said}:
                sort = json_api.refused(str(said))
                yield Problem(response.url, f"the instance refuses: {said}", "try another instance that shows this hashtag to everybody: a login is never used" if sort == "login" else "look at the address in a browser", sort)
            case {"ancestors": list(), "descendants": list(answers)}:
                yield from self._answers(response, place, answers)
            case {"id": _, "account": dict()}:
                yield from self._posts(response, place, [answer])
            case list(posts):
                yield from self._posts(response, place, posts)
                target = json_api.linked(response)
                if posts and target and not place.older(written(posts[-1])):
                    yield json_api.following(response, place, target, urlsplit(place.options.url).hostname or "")
            case _:
                yield problem or Problem(response.url, "is JSON, but holds no posts of Mastodon", "check the address in a browser", "changed")

    def shows_replies(self, place: Place) -> bool | None:
        return True if staffed(place) else None

    def _posts(self, response: Response, place: Place, rows: list[Any]) -> Iterator[Drawn]:
        def read(row: dict[str, Any]) -> Iterator[Drawn]:
            account, created = row["account"], times.read(row["created_at"])
            if not speaks(row, place) or shuns(account, place) or (created and place.older(created.latest)):
                return
            key, answered = json_api.key(row["id"]), row.get("replies_count") or 0
            yield Review(key, words(row), author=_name(account), author_id=_full(account), created=created, edited=times.read(row.get("edited_at")), url=json_api.text(row.get("url") or row.get("uri")),
                         language=json_api.text(row.get("language")), complete=answered == 0)
            if answered and staffed(place):
                parts = urlsplit(response.url)
                yield self.ask(f"{parts.scheme}://{parts.netloc}/api/v1/statuses/{quote(key)}/context", item=key, mark=f"replies={answered} edited={row.get('edited_at')}")
        yield from _counting(response, place, each(rows, read, response.url, lambda row: row.get("id")))

    def _answers(self, response: Response, place: Place, rows: list[Any]) -> Iterator[Drawn]:
        """What was written below a post. The response does not name the post: its address does, or what the first answers answer; they name its author."""
        named = _CONTEXT.search(response.url)
        there = {str(r.get("id")) for r in rows if isinstance(r, dict)}
        key = unquote(named[1]) if named else next((str(r["in_reply_to_id"]) for r in rows if isinstance(r, dict) and r.get("in_reply_to_id") and str(r["in_reply_to_id"]) not in there), None)
        asker = next((str(r.get("in_reply_to_account_id")) for r in rows if isinstance(r, dict) and str(r.get("in_reply_to_id")) == key), None)

        def read(row: dict[str, Any]) -> Iterator[Drawn]:
            account = row["account"]
            who, basis = role(account, place, asker)
            seen_by_all = ("public", "unlisted") if who in ANSWERING else ("public",)       # a company's answers are often left out of timelines
            if row.get("visibility", "public") in seen_by_all and (who in ANSWERING or not shuns(account, place)):
                yield Reply(words(row), who, basis, json_api.key(row["id"]), _name(account), _full(account), times.read(row["created_at"]), times.read(row.get("edited_at")), review=key)
        yield from _counting(response, place, each(rows, read, response.url, lambda row: row.get("id")))


def _counting(response: Response, place: Place, drawn: Iterable[Drawn]) -> Iterator[Drawn]:
    """What was drawn, and how many more accounts asked to be left alone."""
    before = len(place.memory.get("shunning", ()))
    yield from drawn
    if more := len(place.memory.get("shunning", ())) - before:
        yield Problem(response.url, f"{more} account{'s ask' if more > 1 else ' asks'} not to be indexed", "their posts are left out")


def staffed(place: Place) -> bool:
    """Whether the study says who answers for the company: Mastodon marks nobody."""
    return bool(place.source.staff or (place.company and place.company.accounts))


def speaks(row: dict[str, Any], place: Place) -> bool:
    """Whether a post is what a customer says: in public, neither the company's own nor a machine's, no boost, and no answer to others than the company.

    What somebody adds below their own post comes with the answers to that.
    """
    account, to = row["account"], row.get("in_reply_to_account_id")
    asked = [m for m in row.get("mentions") or [] if isinstance(m, dict) and m.get("id") == to]
    return (row.get("visibility", "public") == "public" and row.get("reblog") is None and not account.get("bot") and not _ours(account, place)
            and (row.get("in_reply_to_id") is None or any(_ours(m, place) for m in asked)))


def shuns(account: dict[str, Any], place: Place) -> bool:
    """Whether an account asks not to be indexed, by its settings or in what it says of itself."""
    asks = account.get("noindex") is True or account.get("indexable") is False or _NO_BOTS.search(texts.plain(str(account.get("note") or "")))
    if asks:
        place.memory.setdefault("shunning", set()).add(_full(account))
    return bool(asks)


def role(account: dict[str, Any], place: Place, asker: str | None) -> tuple[str, str]:
    """Who answered, and on what ground."""
    if _ours(account, place):
        return "staff", "study"
    return "customer" if asker and str(account.get("id")) == asker else "bot" if account.get("bot") else "other", "source"


def words(row: dict[str, Any]) -> str | None:
    """What a post says, its content warning first; without the link that an instance adds where another post is quoted."""
    content = BeautifulSoup(row.get("content") or "", "lxml")
    said = texts.of(content, without=tuple(content.select(".quote-inline")))
    return "\n\n".join(filter(None, (texts.plain(row.get("spoiler_text") or ""), said))) or None


def written(row: Any) -> Any:
    """When a post was written, None where it does not say."""
    try:
        moment = times.read(row["created_at"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment.latest if moment else None


def _ours(account: dict[str, Any], place: Place) -> bool:
    return place.staff(json_api.text(account.get("acct")), _full(account), json_api.text(account.get("username")))


def _full(account: dict[str, Any]) -> str | None:
    """name@instance, also where an account is of the instance that was asked."""
    acct, host = json_api.text(account.get("acct")), urlsplit(str(account.get("url") or "")).netloc
    return acct if acct is None or "@" in acct or not host else f"{acct}@{host}"


def _name(account: dict[str, Any]) -> str | None:
    return json_api.text(account.get("display_name")) or json_api.text(account.get("username"))
