"""Tables of reviews: finds out which column holds what, and makes a review of each row. The names are in columns.toml."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from enrich import ratings, times, toml
from enrich.mistakes import Mistake
from enrich.records import ROLES, Problem, Rating, Reply, Review, When
from enrich.text import MAX_TEXT
from spiders.platforms.files import Row, Table

_KNOWN = tomllib.loads(Path(__file__).with_name("columns.toml").read_text(encoding="utf-8"))
FIELDS: dict[str, list[str]] = _KNOWN["fields"]
Field = Literal[*FIELDS]  # type: ignore[valid-type]  # the names are data
_PARTS: dict[str, str] = _KNOWN["headings"]
_DATES = ("created", "edited", "reply_created", "reply_edited")
_EMPTY, _NO_REPLY = frozenset(_KNOWN["cells"]["empty"]), frozenset(_KNOWN["cells"]["no_reply"])
_YES, _NO = frozenset(_KNOWN["cells"]["yes"]), frozenset(_KNOWN["cells"]["no"])
_WATCHED = {name: kind for kind, names in (("date", _DATES), ("rating", ("rating",)), ("id", ("id",))) for f in names for name in FIELDS[f]}
_UNFIT = re.compile("[\0\ud800-\udfff]")
_POSITION = re.compile(r"(?:^|[/.\[_])(\d+)(?=$|[/.\]_])")

OFTEN = 3, 0.1
"""A file whose bare ratings exceed five at least this often, and in more than this share, is not on five stars."""


@dataclass(slots=True)
class Settings:
    """What study.toml says of a table, beside its files."""

    columns: Mapping[str, str | list[str]] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    scale: float | Sequence[float] | None = None
    day_first: bool | None = None
    seen: datetime | None = None
    older: Callable[[datetime | None], bool] = lambda _: False


def reviews(table: Table, name: str, settings: Settings) -> Iterator[Review | Reply | Problem]:
    """The reviews of a table, with a problem for everything that is not taken as it stands.

    The file is read twice: how its dates and ratings are written is a habit of the whole. A table of messages, where answers are
    rows of their own, is read once more: replies come after all reviews. Raises `Mistake` where the table cannot be used.
    """
    yield from table.problems
    reader = _Reader(name, settings, _survey(table))
    yield from reader.problems
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
        elif reader.wanted(row):
            yield from reader.read(row)
    if reader.matched == 0 and reader.survey.rows:
        yield reader.no_match()
    if reader.is_messages:
        for row in table.rows():
            if isinstance(row, Row) and reader.wanted(row):
                yield from reader.answer(row)


# what the whole file shows


@dataclass(slots=True)
class _Column:
    kind: str | None
    orders: set[bool] = field(default_factory=set)     # day first? as single dates show it
    timed: bool = False                                # a time of day other than midnight
    rated: int = 0
    above_five: int = 0
    highest: float = 0.0
    running: bool = True                               # 0, 1, 2 …: a row's number, no id


@dataclass(slots=True)
class _Survey:
    columns: dict[str, _Column]
    rows: int = 0

    def called(self, name: str) -> list[str]:
        """Columns of a name: the very one, or those that differ from it in case, spaces, signs and list positions only."""
        return [name] if name in self.columns else sorted((c for c in self.columns if bare(c) == bare(name)), key=position)


def _survey(table: Table) -> _Survey:
    found = _Survey({})
    columns = found.columns
    for row in table.rows():
        if isinstance(row, Problem):
            continue
        for name, value in row.cells.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = _Column("any")
            if value is None or value == "":
                continue
            _look(column, value, found.rows)
        found.rows += 1
    return found


def _look(column: _Column, value: Any, row: int) -> None:
    ...


@cache
def bare(name: str) -> str:
    """A column's name as columns.toml writes it."""
    return re.sub(r"[\W_]+", "", _POSITION.sub("", name.casefold()))


@cache
def position(name: str) -> int:
    """Place in a list, where the name tells one: 2 in `replies/2/text`."""
    found = _POSITION.search(name)
    return int(found[1]) if found else 0
