"""A study as it stood on a day: built again from the ledger in a store of its own, which is thrown away afterwards.

`written` and `seen` are two moments. A text is there if it was known by `seen`, and had been written when its place was last looked at before `written`:
so what a later look brought of earlier days is told from what happened later. All is taken back to how it stood: edits, ratings, replies, vanishing, and
how long an unanswered review had been watched. The texts of a place that nobody had looked at by `written` are all there: what is new at such a place says
nothing of what is new in the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils.db import Table as SqliteTable

from enrich import cells, ratings, reading, templates
from enrich.records import GOOD
from enrich.store import Store
from enrich.tables import TABLES, Company, Crawl, Judgement, Profile, Reply, Review, Stem, StemBand, Study, Table, Tag, Wording
from enrich.text import key

WHOLE: tuple[type[Table], ...] = (Study, Company, Profile, Tag, Stem, StemBand, Wording)
"""What does not hang on single texts, or is as the study has it today."""
OF_TEXTS = tuple(t for t in TABLES if {"kind", "target"} <= t.columns().keys() and t is not Judgement)
"""Rows of a text go where it goes."""

# A file was gathered before it was imported, and known only then. A reply without a time came after the last look without it, or with its review.
_KNOWN = """
create table known as
select 'review' as kind, r.id as target, r.id as review, r.profile, coalesce(
    (select min(k.started_at) from crawls k where k.profile = r.profile and k.kind = 'import' and k.started_at >= l.first_seen), l.first_seen, r.created_at, '') as at,
  coalesce(r.created_at, l.first_seen, '') as written
from reviews r left join looks l on l.kind = 'review' and l.target = r.id
union all
select 'reply', a.id, a.review, a.profile, coalesce(
    (select min(k.started_at) from crawls k where k.profile = a.profile and k.kind = 'import' and k.started_at >= l.first_seen), l.first_seen, a.created_at, ''),
  coalesce(a.created_at, (select max(c.not_before) from changes c where c.kind = 'reply' and c.target = a.id and c.what = 'appeared'), r.created_at, l.first_seen, '')
from replies a join reviews r on r.id = a.review left join looks l on l.kind = 'reply' and l.target = a.id
"""
_PLACES = f"""
create temp table places as
select p.id as profile, k.looked is null and not exists (select 1 from base.known n where n.profile = p.id and n.at <= :written) as fresh,
  ifnull(k.looked, :written) as looked
from base.profiles p left join (
  select profile, max(min(ifnull(seen_at, started_at), :written)) as looked from base.crawls
  where kind <> 'replay' and started_at <= :written and outcome in ({", ".join(map(repr, GOOD))}) group by profile) k on k.profile = p.id
"""
_THERE = """
insert into there select n.kind, n.target, case when p.fresh then :seen else :written end, case when p.fresh then :seen else p.looked end
from base.known n join temp.places p on p.profile = n.profile join base.known r on r.kind = 'review' and r.target = n.review
where n.at <= :seen and r.at <= :seen and (p.fresh or ((n.at <= :written or n.written <= p.looked) and (r.at <= :written or r.written <= p.looked)))
"""
# What was seen again later was last seen, by then, when its place was last looked at.
_LOOKS = """
update looks set gone_at = case when gone_at <= t.as_of then gone_at end, last_seen = case when last_seen > t.as_of then max(first_seen, t.looked) else last_seen end,
  still_at = case when still_at > t.as_of then t.looked else still_at end
from temp.there t where t.kind = looks.kind and t.target = looks.target
"""
_LATER = """
select c.kind, c.target, c.old from base.changes c join temp.there t on t.kind = c.kind and t.target = c.target
where c.what = ? and c.cause in ('source', 'import') and c.noticed_at > t.as_of order by c.noticed_at desc
"""


@contextmanager
def snapshot(store: Store, room: Path) -> Iterator[Store]:
    """A copy of a store at one moment, all of its texts read by today's steps; the store itself is only read."""
    path = room / "base.db"
    store.db.execute("vacuum into ?", (str(path),))
    with Store(path) as base:
        _unsearched(base)
        reading.read(base)
        templates.cluster(base)
        base.execute(_KNOWN)
        base.execute("create index known_target on known (kind, target)")
        base.execute("create index known_profile on known (profile, at)")
        yield base


@contextmanager
def stood(base: Store, room: Path, written: str, seen: str) -> Iterator[Store]:
    """The study as it stood at `written`, as far as it was known at `seen`, counted. Nothing is concluded."""
    path = room / f"{written}-{seen}.db".replace(":", "")
    values = {"written": written, "seen": seen}
    with Store(path, create=True) as made:
        _unsearched(made)
        made.db.execute("attach database ? as base", (str(base.path),))
        made.execute(_PLACES, values)
        made.execute("create temp table there (kind text, target text, as_of text, looked text, primary key (kind, target)) without rowid")
        made.execute(_THERE, values)
        _fill(made, values)
        _take_back(made)
        made.db.execute("detach database base")
        reading.read(made)
        templates.cluster(made)
        cells.update(made)
        yield made
    path.unlink()


def fresh_places(store: Store) -> list[str]:
    """The places of a store that nobody had looked at when it stood so."""
    return [place for (place,) in store.rows("select profile from temp.places where fresh order by profile")]


def last_look(store: Store) -> str | None:
    """When the other places had last been looked at."""
    found: str | None = store.one("select max(looked) from temp.places where not fresh")
    return found


def leave_out(store: Store, places: list[str]) -> None:
    """Counts anew without some places."""
    if places:
        store.many("update profiles set private = 1 where id = ?", ((place,) for place in places))
        cells.update(store, ())


def _fill(made: Store, values: dict[str, str]) -> None:
    with made.atomic():
        for table in WHOLE:
            _copy(made, table)
        _copy(made, Review, "id in (select target from temp.there where kind = 'review')")
        _copy(made, Reply, "id in (select target from temp.there where kind = 'reply')")
        for table in OF_TEXTS:
            _copy(made, table, f"(kind, target) in (select kind, target from temp.there){' and (t.what = ' + repr('appeared') + _NOTICED if table.NAME == 'changes' else ''}")
        _copy(made, Crawl, "started_at <= :seen", values)
        made.execute(_LOOKS)
        made.execute("update profiles set short_since = null where short_since > :written", values)


_NOTICED = " or t.noticed_at <= (select as_of from temp.there h where h.kind = t.kind and h.target = t.target))"


def _copy(made: Store, table: type[Table], where: str = "1", values: dict[str, str] | None = None) -> None:
    columns = ", ".join(f"[{c}]" for c in table.columns())
    made.execute(f"insert into [{table.NAME}] ({columns}) select {columns} from base.[{table.NAME}] t where {where}", values or {})


def _take_back(made: Store) -> None:
    """Texts and ratings that were changed later are again what they were; what our own parser or masking changed stays as it is today."""
    with made.atomic():
        for kind, target, old in list(made.rows(_LATER, ("edited",))):
            made.execute(f"update {'reviews' if kind == 'review' else 'replies'} set text = ?, text_key = ? where id = ?", (old, key(old) if old else None, target))
        for _, target, old in list(made.rows(_LATER, ("rated",))):
            made.execute("update reviews set rating_raw = ?, rating = ?, stars = ? where id = ?", (old, *_rating(made, target, old), target))


def _rating(made: Store, review: str, raw: str | None) -> tuple[float | None, int | None]:
    """What a place means by a rating: as it stands on its other reviews, or as it reads."""
    known = next(made.rows("select rating, stars from base.reviews where rating_raw = ? and profile = (select profile from reviews where id = ?) limit 1", (raw, review)), None)
    if known:
        return known[0], known[1]
    try:
        read = ratings.read(raw)
    except ValueError:                       # a scale that only its source knows
        read = None
    return (read.value, ratings.stars(read.value)) if read else (None, None)


def _unsearched(store: Store) -> None:
    """Nobody searches in a copy, and keeping its index costs more than all the rest."""
    for table in TABLES:
        there = store.db.table(table.NAME)
        if table.SEARCH and isinstance(there, SqliteTable):
            there.disable_fts()
