"""Files of reviews: exports and downloads as CSV, TSV, JSON, JSON lines, Excel or Parquet. Common columns are known; others are named in study.toml."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import ConfigDict, Field
from scrapy.http import Response

from enrich import toml
from enrich.mistakes import Mistake
from enrich.records import Problem, Reply, Review
from spiders.platforms import files, table
from spiders.platforms.base import Options, Place, SourceSpider, items

Scalar = str | int | float | bool


class TableOptions(Options):
    # `scrapy draw` tries a file without a study: only a study must name these
    model_config = ConfigDict(json_schema_extra={"required": ["files", "collected_at"]})

    files: list[str] | str = Field([], description="the files, beside study.toml; * stands for any name")
    collected_at: datetime | date | None = Field(None, description="the day the file was made: what is unanswered was unanswered then")
    columns: dict[table.Field, str] = Field({}, description='columns that are not known by their names, as columns = { text = "Comment", rating = "Stars" }')
    where: dict[str, Scalar | list[Scalar]] = Field({}, description='only the rows that say so, as where = { App = "Name of the app" }; a list allows several')
    scale: float | Annotated[list[float], Field(min_length=2, max_length=2)] | None = Field(None, description="the best rating (the worst is 1), or a list of the worst and the best; 5 unless stated")
    day_first: bool | None = Field(None, description="whether 03/04/2026 is 3 April; read off the file where it can be")
    encoding: str | None = Field(None, description='how letters are stored, as "cp1252"; found out where not stated')
    sheet: str | None = Field(None, description="the sheet of a workbook; the first unless stated")


class TableSpider(SourceSpider):
    name = "table"
    title = "Files of reviews (CSV, TSV, JSON, Excel, Parquet)"
    gathers = "files of reviews: CSV, TSV, JSON, JSONL, XLSX or Parquet; columns are recognised, or mapped"
    is_file = True
    options = TableOptions

    def begin(self, place: Place) -> Iterator[Review | Reply | Problem]:
        assert self.study is not None
        for found in _files(self.study.folder, items(place.options.files)):
            if isinstance(found, Problem):
                yield found
            else:
                yield from _reviews(found, place)

    def draw(self, response: Response, place: Place) -> Iterator[Review | Reply | Problem]:
        name = Path(unquote(urlsplit(response.url).path)).name
        yield from _reviews(files.File(name, lambda: BytesIO(response.body)), place)


def _reviews(file: files.File, place: Place) -> Iterator[Review | Reply | Problem]:
    o = place.options
    try:
        found = files.table(file, encoding=o.encoding, sheet=o.sheet)
        yield from table.reviews(found, file.name, table.Settings(o.columns, o.where, o.scale, o.day_first, place.seen_at, place.older))
    except Mistake as mistake:
        yield Problem(mistake.place or file.name, mistake.what, mistake.cure)


def _files(folder: Path, patterns: list[str]) -> Iterator[files.File | Problem]:
    """The files that the patterns name, each once, in the order of their names."""
    seen: set[Path] = set()
    for pattern in patterns:
        found = [pattern] if (folder / pattern).exists() else sorted(glob.glob(pattern, root_dir=folder, recursive=True))
        if not found:
            parent = (folder / pattern).parent
            near = toml.nearest(Path(pattern).name, sorted(p.name for p in parent.iterdir())) if parent.is_dir() else None
            yield Problem(pattern, "there is no such file" if parent.is_dir() else f"there is no folder {parent}",
                          f"did you mean {near!r}?" if near else f"paths begin beside study.toml, in {folder}")
        for name in found:
            path = folder / name
            if path.is_file() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield files.File(name, partial(path.open, "rb"))
            elif path.is_dir() and name == pattern:
                yield Problem(name, "is a folder", f'name the files in it: "{name.rstrip("/")}/*.csv"')
