"""Enrichment, one file a step: a pure function from a text to what it says, with the words that say it.

A step is a module here with

* `VERSION`: raised when its results change; texts read by another version are read again,
* `KINDS`: the texts it reads, `("review",)`, `("reply",)` or both,
* `USES`: what it reads beside the text (fields of `Text`), so that an equal text in another setting is read again,
* `read(text)`: yields `Mention`s and `Label`s.

Words that a person struck (`Text.struck`) are taken out of what every step finds; a step that reads more off them asks `Text.stands` before it does.

Nothing else has to know it: steps are found by looking into this folder.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Protocol, cast


@dataclass(frozen=True, slots=True)
class Text:
    """A masked text and its setting."""

    kind: str                                # review or reply
    text: str
    audience: str = "customer"               # who wrote the review: customer or employee
    stars: int | None = None                 # of the review
    stated_language: str | None = None       # as the source states it
    language: str | None = None              # as the step `language` found it, which is called first
    review: str | None = None                # of a reply: the review it answers, masked
    company: str | None = None               # id of the company that is talked about
    names: tuple[tuple[str, str], ...] = ()  # what the study's companies go by: company id and name, aliases among them
    struck: tuple[tuple[str, int, int], ...] = ()            # tag, start and end of words that a person struck as wrong

    def in_language(self, language: str | None) -> Text:
        """The same text, its language known."""
        return replace(self, language=language)

    def stands(self, tag: str, start: int, end: int) -> bool:
        """Whether nobody struck words that share a letter with these as not carrying this tag: another version may find a word more or less."""
        return not any(tag == struck and first < end and start < last for struck, first, last in self.struck)


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that carry a tag: characters `start` to `end` of the text."""

    tag: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Label:
    """A verdict on the whole text; `spans` are the words that weighed most, as (start, end)."""

    name: str
    value: str | None
    score: float | None = None
    basis: str = "text"                      # words: the spans; absence: looked for and not found; text: the whole of it
    spans: tuple[tuple[int, int], ...] = ()


class Step(Protocol):
    """What a step module offers."""

    VERSION: str
    KINDS: tuple[str, ...]
    USES: tuple[str, ...]
    __name__: str

    def read(self, text: Text) -> Iterable[Mention | Label]: ...


@cache
def steps() -> dict[str, Step]:
    """Name to step, in alphabetical order."""
    return {info.name: cast(Step, import_module(f"{__name__}.{info.name}")) for info in pkgutil.iter_modules(__path__)}
