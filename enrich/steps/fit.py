"""Fit: whether a reply speaks to the review that it answers, or could have been written without reading it."""

from __future__ import annotations

from collections.abc import Iterator

from enrich import tone
from enrich.lens import lens
from enrich.phrases import WORD, stem, stems, stock
from enrich.steps import Label, Text, complaint, language, moves

KINDS = ("reply",)
USES = ("review",)

SPEAKS = frozenset({"move:acknowledges", "move:explains", "move:remedy"})
"""Moves that speak of a matter; whether it is this customer's, words that both texts share must tell."""
ACTS = frozenset({"move:deflects", "move:asks", "move:escalates", "move:ownership", "move:commits", "move:remedy"})
"""Moves that offer a way on, whatever the matter is."""
SENDS = frozenset({"move:deflects", "move:asks", "move:escalates"})
"""Of these, what nobody says to mere praise."""
ANGRY, PLEASED, DELIGHTED = 0.2, 0.6, 0.9
"""Odds that a review is positive under which it is no praise, from which it is praise, and from which no offer of help makes it a complaint; in between its words of complaint tell."""
SHOWN = 5


def __getattr__(name: str) -> str:
    """`VERSION` holds the model of tone that is in use."""
    if name == "VERSION":
        return f"1.{language.VERSION}.{moves.VERSION}.{complaint.VERSION}.{tone.current().version}"
    raise AttributeError(name)


def read(text: Text) -> Iterator[Label]:
    """`fit`: addresses (speaks to the matter), partly (stock words with a way on), misses, or na (praise that is thanked), with the words that review and reply share.

    Nothing is said where the review is not known or has no words, or where the lens does not read the language of either.
    """
    if not text.review or not lens().reads(text.language) or not all(lens().reads(label.value) for label in language.read(Text("review", text.review))):
        return
    found = {m.tag: (m.start, m.end) for m in reversed(list(moves.read(text)))}
    asked = stems(text.review) - stock()
    shared = {stem(m[0]): m.span() for m in reversed(list(WORD.finditer(text.text))) if stem(m[0]) in asked}
    if speaks := [span for tag, span in found.items() if tag in SPEAKS] if shared else []:
        yield _label("addresses", [*shared.values(), *speaks])
        return
    pleased = _pleased(text.review)
    praise = pleased > PLEASED or (pleased > ANGRY and all(label.value == "no" for label in complaint.read(Text("review", text.review))))
    if praise and found.keys() & SPEAKS:
        yield _label("addresses", [span for tag, span in found.items() if tag in SPEAKS])
    elif praise and "move:apologises" not in found and (pleased > DELIGHTED or not found.keys() & (SENDS | {"move:commits"})):
        yield _label("na", [])
    elif acts := [span for tag, span in found.items() if tag in ACTS | SPEAKS]:
        yield _label("partly", acts)
    else:
        yield _label("misses", [])


def _label(value: str, spans: list[tuple[int, int]]) -> Label:
    return Label("fit", value, basis="words" if spans else "absence", spans=tuple(sorted(set(spans))[:SHOWN]))


def _pleased(review: str) -> float:
    """How likely a review is positive rather than negative."""
    negative, _, positive = tone.heard(review)[1].shares
    return positive / (negative + positive)

