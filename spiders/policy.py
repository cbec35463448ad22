"""What may be done on which host: policy.toml is the list, this reads and checks it. Nothing but this decides what is refused."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from enrich import toml
from enrich.mistakes import Mistake
from enrich.rights import PUBLISH

FILE = Path(__file__).with_name("policy.toml")
PUBLIC_ONLY = "crawl public sites only; where you may read the reviews of this one, import a file of them"
DEMO_HOST = ".demo-host"
"""File beside study.toml, written by `rapport demo`, with the one loopback host and port that its crawl may reach."""
MODES = ("none", "import", "opt-in", "crawl")
"""What may be done with a rival's page, the strictest first."""

Terms = Annotated[str, Field(pattern=r"^(allowed|forbidden|not verified)(: .+)?$")]


class Rule(BaseModel):
    """A platform: whom the rule stands for, what may be done there, on what ground, and how slowly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="what people call it", min_length=1)
    hosts: list[str] = Field([], description="hosts with their subdomains; one that ends in a dot stands for every country, one with a path for the addresses that begin so")
    origins: list[str] = Field([], description="how an import's `origin`, or a source of ours, calls it")
    rival: Literal["crawl", "import", "opt-in", "none"] = Field(description="what may be done for a rival's page: crawl, opt-in (crawl where study.toml says opt_in = true), import (files only) or none")
    own_company: list[Literal["crawl", "official API", "export", "saved pages"]] = Field(description="what may be done for one's own company's page: crawl, official API, export, saved pages")
    official_api: str | None = Field(None, description="the official API, and whom it serves", min_length=1)
    terms_mining: Terms = Field(description="what the terms say of gathering by program: allowed, forbidden or not verified, with a colon and more where there is more")
    terms_commercial: Terms = Field(description="what the terms say of commercial use, in the same words")
    robots: str = Field(description="what robots.txt said when it was read (a crawl reads it again and obeys)", min_length=1)
    read_at: date | None = Field(None, description="the day on which terms or robots.txt were read: read_at = 2026-05-01")
    source: str | None = Field(None, description="where that reading stands", min_length=1)
    why: str | None = Field(None, description="why it is refused, in words that follow `it is not crawled:`", min_length=1)
    instead: str | None = Field(None, description="what may be done instead, for a rival and for one's own company", min_length=1)
    publish: Literal["none", "excerpt", "full"] = Field(description="what may be shown of its texts at most: none, excerpt or full")
    delay: float | None = Field(None, description="seconds between two requests, at least", ge=0)
    per_day: int | None = Field(None, description="requests that it allows in 24 hours", gt=0)
    pauses: dict[Annotated[str, Field(pattern=r"^[45]\d\d$")], Annotated[int, Field(gt=0)]] = Field(
        {}, description="seconds to stay away after a status, where the answer does not say: pauses = { 429 = 310 }")

    @model_validator(mode="after")
    def _whole(self) -> Rule:
        if not self.hosts and not self.origins:
            raise ValueError("name hosts, or origins: it stands for nothing")
        if self.rival != "crawl" and not (self.why and self.instead):
            raise ValueError("say why it is refused, and what may be done instead")
        return self


class Policy(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: list[Rule] = Field(description="each platform is a [[host]] table", min_length=1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an address is not crawled."""

    host: str
    why: str
    instead: str
    read_at: date | None = None
    opt_in: bool = False                     # it is crawled where study.toml says so on purpose


def read(path: Path = FILE) -> Policy:
    """The rules. Raises `Mistake` with every error, each with its line, where the file does not fit, and where two rules claim the same host or name."""
    policy = toml.read(path, Policy)
    known: dict[tuple[str, str], str] = {}
    for i, rule in enumerate(policy.host):
        for said in (*(("host", h) for h in rule.hosts), *(("origin", plain(o)) for o in rule.origins)):
            if said in known:
                raise Mistake(f"the {said[0]} {said[1]!r} stands at {known[said]} too", place=toml.place(path, path.read_text(encoding="utf-8-sig"), ("host", i)), cure="keep one of them")
            known[said] = rule.name
    return policy


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of policy.toml, read once."""
    return tuple(read().host)


@cache
def _patterns() -> list[tuple[re.Pattern[str], Rule]]:
    return [(_pattern(host), rule) for rule in rules() for host in rule.hosts]


def _pattern(rule: str) -> re.Pattern[str]:
    """Matches host and path of the addresses that a rule stands for."""
    host, _, path = rule.partition("/")
    country = r"[a-z]{2,3}(?:\.[a-z]{2})?" if host.endswith(".") else ""
    return re.compile(rf"(?:[^/]+\.)?{re.escape(host)}{country}/{re.escape(path)}", re.I)


def at(url: str) -> list[Rule]:
    """The rules that stand for an address, the strictest first."""
    parts = urlsplit(url)
    where = f"{(parts.hostname or '').rstrip('.').lower()}{parts.path or '/'}"
    return sorted((rule for pattern, rule in _patterns() if pattern.match(where)), key=lambda r: MODES.index(r.rival))


def named(origin: str) -> list[Rule]:
    """The rules of a platform that somebody calls by a name: `google_play`, `Google Play` or `play.google.com`."""
    called = [rule for rule in rules() if plain(origin) in {plain(n) for n in (rule.name, *rule.origins)}]
    if called or "." not in origin:
        return called
    with suppress(ValueError):               # something in brackets is no address
        return at(origin if "://" in origin else f"https://{origin}")
    return []


def plain(name: str) -> str:
    """A name without what people write in different ways."""
    return re.sub(r"[\W_]+", "", name.casefold())


def of_place(*said: str | None) -> list[Rule]:
    """The rules of a place of a study, the strictest first, by all that is said of it: the source, the origin or the site of its texts, its address."""
    return sorted((rule for name in said if name for rule in named(name)), key=lambda r: MODES.index(r.rival))


def may_publish(found: Iterable[Rule]) -> str | None:
    """What may be shown of a text at most, by the strictest of some rules; None where there is no rule."""
    return min((r.publish for r in found), key=PUBLISH.index, default=None)


def refuses(url: str, own: str | None = None, opt_in: bool = False) -> Refusal | None:
    """The refusal of an address, or None where it may be crawled (as far as its robots.txt allows).

    `own` is the one loopback host and port that is allowed: the demo's. A host of policy.toml stands for its subdomains and, where
    it ends in a dot, for all countries (`tripadvisor.` is www.tripadvisor.com and tripadvisor.co.uk); with a path, for what begins so.
    `opt_in` says that study.toml asks for the place on purpose (`opt_in = true`), which only a rule of that mode allows.
    """
    if is_own(url, own):
        return None
    rule = next(iter(at(url)), None)
    if rule is not None and rule.rival != "crawl" and not (rule.rival == "opt-in" and opt_in):
        return Refusal(rule.name, rule.why or "", rule.instead or "", rule.read_at, rule.rival == "opt-in")
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return Refusal(host, "it is an address inside this machine or network", PUBLIC_ONLY) if private(host) else None


def is_own(url: str, own: str | None) -> bool:
    """Whether an address is the demo's own: its very host and port."""
    parts = urlsplit(url)
    return own is not None and parts.scheme in ("http", "https") and parts.netloc == own


def private(host: str) -> bool:
    """Whether a host name or address is not on the public internet."""
    bare = host.strip("[]")
    if re.fullmatch(r"(?:0x)?[0-9a-f]+(?:\.(?:0x)?[0-9a-f]+){0,3}", bare) and bare[0].isdigit():
        with suppress(OSError):
            bare = socket.inet_ntoa(socket.inet_aton(bare))      # 127.1 and 0x7f000001 are addresses too
    try:
        return not ipaddress.ip_address(bare).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan")) or (host != "" and "." not in host)


def own_host(folder: Path) -> str | None:
    """The loopback host and port that a study's crawl may reach; None where it is not the demo's."""
    marker = folder / DEMO_HOST
    return marker.read_text(encoding="utf-8").strip() if marker.exists() else None
