"""Tone: how likely a text is negative, neutral or positive, by a linear model that learned from stars.

The model weighs words and pairs of words, those after a negation apart, beside what two lexicons (TextBlob, VADER) make of the text. It ships as
`models/sentiment.npz` with its card beside it (`sentiment.toml`: on what it was trained, how well it reads); `enrich.train` makes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from heapq import nlargest
from pathlib import Path
from typing import Protocol

import numpy as np
from textblob.en import sentiment
from vaderSentiment.vaderSentiment import BOOSTER_DICT, N_SCALAR, SentimentIntensityAnalyzer

SHIPPED = Path(__file__).parent / "models" / "sentiment.npz"
CLASSES = ("negative", "neutral", "positive")
LEXICON = ("polarity", "subjectivity", "no polarity", "positive words", "negative words", "compound", "no compound")
"""What the lexicons say of a text, in the model's order."""
MOST = 3000
"""Characters that the lexicons read of a text: a review says by then what it feels."""
SQUASH = 15
"""VADER's own: the sum of its valences s becomes s / sqrt(s² + 15), between -1 and 1 (Hutto and Gilbert 2014, "VADER", ICWSM)."""
HEAVIEST = 5
"""Words that are shown for a tone."""
REACH = 4
"""Words that a negation turns, unless a mark or "but" ends it before."""
_PIECE = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|[.,;:!?]|[\U0001F300-\U0001FAFF\u2600-\u27BF]")
_NEGATIONS = frozenset(["not", "no", "never", "nobody", "nothing", "nor", "neither", "none", "cannot", "without", "hardly", "barely", "cant", "dont", "didnt", "doesnt", "wont", "isnt", "wasnt", "wouldnt", "couldnt", "arent", "werent", "hasnt", "havent", "aint"])
_TURNS = frozenset({"but", "however", "although", "though"})
_MARKS, _ENDS, _LOUD = frozenset(".,;:!?"), frozenset(".;:!?"), frozenset("!?")
_vader = SentimentIntensityAnalyzer()
_VALENCES: dict[str, float] = {**_vader.lexicon, **{sign: value for sign, said in _vader.emojis.items() if len(sign) == 1 and (value := sum(_vader.lexicon.get(w.lower(), 0.0) for w in said.split()))}}


Word = tuple[str, int, int, int]
"""A word as the model knows it, where it begins and ends, and the number of its sentence."""


@dataclass(frozen=True, slots=True)
class Lexicons:
    """What TextBlob and VADER say of a text."""

    polarity: float
    subjectivity: float
    assessed: tuple[tuple[str, float], ...]                # TextBlob's words with their polarity
    numbers: tuple[float, ...]                             # as LEXICON names them


@dataclass(frozen=True, slots=True)
class Tone:
    """How a text sounds."""

    shares: tuple[float, float, float]                     # negative, neutral, positive: they add up to one
    sentences: tuple[float, ...]                           # how far the words of each sentence lean: above 0 to the positive, below to the negative
    weighed: tuple[tuple[int, int], ...]                   # the words that weighed most, as (start, end)
    known: bool                                            # whether a word of it is known to model or lexicons at all


def words(text: str) -> list[Word]:
    """The words of a text; what a negation turns is another word ("NOT_rude"), so that "not rude" and "rude" weigh apart."""
    found: list[Word] = []
    left = sentence = 0
    for piece in _PIECE.finditer(text.replace("’", "'")):
        word = piece[0].lower()
        if word in _MARKS:
            left = 0
            if word in _LOUD:
                found.append((word, piece.start(), piece.end(), sentence))
            sentence += word in _ENDS
            continue
        if word in _TURNS:
            left, sentence = 0, sentence + 1
        found.append((f"NOT_{word}" if left else word, piece.start(), piece.end(), sentence))
        if word in _NEGATIONS or word.endswith("n't"):
            left = REACH
        elif left:
            left -= 1
    return found


def features(found: list[Word]) -> Iterator[tuple[str, Word]]:
    """Words, and pairs of neighbours in one sentence, each with its first word."""
    before: Word = ("", 0, 0, -1)
    for word in found:
        yield word[0], word
        if word[3] == before[3]:
            yield f"{before[0]} {word[0]}", before
        before = word


def lexicons(text: str, found: list[Word] | None = None) -> Lexicons:
    """What the lexicons say of a text (of its first 3,000 characters). `found` are its words, where they are known."""
    said = sentiment(text[:MOST])
    polarity, subjectivity = map(float, said)
    assessed = tuple([(" ".join(chunk), float(p)) for chunk, p, _s, _label in said.assessments if p])
    positive, negative, compound = _vader_of(words(text[:MOST]) if found is None else found)
    return Lexicons(polarity, subjectivity, assessed, (polarity, subjectivity, float(polarity == 0), positive, negative, compound, float(compound == 0)))


def _vader_of(found: list[Word]) -> tuple[float, float, float]:
    """Positive and negative valence a word, and the compound, by VADER's lexicon, boosters and formula.

    Negation is as our own words tell it. VADER itself, which also looks at capitals and idioms, takes twenty times as long and reads no better here.
    """
    positive = negative = 0.0
    before = ""
    for name, _, _, _ in found:
        turned = name.startswith("NOT_")
        word = name[4:] if turned else name
        if valence := _VALENCES.get(word):
            if boost := BOOSTER_DICT.get(before):
                valence += boost if valence > 0 else -boost
            if turned:
                valence *= N_SCALAR
            if valence > 0:
                positive += valence
            else:
                negative -= valence
        before = word
    total = positive - negative
    return positive / (len(found) or 1), negative / (len(found) or 1), total / math.sqrt(total * total + SQUASH)


class Reader(Protocol):
    """What reads tone: the linear model below, or one that asks it and more (`enrich.deep`)."""

    version: str

    def read(self, text: str, said: Lexicons | None = None) -> Tone: ...


_current: Reader | None = None


def current() -> Reader:
    """The model that texts are read by."""
    global _current
    _current = _current or Model(SHIPPED)
    return _current


def use(reader: Reader | None) -> None:
    """Reads by another model from now on: a study's own, or with None the one that ships."""
    global _current
    _current = reader
    heard.cache_clear()


@lru_cache(maxsize=4)
def heard(text: str) -> tuple[Lexicons, Tone]:
    """What the lexicons and the model in use say of a text; kept for a moment, because several steps ask for the same text."""
    said = lexicons(text)
    return said, current().read(text, said)


class Model:
    """A trained model, read from its file. Raises ValueError where the file is none."""

    def __init__(self, path: Path) -> None:
        raw = path.read_bytes()
        self.version = blake2b(raw, digest_size=4).hexdigest()
        with np.load(path, allow_pickle=False) as file:
            terms = bytes(file["terms"]).decode("utf-8").split("\n")
            weights = file["weights"].astype(np.float32)               # term × class
            idf = file["idf"].astype(np.float32)
            lexicon = file["lexicon"].astype(np.float64)               # class × LEXICON
            self.bias = file["bias"].astype(np.float64).tolist()
        if weights.shape != (len(terms), len(CLASSES)) or lexicon.shape != (len(CLASSES), len(LEXICON)):
            raise ValueError(f"{path} holds no model of tone")
        self.lexicon = lexicon.tolist()                                # plain numbers: a text is too short for arrays to pay
        self.terms = {term: (float(i), *map(float, w)) for term, i, w in zip(terms, idf, weights, strict=True)}

    def read(self, text: str, said: Lexicons | None = None) -> Tone:
        """How a text sounds. `said` spares the lexicons a second reading."""
        found = words(text)
        said = said or lexicons(text, found)
        terms = self.terms
        counts: dict[str, int] = {}
        at: dict[str, Word] = {}
        for name, word in features(found):
            if name in counts:
                counts[name] += 1
            elif name in terms:
                counts[name], at[name] = 1, word
        hits = [(at[name], (1 + math.log(n) if n > 1 else 1.0) * terms[name][0], terms[name]) for name, n in counts.items()]
        norm = math.sqrt(sum([weight * weight for _, weight, _ in hits])) or 1.0
        negative, neutral, positive = [b + sum([w * x for w, x in zip(row, said.numbers, strict=True)]) for b, row in zip(self.bias, self.lexicon, strict=True)]
        leans: dict[int, float] = {}
        heavy: list[tuple[float, int, int]] = []
        for (name, start, end, sentence), weight, (_, a, b, c) in hits:
            share = weight / norm
            negative += share * a
            neutral += share * b
            positive += share * c
            lean = weight * (c - a)
            leans[sentence] = leans.get(sentence, 0.0) + lean
            if name not in _LOUD:
                heavy.append((abs(lean), start, end))
        top = max(negative, neutral, positive)
        odds = (math.exp(negative - top), math.exp(neutral - top), math.exp(positive - top))
        weighed = tuple(sorted({(start, end) for _, start, end in nlargest(HEAVIEST, heavy)}))
        known = bool(hits) or bool(said.assessed) or said.numbers[5] != 0
        return Tone((odds[0] / sum(odds), odds[1] / sum(odds), odds[2] / sum(odds)), tuple(leans.values()), weighed, known)
