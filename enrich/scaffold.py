"""Makes a study file from public addresses, and adds a file to one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import tomlkit
from tomlkit.items import Table

from enrich import toml
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
# how the big platforms name whom a page is about: /app/413150/Some_Game, /review/acme.example, details?id=com.acme.app
_SHARED_HOSTS = {"github.com", "www.github.com", "addons.mozilla.org", "apps.shopify.com"}
"""Hosts of many companies, whose own name says nothing of the one that is meant."""
_NAMED = re.compile(r"/app/\d+/([^/?]+)|/reviews?/(?:www\.)?([^/?.]+)\.\w|/(?:products|biz|cmp|p/\d+)/([^/?]+)|[?&]id=\w+\.([\w-]+)"
                    r"|/app/([^/]+)/id\d|/Reviews/([^/]+?)-Reviews-E\d|/maps/place/([^/@?]+)|/profile/[^/]+/([^/]+?)-\d{4}-\d+")
_PLATFORM_WORDS = {"www", "forum", "forums", "community", "discuss", "support", "help", "store", "reviews", "co", "com", "org", "net", "io"}


def scaffold(title: str, recognised: Sequence[Mapping[str, Any]], *, client: str | None = None, contact: str | None = None) -> str:
    """The text of a study file. `recognised` is what each address was recognised as (`crawling.recognise`), with the company's `name`."""
    document = tomlkit.parse(HEAD)
    document.add("title", title)
    for key, value, example in (("client", client, '"Ours"                       # whose study it is: compared like the others'),
                                ("contact", contact, '"you@example.com"           # sites that are crawled can reach you there')):
        if value:
            document.add(key, value)
        else:
            document.add(tomlkit.comment(f"{key} = {example}"))
    companies: dict[str, Table] = {}
    if client:
        companies[slug(client)] = _company(client)
    for found in recognised:
        name = found["name"]
        company = companies.setdefault(slug(name), _company(name))
        if found.get("source"):
            source = {"source": found["source"], **found["options"]}
            if source not in company.get("sources", []):           # the same address may have been pasted twice
                if "sources" not in company:
                    company.add(tomlkit.nl())
                    company.add("sources", tomlkit.aot())
                table = tomlkit.table()
                table.update(source)
                company["sources"].append(table)
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
    if named := _NAMED.search(f"{parts.path}?{parts.query}"):
        return unquote(next(filter(None, named.groups()))).replace("_", " ").replace("-", " ").replace("+", " ").strip().title()
    if parts.hostname in _SHARED_HOSTS and (shared := re.search(r"/addon/([^/]+)", parts.path) or re.search(r"^/([^/]+)/", parts.path)):
        return unquote(shared[1]).replace("-", " ").title()
    if app := re.search(r"/app/(?:id)?(\d+)", parts.path):
        return f"App {app[1]}"
    words = [w for w in (parts.hostname or url).split(".") if w not in _PLATFORM_WORDS]
    return (words[0] if len(words) < 2 else words[-2]).replace("-", " ").title() if words else url


def add_file(study: Study, company: Company, file: Path, *, source: str, collected_at: date | None, origin: str | None, audience: str | None, basis: str | None = None) -> str:
    """Adds a file as a source of a company to study.toml, keeping what people wrote there; returns the id of its profile.

    A file that is there already stays, with the new day where it was gathered anew. Raises `Mistake` where it is said to be something
    else than what study.toml says, and where `collected_at` is missing: nothing can be said about waiting without it, and neither
    today nor the file's own date is the day its texts were gathered.
    """
    path, shown = file.absolute(), shown_path(study, file)
    text, number = text_of(study), number_of(study, company)
    for n, known in enumerate(company.sources):
        files = [known.files] if isinstance(known.files, str) else known.files or []
        if not any(path in study.folder.glob(f) if not Path(f).is_absolute() else path.match(f) for f in files):
            continue
        at = ("companies", number, "sources", n)
        for key, said, stands in (("origin", origin, known.origin), ("audience", audience, known.audience), ("basis", basis, known.basis), ("collected_at", collected_at, known.collected_at)):
            if said is None or said == (day_of(stands) if isinstance(stands, date) else stands):
                continue
            anew = with_value(text, (*at, key), said) if key == "collected_at" and files == [shown] else None
            if anew is None:
                raise Mistake(f"study.toml has {file.name} already, with {key} = {stands or 'nothing'}, not {said}", place=toml.place(study.path, text, (*at, key)),
                              cure=f"change it there, or leave --{key.replace('_', '-')} out")
            replace(study.path, anew)
        return company.profile(known)
    if collected_at is None:
        raise Mistake("when were its reviews gathered?", place=str(file), cure="add --collected-at YYYY-MM-DD (the day of the export; never today unless it was made today)")
    added = {k: v for k, v in {"source": source, "files": shown, "origin": origin, "collected_at": collected_at, "audience": audience, "basis": basis}.items() if v is not None}
    written = with_source(text, number, added)
    if written is None:
        raise Mistake(f"the sources of {company.name} are written in one line: nothing can be added there without touching what you wrote", place=str(study.path),
                      cure="write each as a [[companies.sources]] table, and import again")
    replace(study.path, written)
    return company.profile(Source.model_validate(added))


def shown_path(study: Study, file: Path) -> str:
    """A path as study.toml names it: from its folder where it is in there."""
    path = file.absolute()
    return str(path.relative_to(study.folder)) if path.is_relative_to(study.folder) else str(path)


def text_of(study: Study) -> str:
    with study.path.open(encoding="utf-8-sig", newline="") as opened:
        return opened.read()


def number_of(study: Study, company: Company) -> int:
    return next(i for i, c in enumerate(study.companies) if c.id == company.id)


def day_of(day: date | None) -> date | None:
    return day.date() if isinstance(day, datetime) else day


def with_value(text: str, at: tuple[str | int, ...], value: Any) -> str | None:
    """The text of a study file with another value for one key; None where the key does not stand in a line of its own."""
    line = toml.line_numbers(text).get(at)
    if line is None:
        return None
    rows = text.splitlines(keepends=True)
    rows[line - 1] = re.sub(r"(=\s*)[^#\r\n]*?(\s*(?:#.*)?[\r\n]*)$", lambda m: f"{m[1]}{tomlkit.item(value).as_string()}{m[2]}", rows[line - 1], count=1)
    return "".join(rows)


def with_line(text: str, at: tuple[str | int, ...], added: str) -> str | None:
    """The text of a study file with one more line below that of a key; None where the key does not stand in a line of its own."""
    line = toml.line_numbers(text).get(at)
    if line is None:
        return None
    rows = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    rows[line - 1] = rows[line - 1].rstrip("\r\n") + end
    return "".join([*rows[:line], added + end, *rows[line:]])


def with_source(text: str, company: int, source: Mapping[str, Any]) -> str | None:
    """The text of a study file with one more source for the company of this number, all else as it was; None where its sources stand in one line."""
    lines = toml.line_numbers(text)
    start = lines.get(("companies", company))
    if start is None or ("companies", company, "sources") in lines:
        return None
    after = min((n for at, n in lines.items() if n > start and at[:2] != ("companies", company)), default=None)
    rows = text.splitlines(keepends=True)
    at = len(rows) if after is None else after - 1
    while not rows[at - 1].strip() or rows[at - 1].lstrip().startswith("#"):       # a comment before the next table belongs to it
        at -= 1
    end = "\r\n" if "\r\n" in text else "\n"
    rows[at - 1] = rows[at - 1].rstrip("\r\n") + end
    block = ["", "[[companies.sources]]", *tomlkit.dumps(source).splitlines()]
    return "".join([*rows[:at], *(line + end for line in block), *rows[at:]])


def replace(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all: a full disk must not cost what was there."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8", newline="")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _company(name: str) -> Table:
    company = tomlkit.table()
    company.add("name", name)
    return company
