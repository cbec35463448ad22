"""Inside and outside: what employees say of their own treatment beside what customers say of theirs, pair by pair, and which of the two comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.lens import Tag
from enrich.measures import Figure, Point, Quote, Result, Study, more_is
from enrich.measures.early_warning import enough, hidden
from enrich.measures.weakness_map import WHO
from enrich.stats import LEVEL, Floats, Ints
from enrich.together import Mask, Texts

AUDIENCES = ("employee", "customer")
PAIRS = (("staff_training", "competence"), ("staff_heard", "heard"), ("staff_promise", "promise"), ("staff_morale", "courtesy"))
NOTE = "Two publics side by side: that both complain, or neither does, is no proof that one comes of the other."
MONTHS, EACH, LAGS = 36, 8, 6
"""Months that both must have, with so many reviews each, before it is asked which comes first; and how far ahead one is looked for."""
DRAWS, BLOCK, SEED = 499, 6, 20


def measure(study: Study) -> Iterator[Result]:
    inside, outside = together.texts(study.store, study.where("employee")), together.texts(study.store, study.where())
    shown = enough(study, inside)
    for company in study.companies:
        if not inside.of(company).any() or not outside.of(company).any():
            continue
        if not (inside.of(company) & shown).any():
            yield hidden(study, company, "inside and outside", "Inside and outside")
            continue
        for staff, theme in PAIRS:
            for sign in "-+":
                tags = [study.lens.tags.get(f"theme:{name}{sign}") for name in (staff, theme)]
                if tags[0] and tags[1]:
                    yield _pair(study, inside, outside, shown, company, tags[0], tags[1])
            if f"theme:{staff}-" in study.lens.tags and f"theme:{theme}-" in study.lens.tags:
                yield _first(study, inside, outside, company, study.lens.tags[f"theme:{staff}-"], study.lens.tags[f"theme:{theme}-"])


def _pair(study: Study, inside: Texts, outside: Texts, shown: Mask, company: str, staff: Tag, theme: Tag) -> Result:
    """The employees' figure, beside the other employers'; the customers' stands in the sentence, and month by month in the chart."""
    all_ = np.ones(len(outside.ids), dtype=bool)
    own = together.share(inside, company, shown, inside.carry(staff.id))
    theirs = together.share(outside, company, all_, outside.carry(theme.id))
    assert own and theirs
    texts, reviews = words.many(int(own.own.n), "public employee review"), words.many(int(theirs.own.n), "public review")
    return Result(
        company, f"{staff.name} with {theme.name}{theme.sign}", f"Inside, {staff.title[:1].lower()}{staff.title[1:]}; outside, {theme.title[:1].lower()}{theme.title[1:]}: {'praised' if theme.sign == '+' else 'criticised'}",
        f"In {words.some(own.hits)} of {texts} of {study.name(company)} {words.beside(own, study.others(own.beside))}, {_says('employee', staff, own.hits)}; "
        f"in {words.some(theirs.hits)} of {reviews} {words.beside(theirs, study.others(theirs.beside))}, {_says('customer', theme, theirs.hits)}.",
        int(own.own.n), own, more_is=more_is(staff), tag=staff.id, note=NOTE,
        quotes=partial(_quotes, study, inside, outside, company, staff, theme), points=partial(_points, inside, outside, company, staff, theme))


def _says(audience: str, tag: Tag, hits: int) -> str:
    one, more = WHO[audience]
    return f"{one if hits == 1 else more} {words.says(tag, one=hits == 1)}"


def _quotes(study: Study, inside: Texts, outside: Texts, company: str, staff: Tag, theme: Tag) -> Iterable[Quote]:
    """Both publics on either side: what they say, and what speaks against it."""
    for found, tag in ((inside, staff), (outside, theme)):
        opposite = tag.id[:-1] + ("+" if tag.sign == "-" else "-")
        yield from evidence.picked(study.store, found, found.carry(tag.id) & found.of(company), (tag.id,), "for")
        yield from evidence.picked(study.store, found, found.carry(opposite) & found.of(company), (opposite,), "against")
        yield from evidence.struck(study.store, found, found.of(company), company, (tag.id,))


def _points(inside: Texts, outside: Texts, company: str, staff: Tag, theme: Tag) -> Iterator[Point]:
    """Month by month; a month with few employees is not shown, so that nobody can tell who it was."""
    for series, found, tag, least in (("employees", inside, staff, EACH), ("customers", outside, theme, 1)):
        for month, (hits, n) in sorted(_monthly(found, company, tag).items()):
            if n >= least:
                yield Point(series, month, hits / n, n=n)


def _monthly(found: Texts, company: str, tag: Tag) -> dict[str, tuple[int, int]]:
    own = found.of(company)
    hits, n = (np.bincount(found.rows.month[which], minlength=len(found.rows.months)) for which in (own & found.carry(tag.id), own))
    return {month: (int(hits[i]), int(n[i])) for i, month in enumerate(found.rows.months) if month and n[i]}


def _first(study: Study, inside: Texts, outside: Texts, company: str, staff: Tag, theme: Tag) -> Result:
    slice, title = f"{staff.name} with {theme.name}, which first", f"Which comes first: {staff.title[:1].lower()}{staff.title[1:]} inside, or {theme.title[:1].lower()}{theme.title[1:]} outside"
    series = [_monthly(found, company, tag) for found, tag in ((inside, staff), (outside, theme))]
    common = sorted({m for m, (_, n) in series[0].items() if n >= EACH} & {m for m, (_, n) in series[1].items() if n >= EACH})
    if len(common) < MONTHS:
        why = (f"Too short to say: {words.agree(len(common), 'month has', 'months have')} at least {EACH} public reviews by employees and as many by customers of {study.name(company)}; {MONTHS} are needed.")
        return Result(company, slice, title, why, 0, missing=why)
    span = range(_number(common[0]), _number(common[-1]) + 1)
    shares = [np.array([by.get(m, np.nan) for m in span]) for by in ({_number(m): one[m][0] / one[m][1] for m in common} for one in series)]
    ahead, p = leading(shares[0], shares[1])
    names = (f"what employees say of “{staff.title}”", f"what customers say of “{theme.title}”")
    before, after = names if ahead > 0 else names[::-1]
    told = (f"{before} precedes {after} by about {words.many(abs(ahead), 'month')}" if ahead else f"{before} and {after} move together, neither first") if p < LEVEL else \
        f"it cannot be told whether {names[0]} or {names[1]} moves first"
    return Result(company, slice, title, f"At {study.name(company)}, over {len(common)} months of public reviews, {told}.", sum(series[0][m][1] + series[1][m][1] for m in common), unit="p", figure=Figure(p),
                  note=f"The figure is the chance that two unrelated series of this length look as alike within {LAGS} months. To come before is not to cause. {NOTE}")


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])


def leading(inside: Floats, outside: Floats) -> tuple[int, float]:
    """By how many months the first of two monthly series (NaN where a month is thin) precedes the second (negative: follows it), and the p of that.

    Each is prewhitened by its own first autoregression (Haugh 1976), so that two slow drifts are no likeness. The largest |r| within so many
    months either way is held against that of the first series with its blocks of months drawn again (Künsch 1989), which keeps what hangs
    together within a series and breaks what hangs together between the two.
    """
    x, y = _whitened(inside), _whitened(outside)
    lag, r = _largest(x[None, :], y)
    rng = np.random.default_rng(SEED)
    blocks = rng.integers(0, len(x), (DRAWS, -(-len(x) // BLOCK)))
    drawn = (blocks[:, :, None] + np.arange(BLOCK)).reshape(DRAWS, -1)[:, :len(x)] % len(x)
    return int(lag[0]), float((1 + (_largest(x[drawn], y)[1] >= r[0]).sum()) / (1 + DRAWS))


def _whitened(series: Floats) -> Floats:
    centred = series - np.nanmean(series)
    before, after = centred[:-1], centred[1:]
    both = ~np.isnan(before) & ~np.isnan(after)
    square = float((before[both] ** 2).sum())
    return after - (float((before[both] * after[both]).sum()) / square if square else 0.0) * before


def _largest(x: Floats, y: Floats) -> tuple[Ints, Floats]:
    """Of each of some series (rows of `x`) the lag at which it is most like `y`, and how like; the first comes that many months before the second."""
    lags = np.array(sorted(range(-LAGS, LAGS + 1), key=abs))
    likeness = np.zeros((len(lags), len(x)))
    for k, lag in enumerate(lags):
        a, b = (x[:, :x.shape[1] - lag], y[lag:]) if lag >= 0 else (x[:, -lag:], y[:lag])
        both = ~np.isnan(a) & ~np.isnan(b)
        n = np.maximum(1, both.sum(axis=1))[:, None]
        a, b = (np.where(both, side, 0) for side in (a, b))
        a, b = (np.where(both, side - side.sum(axis=1)[:, None] / n, 0) for side in (a, b))
        scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
        likeness[k] = np.divide(np.abs((a * b).sum(axis=1)), scale, out=np.zeros(len(x)), where=(scale > 0) & (n[:, 0] > MONTHS // 2))
    best = likeness.argmax(axis=0)
    return lags[best], likeness[best, np.arange(len(x))]
