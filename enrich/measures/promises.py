"""Promises: to how many customers a company commits itself in a public reply, and what the same customers say or show later came of it.

Kept, broken or nothing heard, by the same customer only: by a later review of theirs, by words that they added to the one they wrote, or by the
rating that they raised or lowered after the reply. What other customers say later is context, and stands on the weakness map.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.field import Compared
from enrich.measures import Quote, Result, Study

AUDIENCES = ()
COMMITS, DATED = ("move:commits", "move:commits_by"), "move:commits_by"
KEPT, BROKEN = ("theme:promise+", "theme:resolved+"), ("theme:promise-", "theme:resolved-")
SILENCE = "Most customers never write again: nothing heard is neither kept nor broken, and recent promises have had little time. Their later posts under a reply are not read."
OUTCOMES = {
    "kept": ("Promises kept, as the same customers show", "later says or shows that it was kept"),
    "broken": ("Promises broken, as the same customers show", "later says or shows that it was not kept"),
}
_TAGS = ", ".join(f"'{tag}'" for tag in (*KEPT, *BROKEN))
# What a customer wrote after the reply: another review, or the same one where the source shows its last edit; words that an edit added; a rating that changed.
# CROSS JOIN and the plus keep SQLite to the few texts of these authors, never through a company's reviews.
_LATER = f"""
with made as (
  select a.id, a.review, ifnull(a.created_until, a.created_at) as at, r.company, r.author from json_each(?) j join replies a on a.id = j.value join reviews r on r.id = a.review where a.created_at is not null
), said as (
  select made.id, m.tag, m.target, m.start, m.end from made cross join reviews o on o.company = made.company and o.author = made.author and +o.created_at > made.at
    cross join mentions m on m.kind = 'review' and m.target = o.id and m.tag in ({_TAGS})
  union all
  select made.id, m.tag, m.target, m.start, m.end from made cross join reviews o on o.id = made.review and o.created_at > made.at and o.author is null
    cross join mentions m on m.kind = 'review' and m.target = o.id and m.tag in ({_TAGS})
  union all
  select made.id, m.tag, m.target, m.start, m.end from made cross join changes c on c.kind = 'review' and c.target = made.review and c.what = 'edited' and c.cause in ('source', 'import') and c.not_before >= made.at
    cross join mentions m on m.kind = 'review' and m.target = made.review and m.tag in ({_TAGS}) where c.old is not null and instr(c.old, m.words) = 0
  union all
  select made.id, case when cast(c.new as real) > cast(c.old as real) then 'raised' else 'lowered' end, made.review, null, null
    from made cross join changes c on c.kind = 'review' and c.target = made.review and c.what = 'rated' and c.cause in ('source', 'import') and c.not_before >= made.at
    where cast(c.new as real) <> cast(c.old as real)
)
select said.id, said.tag, said.target, said.start, said.end, k.gone_at is null from said cross join reviews o on o.id = said.target join profiles p on p.id = o.profile and p.private = 0 and p.population <> 'chosen'
  cross join looks k on k.kind = 'review' and k.target = o.id order by 1, 3, 4"""


@dataclass(slots=True)
class Promises:
    """Replies that commit the company, the first one to each review, and what came of them."""

    found: together.Texts
    made: together.Mask
    kept: together.Mask
    broken: together.Mask
    words: dict[str, list[Quote]]            # reply to what its customer said later, where it still stands


def measure(study: Study) -> Iterator[Result]:
    promises = _promises(study)
    for company in study.companies:
        mine = promises.made & promises.found.of(company)
        if not mine.any():
            why = f"No public reply by {study.name(company)} is known in which it commits itself to anything: what came of its promises is not available."
            yield Result(company, "kept", OUTCOMES["kept"][0], why, 0, more_is="better", missing=why)
            continue
        came = {"kept": promises.kept, "broken": promises.broken}
        shares = {outcome: _share(promises, company, hit) for outcome, hit in came.items()}
        silent = int(shares["kept"].own.n) - sum(c.hits for c in shares.values())
        for outcome, compared in shares.items():
            others = came["broken" if outcome == "kept" else "kept"]
            yield _outcome(study, company, outcome, compared, silent, partial(_quotes, study, promises, company, mine & came[outcome], mine & others))
        dated = promises.found.carry(DATED)
        compared = _share(promises, company, dated)
        yield Result(
            company, "with a day", "Promises with a day", f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public reply', 'public replies')} in which {study.name(company)} commits itself to something "
            f"{words.beside(compared, study.others(compared.beside))}, it says by when.", int(compared.own.n), compared, more_is="better", tag=DATED,
            quotes=partial(evidence.sides, study.store, promises.found, company, promises.made, dated, [DATED]))


def _share(promises: Promises, company: str, hit: together.Mask) -> Compared:
    compared = together.share(promises.found, company, promises.made, hit)
    assert compared, "a company without promises was told so"
    return compared


def _promises(study: Study) -> Promises:
    found = together.texts(study.store, study.where(kind="reply"))
    commits = found.carry(*COMMITS)
    ids = json.dumps([found.ids[i] for i in commits.nonzero()[0]])
    review = dict(study.store.rows("select a.id, a.review from json_each(?) j join replies a on a.id = j.value", (ids,)))
    first = {review[found.ids[i]]: i for i in commits.nonzero()[0]}                  # the newest come first, so the oldest stays
    made, kept, broken = (np.zeros(len(found.ids), dtype=bool) for _ in range(3))
    made[list(first.values())] = True
    number = {found.ids[i]: i for i in first.values()}
    said: dict[str, list[Quote]] = {}
    for reply, tag, target, start, end, stands in study.store.rows(_LATER, (json.dumps(list(number)),)):
        (kept if tag in (*KEPT, "raised") else broken)[number[reply]] = True
        if stands:
            said.setdefault(reply, []).append(Quote("for", "review", target, target, start, end))
    unclear = kept & broken
    return Promises(found, made, kept & ~unclear, broken & ~unclear, said)


def _outcome(study: Study, company: str, outcome: str, compared: Compared, silent: int, quotes: partial[Iterator[Quote]]) -> Result:
    title, clause = OUTCOMES[outcome]
    return Result(
        company, outcome, title, f"In {words.some(compared.hits)} of {words.many(int(compared.own.n), 'public reply', 'public replies')} in which {study.name(company)} commits itself to something "
        f"{words.beside(compared, study.others(compared.beside))}, the same customer {clause}; after {words.some(silent)} of them nothing clear was heard.", int(compared.own.n), compared,
        more_is="better" if outcome == "kept" else "worse", judged=True, tag=f"joint:{outcome}", note=SILENCE, quotes=quotes)


def _quotes(study: Study, promises: Promises, company: str, so: together.Mask, otherwise: together.Mask) -> Iterator[Quote]:
    """The promise and what its customer said later; against it, those of whom the reverse was heard."""
    for quotes in (_side(study, promises, so, "for"), _side(study, promises, otherwise, "against")):
        yield from quotes
    yield from evidence.struck(study.store, promises.found, promises.found.of(company), company, COMMITS)


def _side(study: Study, promises: Promises, which: together.Mask, side: evidence.Side) -> Iterator[Quote]:
    yield from evidence.picked(study.store, promises.found, which, COMMITS, side)
    for i in which.nonzero()[0][:evidence.MOST]:
        yield from (replace(quote, side=side) for quote in promises.words.get(promises.found.ids[i], ()))
