"""One page of a forum: its address, its language, its clock, and how parts of it are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from scrapy.http import TextResponse

from enrich import times
from enrich.records import Problem, When
from spiders.platforms import forum_dates, texts
from spiders.platforms.base import UNKNOWN, Place, seen

Selectors = str | tuple[str, ...]
"""CSS; a tuple gives what to look for first, and what then."""

_EXACT = re.compile(r"\d{9,}$|\d{4}-\d\d-\d\dT")


@dataclass
class View:
    """A page, and how it is read."""

    page: BeautifulSoup
    url: str                                 # where nobody said its address, the one that it gives itself
    base: str                                # what its links start from
    language: str | None                     # two or three letters
    clock: forum_dates.Clock
    unread: list[str] = field(default_factory=list)          # what is wrong in its dates
    unsure: int = 0                                          # dates whose day and month cannot be told apart

    @classmethod
    def of(cls, page: BeautifulSoup, response: TextResponse, place: Place, dates: Selectors, zone: str) -> View:
        """`dates` finds all that tells times in numbers: one that allows a single reading shows how the forum orders day and month, here and on the place's other pages."""
        url = next((a for a in addresses(page) if response.url.startswith(UNKNOWN)), response.url)
        base = page.find("base", href=True)
        lang = (page.html.get("lang") or page.html.get("xml:lang")) if page.html else None
        language = re.split(r"[-_]", str(lang).strip().lower())[0] if lang else None
        order = place.options.day_first if place.options.day_first is not None else place.memory.get("day_first")
        clock = forum_dates.Clock(seen(response, place), language, order, forum_dates.offset(" ".join(map(texts.line, page.select(zone)))))
        clock = clock.ordered([line for e in page.select(", ".join(listed(dates))) for line in texts.of(e).split("\n")])
        place.memory["day_first"] = clock.day_first
        return cls(page, url, urljoin(url, str(base["href"])) if isinstance(base, Tag) else url, language, clock)

    def when(self, element: Tag | None) -> When | None:
        """The time that an element gives: exact in an attribute, else as its words say. One that cannot be read is counted."""
        try:
            return self._read(next(_times(element))) if element is not None else None
        except times.Ambiguous:
            self.unsure += 1
        except ValueError as error:
            self.unread.append(str(error))
        return None

    def latest(self, element: Tag | None) -> When | None:
        """The time that one of an element's lines gives, among what else it says; None where none does."""
        for written in _times(element) if element is not None else ():
            with suppress(ValueError):
                return self._read(written)
        return None

    def _read(self, written: str) -> When | None:
        return times.read(written) if _EXACT.match(written) else self.clock.read(written)

    def link(self, element: Tag | None) -> str | None:
        """The address that an element links to, None where it leads to a place of the page, to a script or to another site."""
        target = str(element.get("href") or "").strip() if element is not None else ""
        if not target or target.startswith(("#", "javascript:")):
            return None
        address = urljoin(self.base, target)
        hosts = {str(urlsplit(a).hostname).removeprefix("www.") for a in (address, self.url)}
        return address if self.url.startswith(UNKNOWN) or len(hosts) == 1 else None

    def problems(self) -> Iterator[Problem]:
        """What is wrong in its dates: one problem for all of one kind, because a forum writes all of them alike."""
        if self.unsure:
            yield Problem(self.url, f"{self.unsure} dates may put the day or the month first", "say which: day_first = true, or false; until then they are left out")
        if self.unread:
            yield Problem(self.url, f"{len(self.unread)} dates cannot be read: {self.unread[0]}", "they are left out")


def addresses(page: BeautifulSoup) -> list[str]:
    """The addresses that a page gives itself."""
    said = (str(e.get("href") or e.get("content")) for e in page.select('link[rel~=canonical][href], meta[property="og:url"][content]'))
    return [a for a in said if a.startswith(("http://", "https://"))]


def listed(selectors: Selectors) -> tuple[str, ...]:
    return (selectors,) if isinstance(selectors, str) else selectors


def first(root: Tag, selectors: Selectors) -> Tag | None:
    """The first element that the first of the selectors finds that finds any."""
    return next((found for selector in listed(selectors) if (found := root.select_one(selector)) is not None), None)


def matches(element: Tag, selector: str) -> bool:
    """Whether an element, or something in it, matches."""
    return element.css.match(selector) or element.select_one(selector) is not None


def said(element: Tag | None) -> str | None:
    """What an element says, on one line."""
    return texts.line(element) or None if element is not None else None


def key(root: Tag, holders: tuple[tuple[str, str], ...], pattern: re.Pattern[str]) -> str | None:
    """What the pattern finds in the first attribute that has it; a holder is a selector (none: the element itself) and an attribute."""
    values = (" ".join(e.get_attribute_list(attribute, [])) for selector, attribute in holders for e in (root.select(selector) if selector else [root]))
    return next((found["id"] for value in values if (found := pattern.search(value))), None)


def _times(element: Tag) -> Iterator[str]:
    """What an element, or what it holds, says of a time: attributes that are exact, the title that tells the whole date, the words, each of its lines."""
    inside = [element, *element.select("time, abbr, .DateTime")]
    for name in ("datetime", "data-time"):
        yield from (str(e[name]) for e in inside if e.get(name))
    yield from (str(e["title"]) for e in inside if (e.name in ("time", "abbr") or "DateTime" in e.get_attribute_list("class", [])) and re.search(r"\d{4}", str(e.get("title") or "")))
    yield texts.line(element)
    yield from texts.of(element).split("\n")
