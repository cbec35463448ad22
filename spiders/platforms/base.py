"""What all sources share. A source says which requests begin a place and what a response holds; the rest is here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any, ClassVar

import scrapy
from pydantic import BaseModel, ConfigDict, ValidationError
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.misc import arg_to_iter
from twisted.python.failure import Failure

from enrich import study as studies
from enrich.mistakes import Mistake
from enrich.records import Page, Problem, Reply, Review, Total

Drawn = Review | Reply | Problem | Total | Request
"""What a response may hold."""

BATCH = 500
"""Records from one file that pass the pipelines together."""


class Options(BaseModel):
    """What a source needs to know of a place, and may be told: the keys of `[[companies.sources]]` that are its own."""

    model_config = ConfigDict(extra="forbid")


@dataclass(slots=True)
class Place:
    """One company's place on the source, and how its crawl goes."""

    profile: str
    options: Any                             # the source's own Options
    source: studies.Source
    company: studies.Company | None = None
    seen_at: datetime | None = None          # for a file: when its texts were gathered
    since: datetime | None = None
    requests: int = 0
    responses: int = 0
    problems: list[Problem] = field(default_factory=list)    # wait for the next page
    memory: dict[str, Any] = field(default_factory=dict)     # what a source remembers between the responses of one place

    def staff(self, *names: str | None) -> bool:
        """Whether one of the names is an account that study.toml lists as answering for the company."""
        known = {a.casefold().lstrip("@") for a in (*self.source.staff, *(self.company.accounts if self.company else ()))}
        return any(name and name.casefold().lstrip("@") in known for name in names)

    def older(self, moment: datetime | None) -> bool:
        """Whether a moment lies before what this crawl asks for."""
        return self.since is not None and moment is not None and moment < self.since


class NotCrawled(IgnoreRequest):
    """A request that policy.toml does not allow, with what may be done instead."""

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(why)
        self.instead = instead


class SourceSpider(scrapy.Spider):
    """Base of all sources. A subclass states what it is and overrides `begin` and `draw`, and `recognise` where it has addresses.

    Arguments (`-a`): `study` (its file or folder), `company`, `profile` (ids, with commas), `since` (a day). Without a study it can only `draw`.
    """

    title: ClassVar[str]
    """What the source is, for people."""
    replies_visible: ClassVar[bool | None] = None
    """Whether the source shows company replies: True, False, or None where it depends on the place."""
    audience: ClassVar[str] = "customer"
    reads_any_page: ClassVar[bool] = False
    """Whether it can try any page: it recognises an address only where no other source does."""
    is_file: ClassVar[bool] = False
    """Whether its places are files that were gathered at a stated time."""
    options: ClassVar[type[Options]] = Options

    def __init__(self, *, study: str | None = None, company: str | None = None, profile: str | None = None, since: str | None = None, **unknown: str) -> None:
        super().__init__()
        if unknown:
            raise Mistake(f"unknown argument: {', '.join(unknown)}", cure="known: study, company, profile, since")
        self.study = studies.load(study) if study else None
        self.since = _day(since) if since else None
        self.places = {p.profile: p for p in self._places(company, profile)} if self.study else {}

    # what a source overrides

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        """The options of the place that a public address shows, or None where the address is not this source's."""
        return None

    def begin(self, place: Place) -> Iterable[Drawn]:
        """First requests of a place; a file source yields its records here."""
        yield self.ask(place.options.url)

    def draw(self, response: Response, place: Place) -> Iterable[Drawn]:
        """What a response holds: reviews with their replies, replies without their review, problems, and requests that follow.

        It depends on nothing but the response and the place, so that a saved response can be tried with `rapport parse`.
        """
        raise NotImplementedError

    # what a source may use

    @staticmethod
    def ask(url: str, **kwargs: Any) -> Request:
        """A request that comes back to `draw`."""
        return Request(url, **kwargs)

    # the crawl

    async def start(self) -> AsyncIterator[Any]:
        if self.study is None:
            raise Mistake("a crawl needs a study", cure=f"scrapy crawl {self.name} -a study=FOLDER")
        for profile in self.places:
            # An empty page stands before every place, because items that `start` itself yields keep Scrapy from stopping when it is told to.
            yield Request("data:,", callback=self._begin, cb_kwargs={"profile": profile}, dont_filter=True)

    async def _begin(self, response: Response, profile: str) -> AsyncIterator[Page | Request]:
        place = self.places[profile]
        for item in self._batches(self.begin(place), place):
            yield item
            await asyncio.sleep(0)           # a long file would keep Ctrl-C waiting
            slot = self.crawler.engine._slot if self.crawler.engine else None
            if slot is not None and slot.closing is not None:           # Ctrl-C in the middle of a file: what was read is kept, the rest waits
                return

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Page | Request]:
        place = self.places[response.meta["profile"]]
        place.responses += 1
        page = self._page(place, response.url, response.body, response.status)
        try:
            for drawn in self.draw(response, place):
                if isinstance(drawn, Request):
                    yield self._send(drawn, place)
                else:
                    put(page, drawn)
        except LAYOUT_ERRORS as error:
            page.problems.append(Problem(response.url, f"its layout is not the one that {self.name} knows: {type(error).__name__}: {error}",
                                         "save the page and report it: the source may have changed"))
            self.logger.exception("the layout of %s is not known", response.url)
        yield page

    def failed(self, failure: Failure) -> Iterator[Page]:
        """A request that brought nothing: named with its cause, never passed over."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        place = self.places[request.meta["profile"]]
        error = failure.value
        status = None
        if isinstance(error, HttpError):
            place.responses += 1
            status = error.response.status
            what, cure = HTTP.get(status, (f"the site answered with status {status}", "look at the address in a browser"))
        elif isinstance(error, NotCrawled):
            what, cure = str(error), error.instead
        elif isinstance(error, IgnoreRequest):             # the only other one who ignores is Scrapy's robots.txt middleware
            what, cure = "robots.txt forbids this address", "ask the site for permission, or import an export of your own"
        else:
            what, cure = f"could not be fetched: {type(error).__name__}: {error}", "check the connection and the address, then crawl again"
        page = self._page(place, request.url, b"", status)
        page.problems.append(Problem(request.url, what, cure))
        yield page

    def _places(self, company: str | None, profile: str | None) -> Iterator[Place]:
        assert self.study is not None
        wanted = self.study.company(company) if company else None
        for c in self.study.companies:
            for s in c.sources:
                if s.source != self.name or (wanted and c is not wanted) or (profile and c.profile(s) not in profile.split(",")):
                    continue
                own = {k: v for k, v in s.options.items() if k in self.options.model_fields or k not in studies.Source.model_fields}
                seen = s.collected_at
                if seen is not None and not isinstance(seen, datetime):
                    seen = datetime(seen.year, seen.month, seen.day, 23, 59, 59)      # gathered some time that day: no reply of the day came after it
                try:
                    options = self.options.model_validate(own)
                except ValidationError as error:
                    raise Mistake("\n".join(f"`{'.'.join(map(str, e['loc']))}`: {e['msg']}" for e in error.errors()), place=f"{self.study.path}, {c.name} on {self.name}",
                                  cure="`rapport check` names the line, `rapport sources` what the source needs") from None
                yield Place(c.profile(s), options, s, c, seen.replace(tzinfo=seen.tzinfo or UTC) if seen else None, self.since)

    def _batches(self, drawn: Iterable[Drawn], place: Place) -> Iterator[Page | Request]:
        page, n = self._page(place, place.source.key, b"", None), 0
        for item in drawn:
            if isinstance(item, Request):
                yield self._send(item, place)
                continue
            put(page, item)
            n += 1
            if n >= BATCH:
                yield page
                page, n = self._page(place, place.source.key, b"", None), 0
        if n:
            yield page

    def _send(self, request: Request, place: Place) -> Request:
        place.requests += 1
        return request.replace(callback=self.parse, errback=self.failed, meta={**request.meta, "profile": place.profile})

    @staticmethod
    def _page(place: Place, url: str, body: bytes, status: int | None) -> Page:
        return Page(place.profile, url, place.seen_at or datetime.now(UTC), status, blake2b(body, digest_size=16).hexdigest(), len(body))


LAYOUT_ERRORS = (KeyError, IndexError, AttributeError, TypeError, ValueError, RecursionError)
"""What reading a page raises when its layout has changed; anything else is a fault of ours and stops loudly."""

HTTP = {
    401: ("the site wants a login (status 401)", "import an export of your own instead: a login is never used"),
    403: ("the site refuses programs (status 403)", "import an export of your own instead: a block is never worked around"),
    404: ("there is no such page (status 404)", "check the address in study.toml"),
    410: ("the page was removed (status 410)", "check the address in study.toml"),
    429: ("the site asks for a pause (status 429)", "crawl again later, with a longer DOWNLOAD_DELAY"),
    503: ("the site is not available, or refuses programs (status 503)", "crawl again later"),
}


def _day(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Mistake(f"{text!r} is no day", place="since", cure="write it like 2026-03-31") from None


def put(page: Page, drawn: Review | Reply | Problem | Total) -> None:
    """Adds what was drawn to its page."""
    match drawn:
        case Review():
            page.reviews.append(drawn)
        case Reply():
            page.replies.append(drawn)
        case Problem():
            page.problems.append(drawn)
        case Total():
            page.total = drawn.reviews


def each(rows: Iterable[Any], read: Callable[[Any], Iterable[Drawn]], place: str, name: Callable[[Any], Any] = lambda row: None) -> Iterator[Drawn]:
    """What `read` draws from every row; a row that it cannot read is one problem that names it, and the others go in.

    `place` is where the rows stand (an address), `name` what a row is called there (its id).
    """
    for n, row in enumerate(rows, 1):
        try:
            drawn = list(read(row))
        except LAYOUT_ERRORS as error:
            called = name(row) if isinstance(row, dict) else None
            yield Problem(place, f"record {n}{f' ({called})' if called else ''} cannot be read: {type(error).__name__}: {error}", "it is left out; the others went in")
        else:
            yield from drawn


def seen(response: Response, place: Place) -> datetime:
    """When a response was seen, which "2 weeks ago" counts from: as the place says, as the server says, or now."""
    stamp = (response.headers.get("Date") or b"").decode("latin-1")
    with suppress(ValueError):
        return place.seen_at or parsedate_to_datetime(stamp)
    return datetime.now(UTC)


UNKNOWN = "https://site.invalid/"
"""Stands for the address of a saved page whose address was not said (a host that exists nowhere, by RFC 2606)."""


def sample(spider: SourceSpider, url: str, options: dict[str, Any], seen_at: datetime | None = None) -> Place:
    """A place without a study, to try a saved response with: options as given, as its address shows, or as they default.

    Raises pydantic's ValidationError where an option is unknown or does not fit.
    """
    fields = spider.options.model_fields
    needed = {k: UNKNOWN if k == "url" else "unknown" for k, f in fields.items() if f.is_required()}
    shown = {k: v for k, v in {"url": url, **(spider.recognise(url) or {})}.items() if k in fields}
    made = spider.options.model_validate(needed | shown | options)
    return Place("sample", made, studies.Source.model_validate({"source": spider.name, **made.model_dump()}), seen_at=seen_at or datetime.now(UTC))


def items(value: Any) -> list[Any]:
    """A value as a list: many formats write one thing bare and several in a list."""
    return list(arg_to_iter(value))
