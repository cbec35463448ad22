"""What is in a study, what is new, and what went wrong."""

from __future__ import annotations

from typing import Any

from enrich import reading
from enrich.store import Store
from enrich.study import Study

_PROFILES = """
select p.id, c.name company, p.source, p.key, p.spider, p.audience, p.replies_visible, p.population, p.says_total,
  (select count(*) from reviews r where r.profile = p.id) reviews,
  (select count(*) from replies a where a.profile = p.id) replies,
  (select count(*) from changes x join reviews r on r.id = x.review where r.profile = p.id) changes,
  k.id crawl, k.started_at, k.outcome, k.whole, k.requests, k.skipped, k.new_reviews, k.new_replies, k.problems,
  p.says_stars, p.minimum, p.short_since, p.private,
  (select max(g.seen_at) from crawls g where g.profile = p.id and g.outcome in ('finished', 'none', 'capped', 'incomplete')) good_at,
  (select max(g.seen_at) from crawls g where g.profile = p.id and g.outcome in ('finished', 'none', 'capped', 'incomplete') and g.started_at < p.short_since) held_at
from profiles p join companies c on c.id = p.company
left join crawls k on k.id = (select id from crawls where profile = p.id and kind <> 'replay' order by started_at desc, rowid desc limit 1)
where c.role != 'removed' group by p.id order by c.role desc, c.name, p.source, p.key"""
"""Places with their last run; kept pages that were read again are none, for they tell nothing of how the place is now."""


def status(study: Study, store: Store | None, problems: int = 5) -> dict[str, Any]:
    """The state of a study as plain data: its places with counts, the last run of each and its first problems, texts not read yet, findings.

    Without a store everything counts as not gathered yet.
    """
    if store is None:
        bare: list[dict[str, Any]] = [{"company": c.name, "source": s.published_at, "key": s.key, "reviews": 0, "replies": 0, "outcome": None, "problems": 0} for c in study.companies for s in c.sources]
        return {"title": study.title, "places": bare, "not_available": _without(study), "due": 0, "findings": 0, "analysis": None}
    places = list(store.dicts(_PROFILES))
    there = {c.profile(s) for c in study.companies for s in c.sources}
    for place in places:
        place["left"] = place["id"] not in there
        place["first_problems"] = list(store.dicts("select place, sort, what, cure, count from problems where crawl = ? order by sort is null, rowid limit ?", (place.pop("crawl"), problems)))
    verdicts = dict(store.rows("select verdict, count(*) from findings group by verdict order by 2 desc"))
    return {"title": study.title, "places": places, "not_available": _without(study), "due": reading.count_due(store),
            "findings": sum(verdicts.values()), "verdicts": verdicts, "analysis": store.one("select as_of from analyses order by made_at desc")}


def _without(study: Study) -> list[str]:
    """What the study has no source for, said per company."""
    return [f"{c.name}: no {audience} reviews" for c in study.companies for audience in ("customer", "employee")
            if not any(s.audience == audience for s in c.sources)]
