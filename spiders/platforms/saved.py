"""What the sites share whose pages a person saves: a site says which pages are its own and what one holds; how files are opened and pages are counted is `saved_page`'s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import ClassVar
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from scrapy.utils.misc import walk_modules_iter

from enrich import times
from enrich.records import Part, Problem, Reply, Review, Total, When
from spiders.platforms.base import UNKNOWN

Found = Review | Reply | Problem | Total | Part
"""What a saved page may hold."""
SITES = "spiders.saved"
"""The package that is looked into for sites: a file each."""
_NO_DATE = re.compile(r"""['"](.+)['"] is not a date""")


@dataclass
class Saved:
    """One page that a person saved."""

    text: str                                # its HTML, decoded
    name: str                                # its file, for people
    address: str | None = None               # where it was saved from, as a person or the browser's own file says; else the page itself is asked
    seen_at: datetime | None = None          # when it was saved, as the page, the browser's file or a person says; never the file's own date
    problems: list[Problem] = field(default_factory=list)
    follow: list[str] = field(default_factory=list)          # addresses of the pages that go on with what it shows, where its reader would ask for them
    relative: list[str] = field(default_factory=list)        # times such as "2 months ago", where nobody says what they count from

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "lxml")

    @cached_property
    def url(self) -> str:
        """Its address: as it was said, else the browser's note, `link[rel=canonical]`, `og:url`, or `base`; UNKNOWN where none is there."""
        return next((s.strip() for s in self._said() if s and is_address(s.strip())), UNKNOWN)

    def _said(self) -> Iterator[str | None]:
        yield self.address
        noted = re.search(r"<!--\s*saved from url=\(\d+\)(\S+)", self.text[:5000])
        yield noted[1].replace("%2D%2D", "--") if noted else None          # no comment may hold "--"
        for selector, attribute in (("link[rel~=canonical]", "href"), ('meta[property="og:url"]', "content"), ("base[href]", "href")):
            yield from (str(e.get(attribute) or "") for e in self.soup.select(selector)[:1])

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
        text = " ".join((raw or "").split())
        if not text:
            return None
        try:
            return times.read(text, seen=self.seen_at, day_first=day_first)
        except ValueError as error:
            self.tell(Problem(self.name, f"{place}: {error}", "the date is left out"))
            return None

    def tell(self, problem: Problem) -> None:
        """Notes a problem. A page that nobody dated has many times that cannot be counted back from: they become one problem (`told`)."""
        text = said[1] if self.seen_at is None and (said := _NO_DATE.search(problem.what)) else None
        if text is not None and _counts_back(text):
            self.relative.append(text)
        else:
            self.problems.append(problem)

    def told(self) -> Iterator[Problem]:
        """What was noted."""
        yield from self.problems
        if self.relative:
            yield Problem(self.name, f"{len(self.relative)} dates are told by how long ago they were ({self.relative[0]!r}), and nobody says when the page was saved: they are left out",
                          "say when it was saved: --seen YYYY-MM-DD")


def is_address(text: str) -> bool:
    """Whether a text is the address of a web page."""
    try:
        return text.startswith(("http://", "https://")) and bool(urlsplit(text).hostname)
    except ValueError:                       # such as http://[
        return False


def _counts_back(text: str) -> bool:
    """Whether a text would be a time if it were known when it was read."""
    try:
        return times.read(text, seen=datetime.now(UTC)) is not None
    except ValueError:
        return False


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
    per_page: ClassVar[int | None] = None
    """How many reviews its page shows at once; None where it varies."""
    limits: ClassVar[str] = ""
    """What its pages do not give, in a few words."""
    reply_times: ClassVar[bool] = True
    """Whether the replies that it shows say when they were written."""

    @classmethod
    def owns(cls, page: Saved) -> bool:
        """Whether a page is this site's, told by its address; also by marks of its own where the page may come without one."""
        return cls.at_home(page)

    @classmethod
    def at_home(cls, page: Saved) -> bool:
        """Whether a page was saved from one of its hosts."""
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


@cache
def sites() -> tuple[type[Site], ...]:
    """Every site in `spiders/saved/`, by name. A file that cannot be imported stops loudly, as Scrapy's own loader does."""
    found = {c for module in walk_modules_iter(SITES) for c in vars(module).values()
             if isinstance(c, type) and issubclass(c, Site) and c.__module__ == module.__name__ and hasattr(c, "name")}
    return tuple(sorted(found, key=lambda site: site.name))
