"""How well the steps read: their tags and labels beside those of annotators, and the accuracy that the lens then states for every tag.

The rows are those of `enrich.gold`. Whoever has read the scored rows too while writing cues will do a little worse on new companies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from enrich import deep, gold, people, steps, tone
from enrich.gold import Gold, Names, ReplyRow, ReviewRow, Row
from enrich.lens import FOLDER, lens
from enrich.study import slug

TIMES, SEED = 2000, 1
"""Resamples of a bootstrap, and the seed that makes it repeatable."""
FEW = 5
"""Companies under which rows are resampled instead of whole companies: so few say nothing of how companies differ."""
COMMON = 10
"""Rows from which a label's score goes into the mean over the common labels."""
UNSAID = {"stage": "unknown"}
"""Verdicts that say that nothing was found: to agree on them is no success, and they count in no mean."""
YES_NO = {"yes": "true", "no": "false"}
"""What the steps say, in the gold's words."""
TRUE = "true"
LABELS = ("order", "fit", "sentiment")
"""Verdicts that are no tags of the lens, and that figures are made of all the same."""
RATIOS = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class Read:
    """A row beside what the steps say of it, as they read it: names of tags with their sign, and labels."""

    row: Row
    text: steps.Text
    tags: Names
    labels: dict[str, steps.Label]


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a row carries a label, by the annotators and by the steps."""

    row: Row
    label: str
    gold: bool
    found: bool



def evaluate(folder: Path) -> dict[str, Any]:
    """Scores for `themes`, `moves`, `sentiment`, `complaint`, `stage`, `order`, `fit`, `needs_reply`, `reason`, `rivals` and `generic`, as far as the gold has them.

    Each has `n` (rows scored), `micro` (precision, recall and f1 from 0 to 1 over all labels together), `macro` (their means over the labels that
    occur), `common` (over those with at least ten rows) and `per_label`: `support` and `found` (how many rows carry the label by the annotators and
    by the steps), precision, recall, f1, and `negative_recall` (the share of rows without the label that are left without it), None where there
    is nothing to divide by. `interval` holds 95 % intervals by resampling whole companies, since texts of one are alike, or rows where there are
    fewer than five companies (`resampled` says which). Yes or no is `true` or `false`, and `micro` is that of `true`; a stage `unknown` stands in
    `per_label` and in no mean. A row of which a step says nothing is a row that it misses (a stage is then `unknown`). `annotated` counts a label's rows with the train rows. Verdicts on the whole text have `accuracy`, the share of rows
    that are right. `sentiment` has `yardsticks` beside it. `unread` counts rows in languages that the lens does not read: they are not scored,
    nor is a tag that nobody ever gave in the folder. Raises `Mistake` where the folder has no gold, or a row or label is not understood.
    """
    rows = gold.read(folder)
    names = tuple(sorted({(slug(r.company), r.company) for r in (*rows.reviews, *rows.replies)}))
    reviews, replies = list(_read(rows.reviews, names)), list(_read(rows.replies, names))
    more = [row for row, text in _texts((*rows.more_reviews, *rows.more_replies), names) if lens().reads(text.language)]
    scores: dict[str, Any] = {"unread": {"reviews": len(rows.reviews) - len(reviews), "replies": len(rows.replies) - len(replies)}}
    for field, kind in (("themes", "theme"), ("moves", "move"), ("reason", "reason")):
        said = [r for r in (*reviews, *replies) if r.row.of(field) is not None]
        annotated = _annotated(field, (*(r.row for r in said), *more))
        if said and annotated:
            scores[field] = _counted(_scores(list(_tags(field, kind, said, annotated)), len(said)), annotated)
    for field in ("sentiment", "complaint", "stage", "order", "fit", "needs_reply"):
        said = [r for r in (*reviews, *replies) if r.row.of(field) is not None]
        if any(field in r.labels for r in said):
            scores[field] = _counted(_verdicts(field, [(r.row, _only(r.row.of(field)), _word(r.labels.get(field)) or UNSAID.get(field)) for r in said]), _annotated(field, (*(r.row for r in said), *more)))
    if pairs := [(r.row, gold.word("generic" in r.row.moves), _word(r.labels.get("generic"))) for r in replies if isinstance(r.row, ReplyRow) and "generic" not in r.row.disputed]:
        scores["generic"] = _verdicts("generic", pairs)
    if named := [r for r in reviews if r.row.of("rivals") is not None]:
        scores["rivals"] = _scores(list(_rivals(named)), len(named))
    if "sentiment" in scores:
        scores["sentiment"]["yardsticks"] = _yardsticks(reviews)
    return scores


def texts(folder: Path) -> Iterator[steps.Text]:
    """The texts of the rows that are scored, masked."""
    rows = gold.read(folder)
    yield from (text for _, text in _texts((*rows.reviews, *rows.replies), ()))


def write_accuracy(report: dict[str, Any], path: Path = FOLDER / "accuracy.toml", by: str | None = None) -> Path:
    """Writes the accuracy of every tag, and of every label that figures are made of, into the lens: what their intervals and verdicts take into account.

    `by` is the language model whose tags were measured, where it was not the cues.
    """
    lines = [f"# How well each tag is recognised, written on {date.today().isoformat()} by `rapport evaluate --gold FOLDER --write`. Do not edit: measure again.",
             *([f"# Themes and moves are those of {by}: for studies that it reads, never for those read by the cues."] if by else []),
             "# gold: annotated positives, by two annotators or by one; precision and recall: against the rows on which two agree, left out where there is nothing to divide by.", ""]
    for key, kind in (("themes", "theme"), ("moves", "move"), ("stage", "stage"), ("reason", "reason"), ("order", "order"), ("fit", "fit"), ("sentiment", "sentiment")):
        for label, score in report.get(key, {}).get("per_label", {}).items():
            if (tag := f"{kind}:{label}") in lens().tags or key in LABELS:
                said = [f"gold = {score['annotated']}", *(f"{name} = {score[name]:.3f}" for name in ("precision", "recall") if score[name] is not None)]
                lines.append(f'"{tag}" = {{ {", ".join(said)} }}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def lines(report: dict[str, Any]) -> Iterator[str]:
    """The report as lines of text."""
    yield "not scored, in languages that the lens does not read: " + ", ".join(f"{n} {what}" for what, n in report["unread"].items())
    for key, score in report.items():
        if key == "unread":
            continue
        micro, (low, high) = score["micro"], score["micro"]["interval"]["f1"]
        right = f", {score['accuracy']:.2f} of rows right" if "accuracy" in score else ""
        yield f"{key}: f1 {micro['f1']:.3f} ({_said(low)} to {_said(high)}), precision {micro['precision']:.3f}, recall {micro['recall']:.3f}; " \
              f"mean over labels f1 {_said(score['macro']['f1'])}, over those of {COMMON} rows {_said(score['common']['f1'])}; {score['n']} rows{right}"
        for label, one in sorted(score["per_label"].items(), key=lambda item: -item[1]["support"]):
            low, high = one["interval"]["f1"]
            yield f"  {label:20} " + "  ".join(f"{name} {_said(one[name])}" for name in ("precision", "recall", "f1")) + f" ({_said(low)} to {_said(high)})" \
                  f"  without it {_said(one['negative_recall'])}  of {one['support']}" + (f", {one['annotated']} annotated" if "annotated" in one else "")
        for name, one in score.get("yardsticks", {}).items():
            yield f"  positive or negative, by {name}: {one['accuracy']:.3f} of {one['n']} rows right, {_said(one['negative_recall'])} of the negative found, {_said(one['positive_recall'])} of the positive"


def _said(value: float | None) -> str:
    return "   -" if value is None else f"{value:.2f}"


def texts_of(rows: Gold) -> Iterator[tuple[Row, steps.Text]]:
    """All annotated reviews that the lens reads, train rows too, as the store would keep and read them."""
    reviews = (*rows.reviews, *rows.more_reviews)
    yield from ((row, text) for row, text in _texts(reviews, tuple(sorted({(slug(r.company), r.company) for r in reviews}))) if lens().reads(text.language))


def _texts(rows: Iterable[Row], names: tuple[tuple[str, str], ...]) -> Iterator[tuple[Row, steps.Text]]:
    """Rows as the store would keep and read them: masked, their language known."""
    for row in rows:
        if isinstance(row, ReviewRow):
            text = steps.Text(kind="review", text=people.mask_review(row.text, keep=[row.company]), audience=row.kind, company=slug(row.company), names=names)
        else:
            text = steps.Text(kind="reply", text=people.mask_reply(row.reply, row.customer, [row.company]), company=slug(row.company), names=names,
                              review=None if row.review is None else people.mask_review(row.review, row.customer, [row.company]))
        yield row, text.in_language(next(s.value for s in steps.steps()["language"].read(text) if isinstance(s, steps.Label)))


def _read(rows: Iterable[Row], names: tuple[tuple[str, str], ...]) -> Iterator[Read]:
    """What the steps say of rows; those in languages that the lens does not read are left out."""
    for row, text in _texts(rows, names):
        if lens().reads(text.language):
            said = [s for step in steps.steps().values() if text.kind in step.KINDS for s in step.read(text)]
            yield Read(row, text, frozenset(s.tag for s in said if isinstance(s, steps.Mention)), {s.name: s for s in said if isinstance(s, steps.Label)})


def _annotated(field: str, rows: Iterable[Row]) -> Counter[str]:
    return Counter(label for row in rows for label in row.of(field) or ())


def _counted(scores: dict[str, Any], annotated: Counter[str]) -> dict[str, Any]:
    for label, score in scores["per_label"].items():
        score["annotated"] = annotated[label]
    return scores


def _tags(field: str, kind: str, read: list[Read], annotated: Iterable[str]) -> Iterator[Cell]:
    """Every row beside every label that was ever given; a tag is not asked of an audience that it is not of."""
    known = {t.name + t.sign: t for t in lens().of(kind)}
    for r in read:
        for label in annotated:
            if not {label, f"{field}:{label}"} & r.row.disputed and (not isinstance(r.row, ReviewRow) or r.row.kind in known[label].of):
                yield Cell(r.row, label, label in (r.row.of(field) or ()), known[label].id in r.tags)


def _verdicts(field: str, pairs: Sequence[tuple[Row, str, str | None]]) -> dict[str, Any]:
    """Scores of a verdict on the whole text, from the annotators' and the steps' word for each row."""
    said = {gold for _, gold, _ in pairs}
    yes_or_no = said <= {TRUE, "false"}
    cells = [Cell(row, label, gold == label, found == label) for row, gold, found in pairs for label in sorted({TRUE, "false"} if yes_or_no else said)]
    scores = _scores(cells, len(pairs), {TRUE} if yes_or_no else said - {UNSAID.get(field)})
    return {**scores, "accuracy": sum(gold == found for _, gold, found in pairs) / len(pairs)}


def _rivals(read: list[Read]) -> Iterator[Cell]:
    """Names of other companies: one cell for every name that annotators or steps give, and one for a row in which neither gives any."""
    for r in read:
        found = list(dict.fromkeys(r.text.text[a:b] for a, b in r.labels["rivals"].spans)) if "rivals" in r.labels else []
        meant = [next((f for f in found if _same(f, name)), None) for name in r.row.of("rivals") or ()]
        yield from (Cell(r.row, "named", True, f is not None) for f in meant)
        yield from (Cell(r.row, "named", False, True) for f in found if f not in meant)
        if not meant and not found:
            yield Cell(r.row, "named", False, False)


def _same(one: str, other: str) -> bool:
    """Whether two names are one company's: letters and digits are the same, or one begins with the other's words ("Acme" and "Acme Bank")."""
    a, b = slug(one), slug(other)
    return a.replace("-", "") == b.replace("-", "") or a.startswith(f"{b}-") or b.startswith(f"{a}-")


def _word(said: steps.Label | None) -> str | None:
    return YES_NO.get(said.value, said.value) if said and said.value else None


def _only(said: Names | None) -> str:
    return next(iter(said or ()))


def _yardsticks(read: list[Read]) -> dict[str, dict[str, Any]]:
    """How our sentiment, plain TextBlob and VADER (above nought is positive) and the stars (3 name neither) tell the positive from the negative rows."""
    rows = [(r.text.text, r.row.rating, r.row.sentiment == "positive") for r in read if isinstance(r.row, ReviewRow) and r.row.of("sentiment") is not None and r.row.sentiment in ("positive", "negative")]
    vader = SentimentIntensityAnalyzer()
    linear = reader.linear if isinstance(reader := tone.current(), deep.Model) else None
    said: dict[str, list[tuple[bool, bool | None]]] = {
        "ours": [(up, (shares := tone.current().read(text).shares)[2] > shares[0]) for text, _, up in rows],
        **({"the linear model alone": [(up, (shares := linear.read(text).shares)[2] > shares[0]) for text, _, up in rows]} if linear else {}),
        "textblob": [(up, tone.lexicons(text).polarity > 0) for text, _, up in rows],
        "vader": [(up, vader.polarity_scores(text)["compound"] > 0.0) for text, _, up in rows],
        "stars": [(up, None if stars == 3 else stars > 3) for _, stars, up in rows if stars]}
    return {name: {"n": len(pairs), "accuracy": sum(up is found for up, found in pairs) / len(pairs),
                   "negative_recall": _part([found is False for up, found in pairs if not up]), "positive_recall": _part([found is True for up, found in pairs if up])}
            for name, pairs in said.items() if pairs}


def _part(right: list[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def _scores(cells: list[Cell], n: int, meant: Names | set[str] | None = None) -> dict[str, Any]:
    """Scores of cells, each label's own and those over the labels that are `meant` (all, unless given)."""
    names = sorted({c.label for c in cells})
    by_company = len({c.row.company for c in cells}) >= FEW
    groups = {key: i for i, key in enumerate(sorted({c.row.company if by_company else c.row.id for c in cells}))}
    counts = np.zeros((len(groups), len(names), 4))                                  # right, found, gold, neither
    for c in cells:
        counts[groups[c.row.company if by_company else c.row.id], names.index(c.label)] += (c.gold and c.found, c.found, c.gold, not (c.gold or c.found))
    weights = np.random.default_rng(SEED).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), TIMES)
    draws = np.einsum("dg,gln->dln", weights, counts)
    total = counts.sum(axis=0)
    per_label = {}
    for i, name in enumerate(names):
        right, found, gold_, neither = (int(x) for x in total[i])
        without = neither + found - right
        per_label[name] = {"support": gold_, "found": found, **_ratios(total[i]), "negative_recall": neither / without if without else None, "interval": _interval(draws[:, i])}
    chosen = [i for i, name in enumerate(names) if meant is None or name in meant]
    micro = {k: v or 0.0 for k, v in _ratios(total[chosen].sum(axis=0)).items()}
    return {"n": n, "micro": {**micro, "interval": _interval(draws[:, chosen].sum(axis=1))}, "macro": _mean([per_label[names[i]] for i in chosen], 1),
            "common": _mean([per_label[names[i]] for i in chosen], COMMON), "per_label": per_label, "resampled": "companies" if by_company else "rows"}


def _mean(scores: list[dict[str, Any]], least: int) -> dict[str, Any]:
    """Means over the labels of at least so many rows; a label that was never found has a precision of nought."""
    occur = [s for s in scores if s["support"] >= least]
    return {**{name: sum(s[name] or 0.0 for s in occur) / len(occur) if occur else None for name in RATIOS}, "labels": len(occur)}


def _ratios(counts: NDArray[np.float64]) -> dict[str, float | None]:
    """Precision, recall and f1 of right, found and gold; None where there is nothing to divide by."""
    right, found, gold_ = (float(x) for x in counts[:3])
    return {"precision": right / found if found else None, "recall": right / gold_ if gold_ else None, "f1": 2 * right / (found + gold_) if found + gold_ else None}


def _interval(draws: NDArray[np.float64]) -> dict[str, Sequence[float | None]]:
    """95 % intervals of precision, recall and f1 over resamples; draws with nothing to divide by are left out."""
    right, found, gold_ = draws[:, 0], draws[:, 1], draws[:, 2]
    said: dict[str, Sequence[float | None]] = {}
    for name, above, below in zip(RATIOS, (right, right, 2 * right), (found, gold_, found + gold_), strict=True):
        shares = above[below > 0] / below[below > 0]
        said[name] = [float(x) for x in np.quantile(shares, (0.025, 0.975))] if shares.size else [None, None]
    return said
