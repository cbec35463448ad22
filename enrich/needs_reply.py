"""Whether a caring company would answer a review: signs that are weighed together, by weights that were learned from annotated reviews.

No one sign tells. "Good app, but please add a map" asks for something amid praise; "doubles the price when it rains" has no word of complaint
and sounds like one. The weights stand in `models/needs_reply.toml` with their card; `python -m enrich.needs_reply FOLDER…` learns them anew
from folders of gold.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import tomlkit
from numpy.typing import NDArray

from enrich import gold
from enrich.mistakes import Mistake

SHIPPED = Path(__file__).parent / "models" / "needs_reply.toml"
LIKELY = 0.55
"""Probability from which a review is said to want an answer: half of those just above it do."""
MOST = 3
"""Finds of one sort that are counted: a long review is not more of a complaint for saying it five times."""
AUDIBLE = 0.4
"""A review that says nothing of the kind wants an answer only where its tone does: from this probability that it is negative."""
FOLDS = 10


@dataclass(frozen=True, slots=True)
class Signs:
    """What a review shows that bears on the question."""

    against: int                             # themes that speak against the company
    praise: int                              # themes that speak for it
    complaint: int                           # words of complaint
    request: int                             # words that ask for something
    person: bool                             # somebody of the staff is named
    question: bool
    solved: bool                             # what went wrong was put right
    employee: bool
    words: int
    negative: float                          # how likely the tone is negative, and positive
    positive: float
    lowest: float                            # how far the worst sentence leans to the negative, 0 or less

    @property
    def silent(self) -> bool:
        """Whether no word of it complains, asks or names anybody."""
        return not (self.against or self.complaint or self.request or self.person or self.question)

    def numbers(self) -> dict[str, float]:
        """The signs as the model weighs them: each between -2 and 5 or so, by name."""
        against, praise, complaint, request = (float(min(n, MOST)) for n in (self.against, self.praise, self.complaint, self.request))
        words = math.log1p(self.words)
        return {"against": against, "praise": praise, "complaint": complaint, "request": request, "person": float(self.person), "question": float(self.question),
                "solved": float(self.solved), "employee": float(self.employee), "length": words, "negative": self.negative, "positive": self.positive,
                "lowest": max(-2.0, self.lowest / 10), "any against": float(against > 0), "any complaint": float(complaint > 0), "any request": float(request > 0),
                "any praise": float(praise > 0), "nothing said": float(not (against or complaint or request)), "length, negative": words * self.negative,
                "length, praised": words * (praise > 0), "length, employee": words * self.employee, "negative, praised": self.negative * (praise > 0)}


@cache
def weights() -> dict[str, float]:
    """The weights by the name of their sign, and the `bias`."""
    return {str(name): float(value) for name, value in tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["weights"].items()}


@cache
def version() -> str:
    """When they were learned, and from how many rows."""
    card = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return f"{card['made_on']:%Y%m%d}-{card['rows']}"


def likely(signs: Signs) -> float:
    """How likely the review wants an answer, 0 to 1."""
    known = weights()
    return 1 / (1 + math.exp(-known["bias"] - sum(known[name] * value for name, value in signs.numbers().items())))


def wanted(signs: Signs) -> bool:
    """Whether an answer is wanted."""
    return likely(signs) > LIKELY and _audible(signs)


def _audible(signs: Signs) -> bool:
    return not signs.silent or signs.negative >= AUDIBLE


def learn(folders: Iterable[Path], path: Path = SHIPPED) -> dict[str, Any]:
    """Learns the weights from annotated reviews (train rows too) by logistic regression, and writes them with their card, which it returns.

    The card's scores are those of a model that never saw the company: ten times a tenth of the companies is left out. Raises `Mistake` where a folder has no such rows.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    from enrich.evaluate import texts_of
    from enrich.steps import steps

    step = cast(Any, steps()["complaint"])
    rows = [(step.signs(text)[0], said == {"true"}, row.company) for folder in folders for row, text in texts_of(gold.read(folder)) if (said := row.of("needs_reply"))]
    if len({company for _, _, company in rows}) < FOLDS:
        raise Mistake("too few companies are annotated to learn when a review wants an answer", cure=f"name folders of gold with `needs_reply` of at least {FOLDS} companies")
    names = list(rows[0][0].numbers())
    x = np.array([list(signs.numbers().values()) for signs, _, _ in rows])
    y = np.array([wanted for _, wanted, _ in rows])
    chances = np.zeros(len(rows))
    heard = np.array([_audible(signs) for signs, _, _ in rows])
    for seen, unseen in GroupKFold(FOLDS).split(x, y, [company for _, _, company in rows]):
        chances[unseen] = LogisticRegression(C=3, max_iter=10_000).fit(x[seen], y[seen]).predict_proba(x[unseen])[:, 1]
    found: NDArray[np.bool_] = (chances > LIKELY) & heard
    model = LogisticRegression(C=3, max_iter=10_000).fit(x, y)
    card = {"made_on": date.today(), "rows": len(rows), "companies": len({company for _, _, company in rows}),
            "held_out": {"f1_true": _f1(found, y), "f1_false": _f1(~found, ~y)},
            "weights": {"bias": round(float(model.intercept_[0]), 4)} | {name: round(float(w), 4) for name, w in zip(names, model.coef_[0], strict=True)}}
    path.write_text("# When a review wants an answer: weights of signs, and how well they tell of companies that they had never seen. Made by `python -m enrich.needs_reply`.\n"
                    + tomlkit.dumps(card), encoding="utf-8")
    return card


def _f1(found: NDArray[np.bool_], y: NDArray[np.bool_]) -> float:
    return round(float(2 * (found & y).sum() / (found.sum() + y.sum())), 3)


if __name__ == "__main__":
    print(learn(map(Path, sys.argv[1:])))
