"""Areas of a relationship: in each that a system names, how often customers speak well of the company, how often badly, and which of the two prevails."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enrich import evidence, together, words
from enrich.lens import Area
from enrich.measures import Result, Study
from enrich.measures.effort import weakest
from enrich.together import Texts

AUDIENCES = ("customer",)
NOTE = "A review that says both counts on both sides. Who has nothing to complain of seldom writes of it: read it beside the other companies."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    for area in (a for system in study.lens.systems.values() if "areas" in system.measures for a in system.areas):
        good, bad = ([t for name in area.themes if (t := f"theme:{name}{sign}") in study.lens.tags] for sign in "+-")
        for company in study.companies:
            if found.of(company).any():
                yield from _area(study, found, company, area, good, bad)


def _area(study: Study, found: Texts, company: str, area: Area, good: list[str], bad: list[str]) -> Iterator[Result]:
    all_ = found.of(company) | ~found.of(company)
    well, ill = found.carry(*good), found.carry(*bad)
    speak = well | ill
    if not (speak & found.of(company)).any():
        why = f"No public review of {study.name(company)} speaks of this: “{area.title}” is not available."
        yield Result(company, area.name, area.title, why, 0, more_is="worse", missing=why)
        return
    for slice, title, among, hit, tags, told, clause in (
        (area.name, f"{area.title}: those who speak of it complain", speak, ill, bad, " that speak of it", area.bad),
        (f"{area.name}, well", f"{area.title}: spoken well of", all_, well, good, "", area.good),
        (f"{area.name}, badly", f"{area.title}: spoken badly of", all_, ill, bad, "", area.bad),
    ):
        if not tags:
            continue
        compared = together.share(found, company, among, hit)
        assert compared
        yield Result(
            company, slice, title, words.customers_say(compared, study.name(company) + told, study.others(compared.beside), clause),
            int(compared.own.n), compared, more_is="better" if tags is good else "worse", tag=weakest(study, tags), note=NOTE,
            quotes=partial(evidence.sides, study.store, found, company, among, hit, tags))
