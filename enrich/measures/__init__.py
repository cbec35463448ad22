"""Measures, one file a measure: from counts to figures with intervals, the field beside them, and the texts behind them.

A measure is a module here with

* `AUDIENCES`: whose texts it reads: a company without any gets one finding, *not available* (empty: the measure says itself what is missing),
* `measure(study)`: yields `Result`s.

Nothing else has to know it: measures are found by looking into this folder. Which systems one belongs to stands in their lens files.
A measure never judges: it says which of its figures are `judged`, and `enrich.conclude` does so for all of them at once.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Literal, Protocol, cast

from enrich.cells import Where
from enrich.field import Compared
from enrich.lens import Lens, Tag
from enrich.store import Store
from enrich.tables import Company


@dataclass(frozen=True, slots=True)
class Quote:
    """A text behind a figure, or against it; with the place of its words where there are any."""

    side: Literal["for", "against", "struck"]                # struck: by hand, so that it counts no more
    kind: str                                # review or reply: whose words
    target: str
    review: str
    start: int | None = None
    end: int | None = None
    tag: str | None = None                   # what they carry, or would, had they not been struck


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a chart."""

    series: str
    x: str
    y: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its interval, where it has no field to be compared with."""

    value: float | None
    low: float | None = None
    high: float | None = None
    other: float | None = None               # the same of the field


@dataclass(frozen=True, slots=True)
class Result:
    """One figure of one company."""

    company: str
    slice: str                               # id of a tag, or what is measured; after a comma what part of the texts
    title: str
    sentence: str
    n: int
    compared: Compared | None = None
    figure: Figure | None = None
    unit: str = "share"
    more_is: Literal["better", "worse"] | None = None
    judged: bool = False                     # member of the family of tests
    tag: str | None = None                   # tag whose accuracy it rests on
    missing: str | None = None               # why it is not available
    note: str | None = None                  # what a reader must know beside it
    quotes: Callable[[], Iterable[Quote]] = field(default=lambda: ())
    points: Callable[[], Iterable[Point]] = field(default=lambda: ())


@dataclass(frozen=True, slots=True)
class Study:
    """What measures work on."""

    store: Store
    lens: Lens
    companies: dict[str, Company]
    first: str | None
    last: str | None
    short: Mapping[str, str] = field(default_factory=dict)     # companies with a place that shows fewer reviews than it must, and what a reader is told

    def where(self, audience: str = "customer", kind: str = "review") -> Where:
        """Texts of the study's period in the languages that the lens reads."""
        return Where(audience=audience, kind=kind, first=self.first, last=self.last, languages=frozenset({"und", *self.lens.languages}))

    def name(self, company: str) -> str:
        return self.companies[company].name

    def others(self, beside: tuple[str, ...]) -> str:
        """How a sentence calls the companies that a field is made of."""
        return self.name(beside[0]) if len(beside) == 1 else "the others"


def more_is(tag: Tag) -> Literal["better", "worse"] | None:
    """Whether more of a tag speaks for the company or against it."""
    return "better" if tag.speaks == "for" else "worse" if tag.speaks == "against" else None


class Measure(Protocol):
    """What a measure module offers."""

    AUDIENCES: tuple[str, ...]
    __name__: str
    __doc__: str | None

    def measure(self, study: Study) -> Iterator[Result]: ...


@cache
def measures() -> dict[str, Measure]:
    """Name to measure, in alphabetical order."""
    return {info.name: cast(Measure, import_module(f"{__name__}.{info.name}")) for info in pkgutil.iter_modules(__path__)}
