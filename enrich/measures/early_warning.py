"""Early warning: how often employees tell of missing training and of people who leave, and whether more do so of late: what customers may feel later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.measures import Result, Study
from enrich.measures.effort import weakest
from enrich.measures.staff_map import FEWEST
from enrich.together import Mask, Texts

AUDIENCES = ("employee",)
SIGNS = ("theme:staff_training-", "theme:staff_turnover-")
RECENT = 12
"""Months that are held against as many before them."""
NOTE = "What employees write says nothing yet of customers: whether one comes before the other is asked under inside and outside."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where("employee"))
    signs = [t for t in SIGNS if t in study.lens.tags]
    hit, shown = found.carry(*signs), enough(study, found)
    recent, before = _last(found, 0), _last(found, RECENT)
    for company in study.companies:
        own = found.of(company)
        if not own.any():
            continue
        if not signs or not (own & shown).any():
            yield hidden(study, company, "early warning", "Early warning")
            continue
        yield _share(study, found, company, shown, hit, signs)
        if min(writers(study, found, own & part) for part in (recent, before)) >= FEWEST:
            yield _share(study, found, company, shown & recent, hit, signs, before=shown & before)


def _share(study: Study, found: Texts, company: str, among: Mask, hit: Mask, signs: list[str], before: Mask | None = None) -> Result:
    compared = together.share(found, company, among, hit)
    assert compared
    part, n, then = "", int(compared.own.n), ""
    if before is not None:
        part = f", the last {RECENT} months"
        own = found.of(company) & before
        then = f"; in the {RECENT} months before, in {words.some(int((own & hit).sum()))} of {int(own.sum()):,}"
    return Result(
        company, f"early warning{part}", f"Missing training, or people who leave{part}",
        f"In {words.some(compared.hits)} of {words.many(n, 'public employee review')} of {study.name(company)}{part and ' of' + part[1:]} {words.beside(compared, study.others(compared.beside))}, "
        f"{'an employee says' if compared.hits == 1 else 'employees say'} that training is missing or that people leave{then}.",
        n, compared, more_is="worse", judged=not part, tag=weakest(study, signs), note=NOTE, quotes=partial(evidence.sides, study.store, found, company, among, hit, signs))


def _last(found: Texts, ago: int) -> Mask:
    """Texts of so many months that ended so many months before the newest text's."""
    number = np.array([int(m[:4]) * 12 + int(m[5:7]) if m else -1 for m in found.rows.months], dtype=np.int64)
    end = number.max(initial=0) - ago
    at = number[found.rows.month]
    return np.asarray((at <= end) & (at > end - RECENT))


def enough(study: Study, found: Texts) -> Mask:
    """Texts of companies of whom enough employees write for nobody to be told by what he wrote."""
    shown = np.zeros(len(found.ids), dtype=bool)
    for company in found.rows.companies:
        if writers(study, found, own := found.of(company)) >= FEWEST:
            shown |= own
    return shown


def writers(study: Study, found: Texts, which: Mask) -> int:
    """How many people wrote some texts."""
    return int(study.store.one("select count(distinct ifnull(author, id)) from reviews where id in (select value from json_each(?))",
                               (json.dumps([found.ids[i] for i in which.nonzero()[0]]),)))


def hidden(study: Study, company: str, slice: str, title: str) -> Result:
    why = f"Too few employees have written about {study.name(company)} in public: nothing is shown of fewer than five, so that nobody can tell who it was."
    return Result(company, slice, f"{title}: too few employees", why, 0, missing=why)
