"""What all sources share. A source says which requests begin a place and what a response holds; the rest is here."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from itertools import chain
from typing import Any, ClassVar

import scrapy
from pydantic import BaseModel, ConfigDict, ValidationError
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.misc import arg_to_iter
from twisted.python.failure import Failure

from enrich import archive
from enrich import study as studies
from enrich.ledger import Run
from enrich.mistakes import Mistake
from enrich.records import Page, Part, Problem, Reply, Review, Total
from spiders.platforms import pages

Drawn = Review | Reply | Problem | Total | Part | Request
"""What a response may hold."""

OWN_META = "own"
"""Key of a request's meta that lists the keys which its source gave it."""
_HALF = re.compile("[\ud800-\udfff]")
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
    run: Run | None = None                   # what is known of the place, where its crawl is stored
    requests: int = 0                        # as they went out: what is refused before costs nothing, what is asked for again costs again
    responses: int = 0
    skipped: int = 0                         # requests that were not needed, because the list says that nothing changed
    asked: set[str] = field(default_factory=set)             # addresses
    came: set[str] = field(default_factory=set)              # ids of reviews
    listed: set[str] = field(default_factory=set)            # items that the lists named
    ends: list[str] = field(default_factory=list)            # sorts of problems of its lists (records.SORTS)
    items: Counter[str] = field(default_factory=Counter)     # and of its items' own pages; under "" how many were read
    settled: bool = False                                    # a list was left where everything in it was known
    memory: dict[str, Any] = field(default_factory=dict)     # what a source remembers between the responses of one place

    @property
    def whole(self) -> bool:
        """Whether its lists are read to their end, and not only down to what is known."""
        return self.run is None or self.run.whole

    @property
    def changed_since(self) -> datetime | None:
        """From when on a source that tells changes is to tell them: as the user asks, or since the last good look."""
        return self.since or (None if self.whole or self.run is None else self.run.last_look)

    def staff(self, *names: str | None) -> bool:
        """Whether one of the names is an account that study.toml lists as answering for the company."""
        known = {a.casefold().lstrip("@") for a in (*self.source.staff, *(self.company.accounts if self.company else ()))}
        return any(name and name.casefold().lstrip("@") in known for name in names)

    def older(self, moment: datetime | None) -> bool:
        """Whether a moment lies before what this crawl asks for."""
        return self.since is not None and moment is not None and moment < self.since


class NotCrawled(IgnoreRequest):
    """A request that is not sent, or whose answer is not taken: why, what may be done instead, and its sort (records.SORTS)."""

    def __init__(self, why: str, instead: str, sort: str = "refused") -> None:
        super().__init__(why)
        self.instead, self.sort = instead, sort


class SourceSpider(scrapy.Spider):
    """Base of all sources. A subclass states what it is and overrides `begin` and `draw`, and `recognise` where it has addresses.

    Arguments (`-a`): `study` (its file or folder), `company`, `profile` (ids, with commas), `since` (a day), `full` (1: read all lists to their end),
    `replay` (1: read the kept responses again instead of asking for new ones).
    Without a study it can only `draw`.
    """

    title: ClassVar[str]
    """What the source is, for people."""
    gathers: ClassVar[str] = ""
    """What it gathers, in a few words that go on from its name: the README's table of sources is made of these."""
    limits: ClassVar[str] = ""
    """What it cannot give, in a few words; empty where nothing is known to be missing."""
    per_request: ClassVar[int | None] = None
    """How many reviews one request for a page of its list brings, about; None for files."""
    own_page: ClassVar[bool] = False
    """Whether each review's own page is read too: one request more for each."""
    reply_times: ClassVar[bool] = True
    """Whether the replies that it shows say when they were written."""
    replies_visible: ClassVar[bool | None] = None
    """Whether the source shows company replies: True, False, or None where it depends on the place."""
    population: ClassVar[str]
    """What its reviews stand for (tables.Profile.population), whatever study.toml says; only sources that know it state it."""
    audience: ClassVar[str] = "customer"
    reads_any_page: ClassVar[bool] = False
    """Whether it can try any page: it recognises an address only where no other source does."""
    is_file: ClassVar[bool] = False
    """Whether its places are files that were gathered at a stated time."""
    dates_itself: ClassVar[bool] = False
    """Whether each of its files may say when it was seen: today never stands for that, and it gives finished pages."""
    newest_first: ClassVar[bool] = False
    """Whether its lists run from the newest to the oldest, by creation or by activity: a later crawl then stops where everything is known."""
    by_activity: ClassVar[bool] = False
    """Whether that order is by activity: where all that a list shows first is unchanged, so is the rest."""
    tells_changes: ClassVar[bool] = False
    """Whether it can be asked for what changed since a moment (`place.changed_since`): a later crawl then reads nothing else."""
    lists_all: ClassVar[bool] = False
    """Whether its lists, read to their end, show every review that still stands: one that is not there has vanished."""
    options: ClassVar[type[Options]] = Options

    def __init__(self, *, study: str | None = None, company: str | None = None, profile: str | None = None, since: str | None = None,
                 full: str | None = None, replay: str | None = None, **unknown: str) -> None:
        super().__init__()
        if unknown:
            raise Mistake(f"unknown argument: {', '.join(unknown)}", cure="known: study, company, profile, since, full, replay")
        self.study = studies.load(study) if study else None
        self.since = _day(since) if since else None
        self.full, self.replay = full == "1", replay == "1"
        self.places = {p.profile: p for p in self._places(company, profile)} if self.study else {}

    # what a source overrides

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        """The options of the place that a public address shows, or None where the address is not this source's."""
        return None

    def begin(self, place: Place) -> Iterable[Drawn | Page]:
        """First requests of a place; a file source yields its records here, or whole pages, each with its own time."""
        yield self.ask(place.options.url)

    def draw(self, response: Response, place: Place) -> Iterable[Drawn]:
        """What a response holds: reviews with their replies, replies without their review, problems, and requests that follow.

        It depends on nothing but the response and the place, so that a saved response can be tried with `rapport parse`.
        """
        raise NotImplementedError

    def look(self, place: Place, id: str) -> Request | None:
        """The request for the own page of a known review, by its id at the source; None where it has none.

        A later crawl looks again at what may still change, without reading the whole list for it.
        """
        return None

    def shows_replies(self, place: Place) -> bool | None:
        """Whether a place shows company replies, where its source alone does not tell: asked before its crawl and after it. None: not known."""
        return self.replies_visible

    # what a source may use

    @staticmethod
    def ask(url: str, *, item: str | None = None, mark: str | None = None, rest: bool = False, **kwargs: Any) -> Request:
        """A request that comes back to `draw`.

        `item` is the id at the source of the one review whose own page it is, `mark` what the list says of it (how many posts, when the last
        one came): as long as a list says the same, a later crawl need not read the page again. No mark: it is read whenever it is listed. `rest`: a later part
        of that page: where it is missing, the review itself may still be there.
        """
        request = Request(url, **kwargs)
        return request.replace(meta={**request.meta, "item": item, "mark": mark, **({"rest": True} if rest else {})}) if item is not None else request

    @staticmethod
    def more(url: str, **kwargs: Any) -> Request:
        """A request for the next page of a list, which comes back to `draw`; a later crawl does not send it where everything before it is known."""
        request = Request(url, **kwargs)
        return request.replace(meta={**request.meta, "more": True})

    # the crawl

    async def start(self) -> AsyncIterator[Any]:
        if self.study is None:
            raise Mistake("a crawl needs a study", cure=f"scrapy crawl {self.name} -a study=FOLDER")
        for profile in self.places:
            # An empty page stands before every place, because items that `start` itself yields keep Scrapy from stopping when it is told to.
            yield Request("data:,", callback=self._replay if self.replay else self._begin, cb_kwargs={"profile": profile}, dont_filter=True)

    async def _begin(self, response: Response, profile: str) -> AsyncIterator[Page | Request]:
        place = self.places[profile]
        for item in self._batches(chain(self.begin(place), self._again(place)), place):
            yield item
            await asyncio.sleep(0)           # a long file would keep Ctrl-C waiting
            slot = self.crawler.engine._slot if self.crawler.engine else None
            if slot is not None and slot.closing is not None:           # Ctrl-C in the middle of a file: what was read is kept, the rest waits
                return

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Page | Request]:
        place = self.places[response.meta["profile"]]
        place.responses += 1
        page = self._page(place, response)
        requests = self._fill(page, response, place)
        yield from self._follow(requests, page, place)
        yield self._ended(page, place)

    def _fill(self, page: Page, response: Response, place: Place) -> list[Request]:
        """Puts what a response holds into its page; returns the requests that follow."""
        requests: list[Request] = []
        page.problems += pages.damage(response)
        try:
            for drawn in self.draw(response, place):
                if isinstance(drawn, Request):
                    requests.append(drawn)
                else:
                    put(page, drawn)
        except LAYOUT_ERRORS as error:
            page.problems.append(Problem(response.url, f"its layout is not the one that {self.name} knows: {type(error).__name__}: {error}",
                                         "save the page and report it: the source may have changed", "changed"))
            self.logger.info("the layout of %s is not known", response.url, exc_info=True)       # for developers: everybody else is told by the problem
        return requests

    async def _replay(self, response: Response, profile: str) -> AsyncIterator[Page]:
        """Reads the kept responses of a place again, in the order in which they came, without a request."""
        assert self.study is not None
        place = self.places[profile]
        crawl = None
        for seen_at, where, reviews, of in place.run.archived() if place.run else ():
            if of != crawl:
                crawl = of
                place.memory.clear()         # another crawl: its pages repeat none of this one's
            page = self._read_again(archive.read(self.study, where), seen_at, where, reviews, place)
            yield self._ended(page, place)
            await asyncio.sleep(0)

    def _read_again(self, kept: archive.Kept | None, seen_at: str, where: str, reviews: int, place: Place) -> Page:
        if kept is None:
            page = self._stretch(place)
            page.problems.append(Problem(where, "is no longer in the archive", "nothing is lost by it: what was drawn from it stays"))
            return page
        kind = responsetypes.from_args(headers=Headers(kept.headers), url=kept.url, body=kept.body)
        response = kind(kept.url, status=kept.status, headers=kept.headers, body=kept.body, request=Request(kept.url, meta={**kept.meta, "archive": where}))
        page = replace(self._page(place, response), seen_at=datetime.fromisoformat(seen_at))
        place.responses += 1
        self._fill(page, response, place)
        if len(page.reviews) < reviews:
            page.problems.append(Problem(kept.url, f"{reviews} reviews were drawn from this page when it came, and {len(page.reviews)} now",
                                         "if the parser got worse, mend it and replay again: what was drawn before stays"))
        return page

    def _follow(self, requests: list[Request], page: Page, place: Place) -> Iterator[Request]:
        """Sends what a page leads to. A list is not read on where everything on its page is known, nor where it begins again."""
        settled = self.newest_first and not place.whole and place.run is not None and bool(page.reviews) and place.run.settled(page)
        ids = {r.id for r in page.reviews if r.id is not None}
        again = bool(ids) and ids <= place.came and place.source.key != ""
        place.came |= ids
        items = [r for r in requests if r.meta.get("item") is not None]
        sent = [s for r in items if (s := self._item(r, page, place))]
        unchanged = self.newest_first and not place.whole and bool(items) and len(page.still) == len(items)
        page.still_rest = unchanged and self.by_activity
        settled = settled or (unchanged and (self.by_activity or not page.reviews))
        yield from sent
        for request in requests:
            if request.meta.get("item") is not None:
                continue
            if request.meta.get("more"):
                if settled:
                    place.settled = True
                    continue
                if again or request.url in place.asked and not request.dont_filter:
                    page.problems.append(Problem(page.url, "the list begins again here: it gives what it gave before, and the rest cannot be reached", "crawl again later", "repeating"))
                    continue
            yield self._send(request, place)

    def _item(self, request: Request, page: Page, place: Place) -> Request | None:
        """The request for an item's own page, unless it was sent before, or the list says that nothing changed there."""
        item, mark = request.meta["item"], request.meta.get("mark")
        place.listed.add(item)
        if not place.whole and place.run is not None and mark is not None and place.run.marked(item) == mark:
            page.still.append(item)
            place.skipped += request.url not in place.asked
            return None
        return self._send(request, place) if request.url not in place.asked else None

    def _again(self, place: Place) -> Iterator[Request]:
        """Looks at known reviews that may still change, by their own pages."""
        if place.run is not None and not place.whole and place.since is None:
            for id in place.run.due():
                if (request := self.look(place, id)) is not None:
                    yield request.replace(meta={**request.meta, "item": id})

    def failed(self, failure: Failure) -> Iterator[Page]:
        """A request that brought nothing: named with its cause, never passed over."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        place = self.places[request.meta["profile"]]
        error = failure.value
        status = None
        if isinstance(error, HttpError):
            place.responses += 1
            status = error.response.status
            what, cure, sort = HTTP.get(status, (f"the site answered with status {status}", "look at the address in a browser", "failed"))
        elif isinstance(error, NotCrawled):
            what, cure, sort = str(error), error.instead, error.sort
        elif isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in str(error):      # on the wire, or when it is unpacked
            what, cure, sort = f"its answer is larger than {self.settings.getint('DOWNLOAD_MAXSIZE') >> 20} MiB", "look at the address in a browser: it is hardly a page", "failed"
        elif isinstance(error, IgnoreRequest):             # the only other one who ignores is Scrapy's redirect middleware
            what, cure, sort = "it leads from address to address without an end", "look at the address in a browser", "failed"
        else:
            what, cure, sort = f"could not be fetched: {type(error).__name__}: {error}", "check the connection and the address, then crawl again", "failed"
        page = self._page(place, error.response if isinstance(error, HttpError) else Response(request.url, request=request, status=status or 0))
        page.status = status
        page.problems.append(Problem(request.url, what, cure, sort))
        yield self._ended(page, place)

    @staticmethod
    def _ended(page: Page, place: Place) -> Page:
        """Notes how a page ended: what stops a list tells how the crawl went, one item that cannot be read does not."""
        sorts = [p.sort for p in page.problems if p.sort]
        if page.item is None:
            place.ends += sorts
        else:
            place.items.update({"", *sorts})
        return page

    def _places(self, company: str | None, profile: str | None) -> Iterator[Place]:
        assert self.study is not None
        wanted = self.study.company(company) if company else None
        for c in self.study.companies:
            for s in c.sources:
                if s.source != self.name or (wanted and c is not wanted) or (profile and c.profile(s) not in profile.split(",")):
                    continue
                own = {k: v for k, v in s.options.items() if k in self.options.model_fields or k not in studies.Source.model_fields}
                try:
                    options = self.options.model_validate(own)
                except ValidationError as error:
                    raise Mistake("\n".join(f"`{'.'.join(map(str, e['loc']))}`: {e['msg']}" for e in error.errors()), place=f"{self.study.path}, {c.name} on {self.name}",
                                  cure="`rapport check` names the line, `rapport sources` what the source needs") from None
                yield Place(c.profile(s), options, s, c, gathered(s.collected_at), self.since)

    def _batches(self, drawn: Iterable[Drawn | Page], place: Place) -> Iterator[Page | Request]:
        page, n = self._stretch(place), 0
        for item in drawn:
            if isinstance(item, Page):
                yield self._ended(item, place)
                continue
            if isinstance(item, Request):
                if item.url not in place.asked or item.dont_filter:
                    yield self._send(item, place)
                continue
            put(page, item)
            n += 1
            if n >= BATCH:
                yield self._ended(page, place)
                page, n = self._stretch(place), 0
        if n:
            yield self._ended(page, place)

    def _send(self, request: Request, place: Place) -> Request:
        place.asked.add(request.url)
        return request.replace(callback=self.parse, errback=self.failed, meta={**request.meta, OWN_META: tuple(request.meta), "profile": place.profile})

    @staticmethod
    def _page(place: Place, response: Response) -> Page:
        meta = response.request.meta if response.request else {}
        item = (meta["item"], meta.get("mark")) if meta.get("item") is not None else None
        return Page(place.profile, response.url, place.seen_at or datetime.now(UTC), response.status, _hash(response.body), len(response.body), item=item, rest=bool(meta.get("rest")), archive=meta.get("archive"),
                    robots=meta.get("robots"))

    @staticmethod
    def _stretch(place: Place) -> Page:
        """A stretch of a file."""
        return Page(place.profile, place.source.key, place.seen_at or datetime.now(UTC), None, _hash(b""), 0)


def _hash(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


LAYOUT_ERRORS = (KeyError, IndexError, AttributeError, TypeError, ValueError, RecursionError)
"""What reading a page raises when its layout has changed; anything else is a fault of ours and stops loudly."""

HTTP = {
    401: ("the site wants a login (status 401)", "import an export of your own instead: a login is never used", "login"),
    403: ("the site refuses programs (status 403)", "import an export of your own instead: a block is never worked around", "blocked"),
    404: ("there is no such page (status 404)", "check the address in study.toml", "gone"),
    410: ("the page was removed (status 410)", "check the address in study.toml", "gone"),
    429: ("the site asks for a pause (status 429)", "crawl again later, with a longer DOWNLOAD_DELAY", "blocked"),
    503: ("the site is not available, or refuses programs (status 503)", "crawl again later", "blocked"),
}
"""Status to what it says, the cure, and its sort (records.SORTS)."""


def _day(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Mistake(f"{text!r} is no day", place="since", cure="write it like 2026-03-31") from None


def put(page: Page, drawn: Review | Reply | Problem | Total | Part) -> None:
    """Adds what was drawn to its page."""
    match drawn:
        case Review():
            for record in (drawn, *drawn.replies):
                _mend(record)
            page.reviews.append(drawn)
        case Reply():
            _mend(drawn)
            page.replies.append(drawn)
        case Problem():
            page.problems.append(replace(drawn, place=whole(drawn.place), what=whole(drawn.what)))
        case Total():
            page.total = drawn
        case Part():
            page.parts.append(drawn)


def whole(text: str) -> str:
    """A text without halves of letters, which JSON can write where somebody cut an emoji in two, and nobody can store."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _HALF.search(text) else text


def _mend(record: Review | Reply) -> None:
    for name in record.__slots__:
        if isinstance(value := getattr(record, name), str):
            setattr(record, name, whole(value))


def each(rows: Iterable[Any], read: Callable[[Any], Iterable[Drawn]], place: str, name: Callable[[Any], Any] = lambda row: None) -> Iterator[Drawn]:
    """What `read` draws from every row; a row that it cannot read is one problem that names it, and the others go in.

    `place` is where the rows stand (an address), `name` what a row is called there (its id). Where no row of several can be read, their form has changed, and so it is said.
    """
    n = failed = 0
    for n, row in enumerate(rows, 1):
        try:
            drawn = list(read(row))
        except LAYOUT_ERRORS as error:
            failed += 1
            called = None
            with suppress(*LAYOUT_ERRORS):
                called = name(row) if isinstance(row, dict) else None
            yield Problem(place, f"record {n}{f' ({called})' if called else ''} cannot be read: {type(error).__name__}: {error}", "it is left out; the others went in")
        else:
            yield from drawn
    if failed == n > 1:
        yield Problem(place, f"none of its {n} records could be read", "save the page and report it: the source may have changed", "changed")


def gathered(day: date | None) -> datetime | None:
    """The moment that a stated day of gathering stands for: its end, because no reply of the day came after it."""
    if day is None:
        return None
    moment = day if isinstance(day, datetime) and (day.tzinfo or day.time() != time()) else datetime(day.year, day.month, day.day, 23, 59, 59)
    return moment.replace(tzinfo=moment.tzinfo or UTC)


SAVED = "saved"
"""Flag of a response that a person saved: it did not come just now."""


def seen(response: Response, place: Place) -> datetime | None:
    """When a response was seen, which "2 weeks ago" counts from: as the place says, as the server says, or now; None where a person saved it and nobody says when."""
    if SAVED in response.flags:
        return place.seen_at
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
    return Place("sample", made, studies.Source.model_validate({"source": spider.name, **made.model_dump()}),
                 seen_at=seen_at or gathered(getattr(made, "collected_at", None)) or (None if spider.dates_itself else datetime.now(UTC)))


def items(value: Any) -> list[Any]:
    """A value as a list: many formats write one thing bare and several in a list."""
    return list(arg_to_iter(value))
