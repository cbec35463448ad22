"""The order of a reply: what its first three sentences do, and whether it turns to the customer before it turns to the problem."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.lens import lens
from enrich.steps import Label, Text, moves
from enrich.text import sentences

VERSION = f"3.{moves.VERSION}"
KINDS = ("reply",)
USES: tuple[str, ...] = ()

EMPATHY = frozenset({"move:empathises", "move:apologises"})
RESTATES = "move:acknowledges"
SOLUTION = frozenset({"move:explains", "move:ownership", "move:commits", "move:remedy", "move:escalates", "move:deflects", "move:asks"})
OPENING = 3
"""Sentences in which a contact is judged (system C): what stands in them, and in what order, is said by `opening`."""
_PRAISE = re.compile(r"words|appreciation|compliments?|praise", re.IGNORECASE)
"""To pass praise on is an act, but solves nothing."""


def read(text: Text) -> Iterator[Label]:
    """Two labels. `opening`: the moves within the first three sentences, in their order. `order`: `empathy_first`, `solution_first`, `empathy_only`, `solution_only` or `neither`, with the words that came first of either.

    For the order the whole reply is read. To restate the matter turns to the customer only before the solution and in a sentence of its own:
    every explanation names what it explains. Silent on languages that the lens does not read.
    """
    if not lens().reads(text.language):
        return
    found = list(moves.read(text))
    solution = next(((m.start, m.end) for m in found if m.tag in SOLUTION and not _PRAISE.search(text.text, m.start, m.end)), None)
    until = next((start for start, end in sentences(text.text) if solution and start <= solution[0] < end), len(text.text))
    empathy = next(((m.start, m.end) for m in found if m.tag in EMPATHY or (m.tag == RESTATES and m.start < until)), None)
    if empathy and solution:
        value = "empathy_first" if empathy <= solution else "solution_first"
    else:
        value = "empathy_only" if empathy else "solution_only" if solution else "neither"
    spans = tuple(sorted(s for s in (empathy, solution) if s))
    yield Label("order", value, basis="words" if spans else "absence", spans=spans)
    end = next((end for _, end in sentences(text.text)[OPENING - 1:OPENING]), len(text.text))
    opening = {m.tag: (m.start, m.end) for m in reversed(found) if m.start < end}
    in_order = sorted(opening, key=lambda tag: opening[tag])
    yield Label("opening", " > ".join(tag.removeprefix("move:") for tag in in_order) or None, basis="words" if opening else "absence", spans=tuple(opening[tag] for tag in in_order))
