"""Relationship themes in reviews: what the customer, or the employee, says of how the company treats them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from enrich import answers
from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Mention, Text

VERSION = f"3.{lens().version_of('theme', 'moment')}"
KINDS = ("review",)
USES = ("audience", "language")


@cache
def _cues(audience: str) -> Cues:
    return Cues(lens().of("theme", audience) + lens().of("moment", audience))


@lru_cache(maxsize=4)
def _found(text: str, audience: str) -> tuple[Mention, ...]:
    """Kept for a moment, because the step that looks for complaints asks for the same text again."""
    return tuple(Mention(hit.tag.id, hit.start, hit.end) for hit in _cues(audience).find(text))


def read(text: Text) -> Iterator[Mention]:
    """Words that carry a theme, or tell where company and customer met, in the order of the text. Silent on languages that the lens does not read.

    A language model that was asked (`enrich.llm_tags`) has said them; else the cues find them.
    """
    if lens().reads(text.language):
        said = answers.said(text)
        yield from (m for m in (_found(text.text, text.audience) if said is None else said) if text.stands(m.tag, m.start, m.end))
