"""The vocabulary: reads and checks the lens files, so that themes, moves, stages, moments and systems are data and not code.

Every `*.toml` in the folder `lens/` holds tags of one kind, every file in `lens/systems/` is one system, and `words.toml` the groups of
words that cues of any file may name. A new theme or system is a new entry or file there: nothing here changes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from enrich import toml
from enrich.mistakes import Mistake

FOLDER = Path(__file__).parent / "lens"
MEASURES = frozenset(path.stem for path in (Path(__file__).parent / "measures").glob("[!_]*.py"))
"""Names of the measures that a system may list: each is a file there."""
ENOUGH_GOLD = 30
"""Annotated positives under which a tag's accuracy is not established, and its figures are never a verdict (STATISTICS: the tagger's error)."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Side(Strict):
    """One direction of a tag: what a text must say to carry it, and the cues that find it."""

    definition: str = Field(description="one sentence: what a text must say to carry it")
    cues: list[str] = Field(default=[], description="RE2 patterns of whole words; a space stands for any white space, ` ~ ` for up to four words between, "
                                                    "` ~2 ` for up to two, {name} for a group of words")
    unless: list[str] = Field(default=[], description="patterns that take a hit back where they overlap it")
    negation: Literal["drop", "flip", "ignore"] = Field("drop", description="what `not` or `if` at a hit does: drop it, flip it to the other side (`if` drops), nothing")
    speaks: Literal["for", "against"] | None = Field(None, description="whether more of it speaks for a company or against it; empty: + for, - against, unsigned neither")
    accuses: bool = Field(False, description="true where it can be an accusation of crime: the word weakness is then not used of it")
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

    kind: Literal["theme", "move", "moment", "stage", "complaint", "reason", "rival"]
    language: str = Field("en", description="ISO 639 code of the language that its cues read")
    tag: list[Entry]


class Words(Strict):
    """`words.toml`: groups of words; a group may name those above it."""

    words: dict[str, str]


class Term(Strict):
    """One of a system's own terms, and what stands for it here."""

    term: str
    tags: list[str] = []
    figures: list[str] = []
    note: str | None = None


class Area(Strict):
    """A part of a relationship that several themes speak of together, counted as one: a figure of a system's own, without code."""

    name: str = Field(description="short name: the figure's slice")
    title: str
    themes: list[str] = Field(description="themes that speak of it, without their sign: + speaks well of it, - badly")
    good: str = Field(description="what customers say who speak well of it, as in 'customers say that …'")
    bad: str = Field(description="what customers say who speak badly of it")


class System(Strict):
    """A way to judge a relationship: a document's own terms, mapped onto tags and measures."""

    id: str
    title: str
    question: str = Field(description="the question it answers, for the home page")
    measures: list[str] = Field(description="measures that belong to it, by name")
    areas: list[Area] = Field(default=[], description="what the measure `areas` counts for it")
    terms: list[Term]

    def counts(self, measure: str, slice: str) -> bool:
        """Whether a figure belongs to it: of its measures, and of the areas its own."""
        return measure in self.measures and (measure != "areas" or slice.partition(",")[0] in {a.name for a in self.areas})


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
    speaks: Literal["for", "against"] | None
    accuses: bool
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
        self.languages: set[str] = set()
        words = _groups(folder / "words.toml")
        for path in sorted(folder.glob("*.toml")):
            if path.name not in ("accuracy.toml", "words.toml"):
                file = toml.read(path, LensFile)
                self.languages.add(file.language)
                for entry in file.tag:
                    for tag in _signed(path, file, entry, words):
                        if tag.id in self.tags:
                            raise Mistake(f"the tag {tag.id} is defined twice", place=str(path), cure="give one of the two another name")
                        self.tags[tag.id] = tag
        self.systems: dict[str, System] = {}
        names = {n for t in self.tags.values() for n in (t.name, t.name + t.sign, t.id)}
        for path in sorted((folder / "systems").glob("*.toml")):
            system = toml.read(path, System)
            if system.id in self.systems:
                raise Mistake(f"the system {system.id!r} is defined twice", place=str(path), cure="give one of the two another id")
            self.systems[system.id] = system
            for term in system.terms:
                _known(path, f"the term {term.term!r} names the tag", term.tags, names, "define it in a lens file, or leave it out")
            _known(path, "`measures` names", system.measures, MEASURES, "leave it out, or write the measure as a file in enrich/measures")
            areas = [a.name for s in self.systems.values() for a in s.areas]
            for area in system.areas:
                _known(path, f"the area {area.name!r} names the theme", area.themes, {t.name for t in self.tags.values() if t.kind == "theme"}, "define it in a lens file, or leave it out")
                if areas.count(area.name) > 1:
                    raise Mistake(f"the area {area.name!r} is defined twice", place=str(path), cure="give one of the two another name")

    def of(self, kind: str, audience: str | None = None) -> list[Tag]:
        """Tags of a kind, for texts of an audience (customer, employee, reply)."""
        return [t for t in self.tags.values() if t.kind == kind and (audience is None or audience in t.of)]

    def reads(self, language: str | None) -> bool:
        """Whether cues may be looked for in a text of this language; one that is not known (None or `und`: too short to tell) is tried."""
        return language in (None, "und") or language in self.languages

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
                digest.update(repr((tag.id, tag.of, tag.cues, tag.unless, tag.negation, tag.speaks)).encode())
        return digest.hexdigest()


def _known(path: Path, said: str, given: Iterable[str], known: Collection[str], cure: str) -> None:
    for name in given:
        if name not in known:
            near = toml.nearest(name, known)
            raise Mistake(f"{said} {name!r}, which is not there", place=str(path), cure=f"did you mean {near!r}?" if near else cure)


_SPEAKS: dict[str, Literal["for", "against"]] = {"+": "for", "-": "against"}


def _signed(path: Path, file: LensFile, entry: Entry, words: dict[str, str]) -> Iterator[Tag]:
    for sign, side in (("", entry.says), ("+", entry.plus), ("-", entry.minus)):
        if side:
            place = f"{path}, tag {entry.name}{sign}"
            yield Tag(id=f"{file.kind}:{entry.name}{sign}", kind=file.kind, name=entry.name, sign=sign, title=entry.title, of=tuple(entry.of),
                      definition=side.definition, cues=tuple(_expand(c, words, place) for c in side.cues),
                      unless=tuple(_expand(c, words, place) for c in side.unless), negation=side.negation,
                      speaks=side.speaks or _SPEAKS.get(sign), accuses=side.accuses,
                      examples=tuple(side.examples), non_examples=tuple(side.non_examples))


def _groups(path: Path) -> dict[str, str]:
    groups: dict[str, str] = {}
    if path.exists():
        for name, group in toml.read(path, Words).words.items():
            groups[name] = _expand(group, groups, f"{path}, {name}")
    return groups


def _expand(cue: str, words: dict[str, str], place: str) -> str:
    def group(match: re.Match[str]) -> str:
        if match[1] not in words:
            near = toml.nearest(match[1], words)
            raise Mistake(f"there is no group of words {match[0]}", place=place, cure=f"did you mean {{{near}}}?" if near else "define it in words.toml, above where it is used")
        return f"(?:{words[match[1]]})"
    return re.sub(r"\{([a-z_]+)\}", group, cue)


@cache
def lens() -> Lens:
    """The project's own vocabulary, read once."""
    return Lens()
