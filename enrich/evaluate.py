"""How well the steps read: their tags and labels beside those of annotators, and the accuracy that the lens then states for every tag.

A folder of gold holds `reviews.jsonl` and `replies.jsonl`: rows that two annotators read, where what they differ on is `disputed` and is
scored neither way. `train_reviews.jsonl` and `train_replies.jsonl`, read once, may have been looked at while cues were written: they count
as annotated, and are never scored. Whoever has read the scored rows too while writing cues will do a little worse on new companies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from enrich import people, steps, toml
from enrich.lens import FOLDER, lens
from enrich.mistakes import Mistake

TIMES, SEED = 2000, 1
"""Resamples of a bootstrap, and the seed that makes it repeatable."""
UNSAID = {"stage": "unknown"}
"""Labels that say that nothing was found: to agree on them is no success."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str
    company: str
    disputed: frozenset[str]


class ReviewRow(_Row):
    """An annotated review; a verdict on the whole text that is null is disputed."""

    kind: Literal["customer", "employee"]
    text: str
    themes: frozenset[str]
    stage: str | None = None
    sentiment: str | None = None
    needs_reply: bool | None = None
    complaint: bool | None = None


class ReplyRow(_Row):
    """An annotated reply of a company to a customer, `customer` being the name that the source shows."""

    customer: str | None
    reply: str
    moves: frozenset[str]
    order: str | None = None


Row = ReviewRow | ReplyRow
Model = TypeVar("Model", bound=_Row)


@dataclass(frozen=True, slots=True)
class Read:
    """A row beside what the steps say of it: names of tags with their sign, and labels."""

    row: Row
    tags: frozenset[str]
    labels: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a row carries a label, by the annotators and by the steps."""

    company: str
    label: str
    gold: bool
    found: bool


def evaluate(folder: Path) -> dict[str, Any]:
    """Scores for `themes`, `moves`, `sentiment`, `stage`, `order`, `needs_reply` and `complaint`, as far as gold and steps have them.

    Each has `n` (rows scored), `micro` (precision, recall and f1 from 0 to 1 over all labels together, f1 with a 95 % interval from `low` to
    `high` by resampling whole companies, since texts of one are alike), `macro` (their means over the labels that occur) and `per_label`
    (`gold` and `found` positives with precision, recall and f1, None where there is nothing to divide by). Tags say under `annotated` how
    many positives there are with the train rows; verdicts on the whole text say in `accuracy` the share of rows that are right. `unread`
    counts rows in languages that the lens does not read: they are not scored. A label that nobody ever gave in the folder is not scored either.
    Raises `Mistake` where the folder has no gold, or a row or label is not understood.
    """
    reviews, replies = _rows(folder, "reviews.jsonl", ReviewRow), _rows(folder, "replies.jsonl", ReplyRow)
    if not reviews and not replies:
        raise Mistake("there is no reviews.jsonl and no replies.jsonl with annotated rows", place=str(folder), cure="name a folder of gold: --gold FOLDER")
    read_reviews, read_replies = _read(reviews), _read(replies)
    scores: dict[str, Any] = {"unread": {"reviews": len(reviews) - len(read_reviews), "replies": len(replies) - len(read_replies)}}
    if any(_given(r.row) for r in read_reviews):
        scores["themes"] = _tags("theme", read_reviews, _read(_rows(folder, "train_reviews.jsonl", ReviewRow)))
    if any(_given(r.row) for r in read_replies):
        scores["moves"] = _tags("move", read_replies, _read(_rows(folder, "train_replies.jsonl", ReplyRow)))
    for key in ("sentiment", "stage", "order", "needs_reply", "complaint"):
        judged = [r for r in (*read_reviews, *read_replies) if getattr(r.row, key, None) is not None]
        if any(key in r.labels for r in judged):
            scores[key] = _labels(key, judged)
    return scores


def write_accuracy(report: dict[str, Any], path: Path = FOLDER / "accuracy.toml") -> Path:
    """Writes the accuracy of every tag into the lens: what its figures, intervals and verdicts take into account."""
    lines = [f"# How well each tag is recognised, written on {date.today().isoformat()} by `rapport evaluate --gold FOLDER --write`. Do not edit: measure again.",
             "# gold: annotated positives, by two annotators or by one; precision and recall: against the rows on which two agree, left out where there is nothing to divide by.", ""]
    for key, kind in (("themes", "theme"), ("moves", "move"), ("stage", "stage")):
        for label, score in report.get(key, {}).get("per_label", {}).items():
            if (tag := f"{kind}:{label}") in lens().tags:
                said = [f"gold = {score.get('annotated', score['gold'])}", *(f"{name} = {score[name]:.3f}" for name in ("precision", "recall") if score[name] is not None)]
                lines.append(f'"{tag}" = {{ {", ".join(said)} }}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def lines(report: dict[str, Any]) -> Iterator[str]:
    """The report as lines of text."""
    for key, score in report.items():
        if key == "unread":
            yield "not scored, in languages that the lens does not read: " + ", ".join(f"{n} {what}" for what, n in score.items())
            continue
        micro = score["micro"]
        right = f", {score['accuracy']:.2f} of rows right" if "accuracy" in score else ""
        yield f"{key}: f1 {micro['f1']:.3f} ({micro['low']:.2f} to {micro['high']:.2f}), precision {micro['precision']:.3f}, recall {micro['recall']:.3f}; " \
              f"mean over labels f1 {score['macro']['f1']:.3f}; {score['n']} rows{right}"
        for label, one in sorted(score["per_label"].items(), key=lambda item: -item[1]["gold"]):
            said = "  ".join(f"{name} {'   -' if one[name] is None else format(one[name], '.2f')}" for name in ("precision", "recall", "f1"))
            yield f"  {label:20} {said}  of {one['gold']}" + (f", {one['annotated']} annotated" if "annotated" in one else "")


def _rows(folder: Path, name: str, model: type[Model]) -> list[Model]:
    path = folder / name
    rows = []
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    rows.append(model.model_validate_json(line))
                except ValidationError as error:
                    first = error.errors()[0]
                    raise Mistake(f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}", place=f"{path}, line {number}",
                                  cure="write one JSON object a line, in the form of the annotation guide") from None
    return rows


def _read(rows: Iterable[Row]) -> list[Read]:
    """Rows as the store would keep and read them, masked; without those in languages that the lens does not read."""
    read = []
    for row in rows:
        if isinstance(row, ReviewRow):
            text = steps.Text(kind="review", text=people.mask_review(row.text, keep=[row.company]), audience=row.kind)
        else:
            text = steps.Text(kind="reply", text=people.mask_reply(row.reply, row.customer, [row.company]))
        text = text.in_language(next(s.value for s in steps.steps()["language"].read(text) if isinstance(s, steps.Label)))
        if lens().reads(text.language):
            said = [s for step in steps.steps().values() if text.kind in step.KINDS for s in step.read(text)]
            read.append(Read(row, frozenset(s.tag for s in said if isinstance(s, steps.Mention)), {s.name: s.value for s in said if isinstance(s, steps.Label)}))
    return read


def _given(row: Row) -> frozenset[str]:
    return row.themes if isinstance(row, ReviewRow) else row.moves


def _tags(kind: str, read: list[Read], more: list[Read]) -> dict[str, Any]:
    annotated = Counter(label for r in (*read, *more) for label in _given(r.row))
    known = {t.name + t.sign: t for t in lens().of(kind)}
    for label in sorted({*annotated, *(label for r in read for label in r.row.disputed)} - set(known)):
        near = toml.nearest(label, known)
        raise Mistake(f"the gold names the {kind} {label!r}, which no lens file defines", place=str(FOLDER), cure=f"did you mean {near!r}?" if near else "define it in a lens file")
    cells = [Cell(r.row.company, label, label in _given(r.row), known[label].id in r.tags) for r in read for label in annotated
             if label not in r.row.disputed and (not isinstance(r.row, ReviewRow) or r.row.kind in known[label].of)]
    scores = _scores(cells, len(read))
    for label, score in scores["per_label"].items():
        score["annotated"] = annotated[label]
    return scores


def _labels(key: str, read: list[Read]) -> dict[str, Any]:
    """Scores of a verdict on the whole text. Yes or no is scored on yes; what says that nothing was found counts only as a miss or a false alarm of the others."""
    pairs = [(r.row.company, _word(getattr(r.row, key)), r.labels.get(key)) for r in read]
    said = {gold for _, gold, _ in pairs}
    scored = {"yes"} if said <= {"yes", "no"} else said - {UNSAID.get(key)}
    scores = _scores([Cell(company, label, gold == label, found == label) for company, gold, found in pairs for label in sorted(scored)], len(pairs))
    return {**scores, "accuracy": sum(gold == found for _, gold, found in pairs) / len(pairs)}


def _word(value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"


def _scores(cells: list[Cell], n: int) -> dict[str, Any]:
    per_label = {}
    for label in sorted({c.label for c in cells}):
        own = [c for c in cells if c.label == label]
        right, found, gold = (sum(x) for x in zip(*((c.gold and c.found, c.found, c.gold) for c in own), strict=True))
        per_label[label] = {"gold": gold, "found": found, **_ratios(right, found, gold)}
    companies = {c: i for i, c in enumerate(sorted({c.company for c in cells}))}
    counts = np.zeros((len(companies), 3))
    for c in cells:
        counts[companies[c.company]] += (c.gold and c.found, c.found, c.gold)
    draws = np.random.default_rng(SEED).multinomial(len(companies), np.full(len(companies), 1 / len(companies)), TIMES) @ counts
    low, high = np.quantile(2 * draws[:, 0] / np.maximum(draws[:, 1] + draws[:, 2], 1), (0.025, 0.975))
    right, found, gold = counts.sum(axis=0)
    occur = [score for score in per_label.values() if score["gold"]]
    return {"n": n, "micro": {**{k: v or 0.0 for k, v in _ratios(right, found, gold).items()}, "low": float(low), "high": float(high)},
            "macro": {name: sum(score[name] or 0.0 for score in occur) / max(len(occur), 1) for name in ("precision", "recall", "f1")}, "per_label": per_label}


def _ratios(right: float, found: float, gold: float) -> dict[str, float | None]:
    return {"precision": float(right / found) if found else None, "recall": float(right / gold) if gold else None, "f1": float(2 * right / (found + gold)) if found + gold else None}
