"""Moves in company replies: what the company does when it answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Mention, Text

VERSION = f"2.{lens().version_of('move')}"
KINDS = ("reply",)
USES: tuple[str, ...] = ()


@cache
def _cues() -> Cues:
    return Cues(lens().of("move", "reply"))


def read(text: Text) -> Iterator[Mention]:
    """Words that carry a move, in the order of the text. Silent on languages that the lens does not read."""
    if lens().reads(text.language):
        for hit in _cues().find(text.text):
            yield Mention(hit.tag.id, hit.start, hit.end)
