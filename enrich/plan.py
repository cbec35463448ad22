"""What a study will cost and what it could find, said before anything is gathered: requests, hours, pages to save, the smallest difference.

All of it is an estimate from how many reviews each place is expected to have; how it is counted is said with it (`COUNTED`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from scipy.stats import norm

from enrich import crawling, ledger, stats
from enrich import study as studies
from enrich.demo.folder import HOST_FILE
from enrich.lens import Lens, lens
from enrich.stats import Estimate
from enrich.store import Store

POWER = 0.8
"""How often a difference must be found to be called detectable."""
DESIGN = 1.3
"""So many texts tell as much as one that hangs together with no other, until the texts are there: authors repeat, and days are alike."""
OUTCOMES = 11
"""Equally likely outcomes of one share that stand for all."""
ANSWERED, THEME = 0.5, 0.1
"""Shares of the field that a difference is looked for from: reviews that are answered, reviews that name a theme."""
HEADLINES = 3
"""Figures of a company's answering that are judged beside its tags: answered in time, templates, empathy first."""
SPAN_DAYS, MONTH = 5 * 365, 30
"""Days over which reviews are taken to have come where the study states no first day, and after which it is crawled again."""


@dataclass(frozen=True, slots=True)
class Place:
    """One company's place, and what gathering it takes. None: not known."""

    company: str
    source: str                              # where its texts were published
    spider: str
    key: str
    audience: str
    how: str                                 # crawl, by hand (pages that a person saves), file (an export), or not crawled
    why: str | None                          # why it is not crawled, or what a crawl of it rests on
    instead: str | None
    expected: int | None                     # reviews
    basis: str | None                        # who says how many
    first: int | None                        # requests
    hours: float | None
    second: int | None                       # requests of another crawl a month later
    second_hours: float | None
    pages: int | None                        # to save by hand
    limits: str | None                       # what the source cannot give
    replies: bool                            # whether it may show replies
    counts: bool                             # whether it enters the comparison: not where it is not gathered, private or hand-picked
    host: str
    per_day: int | None


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest differences between a company and the field that would be found, in points of a hundred; None where none would be, or it is not known."""

    company: str
    audience: str
    answered: int | None                     # fewer answered than the field's half
    theme: int | None                        # more speak of a theme than the field's tenth
    reviews: int                             # of the company, where others have some beside
    others: int                              # reviews of the others there
    why: str | None                          # why it is not known


def plan(study: studies.Study, store: Store | None) -> dict[str, Any]:
    """The plan as plain data: `places`, `without` (companies that have none), `total`, `detectable`, and `counted`, how all that is estimated. `store` is what was gathered already, if anything."""
    known = {id: (says, stored) for id, says, stored in store.rows(
        "select p.id, p.says_total, (select count(*) from reviews r where r.profile = p.id) from profiles p")} if store else {}
    marker = study.folder / HOST_FILE
    own = marker.read_text(encoding="utf-8").strip() if marker.exists() else None
    urls = [s.url for c in study.companies for s in c.sources if s.url and urlsplit(s.url).netloc != own]
    refused = {r["url"]: r for r in (crawling.recognise(dict.fromkeys(urls)) if urls else []) if r.get("refused")}
    found = list(places(study, crawling.sources(), crawling.sites(), refused, known))
    return {"title": study.title, "places": [asdict(p) for p in found], "without": [c.name for c in study.companies if not c.sources], "total": total(found), "detectable": [asdict(d) for d in detectable(study, found, lens())], "counted": list(COUNTED)}


def places(study: studies.Study, catalogue: studies.Catalogue, sites: Mapping[str, Mapping[str, Any]], refused: Mapping[str, Mapping[str, Any]],
           known: Mapping[str, tuple[int | None, int]]) -> Iterator[Place]:
    """Every place of a study. `refused` are addresses that policy forbids, `known` what a profile says it has and how many of its reviews are stored."""
    first_day, last_day = study.period.start, study.period.end or date.today()
    days = max(MONTH, (last_day - first_day).days) if first_day else SPAN_DAYS
    for company in study.companies:
        for source in company.sources:
            about = catalogue[source.source]
            policy = about["policy"]
            expected, basis = _expected(source, *known.get(company.profile(source), (None, 0)))
            site = _site(source, sites)
            no = refused.get(source.url or "")
            if about["file"]:
                how, why, instead = ("by hand" if source.source == "saved_page" else "file"), None, None
            elif no or (policy["rival"] == "opt-in" and source.options.get("opt_in") is not True) or policy["rival"] in ("import", "none"):
                how, why, instead = "not crawled", no["refused"] if no else policy["why"], no["instead"] if no else policy["instead"]
            else:
                how, why, instead = "crawl", policy["why"], None
            first = second = None
            if how == "crawl" and expected is not None and about["per_request"]:
                first, second = requests(expected, days, about)
            hours, again = (_hours(n, policy) if n is not None else None for n in (first, second))
            shown = site["per_page"] if site and how in ("by hand", "not crawled") else None
            yield Place(
                company.name, source.published_at, source.source, source.key, source.audience, how, why, instead, expected, basis, first, hours, second, again,
                ceil(expected / shown) if expected and shown else None, (site or about if how in ("by hand", "not crawled") else about)["limits"] or None,
                (site or about)["replies_visible"] is not False if source.replies_visible is None else source.replies_visible, how != "not crawled" and not source.private and (about["population"] or source.population) != "chosen",
                urlsplit(source.url or "").netloc or source.source, policy["per_day"])


def requests(reviews: int, days: int, about: Mapping[str, Any]) -> tuple[int, int]:
    """Requests of a first crawl, and of one a month later, where the reviews came evenly over so many days.

    A later crawl reads a list down to where all is known and may not change any more (ledger's days), or only what something happened to,
    where its source tells that; and of the reviews' own pages those that are new or may still change.
    """
    new = reviews * MONTH / days
    open_ = reviews * min(1.0, (ledger.WAITING_DAYS if about["replies_visible"] is not False else ledger.RECENT_DAYS) / days)
    recent = reviews * min(1.0, ledger.ANSWERED_DAYS / days)
    listed = 2 * new if about["tells_changes"] or about["by_activity"] else new + open_ if about["newest_first"] else reviews + new
    own = min(recent, reviews) + new if about["own_page"] else 0.0
    first = ceil(reviews / about["per_request"]) + (reviews if about["own_page"] else 0)
    return max(1, first), max(1, ceil(min(listed, reviews + new) / about["per_request"]) + ceil(own))


def _expected(source: studies.Source, says: int | None, stored: int) -> tuple[int | None, str | None]:
    """How many reviews a place is expected to have, and who says so."""
    if says is not None and says >= stored:
        return says, "as the source says"
    if stored:
        return stored, "as gathered so far"
    return source.expected, "as study.toml says" if source.expected else None


def _site(source: studies.Source, sites: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The site whose pages a person saves, by the import's origin, else by the address; None where it is none of ours."""
    host = f".{urlsplit(source.url or '').hostname or ''}."
    there = [(len(h), name) for name, site in sites.items() for h in site["hosts"] if f".{h.rstrip('.')}." in host]
    name = source.origin if source.origin in sites else max(there)[1] if there else None       # play.google.com is more than google.
    return sites[name] if name is not None else None


def _hours(n: int, policy: Mapping[str, Any]) -> float:
    return round(_paced(n, n * policy["delay"] / 3600, policy["per_day"]), 3)


def _paced(n: int, hours: float, per_day: int | None) -> float:
    """Hours that so many requests take where only so many a day are allowed."""
    return max(hours, (ceil(n / per_day) - 1) * 24.0) if per_day else hours


def total(found: list[Place]) -> dict[str, Any]:
    """Sums of what is known, and the places of which it is not. Sources are crawled one after another, a source's hosts side by side."""
    crawled = [p for p in found if p.how == "crawl"]
    hosts: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in crawled:
        hosts[place.spider, place.host].append(place)
    hours: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (spider, _), there in hosts.items():
        per_day = min((p.per_day for p in there if p.per_day), default=None)
        hours[spider].append((_paced(sum(p.first or 0 for p in there), sum(p.hours or 0.0 for p in there), per_day),
                              _paced(sum(p.second or 0 for p in there), sum(p.second_hours or 0.0 for p in there), per_day)))
    return {"reviews": sum(p.expected or 0 for p in found if p.how != "not crawled"), "requests": sum(p.first or 0 for p in crawled), "hours": sum(max(h for h, _ in of) for of in hours.values()),
            "second_requests": sum(p.second or 0 for p in crawled), "second_hours": sum(max(h for _, h in of) for of in hours.values()), "pages": sum(p.pages or 0 for p in found),
            "not_known": [f"{p.company} on {p.source}, {p.key}" for p in found if p.expected is None and p.how != "not crawled"]}


def detectable(study: studies.Study, found: list[Place], vocabulary: Lens) -> Iterator[Detectable]:
    """For each company and who speaks, the smallest differences to the field that would be found."""
    counted = [p for p in found if p.counts]
    level = stats.KEPT * stats.LEVEL / comparisons(study, counted, vocabulary)
    for audience in ("customer", "employee"):
        there = [p for p in counted if p.audience == audience]
        for company in study.companies:
            if any(p.company == company.name for p in there):
                texts, others, sizes = beside(company.name, there)
                answers = beside(company.name, [p for p in there if p.replies])[2]
                why = None if sizes else (
                    "nobody has said yet how many reviews are expected" if not texts else "no other company has a known number of reviews on the same source")
                yield Detectable(company.name, audience, _points(answers and smallest(ANSWERED, -1, *answers, level)) if audience == "customer" else None,
                                 _points(sizes and smallest(THEME, 1, *sizes, level)), texts, others, why)


def comparisons(study: studies.Study, found: list[Place], vocabulary: Lens) -> int:
    """How many tests the study will make: its companies (a pair counts once) times the tags whose reading is established, and the headline figures."""
    per_company = 0
    for audience in {p.audience for p in found}:
        per_company += sum(1 for t in vocabulary.of("theme", audience) if t.speaks and vocabulary.established(t.id))
    if any(p.replies and p.audience == "customer" for p in found):
        per_company += HEADLINES + sum(1 for t in vocabulary.of("move") if t.speaks and vocabulary.established(t.id))
    companies = len({p.company for p in found})
    return max(1, per_company * (1 if companies == 2 else companies))


def beside(company: str, found: list[Place]) -> tuple[int, int, tuple[float, float] | None]:
    """A company's reviews on sources where others have some too, the others' there, and the texts that both sides amount to (None: nothing to compare).

    The field is weighted as `enrich.field` weighs it: on each source as much as the company has there, all others equally.
    """
    by_source: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for place in found:
        if place.expected:
            by_source[place.source][place.company] += place.expected
    mine = {s: (n[company], [v for c, v in n.items() if c != company]) for s, n in by_source.items() if n.get(company)}
    common = {s: (n, rest) for s, (n, rest) in mine.items() if rest}
    own, others = sum(n for n, _ in common.values()), sum(sum(rest) for _, rest in common.values())
    if not own:
        return sum(n for n, _ in mine.values()), 0, None
    field = 1 / sum((n / own / len(rest)) ** 2 * sum(1 / v for v in rest) for n, rest in common.values())
    return own, others, (own / DESIGN, field / DESIGN)


def smallest(base: float, sign: int, own: float, other: float, level: float) -> float | None:
    """The smallest difference to a field's share `base`, up (1) or down (-1), that `POWER` of studies would name at this `level`; None where none would be.

    The power of a true difference is the share of equally likely outcomes (quantiles of both observed shares, in their normal approximation) that
    the study's own test names (`stats.difference`: beyond the margin in points and in ratio), so that nothing is assumed of it that it does not do.
    """
    if min(own, other) * DESIGN < stats.ENOUGH:
        return None
    steps = [g / 1000 for g in range(1, 1000) if 0 < base + sign * g / 1000 < 1]
    field = [_estimate(share, other) for share in _outcomes(base, other)]

    def found(gap: float) -> bool:
        mine = [_estimate(share, own) for share in _outcomes(base + sign * gap, own)]
        return sum(_named(m, f, level) for m in mine for f in field) >= POWER * len(mine) * len(field)

    at = bisect_left(steps, True, key=found)
    return steps[at] if at < len(steps) else None


def _outcomes(share: float, size: float) -> list[float]:
    """Equally likely observed shares where the true one is `share`."""
    errors = norm.ppf((np.arange(OUTCOMES) + 0.5) / OUTCOMES) * np.sqrt(share * (1 - share) / size)
    return [float(s) for s in np.clip(share + errors, 0, 1)]


def _estimate(share: float, size: float) -> Estimate:
    """A share as so many unrelated texts give it."""
    return stats.bounded(np.array([share]), np.zeros(1), np.array([size]), size, n=size, clusters=int(size)).at(0)


def _named(own: Estimate, other: Estimate, level: float) -> bool:
    found = stats.difference(own, other, level=level)
    return found.beyond and found.p < level


def _points(share: float | None) -> int | None:
    return ceil(100 * share) if share else None


COUNTED = (
    f"A second crawl is one {MONTH} days after the first; where the study states no first day, reviews are taken to have come evenly over {SPAN_DAYS // 365} years.",
    "Hours are those of the pauses between requests; a site that answers slowly, or asks for longer pauses in its robots.txt, takes longer.",
    f"A difference counts as found where {POWER:.0%} of studies would name it, as the only one among all comparisons (its p must then be under {stats.LEVEL} divided by twice their number: the strictest that Benjamini and Hochberg's correction can be).",
    "The answer rate is looked for from a field that answers half of its reviews, a theme from a field in which one in ten names it.",
    f"Every review is taken to have words in a language that is read; {DESIGN} of them tell as much as one that hangs together with no other.",
)
"""How all that is estimated, for people."""


def lines(made: Mapping[str, Any]) -> Iterator[str]:
    """The plan for people."""
    company = None
    for place in made["places"]:
        if place["company"] != company:
            company = place["company"]
            yield company
        yield f"  {place['source']}, {place['key']}: {_told(place)}"
        if place["how"] == "not crawled":
            yield f"    why: {place['why']}"
            yield f"    instead: {place['instead']}"
        elif place["why"]:
            yield f"    you answer for it: {place['why']}"
        if place["limits"] and place["how"] != "file":
            yield f"    limits: {place['limits']}"
    for name in made["without"]:
        yield f"{name}\n  no place in study.toml: nothing will be gathered about it"
    sums = made["total"]
    if all(p["expected"] is None for p in made["places"]):
        yield "What it takes all together is not known yet."
    else:
        cost = f"{_cost(sums['requests'], sums['hours'])}; {_cost(sums['second_requests'], sums['second_hours'])} a month later" if sums["requests"] else "no requests"
        yield f"All together, as far as it is known: {sums['reviews']:,} reviews; {cost}; {sums['pages']:,} pages to save by hand."
    if sums["not_known"]:
        yield f"Not in it, because nobody has said how many reviews there are: {'; '.join(sums['not_known'])}. Look it up on the page and write `expected = N` at the place in study.toml, or gather it once."
    yield f"The smallest difference to the others that would be found, in points of a hundred, in {POWER:.0%} of studies:"
    for one in made["detectable"]:
        yield f"  {one['company']}{', employees' if one['audience'] == 'employee' else ''}: {_difference(one)}"
    yield from (f"  {text}" for text in ("How this is counted:", *made["counted"]))


def _told(place: Mapping[str, Any]) -> str:
    how = {"crawl": "crawled", "by hand": "pages that a person saves", "file": "a file", "not crawled": "not crawled"}[place["how"]]
    there = f"{place['expected']:,} reviews, {place['basis']}" if place["expected"] is not None else "how many reviews is not known"
    if place["how"] == "crawl" and place["first"] is None:
        cost = "requests not known" if place["expected"] is None else "requests not known: its source does not say what one brings"
    elif place["how"] == "crawl":
        cost = f"{_cost(place['first'], place['hours'])}, a month later {_cost(place['second'], place['second_hours'])}"
    else:
        cost = f"{place['pages']:,} page{'s' if place['pages'] != 1 else ''} to save by hand" if place["pages"] else ""
    return "; ".join(filter(None, (how, there, cost)))


def _cost(requests_: int, hours: float) -> str:
    minutes = max(1, round(hours * 60))
    took = f"{hours:,.1f} hours" if hours >= 1 else f"{minutes} minute{'s' if minutes != 1 else ''}"
    return f"{requests_:,} request{'s' if requests_ != 1 else ''} in about {took}"


def _difference(one: Mapping[str, Any]) -> str:
    if one["why"]:
        return f"not known: {one['why']}"
    figures = ([("answer rate", one["answered"])] if one["audience"] == "customer" else []) + [("a theme that one in ten names", one["theme"])]
    said = "; ".join(f"{what}: {f'{points} points' if points else 'none, too few reviews'}" for what, points in figures)
    return f"{said} ({one['reviews']:,} reviews beside {one['others']:,} of the others)"
