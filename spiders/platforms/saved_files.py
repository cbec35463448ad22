"""Finds the saved pages among files, folders and zip archives. Nothing is unpacked to disk; what is no page is counted and named."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from enrich import toml
from enrich.records import Problem
from spiders.platforms.files import FORMATS, File
from spiders.platforms.opened import DAMAGED, is_page

MOST_FILES = 10_000
"""Files of one zip archive."""
MOST_UNPACKED = 1 << 30
"""Bytes of the pages of one zip archive together."""
HEAD = 4096
NAMED = 5
"""Files that one problem names; the rest is counted."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_RESOURCES = re.compile(r"[-_.](?:files?|fichiers|dateien|archivos|ficheiros|arquivos|bestanden|filer|pliki|soubory|datoteke|tiedostot|elemei|dosyalar|fitxers|fitxategiak|failid|fails|bylos)$", re.I)
"""Folders in which browsers and Windows keep a page's pictures and scripts, in their languages."""
_UNMEANT = re.compile(r"(?:^|/)(?:\.(?!\.?/)|__MACOSX/|Thumbs\.db$|desktop\.ini$)", re.I)
"""What systems leave in folders: nobody put it there."""


def holds_pages(path: Path) -> bool:
    """Whether what a person gives to be imported is pages, rather than a table: told by its content, unless its name is that of a table."""
    if path.is_dir():
        return True
    if path.suffix.lower() in FORMATS.keys() - {".txt"}:
        return False
    try:
        with path.open("rb") as opened:
            head = opened.read(HEAD)
        if head.startswith(_ZIP):
            with ZipFile(path) as archive:
                return "xl/workbook.xml" not in archive.namelist()
        return is_page(path.name, head)
    except DAMAGED:
        return True
    except OSError:                          # whoever reads it says so
        return False


def pages(folder: Path, given: list[str]) -> Iterator[File | Problem]:
    """The pages that paths, patterns, folders and zip archives name, each once; problems for what is none. Paths begin in `folder`."""
    seen: set[Path] = set()
    others: list[str] = []
    for pattern in given:
        found = [pattern] if (folder / pattern).exists() else sorted(glob.glob(pattern, root_dir=folder, recursive=True))
        if not found:
            yield _missing(folder, pattern)
        for name in found:
            inside = list(_walk(folder, name)) if (folder / name).is_dir() else [name]
            if not inside:
                yield Problem(name, "holds no page", "check the path: folders that browsers keep beside a page (…_files) are passed over", "failed")
            for file in (f for f in inside if (folder / f).resolve() not in seen):
                seen.add((folder / file).resolve())
                yield from _file(folder / file, file, others, asked=file == pattern)
    if others:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        yield Problem(given[0] if len(given) == 1 else others[0], f"{'1 file is no page' if len(others) == 1 else f'{len(others)} files are no pages'}: {', '.join(others[:NAMED])}{more}",
                      "they are left out: tables are imported by themselves, pages are .html or .mhtml")


def _missing(folder: Path, pattern: str) -> Problem:
    parent = (folder / pattern).parent
    near = toml.nearest(Path(pattern).name, sorted(p.name for p in parent.iterdir())) if parent.is_dir() else None
    return Problem(pattern, "there is no such file or folder", f"did you mean {near!r}?" if near else f"paths begin beside study.toml, in {folder}", "failed")


def _walk(folder: Path, name: str) -> Iterator[str]:
    """Every file in a folder, in the order of names, as a path that begins where the folder's does."""
    for at, folders, files in os.walk(folder / name):
        folders[:] = sorted(f for f in folders if not _RESOURCES.search(f) and not f.startswith("."))
        for file in sorted(files):
            yield str(Path(name) / Path(at, file).relative_to(folder / name))


def _file(path: Path, name: str, others: list[str], asked: bool) -> Iterator[File | Problem]:
    """A page, or the pages of a zip archive. A file that was asked for by its own name is taken for a page whatever it is."""
    if _UNMEANT.search(name) and not asked:
        return
    try:
        with path.open("rb") as opened:
            head = opened.read(HEAD)
    except OSError as error:
        yield Problem(name, f"cannot be opened: {error.strerror}", "check the path, and that you may read it", "failed")
        return
    if head.startswith(_ZIP):
        yield from _zip(path, name, others)
    elif asked or is_page(name, head):
        yield File(name, partial(path.open, "rb"))
    else:
        others.append(name)


def _zip(path: Path, name: str, others: list[str]) -> Iterator[File | Problem]:
    def refused(what: str, cure: str) -> Problem:
        return Problem(name, what, cure, "failed")

    try:
        archive = ZipFile(path)              # open as long as one of its files may be read
        inside = [i for i in archive.infolist() if not i.is_dir() and not _UNMEANT.search(i.filename) and not _in_resources(i.filename)]
        if len(inside) > MOST_FILES:
            yield refused(f"holds {len(inside):,} files: more than {MOST_FILES:,} are not read", "pack fewer pages into one archive")
            return
        sizes = sum(i.file_size for i in inside)
        if sizes > MOST_UNPACKED:
            yield refused(f"holds {sizes >> 20:,} MB when it is unpacked: more than {MOST_UNPACKED >> 20:,} are not read", "pack fewer pages into one archive, without their pictures")
            return
        if any(i.flag_bits & 1 for i in inside):
            yield refused("is encrypted", "pack the pages again without a password")
            return
        if not inside:
            yield refused("holds no page", "pack the pages again")
        for info in sorted(inside, key=lambda i: i.filename):
            yield from _member(archive, info, f"{name}/{info.filename}", others)
    except (*DAMAGED, OSError, ValueError) as error:
        yield refused(f"is no zip archive that can be read: {error}", "pack the pages again, or import the folder that they are in")


def _member(archive: ZipFile, info: ZipInfo, name: str, others: list[str]) -> Iterator[File | Problem]:
    """A page in a zip archive. A damaged one is told when it is read."""
    head = b""
    try:
        with archive.open(info) as opened:
            head = opened.read(HEAD)
    except DAMAGED:
        pass
    if head.startswith(_ZIP) and not is_page(name, b""):
        yield Problem(name, "is an archive inside an archive: it is not opened", "unpack it first, and import its pages", "failed")
    elif is_page(name, head):
        yield File(name, partial(archive.open, info))
    else:
        others.append(name)


def _in_resources(name: str) -> bool:
    return any(_RESOURCES.search(part) for part in PurePosixPath(name.replace("\\", "/")).parts[:-1])
