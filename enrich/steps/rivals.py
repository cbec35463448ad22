"""Other companies that a review names: those of the study by all their names, and unknown ones where the words around them say that they are companies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from textblob.en import lexicon

from enrich.cues import Cues
from enrich.lens import lens
from enrich.rivals import SPEAKS_OF, label
from enrich.steps import Label, Mention, Text
from enrich.study import slug

VERSION = f"2.{lens().version_of('rival')}"
KINDS = ("review",)
USES = ("audience", "language", "company", "names")

SHORT = 4
"""Letters under which a name must stand as it is written, or in capitals: "ing" is no bank."""
LOUD = 0.4
"""Share of common words with a capital from which capitals tell no name."""
_WORD = r"[^\W_](?:[\w&'’+-]|\.(?=[a-z]))*"
_CAPITAL = r"(?!\d)(?=[^\W_a-zß-öø-ÿ])" + _WORD
_AFTER = re.compile(rf"\s*[\"'“‘(]?\s*((?:{_CAPITAL})(?:\s+(?:&\s+)?{_CAPITAL}){{0,2}}|[a-z][\w-]{{2,}})")
_MORE = re.compile(rf"\s*(?:,|/|&|\band\b|\bor\b)\s*(?:also\s+)?((?:{_CAPITAL})(?:\s+{_CAPITAL}){{0,2}}|[a-z][\w-]{{2,}})")
_LISTED = re.compile(rf"((?:{_CAPITAL})(?:\s+{_CAPITAL}){{0,2}})\s*(?:,|/|&|\band\b|\bor\b)\s*$")
_BEFORE = re.compile(rf"((?:{_CAPITAL})(?:\s+{_CAPITAL}){{0,2}})\s*[\"'”’)]?\s*(?:\w+\s+){{0,1}}$")

_LEADS = re.compile(r"\b(?:to|from|than|with|using)\s*$", re.IGNORECASE)
"""Ends of cues that lead to a name so clearly that it may be written in small letters."""


@cache
def _cues() -> Cues:
    return Cues(lens().of("rival"))


@cache
def _no_names() -> frozenset[str]:
    """Words that stand where names of companies do and are none."""
    return frozenset(Path(__file__).with_name("not_companies.txt").read_text(encoding="utf-8").split())


@dataclass(frozen=True, slots=True)
class Name:
    """A company's name in a text."""

    start: int
    end: int
    tag: str
    company: str | None                      # id of a company of the study; None: unknown


def read(text: Text) -> Iterator[Mention | Label]:
    """A mention for every name of another company, by what the text says of it, and one label `rivals` with the study's names of those that the company is held against, left for or come from.

    Names of the study's companies are found wherever they stand. What is unknown is taken for a company only where a cue stands beside it ("switched
    to", "better than") and it is written like a name; people whom masking did not recognise may be among them (`enrich.rivals` tells which are told). Silent on languages that the lens does not read.
    """
    if not lens().reads(text.language):
        return
    found = [name for name in _find(text) if text.stands(name.tag, name.start, name.end)]
    for name in found:
        yield Mention(name.tag, name.start, name.end)
    if compared := [name for name in found if name.tag != SPEAKS_OF]:
        titles = dict(reversed(text.names))               # the first name of a company is its own, the others are aliases
        said = label(titles[n.company] if n.company else None for n in compared)
        yield Label("rivals", said, basis="words", spans=tuple((n.start, n.end) for n in compared))


def _find(text: Text) -> Iterator[Name]:
    """Names of other companies in the order of the text, each once for a place."""
    pattern, owners = _known(text.names)
    own = frozenset(word for company, name in text.names if company == text.company for word in slug(name).split("-")) | frozenset(slug(text.company or "").split("-"))
    beside: dict[tuple[int, int], tuple[str, bool]] = {}
    for hit in _cues().find(text.text):
        small = bool(_LEADS.search(text.text, hit.start, hit.end))
        for span in _candidates(text.text, hit.start, hit.end):
            beside.setdefault(span, (hit.tag.id, small))
    known = {m.span(): owner for m in pattern.finditer(text.text) if (owner := _owner(m[0], owners, any(s <= m.start() < e for s, e in beside)))} if pattern else {}
    names = [Name(start, end, next((tag for (s, e), (tag, _) in beside.items() if s < end and start < e), SPEAKS_OF), owner) for (start, end), owner in known.items() if owner != text.company]
    loud = _loud(text.text)
    for (start, end), (tag, small) in beside.items():
        if not any(s < end and start < e for s, e in known) and (part := _unknown(text.text, start, end, own, small=small, loud=loud)):
            names.append(Name(*part, tag, None))
    taken = -1                               # names may overlap where two cues share their words
    for one in sorted(names, key=lambda n: (n.start, -n.end)):
        if one.start >= taken:
            taken = one.end
            yield one


def _candidates(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a name may stand beside a cue: right after it, with those that are listed behind it, or else right before it."""
    if first := _AFTER.match(text, end):
        yield first.span(1)
        at: re.Match[str] | None = first
        while at and (at := _MORE.match(text, at.end(1))):
            yield at.span(1)
    if before := _BEFORE.search(text, max(0, start - 60), start):
        yield before.span(1)
        if listed := _LISTED.search(text, max(0, before.start(1) - 60), before.start(1)):
            yield listed.span(1)


def _unknown(text: str, start: int, end: int, own: frozenset[str], *, small: bool, loud: bool) -> tuple[int, int] | None:
    """The part of some words that is written like the name of a company; None where none is."""
    words = [(m.start() + start, m.end() + start) for m in re.finditer(r"\S+", text[start:end])]
    while words and _plain(text[slice(*words[-1])]):
        words.pop()
    if not words or _plain(text[slice(*words[0])]):
        return None
    said = [text[a:b] for a, b in words]
    low = [word.casefold().rstrip(".'’") for word in said]
    common = all(w in lexicon or w.removesuffix("s") in lexicon for w in low)
    if common or set(low) <= own or (said[0][0].islower() and not small) or (said[0][0].isupper() and loud):
        return None
    return words[0][0], words[-1][1]


def _plain(word: str) -> bool:
    return len(word) < 2 or word.casefold().replace("’", "'").rstrip(".'") in _no_names()


@lru_cache(maxsize=64)
def _known(names: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str] | None, dict[str, tuple[str, str]]]:
    """A pattern of all names of the study's companies, long ones first, and what each is: company and the name as it is written."""
    owners = {" ".join(name.split()).casefold(): (company, name) for company, name in names if len(name) > 1}
    parts = (r"\s+".join(map(re.escape, name.split())) for name in sorted(owners, key=len, reverse=True))
    return (re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE) if owners else None), owners


def _owner(written: str, owners: dict[str, tuple[str, str]], beside: bool) -> str | None:
    """Whose name it is. In small letters a word may be no name ("wise", "orange"): it is one only beside a cue, and not where it is short."""
    company, name = owners[" ".join(written.split()).casefold()]
    if written.islower() and not name.islower() and (len(written) < SHORT or (not beside and " " not in written)):
        return None
    return company


def _loud(text: str) -> bool:
    """Whether common words are written with capitals as names are."""
    words = [w for w in re.findall(r"[^\W\d_]{2,}", text) if w.lower() in lexicon]
    return len(words) > 2 and sum(w[0].isupper() for w in words) / len(words) > LOUD
