"""Relationship themes in reviews: what the customer, or the employee, says of how the company treats them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Mention, Text

VERSION = f"1.{lens().version_of('theme', 'moment')}"
KINDS = ("review",)
USES = ("audience",)


@cache
def _cues(audience: str) -> Cues:
    return Cues(lens().of("theme", audience) + lens().of("moment", audience))


def read(text: Text) -> Iterator[Mention]:
    for hit in _cues(text.audience).find(text.text):
        yield Mention(hit.tag.id, hit.start, hit.end)
