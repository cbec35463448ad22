"""Sentiment by TextBlob: polarity, subjectivity, and the words that gave them."""

from __future__ import annotations

from collections.abc import Iterator

from textblob.en import sentiment

from enrich.steps import Label, Text

VERSION = "1"
KINDS = ("review", "reply")
USES: tuple[str, ...] = ()
STRONGEST = 5


def read(text: Text) -> Iterator[Label]:
    """`sentiment` (positive, negative, mixed, or neutral) with polarity -1 to 1 as its score, and `subjectivity` 0 to 1.

    A text without one word of the lexicon gives *no signal*, which is not neutral: "nobody ever answered" has none.
    """
    result = sentiment(text.text)
    words = [(w, p) for chunk, p, _s, _label in result.assessments for w in (" ".join(chunk),) if p]
    if not result.assessments:
        yield Label("sentiment", "no signal", basis="absence")
        return
    spans = []
    low = text.text.lower()
    for word, _ in sorted(words, key=lambda wp: -abs(wp[1]))[:STRONGEST]:
        last = word.split()[-1]
        at = low.find(word) if word in low else low.find(last)
        if at >= 0 and len(low) == len(text.text):          # some letters grow in lower case, and offsets would slip
            spans.append((at, at + len(word if low.startswith(word, at) else last)))
    polarity, subjectivity = map(float, result)
    signs = {p > 0 for _, p in words}
    value = "positive" if polarity > 0.05 else "negative" if polarity < -0.05 else "mixed" if len(signs) == 2 else "neutral"
    yield Label("sentiment", value, round(polarity, 4), basis="words" if spans else "text", spans=tuple(sorted(set(spans))))
    yield Label("subjectivity", None, round(subjectivity, 4))
