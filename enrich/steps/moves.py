"""Moves in company replies: what the company does when it answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from enrich import answers
from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Mention, Text

VERSION = f"3.{lens().version_of('move')}"
KINDS = ("reply",)
USES: tuple[str, ...] = ()


@cache
def _cues() -> Cues:
    return Cues(lens().of("move", "reply"))


@lru_cache(maxsize=4)
def _found(text: str) -> tuple[Mention, ...]:
    """Kept for a moment, because the steps that are read off the moves ask for the same text again."""
    return tuple(Mention(hit.tag.id, hit.start, hit.end) for hit in _cues().find(text))


def read(text: Text) -> Iterator[Mention]:
    """Words that carry a move, in the order of the text. Silent on languages that the lens does not read.

    A language model that was asked (`enrich.llm_tags`) has said them; else the cues find them.
    """
    if lens().reads(text.language):
        said = answers.said(text)
        yield from (m for m in (_found(text.text) if said is None else said) if text.stands(m.tag, m.start, m.end))
