"""Single texts with all that was found in them, for what is counted of several tags at once: a cell knows of one tag only.

Which texts count, and who is told apart, is `enrich.cells`' to say: the same texts are read here, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from enrich import cells, field
from enrich.cells import ROLES, Layout, Where
from enrich.field import Compared
from enrich.stats import Ints
from enrich.store import Store

Mask = NDArray[np.bool_]
LABELS = "'stage', 'complaint', 'reason', 'rivals', 'opening', 'order'"
"""Labels that are read beside mentions, as `name:value`."""
PASTED = "made:pasted"

_REVIEWS = "select t.id, t.company, t.source, t.audience, 'review' as kind, t.day, t.stars, t.language, t.asks, t.author, t.created_at as at from temp.told t where t.words"
_REPLIES = f"""select a.id, t.company, t.source, t.audience, 'reply' as kind, t.day, t.stars, ifnull(l.value, 'und') as language, t.asks, t.author, a.created_at as at
  from temp.told t cross join replies a on a.review = t.id left join labels l on l.kind = 'reply' and l.target = a.id and l.name = 'language'
  where a.role in ({ROLES}) and ifnull(a.text, '') <> ''"""
_FOUND = f"""select target, tag from mentions where kind = ? union all
  select target, name || ':' || value from labels where kind = ? and name in ({LABELS}) and value is not null"""
# A reply also carries the stage of its review, the language of both, and that it is made from a template.
_BESIDE = f"""select a.id, 'stage:' || l.value from replies a join labels l on l.kind = 'review' and l.target = a.review and l.name = 'stage' where l.value is not null
  union all select reply, '{PASTED}' from template_uses
  union all select target, 'answered_in:' || value from labels where kind = 'reply' and name = 'language' and value is not null
  union all select a.id, 'asked_in:' || l.value from replies a join labels l on l.kind = 'review' and l.target = a.review and l.name = 'language' where l.value is not null"""


@dataclass(slots=True)
class Texts:
    """Texts, a row each, the newest first."""

    kind: str
    ids: list[str]
    rows: Layout
    tags: dict[str, Ints]                    # tag, or `label:value`, to the texts that carry it, by number

    def carry(self, *tags: str) -> Mask:
        """Which texts carry at least one of some tags."""
        which = np.zeros(len(self.ids), dtype=bool)
        for tag in tags:
            if tag in self.tags:
                which[self.tags[tag]] = True
        return which

    def of(self, company: str) -> Mask:
        """Which texts are of a company."""
        there = self.rows.companies
        return self.rows.company == there.index(company) if company in there else np.zeros(len(self.ids), dtype=bool)


def texts(store: Store, where: Where) -> Texts:
    """The texts that `where` asks for. They are read once, as long as nothing is written: many measures ask for the same ones."""
    stamp, kept = _kept.get(store, (None, {}))
    if stamp != _stamp(store):
        cells.tell(store)
        kept = {}
        _kept[store] = _stamp(store), kept
    if where not in kept:
        kept[where] = _read(store, where)
    return kept[where]


_kept: WeakKeyDictionary[Store, tuple[tuple[int, int], dict[Where, Texts]]] = WeakKeyDictionary()


def _stamp(store: Store) -> tuple[int, int]:
    """Something else once this connection or another has written."""
    return store.one("select total_changes()"), store.one("pragma data_version")


def _read(store: Store, where: Where) -> Texts:
    condition, parameters = where.sql("cells")
    of = _REVIEWS if where.kind == "review" else _REPLIES
    found = list(store.rows(f"select id, company, source, day, author from ({of}) where {condition} order by at desc, id", parameters))
    number = {row[0]: i for i, row in enumerate(found)}
    tags: dict[str, list[int]] = {}
    for said, values in ((_FOUND, (where.kind, where.kind)), *(((_BESIDE, ()),) if where.kind == "reply" else ())):
        for id, tag in store.rows(said, values):
            if (i := number.get(id)) is not None:
                tags.setdefault(tag, []).append(i)
    rows = cells.laid_out([(*row[1:], 1) for row in found])
    rows.keys = {}                           # many texts have the same: they number nothing here
    return Texts(where.kind, list(number), rows, {tag: np.array(numbers) for tag, numbers in tags.items()})


def share(found: Texts, company: str, among: Mask, hit: Mask) -> Compared | None:
    """Share of a company's texts `among` those that are asked about that do what is counted, beside the field's; None where it has no such text."""
    if not (among & found.of(company)).any():
        return None
    return field.shares(cells.part(found.rows, among), hit[among][:, None].astype(float), company)[0]
