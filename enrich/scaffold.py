"""Makes a study file from public addresses, and adds a file to one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import tomlkit
from tomlkit.items import AoT, Table

from enrich.mistakes import Mistake
from enrich.study import Company, Source, Study, slug

HEAD = """# A study: who is compared, and where each company is talked about. `rapport check` tells what is wrong here, with line and cure;
# `rapport sources` lists the sources and what each needs.
"""
EXAMPLE = """
# Each company is a [[companies]] table, each of its places on a source a [[companies.sources]] table under it:
#
# [[companies]]
# name = "Acme"
# aliases = ["Acme Ltd"]
# domains = ["acme.example"]
#
# [[companies.sources]]
# source = "discourse"
# url = "https://forum.acme.example"
#
# [[companies.sources]]
# source = "table"
# files = "acme-reviews.csv"
# origin = "google_play"
# collected_at = 2026-01-31
"""
_PLATFORM_WORDS = {"www", "forum", "forums", "community", "discuss", "support", "help", "store", "reviews", "co", "com", "org", "net", "io"}


def scaffold(title: str, recognised: Sequence[Mapping[str, Any]], *, client: str | None = None, contact: str | None = None) -> str:
    """The text of a study file. `recognised` is what each address was recognised as (`crawling.recognise`), with `name` where the user gave one."""
    document = tomlkit.parse(HEAD)
    document.add("title", title)
    document.add("client", client or "")
    document.add("contact", contact or "")
    if not client:
        del document["client"]
        document.add(tomlkit.comment('client = "whose study it is"'))
    if not contact:
        del document["contact"]
        document.add(tomlkit.comment('contact = "you@example.com": sites that are crawled can reach you there'))
    companies: dict[str, Table] = {}
    if client:
        companies[slug(client)] = _company(client)
    for found in recognised:
        name = found.get("name") or guess(found["url"])
        company = companies.setdefault(slug(name), _company(name))
        if found.get("source"):
            sources = company.setdefault("sources", tomlkit.aot())
            source = tomlkit.table()
            source.update({"source": found["source"], **found["options"]})
            sources.append(source)
        else:
            said = f"{found['refused']}. Instead: {found['instead']}" if found.get("refused") else "no source reads this address"
            company.add(tomlkit.comment(f"{found['url']}: not crawled: {said}"))
    if companies:
        every = tomlkit.aot()
        for company in companies.values():
            every.append(company)
        document.add("companies", every)
        return tomlkit.dumps(document)
    return tomlkit.dumps(document) + EXAMPLE


def guess(url: str) -> str:
    """A company's name, guessed from a public address: the name in its path, or the word of its domain."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if named := re.search(r"/app/\d+/([^/]+)", parts.path):
        return unquote(named[1]).replace("_", " ").strip()
    if app := re.search(r"/app/(\d+)", parts.path):
        return f"App {app[1]}"
    words = [w for w in (parts.hostname or url).split(".") if w not in _PLATFORM_WORDS]
    return (words[0] if len(words) < 2 else words[-2]).replace("-", " ").title() if words else url


def add_file(study: Study, company: Company, file: Path, *, source: str, collected_at: date | None, origin: str | None, audience: str | None) -> str:
    """Adds a file as a source of a company to study.toml, keeping what people wrote there; returns the id of its profile.

    A file that is there already is left as it is. Raises `Mistake` where `collected_at` is missing: nothing can be said about waiting
    without it, and neither today nor the file's own date is the day its texts were gathered.
    """
    path = file.absolute()
    shown = str(path.relative_to(study.folder)) if path.is_relative_to(study.folder) else str(path)
    for known in company.sources:
        files = [known.files] if isinstance(known.files, str) else known.files or []
        if any(path in study.folder.glob(f) if not Path(f).is_absolute() else path == Path(f) for f in files):
            return company.profile(known)
    if collected_at is None:
        raise Mistake("when were its reviews gathered?", place=str(file), cure="add --collected-at YYYY-MM-DD (the day of the export; never today unless it was made today)")
    document = tomlkit.parse(study.path.read_text(encoding="utf-8-sig"))
    companies = document["companies"]
    assert isinstance(companies, AoT)
    entry = next(c for c in companies if slug(str(c["name"])) == company.id)
    added = tomlkit.table()
    added.update({k: v for k, v in {"source": source, "files": shown, "origin": origin, "collected_at": collected_at, "audience": audience}.items() if v is not None})
    entry.setdefault("sources", tomlkit.aot()).append(added)
    study.path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return company.profile(Source.model_validate(added.unwrap()))


def _company(name: str) -> Table:
    company = tomlkit.table()
    company.add("name", name)
    return company
