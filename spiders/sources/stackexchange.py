"""Stack Exchange (Stack Overflow and its sisters): questions with a tag, with their answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup
from pydantic import Field
from scrapy.http import Request, Response

from enrich import times
from enrich.records import Problem, Reply, Review
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

API = "https://api.stackexchange.com/2.3/questions"
LAST_PAGE = 25
"""Pages above it want a key."""
LONGEST_PAUSE = 600
"""Seconds that a crawl waits where the API asks for a pause; a longer one ends it by name."""
_SITE = r"(?:[\w-]+\.)*(?:stackoverflow|stackexchange|superuser|serverfault|askubuntu|stackapps)\.com|(?:meta\.)?mathoverflow\.net"


class StackExchangeOptions(Options):
    id: str = Field(description="the site and the tags, as stackoverflow.com/TAG (all of several with ; between), or a whole site", pattern=r"^[\w.-]+(/[^\s/]+)?$")


class StackExchange(SourceSpider):
    """Questions of a tag by the Stack Exchange API, and the answers of a hundred of them at once."""

    name = "stackexchange"
    title = "Stack Exchange questions (Stack Overflow and others)"
    gathers = "questions with a tag on Stack Overflow and its sisters, with the answers (the company's people: `staff`)"
    limits = "300 requests a day, and no question past the 25th page of a list"
    per_request = 50
    replies_visible = True
    tells_changes = lists_all = True
    options = StackExchangeOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        if url.startswith(API):
            asked = json_api.query(url)
            return {"id": "/".join(filter(None, (asked["site"], asked.get("tagged"))))} if "site" in asked else None
        found = re.match(rf"https?://(?:www\.)?({_SITE})/(?:questions/tagged|tags)/([^/?#]+)", url)
        if found:
            tags = [unquote(t) for t in re.split(r"\+|%20| ", found[2])]
            return {"id": f"{found[1]}/{';'.join(tags)}"} if "or" not in tags else None       # the API knows only "and"
        whole = re.match(r"https?://((?!api\.)[\w-]+\.stackexchange\.com)(?:/(?:questions)?/?(?:[?#]|$)|$)", url)
        return {"id": whole[1]} if whole else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        yield self.ask(_listing(place))

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "the Stack Exchange API's JSON")
        match answer:
            case {"items": list(rows)} if not rows or any(isinstance(r, dict) and "question_id" in r for r in rows):
                yield from self._rows(response, place, answer, rows)
            case {"error_message": str(said)}:
                yield Problem(response.url, f"the API refuses: {said}", "where it names a limit, crawl again tomorrow: without a key it allows 300 requests a day", json_api.refused(f"{said} {answer.get('error_name')}"))
            case _:
                yield problem or Problem(response.url, "is JSON, but holds neither questions nor answers of Stack Exchange", "check the address in a browser", "changed")

    def _rows(self, response: Response, place: Place, answer: dict[str, Any], rows: list[Any]) -> Iterator[Drawn]:
        waiting: list[str] = []                  # questions whose answers did not come with them
        yield from each(rows, lambda row: _answer(row, place) if "answer_id" in row else _question(row, place, waiting), response.url, lambda row: row.get("answer_id") or row.get("question_id"))
        if rows and not any(isinstance(r, dict) and {"body", "body_markdown"} & set(r) for r in rows):
            yield Problem(response.url, "its records have no texts", "ask the API with filter=withbody")
        first = response.url.startswith(f"{API}?") and json_api.query(response.url).get("page") == "1"
        if not rows and first and place.changed_since is None:
            yield Problem(response.url, f"there is no question at {place.options.id}", "check the site and the spelling of the tag", "gone")
        asked: list[Request] = [self.ask(_answers(place, waiting))] if waiting else []
        if answer.get("has_more"):
            answers = any(isinstance(r, dict) and "answer_id" in r for r in rows)
            page = json_api.count(json_api.query(response.url).get("page")) or json_api.count(answer.get("page")) or 1
            if answers and not response.url.startswith(API):
                yield Problem(response.url, "more answers follow, but the page does not say to which questions", "state the address it was saved from")
            elif page >= LAST_PAGE:
                yield Problem(response.url, f"more follow, but the API gives no page above {LAST_PAGE} without a key", "narrow the place to fewer questions, with a second tag", "capped")
            else:
                asked.append(self.more(json_api.with_query(response.url if response.url.startswith(API) else _listing(place), page=page + 1)))
        pause = json_api.count(answer.get("backoff")) or 0
        if asked and answer.get("quota_remaining") == 0:
            yield Problem(response.url, "the API's quota of the day is used up, and more follows", "crawl again tomorrow", "blocked")
        elif asked and pause > LONGEST_PAUSE:
            yield Problem(response.url, f"the API asks for a pause of {pause} seconds, and more follows", "crawl again after it", "blocked")
        else:
            yield from (request.replace(meta={"pause": pause + 1}) if pause else request for request in asked)


def _listing(place: Place) -> str:
    """By the day of asking: what is asked meanwhile moves questions to a later page, and none is missed. A later look wants those that were active since."""
    site, _, tags = place.options.id.partition("/")
    order = {"sort": "activity", "min": int(place.changed_since.timestamp())} if place.changed_since else {"sort": "creation"}
    return json_api.with_query(API, site=site, **({"tagged": tags} if tags else {}), **order, order="desc", page=1, pagesize=100, filter="withbody")


def _answers(place: Place, questions: list[str]) -> str:
    return json_api.with_query(f"{API}/{';'.join(questions)}/answers", site=place.options.id.partition("/")[0], sort="creation", order="asc", page=1, pagesize=100, filter="withbody")


def _question(row: dict[str, Any], place: Place, waiting: list[str]) -> Iterator[Drawn]:
    key, count, given = json_api.key(row["question_id"]), row.get("answer_count"), row.get("answers") or []
    if role(row, place)[1] == "study":           # what the company itself asks is no customer's word
        return
    place.memory.setdefault("askers", {})[key] = (row.get("owner") or {}).get("user_id")
    review = Review(key, words(row), title=unescape(json_api.text(row.get("title")) or "") or None, **_written(row), url=json_api.text(row.get("link")),
                    replies=[reply for a in given for reply in _answer({"question_id": key} | a, place)], complete=count == len(given))
    if not review.complete:
        waiting.append(key)
    yield review


def _answer(row: dict[str, Any], place: Place) -> Iterator[Reply]:
    (who, basis), key = role(row, place), json_api.key(row["question_id"])
    asker = place.memory.get("askers", {}).get(key)
    if who == "other" and asker is not None and (row.get("owner") or {}).get("user_id") == asker:
        who = "customer"
    yield Reply(words(row), who, basis, json_api.key(row["answer_id"]), **_written(row), review=key)


def role(row: dict[str, Any], place: Place) -> tuple[str, str]:
    """Who wrote it, and on what ground. Stack Exchange does not say who works for whom: only study.toml does (`staff`: names or numbers of accounts)."""
    owner = row.get("owner") or {}
    return ("staff", "study") if place.staff(unescape(owner.get("display_name") or ""), str(owner.get("user_id") or "")) else ("other", "source")


def words(row: dict[str, Any]) -> str | None:
    """What somebody wrote, without what they quote unless there is nothing else."""
    if not row.get("body"):
        return texts.tidy(unescape(row.get("body_markdown") or "")) or None
    body = BeautifulSoup(row["body"], "lxml")
    return texts.of(body, without=tuple(body.select("blockquote"))) or texts.of(body) or None


def _written(row: dict[str, Any]) -> dict[str, Any]:
    owner = row.get("owner") or {}
    return {"author": unescape(owner.get("display_name") or "") or None, "author_id": json_api.text(owner.get("user_id")), "created": times.read(row["creation_date"]),
            "edited": times.read(row.get("last_edit_date"))}
