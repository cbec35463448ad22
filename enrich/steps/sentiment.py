"""Sentiment: how a text sounds, by a model that learned from stars; beside it TextBlob's polarity and subjectivity."""

from __future__ import annotations

from collections.abc import Iterator

from enrich import tone
from enrich.steps import Label, Text

KINDS = ("review", "reply")
USES: tuple[str, ...] = ()
EITHER, TIE = 0.3, 0.45
"""A text with words for both sides is mixed where its odds of being positive lie between the first and its complement; one with words for one side at most gives no signal between the second and its complement."""
LEANS, BALANCE = 8.0, 0.6
"""So is one with sentences that lean this far to both sides, the weaker at least so much of the stronger: "great staff, terrible refund"."""
FLAT, QUIET = 0.5, 0.3
"""It is neutral where three stars are this likely, and neither side more than that."""
STRONGEST = 5



def __getattr__(name: str) -> str:
    """`VERSION` holds the model that is in use: a study may have its own, and its texts are read again when that is made anew."""
    if name == "VERSION":
        return f"3.{tone.current().version}"
    raise AttributeError(name)


def read(text: Text) -> Iterator[Label]:
    """`sentiment` (negative, neutral, mixed or positive, with its probability), `polarity` -1 to 1 and `subjectivity` 0 to 1.

    A text without a word that model or lexicons know gives *no signal*, which is not neutral. TextBlob alone knows fewer: it finds none in
    "nobody ever answered".
    """
    said, heard = tone.heard(text.text)
    value, probability = verdict(heard)
    if probability is None:
        yield Label("sentiment", value, basis="absence")
    else:
        yield Label("sentiment", value, round(probability, 3), basis="words" if heard.weighed else "text", spans=heard.weighed)
    if said.assessed or said.polarity or said.subjectivity:
        yield Label("polarity", None, round(said.polarity, 4), basis="words" if (spans := _spans(text.text, said)) else "text", spans=spans)
        yield Label("subjectivity", None, round(said.subjectivity, 4))
    else:
        yield Label("polarity", "no signal", basis="absence")


def verdict(heard: tone.Tone) -> tuple[str, float | None]:
    """What a tone is called, and how likely it is that (None: no signal)."""
    if not heard.known:
        return "no signal", None
    negative, neutral, positive = heard.shares
    if neutral > FLAT and max(negative, positive) < QUIET:
        return "neutral", neutral
    up = positive / (negative + positive)
    good, bad = sum(s for s in heard.sentences if s > 0), -sum(s for s in heard.sentences if s < 0)
    if (min(good, bad) > 0 and EITHER < up < 1 - EITHER) or (min(good, bad) > LEANS and min(good, bad) > BALANCE * max(good, bad)):
        return "mixed", 1 - abs(2 * up - 1)
    if TIE < up < 1 - TIE:
        return "no signal", None
    return ("positive", up) if up > 0.5 else ("negative", 1 - up)


def _spans(text: str, said: tone.Lexicons) -> tuple[tuple[int, int], ...]:
    """Where TextBlob's strongest words stand."""
    low = text.lower()
    if len(low) != len(text):                # some letters grow in lower case, and offsets would slip
        return ()
    spans = []
    for word, _ in sorted(said.assessed, key=lambda wp: -abs(wp[1]))[:STRONGEST]:
        last = word.split()[-1]
        at = low.find(word) if word in low else low.find(last)
        if at >= 0:
            spans.append((at, at + len(word if low.startswith(word, at) else last)))
    return tuple(sorted(set(spans)))
