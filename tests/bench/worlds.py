"""Studies with known truth, drawn at random, and how often our figures tell it: the bench of STATISTICS, in the size one asks for.

    python tests/bench/worlds.py [STUDIES]       prints every target with its Monte-Carlo error (20 studies unless told)
    python tests/bench/worlds.py --full          1,000 studies; with --write it also keeps the table for the method page

It exits with 1 where a target fails beyond that error: its 99 % interval leaves the target out. Figures without a target show what our verdicts
do where nobody could do better: a tagger that finds fewer in one company's texts makes that company look better, until it is audited.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np

from enrich import audit, conclude, field, stats
from enrich.breaks import breaks, odds
from enrich.cells import Layout, laid_out
from enrich.field import Compared
from enrich.lens import Accuracy, Lens, Tag
from enrich.measures import Result, Study
from enrich.measures.inside_and_outside import leading
from enrich.stats import Floats

THEMES = 20
KEPT = Path(__file__).parents[2] / "enrich" / "models" / "bench.json"
"""Where the table is kept for the method page."""


@dataclass(frozen=True)
class World:
    """What is true: shares of themes, and what makes the reviews hang together."""

    companies: int = 5
    reviews: int = 600
    themes: int = THEMES
    base: float = 0.10                       # share of reviews that carry a theme
    days: int = 365
    design: float = 1.3                      # design effect of days
    planted: float | None = None             # share of the first theme at the first company
    sources: tuple[float, ...] = (1.0,)      # how much more themes are told of on each source; companies differ in their mix of them
    angry: int = 0                           # reviews of one author at the first company that all carry the first theme
    viral: int = 0                           # reviews on one day at the first company that all carry the first theme
    found: float = 1.0                       # share of what the first company's reviews say that the tagger finds; of the others' all


def study(world: World, rng: np.random.Generator) -> tuple[Layout, Floats]:
    """Rows of counts and hits of one study."""
    rows: dict[tuple[str, str, str, str], Any] = {}
    for c in range(world.companies):
        mix = rng.dirichlet(np.full(len(world.sources), 3.0)) if len(world.sources) > 1 else np.ones(1)
        source = rng.choice(len(world.sources), world.reviews, p=mix)
        day = rng.integers(0, world.days, world.reviews)
        share = np.full((world.days, world.themes), world.base)
        if world.planted is not None and c == 0:
            share[:, 0] = world.planted
        rho = (world.design - 1) / (world.reviews / world.days)
        if rho > 0:
            share = rng.beta(share * (1 - rho) / rho, (1 - share) * (1 - rho) / rho)
        carries = rng.random((world.reviews, world.themes)) < np.minimum(share[day] * np.array(world.sources)[source][:, None], 1)
        if c == 0 and world.found < 1:
            carries &= rng.random(carries.shape) < world.found
        for s, d, x in zip(source, day, carries, strict=True):
            add(rows, f"c{c}", f"s{s}", int(d), "", x)
    told = np.zeros(world.themes)
    told[0] = 1
    for _ in range(world.angry):
        add(rows, "c0", "s0", int(rng.integers(world.days)), "angry", told)
    for _ in range(world.viral):
        add(rows, "c0", "s0", world.days // 2, "", told)
    keys = list(rows)
    made = laid_out([(*k, rows[k][0]) for k in keys])
    return made, np.array([rows[k][1] for k in keys])


def add(rows: dict[tuple[str, str, str, str], Any], company: str, source: str, day: int, author: str, carries: Any) -> None:
    date = f"{2025 + day // 365}-{day % 365 // 31 + 1:02d}-{day % 31 + 1:02d}"
    n, hits = rows.get((company, source, date, author), (0, 0.0))
    rows[(company, source, date, author)] = (n + 1, hits + carries)


class Established(Lens):
    """A vocabulary of numbered themes, all of established accuracy."""

    def __init__(self, themes: int) -> None:
        self.systems = {}
        self.tags = {f"theme:t{i}-": Tag(id=f"theme:t{i}-", kind="theme", name=f"t{i}", sign="-", title=f"Theme {i}", of=("customer",), definition="x", cues=(), unless=(), negation="drop",
                                         speaks="against", accuses=False, examples=(), non_examples=()) for i in range(themes)}
        self.accuracy = dict.fromkeys(self.tags, Accuracy(gold=99, precision=0.9, recall=0.9))


def judged(world: World, rows: Layout, hits: Floats) -> dict[tuple[str, int], str]:
    """Company and theme to verdict, as `conclude` would give it."""
    lens = Established(world.themes)
    known = cast(Study, Study(cast(Any, None), lens, {c: cast(Any, Named(c, c)) for c in rows.companies}, None, None))
    results = [Result(c, f"theme:t{i}-", "", "", int(x.own.n), x, more_is="worse", judged=True, tag=f"theme:t{i}-") for c in rows.companies for i, x in enumerate(field.shares(rows, hits, c))]
    return {(r.company, int(r.slice[7:-1])): v.verdict for r, v in zip(results, conclude.judge(known, results), strict=True)}


@dataclass(frozen=True)
class Named:
    id: str
    name: str


def naming(world: World, studies: int, seed: int, count: Callable[[dict[tuple[str, int], str]], bool]) -> Floats:
    """Whether each study's verdicts are as `count` asks."""
    rng = np.random.default_rng(seed)
    return np.array([count(judged(world, *study(world, rng))) for _ in range(studies)], dtype=float)


def covering(p: float, reviews: int, design: float, studies: int, seed: int) -> Floats:
    """Whether the interval of a company's share holds the truth, and that of its difference from the field (studies, 2)."""
    rng = np.random.default_rng(seed)
    world = World(companies=3, reviews=reviews, themes=1, base=p, design=design, days=max(60, min(365, reviews)))
    out = []
    for _ in range(studies):
        rows, hits = study(world, rng)
        found: Compared = field.shares(rows, hits, "c0")[0]
        out.append((found.own.low <= p <= found.own.high, found.difference is not None and found.difference.low <= 0 <= found.difference.high))
    return np.array(out, dtype=float)


def waits(rng: np.random.Generator, firms: dict[str, tuple[float, float]], *, reviews: int = 600, days: int = 365, window: float = 365, per_day: float = 0.0) -> Layout:
    """Reviews of firms that answer a share of complaints after a median of so many days; written over `days`, watched until day `window`."""
    keys, n, lo, hi = [], [], [], []
    for firm, (share, median) in firms.items():
        when = np.sort(rng.uniform(0, days, reviews))
        delay = np.where(rng.random(reviews) < share, median * np.exp(rng.normal(0, 0.8, reviews)), np.inf) * 24
        watched = (window - when) * 24
        for w, d, seen in zip(when, delay, watched, strict=True):
            if seen >= 0:
                keys.append((firm, "s0", f"2025-{int(w) // 31 + 1:02d}-{int(w) % 31 + 1:02d}", ""))
                n.append(1)
                lo.append(min(d, seen))
                hi.append(d if d <= seen else np.inf)
    rows = laid_out([(*k, m) for k, m in zip(keys, n, strict=True)])
    rows.lo, rows.hi, rows.edited = np.array(lo), np.array(hi), np.zeros(len(lo), dtype=np.int64)
    return rows


def within_seven(window: float, studies: int, seed: int) -> Floats:
    """Answered within 7 days, from a crawl that saw the last `window` days only (studies,)."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(studies):
        rows = waits(rng, {"a": (0.7, 4.0)}, reviews=int(10 * window), days=int(window), window=window)
        found = field.answering(rows, "a", draw=False)
        assert found is not None
        out.append(found.within["7d"].own.value)
    return np.array(out)


def covering_waits(reviews: int, studies: int, seed: int) -> Floats:
    """Whether the interval of the share answered within 7 days holds the truth (0.7 of them answered, median 4 days)."""
    rng = np.random.default_rng(seed)
    big = 4.0 * np.exp(np.random.default_rng(0).normal(0, 0.8, 2_000_000))
    truth = 0.7 * float((big <= 7).mean())
    out = []
    for _ in range(studies):
        found = field.answering(waits(rng, {"a": (0.7, 4.0)}, reviews=reviews, days=90, window=95), "a", draw=True)
        assert found is not None
        own = found.within["7d"].own
        out.append(own.low <= truth <= own.high)
    return np.array(out, dtype=float)


def ordering(studies: int, seed: int) -> dict[str, Floats]:
    """Firm A answers 30 % with a median of one day, firm B 90 % with a median of six: how often A stands above B, by horizon."""
    rng = np.random.default_rng(seed)
    out: dict[str, list[bool]] = {"1d": [], "7d": [], "30d": []}
    for _ in range(studies):
        rows = waits(rng, {"a": (0.3, 1.0), "b": (0.9, 6.0)}, reviews=300, window=400)
        a, b = field.answering(rows, "a", draw=False), field.answering(rows, "b", draw=False)
        assert a is not None and b is not None
        for horizon, above in out.items():
            above.append(a.within[horizon].own.value > b.within[horizon].own.value)
    return {h: np.array(x, dtype=float) for h, x in out.items()}


def silent(kind: str, studies: int, seed: int) -> Floats:
    """Whether the interval of the share answered within 7 days holds the truth where some times are not what they seem (studies,).

    `edits`: of one review in four only a later edit is known, and the reply came before it: its delay lies anywhere up to its age then.
    `back-fill`: at the end of the time everything older than 60 days that had no answer got one on one day, which changes nothing within 7 days.
    """
    rng = np.random.default_rng(seed)
    big = 4.0 * np.exp(np.random.default_rng(0).normal(0, 0.8, 2_000_000))
    truth = 0.7 * float((big <= 7).mean())
    out = []
    for _ in range(studies):
        rows = waits(rng, {"a": (0.7, 4.0)}, reviews=300, days=120, window=125)
        done = np.isfinite(rows.hi)
        if kind == "edits":
            unsure = done & (rng.random(len(rows.hi)) < 0.25)
            rows.lo[unsure], rows.hi[unsure] = 0, rows.hi[unsure] + rng.uniform(0, 10 * 24, unsure.sum())
        else:
            late = ~done & (rows.lo > 60 * 24)
            rows.hi[late] = rows.lo[late]
        found = field.answering(rows, "a", draw=True)
        assert found is not None
        own = found.within["7d"].own
        out.append(found.earliest["7d"] >= truth >= found.latest["7d"] or own.low <= truth <= own.high)
    return np.array(out, dtype=float)


def audited(studies: int, seed: int, *, each: int = 60) -> Floats:
    """Whether an audit's interval holds the true share, of a tagger that finds six of ten and is wrong in one of five (studies,)."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(studies):
        says = rng.random(600) < 0.2
        tagged = np.where(says, rng.random(600) < 0.6, rng.random(600) < 0.04)
        seen = np.concatenate([rng.permutation(np.flatnonzero(tagged == t))[:each] for t in (True, False)])
        own = stats.share(tagged[:, None].astype(float), np.ones(600), np.full(600, 1 / 600), np.full((600, 1), tagged.mean()), np.arange(600), np.full(600, -1)).at(0)
        finding = cast(Any, Figure(own.value, own.low, own.high))
        made = audit.corrected(finding, [audit.Text("review", str(i), "", "", bool(tagged[i]), bool(says[i]) if i in set(seen.tolist()) else None) for i in range(600)], "")
        assert made is not None
        out.append(made.low <= 0.2 <= made.high)
    return np.array(out, dtype=float)


@dataclass(frozen=True)
class Figure:
    """What an audit needs of a finding."""

    value: float
    low: float
    high: float
    id: str = "a"


def changing(step: float | None, studies: int, seed: int, *, months: int = 24, series: int = 100) -> Floats:
    """Without a step whether a study of so many monthly series names a change; with one whether it is found within a month of where it lies (studies,)."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(studies):
        named = False
        for _s in range(series if step is None else 1):
            share = np.full(months, 0.08)
            share[months // 2:] = step or 0.08
            (own, v), (other, w) = (odds(rng.binomial(n, p), n) for n, p in ((100, share), (400, np.full(months, 0.08))))
            found = [b for b in breaks(own - other, v + w) if b.p * series < stats.LEVEL]                # the first step of Benjamini and Hochberg
            named |= any(step is None or abs(b.start - months // 2) <= 1 for b in found)
        out.append(named)
    return np.array(out, dtype=float)


def ahead(lag: int | None, studies: int, seed: int, *, months: int = 48) -> Floats:
    """Of two slow series of their own whether one is said to precede; of one that follows the other by `lag` months whether that is told (studies,)."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(studies):
        one, other = (slow(rng, months + 6) for _ in range(2))
        if lag is not None:
            other[lag:] = one[:-lag] + 0.3 * rng.normal(size=months + 6 - lag)
        months_ahead, p = leading(one[6:], other[6:])
        out.append(p < stats.LEVEL and (lag is None or months_ahead == lag))
    return np.array(out, dtype=float)


def slow(rng: np.random.Generator, months: int) -> Floats:
    """A series that keeps six tenths of what it was."""
    out = rng.normal(size=months)
    for i in range(1, months):
        out[i] += 0.6 * out[i - 1]
    return out


def targets(studies: int) -> Iterator[tuple[str, float, float, str, bool]]:
    """What is aimed at: name, value, half the 99 % interval, the target, whether it is met (it fails only where that interval excludes it)."""
    def line(name: str, hit: Floats, target: str, low: float, high: float) -> tuple[str, float, float, str, bool]:
        value = float(hit.mean())
        error = 2.576 * float(np.sqrt(max(value * (1 - value), 0.5 / len(hit)) / len(hit)))
        return name, value, error, target, low - error <= value <= high + error

    none = lambda v: any(x in ("weakness", "strength") for x in v.values())
    world = World()
    yield line("no true difference: studies that name one", naming(world, studies, 1, none), "at most 5 %", 0, 0.05)
    yield line("the same, sources confounded with companies", naming(replace(world, sources=(0.5, 1.0, 2.5)), studies, 2, none), "at most 5 %", 0, 0.05)
    yield line("the same, one angry author (60 reviews)", naming(replace(world, angry=60), studies, 3, lambda v: v["c0", 0] == "weakness"), "at most 5 %", 0, 0.05)
    yield line("the same, one viral day (100 reviews)", naming(replace(world, viral=100), studies, 4, lambda v: v["c0", 0] == "weakness"), "at most 5 %", 0, 0.05)
    yield line("planted 10 % -> 20 % is found", naming(replace(world, planted=0.2), studies, 5, lambda v: v["c0", 0] == "weakness"), "at least 90 %", 0.9, 1)
    cells = []
    for p in (0.02, 0.1, 0.3, 0.7):
        for reviews in (30, 60, 120, 300, 1000):
            for design in (1.0, 1.3):
                cells.append(covering(p, reviews, design, studies, len(cells) + 100))
                for name, k in (("share", 0), ("difference", 1)):
                    yield line(f"coverage of a {name}: p {p}, {reviews} reviews, design {design}", cells[-1][:, k], "at least 90 %", 0.9, 1)
    for name, k in (("shares", 0), ("differences", 1)):
        yield line(f"coverage of {name} over the grid", np.concatenate([c[:, k] for c in cells]), "93 to 97 %", 0.93, 0.97)
    for reviews in (60, 200, 600):
        yield line(f"coverage of answered within 7 days, {reviews} reviews", covering_waits(reviews, studies, 300 + reviews), "at least 90 %", 0.9, 1)
    yield line("coverage of answered within 7 days where only edits are known, within both bounds", silent("edits", studies, 400), "at least 90 %", 0.9, 1)
    yield line("coverage of answered within 7 days, old reviews worked off on one day", silent("back-fill", studies, 401), "at least 90 %", 0.9, 1)
    base = within_seven(120, max(50, studies // 10), 7)
    for window in (14, 30, 60):
        found = within_seven(window, max(50, studies // 10), 7 + window)
        error = 2.576 * float(np.hypot(found.std(ddof=1), base.std(ddof=1)) / np.sqrt(len(found)))
        yield f"answered within 7 days, window {window} less window 120", float(found.mean() - base.mean()), error, "0", abs(float(found.mean() - base.mean())) <= error
    order = ordering(studies, 9)
    yield line("fast 30 % above slow 90 % at 7 days", order["7d"], "never", 0, 0)
    yield line("fast 30 % above slow 90 % at 30 days", order["30d"], "never", 0, 0)
    yield line("fast 30 % above slow 90 % at 1 day", order["1d"], "always", 1, 1)
    yield line("no change in time: studies of 100 monthly series that name one", changing(None, max(20, studies // 5), 500), "at most 5 %", 0, 0.05)
    yield line("a change 8 % -> 20 % at 100 reviews a month is found, within a month", changing(0.2, studies, 501), "at least 90 %", 0.9, 1)
    yield line("two unrelated slow series of 48 months: one is said to precede", ahead(None, studies, 510), "at most 5 %", 0, 0.05)
    yield line("one that follows by two months is told so", ahead(2, studies, 511), "at least 90 %", 0.9, 1)
    yield line("coverage of an audited share, a tagger that finds 60 of 100", audited(studies, 520), "at least 90 %", 0.9, 1)
    worse, better = (naming(replace(world, found=0.6, base=0.2), studies, 530, lambda v, word=word: v["c0", 0] == word) for word in ("weakness", "strength"))
    yield line("a tagger that finds 60 of 100 at one company, all at the others: it is called weaker", worse, "at most 5 %", 0, 0.05)
    yield line("the same: it is called stronger, before an audit", better, "", 0, 1)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("studies", nargs="?", type=int, default=20)
    asked.add_argument("--full", action="store_true", help="1,000 studies")
    asked.add_argument("--write", action="store_true", help="keep the table for the method page")
    options = asked.parse_args()
    studies, table = 1000 if options.full else options.studies, []
    for name, value, error, target, met in targets(studies):
        table.append({"name": name, "value": round(value, 4), "error": round(error, 4), "target": target, "met": met})
        print(f"{'ok  ' if met else 'FAIL'} {name}: {value:.3f} ± {error:.3f} ({target or 'no target'})", flush=True)
    if options.write:
        KEPT.write_text(json.dumps({"studies": studies, "made_on": date.today().isoformat(), "targets": table}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(not line["met"] for line in table))


if __name__ == "__main__":
    sys.exit(main())
