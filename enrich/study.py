"""The study file that people write: who is compared, and where each company is talked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from enrich import toml
from enrich.mistakes import Mistake

DATABASE = "rapport.db"
"""The file beside study.toml that the program writes. Its stem names Datasette's database, so metadata.yaml relies on it."""

Catalogue = Mapping[str, Mapping[str, Any]]
"""What `scrapy sources` prints: source name to its title, its options as a JSON Schema, and how it is used."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Source(BaseModel):
    """A company's place on a source. Keys that are not named here belong to the source itself, which checks them."""

    model_config = ConfigDict(extra="allow")

    source: str = Field(description="which source: `rapport sources` lists them")
    name: str | None = Field(None, description="a name of your own for the place, kept when its address changes")
    url: str | None = Field(None, description="its public address")
    id: str | None = Field(None, description="its id at the source")
    files: list[str] | str | None = Field(None, description="the files of an import; * stands for any name")
    origin: str | None = Field(None, description="for an import: where the texts were published")
    collected_at: datetime | date | None = Field(None, description="for an import: the day its texts were gathered")
    audience: Literal["customer", "employee"] = Field("customer", description="who speaks there")
    unit: str | None = Field(None, description="the branch or product it belongs to")
    staff: list[str] = Field([], description="accounts that answer for the company there")
    replies_visible: bool | None = Field(None, description="whether the source shows company replies at all")
    population: Literal["whole", "sample", "chosen"] = Field("whole", description="all public reviews, part of them, or hand-picked")
    private: bool = Field(False, description="not public: left out of comparison, publication and export")
    publish: Literal["none", "excerpt", "full"] = Field("excerpt", description="what may be shown of a text")
    basis: str | None = Field(None, description="on what ground an import was made")
    expected: int | None = Field(None, ge=1, description="about how many reviews it has, as its page says: `rapport plan` counts with it until a crawl has told")
    minimum: int | None = Field(None, ge=1, description="the fewest reviews it shows when all is well: where it shows fewer, what was known before stands, dated and without a verdict")

    @property
    def options(self) -> dict[str, Any]:
        """What the source's own spider is told: everything that was set and is not None."""
        return {k: v for k, v in self.model_dump(exclude_none=True).items() if k in self.model_fields_set and k != "source"}

    @property
    def key(self) -> str:
        """What identifies the place at its source."""
        files = [self.files] if isinstance(self.files, str) else self.files or []
        return self.name or self.url or self.id or ", ".join(files)

    @property
    def published_at(self) -> str:
        """Where the texts were published: the source, or for an import what `origin` states."""
        return self.origin or self.source


class Company(Strict):
    name: str = Field(description="its name, as the public knows it", min_length=1)
    aliases: list[str] = Field([], description="other names it goes by")
    domains: list[str] = Field([], description="its own web domains")
    accounts: list[str] = Field([], description="its official accounts on public platforms")
    sources: list[Source] = Field([], description="where it is talked about")

    @property
    def id(self) -> str:
        """Short name for tables and commands."""
        return slug(self.name)

    def profile(self, source: Source) -> str:
        """Id of the company's place on a source: the same as long as what identifies the place is the same."""
        return f"{self.id}.{slug(source.published_at)}.{blake2b(source.key.encode(), digest_size=3).hexdigest()}"


class Period(Strict):
    start: date | None = Field(None, alias="from", description="first day that is analysed")
    end: date | None = Field(None, alias="to", description="last day that is analysed")


class Study(Strict):
    title: str = Field(description="what the study is called", min_length=1)
    client: str | None = Field(None, description="the company it is made for; compared like the others if it is among them")
    contact: str | None = Field(None, description="a mail address or web page: sites that are crawled see it")
    archive_days: int = Field(365, ge=0, description="how long raw responses are kept (0: not at all); they hold people's names as they stood, and are never published")
    deep: bool = Field(False, description="whether tone is read by meaning too: slower, and it needs the extra [deep]")
    period: Period = Field(default_factory=lambda: Period.model_validate({}), description="the days that are analysed")
    companies: list[Company] = Field(description="each company is a [[companies]] table with its name", min_length=1)
    _path: Path = PrivateAttr()

    @property
    def path(self) -> Path:
        """Where study.toml is."""
        return self._path

    @property
    def folder(self) -> Path:
        return self._path.parent

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    def company(self, name: str) -> Company:
        """The company of this name, alias or id. Raises `Mistake` where there is none."""
        for company in self.companies:
            if name.casefold() in (company.id, company.name.casefold(), *(a.casefold() for a in company.aliases)):
                return company
        raise Mistake(f"there is no company {name!r} in this study", place=str(self.path), cure=f"known here: {', '.join(c.id for c in self.companies)}")

    def owner(self, host: str) -> Company | None:
        """The company that a host belongs to: one of its `domains`, or below one."""
        host = bare_host(host)
        return next((c for c in self.companies for d in map(bare_host, c.domains) if d and (host == d or host.endswith(f".{d}"))), None)

    def is_client(self, company: Company) -> bool:
        return self.client is not None and self.client.casefold() in (company.id, company.name.casefold(), *(a.casefold() for a in company.aliases))


def names_client(study: Study, contact: str) -> str | None:
    """By what a contact tells who the client is: a name or a domain of it; None where it does not."""
    client = next(filter(study.is_client, study.companies), None)
    words = f"-{slug(contact)}-"
    for name in filter(None, (study.client, *((client.name, *client.aliases) if client else ()))):
        if f"-{slug(name)}-" in words or f"-{slug(name).replace('-', '')}-" in words:
            return name
    hosts = "".join(f" {bare_host(part.rpartition('@')[2])}" for part in contact.split())
    return next((d for d in (client.domains if client else ()) if re.search(rf"[ .]{re.escape(bare_host(d))}(?: |$)", hosts)), None)


def belongs(host: str, company: Company) -> str:
    """What is said before a company's own site is crawled."""
    return f"{host} belongs to {company.name}: its operators will see your requests and your contact"


def bare_host(address: str) -> str:
    """The host of an address, or of a domain as people write it (`www.acme.example`, `https://acme.example/shop`), without www."""
    host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    return host.rstrip(".").removeprefix("www.")


def slug(name: str) -> str:
    """Lower case letters and digits with hyphens between."""
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-_") or "x"


def find(path: str | Path | None = None) -> Path:
    """The study file: the path itself, or study.toml in it (or here, where no path is given)."""
    found = Path(path or ".")
    return found / "study.toml" if found.is_dir() else found


def load(path: str | Path | None = None, catalogue: Catalogue | None = None) -> Study:
    """The study, checked; with a catalogue the keys of each source too.

    Raises `Mistake` with every error found, each with its line and its cure.
    """
    file = find(path).absolute()
    study = toml.read(file, Study)
    study._path = file
    mistakes = _check(study, file.read_text(encoding="utf-8-sig"), catalogue)
    if mistakes:
        raise Mistake("\n".join(map(str, mistakes)))
    return study


def warnings(study: Study) -> list[str]:
    """What is not wrong but probably not meant."""
    said = []
    if study.client and not any(map(study.is_client, study.companies)):
        said.append(f"the client {study.client!r} is not among the companies: nothing will be said about it. Add it as a [[companies]] to see it on the same scale")
    if len(study.companies) == 1:
        said.append("a study of one company has no field to compare it with: its figures will stand alone, without a verdict")
    if study.contact and study.client and (named := names_client(study, study.contact)):
        said.append(f"the contact names the client ({named}): sites that are crawled would read for whom you ask. Give one of your own")
    if not study.contact and any(s.source not in ("table", "saved_page") for c in study.companies for s in c.sources):
        said.append("no contact is given: sites that are crawled should be able to reach you. Add contact = \"you@example.com\"")
    for host, company in {urlsplit(s.url).hostname or "": o for c in study.companies for s in c.sources if s.url and s.source not in ("table", "saved_page")
                          if (o := study.owner(urlsplit(s.url).hostname or ""))}.items():
        said.append(belongs(host, company))
    return said + [f"{c.name} has no sources: nothing can be gathered about it" for c in study.companies if not c.sources]


def _check(study: Study, text: str, catalogue: Catalogue | None) -> list[Mistake]:
    def mistake(at: tuple[str | int, ...], what: str, cure: str) -> None:
        found.append(Mistake(what, place=toml.place(study.path, text, at), cure=cure))

    found: list[Mistake] = []
    if study.period.start and study.period.end and study.period.start > study.period.end:
        mistake(("period", "from"), "the period ends before it begins", "exchange `from` and `to`")
    names: dict[str, int] = {}
    profiles: dict[str, str] = {}
    for i, company in enumerate(study.companies):
        for name in {slug(n) for n in (company.name, *company.aliases)}:
            if names.setdefault(name, i) != i:
                mistake(("companies", i, "name"), f"two companies share the name {name!r}", f"rename one of them: {study.companies[names[name]].name} has it too")
        for j, source in enumerate(company.sources):
            at = ("companies", i, "sources", j)
            if source.private and source.publish == "full":
                mistake((*at, "publish"), "a private source cannot be published in full", "remove `publish`, or `private`")
            if catalogue is not None:
                for key, what, cure in _check_source(source, catalogue):
                    mistake((*at, *key), what, cure)
            if not source.key:
                continue
            if (profile := company.profile(source)) in profiles:
                mistake(at, f"{company.name} has this place twice: {source.key}", "remove one of them, or give each a `name`")
            profiles[profile] = source.key
    return found


def _check_source(source: Source, catalogue: Catalogue) -> list[tuple[tuple[str | int, ...], str, str]]:
    if source.source not in catalogue:
        near = toml.nearest(source.source, catalogue)
        return [(("source",), f"there is no source {source.source!r}", f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(catalogue))}")]
    schema = catalogue[source.source]["options"]
    own = schema.get("properties", {})
    options = {k: v for k, v in source.options.items() if k in own or k not in Source.model_fields}
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    for error in jsonschema.Draft202012Validator(schema).iter_errors(_json(options)):
        if error.validator == "additionalProperties":
            unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
            for key in unknown:
                near = toml.nearest(key, [*own, *Source.model_fields])
                found.append(((key,), f"unknown key `{key}` for the source {source.source!r}", f"did you mean `{near}`?" if near else f"known: {', '.join(own)}"))
        elif error.validator == "required":
            for key in sorted(set(error.validator_value) - set(error.instance)):
                found.append(((), f"`{key}` is missing: the source {source.source!r} needs it", f"add `{key} = …`: {own.get(key, {}).get('description', '')}"))
        else:
            path = tuple(error.absolute_path)
            found.append((path, f"`{path[-1] if path else source.source}`: {error.message}", own.get(str(path[0]) if path else "", {}).get("description", "see `rapport sources`")))
    return found


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value
