"""Market gap: themes on which all companies do badly and none is clearly better, an opening that a comparison with the field hides.

All companies counting the same, surely at least two of 100 reviews criticise such a theme, at least twice as many as praise it, and no company is
criticised clearly less than the rest. The client is one of the companies: where it does as badly as they do, the opening begins at home.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from enrich import cells, evidence, field, stats, words
from enrich.cells import Layout, Where
from enrich.field import Compared
from enrich.lens import Tag
from enrich.measures import Figure, Quote, Result, Study
from enrich.stats import Estimate, Floats

AUDIENCES = ("customer",)
BADLY, TIMES = 0.02, 2
"""A whole market does badly on a theme from this share of reviews on that criticise it (the lower end of its interval), and so many times as many as praise it."""
RULE = ("A gap: all companies counting the same, surely at least 2 of 100 reviews criticise the theme, at least twice as many as praise it, and no company is criticised clearly less than the rest. "
        "It counts what reviews say, and foretells nothing of what customers would change for.")


def measure(study: Study) -> Iterator[Result]:
    tags = [t for t in study.lens.of("theme", "customer") if t.sign == "-"]
    where = study.where()
    rows = cells.layout(study.store, where)
    minus = cells.hits(study.store, where, rows, [t.id for t in tags])
    plus = cells.hits(study.store, where, rows, [t.id[:-1] + "+" for t in tags])
    if len(rows.companies) < 2:
        yield from (_alone(study, company) for company in rows.companies)
        return
    compared = {c: field.shares(rows, minus, c) for c in rows.companies}
    bad, good = _market(rows, minus), _market(rows, plus)
    gaps = [i for i in range(len(tags)) if bad.low[i] >= BADLY and bad.value[i] >= TIMES * good.value[i] and not any(_better(c[i]) for c in compared.values())]
    for company in rows.companies:
        yield _headline(study, company, [tags[i] for i in gaps], int(rows.n[rows.company == rows.companies.index(company)].sum()))
        for i in gaps:
            yield _gap(study, where, company, tags[i], compared[company][i], bad.at(i))


def _market(rows: Layout, hits: Floats) -> Estimate:
    """Share of the reviews of all companies that carry each tag, every company counting the same."""
    texts = np.bincount(rows.company, rows.n)
    totals = np.stack([np.bincount(rows.company, h) for h in hits.T], axis=1)
    return stats.share(hits, rows.n, (1 / (len(texts) * texts))[rows.company], (totals / texts[:, None])[rows.company], rows.day, rows.author)


def _better(c: Compared) -> bool:
    return c.difference is not None and c.difference.beyond and c.difference.value < 0


def _alone(study: Study, company: str) -> Result:
    why = f"No other company's public reviews were gathered beside those of {study.name(company)}: what a whole market does badly is not available."
    return Result(company, "market gap", "Market gaps", why, 0, unit="themes", missing=why)


def _headline(study: Study, company: str, gaps: list[Tag], n: int) -> Result:
    reviews = f"{words.many(n, 'public review')} of {study.name(company)} and in those of the other companies"
    if gaps:
        named = words.listed([f"“{t.title}”" for t in gaps])
        said = f"In {reviews} alike, customers criticise {named}, and no company is criticised clearly less than the rest: {'an opening' if len(gaps) == 1 else 'openings'} for whoever does better."
    else:
        said = f"In {reviews}, there is no theme that customers criticise throughout and on which no company is clearly better."
    return Result(company, "market gap", "Market gaps", said, n, figure=Figure(len(gaps)), unit="themes", note=RULE)


def _gap(study: Study, where: Where, company: str, tag: Tag, compared: Compared, market: Estimate) -> Result:
    said = words.customers_say(compared, study.name(company), study.others(compared.beside), words.clause(tag)).rstrip(".")
    return Result(
        company, f"market gap, {tag.id}", f"Market gap: {tag.title}", f"{said}; at all companies together {words.about(market.value)} ({words.range_of(market)}).", int(compared.own.n), compared,
        more_is="worse", tag=tag.id, note=RULE, quotes=partial(_quotes, study, where, company, tag.id))


def _quotes(study: Study, where: Where, company: str, tag: str) -> Iterable[Quote]:
    yield from evidence.carrying(study.store, where, company, tag, "for")
    yield from evidence.carrying(study.store, where, company, tag[:-1] + "+", "against")
