"""Generic replies: those that could stand unchanged, but for the name, under any other review of their kind."""

from __future__ import annotations

from collections.abc import Iterator

from enrich.lens import lens
from enrich.steps import Label, Mention, Text, moves

VERSION = f"1.{moves.VERSION}"
KINDS = ("reply",)
USES: tuple[str, ...] = ()

GENERIC = "move:generic"
OWN = frozenset({"move:acknowledges", "move:explains", "move:remedy", "move:blames"})
"""Moves that say something of the matter at hand: a reply with one of them fits no other review."""


def read(text: Text) -> Iterator[Mention | Label]:
    """The label `generic`, yes or no, and where yes the mention `GENERIC` over the whole text. Silent on languages that the lens does not read."""
    if not lens().reads(text.language):
        return
    own = tuple((m.start, m.end) for m in moves.read(text) if m.tag in OWN)
    if own:
        yield Label("generic", "no", basis="words", spans=own)
    elif text.stands(GENERIC, 0, len(text.text)):
        yield Label("generic", "yes", basis="absence")
        yield Mention(GENERIC, 0, len(text.text))
    else:                                    # a person says that it fits no other review
        yield Label("generic", "no")
