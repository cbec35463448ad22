"""The only module that talks to SQLite: opens the store, makes its tables from `enrich.tables`, reads and writes rows in batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlite_utils import Database
from sqlite_utils.db import Table as SqliteTable

from enrich.mistakes import Mistake
from enrich.published import VIEWS
from enrich.tables import TABLES, Table

Row = TypeVar("Row", bound=Table)
Value = TypeVar("Value")
Parameters = Sequence[Any] | Mapping[str, Any]

APPLICATION = 0x5270_7431
"""`PRAGMA application_id` of our stores (Rpt1): a database of another program is refused, not written into."""
BATCH = 2000


class Store:
    """An open store. Use it as a context manager, so that it is closed."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Opens the store at `path`, adding tables and columns that are new since it was made.

        Raises `Mistake` where there is none and `create` is false, or where the file is not a store of ours.
        """
        if not create and not path.exists():
            raise Mistake("there is no store yet", place=str(path), cure="gather something first: `rapport crawl` or `rapport import FILE`")
        self.path = path
        try:
            self.db = Database(sqlite3.connect(path, timeout=30))
            ours = self.one("pragma application_id") == APPLICATION
            if not ours and self.one("select count(*) from sqlite_master"):
                raise Mistake("is a database of another program", place=str(path), cure="move it away, or point to another study folder")
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = normal")
            if not ours:
                self.db.execute(f"pragma application_id = {APPLICATION}")
            for table in TABLES:
                self._shape(table)
            for name, view in VIEWS.items():
                self.db.create_view(name, view.sql, replace=True)
        except sqlite3.DatabaseError as error:
            raise unusable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.db.close()

    def rows(self, sql: str, parameters: Parameters = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a query as tuples, one at a time."""
        for row in self.db.conn.execute(sql, parameters):  # noqa: UP028  # `yield from` would close the cursor of a store that may be closed already
            yield row

    def dicts(self, sql: str, parameters: Parameters = ()) -> Iterator[dict[str, Any]]:
        """Rows of a query as dictionaries, one at a time."""
        cursor = self.db.conn.execute(sql, parameters)
        names = [d[0] for d in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))

    def one(self, sql: str, parameters: Parameters = ()) -> Any:
        """First value of the first row, or None where there is no row."""
        row = self.db.conn.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def read(self, table: type[Row], where: str = "1", parameters: Parameters = ()) -> Iterator[Row]:
        """Rows of a table as its dataclass; `where` is SQL after WHERE (an ORDER BY may follow)."""
        names = ", ".join(f"[{c}]" for c in table.columns())
        for row in self.rows(f"select {names} from [{table.NAME}] where {where}", parameters):
            yield table(*row)

    def get(self, table: type[Row], *key: Any) -> Row | None:
        """The row of a key, or None."""
        return next(self.read(table, " and ".join(f"[{k}] = ?" for k in table.KEY), key), None)

    def write(self, rows: Iterable[Table]) -> int:
        """Inserts rows of one table, replacing those of the same key; returns how many. Rows numbered by SQLite are added."""
        n = 0
        rows = iter(rows)
        while batch := list(islice(rows, BATCH)):
            table = type(batch[0])
            columns = [c for c in table.columns() if not (c == "id" and numbered(table))]
            sets = ", ".join(f"[{c}] = excluded.[{c}]" for c in columns if c not in table.KEY)
            upsert = "" if numbered(table) else f" on conflict ({', '.join(f'[{k}]' for k in table.KEY)}) do {f'update set {sets}' if sets else 'nothing'}"
            self.many(f"insert into [{table.NAME}] ({', '.join(f'[{c}]' for c in columns)}) values ({', '.join('?' * len(columns))}){upsert}",
                      ([getattr(row, c) for c in columns] for row in batch))
            n += len(batch)
        return n

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs a statement that writes; returns how many rows it touched."""
        with self.atomic():
            return self.db.conn.execute(sql, parameters).rowcount

    def many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """Runs a statement that writes once for each set of parameters."""
        with self.atomic():
            self.db.conn.executemany(sql, parameters)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All that is written inside is kept together, or not at all. Other writers wait, as this one waits for them."""
        if self.db.conn.in_transaction:
            with self.db.atomic():
                yield
            return
        self.db.conn.execute("begin immediate")          # one that only begins to write after it has read is refused, unwaited, if another wrote in between
        with self.db.conn:
            yield

    @contextmanager
    def moment(self) -> Iterator[None]:
        """All that is read inside is of one moment; others may write meanwhile."""
        with self.db.atomic():
            yield

    def _shape(self, table: type[Table]) -> None:
        """Makes a table, or adds what it lacks. A column that is no longer declared stays, with its data."""
        types = table.types()
        there = self.db.table(table.NAME)
        assert isinstance(there, SqliteTable)
        if there.exists():
            for name in types.keys() - there.columns_dict.keys():
                there.add_column(name, types[name])
        else:
            keys = {t.NAME: t.KEY[0] for t in TABLES}
            references = [(f.name, to, keys[to]) for f in table.columns().values() if (to := f.metadata["references"])]
            there.create(types, pk=table.KEY[0] if len(table.KEY) == 1 else table.KEY, foreign_keys=references)
        for index in table.INDEXES:
            there.create_index(index, if_not_exists=True)
        if table.SEARCH and there.detect_fts() is None:
            there.enable_fts(table.SEARCH, create_triggers=True, tokenize="porter unicode61")


def chunks(values: Sequence[Value], size: int) -> Iterator[Sequence[Value]]:
    """A sequence in stretches of `size`: SQLite takes only so many parameters."""
    for start in range(0, len(values), size):
        yield values[start:start + size]


def numbered(table: type[Table]) -> bool:
    """Whether SQLite numbers a table's rows itself."""
    return table.KEY == ("id",) and table.types()["id"] is int


class Frozen(Store):
    """A store that is open for reading only, and that nobody else writes into: its shape is taken as it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = Database(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True))


def unusable(path: Path, error: sqlite3.Error) -> Mistake:
    """What to tell a person when SQLite refuses."""
    said = str(error)
    if "full" in said:
        return Mistake("the disk is full; what was stored before is kept", place=str(path), cure="free some space and run the same command again")
    if "I/O" in said:
        return Mistake("the disk cannot be written or read; what was stored before is kept", place=str(path), cure="check the disk, its space and your quota, and run the same command again")
    if "locked" in said:
        return Mistake("another program is writing into this store", place=str(path), cure="wait until it has finished, then run the same command again")
    if "readonly" in said or "unable to open" in said:
        return Mistake(f"cannot be written: {said}", place=str(path), cure="check the folder and its permissions")
    return Mistake(f"is not a store that SQLite can read: {said}", place=str(path), cure="move it away, or restore a copy")
