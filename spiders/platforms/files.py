"""Reads tables from files, row by row: CSV, TSV, JSON, JSON lines, Excel and Parquet. Knows nothing of reviews."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial
from io import TextIOWrapper
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, BinaryIO, TextIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile
from zlib import error as ZlibError

import ijson
import openpyxl
import pyarrow
import pyarrow.parquet
from openpyxl.utils.exceptions import InvalidFileException

from enrich import toml
from enrich.mistakes import Mistake
from enrich.records import Problem
from spiders.platforms import json_records

FORMATS = {".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
           ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}
LONGEST_CELL = 16 << 20
"""Characters of one cell of a CSV file; no cell is longer, unless a quotation mark is missing."""
MOST_IN_LIST, DEEPEST = 50, 8
"""How much of a nested record becomes columns: the first items of a list, and the first levels."""

_MAGIC = ((b"PK\x03\x04", "xlsx", "an Excel workbook or another zip archive"), (b"PAR1", "parquet", "a Parquet file"),
          (b"\xd0\xcf\x11\xe0", None, "an old Excel workbook (.xls), or one with a password"), (b"%PDF", None, "a PDF"), (b"\x1f\x8b", None, "a compressed file"))
_READABLE = "save it as CSV, XLSX, JSON or Parquet"
_CSV_ERRORS = (("unexpected end", "a quotation mark is opened and never closed"), ("expected after", "a quotation mark stands inside a quoted text"),
               ("field larger", f"a cell is longer than {LONGEST_CELL:,} characters"))

csv.field_size_limit(LONGEST_CELL)


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Reads what is not UTF-8 as Windows-1252, byte by byte: files are often glued together from both."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start:error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _windows)


@dataclass(frozen=True, slots=True)
class File:
    """A file, or a saved response: its name for people, and how to open it, as often as it is read."""

    name: str
    open: Callable[[], BinaryIO]


@dataclass(slots=True)
class Row:
    """One row, its cells by column. Nested records are flat: `user/name`, `replies/0/text`."""

    file: str
    kind: str                                # row, line or record: how people count in such a file
    number: int
    cells: Mapping[str, Any]

    @property
    def place(self) -> str:
        return f"{self.file}, {self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was understood as a table. `rows` reads it from the start, each time it is called; a bad row comes as a problem."""

    rows: Callable[[], Iterator[Row | Problem]]
    problems: list[Problem] = field(default_factory=list)


def table(file: File, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    """The file as a table. Raises `Mistake` where it cannot be one: empty, of another kind than its name says, broken from the start."""
    try:
        with file.open() as f:
            head = f.read(4096)
    except OSError as error:
        raise Mistake(f"cannot be opened: {error.strerror}", place=file.name, cure="check the path, and that you may read it") from None
    form = _format(file, head)
    match form:
        case "xlsx":
            return _xlsx(file, sheet)
        case "parquet":
            return Table(partial(_parquet, file))
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise Mistake("is empty", place=file.name, cure="export it again")
    codec, errors, problems = _encoding(file, head, encoding)
    if form in ("csv", "tsv"):
        return Table(partial(_csv, file, codec, errors, "\t" if form == "tsv" else None), problems)
    if form == "jsonl" or _is_lines(file, codec, errors):
        return Table(partial(_lines, file, codec, errors), problems)
    return Table(partial(_json, file, codec, errors), problems)


def _format(file: File, head: bytes) -> str:
    suffix = PurePath(file.name).suffix.lower()
    said = FORMATS.get(suffix)
    found, what = next(((form, what) for magic, form, what in _MAGIC if head.startswith(magic)), (None, None))
    if what is None and re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|table|head|body|script)", head, re.IGNORECASE):
        what = "a web page or XML"
    if said is None:
        if found:
            return found
        raise Mistake(f"is {what}" if what else f"is of no kind that can be read ({suffix or 'no suffix'})", place=file.name, cure=f"{_READABLE}; known: {', '.join(FORMATS)}")
    if not head:
        raise Mistake("is empty", place=file.name, cure="export it again")
    if found == said or (what is None and said not in ("xlsx", "parquet")):
        return said
    cure = f"rename it to end in .{found}" if found else _READABLE if what else "export it again, or rename it if it is a text file such as .csv"
    raise Mistake(f"is not the {said.upper()} file that its name says: it is {what or 'something else, or damaged'}", place=file.name, cure=cure)


# text: encodings


def _encoding(file: File, head: bytes, stated: str | None) -> tuple[str, str, list[Problem]]:
    """Codec, error handler, and a problem where some bytes do not fit the codec. UTF-8 unless the file shows another, or one is stated."""
    if stated:
        try:
            codec = codecs.lookup(stated).name
        except LookupError:
            raise Mistake(f"there is no encoding {stated!r}", place=file.name, cure='write for example `encoding = "utf-8"`, "cp1252" or "utf-16", or leave it out') from None
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16"
    elif max(even := head[::2].count(0), odd := head[1::2].count(0)) > len(head) // 5:      # Latin text in two bytes a letter
        codec = "utf-16-le" if odd > even else "utf-16-be"
    else:
        codec = "utf-8"
    codec = "utf-8-sig" if codec == "utf-8" else codec
    bad = _first_bad(file, codec)
    if bad is None:
        return codec, "strict", []
    line, byte = bad
    if codec == "utf-8-sig" and not stated:
        return codec, "windows-1252", [Problem(f"{file.name}, line {line}", f"is not UTF-8 (byte 0x{byte:02x}): what is not was read as Windows-1252",
                                               'if letters look wrong, state `encoding = "…"`')]
    return codec, "replace", [Problem(f"{file.name}, line {line}", f"is not {stated or codec} (byte 0x{byte:02x}): what is not was replaced by \ufffd", "state another `encoding`, or leave it out")]


def _first_bad(file: File, codec: str) -> tuple[int, int] | None:
    """Line and byte of the first place that is not in this encoding."""
    decoder, line = codecs.getincrementaldecoder(codec)("strict"), 1
    with file.open() as f:
        while True:
            chunk = f.read(1 << 20)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                data = error.object
                return line + data[:error.start].count(b"\n"), data[error.start] if error.start < len(data) else 0
            if not chunk:
                return None
            line += chunk.count(b"\n")


def _open(file: File, codec: str, errors: str) -> TextIO:
    return TextIOWrapper(file.open(), encoding=codec, errors=errors, newline="")


# CSV and TSV


class _Source:
    """The lines of a file for the csv module, which can be given back: after a broken row, reading goes on with the line below it."""

    def __init__(self, text: TextIO) -> None:
        self.text, self.taken, self.waiting = text, list[str](), deque[str]()

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else next(self.text)
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        self.waiting.extendleft(reversed(self.taken[1:]))


def _csv(file: File, codec: str, errors: str, delimiter: str | None) -> Iterator[Row | Problem]:
    with _open(file, codec, errors) as text:
        source = _Source(text)
        first = next(source, "")
        if sep := re.match(r"sep=(.)\r?\n", first):                   # Excel's own line before the header
            delimiter, source.taken = sep[1], []
        else:
            source.waiting.append(first)
        delimiter = delimiter or _delimiter(first)
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        names: list[str] | None = None
        number = 1 if sep else 0
        while True:
            source.taken.clear()
            number += 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                source.give_back()
                what = next((said for sign, said in _CSV_ERRORS if sign in str(error)), str(error))
                yield Problem(f"{file.name}, row {number}", f"{what}; the row is left out", 'put the text in quotation marks, and double those inside it ("")')
                continue
            if cells is None:
                return
            if not any(cells):
                continue
            if names is None:
                names = _unique(cells)
                yield from _doubled(file, cells, number)
                continue
            if len(cells) != len(names):
                if len(cells) < len(names) or any(cells[len(names):]):
                    yield Problem(f"{file.name}, row {number}", f"has {len(cells)} cells, but there are {len(names)} columns; the row is left out",
                                  f"put texts with {_name(delimiter)} or line breaks in quotation marks")
                    continue
                del cells[len(names):]
            yield Row(file.name, "row", number, dict(zip(names, cells, strict=True)))


def _delimiter(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t|", key=bare.count)


def _name(delimiter: str) -> str:
    return {",": "commas", ";": "semicolons", "\t": "tabs"}.get(delimiter, repr(delimiter))


def _unique(names: list[str]) -> list[str]:
    """Column names, each once: the second of a name is `name (2)`."""
    seen: dict[str, int] = {}
    out = []
    for name in map(str.strip, names):
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _doubled(file: File, names: list[str], number: int) -> Iterator[Problem]:
    for name in sorted({n for n in map(str.strip, names) if n and names.count(n) > 1}):
        yield Problem(f"{file.name}, row {number}", f"has several columns called {name!r}: the first is read", "give each column a name of its own")


# JSON


class _Bytes:
    """A text file as the UTF-8 bytes that ijson wants."""

    def __init__(self, text: TextIO) -> None:
        self.text = text

    def read(self, size: int) -> bytes:
        return self.text.read(size).encode("utf-8", "replace")


def _is_lines(file: File, codec: str, errors: str) -> bool:
    """Whether a file holds one object a line, whatever its name."""
    with _open(file, codec, errors) as text:
        said = [line for _, line in zip(range(2), (ln for ln in text if ln.strip()), strict=False)]
    try:
        return len(said) == 2 and isinstance(json.loads(said[0]), dict)
    except (ValueError, RecursionError):
        return False


def _lines(file: File, codec: str, errors: str) -> Iterator[Row | Problem]:
    with _open(file, codec, errors) as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield Problem(f"{file.name}, line {number}", f"is not JSON ({getattr(error, 'msg', error)}); it is left out", "each line holds one object: {\"text\": \"…\", …}")
                continue
            yield from _records(file, "line", number, record)


def _json(file: File, codec: str, errors: str) -> Iterator[Row | Problem]:
    number = 0
    try:
        with _open(file, codec, errors) as text:
            lists = json_records.lists(_Bytes(text))
        with _open(file, codec, errors) as text:
            apart = json_records.apart(_Bytes(text)) if lists == ["data.item"] else {}
        for prefix in lists:
            with _open(file, codec, errors) as text:
                for record in ijson.items(_Bytes(text), prefix, use_float=True):
                    number += 1
                    yield from _records(file, "record", number, json_records.whole(record, apart), {"list": prefix.removesuffix(".item")} if len(lists) > 1 else {})
    except ijson.JSONError as error:
        what = " ".join(str(error).split())[:120]
        yield Problem(f"{file.name}, after record {number}", f"the JSON is broken here, and nothing below it can be read: {what}",
                      "export it again, or save it as JSON lines, where one bad line costs one record")


def _records(file: File, kind: str, number: int, record: Any, also: Mapping[str, Any] = MappingProxyType({})) -> Iterator[Row | Problem]:
    """The rows of a record: one, or one for each review that it holds. `also` are cells that each of them has."""
    found = list(json_records.spread(record))
    for n, inner in enumerate(found, 1):
        inner_kind, at = (f"{kind} {number}, review", n) if len(found) > 1 else (kind, number)
        if isinstance(inner, dict):
            yield Row(file.name, inner_kind, at, {**also, **dict(flat(inner))})
        else:
            yield Problem(f"{file.name}, {inner_kind} {at}", f"is {_kind(inner)}, not an object with columns; it is left out", 'each record looks like {"text": "…", "rating": 5}')


def _kind(value: Any) -> str:
    return "nothing" if value is None else {bool: "true or false", str: "a text", list: "a list"}.get(type(value), "a number")


def flat(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """A nested record as columns: `user/name`, `replies/0/text`."""
    if isinstance(value, dict) and value and depth < DEEPEST:
        for key, inner in value.items():
            yield from flat(inner, f"{path}/{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and value and depth < DEEPEST:
        for i, inner in enumerate(value[:MOST_IN_LIST]):
            yield from flat(inner, f"{path}/{i}", depth + 1)
    else:
        yield path, None if isinstance(value, dict | list) else value


# Excel and Parquet


_DAMAGED = (BadZipFile, InvalidFileException, KeyError, ParseError, ZlibError, EOFError, ValueError, RuntimeError, OSError)


def _xlsx(file: File, sheet: str | None) -> Table:
    try:
        with file.open() as f:
            book = openpyxl.load_workbook(f, read_only=True)
            sheets = [s.title for s in book.worksheets if s.sheet_state == "visible"] or [s.title for s in book.worksheets]
    except _DAMAGED as error:
        raise Mistake(f"cannot be read as an Excel workbook: {error}", place=file.name, cure="open it in a spreadsheet program and save it again as .xlsx") from None
    if sheet is not None and sheet not in book.sheetnames:
        near = toml.nearest(sheet, book.sheetnames)
        raise Mistake(f"has no sheet {sheet!r}", place=file.name, cure=f"did you mean {near!r}?" if near else f"its sheets: {', '.join(book.sheetnames)}")
    if not sheets:
        raise Mistake("has no sheet with cells", place=file.name, cure="export it again")
    problems = [] if sheet or len(sheets) == 1 else [Problem(file.name, f"has {len(sheets)} sheets: only {sheets[0]!r} is read", f'state `sheet = "{sheets[0]}"`, or one of {", ".join(map(repr, sheets[1:]))}')]
    return Table(partial(_sheet, file, sheet or sheets[0]), problems)


def _sheet(file: File, sheet: str) -> Iterator[Row | Problem]:
    names: list[str] | None = None
    number = 0
    try:
        with file.open() as f:
            cells_of = openpyxl.load_workbook(f, read_only=True, data_only=True)[sheet]
            cells_of.reset_dimensions()                               # many exporters state them wrongly
            for number, cells in enumerate(cells_of.iter_rows(values_only=True), 1):
                if all(c is None or c == "" for c in cells):
                    continue
                if names is None:
                    said = ["" if c is None else str(c) for c in cells]
                    names = _unique(said)
                    yield from _doubled(file, said, number)
                    continue
                if any(c is not None for c in cells[len(names):]):
                    yield Problem(f"{file.name}, row {number}", f"has cells beside the {len(names)} columns; the row is left out", "give every column a name in the first row")
                    continue
                yield Row(file.name, "row", number, dict(zip(names, map(_cell, cells), strict=False)))
    except _DAMAGED as error:
        yield Problem(f"{file.name}, after row {number}", f"the workbook is damaged here, and nothing below can be read: {error}", "open it in a spreadsheet program and save it again as .xlsx")


def _cell(value: Any) -> Any:
    """Excel has no days, only midnights."""
    return value.date() if isinstance(value, datetime) and value.time() == time() else value


def _parquet(file: File) -> Iterator[Row | Problem]:
    number = 0
    try:
        with file.open() as f:
            source = pyarrow.parquet.ParquetFile(f)
            for batch in source.iter_batches(batch_size=1000):
                for record in _micro(batch).to_pylist():
                    number += 1
                    yield from _records(file, "record", number, record)
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        what = " ".join(str(error).split())[:120]
        yield Problem(f"{file.name}, after record {number}", f"the Parquet file is damaged here, and nothing below can be read: {what}", "export it again")


def _micro(batch: Any) -> Any:
    """Python's times have no nanoseconds: they are cut to microseconds."""
    fields = [f.with_type(pyarrow.timestamp("us", f.type.tz)) if pyarrow.types.is_timestamp(f.type) and f.type.unit == "ns" else f for f in batch.schema]
    return pyarrow.Table.from_batches([batch]).cast(pyarrow.schema(fields), safe=False) if fields != list(batch.schema) else batch
