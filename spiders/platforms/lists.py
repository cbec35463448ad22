"""Which pages of a list a person saved, which are missing, and so what the saved reviews stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from enrich.records import Part, Problem

SHOWN = 20
"""Addresses and numbers that one problem names; the rest is counted."""
STRETCH = 4
"""Pages in a row from which only the first and the last are named."""


@dataclass(slots=True)
class Shown:
    """One list: its pages, and the reviews that they showed."""

    addresses: tuple[str, ...]               # as its newest page has them
    seen_at: datetime
    filtered: str | None
    numbers: set[int] = field(default_factory=set)
    reviews: set[str] = field(default_factory=set)

    @property
    def missing(self) -> list[int]:
        return [n for n in range(1, len(self.addresses) + 1) if n not in self.numbers]

    @property
    def picked(self) -> bool:
        """Whether somebody chose what is in it: it was narrowed down, or one page was taken out of many."""
        return self.filtered is not None or (len(self.numbers) == 1 and len(self.addresses) > 1)


@dataclass(slots=True)
class Lists:
    """All the lists of one place."""

    lists: dict[str, Shown] = field(default_factory=dict)                        # by the address of the first page, and what it was narrowed down to
    alone: set[str] = field(default_factory=set)                                 # reviews of pages that belong to no known list

    def add(self, parts: Iterable[Part], seen_at: datetime, reviews: Iterable[str]) -> None:
        """Notes one page: which part of which list it is, and what it shows."""
        parts, shown = list(parts), set(reviews)
        for part in parts:
            found = self.lists.setdefault(f"{part.addresses[0]} {part.filtered or ''}", Shown(part.addresses, seen_at, part.filtered))
            if seen_at >= found.seen_at:
                found.addresses, found.seen_at = part.addresses, seen_at
            found.numbers.add(part.number)
            found.reviews |= shown
        if not parts:
            self.alone |= shown

    def population(self) -> str | None:
        """What the reviews stand for (tables.Profile.population); None where there are none.

        Hand-picked ones that a list shows anyway harm nothing.
        """
        listed = set[str]().union(*(s.reviews for s in self.lists.values() if not s.picked))
        picked = self.alone.union(*(s.reviews for s in self.lists.values() if s.picked))
        if not listed and not picked:
            return None
        if picked - listed:
            return "chosen"
        return "sample" if any(s.missing for s in self.lists.values() if not s.picked) else "whole"

    def problems(self) -> Iterator[Problem]:
        """Lists of which pages are missing, each with the addresses that are still to be visited."""
        for shown in self.lists.values():
            missing = shown.missing
            if missing:
                narrowed = f" (only {shown.filtered})" if shown.filtered else ""
                yield Problem(shown.addresses[0], f"{len(missing):,} of {len(shown.addresses):,} pages{narrowed} are not saved: {some(stretches(missing, [str(n) for n in missing]))}",
                              f"visit, save and import {some(stretches(missing, [shown.addresses[n - 1] for n in missing]))}", "incomplete")


def stretches(numbers: list[int], names: list[str]) -> list[str]:
    """Pages by their names; of those that follow one another the first and the last, so that none needs to be left out."""
    runs: list[list[str]] = []
    last = None
    for n, name in zip(numbers, names, strict=True):
        if last is not None and n == last + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
        last = n
    return [named for run in runs for named in ([f"{run[0]} to {run[-1]}"] if len(run) >= STRETCH else run)]


def some(names: list[str], between: str = ", ") -> str:
    """The first of many, and how many more there are."""
    return between.join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
