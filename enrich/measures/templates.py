"""Templates: the share of public replies that are pasted with little change, names, numbers and links apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.measures import Quote, Result, Study

AUDIENCES = ()
PASTED = "pasted replies"


def measure(study: Study) -> Iterator[Result]:
    condition, values = cells.days(study.where(), "r.created_at")
    counted = list(study.store.rows(
        f"""select r.company, r.source, ifnull(substr(r.created_at, 1, 10), '') as day, '', count(*), count(u.reply)
            from replies a join reviews r on r.id = a.review join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
            join companies c on c.id = r.company and c.role <> 'removed' left join template_uses u on u.reply = a.id
            where a.role in ({cells.ROLES}) and ifnull(a.text, '') <> '' and r.audience = 'customer' and {condition} group by 1, 2, 3""", values))
    rows = cells.laid_out([row[:5] for row in counted])
    pasted = np.array([[row[5]] for row in counted], dtype=float).reshape(len(counted), 1)
    for company in study.companies:
        if company not in rows.companies:
            why = f"No public reply by {study.name(company)} is known: whether it pastes its replies is not available."
            yield Result(company, PASTED, "Pasted replies", why, 0, more_is="worse", missing=why)
            continue
        compared = field.shares(rows, pasted, company)[0]
        yield Result(
            company, PASTED, "Pasted replies",
            f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public reply', 'public replies')} by {study.name(company)} "
            f"{words.beside(compared, study.others(compared.beside))}, the text is pasted from a template: the same words with other names in them.",
            int(compared.own.n), compared, more_is="worse", judged=True, quotes=partial(_quotes, study, study.where(kind="reply").but(languages=None), company))


def _quotes(study: Study, where: Where, company: str) -> Iterable[Quote]:
    yield from evidence.silent(study.store, where, company, "", "for", pasted=True)
    yield from evidence.silent(study.store, where, company, "", "against", pasted=False)
