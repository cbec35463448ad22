"""What the sites share whose pages a person saves: a site says which pages are its own and what one holds; how files are opened and pages are counted is `saved_page`'s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import ClassVar
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from enrich import times
from enrich.records import Part, Problem, Reply, Review, Total, When
from spiders.platforms.base import UNKNOWN

Found = Review | Reply | Problem | Total | Part
"""What a saved page may hold."""


@dataclass
class Saved:
    """One page that a person saved."""

    text: str                                # its HTML, decoded
    name: str                                # its file, for people
    address: str | None = None               # where it was saved from, as a person or the browser's own file says; else the page itself is asked
    seen_at: datetime | None = None          # when it was saved, as the page, the browser's file or a person says; never the file's own date
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "lxml")

    @cached_property
    def url(self) -> str:
        """Its address: as it was said, else the browser's note, `link[rel=canonical]`, `og:url`, or `base`; UNKNOWN where none is there."""
        noted = re.search(r"<!--\s*saved from url=\(\d+\)(\S+)", self.text[:5000])
        said = [self.address, noted[1] if noted else None]
        for selector, attribute in (("link[rel~=canonical]", "href"), ('meta[property="og:url"]', "content"), ("base[href]", "href")):
            said += [str(e.get(attribute) or "") for e in self.soup.select(selector)[:1]]
        return next((s for s in said if s and s.startswith(("http://", "https://"))), UNKNOWN)

    @property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").lower()

    @cached_property
    def language(self) -> str | None:
        """Two letters, as `html[lang]` says."""
        said = self.soup.html.get("lang") if self.soup.html else None
        return str(said)[:2].lower() if said else None

    def when(self, raw: str | None, place: str, *, day_first: bool | None = None) -> When | None:
        """A time as the page writes it ("7 juni 2023", "2 months ago"); one that cannot be read is a problem, not a lost review.

        "2 months ago" counts from when the page was saved; where nobody says when, that is the problem.
        """
        if not raw or not raw.strip():
            return None
        try:
            return times.read(" ".join(raw.split()), seen=self.seen_at, day_first=day_first)
        except ValueError as error:
            self.problems.append(Problem(self.name, f"{place}: {error}", "the date is left out" if self.seen_at else "say when the page was saved: --seen YYYY-MM-DD"))
            return None


class Site:
    """One site. A subclass in `spiders/saved/` states what it is and overrides `read`, and `owns` where the address alone does not tell."""

    name: ClassVar[str]
    """As in `origin` and the tables: trustpilot."""
    title: ClassVar[str]
    """For people: Trustpilot."""
    hosts: ClassVar[tuple[str, ...]]
    """Hosts of its pages; one that ends in a dot stands for every country."""
    audience: ClassVar[str] = "customer"
    replies_visible: ClassVar[bool | None] = True

    @classmethod
    def owns(cls, page: Saved) -> bool:
        """Whether a page is this site's, told by its address; also by marks of its own where the page may come without one."""
        return any(re.search(rf"(?:^|\.){re.escape(h)}{'[a-z.]+$' if h.endswith('.') else '$'}", page.host) for h in cls.hosts)

    def read(self, page: Saved) -> Iterable[Found]:
        """What the page holds: reviews with their replies, how many there are in all, which page of the list it is (Part).

        Raises one of base.LAYOUT_ERRORS where the page is not as the site's pages are.
        """
        raise NotImplementedError


def part(number: int, of: int, address: str, filtered: str | None = None) -> Iterator[Part]:
    """Which page of a list this is. `address` is any page's with `{n}` for its number from 1, or `{offset:N}` where a page is told by its first row, N to a page."""
    if 1 <= number <= of:
        step = re.search(r"\{offset:(\d+)\}", address)
        yield Part(number, tuple(address.replace(step[0], str(int(step[1]) * n)) if step else address.replace("{n}", str(n + 1)) for n in range(min(of, 10_000))), filtered)
