"""What the public pages may list: views over the raw tables, with the rights of each profile already applied.

A row is in a view only where its profile is not private and publishes at least an excerpt, and where the text still stands at its
source; of its text it has what `enrich.rights.shown` allows. Whoever queries a view gives the connection that function as
`shown(text, publish)`. The raw tables beside them are for the program only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from enrich.rights import shown
from enrich.tables import Change, Company, Mention, Profile, Reply, Review, Table, Tag, Template


@dataclass(frozen=True, slots=True)
class View:
    """A view: what it holds, its SQL, and the descriptions of its columns."""

    doc: str
    sql: str
    columns: dict[str, str]


def permit(connection: sqlite3.Connection) -> None:
    """Gives a connection the SQL function that the views call."""
    connection.create_function("shown", 2, lambda text, publish: shown(text, publish, gone=None), deterministic=True)


COPY_LETTERS, COPY_DAYS = 40, 7
"""A text of at least so many characters that stands word for word on two places of a company within so many days counts once."""
_OPEN = "{0}.private = 0 and {0}.publish <> 'none'"
_STANDS = "{1} not in (select target from looks where kind = '{0}' and gone_at is not null)"
_REVIEW, _REPLY = _STANDS.format("review", "r.id"), _STANDS.format("reply", "a.id")
_ANSWERED = "exists (select 1 from replies a where a.review = r.id and a.role in ('company', 'owner', 'manager', 'staff'))"
_COMPANY = Company.columns()["name"].metadata["doc"]
_TEXT = "what may be shown of it: an excerpt, or the whole where the source allows"
_ROW = "number that the search uses"


def _docs(table: type[Table], *names: str) -> dict[str, str]:
    return {name: table.columns()[name].metadata["doc"] for name in names}


VIEWS: dict[str, View] = {
    "published_reviews": View(
        "Reviews that may be shown, each with what may be shown of its text. The search looks through the whole texts.",
        f"""select r.id, c.name as company, r.source, r.stars, r.created_at, shown(r.text, p.publish) as text,
  case when p.replies_visible = 0 then 'not available' when {_ANSWERED} then 'yes' else 'not yet seen' end as answered,
  (select value from labels where kind = 'review' and target = r.id and name = 'sentiment') as sentiment,
  (select value from labels where kind = 'review' and target = r.id and name = 'language') as language, r.audience, r.unit, r.url, r.rowid as row
from reviews r join profiles p on p.id = r.profile join companies c on c.id = r.company and c.role <> 'removed'
where {_OPEN.format('p')} and {_REVIEW}""",
        {**_docs(Review, "id"), "company": _COMPANY, **_docs(Review, "source", "stars", "created_at"), "text": _TEXT,
         "answered": "whether a public reply by the company was seen; not available: the source hides replies",
         "sentiment": "tone of the words; none: no signal, which is not neutral", "language": "language of the text, as recognised; und: too short to tell",
         **_docs(Review, "audience", "unit", "url"), "row": _ROW}),
    "published_replies": View(
        "Replies that may be shown, each with what may be shown of its text. The search looks through the whole texts.",
        f"""select a.id, a.review, c.name as company, r.source, a.role, a.created_at, shown(a.text, p.publish) as text, r.stars as review_stars,
  r.created_at as review_created_at, a.rowid as row
from replies a join reviews r on r.id = a.review join profiles p on p.id = a.profile join companies c on c.id = a.company and c.role <> 'removed'
where {_OPEN.format('p')} and {_REVIEW} and {_REPLY}""",
        {**_docs(Reply, "id", "review"), "company": _COMPANY, **_docs(Review, "source"), **_docs(Reply, "role", "created_at"), "text": _TEXT,
         "review_stars": "stars of the review it answers", "review_created_at": "when that review was written", "row": _ROW}),
    "published_mentions": View(
        "Words in reviews and replies that carry a theme or a move of the vocabulary.",
        f"""select m.id, c.name as company, t.kind as of, t.title as theme, t.sign, m.kind, m.words, m.review, r.source, r.stars, r.created_at, m.tag
from mentions m join tags t on t.id = m.tag join reviews r on r.id = m.review join profiles p on p.id = r.profile join companies c on c.id = m.company and c.role <> 'removed'
where {_OPEN.format('p')} and {_REVIEW} and (m.kind = 'review' or {_STANDS.format('reply', 'm.target')})""",
        {**_docs(Mention, "id"), "company": _COMPANY, "of": "theme (in reviews) or move (in replies), as the vocabulary says", "theme": Tag.columns()["title"].metadata["doc"],
         **_docs(Tag, "sign"), **_docs(Mention, "kind", "words", "review"), **_docs(Review, "source", "stars", "created_at"), **_docs(Mention, "tag")}),
    "published_changes": View(
        "What changed after it was first seen: texts edited, ratings raised or lowered, replies that came late or vanished. Texts are on the page of the review.",
        f"""select x.id, c.name as company, x.kind, x.what, case when x.what = 'rated' then x.old end as old, case when x.what = 'rated' then x.new end as new,
  x.not_before, x.noticed_at, x.cause, x.review
from changes x join reviews r on r.id = x.review join profiles p on p.id = r.profile join companies c on c.id = x.company and c.role <> 'removed'
where {_OPEN.format('p')} and {_REVIEW}""",
        {**_docs(Change, "id"), "company": _COMPANY, **_docs(Change, "kind", "what"), "old": "the rating before", "new": "the rating after",
         **_docs(Change, "not_before", "noticed_at", "cause", "review")}),
    "published_templates": View(
        "Replies that are pasted with little change, where one with these very words may be shown.",
        f"""select t.id, c.name as company, t.uses, t.complaints, t.first_used, t.last_used, shown(t.text, 'excerpt') as text
from templates t join companies c on c.id = t.company and c.role <> 'removed'
where exists (select 1 from template_uses u join replies a on a.id = u.reply join profiles p on p.id = a.profile
  where u.template = t.id and u.similarity = 1 and {_OPEN.format('p')} and {_REPLY} and {_STANDS.format('review', 'a.review')})""",
        {**_docs(Template, "id"), "company": _COMPANY, **_docs(Template, "uses", "complaints", "first_used", "last_used", "text")}),
    "published_copies": View(
        "Texts that stand word for word at two places of a company: linked here, and counted once.",
        f"""select r.id, c.name as company, r.source, r.created_at, o.id as counted, o.source as counted_at, o.created_at as counted_created_at
from reviews r join profiles p on p.id = r.profile join companies c on c.id = r.company and c.role <> 'removed'
join reviews o on o.text_key = r.text_key and o.company = r.company and o.profile <> r.profile join profiles q on q.id = o.profile and q.private = 0 and q.population <> 'chosen'
where {_OPEN.format('p')} and {_REVIEW} and length(r.text) >= {COPY_LETTERS} and abs(julianday(o.created_at) - julianday(r.created_at)) <= {COPY_DAYS}
and (o.created_at < r.created_at or (o.created_at = r.created_at and o.id < r.id))""",
        {**_docs(Review, "id"), "company": _COMPANY, **_docs(Review, "source", "created_at"), "counted": "the review with the same words that is counted", "counted_at": "where that one was published",
         "counted_created_at": "when that one was written"}),
    "published_profiles": View(
        "Where each company is talked about, and what may be shown from there.",
        """select p.id, c.name as company, p.source, p.audience, p.unit, p.population,
  case p.replies_visible when 1 then 'yes' when 0 then 'no' else 'not known' end as replies_visible, p.says_total, p.publish, p.basis, p.url
from profiles p join companies c on c.id = p.company and c.role <> 'removed' where p.private = 0""",
        {**_docs(Profile, "id"), "company": _COMPANY, **_docs(Profile, "source", "audience", "unit", "population"),
         "replies_visible": "whether the source shows company replies at all", **_docs(Profile, "says_total", "publish", "basis", "url")}),
}
