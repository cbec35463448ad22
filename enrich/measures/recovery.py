"""Recovery: whether customers change their rating or text after a public reply more often than alike customers who have none yet.

Never before-and-after alone, since some change their mind unasked. Each answered review is matched to reviews of the same company, source, month
and stars that had no answer at the same age, were seen then and not known to be changed; both are followed from that age, the latter until they
are answered in turn. The age is that at the reply, or at the first look after it: what changed in between nobody saw, on either side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from enrich import evidence, ratings, stats, together, words
from enrich.cells import ROLES
from enrich.measures import Figure, Result, Study
from enrich.stats import Estimate, Floats, Ints
from enrich.together import Mask, Texts

AUDIENCES = ()
DAYS = 90
LOOKS = 2
"""Looks that an answered review must have had inside the window: with one, no change can be seen."""
CONTROLS, SEED = 20, 20
"""Alike reviews that are drawn for each answered one, at most."""
OUTCOMES = {"changed": ("rating or text changed", "changed their rating or their text"), "raised": ("rating raised", "raised their rating")}
NOTE = "Customers may also have been helped where nobody sees it. A change of mind after a reply need not come of the reply; the alike customers without one show how many change unasked."


@dataclass(slots=True)
class Lives:
    """What is known of each review, in days since it was written; inf: never."""

    stratum: Ints                            # company, source, month and stars; -1 where they are not known
    answered: Floats
    seen: Floats                             # first and last look
    until: Floats
    same: Floats                             # last look at which nothing was known to have changed
    before: Floats                           # last look before the change that is counted, and first look after it
    after: Floats
    written: Floats                          # day it was written
    looks: list[Floats]                      # days on which its place was looked at


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where().but(languages=None))
    for outcome, (slice, clause) in OUTCOMES.items():
        lives = _lives(study, found, raised=outcome == "raised")
        by_company = {company: _followed(found, lives, company) for company in study.companies}
        gaps = {company: stats.difference(*pair[:2]) for company, pair in by_company.items() if pair}
        for company, pair in by_company.items():
            if pair is None:
                yield _missing(study, company, slice)
                continue
            own, alike, which = pair
            others = [gap.value for name, gap in gaps.items() if name != company]
            yield Result(
                company, slice, f"Recovery: {slice} after a reply, less without one",
                f"Of 100 customers whom {study.name(company)} answered in public, {words.about(own.value)} {clause} within {DAYS} days ({words.range_of(own)}); "
                f"of 100 alike who had no answer yet, {words.about(alike.value)} ({words.range_of(alike)}).",
                int(own.n), figure=Figure(gaps[company].value, gaps[company].low, gaps[company].high, float(np.mean(others)) if others else None), note=NOTE,
                quotes=partial(evidence.sides, study.store, found, company, which, np.isfinite(lives.after)))


def _lives(study: Study, found: Texts, *, raised: bool) -> Lives:
    """Of every text what is known of its life; changes of ours (a better parser, more masking) are none of the customer's."""
    k, number = len(found.ids), {id: i for i, id in enumerate(found.ids)}
    never = np.full(k, np.inf)
    lives = Lives(np.full(k, -1), never.copy(), never.copy(), never.copy(), never.copy(), never.copy(), never.copy(), np.zeros(k), [np.zeros(0)] * k)
    looks: dict[str, list[float]] = {}
    for profile, day in study.store.rows("select profile, julianday(seen_at) from crawls where seen_at is not null order by 2"):
        looks.setdefault(profile, []).append(day)
    at = {profile: np.array(days) for profile, days in looks.items()}
    strata: dict[tuple[object, ...], int] = {}
    first = dict(study.store.rows("select target, old from changes where kind = 'review' and what = 'rated' and cause in ('source', 'import') order by noticed_at desc"))
    for id, profile, company, source, stars, raw, day, edited, seen, until, answered in study.store.rows(f"""
            select r.id, r.profile, r.company, r.source, r.stars, r.rating_raw, julianday(r.created_until), julianday(r.edited_at), julianday(k.first_seen), julianday(k.last_seen),
              (select min(julianday(coalesce(a.created_until, a.created_at, (select first_seen from looks where kind = 'reply' and target = a.id)))) from replies a where a.review = r.id and a.role in ({ROLES}))
            from reviews r join looks k on k.kind = 'review' and k.target = r.id join profiles p on p.id = r.profile and p.replies_visible = 1
            where r.audience = 'customer' and r.created_kind = 'created' and r.created_until is not null"""):
        if (i := number.get(id)) is None:
            continue
        then = _stars(first[id]) if id in first else stars
        if then is not None and _stars(raw) in (stars, None):
            lives.stratum[i] = strata.setdefault((company, source, found.rows.month[i], then), len(strata))
        lives.written[i], lives.seen[i], lives.until[i] = day, seen - day, until - day
        lives.looks[i] = at.get(profile, lives.looks[i])
        if edited is not None:
            lives.same[i] = edited - day
        if answered is not None:
            lives.answered[i] = max(0.0, answered - day)
    for id, what, old, new, before, after in study.store.rows("""select target, what, old, new, julianday(not_before), julianday(noticed_at) from changes
            where kind = 'review' and what in ('edited', 'rated') and cause in ('source', 'import') and not_before is not null order by noticed_at"""):
        if (i := number.get(id)) is not None:
            lives.same[i] = min(lives.same[i], before - lives.written[i])
            if np.isinf(lives.after[i]) and (not raised or (what == "rated" and _more(old, new))):
                lives.before[i], lives.after[i] = before - lives.written[i], after - lives.written[i]
    return lives


def _followed(found: Texts, lives: Lives, company: str) -> tuple[Estimate, Estimate, Mask] | None:
    """Share changed of the answered and of those alike, with the answered that were matched; None where nothing can be said."""
    start = np.maximum(lives.answered, lives.seen)
    one = found.of(company) & (lives.stratum >= 0) & np.isfinite(start) & (lives.until > start) & (lives.same >= start)
    rng, matched, pairs = np.random.default_rng(SEED), [], []
    members: dict[int, Ints] = {int(s): (lives.stratum == s).nonzero()[0] for s in np.unique(lives.stratum[one])}
    for i in one.nonzero()[0]:
        days = lives.looks[i] - lives.written[i]
        if ((days >= start[i]) & (days <= min(start[i] + DAYS, lives.until[i]))).sum() < LOOKS:
            continue
        j = members[int(lives.stratum[i])]
        j = j[(lives.answered[j] > start[i]) & (lives.seen[j] <= start[i]) & (lives.until[j] > start[i]) & (lives.same[j] >= start[i]) & (j != i)]
        if len(j):
            matched.append(i)
            pairs.append(rng.choice(j, CONTROLS, replace=False) if len(j) > CONTROLS else j)
    if not matched:
        return None
    own = np.array(matched)
    alike, times = np.concatenate(pairs), np.array([len(j) for j in pairs])
    which = np.zeros(len(found.ids), dtype=bool)
    which[own] = True
    told = _share(found, lives, own, start[own], np.full(len(own), 1 / len(own)), np.full(len(own), np.inf))
    beside = _share(found, lives, alike, np.repeat(start[own], times), np.repeat(1 / (len(own) * times), times), lives.answered[alike])
    return None if np.isnan(told.value) or np.isnan(beside.value) else (told, beside, which)


def _share(found: Texts, lives: Lives, which: Ints, start: Floats, weights: Floats, ends: Floats) -> Estimate:
    """Share changed within the window, each followed from its start until it was last seen or (`ends`) answered."""
    changed = np.isfinite(lives.after[which]) & (lives.after[which] <= ends)
    last = np.minimum(np.minimum(lives.until[which], ends), np.where(changed, np.inf, lives.before[which]))      # changed around its own answer: followed to the look before
    lo = np.maximum(0, np.where(changed, lives.before[which], last) - start) * 24
    hi = np.where(changed, (lives.after[which] - start) * 24, np.inf)
    return stats.answered(lo, hi, np.ones(len(which)), weights, found.rows.day[which], found.rows.author[which], np.array([DAYS * 24.0]))[1].at(0)


def _stars(raw: str | None) -> int | None:
    try:
        rating = ratings.read(raw)
    except ValueError:
        return None
    return ratings.stars(rating.value) if rating else None


def _more(old: str | None, new: str | None) -> bool:
    one, other = ratings.bare(old), ratings.bare(new)
    return one is not None and other is not None and other > one


def _missing(study: Study, company: str, slice: str) -> Result:
    why = (f"Whether customers of {study.name(company)} change their mind after a reply is not available: it takes reviews that were looked at twice within {DAYS} days of the reply, "
           "and alike ones that had none at that age; both watched for so long.")
    return Result(company, slice, f"Recovery: {slice} after a reply, less without one", why, 0, missing=why)
