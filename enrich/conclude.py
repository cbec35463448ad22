"""Conclusions: every measure once, all tests judged together, findings with their evidence put in place of the old ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import numpy as np

from enrich import audit, measures, stats, words
from enrich import lens as vocabulary
from enrich.field import DRAWS_SEED
from enrich.lens import Lens
from enrich.measures import Quote, Result, Study
from enrich.records import iso
from enrich.store import Store
from enrich.tables import Analysis, Company, Evidence, Figure, Finding

VERDICTS = ("weakness", "accusation", "strength", "lead", "no clear difference", "too few", "indicative", "not available", "figure")
RIGHT = 0.5
"""Share of tagged texts that must be rightly tagged for a figure to carry a verdict."""
DROPPED = 0.1
"""Share of a company's texts without a field beside them from which a reader is told."""


def conclude(store: Store, lens: Lens | None = None, *, anew: bool = False) -> Analysis:
    """Computes all findings from the cells and keeps them with their evidence, in one transaction.

    The analysis is named by a hash of what it rests on (counts, vocabulary, program): with nothing new it is returned as it stands, unless
    it is to be made `anew` because texts changed (an edit may leave every count as it was, and move the words that are quoted).
    """
    study = study_of(store, lens or vocabulary.lens())
    analysis = Analysis(id=_rests_on(study), as_of=store.one("select max(last_seen) from looks") or "", made_at=iso(datetime.now(UTC)), code=code(), lens=study.lens.version,
                        seed=DRAWS_SEED, current=1)
    known = store.get(Analysis, analysis.id)
    if known and known.current and not anew:
        return known
    found = figures(study)
    quoted = [[] if result.missing else list(_quotes(study, result)) for _, result, _ in found]       # looked for before the store is held
    findings = [_finding(study, analysis, *figure, struck) for figure, struck in zip(found, _struck(found, quoted), strict=True)]
    audits = audit.carry(store, findings, [result for _, result, _ in found], study.lens)
    shown = [(finding, result) for finding, (_, result, _) in zip(findings, found, strict=True) if not result.missing]
    quotes = [quote for finding, said in zip(findings, quoted, strict=True) for quote in _evidence(finding.id, said)]
    points = [Figure(finding.id, p.series, p.x, p.y, p.low, p.high, p.n) for finding, result in shown for p in result.points()]
    with store.atomic():
        for table in ("evidence", "figures", "audits", "findings"):
            store.execute(f"delete from {table}")
        store.execute("update analyses set current = 0")
        store.write([analysis])
        store.write(findings)
        store.write(quotes)
        store.write(points)
        store.write(audits)
    return analysis


def study_of(store: Store, lens: Lens) -> Study:
    """What measures work on: a store's companies over its period."""
    companies = {c.id: c for c in store.read(Company, "role <> 'removed' order by id")}
    first, last = next(store.rows("select period_from, period_to from study"), (None, None))
    return Study(store, lens, companies, first, last, _short(store, companies))


def figures(study: Study) -> list[tuple[str, Result, Verdict]]:
    """Every figure of every measure, with what is made of it."""
    found = [(name, result) for name, module in measures.measures().items() for result in (*module.measure(study), *_absent(study, name, module))]
    return [(*figure, verdict) for figure, verdict in zip(found, judge(study, [result for _, result in found]), strict=True)]


def _short(store: Store, companies: dict[str, Company]) -> dict[str, str]:
    """Companies with a place that shows fewer reviews than it must, each with what a reader is told."""
    return {company: f"As of {since[:10]}: since then {source} has shown fewer reviews of {companies[company].name} than the {least:,} it must show, so no verdict is given."
            for company, source, since, least in store.rows("""select company, source, short_since, minimum from profiles
                where short_since is not null and private = 0 and population <> 'chosen' order by short_since desc""") if company in companies}


class Verdict:
    """What is made of one figure."""

    __slots__ = ("direction", "p", "q", "rank", "verdict", "why")

    def __init__(self, verdict: str, why: str | None = None, *, direction: str | None = None, p: float | None = None, q: float | None = None, rank: float | None = None) -> None:
        self.verdict, self.why, self.direction, self.p, self.q, self.rank = verdict, why, direction, p, q, rank


def judge(study: Study, results: list[Result]) -> list[Verdict]:
    """Verdicts on all figures. The family of tests is fixed by counts and vocabulary, never by what was found.

    With two companies a company's difference from the field is the other's turned round: such a pair is one test, by its larger p.
    """
    family = [i for i, r in enumerate(results) if _tested(study, r)]
    tests: dict[tuple[str, str], list[int]] = {}
    for i in family:
        tests.setdefault((results[i].slice, "" if len(study.companies) == 2 else results[i].company), []).append(i)
    p_of = {i: max(_p(results[j]) for j in pair) for pair in tests.values() for i in pair}
    qs = stats.adjust(np.array([p_of[pair[0]] for pair in tests.values()]))
    q_of = {i: float(q) for pair, q in zip(tests.values(), qs, strict=True) for i in pair}
    named = [p_of[i] for i in family if q_of[i] < stats.LEVEL]
    needed = max(named, default=stats.KEPT * stats.LEVEL / max(1, sum(q < 1 for q in qs)))
    return [_verdict(study, r, p_of.get(i), q_of.get(i), needed) for i, r in enumerate(results)]


def _tested(study: Study, r: Result) -> bool:
    return bool(r.judged and r.compared and r.compared.other and r.compared.own.enough and r.compared.other.enough and _unproven(study, r) is None)


def _unproven(study: Study, r: Result) -> str | None:
    """Why a figure cannot carry a verdict, where the place or the tag behind it cannot."""
    if short := study.short.get(r.company):
        return short
    if r.tag is None:
        return None
    if not study.lens.established(r.tag):
        return f"How well our reading finds this has not been established on at least {vocabulary.ENOUGH_GOLD} annotated texts: the figure may be off."
    if (study.lens.accuracy[r.tag].precision or 0) < RIGHT:
        return "More than half of the texts that are tagged so are wrongly tagged, as annotators find: the figure may be off."
    return None


def _p(r: Result) -> float:
    assert r.compared and r.compared.difference
    return r.compared.difference.p


def _verdict(study: Study, r: Result, p: float | None, q: float | None, needed: float) -> Verdict:
    if r.missing:
        return Verdict("not available", r.missing)
    if not r.compared or not r.compared.other or not r.compared.difference:
        alone = r.compared is not None and not r.compared.other
        return Verdict("figure", "No other company has such texts on the same source in the same months: there is nothing to compare with." if alone else None)
    own, other, gap = r.compared.own, r.compared.other, r.compared.difference
    direction = None if r.more_is is None or not gap.value else "worse" if (gap.value > 0) == (r.more_is == "worse") else "better"
    if not r.judged:
        return Verdict("figure", direction=direction)
    if not own.enough or not other.enough:
        thin, who = (own, study.name(r.company)) if not own.enough else (other, study.others(r.compared.beside))
        return Verdict("too few", f"Only {words.many(int(thin.n), 'text')} from {words.many(thin.clusters, 'day or author', 'days or authors')} stand behind the figure of {who}; "
                                  f"a verdict needs {stats.ENOUGH} texts from {stats.ENOUGH_CLUSTERS} days and as many authors.", direction=direction)
    if q is None:
        return Verdict("indicative", _unproven(study, r), direction=direction)
    nearest = min(abs(gap.low), abs(gap.high)) if gap.clear_of_zero else 0.0
    rank = nearest * own.n
    if gap.beyond and q < stats.LEVEL and direction:
        accuses = r.tag is not None and r.tag in study.lens.tags and study.lens.tags[r.tag].accuses
        return Verdict("strength" if direction == "better" else "accusation" if accuses else "weakness", direction=direction, p=p, q=q, rank=rank)
    if gap.clear_of_zero:
        return Verdict("lead", _settles(study, r, needed), direction=direction, p=p, q=q, rank=rank)
    return Verdict("no clear difference", direction=direction, p=p, q=q, rank=0.0)


def _settles(study: Study, r: Result, needed: float) -> str:
    """How many more texts would settle a lead, if the difference stays as it is."""
    assert r.compared and r.compared.other
    times = stats.difference(r.compared.own, r.compared.other, level=needed).settled_by
    if times is None:
        return "The difference is surely there, but smaller than what is worth naming (2 in 100, and a quarter more): more reviews would not change that if it stays as it is."
    more = int(np.ceil(r.n * max(times - 1, 0.05) / 10) * 10)
    return f"About {more:,} more texts of {study.name(r.company)}, with the field growing alike, would settle it if the difference stays as it is."


def _quotes(study: Study, r: Result) -> Iterator[Quote]:
    """The texts that a figure is told with, and what was struck of its words: each once, and not what was struck of the opposite, which is only quoted against it."""
    tag = study.lens.tags.get(r.tag or "")
    opposite = tag.id[:-1] + {"+": "-", "-": "+"}[tag.sign] if tag and tag.sign else None
    seen = set()
    for quote in r.quotes():
        if quote.side != "struck":
            yield quote
        elif quote.tag != opposite and quote not in seen:
            seen.add(quote)
            yield quote


def _struck(found: list[tuple[str, Result, Verdict]], quoted: list[list[Quote]]) -> Iterator[str | None]:
    """For each figure, how many mentions that would bear on it were struck by hand, at the company and in the field beside it."""
    counts = {(name, r.slice, r.company): sum(q.side == "struck" for q in said) for (name, r, _), said in zip(found, quoted, strict=True)}
    for name, r, _ in found:
        own, others = counts[name, r.slice, r.company], sum(counts.get((name, r.slice, c), 0) for c in (r.compared.beside if r.compared else ()))
        said = (f"{own:,} struck by hand" if own else None, f"{others:,} struck by hand at the others" if others else None)
        yield f"{', '.join(filter(None, said))}." if own or others else None


def _finding(study: Study, analysis: Analysis, name: str, r: Result, v: Verdict, struck: str | None) -> Finding:
    c = r.compared
    own, other, gap = (c.own, c.other, c.difference) if c else (None, None, None)
    dropped = f"{c.dropped:.0%} of its texts had nothing beside them on the same source in the same month and are left out." if c and other and c.dropped >= DROPPED else None
    return Finding(
        id=f"{r.company}.{name}.{fragment(r.slice)}", analysis=analysis.id, company=r.company, system=",".join(s.id for s in study.lens.systems.values() if s.counts(name, r.slice)),
        measure=name, slice=r.slice, title=r.title, sentence=r.sentence,
        value=own.value if own else r.figure.value if r.figure else None, low=own.low if own else r.figure.low if r.figure else None, high=own.high if own else r.figure.high if r.figure else None,
        unit=r.unit, n=r.n, hits=c.hits if c else None, field_value=other.value if other else r.figure.other if r.figure else None, field_low=other.low if other else None,
        field_high=other.high if other else None, field_n=int(other.n) if other else None, difference=gap.value if gap else None, difference_low=gap.low if gap else None,
        difference_high=gap.high if gap else None, p=v.p, q=v.q, direction=v.direction, verdict=v.verdict, why=" ".join(filter(None, (v.why, struck, dropped, _accuracy(study, r), None if r.missing else r.note))) or None,
        dropped=c.dropped if c else None, rank=v.rank)


def _accuracy(study: Study, r: Result) -> str | None:
    """How far the tag behind a figure is to be trusted, as the annotators found."""
    found = study.lens.accuracy.get(r.tag or "")
    if r.missing or not r.judged or found is None or found.gold < vocabulary.ENOUGH_GOLD or found.precision is None or found.recall is None:
        return None
    return f"Against annotated texts, {words.about(found.precision)} of 100 that are tagged so are rightly so, and {words.about(found.recall)} of 100 that should be are found."


def _evidence(finding: str, quotes: list[Quote]) -> Iterator[Evidence]:
    position = {"for": 0, "against": 0, "struck": 0}
    for quote in quotes:
        position[quote.side] += 1
        yield Evidence(0, finding, quote.side, quote.kind, quote.target, quote.review, quote.start, quote.end, position[quote.side], quote.tag)


def _absent(study: Study, name: str, module: measures.Measure) -> Iterator[Result]:
    """A company of whose audience nothing was gathered: said, not left out."""
    for audience in module.AUDIENCES:
        there = {c for (c,) in study.store.rows("select distinct company from cells where audience = ? union select distinct company from waits where audience = ?", (audience, audience))}
        for company in study.companies.keys() - there:
            why = f"No public {audience} reviews of {study.name(company)} were gathered: this is not available."
            yield Result(company, f"{audience} reviews", f"{(module.__doc__ or name).partition(':')[0]}: no {audience} reviews", why, 0, missing=why)


def fragment(part: str) -> str:
    """A slice as part of an address: letters, digits and hyphens; the sign of a tag as a word."""
    said = re.sub(r"\b(?:theme|move|moment|stage):", "", part)
    said = re.sub(r"\+(?=$|,)", "-plus", re.sub(r"-(?=$|,)", "-minus", said))
    return re.sub(r"[^a-z0-9_]+", "-", said.lower()).strip("-")


def _rests_on(study: Study) -> str:
    """Hash of all that the findings rest on."""
    digest = blake2b(digest_size=8)
    digest.update(repr((code(), study.lens.version, [(t.id, t.title, t.definition, t.speaks, t.accuses) for t in study.lens.tags.values()], sorted(study.lens.accuracy.items()), sorted((s.id, s.measures, repr(s.areas)) for s in study.lens.systems.values()), study.first, study.last,
                        [(c.id, c.name, c.role) for c in study.companies.values()])).encode())
    for said in ("select * from cells order by company, source, audience, kind, day, stars, language, asks, author, tag",
                 "select * from waits order by company, source, audience, day, stars, asks, author, tag, edited, lo, hi",
                 "select id, company, source, audience, replies_visible, population, private, short_since from profiles order by id",
                 "select tag, kind, target, text_key, says from judgements order by tag, kind, target",
                 "select reply from template_uses order by reply", "select kind, target from looks where gone_at is not null order by kind, target"):
        for row in study.store.rows(said):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def code() -> str:
    """Version of the program, with a hash of the files that make figures."""
    here = Path(__file__).parent
    digest = blake2b(digest_size=4)
    for file in sorted((*here.glob("measures/*.py"), *(here / f"{n}.py" for n in ("audit", "cells", "conclude", "evidence", "field", "stats", "together", "words")))):
        digest.update(file.read_bytes())
    return f"{version('rapport')}+{digest.hexdigest()}"
