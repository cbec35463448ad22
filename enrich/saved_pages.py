"""Saved pages that are to be imported: sorted by site, checked, and written into study.toml as places of a company."""

from __future__ import annotations

import glob
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit

from enrich import toml
from enrich.mistakes import Mistake
from enrich.scaffold import day_of, number_of, replace, shown_path, text_of, with_line, with_source, with_value
from enrich.study import Company, Source, Study

PAGES = "saved_page"
"""The source that reads them."""
TOLD = 5
"""Problems that one mistake tells."""


def by_site(study: Study, company: Company, told: Mapping[Path, Mapping[str, Any]], *, collected_at: date | None, origin: str | None, audience: str | None, basis: str | None) -> tuple[list[dict[str, Any]], list[Mistake]]:
    """What `add_pages` is to be told, site by site, of saved pages, and what is wrong with those files that hold none.

    `told` is what each file or folder was recognised as (`crawling.saved`).

    Raises `Mistake`, before anything is written, where nobody reads them, none says when it was saved, no ground is stated that their
    site asks for, or one origin is given to several sites.
    """
    found: dict[str, dict[str, Any]] = {}
    for file, what in told.items():
        for site in what["sites"]:
            mine = found.setdefault(site["site"], {**site, "files": [], "pages": 0, "undated": 0, "shared": False})
            mine["files"].append(file)
            mine["shared"] = mine["shared"] or len(what["sites"]) > 1
            mine["refused"] = mine["refused"] or site["refused"]
            for count in ("pages", "undated"):
                mine[count] += site[count]
    wrong = [Mistake(p["what"], place=p["place"], cure=p.get("cure")) for what in told.values() if not what["sites"] for p in what["problems"]]
    if told and not found:
        raise Mistake("\n".join([*map(str, wrong[:TOLD]), *([f"and {len(wrong) - TOLD} more"] if len(wrong) > TOLD else [])]))
    if origin and len(found) > 1:
        raise Mistake(f"these pages are of several sites: {', '.join(f['title'] for f in found.values())}", cure="leave --origin out, or import the pages of each site by themselves")
    plans = [{"files": f["files"], "origin": origin or name, "audience": audience or f["audience"], "site": name, "collected_at": collected_at} for name, f in found.items()]
    for plan, site in zip(plans, found.values(), strict=True):
        known = place_of_pages(study, company, **plan)
        if site["refused"] and not (basis or (known and known.basis)):
            raise Mistake(f"{site['refused']['name']} is not read by programs ({site['refused']['why']}): pages of it that a person saved go in only on a stated ground", place=str(site["files"][0]),
                          cure='add --basis "…", for example who saved them and why that is allowed. It is printed on the page Method; Rapport says that it did not gather them by program, never that it is lawful')
        if site["undated"] == site["pages"] and collected_at is None and not (known and known.collected_at):
            raise Mistake(f"when were the pages of {site['title']} saved? They do not say it, and nothing can be said about waiting without it", place=str(site["files"][0]),
                          cure="add --seen YYYY-MM-DD (the day on which they were saved; never today unless it was today)")
    return [{**plan, "shared": site["shared"], "basis": basis} for plan, site in zip(plans, found.values(), strict=True)], wrong


def place_of_pages(study: Study, company: Company, files: Sequence[Path], *, origin: str, audience: str, site: str, collected_at: date | None) -> Source | None:
    """The place in study.toml that saved pages of a site belong to: the one that names all of them, else the one that pages of this site and this day went to before."""
    places = [s for s in company.sources if s.source == PAGES and s.published_at == origin and s.audience == audience and _site(s) in (None, site)]
    named = [s for s in places if all(_names(study, s, f) for f in files)]
    return next((s for s in named if collected_at in (None, day_of(s.collected_at))), None) or next(
        (s for s in named if s.collected_at is None or s.files in ([shown_path(study, f) for f in files], shown_path(study, files[0]))), None) or next(
        (s for s in places if s.name and collected_at == day_of(s.collected_at)), None)


def add_pages(study: Study, company: Company, files: Sequence[Path], *, origin: str, audience: str, site: str, shared: bool, collected_at: date | None, basis: str | None) -> str:
    """Adds saved pages of one site as a place of a company to study.toml; returns the id of its profile.

    Later pages join the place of the earlier ones, because only all pages of a list together show whether it is whole; pages that another
    day is stated for become a place of their own, which is a later look at the same reviews. `shared`: the files hold pages of other
    sites too. Raises `Mistake` where something else is said of a file than what study.toml says.
    """
    text, number, files = text_of(study), number_of(study, company), list(dict.fromkeys(files))
    shown = [shown_path(study, f) for f in files]
    known = place_of_pages(study, company, files, origin=origin, audience=audience, site=site, collected_at=collected_at)
    if known is None:
        for n, other in enumerate(company.sources):
            if other.source == PAGES and _site(other) in (None if not shared else site, site) and all(_names(study, other, f) for f in files) and (origin, audience) != (other.published_at, other.audience):
                raise Mistake(f"study.toml has these pages already, with origin = {other.origin!r} and audience = {other.audience!r}, not {origin!r} and {audience!r}",
                              place=toml.place(study.path, text, ("companies", number, "sources", n)), cure="change it there, or leave --origin and --audience out")
        names = {s.key for s in company.sources if s.published_at == origin}
        name = next(n for n in (origin, *(f"{origin} {i}" for i in range(2, len(names) + 3))) if n not in names)
        added = {k: v for k, v in {"source": PAGES, "name": name, "files": shown[0] if len(shown) == 1 else shown, "origin": origin, "site": site if shared else None, "audience": None if audience == "customer" else audience,
                                   "collected_at": collected_at, "basis": basis}.items() if v is not None}
        written = with_source(text, number, added)
        if written is None:
            raise Mistake(f"the sources of {company.name} are written in one line: nothing can be added there without touching what you wrote", place=str(study.path),
                          cure="write each as a [[companies.sources]] table, and import again")
        replace(study.path, written)
        return company.profile(Source.model_validate(added))
    at = ("companies", number, "sources", company.sources.index(known))
    if basis is not None and known.basis not in (None, basis):
        raise Mistake(f"study.toml has pages of this site already, with basis = {known.basis!r}", place=toml.place(study.path, text, (*at, "basis")), cure="change it there, or leave --basis out")
    before = [known.files] if isinstance(known.files, str) else known.files or []
    more = [s for s, f in zip(shown, files, strict=True) if not _names(study, known, f)]
    for key, said, stands in (("files", [*before, *more] if more else None, None), ("site", site if shared else None, _site(known)), ("collected_at", collected_at, day_of(known.collected_at)), ("basis", basis, known.basis)):
        if said is not None and said != stands:
            text = _changed(study, text, at, key, said)
    replace(study.path, text)
    return company.profile(known)


def _changed(study: Study, text: str, at: tuple[str | int, ...], key: str, value: Any) -> str:
    """The text of a study file in which a source says something else. Raises `Mistake` where that cannot be done line by line."""
    line = toml.line_numbers(text)
    anew = with_value(text, (*at, key), value) if (*at, key) in line else with_line(text, (*at, "source"), f"{key} = {tomlkit.item(value).as_string()}")
    try:
        written: Any = tomllib.loads(anew or "")
        for step in (*at, key):
            written = written[step]
    except (tomllib.TOMLDecodeError, LookupError):
        written = None
    if anew is None or written != value:
        raise Mistake(f"`{key}` cannot be changed without touching what you wrote", place=toml.place(study.path, text, (*at, key)), cure=f"write there: {key} = {tomlkit.item(value).as_string()}")
    return anew


def _names(study: Study, source: Source, file: Path) -> bool:
    """Whether a source's files name a file, or a folder that it is in."""
    path = file.absolute()
    files = [source.files] if isinstance(source.files, str) else source.files or []
    return any(study.folder / f in (path, *path.parents) or str(path) in glob.glob(str(study.folder / f), recursive=True) for f in files)


def _site(source: Source) -> str | None:
    """Which site's pages a place takes, where study.toml says it."""
    return (source.model_extra or {}).get("site")
