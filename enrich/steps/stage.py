"""How far a relationship has come, read from what a review says of its own history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Label, Text, themes

VERSION = f"2.{lens().version_of('stage')}.{themes.VERSION}"
KINDS = ("review",)
USES = ("audience", "language")

LEAVING, LEFT = "theme:loyalty-", "dumped"
"""Words of leaving tell of a customer who has left, unless they only threaten to."""
_NO_MORE = re.compile(r"\b(?:never|won'?t|will not|wouldn'?t|would not|don'?t think)\b", re.I)
_THREAT = re.compile(r"\b(?:will|would|may|might|going to|gonna|if|else|otherwise|plan\w*|think\w*|consider\w*|better|soon|about to|wants?|wanted|should|let|looks?|looking)\b", re.I)
BEFORE = 35                                  # characters in which a threat is looked for


@cache
def _cues() -> tuple[Cues, dict[str, int]]:
    tags = lens().of("stage")
    return Cues(tags), {tag.name: rank for rank, tag in enumerate(tags)}


def read(text: Text) -> Iterator[Label]:
    """One label: the stage whose cue stands first in the order of the lens file (leaving outweighs everything said before)."""
    if text.audience != "customer" or not lens().reads(text.language):
        return
    cues, rank = _cues()
    found = [(hit.tag.name, hit.start, hit.end) for hit in cues.find(text.text)]
    if not any(name == LEFT for name, _, _ in found):
        found += [(LEFT, m.start, m.end) for m in themes.read(text) if m.tag == LEAVING and _has_left(text.text, m.start, m.end)]
    if not found:
        yield Label("stage", "unknown", basis="absence")
        return
    first = min((name for name, _, _ in found), key=lambda name: rank[name])
    yield Label("stage", first, basis="words", spans=tuple((start, end) for name, start, end in found if name == first)[:3])


def _has_left(text: str, start: int, end: int) -> bool:
    """Whether words of leaving say that it is done: "never again", or no threat at them."""
    return bool(_NO_MORE.search(text, start, end)) or not _THREAT.search(text, max(0, start - BEFORE), end)
