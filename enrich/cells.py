"""Counts that figures are computed from: `cells` (texts by tag) and `waits` (how long reviews waited), brought up to date where something is new.

Findings and filtered views read them by the same functions: a `Where` says which texts, `layout` gives the rows, `hits` those of a tag.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enrich.published import COPY_DAYS, COPY_LETTERS
from enrich.records import ANSWERING
from enrich.stats import Floats, Ints
from enrich.store import Store

VERSION = "4"
"""Raised when counting changes: everything is then counted anew."""
LABELS = ("stage", "order", "complaint", "sentiment", "generic", "fit")
"""Labels that are counted like tags, as `name:value`."""
OUTCOMES = ("quality", "value", "loyalty", "advocacy")
"""Themes that say what came of a relationship, or what was sold: every other one of a customer's pays into the relationship or draws on it."""
_OUTCOMES = ", ".join(f"'theme:{name}{sign}'" for name in OUTCOMES for sign in "+-")
JOINT = {
    "joint:entry": f"max(m.tag glob 'theme:*[+-]' and m.tag not in ({_OUTCOMES}))",
    "joint:withdrawal": f"max(m.tag glob 'theme:*-' and m.tag not in ({_OUTCOMES}))",
    "joint:bound": "max(m.tag in ('theme:loyalty+', 'theme:loyalty-', 'theme:advocacy+'))",
    "joint:loyal": "max(m.tag in ('theme:loyalty+', 'theme:advocacy+'))",
    "joint:loyal_despite": "max(m.tag = 'theme:loyalty+') and max(m.tag in ('theme:quality-', 'theme:value-'))",
    "joint:able_kind": "max(m.tag = 'theme:competence+') and max(m.tag = 'theme:courtesy+')",
    "joint:able_unkind": "max(m.tag = 'theme:competence+') and max(m.tag = 'theme:courtesy-')",
    "joint:unable_kind": "max(m.tag = 'theme:competence-') and max(m.tag = 'theme:courtesy+')",
    "joint:unable_unkind": "max(m.tag = 'theme:competence-') and max(m.tag = 'theme:courtesy-')",
}
"""What a customer's review carries as a whole, counted like a tag; for SQL, over the mentions of one review."""
Touched = Iterable[tuple[str, str]]
"""Company and day (of the review, empty where it has none) whose texts were read or seen anew."""

ROLES = ", ".join(f"'{r}'" for r in ANSWERING)
"""For SQL: who ends the wait."""
ASKS = """case when r.stars is not null then r.stars <= 2 else exists
  (select 1 from labels c where c.kind = 'review' and c.target = r.id and c.name = 'complaint' and c.value = 'yes') end"""
"""For SQL: whether the review `r` asks for an answer."""

_TOUCHED_ALL = "insert or ignore into temp.touched select distinct company, ifnull(substr(created_at, 1, 10), '') from reviews"
_TAKEN_FOR = f"'{VERSION}:' || ifnull(p.replies_visible, '') || ',' || p.private || ',' || p.population || ',' || p.audience || ',' || ifnull(p.short_since, '')"
_TOUCHED_PLACES = f"""insert or ignore into temp.touched select distinct r.company, ifnull(substr(r.created_at, 1, 10), '')
  from profiles p cross join reviews r on r.profile = p.id where {_TAKEN_FOR} <> (select taken_for from counted c where c.profile = p.id)"""
_COUNTED = f"insert or replace into counted (profile, taken_for) select p.id, {_TAKEN_FOR} from profiles p where {_TAKEN_FOR} is not (select taken_for from counted c where c.profile = p.id)"
# An author's other days change when he becomes one who is told apart; a copy's day when its original appears.
_TOUCHED_MORE = (
    """insert or ignore into temp.touched select distinct o.company, ifnull(substr(o.created_at, 1, 10), '')
       from temp.touched t cross join reviews r on r.company = t.company and r.created_at >= t.day and r.created_at < t.day || 'U'
       cross join reviews o on o.company = r.company and o.author = r.author where t.day <> ''""",
    f"""insert or ignore into temp.touched select distinct o.company, ifnull(substr(o.created_at, 1, 10), '')
       from temp.touched t cross join reviews r on r.company = t.company and r.created_at >= t.day and r.created_at < t.day || 'U'
       cross join reviews o on o.text_key = r.text_key and +o.company = r.company and o.profile <> r.profile
       where t.day <> '' and length(r.text) >= {COPY_LETTERS}""",
)
# A place that shows fewer reviews than it must (short_since) counts as it was seen before.
# CROSS JOIN keeps SQLite to the order written: from the touched days to their reviews, never through all reviews; the plus, to the index of texts.
_TOLD = f"""
create temp table told as
with seen as (
  select r.*, t.day, {ASKS} as asks, p.replies_visible as visible, p.short_since
  from temp.touched t cross join reviews r on r.company = t.company and r.created_at >= t.day and r.created_at < t.day || 'U'
  join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen' where t.day <> ''
  union all
  select r.*, '', {ASKS}, p.replies_visible, p.short_since
  from temp.touched t cross join reviews r on r.company = t.company and r.created_at is null
  join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen' where t.day = ''
)
select s.id, s.company, s.source, s.profile, s.audience, s.day, ifnull(s.stars, 0) as stars,
  ifnull(l.value, 'und') as language,
  s.asks,
  case when s.author is not null and exists (select 1 from reviews o where o.company = s.company and o.author = s.author
       and ifnull(substr(o.created_at, 1, 10), '') <> s.day) then s.author else '' end as author,
  ifnull(s.text, '') <> '' as words, ifnull(s.visible, 0) = 1 as visible,
  s.created_at, s.created_until, s.created_kind, s.short_since
from seen s
left join labels l on l.kind = 'review' and l.target = s.id and l.name = 'language'
where (s.short_since is null or (select first_seen from looks k where k.kind = 'review' and k.target = s.id) < s.short_since) and not (length(ifnull(s.text, '')) >= {COPY_LETTERS} and exists (
  select 1 from reviews o where o.text_key = s.text_key and o.company = s.company and o.profile <> s.profile
  and abs(julianday(o.created_at) - julianday(s.created_at)) <= {COPY_DAYS}
  and (o.created_at < s.created_at or (o.created_at = s.created_at and o.id < s.id))
  and (select private = 0 and population <> 'chosen' from profiles where id = o.profile)))
"""
_CELL = "company, source, audience, {kind}, day, stars, {language}, asks, author"
_HELD = ", ".join(f"case when {condition} then '{tag}' end" for tag, condition in JOINT.items())
_REVIEWS = f"""
insert into cells (company, source, audience, kind, day, stars, language, asks, author, tag, n)
select {_CELL.format(kind="'review'", language='language')}, tag, count(distinct id) from (
  select t.*, '' as tag from temp.told t where t.words
  union all
  select t.*, m.tag from temp.told t cross join mentions m on m.kind = 'review' and m.target = t.id where t.words
  union all
  select t.*, b.name || ':' || b.value from temp.told t cross join labels b on b.kind = 'review' and b.target = t.id
  where t.words and b.name in (select value from json_each(:labels)) and ifnull(b.value, 'unknown') <> 'unknown'
  union all
  select t.*, j.value from (
    select t.id, json_array({_HELD}) as held
    from temp.told t cross join mentions m on m.kind = 'review' and m.target = t.id where t.words and t.audience = 'customer' group by t.id
  ) h cross join json_each(h.held) j on j.value is not null cross join temp.told t on t.id = h.id
) group by {_CELL.format(kind='1', language='language')}, tag
"""
_REPLIES = f"""
insert into cells (company, source, audience, kind, day, stars, language, asks, author, tag, n)
with said as (
  select t.company, t.source, t.audience, t.day, t.stars, t.asks, t.author, ifnull(l.value, 'und') as language, r.id
  from temp.told t cross join replies r on r.review = t.id
  left join labels l on l.kind = 'reply' and l.target = r.id and l.name = 'language'
  where r.role in ({ROLES}) and ifnull(r.text, '') <> ''
)
select {_CELL.format(kind="'reply'", language='language')}, tag, count(distinct id) from (
  select s.*, '' as tag from said s
  union all
  select s.*, m.tag from said s cross join mentions m on m.kind = 'reply' and m.target = s.id
  union all
  select s.*, b.name || ':' || b.value from said s cross join labels b on b.kind = 'reply' and b.target = s.id
  where b.name in (select value from json_each(:labels)) and ifnull(b.value, 'unknown') <> 'unknown'
) group by {_CELL.format(kind='1', language='language')}, tag
"""
# The first answer lies between the earliest and the latest moment it can have been written, the review likewise: the wait lies between their
# differences. A reply without a time came after the last look without it. A reply earlier than the review (which was edited since) waited from
# the review's first day, unknown, but not before the place had its first review.
_WAITS = f"""
insert into waits (company, source, audience, day, stars, asks, author, tag, edited, lo, hi, n)
with answer as (
  select t.id,
    min(ifnull(r.created_at, max(t.created_at, ifnull((select max(c.not_before) from changes c where c.kind = 'reply' and c.target = r.id and c.what = 'appeared'), '')))) as r_lo,
    min(coalesce(r.created_until, r.created_at, (select first_seen from looks where kind = 'reply' and target = r.id))) as r_hi
  from temp.told t cross join replies r on r.review = t.id
  where t.visible and r.role in ({ROLES}) group by t.id
),
timed as (
  select t.*, min(max(k.last_seen, ifnull(k.still_at, '')), ifnull(t.short_since, '9')) as last_seen, k.first_seen, a.r_lo, a.r_hi, a.id is not null as answered,
    ifnull(a.r_hi < t.created_at, 0) as before
  from temp.told t left join looks k on k.kind = 'review' and k.target = t.id left join answer a on a.id = t.id
  where t.visible and t.created_at is not null
),
waited as (
  select *, case
      when not answered then max(0, (julianday(last_seen) - julianday(created_until)) * 24)
      when before then max(0, (julianday(r_lo) - julianday(min(first_seen, r_lo))) * 24)
      else max(0, (julianday(r_lo) - julianday(created_until)) * 24) end as lo,
    case
      when not answered then -1
      when before then max(0, (julianday(r_hi) - julianday(min(r_hi, (select min(p.created_at) from reviews p where p.profile = timed.profile)))) * 24)
      else max(0, (julianday(r_hi) - julianday(created_at)) * 24) end as hi
  from timed where last_seen is not null and (not answered or r_hi is not null)
)
select company, source, audience, day, stars, asks, author, tag, created_kind = 'edited', round(lo, 2), round(case when hi < 0 then -1 else max(lo, hi) end, 2), count(distinct id) from (
  select w.*, '' as tag from waited w
  union all
  select w.*, m.tag from waited w cross join mentions m on m.kind = 'review' and m.target = w.id where asks
) group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""


def update(store: Store, touched: Touched | None = None) -> int:
    """Counts anew the companies' days that are `touched` (None: all of them); returns how many days.

    Days whose counts hang on a touched one (another review of the same author, a copy of the same text) are done with it, and all days of a
    place that is taken for something else since (it is seen to show replies, or was made private).
    """
    with store.atomic(), _tables(store):
        if touched is None:
            store.execute("delete from cells")
            store.execute("delete from waits")
            store.execute(_TOUCHED_ALL)
        else:
            store.many("insert or ignore into temp.touched values (?, ?)", touched)
            store.execute(_TOUCHED_PLACES)
            for more in _TOUCHED_MORE:
                store.execute(more)
            for table in ("cells", "waits"):
                store.execute(f"delete from {table} where (company, day) in (select company, day from temp.touched)")
        store.execute(_TOLD)
        store.execute("create index temp.told_id on told (id)")
        labels = {"labels": json.dumps(LABELS)}
        store.execute(_REVIEWS, labels)
        store.execute(_REPLIES, labels)
        store.execute(_WAITS)
        store.execute(_COUNTED)
        return int(store.one("select count(*) from temp.touched"))


def taken_otherwise(store: Store) -> set[str]:
    """Companies with a place that is taken for something else than when it was last counted."""
    return {company for (company,) in store.rows(f"select distinct p.company from profiles p join counted c on c.profile = p.id where c.taken_for <> {_TAKEN_FOR}")}


def tell(store: Store) -> None:
    """Makes the table `temp.told` of all texts that count; it stands until something is counted anew."""
    with store.atomic():
        _begin(store)
        store.execute(_TOUCHED_ALL)
        store.execute(_TOLD)
        store.execute("drop table temp.touched")


@contextmanager
def _tables(store: Store) -> Iterator[None]:
    _begin(store)
    yield
    store.execute("drop table temp.told")
    store.execute("drop table temp.touched")


def _begin(store: Store) -> None:
    store.execute("drop table if exists temp.told")
    store.execute("drop table if exists temp.touched")
    store.execute("create temp table touched (company text, day text, primary key (company, day))")


@dataclass(frozen=True, slots=True)
class Where:
    """Which texts a figure is of. What is None is not asked about."""

    audience: str = "customer"
    kind: str = "review"
    first: str | None = None                 # first and last day
    last: str | None = None
    languages: frozenset[str] | None = None
    stars: frozenset[int] | None = None
    asks: bool | None = None
    sources: frozenset[str] | None = None
    companies: frozenset[str] | None = None

    def but(self, **changes: Any) -> Where:
        """The same with some of it changed."""
        return replace(self, **changes)

    def sql(self, table: str) -> tuple[str, list[Any]]:
        """Condition and parameters for `cells` or `waits`."""
        said: list[tuple[str, Any]] = [("company in (select id from companies where role <> 'removed') and audience = ?", self.audience)]
        if table == "cells":
            said.append(("kind = ?", self.kind))
            if self.languages is not None:
                said.append(("language in (select value from json_each(?))", json.dumps(sorted(self.languages))))
        for condition, value in (("day >= ?", self.first), ("day <= ?", self.last), ("asks = ?", None if self.asks is None else int(self.asks))):
            if value is not None:
                said.append((condition, value))
        for name, values in (("stars", self.stars), ("source", self.sources), ("company", self.companies)):
            if values is not None:
                said.append((f"{name} in (select value from json_each(?))", json.dumps(sorted(values))))
        return " and ".join(c for c, _ in said), [v for _, v in said]


@dataclass(slots=True)
class Layout:
    """Rows of counts: each the texts of one company, source, day and author (and wait, where waits are counted)."""

    companies: list[str]
    company: Ints                            # number in `companies`
    stratum: Ints                            # source and month: what is compared lies in the same one
    day: Ints                                # company and day
    author: Ints                             # company and author; -1 where he needs no telling apart
    month: Ints                              # number in `months`
    months: list[str]
    n: Floats
    lo: Floats = field(default_factory=lambda: np.zeros(0))
    hi: Floats = field(default_factory=lambda: np.zeros(0))      # inf: not answered
    edited: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    keys: dict[tuple[str, str, str, str], int] = field(default_factory=dict)


def layout(store: Store, where: Where) -> Layout:
    """Rows of all texts with words that `where` asks for."""
    condition, parameters = where.sql("cells")
    return laid_out(list(store.rows(f"select company, source, day, author, sum(n) from cells where tag = '' and {condition} group by 1, 2, 3, 4", parameters)))


def laid_out(rows: list[tuple[Any, ...]]) -> Layout:
    """Rows of company, source, day, author and count, numbered."""
    made = _layout([r[:4] for r in rows], [r[4] for r in rows])
    made.keys = {r[:4]: i for i, r in enumerate(rows)}
    return made


def part(rows: Layout, kept: NDArray[np.bool_], n: Floats | None = None) -> Layout:
    """Some of the rows; `n` counts something else in them than texts."""
    return Layout(rows.companies, rows.company[kept], rows.stratum[kept], rows.day[kept], rows.author[kept], rows.month[kept], rows.months, (rows.n if n is None else n)[kept])


def days(where: Where, column: str) -> tuple[str, list[str]]:
    """Condition and parameters that a time lies in the period."""
    said = [(f"{column} >= ?", where.first), (f"{column} < ? || 'U'", where.last)]
    return " and ".join(c for c, v in said if v) or "1", [v for _, v in said if v]


def hits(store: Store, where: Where, rows: Layout, tags: list[str]) -> Floats:
    """How many texts of each row carry each tag (rows, tags)."""
    out = np.zeros((len(rows.n), len(tags)))
    condition, parameters = where.sql("cells")
    for k, tag in enumerate(tags):
        for *key, n in store.rows(f"select company, source, day, author, sum(n) from cells where tag = ? and {condition} group by 1, 2, 3, 4", [tag, *parameters]):
            out[rows.keys[(key[0], key[1], key[2], key[3])], k] = n
    return out


def waits(store: Store, where: Where, tag: str = "") -> Layout:
    """Rows of the waits that `where` asks for, of reviews that carry a tag (empty: of all)."""
    condition, parameters = where.sql("waits")
    rows = list(store.rows(f"select company, source, day, author, sum(n), lo, hi, edited from waits where tag = ? and {condition} group by 1, 2, 3, 4, lo, hi, edited",
                           [tag, *parameters]))
    made = _layout([r[:4] for r in rows], [r[4] for r in rows])
    made.lo = np.array([r[5] for r in rows], dtype=float)
    made.hi = np.array([r[6] for r in rows], dtype=float)
    made.hi[made.hi < 0] = np.inf
    made.edited = np.array([r[7] for r in rows], dtype=np.int64)
    return made


def _layout(keys: list[tuple[Any, ...]], n: list[int]) -> Layout:
    companies: dict[Any, int] = {}
    strata: dict[Any, int] = {}
    days: dict[Any, int] = {}
    authors: dict[Any, int] = {}
    numbers = np.empty((len(keys), 5), dtype=np.int64)
    months: dict[str, int] = {}
    for i, (name, source, date, writer) in enumerate(keys):
        numbers[i] = (companies.setdefault(name, len(companies)), strata.setdefault((source, date[:7]), len(strata)), days.setdefault((name, date), len(days)),
                      authors.setdefault((name, writer), len(authors)) if writer else -1, months.setdefault(date[:7], len(months)))
    company, stratum, day, author, month = (numbers[:, k].copy() for k in range(5))
    return Layout(list(companies), company, stratum, day, author, month, list(months), np.array(n, dtype=float))
