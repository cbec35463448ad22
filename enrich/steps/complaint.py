"""Whether a review complains, and whether a caring company would answer it: read off words, never off its tone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Label, Text

VERSION = f"1.{lens().version_of('complaint', 'theme')}"
KINDS = ("review",)
USES = ("audience", "language")
SPANS = 5
PERSON = "[staff]"


@cache
def _cues(audience: str) -> Cues:
    return Cues(lens().of("complaint", audience) + lens().of("theme", audience))


def read(text: Text) -> Iterator[Label]:
    """`complaint`: yes where the text carries a theme that speaks against the company, or words of complaint; else no.

    `needs_reply`: yes for a complaint, a question, or praise of a person by name; "good app" needs none.
    """
    if not lens().reads(text.language):
        return
    hits = _cues(text.audience).find(text.text)
    against = [(h.start, h.end) for h in hits if h.tag.speaks == "against"]
    yield _label("complaint", "yes", against) if against else Label("complaint", "no", basis="absence")
    at = text.text.find(PERSON)
    named = [(at, at + len(PERSON))] if at >= 0 else []
    asked = [(i, i + 1) for i in (text.text.find("?"),) if i >= 0]
    reasons = against or named or asked
    yield _label("needs_reply", "yes", reasons) if reasons else Label("needs_reply", "no", basis="absence")


def _label(name: str, value: str, spans: list[tuple[int, int]]) -> Label:
    return Label(name, value, basis="words", spans=tuple(spans[:SPANS]))
