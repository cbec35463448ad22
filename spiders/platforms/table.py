"""Tables of reviews: finds out which column holds what, and makes a review of each row. The names are in columns.toml."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from html import unescape
from math import isnan
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from enrich import ratings, times, toml
from enrich.mistakes import Mistake
from enrich.records import ROLES, Problem, Rating, Reply, Review, When
from enrich.text import MAX_TEXT
from spiders.platforms.files import Row, Table, flat

_KNOWN = tomllib.loads(Path(__file__).with_name("columns.toml").read_text(encoding="utf-8"))
FIELDS: dict[str, list[str]] = _KNOWN["fields"]
Field = Literal[*FIELDS]  # type: ignore[valid-type]  # the names are data
_PARTS: dict[str, str] = _KNOWN["headings"]
_SCALES: dict[str, list[float]] = _KNOWN["scales"]
_DATES = ("created", "edited", "reply_created", "reply_edited")
_REPLY = ("reply", "reply_id", "reply_created", "reply_edited", "reply_author", "reply_role")
_EMPTY, _NO_REPLY, _YES, _NO, _PACKED, _UNDER, _UNRATED = (frozenset(_KNOWN["cells"][k]) for k in ("empty", "no_reply", "yes", "no", "packed", "parts", "unrated"))
_TRANSLATED = "(Translated by Google)"
_STARS: list[str] = _KNOWN["cells"]["stars"]
_JOINED: list[list[str]] = _KNOWN["joined"]
_LOOKED_AT = dict.fromkeys(_DATES, "date") | {"rating": "rating", "id": "id"}
_WATCHED = {name: kind for f, kind in _LOOKED_AT.items() for name in FIELDS[f]}
_UNFIT = re.compile("[\0\ud800-\udfff]")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)
_MIDNIGHT = re.compile(r"(?<![:\d+-])00:00(?::00(?:\.0+)?)?(?![:\d])")
_COUNTED = re.compile(r"(\D*)(\d{1,9})")
_OWN_ADDRESS = re.compile(r"https?://\S*?[?&#:]review_?id=([^&#\s]+)", re.I)
_POSITION = re.compile(r"(?:^|[/.\[_])(\d+)(?=$|[/.\]_])")

COUNTED = 10
"""Rows from which a number behind the same letters, one more in each row, is taken to count rows."""
OFTEN = 3, 0.1
"""A file whose bare ratings exceed five at least this often, and in more than this share, is not on five stars."""


@dataclass(slots=True)
class Settings:
    """What study.toml says of a table, beside its files."""

    columns: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    scale: float | Sequence[float] | None = None
    day_first: bool | None = None
    seen: datetime | None = None
    older: Callable[[datetime | None], bool] = lambda _: False


def reviews(table: Table, name: str, settings: Settings) -> Iterator[Review | Reply | Problem]:
    """The reviews of a table, with a problem for everything that is not taken as it stands.

    The file is read twice: how its dates and ratings are written is a habit of the whole. In a table of messages, where answers
    are rows of their own, replies come after all reviews. Raises `Mistake` where the table cannot be used.
    """
    yield from table.problems
    survey = _survey(table, settings)
    if not survey.rows:
        broken = list(_rows(table))
        if not broken:
            raise Mistake("has no rows that can be read", place=name, cure="the first row names the columns, the rows below hold one review each")
        yield from (b for b in broken if isinstance(b, Problem))
        return
    reader = _Reader(name, settings, survey)
    for row in _rows(table):
        if isinstance(row, Problem):
            yield row
        elif reader.wants(row):
            yield from reader.read(row)
    if reader.messages:
        for row in _rows(table):
            if isinstance(row, Row) and reader.wants(row):
                yield from reader.answer(row)
    yield from reader.summary()


def _rows(table: Table) -> Iterator[Row | Problem]:
    """The rows, with records that a program printed into one cell laid out as columns, and dates in several cells put together."""
    known: KeysView[str] | None = None
    packed: list[str] = []
    joined: dict[str, list[str]] = {}
    for row in table.rows():
        if isinstance(row, Row):
            if row.cells.keys() != known:    # the same in every row of most files
                known, names = row.cells.keys(), {bare(n): n for n in row.cells}
                packed = [names[b] for b in _PACKED & names.keys()]
                joined = {"-".join(parts): [names[p] for p in parts] for parts in _JOINED if names.keys() >= set(parts)}
            for name in packed:
                value = row.cells[name]
                if isinstance(value, str) and value.startswith("{") and (record := _printed(value)):
                    row.cells = {**row.cells, name: None, **dict(flat(record, name))}
            for name, parts in joined.items():
                said = [_cell(row.cells[p]) or "" for p in parts]
                if all(map(str.isdecimal, said)):
                    row.cells = {**row.cells, name: "-".join(said)}
        yield row


def _printed(text: str) -> dict[str, Any] | None:
    try:
        found = ast.literal_eval(text) if "'" in text else json.loads(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# what the whole file shows


@dataclass(slots=True)
class _Column:
    kind: str | None                         # date, rating or id: what is looked at
    orders: set[bool] = field(default_factory=set)   # day first? as single dates show it
    timed: bool = False                      # some have a time of day other than midnight
    rated: int = 0
    above_five: int = 0
    highest: float = 0.0
    offsets: set[int | None] = field(default_factory=set)   # between its number and the row's; None: no number
    heads: set[str] = field(default_factory=set)            # what stands before its numbers
    seen: int = 0

    @property
    def numbers_rows(self) -> bool:
        """Whether it only counts rows: a new export gives the same number to another review, so it is no id. `acme_1` must count some rows before it is one."""
        return len(self.offsets) == 1 and self.offsets <= {0, -1, -2} and (self.heads == {""} or (len(self.heads) == 1 and self.seen >= COUNTED))

    def look(self, value: Any, row: int) -> None:
        match self.kind:
            case "date":
                if len(self.orders) < 2 and (first := times.order(value)) is not None:
                    self.orders.add(first)
                self.timed = self.timed or _has_time(value)
            case "rating":
                self.rated += 1
                if (number := ratings.bare(value)) is not None and number > 5:
                    self.above_five += 1
                    self.highest = max(self.highest, number)
            case "id" if len(self.offsets) < 2:
                counted = _COUNTED.fullmatch(_cell(value) or "")
                self.offsets.add(int(counted[2]) - row if counted else None)
                self.heads.add(counted[1] if counted else "")
                self.seen += 1


@dataclass(slots=True)
class _Survey:
    columns: dict[str, _Column] = field(default_factory=dict)
    rows: int = 0

    def called(self, name: str) -> list[str]:
        """Columns of a name: the very one, or those that differ in case, spaces, signs and list positions only."""
        return [name] if name in self.columns else sorted((c for c in self.columns if bare(c) == bare(name)), key=position)


def _survey(table: Table, settings: Settings) -> _Survey:
    found = _Survey()
    watched = _WATCHED | {bare(name): kind for f, name in settings.columns.items() if (kind := _LOOKED_AT.get(f))}
    looked: list[tuple[str, _Column]] = []
    for row in _rows(table):
        if isinstance(row, Problem):
            continue
        found.rows += 1
        if not row.cells.keys() <= found.columns.keys():
            for name in row.cells:
                found.columns.setdefault(name, _Column(watched.get(bare(name))))
            looked = [(n, c) for n, c in found.columns.items() if c.kind]
        for name, column in looked:
            if (value := row.cells.get(name)) not in (None, ""):
                column.look(value, row.number)
    return found


def _has_time(value: Any) -> bool:
    if isinstance(value, str):
        return value[:9].isdecimal() or (":" in value and not _MIDNIGHT.search(value))      # Unix seconds, or a clock
    return value.time() != time() if isinstance(value, datetime) else isinstance(value, int | float)


@cache
def bare(name: str) -> str:
    """A column's name as columns.toml writes it."""
    return re.sub(r"[\W_]+", "", _POSITION.sub("", name.casefold()))


@cache
def position(name: str) -> int:
    """Place in a list, where the name tells one: 2 in `replies/2/text`."""
    found = _POSITION.search(name)
    return int(found[1]) if found else 0


# from rows to reviews


_DAY_FIRST = "state `day_first = true` (03/04 is 3 April) or `day_first = false` (March 4), and import again"


class _LeftOut(Exception):
    """The row cannot be taken."""

    def __init__(self, what: str, cure: str) -> None:
        self.what, self.cure = what, cure


class _Reader:
    """Makes reviews of the rows of one file."""

    def __init__(self, name: str, settings: Settings, survey: _Survey) -> None:
        self.name, self.settings, self.survey = name, settings, survey
        self.scale = settings.scale
        self.columns = self._choose()
        self.parts = [c for c in survey.columns if bare(c.partition("/")[0]) in _UNDER] if "text" not in settings.columns else []
        self.positions = sorted({position(c) for f in _REPLY for c in self.columns[f]})
        self.messages = bool(self.columns["inbound"] and self.columns["answers"])
        self.where = [(self._called(column, "where"), _wanted(value)) for column, value in settings.where.items()]
        self.matched = 0
        self.others: set[str] = set()
        orders = set[bool]().union(*(survey.columns[c].orders for f in _DATES for c in self.columns[f]))
        self.day_first = settings.day_first if settings.day_first is not None else orders.pop() if len(orders) == 1 else None
        self.unclear: list[str] = []         # the first date whose day and month cannot be told apart, and where
        self.unclear_count = 0
        self.undated: tuple[str, str] | None = None      # why a row has no date although it has a cell for it, and the cure
        self.unscaled = {c for c in self.columns["rating"] if self._unscaled(c)}
        self.notes: list[Problem] = []

    def wants(self, row: Row) -> bool:
        """Whether the row is one that `where` asks for."""
        for columns, values in self.where:
            said = [v for c in columns if (v := _cell(row.cells.get(c))) is not None]
            if not any(v.casefold() in values for v in said):
                if len(self.others) < 8:
                    self.others.update(v[:60] for v in said)
                return False
        self.matched += 1
        return True

    def read(self, row: Row) -> Iterator[Review | Reply | Problem]:
        """The review of a row, and what is wrong in it."""
        self.notes = []
        try:
            review = self._message(row) if self.messages else self._review(row)
        except _LeftOut as out:
            review = None
            self.notes = [Problem(row.place, f"{out.what}; the row is left out", out.cure)]
        yield from self.notes
        if review and not self.settings.older(review.created.latest if review.created else None):
            yield review

    def answer(self, row: Row) -> Iterator[Reply | Problem]:
        """In a table of messages: the reply that a row is, if it is one."""
        self.notes = []
        try:
            answered = self._text(row, "answers")
            if self._inbound(row) or not answered:
                return
            reply = Reply(self._text(row, "text"), id=_id(self._text(row, "id")), author=self._text(row, "author"), author_id=self._text(row, "author_id"),
                          created=self._when(row, "created"), review=_id(answered))
        except _LeftOut as out:
            self.notes = [Problem(row.place, f"{out.what}; the row is left out", out.cure)]
        else:
            yield reply
        yield from self.notes

    def summary(self) -> Iterator[Problem]:
        """What is said once for the whole file."""
        if self.where and not self.matched:
            said = ", ".join(f"{k} = {v!r}" for k, v in self.settings.where.items())
            yield Problem(self.name, f"no row has {said}", f"there are, for example: {', '.join(map(repr, sorted(self.others)))}" if self.others else "check `where`")
        if self.unclear_count:
            yield Problem(self.unclear[1], f"{self.unclear_count} dates such as {self.unclear[0]!r} may put the day or the month first, and no date of the file "
                          "shows which: they are not taken", _DAY_FIRST)
        for column in sorted(self.unscaled):
            seen = self.survey.columns[column]
            yield Problem(self.name, f"the ratings in {column!r} go up to {seen.highest:g}: they are not on five stars, and none of them is taken",
                          f"state `scale = {seen.highest:g}` (from 1), or `scale = [0, {seen.highest:g}]` (worst and best), and import again")

    # columns

    def _choose(self) -> dict[str, list[str]]:
        known = {bare(c) for c in self.survey.columns}
        names = dict(FIELDS)
        for exception in _KNOWN["exceptions"]:
            if known.issuperset(exception["when"]):
                names |= {f: v for f, v in exception.items() if f in FIELDS}
                self.scale = self.scale if self.scale is not None else exception.get("scale")
        found = {f: [c for name in names[f] if name in known for c in self.survey.called(name)] for f in FIELDS}
        found["id"] = [c for c in found["id"] if not self.survey.columns[c].numbers_rows]
        if "text" in self.settings.columns:
            found |= {f: [] for f in _PARTS}
        found |= {f: self._called(name, f"columns.{f}") for f, name in self.settings.columns.items()}
        if not any(found[f] for f in ("text", "rating", "title", *_PARTS)):
            raise Mistake("no column is known to hold texts or ratings", place=self.name,
                          cure=f"name them in study.toml: columns = {{ text = \"…\", rating = \"…\" }}. The columns are: {self._there()}")
        return found

    def _called(self, name: str, key: str) -> list[str]:
        found = self.survey.called(name)
        if not found:
            near = toml.nearest(name, self.survey.columns)
            raise Mistake(f"has no column {name!r}, which `{key}` names; nothing of it is taken", place=self.name,
                          cure=f"{f'did you mean {near!r}? ' if near else ''}The columns are: {self._there()}")
        return found

    def _there(self) -> str:
        names = [c for c in self.survey.columns if c]
        return ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")

    def _unscaled(self, column: str) -> bool:
        seen = self.survey.columns[column]
        return self.scale is None and bare(column) not in _SCALES and seen.above_five >= OFTEN[0] and seen.above_five > OFTEN[1] * seen.rated

    # cells

    def _raw(self, row: Row, name: str, at: int | None = None) -> tuple[Any, str]:
        """The first cell of a field that is not empty, and its column; of one reply, where a position is given."""
        for column in self.columns[name]:
            value = row.cells.get(column)
            if value is not None and (at is None or position(column) == at) and (not isinstance(value, str | float) or _cell(value) is not None):
                return value, column
        return None, ""

    def _text(self, row: Row, name: str, at: int | None = None) -> str | None:
        return self._said(row, *self._raw(row, name, at))

    def _said(self, row: Row, value: Any, column: str) -> str | None:
        """A cell as text; one that is too long, or holds what is no letter, is named."""
        text = _cell(value)
        if text is None:
            return None
        if len(text) > MAX_TEXT:
            raise _LeftOut(f"{column!r} holds {len(text):,} characters, which is no review", f"split or shorten it: {MAX_TEXT:,} are read")
        if "&" in text:
            text = _ENTITY.sub(lambda found: unescape(found[0]), text)
        if _UNFIT.search(text):
            self.notes.append(Problem(row.place, f"{column!r} holds NUL or broken characters, which are left out", None))
            text = _UNFIT.sub("", text)
        return text

    def _when(self, row: Row, name: str, at: int | None = None) -> When | None:
        value, column = self._raw(row, name, at)
        if value is None:
            return None
        try:
            when = times.read(value, seen=self.settings.seen, day_first=self.day_first)
        except times.Ambiguous as error:
            self.unclear = self.unclear or [str(value)[:40], row.place]
            self.unclear_count += 1
            self.undated = str(error), _DAY_FIRST
        except ValueError as error:
            self.undated = f"{column!r}: {error}", "write dates like 2026-03-31 or 2026-03-31 14:05"
            self.notes.append(Problem(row.place, f"{self.undated[0]}; it is left empty", self.undated[1]))
        else:
            if when and when.precision == "second" and not self.survey.columns[column].timed:
                noon = when.earliest + timedelta(hours=12)            # every time is midnight, where it was written: the file knows days only
                return When.on(noon.year, noon.month, noon.day)
            return when
        return None

    def _rating(self, row: Row) -> Rating | None:
        value, column = self._raw(row, "rating")
        if value is None or (column in self.unscaled and ratings.bare(_cell(value)) is not None):
            return None
        said = (_cell(value) or "").casefold()
        if said in _UNRATED:
            return None
        if said in _STARS:
            return Rating(str(value), _STARS.index(said) / (len(_STARS) - 1))
        scale = self.scale if self.scale is not None else _SCALES.get(bare(column))
        worst, best = scale if isinstance(scale, Sequence) else (None, scale)
        try:
            return ratings.read(_cell(value), best=best, worst=worst)
        except ValueError as error:
            cure = "write ratings like 4, 4.5, 8/10 or ★★★★" if ratings.bare(_cell(value)) is None else "state `scale = 10`, if it is not on five stars"
            self.notes.append(Problem(row.place, f"{column!r}: {error}; the review is taken without a rating", cure))
            return None

    # records

    def _message(self, row: Row) -> Review | None:
        if self._inbound(row):
            return self._review(row)
        if self._text(row, "answers") is None:
            raise _LeftOut("is a message of the company that answers none", "nothing to mend: what customers say is read, and answers to it")
        return None

    def _inbound(self, row: Row) -> bool:
        return (self._text(row, "inbound") or "").casefold() in _YES

    def _review(self, row: Row) -> Review:
        text = words(_own(self._text(row, "text")), **{name: self._text(row, name) for name in _PARTS})
        under = [f"{c.rpartition('/')[2]}: {said}" for c in self.parts if (said := self._said(row, row.cells.get(c), c))]
        text = "\n".join(filter(None, [text, *under])) or None
        title, rating = self._text(row, "title"), self._rating(row)
        if text is None and title is None and rating is None:
            raise _LeftOut("has neither a text nor a rating", "nothing to mend, if its source has such rows")
        self.undated, source_id = None, _id(self._text(row, "id"))
        created, edited = self._when(row, "created"), self._when(row, "edited")
        if self.undated and not (created or edited or source_id):     # known by author and date: without it, it would come again once that is mended
            raise _LeftOut(f"{self.undated[0]}, and there is no id either", self.undated[1])
        verified = (self._text(row, "verified") or "").casefold()
        url = self._text(row, "url")
        return Review(
            id=source_id, text=text, title=title, rating=rating, author=self._text(row, "author"), author_id=self._text(row, "author_id"),
            created=created or edited, created_kind="created" if created or not edited else "edited", edited=edited if created and edited != created else None,
            url=url if url and url.startswith(("http://", "https://")) else None, language=language(self._text(row, "language")), app_version=self._text(row, "app_version"),
            country=self._text(row, "country"), verified=True if verified in _YES else False if verified in _NO else None, unit=self._text(row, "unit"),
            replies=[r for at in self.positions if (r := self._reply(row, at))],
            complete=bool(self.columns["reply"]),    # without a column for replies, a reply that is not here may well be at the source
        )

    def _reply(self, row: Row, at: int) -> Reply | None:
        text = _own(self._text(row, "reply", at))
        if text is not None and text.casefold() in _NO_REPLY:
            return None
        created, edited = self._when(row, "reply_created", at), self._when(row, "reply_edited", at)
        if text is None and created is None:
            return None
        return Reply(text, role=role(self._text(row, "reply_role", at)), id=_id(self._text(row, "reply_id", at)), author=self._text(row, "reply_author", at),
                     created=created or edited, edited=edited if created and edited != created else None)


def _cell(value: Any) -> str | None:
    """A cell as text, or None where it is empty, or says so."""
    if isinstance(value, str):
        text = value.strip()
        return None if text in _EMPTY else text
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _id(text: str | None) -> str | None:
    """An id; programs that know only floats write 877598 as 877598.0, and Google Play's console writes it in an address."""
    if text and (address := _OWN_ADDRESS.match(text)):
        return unquote(address[1])
    return text[:-2] if text and text.endswith(".0") and text[:-2].isdecimal() else text


def _own(text: str | None) -> str | None:
    """A text without the translation that Google's business profiles put beside it."""
    if text is None or _TRANSLATED not in text:
        return text
    before, _, after = text.partition(_TRANSLATED)
    return before.strip() or after.partition("(Original)")[2].strip() or text


def words(text: str | None, **parts: str | None) -> str | None:
    """What a review says whose record holds it in parts (pros, cons, advice): its text, then each part under the heading that the sites show above it."""
    said = [part if part.casefold().startswith(heading.casefold()) else f"{heading}: {part}" for name, heading in _PARTS.items() if (part := parts.get(name))]
    return "\n".join(filter(None, [text, *said])) or None


def language(text: str | None) -> str | None:
    """A language as a record states it, in two letters where it writes three."""
    return _KNOWN["languages"].get(text, text)


@lru_cache(maxsize=1024)
def role(text: str | None) -> str:
    """The role of one who answers, by the position that is stated: "HR Manager" is a manager; "company" where it says no more."""
    said = f" {(text or '').casefold()} "
    if said.strip() in ROLES:
        return said.strip()
    return next((name for name, stems in _KNOWN["roles"].items() if any(s in said for s in stems)), "company")


def _wanted(value: Any) -> frozenset[str]:
    return frozenset((_cell(v) or "").casefold() for v in (value if isinstance(value, list) else [value]))
