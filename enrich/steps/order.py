"""The order of a reply: whether it turns to the customer before it turns to the problem."""

from __future__ import annotations

from collections.abc import Iterator

from enrich.lens import lens
from enrich.steps import Label, Text, moves

VERSION = f"1.{moves.VERSION}"
KINDS = ("reply",)
USES: tuple[str, ...] = ()

EMPATHY = frozenset({"move:acknowledges", "move:empathises", "move:apologises"})
SOLUTION = frozenset({"move:explains", "move:ownership", "move:commits", "move:remedy", "move:escalates", "move:deflects", "move:asks"})


def read(text: Text) -> Iterator[Label]:
    """One label: `empathy_first`, `solution_first`, `empathy_only`, `solution_only` or `neither`, with the words that came first of either. Silent on languages that the lens does not read."""
    if not lens().reads(text.language):
        return
    found = list(moves.read(text))
    empathy = next(((m.start, m.end) for m in found if m.tag in EMPATHY), None)
    solution = next(((m.start, m.end) for m in found if m.tag in SOLUTION), None)
    if empathy and solution:
        value = "empathy_first" if empathy <= solution else "solution_first"
    else:
        value = "empathy_only" if empathy else "solution_only" if solution else "neither"
    spans = tuple(sorted(s for s in (empathy, solution) if s))
    yield Label("order", value, basis="words" if spans else "absence", spans=spans)
