"""Reasons that customers state for choosing, staying, leaving or recommending: relationship, product, price, other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Mention, Text, themes

VERSION = f"1.{lens().version_of('reason')}.{themes.VERSION}"
KINDS = ("review",)
USES = ("audience", "language")

DECIDES = "reason:decides"
DECISIONS = frozenset({"loyalty", "advocacy"})
"""Themes that speak of staying, leaving or recommending."""
REASONS = {"quality": "reason:product", "speed": None, "appreciation": None, "beyond": None, "pressure": None, "value": "reason:price"}
"""What a theme is a reason of, where it is not the relationship. Annotators take speed and rewards by themselves for none."""


@cache
def _cues() -> Cues:
    return Cues(lens().of("reason"))


def read(text: Text) -> Iterator[Mention]:
    """Words that give a reason, where the text speaks of a decision at all, and those that speak of it (`reason:decides`). Silent on languages that the lens does not read."""
    if text.audience != "customer" or not lens().reads(text.language):
        return
    found = [Mention(hit.tag.id, hit.start, hit.end) for hit in _cues().find(text.text)]
    tags = lens().tags
    for mention in themes.read(text):
        tag = tags[mention.tag]
        if tag.kind == "theme":
            reason = DECIDES if tag.name in DECISIONS else REASONS.get(tag.name, "reason:relationship")
            if reason:
                found.append(Mention(reason, mention.start, mention.end))
    found = [m for m in found if text.stands(m.tag, m.start, m.end)]
    if any(m.tag == DECIDES for m in found):
        yield from sorted(set(found), key=lambda m: (m.start, m.end, m.tag))
