"""What texts are made of: a key that equal texts share, and sentences with their places."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

MAX_TEXT = 100_000
"""Characters; what is longer is no review, and is refused by name."""

_SENTENCE_END = re.compile(r"""(?:(?<!\b[A-Z])(?<!\b(?:Mr|Ms|Dr|St|No|vs))(?<!\b(?:Mrs|e\.g|i\.e))[.!?]+["'”’)\]]*(?=\s|$)|[\n\r]+|[।。！？]+)\s*""")


def key(text: str) -> str:
    """A short hash: equal for equal texts."""
    return blake2b(text.encode(), digest_size=10).hexdigest()


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of every sentence, in characters, without the space around it.

    A pattern of our own, because TextBlob's sentences need corpora that are not on the machine (they are fetched from the internet).
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in (*(m.end() for m in _SENTENCE_END.finditer(text)), len(text)):
        piece = text[start:end]
        if any(c.isalnum() for c in piece):
            lead = len(piece) - len(piece.lstrip())
            spans.append((start + lead, start + len(piece.rstrip())))
        start = end
    return tuple(spans)
