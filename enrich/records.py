"""What a source gives, before people are masked: the records that spiders draw and the store takes in.

`None` means "the source does not say". A record carries raw names and texts: it lives in memory only, until `enrich.people` has masked it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

ROLES = ("company", "owner", "manager", "staff", "bot", "customer", "other")
ANSWERING = ("company", "owner", "manager", "staff")
"""Roles whose reply ends the wait of a customer: a bot or another customer never does."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment as exact as the source gives it: it lies between `earliest` and `latest`, both UTC."""

    earliest: datetime
    latest: datetime
    precision: str                           # second, day, month or interval

    @classmethod
    def at(cls, moment: datetime) -> When:
        """An exact time; one without a zone is taken as UTC."""
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return cls(moment, moment, "second")

    @classmethod
    def on(cls, year: int, month: int, day: int | None = None) -> When:
        """A day, or a month where `day` is None."""
        start = datetime(year, month, day or 1, tzinfo=UTC)
        if day:
            return cls(start, start + timedelta(days=1, seconds=-1), "day")
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        return cls(start, end - timedelta(seconds=1), "month")


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as the source shows it, and between 0 (worst) and 1 (best)."""

    raw: str
    value: float


@dataclass(slots=True)
class Reply:
    """An answer to a review."""

    text: str | None
    role: str = "company"
    role_basis: str = "source"               # source, study or markup (see tables.Reply)
    id: str | None = None
    author: str | None = None
    author_id: str | None = None
    created: When | None = None
    edited: When | None = None
    review: str | None = None                # the review's id at the source, where the reply comes without its review


@dataclass(slots=True)
class Review:
    """What one customer or employee wrote, with the replies that its record brings."""

    id: str | None
    text: str | None
    title: str | None = None
    rating: Rating | None = None
    author: str | None = None
    author_id: str | None = None
    created: When | None = None
    created_kind: str = "created"            # edited: the source shows only the last edit
    edited: When | None = None
    url: str | None = None
    language: str | None = None
    app_version: str | None = None
    country: str | None = None
    verified: bool | None = None
    unit: str | None = None
    replies: list[Reply] = field(default_factory=list)
    complete: bool = True                    # all its replies are in this record: one that is missing here is missing at the source


SORTS = ("refused", "login", "blocked", "changed", "empty", "repeating", "capped", "incomplete", "gone", "failed")
"""Why a page brought less than it should have. They are told apart because each has another cure:

refused: policy or robots.txt forbids it; login: it wants an account; blocked: it refuses programs; changed: its layout is not known; empty: it gave nothing though
it says there is something; repeating: it gives what it gave before; capped: the source gives out no more than so many; incomplete: a part of its pages is missing; gone: it was
removed; failed: no answer came. A problem of one record has no sort.
"""
GOOD = ("finished", "none", "capped", "incomplete")
"""Outcomes of a run that gave what there was to get: to the true end, nothing because there is nothing, as much as the source gives out, or as much as was saved."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in what the source gave: counted, named and shown; the rest goes in."""

    place: str                               # file and row, or address
    what: str
    cure: str | None = None
    sort: str | None = None                  # one of SORTS where a page brought less than it should have, None for one record


@dataclass(frozen=True, slots=True)
class Total:
    """How many reviews the source itself says this place has, and how many with each number of stars where it says so."""

    reviews: int
    stars: dict[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Which page of a list a saved page is: what the list says of its other pages tells which of them a person has not saved."""

    number: int                              # from 1
    addresses: tuple[str, ...]               # of every page of the list, in order
    filtered: str | None = None              # what the list was narrowed to, where it was: its reviews are no sample of all


@dataclass(slots=True, repr=False)
class Page:
    """One response, or one stretch of a file, and all that was drawn from it: the only item that passes the pipelines."""

    profile: str
    url: str
    seen_at: datetime
    status: int | None
    hash: str
    bytes: int
    reviews: list[Review] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    total: Total | None = None
    parts: list[Part] = field(default_factory=list)
    population: str | None = None            # what the place's reviews stand for (tables.Profile), where only the reading of its pages tells
    item: tuple[str, str | None] | None = None     # the list's own key of what the page shows, and what the list said of it (its last activity)
    rest: bool = False                       # a later part of what the item's page shows
    still: list[str] = field(default_factory=list)           # items of which the list says that nothing changed
    still_rest: bool = False                 # and of all others that are known it says so too
    archive: str | None = None               # where its raw response is kept
    robots: str | None = None                # what robots.txt said of its address (see tables.Page)

    def __repr__(self) -> str:
        """Short, because logs print items, and texts hold names before they are masked."""
        return f"<page {self.url}: {len(self.reviews)} reviews, {len(self.replies)} replies, {len(self.problems)} problems>"


def plain(record: Review | Reply | Problem | Total | Part) -> dict[str, Any]:
    """A record as JSON can hold it, without what the source does not say."""
    out: dict[str, Any] = {"kind": type(record).__name__.lower()}
    for name in record.__slots__:
        value = getattr(record, name)
        if isinstance(value, When):
            value = {"earliest": iso(value.earliest), "latest": iso(value.latest), "precision": value.precision}
        elif isinstance(value, Rating):
            value = {"raw": value.raw, "value": round(value.value, 4)}
        elif isinstance(value, list):
            value = [plain(v) for v in value]
        elif isinstance(value, tuple):
            value = list(value)
        if value is not None:
            out[name] = value
    return out


def iso(moment: datetime) -> str:
    """UTC, to the second, sorting as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
