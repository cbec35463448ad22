"""Relationship themes in reviews: what the customer, or the employee, says of how the company treats them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Mention, Text

VERSION = f"1.{lens().version_of('theme', 'moment')}"
KINDS = ("review",)
USES = ("audience", "language")


@cache
def _cues(audience: str) -> Cues:
    return Cues(lens().of("theme", audience) + lens().of("moment", audience))


def read(text: Text) -> Iterator[Mention]:
    if not lens().reads(text.language):
        return
    for hit in _cues(text.audience).find(text.text):
        yield Mention(hit.tag.id, hit.start, hit.end)
