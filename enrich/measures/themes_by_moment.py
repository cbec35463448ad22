"""Themes by moment: what customers say of how they were treated, by where they met the company: on the phone, at a counter, at delivery, over a bill."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enrich import cells, evidence, stats, together, words
from enrich.lens import Tag
from enrich.measures import Result, Study, more_is
from enrich.together import Mask, Texts

AUDIENCES = ("customer",)
UNKNOWN = "moment:unknown"
FEWEST = 10
"""Reviews that must speak of a theme at a moment for it to be shown by itself."""
NOTE = "A review may tell of several moments: what it criticises need not have happened at this one. How well moments are recognised has not been measured."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    moments = study.lens.of("moment")
    themes = study.lens.of("theme", "customer")
    bad = tuple(t.id for t in themes if t.sign == "-" and t.name not in cells.OUTCOMES)
    named = found.carry(*(m.id for m in moments))
    for company in study.companies:
        if not named[found.of(company)].any():
            if found.of(company).any():
                yield _missing(study, company)
            continue
        for moment in moments:
            yield from _moment(study, found, company, moment, found.carry(moment.id), bad, themes)
        yield from _share(study, found, company, ~named, "that do not say where the two met", "Where the two met is not said", UNKNOWN, bad)


def _moment(study: Study, found: Texts, company: str, moment: Tag, at: Mask, bad: tuple[str, ...], themes: list[Tag]) -> Iterator[Result]:
    told = f"filed under “{moment.title}”"
    yield from _share(study, found, company, at, told, f"Criticised, {moment.title[:1].lower()}{moment.title[1:]}", moment.id, bad)
    here = at & found.of(company)
    if here.sum() < stats.ENOUGH:
        return
    for tag in themes:
        hit = found.carry(tag.id)
        if (here & hit).sum() < FEWEST or not (compared := together.share(found, company, at, hit)):
            continue
        yield Result(
            company, f"{tag.id}, {moment.id}", f"{tag.title}, {'praised' if tag.sign == '+' else 'criticised'}: {moment.title}",
            words.customers_say(compared, f"{study.name(company)} {told}", study.others(compared.beside), words.clause(tag)),
            int(compared.own.n), compared, more_is=more_is(tag), tag=tag.id, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, at, hit, (tag.id,), (moment.id,)))


def _share(study: Study, found: Texts, company: str, at: Mask, told: str, title: str, slice: str, bad: tuple[str, ...]) -> Iterator[Result]:
    """Reviews of a moment that criticise how the customer was treated, whatever the theme."""
    hit = found.carry(*bad)
    if compared := together.share(found, company, at, hit):
        yield Result(
            company, slice, title, words.customers_say(compared, f"{study.name(company)} {told}", study.others(compared.beside), "something was wrong in how they were treated"),
            int(compared.own.n), compared, more_is="worse", tag=slice, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, at, hit, bad, (slice,)))


def _missing(study: Study, company: str) -> Result:
    why = f"No public review of {study.name(company)} says where customer and company met: themes by moment are not available."
    return Result(company, "moments", "Themes by moment", why, 0, more_is="worse", missing=why)
