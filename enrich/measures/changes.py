"""Changes in time: since when customers speak of a theme more or less than before, month by month, and what they said then.

What changes for the whole trade at once is no change of one company, and what comes back every year is no change at all: each month is read
against the others' in the same month, and a new level must also stand apart from the same months a year before, where there are such.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.stats import false_discovery_control

from enrich import evidence, stats, together, words
from enrich.breaks import Break, breaks, odds
from enrich.field import Compared
from enrich.lens import Tag
from enrich.measures import Figure, Point, Result, Study, more_is
from enrich.stats import LEVEL, Floats, Ints
from enrich.together import Mask, Texts

AUDIENCES = ("customer",)
MONTHS, EACH = 12, 8
"""Months that a series needs, with so many reviews in each, before a change is looked for."""
BESIDE = 0.8
"""Share of a company's months in which the others must have as many, for it to be read against theirs."""
YEAR, PAIRED, CLEAR = 12, 3, 1.96
NOTE = ("A change is shown and not judged, and never alerts by itself: a new source, another kind of reviewer or a day that many wrote of can make one. "
        "It was looked for in all themes of all companies together, with a correction for so many tries.")
UNPAIRED = "There is too little of the year before to rule out that it comes back every year."
ALONE = "No other company has enough reviews month by month: what holds for the whole trade would look alike."


@dataclass(frozen=True, slots=True)
class Series:
    """One theme of one company, month by month: log odds, less the others' where there are any."""

    company: str
    tag: Tag
    months: Ints                             # months since the year 0
    value: Floats
    variance: Floats
    alone: bool


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    tags = [t for t in study.lens.of("theme", "customer") if t.speaks]
    looked = [s for company in study.companies if found.of(company).any() for tag in tags if (s := _series(found, company, tag))]
    seen = [(series, change) for series in looked for change in breaks(series.value, series.variance) if not _every_year(series, change)]
    # A series without a change is a try as well.
    tries = np.array([change.p for _, change in seen] + [1.0] * (len(looked) - len({(s.company, s.tag.id) for s, _ in seen})))
    kept = false_discovery_control(tries, method="bh") < LEVEL if len(tries) else np.zeros(0, dtype=bool)
    changed = [one for one, named in zip(seen, kept, strict=False) if named]
    for company in study.companies:
        if found.of(company).any():
            yield _summary(study, company, [s for s in looked if s.company == company], [one for one in changed if one[0].company == company])
    for series, change in changed:
        if result := _changed(study, found, series, change):
            yield result


def _series(found: Texts, company: str, tag: Tag) -> Series | None:
    """None where it is too short, or the theme is never told of."""
    own, carries = found.of(company), found.carry(tag.id)
    if not (own & carries).any():
        return None
    (k, n), (j, m) = _monthly(found, own, carries), _monthly(found, ~own, carries)
    dated = np.array([bool(month) for month in found.rows.months])
    thick = dated & (n >= EACH)
    beside = thick & (m >= EACH)
    alone = beside.sum() < BESIDE * thick.sum()
    used = thick if alone else beside
    if used.sum() < MONTHS:
        return None
    order = np.argsort(numbers := np.array([_number(month) if month else -1 for month in found.rows.months])[used])
    value, variance = odds(k[used], n[used])
    if not alone:
        other, doubt = odds(j[used], m[used])
        value, variance = value - other, variance + doubt
    return Series(company, tag, numbers[order], value[order], variance[order], alone)


def _monthly(found: Texts, which: Mask, carries: Mask) -> tuple[Ints, Ints]:
    hits, n = (np.bincount(found.rows.month[w], minlength=len(found.rows.months)) for w in (which & carries, which))
    return hits, n


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _name(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02d}"


def _pairs(series: Series, change: Break) -> list[tuple[int, int]]:
    """Months of the new level, each with the same month of the year before where that lies before the change."""
    at = {int(month): i for i, month in enumerate(series.months)}
    return [(i, j) for i in range(change.start, change.end) if (j := at.get(int(series.months[i]) - YEAR)) is not None and j < change.start]


def _every_year(series: Series, change: Break) -> bool:
    """Whether the new level is that of the same months a year before, as far as can be told."""
    pairs = _pairs(series, change)
    if len(pairs) < PAIRED:
        return False
    gap = np.array([series.value[i] - series.value[j] for i, j in pairs])
    weight = 1 / np.array([series.variance[i] + series.variance[j] for i, j in pairs])
    z = float((weight * gap).sum() / np.sqrt(weight.sum()))
    step = series.value[change.start:change.end].mean() - series.value[change.before:change.start].mean()
    return bool(z * np.sign(step) < CLEAR)


def _summary(study: Study, company: str, looked: list[Series], changed: list[tuple[Series, Break]]) -> Result:
    title, slice = "Changes in time", "changes"
    if not looked:
        why = f"Too short to say: no theme of {study.name(company)} has {MONTHS} months with {EACH} public reviews each."
        return Result(company, slice, title, why, 0, unit="", missing=why)
    themes = words.many(len(looked), "theme")
    told = words.listed([f"“{s.tag.title}”, {'praised' if s.tag.sign == '+' else 'criticised'}, since {_name(int(s.months[c.start]))}" for s, c in changed])
    sentence = f"Of {themes} that public reviews of {study.name(company)} speak of in enough months, " + (f"the level changed in {len(changed):,}: {told}." if changed else "none shows a clear change of level.")
    return Result(company, slice, title, sentence, len(looked), unit="", figure=Figure(float(len(changed))), note=NOTE)


def _changed(study: Study, found: Texts, series: Series, change: Break) -> Result | None:
    """The share since the change, less that of the level before; in the sentence the others' beside both."""
    company, tag = series.company, series.tag
    since, until, before = (int(series.months[i]) for i in (change.start, change.end - 1, change.before))
    month = np.array([_number(m) if m else -1 for m in found.rows.months])[found.rows.month]
    open_ = change.end == len(series.months)
    new, old = (month >= since) & ((month <= until) | open_), (month >= before) & (month < since)
    hit = found.carry(tag.id)
    now, then = together.share(found, company, new, hit), together.share(found, company, old, hit)
    if now is None or then is None:
        return None
    gap = stats.difference(now.own, then.own)
    more = gap.value > 0
    span = f"since {_name(since)}" if open_ else f"from {_name(since)} to {_name(until)}"
    clause = words.clause(tag)
    sentence = (f"{span[:1].upper()}{span[1:]}, in {words.some(now.hits)} of {words.many(int(now.own.n), 'public review')} of {study.name(company)} {_doubt(now)} customers say that {clause}; "
                f"in the {words.many(since - before, 'month')} before in {words.some(then.hits)} of {int(then.own.n):,} {_doubt(then)}{_others(study, now, then)}.")
    notes = [NOTE, *([UNPAIRED] if len(_pairs(series, change)) < PAIRED else []), *([ALONE] if series.alone else [])]
    return Result(
        company, f"{tag.id}, {_name(since)}", f"{tag.title}, {'praised' if tag.sign == '+' else 'criticised'}: {'more' if more else 'less'} often {span}", sentence, int(now.own.n + then.own.n),
        unit="per 100", figure=Figure(100 * gap.value, 100 * gap.low, 100 * gap.high, 100 * (now.other.value - then.other.value) if now.other and then.other else None),
        more_is=more_is(tag), tag=tag.id, note=" ".join(notes), quotes=partial(evidence.sides, study.store, found, company, new, hit, (tag.id,)), points=partial(_points, study, found, company, hit))


def _doubt(share: Compared) -> str:
    return f"({words.about(share.own.value)} in 100, {words.range_of(share.own)})"


def _others(study: Study, now: Compared, then: Compared) -> str:
    if not now.other or not then.other:
        return ""
    return f"; at {study.others(now.beside)} {words.about(then.other.value)} before and {words.about(now.other.value)} since"


def _points(study: Study, found: Texts, company: str, hit: Mask) -> Iterator[Point]:
    """Month by month with its interval, and the others' beside it."""
    for i, month in sorted(enumerate(found.rows.months), key=lambda m: m[1]):
        if month and (told := together.share(found, company, found.rows.month == i, hit)):
            yield Point(study.name(company), month, told.own.value, told.own.low, told.own.high, int(told.own.n))
            if told.other:
                yield Point(study.others(told.beside), month, told.other.value, n=int(told.other.n))
