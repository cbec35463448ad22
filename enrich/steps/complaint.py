"""Whether a review complains, and whether a caring company would answer it: read off words, never off its tone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Label, Mention, Text, themes

VERSION = f"3.{lens().version_of('complaint')}.{themes.VERSION}"
KINDS = ("review",)
USES = ("audience", "language")
SPANS = 5
GRIEVANCES = 2
"""So many words that speak against the company want an answer even amid praise; one alone does not."""
ASKS = frozenset({"complaint:request", "complaint:person"})
RESOLVED = "theme:resolved+"
"""What was solved is told of with words of complaint, which then want no answer."""
PERSON = "[staff]"
"""A name that is masked."""


@cache
def _cues(audience: str) -> Cues:
    return Cues(lens().of("complaint", audience))


def read(text: Text) -> Iterator[Label]:
    """`complaint`: yes where the text carries a theme that speaks against the company, or words of complaint; else no.

    `needs_reply`: yes for a grievance without praise beside it or for several, for a question or request, and where it speaks of a person; "good app" needs none.
    """
    if not lens().reads(text.language):
        return
    found = [*themes.read(text), *(Mention(hit.tag.id, hit.start, hit.end) for hit in _cues(text.audience).find(text.text))]
    tags = lens().tags
    against = sorted((m.start, m.end) for m in found if tags[m.tag].speaks == "against")
    yield _label("complaint", against)
    praised = any(tags[m.tag].speaks == "for" for m in found)
    asked = [(m.start, m.end) for m in found if m.tag in ASKS]
    asked += [(at, at + len(mark)) for mark in (PERSON, "?") for at in (text.text.find(mark),) if at >= 0]
    if any(m.tag == RESOLVED for m in found):
        against = sorted((m.start, m.end) for m in found if tags[m.tag].speaks == "against" and tags[m.tag].kind == "theme")
    yield _label("needs_reply", against if len(against) >= (GRIEVANCES if praised else 1) else sorted(asked))


def _label(name: str, spans: list[tuple[int, int]]) -> Label:
    """Yes, shown by its words, or no where there are none."""
    return Label(name, "yes", basis="words", spans=tuple(spans[:SPANS])) if spans else Label(name, "no", basis="absence")
