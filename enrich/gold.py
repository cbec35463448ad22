"""Annotated rows: what people said of reviews and replies, read from a folder of gold, every label checked against the vocabulary.

A folder of gold holds `reviews.jsonl` and `replies.jsonl`: rows that two annotators read, where what they differ on is `disputed` and is
scored neither way. `train_reviews.jsonl` and `train_replies.jsonl`, read once, may have been looked at while cues were written: they count
as annotated, and are never scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from enrich import toml
from enrich.lens import FOLDER, lens
from enrich.mistakes import Mistake

Names = frozenset[str]


class _Row(BaseModel):
    """What both kinds of rows have. `TAGS` are fields that hold any number of labels, `VERDICTS` those that hold one; null is disputed."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    TAGS: ClassVar[tuple[str, ...]]
    VERDICTS: ClassVar[tuple[str, ...]]
    id: str
    company: str
    disputed: Names = frozenset()

    def of(self, field: str) -> Names | None:
        """The labels of a field, a verdict as one of its own; None where the annotators differ or did not say."""
        said = getattr(self, field, None)
        if said is None or field in self.disputed:
            return None
        return said if isinstance(said, frozenset) else frozenset({word(said)})


class ReviewRow(_Row):
    """An annotated review."""

    TAGS = ("themes", "reason")
    VERDICTS = ("stage", "sentiment", "needs_reply", "complaint")
    kind: Literal["customer", "employee"]
    text: str
    rating: float | None = None
    themes: Names
    reason: Names | None = None
    rivals: Names | None = None
    stage: str | None = None
    sentiment: str | None = None
    needs_reply: bool | None = None
    complaint: bool | None = None


class ReplyRow(_Row):
    """An annotated reply of a company to a customer, `customer` being the name that the source shows."""

    TAGS = ("moves",)
    VERDICTS = ("order", "fit")
    customer: str | None = None
    review: str | None = None
    reply: str
    moves: Names
    order: str | None = None
    fit: str | None = None


Row = ReviewRow | ReplyRow
Model = TypeVar("Model", bound=_Row)


@dataclass(frozen=True, slots=True)
class Gold:
    """A folder of annotated rows: those that are scored, and those that only count."""

    reviews: list[ReviewRow]
    replies: list[ReplyRow]
    more_reviews: list[ReviewRow]
    more_replies: list[ReplyRow]


def read(folder: Path) -> Gold:
    """The rows of a folder. Raises `Mistake` where it has none, or where a row or a label in it is not understood."""
    gold = Gold(list(_rows(folder / "reviews.jsonl", ReviewRow)), list(_rows(folder / "replies.jsonl", ReplyRow)),
                list(_rows(folder / "train_reviews.jsonl", ReviewRow)), list(_rows(folder / "train_replies.jsonl", ReplyRow)))
    if not gold.reviews and not gold.replies:
        raise Mistake("there is no reviews.jsonl and no replies.jsonl with annotated rows", place=str(folder), cure="name a folder of gold: --gold FOLDER")
    return gold


@cache
def vocabulary() -> dict[str, Names]:
    """What each field may say; `rivals` holds names, and anything may be one."""
    def names(kind: str) -> Names:
        return frozenset(t.name + t.sign for t in lens().of(kind))

    return {"themes": names("theme"), "moves": names("move"), "reason": frozenset({"relationship", "product", "price", "other"}),
            "stage": names("stage") | {"unknown"}, "sentiment": frozenset({"negative", "neutral", "mixed", "positive", "no signal"}),
            "order": frozenset({"empathy_first", "solution_first", "empathy_only", "solution_only", "neither"}),
            "fit": frozenset({"addresses", "partly", "misses", "na"}), "needs_reply": frozenset({"true", "false"}), "complaint": frozenset({"true", "false"})}


def word(value: str | bool) -> str:
    """A verdict as a word: yes or no is `true` or `false`."""
    return value if isinstance(value, str) else str(value).lower()


def _rows(path: Path, model: type[Model]) -> Iterator[Model]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            place = f"{path}, line {number}"
            if not line.strip():
                continue
            try:
                row = model.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                raise Mistake(f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}", place=place,
                              cure="write one JSON object a line, in the form of the annotation guide") from None
            for field, label in _labels(row):
                _check(field, label, place)
            yield row


def _labels(row: _Row) -> Iterator[tuple[str, str]]:
    """Every label of a row with its field. What is disputed is a field, a label of the row's tags, or either written out, as in `reason:price`."""
    for field in (*row.TAGS, *row.VERDICTS):
        said = getattr(row, field)
        for label in () if said is None else sorted(said) if isinstance(said, frozenset) else (word(said),):
            yield field, label
    for label in sorted(row.disputed - {*row.TAGS, *row.VERDICTS, "rivals"}):
        field, colon, name = label.partition(":")
        if field != "rivals":
            yield (field, name) if colon and field in vocabulary() else (row.TAGS[0], label)


def _check(field: str, label: str, place: str) -> None:
    known: Iterable[str] = vocabulary()[field]
    if label not in known:
        near = toml.nearest(label, known)
        defined = field in ("themes", "moves", "stage")
        raise Mistake(f"{field}: {label!r} is no label" + (", as no lens file defines it" if defined else ""), place=place,
                      cure=f"did you mean {near!r}?" if near else f"define it in a lens file of {FOLDER}" if defined else f"known: {', '.join(sorted(known))}")
