"""GitHub: issues of a repository are what its users say, comments on them the replies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field
from scrapy.http import Request, Response

from enrich import times
from enrich.records import ANSWERING, Problem, Reply, Review, iso
from spiders.platforms import json_api, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

HOST = "api.github.com"
OURS = ("OWNER", "MEMBER", "COLLABORATOR")
"""How the author belongs to the repository, where that is the company's side."""
_NOT_PLACES = ("about|apps|collections|contact|customer-stories|enterprise|explore|features|login|marketplace|notifications|orgs|organizations|pricing|readme|search|security|settings|"
               "site|solutions|sponsors|team|topics|trending|users")


class GitHubOptions(Options):
    id: str = Field(description="the repository, as OWNER/NAME", pattern=r"^([\w.-]+/[\w.-]+|unknown)$")


class GitHub(SourceSpider):
    """All issues by GitHub's REST API, then all comments of the repository at once: a request for every issue would exceed the hourly limit."""

    name = "github"
    title = "GitHub issues"
    gathers = "issues of a repository, with their comments (pull requests are left out)"
    limits = "60 requests an hour without a name, 5,000 with `-s GITHUB_TOKEN=…`"
    per_request = 50
    replies_visible = True
    tells_changes = lists_all = True
    options = GitHubOptions
    custom_settings = {"DEFAULT_REQUEST_HEADERS": {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}}

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        found = re.match(rf"https?://(?:(?:www\.)?github\.com|api\.github\.com/repos)/(?!(?:{_NOT_PLACES})/)([\w.-]+/[\w.-]+?)(?:\.git)?(?:[/?#]|$)", url)
        return {"id": found[1]} if found else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        # newest first: what is opened meanwhile moves rows to a later page, and none is missed
        yield self.ask(self._address(place, place.options.id, "issues", state="all", sort="created", direction="desc"))

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "GitHub's JSON")
        rows = answer if isinstance(answer, list) else [answer] if isinstance(answer, dict) and {"number", "issue_url"} & set(answer) else None
        if rows is None:
            yield problem or _refusal(response, answer)
            return
        yield from each(rows, lambda row: _comment(row, place) if "issue_url" in row else _issue(row, place), response.url, lambda row: row.get("id"))
        if isinstance(answer, dict):
            return
        target = json_api.linked(response)
        if target is None and "/issues/comments" not in response.url and (repository := _repository(rows, place)):
            target = self._address(place, repository, "issues/comments", sort="created", direction="asc")
        if target and response.headers.get("X-RateLimit-Remaining") == b"0":
            reset = times.read((response.headers.get("X-RateLimit-Reset") or b"").decode("latin-1"))
            yield Problem(response.url, "GitHub's limit of requests is used up, and more pages follow", f"crawl again {f'after {iso(reset.latest)}' if reset else 'in an hour'}, or with -s GITHUB_TOKEN=…", "blocked")
        elif target:
            yield json_api.following(response, place, target, HOST)

    def _send(self, request: Request, place: Place) -> Request:
        """Anonymous, unless a token was given on purpose: it raises the hourly limit from 60 to 5,000 requests."""
        if (token := self.settings.get("GITHUB_TOKEN")) and request.url.startswith(f"https://{HOST}/"):
            request.headers["Authorization"] = f"Bearer {token}"
        return super()._send(request, place)

    @staticmethod
    def _address(place: Place, repository: str, what: str, **asked: str) -> str:
        since = {"since": iso(place.changed_since)} if place.changed_since else {}
        return json_api.with_query(f"https://{HOST}/repos/{repository}/{what}", **asked, per_page=100, **since)


def _refusal(response: Response, answer: Any) -> Problem:
    """What GitHub says in place of rows: most of it by a status that the answer's own words repeat."""
    said = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(said, str):
        return Problem(response.url, "is JSON, but holds no issues or comments", "check the address in a browser", "changed")
    return Problem(response.url, f"GitHub refuses: {said:.200}", "check the name of the repository; where a limit is named, crawl again in an hour, or with -s GITHUB_TOKEN=…", json_api.refused(said))


def _issue(row: dict[str, Any], place: Place) -> Iterator[Drawn]:
    (who, basis), key, user = role(row, place), json_api.key(row["number"]), row.get("user") or {}
    if "pull_request" in row or who == "bot" or basis == "study":        # work on the code, and what the company itself files
        place.memory.setdefault("left_out", set()).add(key)
        return
    place.memory.setdefault("askers", {})[key] = user.get("login")
    # `updated_at` moves with every comment: it is no edit
    yield Review(key, words(row), title=json_api.text(row.get("title")), author=json_api.text(user.get("login")), author_id=json_api.text(user.get("id")), created=times.read(row["created_at"]),
                 url=json_api.text(row.get("html_url")), complete=row.get("comments") == 0)


def _comment(row: dict[str, Any], place: Place) -> Iterator[Reply]:
    (who, basis), key, user = role(row, place), json_api.key(row["issue_url"].rpartition("/")[2]), row.get("user") or {}
    if key in place.memory.get("left_out", ()):
        return
    asker = place.memory.get("askers", {}).get(key)
    if who not in ("bot", *ANSWERING) and asker and user.get("login") == asker:
        who = "customer"
    created, updated = times.read(row["created_at"]), times.read(row.get("updated_at"))
    yield Reply(words(row), who, basis, json_api.key(row["id"]), json_api.text(user.get("login")), json_api.text(user.get("id")), created, updated if updated != created else None, review=key)


def role(row: dict[str, Any], place: Place) -> tuple[str, str]:
    """Who wrote it, and on what ground: as study.toml says, else as GitHub does."""
    user = row.get("user") or {}
    if place.staff(user.get("login")):
        return "staff", "study"
    return "bot" if user.get("type") == "Bot" else "staff" if row.get("author_association") in OURS else "other", "source"


def words(row: dict[str, Any]) -> str | None:
    """What somebody wrote, as Markdown: without a form's hidden hints, and without quoted lines unless there is nothing else."""
    shown = re.sub(r"<!--.*?(?:-->|\Z)", "", row.get("body") or "", flags=re.S)
    return texts.tidy(re.sub(r"^ {0,3}>.*$", "", shown, flags=re.M)) or texts.tidy(shown) or None


def _repository(rows: list[Any], place: Place) -> str | None:
    """Of the issues of a page: as the place says, else as they do; None where the rows are comments."""
    if any(isinstance(row, dict) and "issue_url" in row for row in rows):
        return None
    if place.options.id != "unknown":
        return str(place.options.id)
    found = next((m for row in rows if isinstance(row, dict) and (m := re.search(r"/repos/([^/]+/[^/]+)$", str(row.get("repository_url"))))), None)
    return found[1] if found else None
