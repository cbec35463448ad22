"""Which hosts may be crawled: policy.toml is the list, this reads it. Import-only hosts are refused by name, with what may be done instead."""

from __future__ import annotations

import ipaddress
import re
import socket
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

FILE = Path(__file__).with_name("policy.toml")
PUBLIC_ONLY = "crawl public sites only; where you may read the reviews of this one, import a file of them"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host is not crawled."""

    host: str
    why: str
    instead: str
    read_at: date | None = None


@cache
def _rules() -> list[tuple[re.Pattern[str], Refusal]]:
    rules = tomllib.loads(FILE.read_text(encoding="utf-8"))["host"]
    return [(_pattern(host), Refusal(r["name"], r["why"], r["instead"], r.get("read_at"))) for r in rules for host in r["hosts"]]


def _pattern(rule: str) -> re.Pattern[str]:
    """Matches host and path of the addresses that a rule stands for."""
    host, _, path = rule.partition("/")
    country = r"[a-z]{2,3}(?:\.[a-z]{2})?" if host.endswith(".") else ""
    return re.compile(rf"(?:[^/]+\.)?{re.escape(host)}{country}/{re.escape(path)}")


def refuses(url: str, own: str | None = None) -> Refusal | None:
    """The refusal of an address, or None where it may be crawled (as far as its robots.txt allows).

    `own` is the one loopback host and port that is allowed: the demo's. A host of policy.toml stands for its subdomains and, where
    it ends in a dot, for all countries (`tripadvisor.` is www.tripadvisor.com and tripadvisor.co.uk); with a path, for what begins so.
    """
    if is_own(url, own):
        return None
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    for rule, refusal in _rules():
        if rule.match(f"{host}{parts.path or '/'}"):
            return refusal
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
