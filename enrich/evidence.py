"""The texts behind a figure and those against it: public, still standing, one an author, the telling ones first; and the words that would count, had nobody struck them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from enrich.cells import ASKS, ROLES, Where, days
from enrich.measures import Quote
from enrich.store import Store
from enrich.together import Mask, Texts

MOST = 50
"""Texts a side of a finding."""
TELLING = (60, 900)
"""Characters of a text that is best to read."""

Side = Literal["for", "against", "struck"]

# Private places and vanished texts are never shown.
_STANDING = """join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
  join looks k on k.kind = 'review' and k.target = r.id and k.gone_at is null"""
_REPLY_STANDING = "join looks kr on kr.kind = 'reply' and kr.target = a.id and kr.gone_at is null"
_RECENT = "select * from mentions where tag in ({tags}) and company = ? order by id desc limit 20000"
"""Mentions of tags that are looked through: enough to choose from, however many there are."""
_NEWEST = "order by {time} desc, {id} limit " + str(8 * MOST)


def _of(where: Where, company: str) -> tuple[str, list[Any]]:
    period, between = days(where, "r.created_at")
    said = ["r.company = ?", "r.audience = ?", period]
    values: list[Any] = [company, where.audience, *between]
    if where.stars is not None:
        said.append(f"ifnull(r.stars, 0) in ({', '.join(str(s) for s in sorted(where.stars))})")
    if where.asks is not None:
        said.append(f"({ASKS}) = {int(where.asks)}")
    return " and ".join(said), values


def carrying(store: Store, where: Where, company: str, tag: str | Sequence[str], side: Side, *, pasted: bool | None = None, beside: Sequence[str] = ()) -> Iterator[Quote]:
    """Texts of a company that carry a tag (or one of several), with its words; of replies, those made from a template or not; those that also carry one of `beside`."""
    tags = (tag,) if isinstance(tag, str) else tuple(tag)
    condition, values = _of(where, company)
    if beside:
        condition += f" and exists (select 1 from mentions b where b.kind = m.kind and b.target = m.target and b.tag in ({_marks(beside)}))"
        values += beside
    reply = where.kind == "reply"
    text, time = ("a.text", "a.created_at") if reply else ("r.text", "r.created_at")
    rows = store.rows(
        f"""select m.kind, m.target, m.review, m.start, m.end, m.tag, ifnull(r.author, r.id), length({text}) from ({_RECENT.format(tags=_marks(tags))}) m join reviews r on r.id = m.review {_STANDING}
            {f"join replies a on a.id = m.target {_REPLY_STANDING}" if reply else ""}
            where m.kind = ? and {condition} {_made(pasted)} {_NEWEST.format(time=time, id="m.target, m.start")}""",
        [*tags, company, where.kind, *values])
    yield from _some(side, rows)
    yield from _struck(store, where.kind, tags, f"{condition} {_made(pasted)}", values)


def silent(store: Store, where: Where, company: str, tag: str, side: Side, *, pasted: bool | None = None) -> Iterator[Quote]:
    """Replies of a company that do not carry a move."""
    condition, values = _of(where, company)
    if where.languages is not None:          # in a text that no step could read, nothing was looked for
        condition += " and ifnull((select value from labels where kind = 'reply' and target = a.id and name = 'language'), 'und') in (select value from json_each(?))"
        values.append(json.dumps(sorted(where.languages)))
    rows = store.rows(
        f"""select 'reply', a.id, r.id, null, null, null, ifnull(r.author, r.id), length(a.text) from replies a join reviews r on r.id = a.review {_STANDING} {_REPLY_STANDING}
            where a.company = ? and a.role in ({ROLES}) and ifnull(a.text, '') <> '' and {condition}
            and not exists (select 1 from mentions m where m.kind = 'reply' and m.target = a.id and m.tag = ?) {_made(pasted)} {_NEWEST.format(time="a.created_at", id="a.id")}""",
        [company, *values, tag])
    yield from _some(side, rows)


def labelled(store: Store, where: Where, company: str, name: str, values_in: tuple[str, ...], side: Side, *, pasted: bool | None = None) -> Iterator[Quote]:
    """Texts of a company whose label has one of some values; of reviews with the first words that weighed."""
    condition, values = _of(where, company)
    reply = where.kind == "reply"
    text, of = ("a", f"from replies a join reviews r on r.id = a.review {_STANDING} {_REPLY_STANDING}") if reply else ("r", f"from reviews r {_STANDING}")
    words = "null, null" if reply else "json_extract(l.spans, '$[0][0]'), json_extract(l.spans, '$[0][1]')"
    rows = store.rows(
        f"""select '{where.kind}', {text}.id, r.id, {words}, null, ifnull(r.author, r.id), length({text}.text) {of}
            join labels l on l.kind = '{where.kind}' and l.target = {text}.id and l.name = ? and l.value in ({_marks(values_in)})
            where {text}.company = ? and {condition} {_made(pasted)} {_NEWEST.format(time=f"{text}.created_at", id=f"{text}.id")}""",
        [name, *values_in, company, *values])
    yield from _some(side, rows)


def waited(store: Store, where: Where, company: str, side: Side, *, answered_in: float | None, tag: str = "") -> Iterator[Quote]:
    """Reviews that were answered within so many hours, or (None) not answered as long as they were watched."""
    condition, values = _of(where, company)
    answer = f"from replies a where a.review = r.id and a.role in ({ROLES})"
    if answered_in is None:
        how = f"not exists (select 1 {answer})"
    else:
        how = f"exists (select 1 {answer} and (julianday(a.created_at) - julianday(r.created_at)) * 24 between 0 and {float(answered_in)})"
    rows = store.rows(
        f"""select 'review', r.id, r.id, null, null, null, ifnull(r.author, r.id), length(r.text) from reviews r {_STANDING} and p.replies_visible = 1
            where ifnull(r.text, '') <> '' and {condition} and {how}
            {"and r.id in (select target from mentions where tag = ? and company = ? and kind = 'review')" if tag else ""}
            {_NEWEST.format(time="r.created_at", id="r.id")}""", [*values, *([tag, company] if tag else [])])
    yield from _some(side, rows)
    if tag:
        yield from _struck(store, "review", (tag,), condition, values)


def picked(store: Store, found: Texts, which: Mask, tags: Sequence[str], side: Side) -> Iterator[Quote]:
    """Some of single texts, with the first words that carry one of some tags, or that stand behind such a label."""
    reply = found.kind == "reply"
    text = "a" if reply else "r"
    of = "replies a on a.id = j.value join reviews r on r.id = a.review" if reply else "reviews r on r.id = j.value"
    rows = store.rows(
        f"""select '{found.kind}', {text}.id, r.id, ifnull(m.start, json_extract(l.spans, '$[0][0]')), ifnull(m.end, json_extract(l.spans, '$[0][1]')), m.tag, ifnull(r.author, r.id), length({text}.text)
            from json_each(?) j cross join {of} {_STANDING} {_REPLY_STANDING if reply else ""}
            left join mentions m on m.id = (select id from mentions where kind = '{found.kind}' and target = {text}.id and +tag in ({_marks(tags)}) order by start limit 1)
            left join labels l on l.kind = '{found.kind}' and l.target = {text}.id and l.name || ':' || l.value in ({_marks(tags)})
            where {text}.text <> '' order by j.key""",
        [json.dumps([found.ids[i] for i in which.nonzero()[0][:4 * MOST]]), *tags, *tags])
    yield from _some(side, rows)


def sides(store: Store, found: Texts, company: str, among: Mask, hit: Mask, tags: Sequence[str] = (), around: Sequence[str] = ()) -> Iterator[Quote]:
    """Of a company's texts `among` those that are asked about, the ones that do what is counted, and the ones that do not; what carries one of the tags `around` is asked about."""
    own = among & found.of(company)
    yield from picked(store, found, own & hit, tags, "for")
    yield from picked(store, found, own & ~hit, (), "against")
    yield from struck(store, found, own, company, tags)
    yield from struck(store, found, found.of(company), company, around)


def struck(store: Store, found: Texts, which: Mask, company: str, tags: Sequence[str]) -> Iterator[Quote]:
    """Words in some of a company's texts that would carry one of some tags, had nobody struck them."""
    if tags and (said := list(_struck(store, found.kind, tags, "r.company = ?", [company]))):
        among = {found.ids[i] for i in which.nonzero()[0]}
        yield from (quote for quote in said if quote.target in among)


def _struck(store: Store, kind: str, tags: Sequence[str], condition: str, values: Sequence[Any]) -> Iterator[Quote]:
    """All of them: they are few, and each is told. What has vanished counts, and so what was struck in it is told too."""
    rows = store.rows(
        f"""select m.kind, m.target, m.review, m.start, m.end, m.tag from struck m join reviews r on r.id = m.review join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
            {"join replies a on a.id = m.target" if kind == "reply" else ""} where m.kind = ? and m.tag in ({_marks(tags)}) and {condition} order by m.target, m.start""", [kind, *tags, *values])
    for kind_, target, review, start, end, tag in rows:
        yield Quote("struck", kind_, target, review, start, end, tag)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values)) or "null"           # of an empty list SQLite makes a scan of the whole table


def _made(pasted: bool | None) -> str:
    return "" if pasted is None else f"and {'' if pasted else 'not'} exists (select 1 from template_uses u where u.reply = a.id)"


def _some(side: Side, rows: Iterator[tuple[Any, ...]]) -> Iterator[Quote]:
    """Of the newest, texts of a few sentences first: they tell most."""
    seen: set[str] = set()
    for kind, target, review, start, end, tag, author, _ in sorted(rows, key=lambda row: not TELLING[0] <= row[-1] <= TELLING[1]):
        if author in seen or target in seen:
            continue
        seen |= {author, target}
        yield Quote(side, kind, target, review, start, end, tag)
        if len(seen) >= 2 * MOST:
            return
