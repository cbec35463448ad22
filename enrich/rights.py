"""What may be shown of a text: the one rule that exports and pages share.

A profile publishes none of its texts, an excerpt (the default) or the full text. What no longer stands at its source is never quoted.
Private profiles are not asked about here: their rows are left out before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PUBLISH = ("none", "excerpt", "full")
"""What may be shown of a text, the strictest first."""
EXCERPT = 300
"""Characters of an excerpt, the signs of omission apart."""
OMISSION = "…"
_NEAR = 40                                   # how far a cut is moved to a word's edge; scripts without spaces are cut where they stand


def stricter(stated: str, most: str | None) -> str:
    """What may be shown of a text where a study states one thing and its platform's terms allow another at most (None: they are not known)."""
    return stated if most is None else min(stated, most, key=PUBLISH.index)


@dataclass(frozen=True, slots=True)
class Quote:
    """What is shown of a text; `marks` are the matched words in it, as (start, end) in characters."""

    text: str
    marks: tuple[tuple[int, int], ...]


def shown(text: str | None, publish: str, gone: object, spans: Iterable[tuple[int, int]] = ()) -> str | None:
    """What may be shown of a text, or None: see `quote`."""
    found = quote(text, publish, gone, spans)
    return found.text if found else None


def quote(text: str | None, publish: str, gone: object, spans: Iterable[tuple[int, int]] = ()) -> Quote | None:
    """What may be shown of a text, with the matched words marked; None where nothing may be, or where there is no text.

    `publish` is what the profile says (none, excerpt or full), `gone` is true, or a time, where the text has vanished at its source;
    `spans` are the matched words as (start, end) in characters of `text`. An excerpt is about 300 characters around the first of
    them, or the beginning where there are none, cut between words. Raises ValueError where `publish` is none of the three.
    """
    if publish not in PUBLISH:
        raise ValueError(f"publish is {publish!r}: must be none, excerpt or full")
    if not text or gone or publish == "none":
        return None
    marks = _marks(text, spans)
    start, end = (0, len(text)) if publish == "full" or len(text) <= EXCERPT else _window(text, marks)
    head = OMISSION if start else ""
    shift = len(head) - start
    return Quote(head + text[start:end] + (OMISSION if end < len(text) else ""),
                 tuple((max(a, start) + shift, min(b, end) + shift) for a, b in marks if a < end and start < b))


def reduced(text: str | None, publish: str, gone: object, quotes: Iterable[Iterable[tuple[int, int]]]) -> str | None:
    """What may be shown of a text, each letter where it stood, so that places in it still hold; None where nothing may be.

    Kept are its beginning and the excerpt around each of some sets of matched words, as `quote` would cut it; blanks stand for the rest.
    """
    if not text or len(text) <= EXCERPT or gone or publish != "excerpt":
        return shown(text, publish, gone)
    kept = [" "] * len(text)
    for spans in ((), *quotes):
        start, end = _window(text, _marks(text, spans))
        kept[start:end] = text[start:end]
    return "".join(kept)


def _marks(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted({(max(0, start), min(end, len(text))) for start, end in spans if max(0, start) < min(end, len(text))})


def _window(text: str, marks: list[tuple[int, int]]) -> tuple[int, int]:
    """Where an excerpt begins and ends: around the first matched words, and as many of the next as fit with them."""
    first, last = (marks[0][0], marks[0][1]) if marks else (0, 0)
    for _, b in marks:
        last = b if b - first <= EXCERPT else last
    last = min(last, first + EXCERPT)
    start = max(0, min(first - (EXCERPT - (last - first)) // 2, len(text) - EXCERPT))
    end = min(len(text), start + EXCERPT)
    return _edge(text, start, first, +1), _edge(text, end, last, -1)


def _edge(text: str, cut: int, words: int, step: int) -> int:
    """The nearest edge of a word from `cut` towards the matched `words`, which are never cut; `cut` itself where none is near."""
    if cut in (0, len(text)):
        return cut
    for at in range(cut, cut + step * min(_NEAR, abs(words - cut)), step):
        outside, inside = (text[at - 1], text[at]) if step > 0 else (text[at], text[at - 1])
        if outside.isspace() and not inside.isspace():
            return at
    return cut
