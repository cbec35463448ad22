"""How far a relationship has come, read from what a review says of its own history."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Label, Text

VERSION = f"1.{lens().version_of('stage')}"
KINDS = ("review",)
USES = ("audience", "language")


@cache
def _cues() -> tuple[Cues, dict[str, int]]:
    tags = lens().of("stage")
    return Cues(tags), {tag.name: rank for rank, tag in enumerate(tags)}


def read(text: Text) -> Iterator[Label]:
    """One label: the stage whose cue stands first in the order of the lens file (leaving outweighs everything said before)."""
    if text.audience != "customer" or not lens().reads(text.language):
        return
    cues, rank = _cues()
    hits = cues.find(text.text)
    if not hits:
        yield Label("stage", "unknown", basis="absence")
        return
    first = min(hits, key=lambda h: rank[h.tag.name]).tag.name
    yield Label("stage", first, basis="words", spans=tuple((h.start, h.end) for h in hits if h.tag.name == first)[:3])
