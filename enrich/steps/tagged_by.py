"""Which language model named a text's themes or moves, where one was asked (`rapport enrich --llm`); of all others the cues did."""

from __future__ import annotations

from collections.abc import Iterator

from enrich import answers
from enrich.lens import lens
from enrich.steps import Label, Text

VERSION = "1"
KINDS = ("review", "reply")
USES = ("audience", "language")


def read(text: Text) -> Iterator[Label]:
    """The label `tagged_by`, the model with the version of its prompt; none where no model answered."""
    asked = answers.current()
    if asked and lens().reads(text.language) and answers.said(text) is not None:
        yield Label(answers.LABEL, asked.by)
