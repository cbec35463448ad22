"""How well tone is read, beside plain TextBlob and VADER: `python tests/bench/tone.py FOLDER [MOST] [--deep]`.

FOLDER holds eight sets of other people's texts (labelled sentences, tweets, reviews with stars), none of a company that the shipped model learned from; where there
are no labels, one or two stars are negative and four or five positive. MOST texts of each are read, all unless given. Speed is of one core, beside TextBlob alone
on the same texts. With --deep the embeddings read too, beside the linear model alone.
"""

from __future__ import annotations

import csv
import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from textblob.en import sentiment

from enrich import deep, tone

Judged = tuple[str, bool]


def sets(folder: Path) -> dict[str, list[Judged]]:
    """Name to texts, each once, and whether they are positive."""
    found: dict[str, Iterable[Judged]] = {
        "yelp sentences": _sentences(folder / "B01_sentiment_labelled_sentences" / "yelp_labelled.txt"),
        "amazon sentences": _sentences(folder / "B01_sentiment_labelled_sentences" / "amazon_cells_labelled.txt"),
        "airline tweets": ((r["text"], r["airline_sentiment"] == "positive") for r in _rows(folder, "B02*/*.csv") if r["airline_sentiment"] != "neutral"),
        "Skytrax": ((r["long_review"].partition("|")[2] or r["long_review"], r["recommended"].strip().lower() == "yes") for r in _rows(folder, "B11*/*.csv") if r["long_review"] and r["recommended"]),
        "Trustpilot": _stars(folder, "B12*/*.csv", "contents", "ratings"),
        "hotels": _stars(folder, "A02*/*.csv", "text", "rating"),
        "Uber": _stars(folder, "B13*/*.csv", "content", "score"),
        "Greenlight": _stars(folder, "A01*/me.greenlight*.csv", "content", "score"),
    }
    return {name: list({text: label for text, label in rows if text.strip()}.items()) for name, rows in found.items()}


def main(folder: Path, most: int, by_meaning: bool) -> None:
    linear = tone.Model(tone.SHIPPED)
    model = deep.Model(linear) if by_meaning else linear
    print(f"model {model.version}, {len(linear.terms):,} words and pairs\n{'':18}{'texts':>7}  {'TextBlob':>8}  {'VADER':>6}  {'linear':>6}  {'ours':>6}  negative found  positive found")
    mean = []
    for name, rows in sets(folder).items():
        chosen = random.Random(1).sample(rows, min(most, len(rows)))
        gold = np.array([label for _, label in chosen])
        said = [tone.lexicons(text) for text, _ in chosen]
        plain, ours = (np.array([read[2] > read[0] for (text, _), s in zip(chosen, said, strict=True) for read in (reader.read(text, s).shares,)]) for reader in (linear, model))
        blob, vader = np.array([s.polarity > 0 for s in said]), np.array([s.numbers[5] > 0 for s in said])
        mean.append([(blob == gold).mean(), (vader == gold).mean(), (plain == gold).mean(), (ours == gold).mean()])
        print(f"{name:18}{len(gold):>7,}  {mean[-1][0]:>8.1%}  {mean[-1][1]:>6.1%}  {mean[-1][2]:>6.1%}  {mean[-1][3]:>6.1%}  {(~ours[~gold]).mean():>14.1%}  {ours[gold].mean():>14.1%}")
    print(f"{'mean':18}{'':7}  " + "  ".join(f"{m:>{w}.1%}" for m, w in zip(np.mean(mean, axis=0), (8, 6, 6, 6), strict=True)))
    speed([text for rows in sets(folder).values() for text, _ in rows if 40 <= len(text.split()) <= 75], model)


def speed(texts: list[str], model: tone.Reader) -> None:
    chosen = random.Random(2).sample(texts, min(300 if isinstance(model, deep.Model) else 2000, len(texts)))
    ours, blob = (min(_seconds(read, chosen) for _ in range(3)) for read in (model.read, sentiment))
    words = np.mean([len(t.split()) for t in chosen])
    print(f"texts of {words:.0f} words: {len(chosen) / ours:,.0f} a second on one core, both lexicons included ({ours / blob:.1f} times TextBlob alone: {len(chosen) / blob:,.0f} a second)")


def _seconds(read: object, texts: list[str]) -> float:
    began = time.process_time()
    for text in texts:
        read(text)  # type: ignore[operator]
    return time.process_time() - began


def _rows(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            yield from csv.DictReader(file)


def _stars(folder: Path, pattern: str, text: str, stars: str) -> Iterator[Judged]:
    for row in _rows(folder, pattern):
        if (row[stars] or "").strip()[:1] in ("1", "2", "4", "5") and row[text]:
            yield row[text], row[stars].strip()[0] in "45"


def _sentences(path: Path) -> Iterator[Judged]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        text, tab, label = line.rpartition("\t")
        if tab:
            yield text, label == "1"


if __name__ == "__main__":
    given = [a for a in sys.argv[1:] if a != "--deep"]
    main(Path(given[0]), int(given[1]) if len(given) > 1 else 1_000_000, "--deep" in sys.argv)
