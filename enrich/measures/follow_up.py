"""Follow-up: how often customers say that the company checked back afterwards, and how often it wrote again in public after its first answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.cells import ROLES
from enrich.measures import Result, Study
from enrich.together import Texts

AUDIENCES = ("customer",)
DID, DID_NOT = "theme:follow_up+", "theme:follow_up-"
AGAIN = "wrote again"
NOTE = "Few reviews tell of it either way, and a company may have followed up where nobody else can see it."


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where())
    did, did_not = found.carry(DID), found.carry(DID_NOT)
    for company in study.companies:
        own = found.of(company)
        if not own.any():
            continue
        if (own & (did | did_not)).any():
            yield _told(study, found, company)
        else:
            why = f"No public review of {study.name(company)} tells whether the company followed up: this is not available."
            yield Result(company, DID, "Follow-up, of those who tell of it", why, 0, more_is="better", missing=why)
    yield from _again(study)


def _told(study: Study, found: Texts, company: str) -> Result:
    did, telling = found.carry(DID), found.carry(DID, DID_NOT)
    compared = together.share(found, company, telling, did)
    assert compared
    return Result(
        company, DID, "Follow-up, of those who tell of it",
        words.customers_say(compared, f"{study.name(company)} that tell whether anybody followed up", study.others(compared.beside), "the company checked back afterwards"),
        int(compared.own.n), compared, more_is="better", tag=DID, note=NOTE, quotes=partial(evidence.sides, study.store, found, company, telling, did, (DID,), (DID, DID_NOT)))


def _again(study: Study) -> Iterator[Result]:
    """Complaints that were answered, on sources where a company is seen to answer twice: on how many days it wrote."""
    found = together.texts(study.store, study.where().but(asks=True, languages=None))
    number = {id: i for i, id in enumerate(found.ids)}
    days, source = np.zeros(len(number)), np.full(len(number), "", dtype=object)
    for id, where, n in study.store.rows(f"""select r.id, r.source, count(distinct substr(a.created_at, 1, 10)) from replies a join reviews r on r.id = a.review join profiles p on p.id = r.profile and p.replies_visible = 1
                                             where a.role in ({ROLES}) and a.created_at is not null group by 1"""):
        if id in number:
            days[number[id]], source[number[id]] = n, where
    among = (days > 0) & np.isin(source, sorted(set(source[days > 1])))
    for company in study.companies:
        if compared := together.share(found, company, among, days > 1):
            n = int(compared.own.n)
            yield Result(
                company, AGAIN, "Wrote again after the first answer",
                f"Under {words.some(compared.hits)} of {words.many(n, 'public complaint')} about {study.name(company)} that it answered {words.beside(compared, study.others(compared.beside))}, "
                "the company wrote again on a later day.",
                n, compared, more_is="better", note="Only where a source is seen to let a company answer twice. " + NOTE,
                quotes=partial(evidence.sides, study.store, found, company, among, days > 1))
        elif found.of(company).any():
            why = f"No source is known where {study.name(company)} answered a complaint and could answer twice: whether it writes again is not available."
            yield Result(company, AGAIN, "Wrote again after the first answer", why, 0, more_is="better", missing=why)
