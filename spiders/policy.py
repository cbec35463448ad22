"""Which hosts may be crawled: policy.toml is the list, this reads it. Import-only hosts are refused by name, with what may be done instead."""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

FILE = Path(__file__).with_name("policy.toml")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host is not crawled."""

    host: str
    why: str
    instead: str
    read_at: date | None = None


@cache
def _rules() -> dict[str, Refusal]:
    rules = tomllib.loads(FILE.read_text(encoding="utf-8"))["host"]
    return {host: Refusal(r["name"], r["why"], r["instead"], r.get("read_at")) for r in rules for host in r["hosts"]}


def refuses(url: str, own: str | None = None) -> Refusal | None:
    """The refusal of an address, or None where it may be crawled (as far as its robots.txt allows).

    `own` is the one loopback host and port that is allowed: the demo's. A host of policy.toml stands for its subdomains and, where
    it ends in a dot, for all countries (`www.tripadvisor.` is tripadvisor.com and tripadvisor.co.uk).
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme in ("http", "https") and own is not None and parts.netloc == own:
        return None
    for rule, refusal in _rules().items():
        if host == rule or host.endswith("." + rule) or (rule.endswith(".") and ("." + host).find("." + rule) >= 0):
            return refusal
    return Refusal(host, f"{host} is an address inside this machine or network", "crawl public sites only; import a file instead") if private(host) else None


def private(host: str) -> bool:
    """Whether a host name or address is not on the public internet."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan")) or (host != "" and "." not in host)
