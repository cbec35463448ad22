"""Trains the model of tone on star-rated texts: `rapport train`. One or two stars are negative, three neutral, four or five positive.

Only texts whose licence allows it may go into a model that ships; a study's own stars make a model of its own, which stays in its folder.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from enrich import deep, tone
from enrich.lens import lens
from enrich.mistakes import Mistake
from enrich.store import Store

LEAST, MOST_TERMS, RARE = 300, 30_000, 4
"""Texts below which stars teach less than the shipped model knows; words and pairs that are kept; texts in which a word must stand."""
SEED = 1
OWN, OWN_LAYER = "sentiment.npz", "sentiment.deep.npz"
"""A study's own models, beside its store: enrichment reads by them where they are there."""
EMBEDDED = 20_000
"""Texts that teach the layer on embeddings: it has a thousand numbers to learn, and more texts only take longer."""
WARY = 0.3
LEANING = np.array([WARY, 0, 0])
"""Log odds that are added to the negative: a complaint that is missed costs more than one too many. Without it one in five negative sentences of
other trades was missed; with it one in eight, at half a point of accuracy."""


@dataclass(frozen=True, slots=True)
class Rated:
    """A text with its stars, and the company it speaks of."""

    text: str
    stars: int
    company: str


def train(rows: Iterable[Rated], path: Path, *, data: str, licence: str) -> dict[str, Any]:
    """Trains on the rows and writes the model with its card beside it (same stem, .toml); returns the card.

    Equal texts count once. The scores of the card are of companies that were held out, a fifth of them, by a model that never saw one; the model
    that is written is then trained on all. Raises `Mistake` where there are too few rows, or the optional packages are missing.
    """
    known, labels, held = _distinct(rows)
    prepared = [_prepare(r.text) for r in known]
    card = _card(known, data, licence)
    if 0 < held.sum() < len(known):
        model = _fit([p for p, h in zip(prepared, held, strict=True) if not h], labels[~held])
        card["held_out"] = _scores(model, [p for p, h in zip(prepared, held, strict=True) if h], labels[held]) | {"companies": sorted({r.company for r, h in zip(known, held, strict=True) if h})}
    _write(path, _fit(prepared, labels))
    card["version"] = tone.Model(path).version
    return _write_card(path, card)


def train_deep(rows: Iterable[Rated], path: Path, *, data: str, licence: str) -> dict[str, Any]:
    """The same for the layer on sentence embeddings (`enrich.deep`), on 20,000 of the texts at most; the scores of its card are those of the layer by itself."""
    known, labels, held = _distinct(rows)
    if len(known) > EMBEDDED:
        chosen = np.sort(np.random.default_rng(SEED).choice(len(known), EMBEDDED, replace=False))
        known, labels, held = [known[i] for i in chosen], labels[chosen], held[chosen]
    embeddings = np.array([deep.embedder().embed(r.text) for r in known])
    card = _card(known, data, licence)
    judged = held & (labels != 1)
    if judged.sum() > 0 and not held.all():
        layer = _regression(embeddings[~held], labels[~held])
        logits = embeddings[judged] @ layer.coef_.T + layer.intercept_ + LEANING
        card["held_out"] = _told_apart(logits[:, 2] > logits[:, 0], labels[judged]) | {"companies": sorted({r.company for r, h in zip(known, held, strict=True) if h})}
    layer = _regression(embeddings, labels)
    np.savez_compressed(path, weights=layer.coef_.astype(np.float32), bias=(layer.intercept_ + LEANING).astype(np.float32))
    card["version"] = deep.version(path)
    return _write_card(path, card)


def _distinct(rows: Iterable[Rated]) -> tuple[list[Rated], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The rows, equal texts once, with their classes, and which are of the companies that are held out."""
    unique = {row.text.casefold(): row for row in rows if row.text.strip()}
    known = sorted(unique.values(), key=lambda r: (r.company, r.text))
    labels = np.array([_class(r.stars) for r in known])
    if len(known) < LEAST or len(set(labels.tolist())) < len(tone.CLASSES):
        raise Mistake(f"{len(known):,} distinct texts with stars, {LEAST:,} are needed, of one to five stars", cure="gather more rated reviews; until then the shipped model reads them")
    return known, labels, _held_out([r.company for r in known])


def _card(known: list[Rated], data: str, licence: str) -> dict[str, Any]:
    return {"data": data, "licence": licence, "made_on": date.today(), "texts": len(known), "stars": {str(s): n for s, n in sorted(Counter(r.stars for r in known).items())}}


def _write_card(path: Path, card: dict[str, Any]) -> dict[str, Any]:
    path.with_suffix(".toml").write_text(f"# The card of {path.name}: what the model of tone was trained on, and how well it reads companies that it had never seen. Made by `rapport train`.\n"
                                         + tomlkit.dumps(card), encoding="utf-8")
    return card


def of_study(store: Store) -> Iterator[Rated]:
    """A study's own rated reviews in the languages that the lens reads, people masked."""
    languages = json.dumps(["und", *lens().languages])
    for text, stars, company in store.rows("""select r.text, r.stars, r.company from reviews r join profiles p on p.id = r.profile and p.private = 0
            left join labels l on l.kind = 'review' and l.target = r.id and l.name = 'language'
            where r.stars is not null and ifnull(r.text, '') <> '' and r.audience = 'customer' and ifnull(l.value, 'und') in (select value from json_each(?))""", (languages,)):
        yield Rated(text, stars, company)


def of_files(paths: Iterable[Path], text: str, stars: str) -> Iterator[Rated]:
    """Rated texts of CSV files; a file's name up to two underscores names its company. Rows without a whole number of stars are left out.

    Raises `Mistake` where a column is not there.
    """
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := {text, stars} - set(rows.fieldnames or ()):
                raise Mistake(f"has no column {', '.join(sorted(missing))}", place=str(path), cure=f"its columns: {', '.join(rows.fieldnames or ())}")
            for row in rows:
                if (said := (row[stars] or "").strip()) in ("1", "2", "3", "4", "5"):
                    yield Rated(row[text] or "", int(said), path.stem.partition("__")[0])


@dataclass(frozen=True, slots=True)
class _Fitted:
    terms: list[str]
    idf: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]
    lexicon: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]


_Prepared = tuple[Counter[str], tuple[float, ...]]


def _prepare(text: str) -> _Prepared:
    return Counter(name for name, _ in tone.features(tone.words(text))), tone.lexicons(text).numbers


def _class(stars: int) -> int:
    return 0 if stars < 3 else 1 if stars == 3 else 2


def _held_out(companies: list[str]) -> np.ndarray[Any, Any]:
    """About a fifth of the texts, by whole companies: the small ones first, so that many are asked and most of the texts still teach."""
    out: set[str] = set()
    left = len(companies) / 5
    for name, n in sorted(Counter(companies).items(), key=lambda item: (item[1], item[0])):
        if n > left:
            break
        out.add(name)
        left -= n
    return np.array([c in out for c in companies])


def _fit(prepared: list[_Prepared], labels: np.ndarray[Any, Any]) -> _Fitted:
    from scipy.sparse import csr_matrix, hstack

    found = Counter(name for counts, _ in prepared for name in counts)
    terms = sorted(name for name, n in sorted(found.most_common(), key=lambda item: (-item[1], item[0]))[:MOST_TERMS] if n >= RARE)
    number = {name: i for i, name in enumerate(terms)}
    idf = np.array([math.log((1 + len(prepared)) / (1 + found[name])) + 1 for name in terms], dtype=np.float32)
    rows, columns, values = [], [], []
    for n, (counts, _) in enumerate(prepared):
        hits = [(number[name], (1 + math.log(k)) * float(idf[number[name]])) for name, k in counts.items() if name in number]
        norm = math.sqrt(sum(w * w for _, w in hits)) or 1.0
        rows += [n] * len(hits)
        columns += [i for i, _ in hits]
        values += [w / norm for _, w in hits]
    matrix = hstack([csr_matrix((values, (rows, columns)), shape=(len(prepared), len(terms))), csr_matrix(np.array([numbers for _, numbers in prepared]))]).tocsr()
    fitted = _regression(matrix, labels)
    split = len(terms)
    return _Fitted(terms, idf, fitted.coef_[:, :split].T, fitted.coef_[:, split:], fitted.intercept_ + LEANING)


def _regression(features: Any, labels: np.ndarray[Any, Any]) -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise Mistake(f"training needs a package that is not installed: {error.name}", cure="pip install -e '.[train]'") from None
    return LogisticRegression(C=1.0, max_iter=800, class_weight="balanced", random_state=SEED).fit(features, labels)


def _write(path: Path, fitted: _Fitted) -> None:
    """One file of plain arrays: nothing in it can run."""
    np.savez_compressed(path, terms=np.frombuffer("\n".join(fitted.terms).encode(), dtype=np.uint8), idf=fitted.idf.astype(np.float16), weights=fitted.weights.astype(np.float16),
                        lexicon=fitted.lexicon.astype(np.float32), bias=fitted.bias.astype(np.float32))


def _scores(fitted: _Fitted, prepared: list[_Prepared], labels: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Of texts of held-out companies: how many of one or two against four or five stars are told apart, and how many of the negative are found."""
    number = {name: i for i, name in enumerate(fitted.terms)}
    said, judged = [], labels != 1
    for (counts, numbers), asked in zip(prepared, judged, strict=True):
        if asked:
            hits = [(number[name], (1 + math.log(k)) * float(fitted.idf[number[name]])) for name, k in counts.items() if name in number]
            norm = math.sqrt(sum(w * w for _, w in hits)) or 1.0
            logits = fitted.bias + fitted.lexicon @ np.array(numbers) + sum((w / norm * fitted.weights[i] for i, w in hits), np.zeros(len(tone.CLASSES)))
            said.append(logits[2] > logits[0])
    return _told_apart(np.array(said, dtype=bool), labels[judged])


def _told_apart(positive: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> dict[str, Any]:
    """How many texts were rightly called positive or not, and how many of the negative were found."""
    right, negative = positive == (labels == 2), labels == 0
    return {"texts": len(labels), "accuracy": round(float(right.mean()), 3) if len(labels) else 0.0, "negative_recall": round(float(right[negative].mean()), 3) if negative.any() else 0.0}
