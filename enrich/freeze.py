"""Editions: a study as it was published on a day, frozen in one read-only file with a name and a hash that a report can cite.

An edition holds what may be published and nothing else: findings, figures, evidence with its quotes, tags, audits, and the versions of the program,
the vocabulary and the steps. Of a text only what may be shown is in it. `NAME.db` is a store like any other, so it can be served, exported and compared;
`NAME.db.sha256` beside it is what `sha256sum --check` reads. What a source takes back later still stands in an edition: delete the file to take it back.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from enrich import export, toml
from enrich.mistakes import Mistake
from enrich.records import iso
from enrich.rights import EXCERPT, reduced, shown
from enrich.store import Frozen, Store
from enrich.study import DATABASE
from enrich.tables import Analysis, Done, Reply, Review

FOLDER = "editions"
"""The folder beside study.toml that editions lie in."""
_NAME = re.compile(r"(?!\d{4}-\d\d-\d\d$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What an edition says of itself: the one row of its table `edition`."""

    name: str
    made_at: str
    as_of: str                               # the last look that its findings rest on
    study: str                               # id of the study
    title: str
    analysis: str
    code: str                                # versions of the program, of the vocabulary,
    lens: str
    steps: str                               # and of every step that read a text: name=version, sorted, with commas
    findings: int
    reviews: int
    replies: int

    @property
    def versions(self) -> tuple[str, str, str]:
        """What made its figures, the texts apart."""
        return self.code, self.lens, self.steps


def freeze(store: Store, folder: Path, name: str) -> tuple[Edition, str]:
    """Makes the edition `name` of a store in a folder; returns it with the hash of its file. It appears when it is complete, or not at all.

    Raises `Mistake` where the name will not do or is taken, and where there are no findings, or older ones than the texts.
    """
    path = _file(folder, name)
    if path.exists():
        raise Mistake(f"there is an edition {name!r} already, and an edition never changes", place=str(path), cure="choose another name; `rapport freeze --list` lists them")
    analysis = next(store.read(Analysis, "current = 1"), None)
    if analysis is None:
        raise Mistake("there are no findings to freeze yet", cure="run `rapport enrich` first")
    if store.one("select 1 from stale"):
        raise Mistake("something came since the findings were computed: they do not speak of it yet", cure="run `rapport enrich`, then freeze again")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".") as room:
        part = Path(room) / path.name
        with Store(part, create=True) as made, store.moment():
            edition = _fill(store, made, analysis, name)
            made.db.execute("pragma journal_mode = delete")          # one file, which a reader need not write beside
        hash_ = _hash(part)
        _sealed(path).unlink(missing_ok=True)                        # of an edition that was deleted
        _sealed(path).write_text(f"{hash_}  {path.name}\n")
        for file in (part, _sealed(path)):
            file.chmod(0o444)
        part.rename(path)
    return edition, hash_


def _fill(store: Store, made: Store, analysis: Analysis, name: str) -> Edition:
    cuts = {Review: _cut("review", *_quotes(store, "review")), Reply: _cut("reply", *_quotes(store, "reply"))}
    with made.atomic():
        for table in (*export.PUBLIC.values(), Done):
            made.write(table(*row) for row in export.rows(store, table, cuts))
        study, title = next(store.rows("select id, title from study"))
        counts = (made.one(f"select count(*) from {t}") for t in ("findings", "reviews", "replies"))
        edition = Edition(name, iso(datetime.now(UTC)), analysis.as_of, study, title, analysis.id, analysis.code, analysis.lens, steps(made), *counts)
        made.db.table("edition").insert(asdict(edition), pk="name")
    return edition


def steps(store: Store) -> str:
    """Every step that read a text of a store, with its versions."""
    return ",".join(sorted({said for (versions,) in store.rows("select distinct versions from done") for said in versions.split(",") if said}))


def _quotes(store: Store, kind: str) -> tuple[dict[str, list[Spans]], dict[str, list[tuple[int, int]]]]:
    """Of the texts that are longer than an excerpt, the words that findings point at, each by itself, and all words that carry a tag: pages quote around both."""
    found: dict[str, list[Spans]] = defaultdict(list)
    all_: dict[str, list[tuple[int, int]]] = defaultdict(list)
    long = f"(select id from {'reviews' if kind == 'review' else 'replies'} where length(text) > {EXCERPT})"
    for target, start, end in store.rows(f"select target, start, [end] from evidence where kind = ? and start is not null and target in {long}", (kind,)):
        found[target].append(((start, end),))
    for target, start, end in store.rows(f"select target, start, [end] from mentions where kind = ? and target in {long}", (kind,)):
        all_[target].append((start, end))
    return found, all_


def _cut(kind: str, found: dict[str, list[Spans]], all_: dict[str, list[tuple[int, int]]]) -> export.Cut:
    def keep(at: export.Place, row: list[Any], publish: str, gone: bool, now: str | None) -> None:
        id = row[at["id"]]
        row[at["text"]] = reduced(row[at["text"]], publish, gone, (*found.get(id, ()), all_.get(id, ())))
        if kind == "review":
            row[at["title"]] = shown(row[at["title"]], publish, gone)
    return keep


# --- reading ---------------------------------------------------------------------------------------------------------------------------

@contextmanager
def opened(folder: Path, name: str) -> Iterator[tuple[Frozen, Edition]]:
    """An edition, open for reading, once its file is what was frozen. Raises `Mistake` where there is none, or it was changed by hand."""
    path = check(folder, name)
    with Frozen(path) as store:
        edition = Edition(*next(store.rows(f"select {', '.join(Edition.__slots__)} from edition")))
        if edition.name != name:
            raise Mistake(f"is the edition {edition.name!r} under another name", place=str(path), cure=f"call it {edition.name}.db again")
        yield store, edition


def check(folder: Path, name: str) -> Path:
    """The file of an edition, once its hash is that of the day it was frozen."""
    path = _file(folder, name)
    if not path.exists():
        near = toml.nearest(name, names(folder))
        raise Mistake(f"there is no edition {name!r}", place=str(folder), cure=f"did you mean {near!r}?" if near else "`rapport freeze --list` lists them")
    try:
        said = _sealed(path).read_text().partition(" ")[0]
    except FileNotFoundError:
        raise Mistake("the hash beside this edition is gone, so it cannot be told whether it was changed", place=str(_sealed(path)),
                      cure=f"restore it: the hash that a report cites, two spaces, and {path.name}") from None
    if said != _hash(path):
        raise Mistake(f"the edition {name!r} was changed after it was frozen: its file has another hash", place=str(path), cure="restore a copy; what a report cites must be what was frozen")
    return path


def names(folder: Path) -> list[str]:
    """The editions in a folder."""
    return sorted(p.stem for p in folder.glob("*.db"))


def listed(folder: Path) -> Iterator[tuple[str, Edition | None, str]]:
    """Every edition by its name, with what it says of itself and its hash; or None and why it cannot be read."""
    for name in names(folder):
        try:
            with opened(folder, name) as (store, edition):
                yield name, edition, _hash(store.path)
        except Mistake as mistake:
            yield name, None, str(mistake)


@contextmanager
def unpacked(folder: Path, name: str) -> Iterator[Path]:
    """A copy of an edition that is gone afterwards, named as the site knows a store, with the columns and views that the program has by now, and with its hash."""
    with opened(folder, name) as (edition, _), TemporaryDirectory() as room:
        path = Path(room) / DATABASE
        shutil.copyfile(edition.path, path)
        with Store(path) as store:
            store.execute("alter table edition add column sha256 text")
            store.execute("update edition set sha256 = ?", (_hash(edition.path),))
        yield path


def _file(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise Mistake(f"{name!r} will not do as the name of an edition", cure="letters, digits, full stops, hyphens and underscores, and no date alone: 2026-Q4, board.2026-11")
    return folder / f"{name}.db"


def _sealed(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
