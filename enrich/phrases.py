"""Words and phrases that tell texts apart: stems, words of stock, and the phrases that many texts share."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from enrich.text import sentences

WORD = re.compile(r"[^\W\d_]{4,}")
LONGEST = 4
"""Words of a phrase at most."""
_TOKEN = re.compile(r"\[[a-z]+\]|[^\W\d_]+(?:['’][^\W\d_]+)?")


@cache
def stock() -> frozenset[str]:
    """Stems of words that stand in any review or reply: to share them shows nothing."""
    return frozenset(map(stem, Path(__file__).with_name("stock_words.txt").read_text(encoding="utf-8").split()))


@cache
def small() -> frozenset[str]:
    """Words that hold others together and weigh nothing by themselves."""
    return frozenset(Path(__file__).with_name("small_words.txt").read_text(encoding="utf-8").split())


def stem(word: str) -> str:
    """A word in small letters without the s of a plural."""
    return word.lower().removesuffix("s")


def stems(text: str) -> set[str]:
    """Stems of the words of four letters or more in a text."""
    return {stem(m[0]) for m in WORD.finditer(text)}


def phrases(text: str) -> set[str]:
    """Phrases of one to four words within a sentence that begin and end with a word of weight, in small letters."""
    found: set[str] = set()
    for start, end in sentences(text):
        words = [m[0].lower().replace("’", "'") for m in _TOKEN.finditer(text, start, end)]
        weighs = [not word.startswith("[") and word not in small() and len(word) > 2 for word in words]
        for i in range(len(words)):
            for j in range(i + 1, min(i + LONGEST, len(words)) + 1):
                if weighs[i] and weighs[j - 1] and not any(word.startswith("[") for word in words[i:j]) and (j > i + 1 or stem(words[i]) not in stock()):
                    found.add(" ".join(words[i:j]))
    return found


def groups(texts: Mapping[str, str], voices: Mapping[str, str], fewest: int, most: int) -> list[tuple[str, list[str]]]:
    """Texts grouped by the phrase that most of those not yet grouped share; of phrases with as many, the longest. Single words tell little: they come last.

    `texts` and `voices` are text and author by id. A phrase needs `fewest` authors. Each text is in one group at most, in the order in which they are made, `most` groups.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    for id, text in texts.items():
        for phrase in phrases(text):
            holders[phrase].add(id)
    shared = {phrase: ids for phrase, ids in holders.items() if _voices(ids, voices) >= fewest}
    made: list[tuple[str, list[str]]] = []
    while shared and len(made) < most:
        phrase = max(shared, key=lambda p: (" " in p, _voices(shared[p], voices), p.count(" "), p))
        ids = shared.pop(phrase)
        made.append((phrase, sorted(ids)))
        shared = {p: rest for p, others in shared.items() if _voices(rest := others - ids, voices) >= fewest}
    return made


def _voices(ids: Iterable[str], voices: Mapping[str, str]) -> int:
    return len({voices[id] for id in ids})
