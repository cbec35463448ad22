"""The vocabulary: reads and checks the lens files, so that themes, moves, stages, moments and systems are data and not code.

Every `*.toml` in the folder `lens/` holds tags of one kind; every file in `lens/systems/` is one system. A new theme or system is a
new file there: nothing here changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from enrich import toml

FOLDER = Path(__file__).parent / "lens"
ENOUGH_GOLD = 30
"""Annotated positives under which a tag's accuracy is not established, and its figures are never a verdict (STATISTICS: the tagger's error)."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Side(Strict):
    """One direction of a tag: what a text must say to carry it, and the cues that find it."""

    definition: str = Field(description="one sentence: what a text must say to carry it")
    cues: list[str] = Field(default=[], description="RE2 patterns; a space stands for any white space, {name} for a group of words")
    unless: list[str] = Field(default=[], description="patterns that take a hit back where they overlap it")
    negation: Literal["drop", "flip", "ignore"] = Field("drop", description="what `not` before a hit does: drop it, flip it to the other side, nothing")
    examples: list[str] = Field(default=[], description="texts that carry it: they are tests")
    non_examples: list[str] = Field(default=[], description="texts that do not, though they look like it: they are tests")


class Entry(Strict):
    """A tag as the file writes it: either signed, with `plus` and `minus`, or plain, with the fields of a side in `says`."""

    name: str
    title: str
    of: list[Literal["customer", "employee", "reply"]] = Field(description="whose texts it is looked for in")
    plus: Side | None = None
    minus: Side | None = None
    says: Side | None = None

    @model_validator(mode="after")
    def _one_or_two_sides(self) -> Entry:
        if bool(self.says) == bool(self.plus or self.minus):
            raise ValueError("a tag needs either `says`, or `plus` and/or `minus` | write one [tag.says], or [tag.plus] and [tag.minus]")
        return self


class LensFile(Strict):
    """One file of the vocabulary."""

    kind: Literal["theme", "move", "moment", "stage", "complaint"]
    words: dict[str, str] = Field(default={}, description="groups of words that cues may name as {name}")
    tag: list[Entry]


class Term(Strict):
    """One of a system's own terms, and what stands for it here."""

    term: str
    tags: list[str] = []
    figures: list[str] = []
    note: str | None = None


class System(Strict):
    """A way to judge a relationship: a document's own terms, mapped onto tags and measures."""

    id: str
    title: str
    question: str = Field(description="the question it answers, for the home page")
    measures: list[str] = Field(description="measures that belong to it, by name")
    later: list[str] = Field(default=[], description="measures that its document asks for and that are not computed yet")
    terms: list[Term]


class Tag(BaseModel):
    """A tag with its sign: what a mention points at."""

    model_config = ConfigDict(frozen=True)
    id: str
    kind: str
    name: str
    sign: str
    title: str
    of: tuple[str, ...]
    definition: str
    cues: tuple[str, ...]
    unless: tuple[str, ...]
    negation: str
    examples: tuple[str, ...]
    non_examples: tuple[str, ...]


class Accuracy(BaseModel):
    """How a tag did against the annotators, last time it was measured (`rapport evaluate`)."""

    gold: int
    precision: float | None = None
    recall: float | None = None


class Lens:
    """The whole vocabulary, in memory."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.tags: dict[str, Tag] = {}
        for path in sorted(folder.glob("*.toml")):
            if path.name != "accuracy.toml":
                file = toml.read(path, LensFile)
                for entry in file.tag:
                    for tag in _signed(file, entry):
                        if tag.id in self.tags:
                            raise ValueError(f"{path}: the tag {tag.id} is defined twice")
                        self.tags[tag.id] = tag
        self.systems = {s.id: s for s in (toml.read(path, System) for path in sorted((folder / "systems").glob("*.toml")))}
        for system in self.systems.values():
            for term in system.terms:
                for name in term.tags:
                    if not any(name in (t.name, t.name + t.sign, t.id) for t in self.tags.values()):
                        raise ValueError(f"system {system.id}: the term {term.term!r} names the tag {name!r}, which no lens file defines")

    def of(self, kind: str, audience: str | None = None) -> list[Tag]:
        """Tags of a kind, for texts of an audience (customer, employee, reply)."""
        return [t for t in self.tags.values() if t.kind == kind and (audience is None or audience in t.of)]

    @cached_property
    def accuracy(self) -> dict[str, Accuracy]:
        """Tag id to its measured accuracy; a tag that is not there was never measured."""
        path = self.folder / "accuracy.toml"
        return {k: Accuracy.model_validate(v) for k, v in tomllib.loads(path.read_text()).items()} if path.exists() else {}

    def established(self, tag: str) -> bool:
        """Whether enough annotated positives stand behind a tag for its figures to carry a verdict."""
        return tag in self.accuracy and self.accuracy[tag].gold >= ENOUGH_GOLD

    @cached_property
    def version(self) -> str:
        """Hash of the whole vocabulary."""
        return self.version_of(*sorted({t.kind for t in self.tags.values()}))

    def version_of(self, *kinds: str) -> str:
        """Hash of the tags of some kinds: a step that reads these is done again when it changes."""
        digest = blake2b(digest_size=5)
        for tag in self.tags.values():
            if tag.kind in kinds:
                digest.update(repr((tag.id, tag.of, tag.cues, tag.unless, tag.negation)).encode())
        return digest.hexdigest()


def _signed(file: LensFile, entry: Entry) -> Iterator[Tag]:
    for sign, side in (("", entry.says), ("+", entry.plus), ("-", entry.minus)):
        if side:
            yield Tag(id=f"{file.kind}:{entry.name}{sign}", kind=file.kind, name=entry.name, sign=sign, title=entry.title, of=tuple(entry.of),
                      definition=side.definition, cues=tuple(_expand(c, file.words) for c in side.cues),
                      unless=tuple(_expand(c, file.words) for c in side.unless), negation=side.negation,
                      examples=tuple(side.examples), non_examples=tuple(side.non_examples))


def _expand(cue: str, words: dict[str, str]) -> str:
    for _ in range(3):                       # groups may name groups
        for name, group in words.items():
            cue = cue.replace("{" + name + "}", f"(?:{group})")
    return cue


@cache
def lens() -> Lens:
    """The project's own vocabulary, read once."""
    return Lens()
