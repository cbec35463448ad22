"""Coverage: how many of a company's public reviews have words that are read here, and why the others have none."""

from __future__ import annotations

from collections.abc import Iterator

from enrich import cells, words
from enrich.measures import Figure, Result, Study

AUDIENCES = ()


def measure(study: Study) -> Iterator[Result]:
    where = study.where()
    condition, between = cells.days(where, "r.created_at")
    gathered = dict(study.store.rows(
        f"""select r.company, count(*) from reviews r join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
            where r.audience = 'customer' and {condition} group by 1""", between))
    silent = dict(study.store.rows(
        f"""select r.company, count(*) from reviews r join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
            where r.audience = 'customer' and ifnull(r.text, '') = '' and {condition} group by 1""", between))
    read, worded = (_counted(study, w) for w in (where, where.but(languages=None)))
    for company in study.companies:
        if n := gathered.get(company, 0):
            stars, foreign = silent.get(company, 0), worded.get(company, 0) - read.get(company, 0)
            copies = n - stars - worded.get(company, 0)
            rest = ((stars, "has stars only", "have stars only"), (foreign, "is in another language", "are in other languages"),
                    (copies, "stands word for word on another of its places and counts once", "stand word for word on another of its places and count once"))
            told = words.listed([words.agree(*r) for r in rest if r[0]])
            yield Result(company, "reviews read", "Reviews whose words are read", f"Of {words.many(n, 'public customer review')} of {study.name(company)}, "
                         f"{words.agree(read.get(company, 0), 'has', 'have')} words that are read here{'; ' + told if told else ''}.", n, figure=Figure(read.get(company, 0) / n))


def _counted(study: Study, where: cells.Where) -> dict[str, int]:
    rows = cells.layout(study.store, where)
    return {company: int(rows.n[rows.company == i].sum()) for i, company in enumerate(rows.companies)}
