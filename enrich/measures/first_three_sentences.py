"""First three sentences: which moves stand in the opening of a reply to a complaint, and in what order, pasted or in the company's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np

from enrich import evidence, together, words
from enrich.lens import Tag
from enrich.measures import Result, Study, more_is
from enrich.together import PASTED, Mask, Texts

AUDIENCES = ()
MOVES = ("thanks", "acknowledges", "signs_name", "empathises", "apologises", "ownership", "explains", "commits", "remedy", "escalates", "deflects", "blames")
OPENING, THEN = "opening:", " > "
ORDER = "opening order"


def measure(study: Study) -> Iterator[Result]:
    found = together.texts(study.store, study.where(kind="reply").but(asks=True))
    moves = [t for t in study.lens.of("move") if t.name in MOVES]
    opened = _opened(found)
    read = study.store.one("select 1 from labels where kind = 'reply' and name = 'opening' limit 1")
    all_ = np.ones(len(found.ids), dtype=bool)
    pasted = found.carry(PASTED)
    for company in study.companies:
        if not read or not found.of(company).any():
            yield _missing(study, company)
            continue
        for move in moves:
            yield _share(study, found, company, all_, opened.get(move.name, ~all_), move, "")
        if order := _order(study, found, company):
            yield order
        if pasted.any():
            for among, part in ((pasted, "pasted"), (~pasted, "in its own words")):
                if (among & found.of(company)).any():
                    for move in moves:
                        yield _share(study, found, company, among, opened.get(move.name, ~all_), move, part)


def _share(study: Study, found: Texts, company: str, among: Mask, hit: Mask, move: Tag, part: str) -> Result:
    compared = together.share(found, company, among, hit)
    assert compared
    n = int(compared.own.n)
    made = {"": "", "pasted": "pasted ", "in its own words": ""}[part]
    after = ", written for the review at hand," if part == "in its own words" else ""
    return Result(
        company, f"{OPENING}{move.name}{', ' + part if part else ''}", f"{move.title}, in the first three sentences{', ' + part if part else ''}",
        f"In the first three sentences of {words.some(compared.hits)} of {words.many(n, f'public {made}reply', f'public {made}replies')} by {study.name(company)} to complaints{after} "
        f"{words.beside(compared, study.others(compared.beside))}, {words.clause(move)}.",
        n, compared, more_is=more_is(move), tag=move.id, quotes=partial(evidence.sides, study.store, found, company, among, hit, (move.id,)))


def _order(study: Study, found: Texts, company: str) -> Result | None:
    """The opening that stands most often, with the order of its moves."""
    own = found.of(company)
    often = Counter({tag: int(own[which].sum()) for tag, which in found.tags.items() if tag.startswith(OPENING)})
    tag, uses = min(often.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    if not uses:
        return None
    all_, hit = np.ones(len(own), dtype=bool), found.carry(tag)
    compared = together.share(found, company, all_, hit)
    assert compared
    titles = {t.name: t.title for t in study.lens.of("move")}
    steps = [titles.get(m, m) for m in tag.removeprefix(OPENING).split(THEN)]
    said = ", then ".join(f"“{s}”" for s in steps)
    only = f"in this order: {said}" if len(steps) > 1 else f"one thing only: {said}"
    n = int(compared.own.n)
    return Result(
        company, ORDER, "The commonest opening of a reply to a complaint",
        f"In {words.some(compared.hits)} of {words.many(n, 'public reply', 'public replies')} by {study.name(company)} to complaints {words.beside(compared, study.others(compared.beside))}, "
        f"the first three sentences do {only}. No other opening is used more often.",
        n, compared, note="The figure of the others is of the very same opening. How well the order within openings is read has not been measured.", quotes=partial(evidence.sides, study.store, found, company, all_, hit))


def _opened(found: Texts) -> dict[str, Mask]:
    """Move to the replies whose first three sentences make it."""
    out: dict[str, Mask] = {}
    for tag, which in found.tags.items():
        if tag.startswith(OPENING):
            for move in tag.removeprefix(OPENING).split(THEN):
                out.setdefault(move, np.zeros(len(found.ids), dtype=bool))[which] = True
    return out


def _missing(study: Study, company: str) -> Result:
    why = f"No public reply by {study.name(company)} to a complaint has been read for its opening: this is not available. That is not to say that it does not answer."
    return Result(company, ORDER, "The commonest opening of a reply to a complaint", why, 0, missing=why)
