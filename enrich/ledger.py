"""The ledger: takes in what spiders draw, people masked, and writes down every change of what was known as a dated change with its cause."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

from enrich import people, ratings, records, rights, tables
from enrich import study as studies
from enrich.store import Row, Store, chunks
from enrich.text import MAX_TEXT, key

Drawn = TypeVar("Drawn", records.Review, records.Reply, records.Problem)

VANISHED_AFTER = 2
"""Looks in a row that bring a review without a known reply, after which the reply is taken as vanished (one miss may be a hiccup)."""
WHOLE_DAYS = 90
"""Days after which a place's lists are read to their end again."""
RECENT_DAYS, ANSWERED_DAYS, WAITING_DAYS = 30, 90, 365
"""A later crawl looks again at reviews of so many days, at answered ones until so many days after the answer, at unanswered ones until so many after the review."""
AHEAD = timedelta(days=1)
"""So much later than when it was seen may a review be dated: clocks and time zones differ."""
SKEW = timedelta(hours=1)
"""What changed is asked for from a little before the last look: a site's clock may be late."""
MOST_VANISHED = 0.2
"""Share of a place's reviews beyond which a list that no longer shows them is taken for broken, not them for vanished."""
CUT_LETTERS = 20
"""Letters from which on the beginning of a text is taken for that text, cut."""
MOST_PROBLEMS = 100
"""Problems of one run that are named one by one; the rest of each sort is only counted."""
FOLLOWED = ("created_at", "created_until", "rating_raw", "author", "unit", "verified", "source_language", "app_version", "country")
"""Columns of a review beside its text whose change is written down."""
BESIDE = {"rating_raw": ("rating", "stars"), "created_at": ("created_precision", "created_kind", "edited_at")}
"""What is kept with such a column, where a record says less than the one before."""
COUNTED = ("profile", "audience", "text", "stars", "created_at", "created_until", "created_kind", "author")
"""Columns of a review that its counts hang on."""


def register(store: Store, study: studies.Study) -> None:
    """Writes the study, its companies and their places, as study.toml has them now.

    A company that left it stays, marked removed; a place that left stays, marked private, so that nothing is lost and no figure counts it.
    """
    old = next(store.read(tables.Study), None)
    period = study.period
    store.write([tables.Study(
        id=old.id if old else uuid.uuid4().hex[:12], title=study.title, client=study.client, period_from=_day(period.start), period_to=_day(period.end),
        created_at=old.created_at if old else now())])
    known = {c.id for c in study.companies}
    store.write(replace(c, role="removed") for c in list(store.read(tables.Company)) if c.id not in known)
    store.write(tables.Company(c.id, c.name, "client" if study.is_client(c) else "rival", *(json.dumps(v, ensure_ascii=False) for v in (c.aliases, c.domains, c.accounts)))
                for c in study.companies)
    for place in [_profile(store, company, source) for company in study.companies for source in company.sources]:
        before = store.get(tables.Profile, place.id)
        if before and before.audience != place.audience:
            store.execute("update reviews set audience = ? where profile = ?", (place.audience, place.id))
        if before != place:
            store.write([place])
    places = json.dumps([c.profile(s) for c in study.companies for s in c.sources])
    store.execute("update profiles set private = 1 where id not in (select value from json_each(?))", (places,))


def _profile(store: Store, company: studies.Company, source: studies.Source) -> tables.Profile:
    id = company.profile(source)
    before = store.get(tables.Profile, id)
    visible = source.replies_visible if source.replies_visible is not None else before.replies_visible if before else None
    found = source.source == "saved_page" and "population" not in source.model_fields_set       # what a person saved stands for what its pages were found to be
    return tables.Profile(
        id=id, company=company.id, spider=source.source, source=source.published_at, key=source.key, url=source.url, audience=source.audience, unit=source.unit,
        replies_visible=None if visible is None else int(visible), population=(before and before.stated) or ((before.population if before else "chosen") if found else source.population),
        stated=before.stated if before else None,
        private=int(source.private), publish=rights.stricter(source.publish, before.may_publish if before else None), may_publish=before.may_publish if before else None,
        basis=source.basis, minimum=source.minimum, short_since=before.short_since if before and source.minimum else None,
        says_total=before.says_total if before else None, says_stars=before.says_stars if before else None)


def allow(store: Store, profile: str, stated: str, most: str | None) -> None:
    """Notes what may be shown of a place's texts at most (None: nothing is known), before any of them is stored; `stated` is what study.toml says."""
    store.execute("update profiles set may_publish = ?, publish = ? where id = ?", (most, rights.stricter(stated, most), profile))


def key_of(store: Store) -> bytes:
    """The key of the study, made where nothing is stored yet. Raises `Mistake` where it is not on this machine."""
    return people.secret(store.one("select id from study"), create=store.one("select count(*) from reviews") == 0)


@dataclass(slots=True)
class Run:
    """One run over one profile, from `begin` to `finish`; `take` stores its pages."""

    store: Store
    profile: tables.Profile
    secret: bytes
    names: tuple[str, ...]                                 # of the companies: never masked as people
    row: tables.Crawl
    imported: bool                                         # from a file: its changes have the cause import
    last_look: datetime | None                             # when the last good run began
    cause: str                                             # of the changes that it notices: source, import or parser
    came: set[str] = field(default_factory=set)            # reviews
    ordinals: Counter[tuple[str, ...]] = field(default_factory=Counter)
    named: int = 0
    ahead: int = 0                                         # reviews that are dated after they were seen
    previous: dict[str, str] = field(default_factory=dict)                       # of reviews whose replies come in several pages: their last look before this run
    customers: dict[str, str] = field(default_factory=dict)                      # and who wrote them, so that late replies are masked too
    left: dict[str, bool] = field(default_factory=dict)                          # other places of its reviews, and whether they left the study
    desk: dict[tuple[type[tables.Table], tuple[str, ...]], tables.Table] = field(default_factory=dict)   # what is known of the page at hand
    unwritten: set[tuple[type[tables.Table], tuple[str, ...]]] = field(default_factory=set)
    answers: dict[str, dict[str, tables.Reply]] = field(default_factory=dict)    # review to its replies on the desk

    @classmethod
    def begin(cls, store: Store, study: studies.Study, profile: str, *, imported: bool, since: str | None = None, full: bool = False, replay: bool = False) -> Run:
        """Opens a run. One of the same profile that never ended was killed: it is marked interrupted.

        Its lists are read to their end where that was not done within 90 days, or where `full` asks for it.
        """
        place = store.get(tables.Profile, profile)
        assert place is not None, f"{profile} was not registered"
        store.execute("update crawls set outcome = 'interrupted' where profile = ? and outcome = 'running'", (profile,))
        read = store.one(f"select max(started_at) from crawls where profile = ? and kind <> 'replay' and whole and outcome in ({', '.join('?' * len(records.GOOD))})", (profile, *records.GOOD))
        whole = not since and not replay and (full or imported or read is None or read < _before(now(), WHOLE_DAYS))
        row = tables.Crawl(id=uuid.uuid4().hex[:16], profile=profile, kind="replay" if replay else "import" if imported else "crawl", started_at=now(), finished_at=None, seen_at=None, outcome="running", whole=int(whole), since=since, requests=0,
                           skipped=0, responses=0, reviews=0, replies=0, new_reviews=0, new_replies=0, changes=0, problems=0, seconds=None)
        store.write([row])
        secret = key_of(store)
        names = tuple(n for c in study.companies for n in (c.name, *c.aliases, *c.domains))
        looked = store.one(f"select max(started_at) from crawls where profile = ? and kind <> 'replay' and since is null and outcome in ({', '.join('?' * len(records.GOOD))})", (profile, *records.GOOD))
        return cls(store, place, secret, names, row, imported, datetime.fromisoformat(looked) - SKEW if looked else None, "parser" if replay else "import" if imported else "source")

    @property
    def whole(self) -> bool:
        """Whether lists are to be read to their end."""
        return bool(self.row.whole)

    def finish(self, outcome: str, *, requests: int = 0, skipped: int = 0, responses: int = 0, seconds: float | None = None, listed: set[str] | None = None,
               settled: bool = False, still: bool = False) -> None:
        """Closes the run with its counts.

        `listed` are the ids at the source of all reviews that a list read to its true end showed, None where there was none. `settled`: a list
        was left where everything is known. `still`: the source told all that changed since the last look, so that nothing was added to what did not come.
        """
        with self.store.atomic():
            if self.ahead:
                self._problem(records.Problem(self.profile.key, f"{self.ahead:,} review{'s are' if self.ahead != 1 else ' is'} dated after the day of being seen: how long an answer took, or was waited for, cannot be right",
                                              "state the right day (--seen, or collected_at in study.toml), or look whether the dates have day and month the other way round"), now())
            if still and not self.whole and outcome in records.GOOD:
                self._unchanged("", (self.profile.id,), self.row.started_at)
            if (self.whole or not (settled or still)) and self.row.kind != "replay":
                self._minimum(self.row.reviews + skipped)
            if listed is not None and self.whole and outcome == "finished" and not self.profile.short_since:
                self._vanished(listed)
            self.row = replace(self.row, finished_at=now(), outcome=outcome, requests=requests, skipped=skipped, responses=responses, seconds=seconds)
            self.store.write([self.row])
        self.desk.clear()
        self.unwritten.clear()

    def _minimum(self, shown: int) -> None:
        """A place that shows fewer reviews than it must is not believed: what was known before stands. The first look that shows enough ends it."""
        short = self.profile.minimum is not None and shown < self.profile.minimum and not self.row.since
        if short:
            self._problem(records.Problem(self.profile.key, f"shows {shown:,} reviews, fewer than its minimum of {self.profile.minimum:,}: figures stand as they were before, without a verdict",
                                          "look at the place in a browser and crawl again; lower `minimum` in study.toml where so few are right"), now())
        since = (self.profile.short_since or self.row.started_at) if short else None
        if since != self.profile.short_since:
            self.profile = replace(self.profile, short_since=since)
            self.store.execute("update profiles set short_since = ? where id = ?", (since, self.profile.id))

    # what is known before a page is asked for

    def marked(self, item: str) -> str | None:
        """What a list said of a review when its own page was last read; None where it must be read."""
        found = self.store.get(tables.Mark, self.profile.id, item)
        return found.mark if found else None

    def archived(self) -> list[tuple[str, str, int, str]]:
        """The kept responses of the place, oldest first: when it was seen, where it is kept, how many reviews were drawn from it, and in which run it came."""
        return list(self.store.rows("""select g.seen_at, g.archive, g.reviews, g.crawl from pages g join crawls k on k.id = g.crawl
            where k.profile = ? and g.archive is not null and g.status = 200 order by g.seen_at, g.rowid""", (self.profile.id,)))

    def kept(self, url: str) -> str | None:
        """Where the last whole response of an address is kept; None where there is none."""
        found: str | None = self.store.one("""select g.archive from pages g join crawls k on k.id = g.crawl
            where g.url = ? and k.profile = ? and g.archive is not null and g.status = 200 order by g.seen_at desc, g.rowid desc limit 1""", (url, self.profile.id))
        return found

    def due(self) -> list[str]:
        """Ids at the source of the reviews that may still change: the recent, the unanswered, and the answered until 90 days after their answer.

        Where a list tells of every new post (marks), it tells of the unanswered ones too: only those of the last 90 days are looked at by themselves.
        """
        at = self.row.started_at
        return [id for (id,) in self.store.rows(f"""
            select r.source_id from reviews r join looks k on k.kind = 'review' and k.target = r.id and k.gone_at is null
            left join marks m on m.profile = r.profile and m.item = r.source_id
            left join replies a on a.review = r.id and a.role in ({_ANSWERING})
            where r.profile = ? and r.source_id is not null group by r.id
            having r.created_at >= ? or max(a.created_at) >= ? or (count(a.id) = 0 and r.created_at >= iif(m.mark is null, ?, ?)) order by r.created_at desc""",
            (self.profile.id, _before(at, RECENT_DAYS), _before(at, ANSWERED_DAYS), _before(at, WAITING_DAYS), _before(at, ANSWERED_DAYS)))]

    def settled(self, page: records.Page) -> bool:
        """Whether everything on a page is known and unchanged, and may not change any more."""
        at = self.row.started_at
        drawn = list(map(_whole, page.reviews))
        if any(r.id is None for r in drawn):
            return False
        self._fetch([self._own_id(r.id) for r in drawn if r.id is not None])
        try:
            return all(self._as_known(r, at) for r in drawn)
        finally:
            self._clear()

    def _as_known(self, drawn: records.Review, at: str) -> bool:
        known = self._on_desk(tables.Review, self._own_id(drawn.id or ""))
        if known is None or known.raw_hash != self._raw_hash(*_words_of(drawn)) or known.rating_raw != (drawn.rating.raw if drawn.rating else None):
            return False
        answers = self.answers.get(known.id, {})
        if drawn.complete and {a.raw_hash for a in answers.values()} != {self._raw_hash((r.text or "").strip()) for r in drawn.replies}:
            return False
        answered = max((a.created_at or "" for a in answers.values() if a.role in records.ANSWERING), default=None)
        written = known.created_at or ""
        if written >= _before(at, RECENT_DAYS):
            return False
        if answered is not None:
            return answered < _before(at, ANSWERED_DAYS)
        return self.profile.replies_visible == 0 or not drawn.complete or written < _before(at, WAITING_DAYS)

    def take(self, page: records.Page) -> None:
        """Stores a page, all of it or nothing: reviews, replies, problems, and every change of what was known."""
        before = replace(self.row)
        try:
            with self.store.atomic():
                self._take(page)
        except BaseException:
            self.row = before
            raise
        finally:
            self._clear()

    def _clear(self) -> None:
        self.desk.clear()
        self.answers.clear()
        self.unwritten.clear()

    def lose(self, page: records.Page, error: BaseException) -> None:
        """Names a page that could not be stored."""
        with self.store.atomic():
            self._problem(records.Problem(page.url, f"could not be stored: {type(error).__name__}", "report it, with the page; then gather this place again"), records.iso(page.seen_at))
            self.store.write([self.row])

    def _take(self, page: records.Page) -> None:
        seen = records.iso(page.seen_at)
        problems = list(page.problems)
        drawn: list[tuple[records.Review, tables.Review]] = []
        for review in map(_whole, page.reviews):
            try:
                drawn.append((review, self._masked(review)))
            except Refused as refusal:
                problems.append(records.Problem(f"{page.url}, review {review.id or '?'}", str(refusal)))
        self.row.seen_at = max(seen, self.row.seen_at or seen)
        self.ahead += sum((new.created_at or "") > records.iso(page.seen_at + AHEAD) for _, new in drawn)
        self._fetch([new.id for _, new in drawn])
        for review, new in drawn:
            if self._doubled(new, seen):
                problems.append(records.Problem(f"{page.url}, review {review.id}", "its id came before with other words: the first stands", "look which of them is right; the source should give each review an id of its own"))
            else:
                self._review(review, new, seen)
        for reply in map(_whole, page.replies):
            if not self._late(reply, seen):
                problems.append(records.Problem(f"{page.url}, reply {reply.id or '?'}", f"answers the review {reply.review}, which did not come", "crawl the whole place again"))
        if page.status in (404, 410):
            own = page.item[0] if page.item and not page.rest else None
            for gone in list(self.store.read(tables.Review, "profile = ? and (url = ? or source_id = ?)", (self.profile.id, page.url, own))):
                self._gone(gone, seen)
        self._write_desk()
        self._still(page, seen)
        if page.item is not None and self.row.kind != "replay":
            self._mark(page, *page.item)
        for problem in problems:
            self._problem(problem, seen)
        if page.total is not None:
            self.store.execute("update profiles set says_total = ?, says_stars = coalesce(?, says_stars) where id = ?",
                               (page.total.reviews, json.dumps(page.total.stars) if page.total.stars else None, self.profile.id))
        if page.population is not None:
            self.store.execute("update profiles set population = ? where id = ?", (page.population, self.profile.id))
        if (page.bytes or page.status or page.robots in ("forbidden", "unreachable")) and self.row.kind != "replay":
            self.store.write([tables.Page(uuid.uuid4().hex[:16], self.row.id, page.url, seen, page.status, page.hash, page.bytes, len(drawn), page.archive, page.robots)])
        self.store.write([self.row])

    def _write_desk(self) -> None:
        for table in (tables.Review, tables.Reply, tables.Look, tables.Change, tables.Stale):
            self.store.write(row for (kind, _), row in self.desk.items() if kind is table and (kind, _) in self.unwritten)

    def _mark(self, page: records.Page, item: str, mark: str | None) -> None:
        """Remembers what a list said of a review whose page was read whole; forgets it where the page, or a later part of it, could not be read."""
        if any(p.sort for p in page.problems):
            self.store.execute("delete from marks where profile = ? and item = ?", (self.profile.id, item))
        elif mark is not None:
            self.store.write([tables.Mark(self.profile.id, item, mark)])

    def _still(self, page: records.Page, seen: str) -> None:
        """Notes of which reviews a list says that nothing was added to them."""
        marked = "join marks m on m.profile = r.profile and m.item = r.source_id"
        if page.still_rest:
            self._unchanged(marked, (self.profile.id,), seen)
        elif page.still:
            self._unchanged(f"{marked} and m.item in (select value from json_each(?))", (json.dumps(page.still), self.profile.id), seen)

    def _unchanged(self, join: str, given: tuple[str, ...], seen: str) -> None:
        """The unanswered among some reviews had no answer until now: they are counted anew."""
        where = f"""from reviews r {join} where r.profile = ? and not exists (select 1 from replies a where a.review = r.id and a.role in ({_ANSWERING}))"""
        self.store.execute(f"insert or ignore into stale (company, day) select distinct r.company, ifnull(substr(r.created_at, 1, 10), '') {where}", given)
        self.store.execute(f"update looks set still_at = ? where kind = 'review' and gone_at is null and last_seen < ? and target in (select r.id {where})", (seen, seen, *given))

    def _vanished(self, listed: set[str]) -> None:
        """Reviews that a complete list no longer shows. Where they are many the list is broken, and they are only counted."""
        rows = list(self.store.rows("""select r.id, r.source_id from reviews r join looks k on k.kind = 'review' and k.target = r.id
            where r.profile = ? and k.gone_at is null""", (self.profile.id,)))
        gone = [id for id, source_id in rows if id not in self.came and (source_id is None or source_id not in listed)]
        if len(gone) > MOST_VANISHED * len(rows):
            self._problem(records.Problem(self.profile.key, f"the list was read to its end, but does not show {len(gone):,} of {len(rows):,} known reviews: too many to be taken as vanished",
                                          "look at the place in a browser; crawl again with --full"), now())
            return
        seen = self.row.seen_at or now()
        for id in gone:
            review = self.store.get(tables.Review, id)
            assert review is not None
            self._gone(review, seen)
        self._write_desk()

    def _fetch(self, ids: list[str]) -> None:
        """Puts what is known of some reviews on the desk, by a few queries for a whole page."""
        for chunk in chunks(ids, 500):
            marks = ", ".join("?" * len(chunk))
            reviews = list(self.store.read(tables.Review, f"id in ({marks})", chunk))
            self.desk.update(((tables.Review, (r.id,)), r) for r in reviews)
            replies = list(self.store.read(tables.Reply, f"review in ({marks})", chunk)) if reviews else []
            for kind, targets in (("review", [r.id for r in reviews]), ("reply", [r.id for r in replies])):
                for part in chunks(targets, 500):
                    looks = self.store.read(tables.Look, f"kind = ? and target in ({', '.join('?' * len(part))})", (kind, *part))
                    self.desk.update(((tables.Look, (kind, look.target)), look) for look in looks)
            for reply in replies:
                self._put(reply, written=True)

    def _put(self, row: tables.Table, *, written: bool = False) -> None:
        at = (type(row), tuple(getattr(row, k) for k in row.KEY))
        self.desk[at] = row
        if isinstance(row, tables.Reply):
            self.answers.setdefault(row.review, {})[row.id] = row
        if not written:
            self.unwritten.add(at)

    def _on_desk(self, table: type[Row], *key: str) -> Row | None:
        return self.desk.get((table, key))  # type: ignore[return-value]  # its class is its key

    def _problem(self, problem: records.Problem, at: str) -> None:
        self.row.problems += 1
        self.named += 1
        problem = _whole(problem)
        what = _WORDS.sub("what stands there", people.mask_contacts(problem.what))
        if self.named <= MOST_PROBLEMS:
            self.store.write([tables.Problem(uuid.uuid4().hex[:16], self.row.id, at, problem.place, problem.sort, what, problem.cure, 1)])
            return
        sort = self.store.one("select id from problems where crawl = ? order by what = ? desc, rowid desc limit 1", (self.row.id, what))
        self.store.execute("update problems set count = count + 1 where id = ?", (sort,))

    # reviews

    def _review(self, drawn: records.Review, new: tables.Review, seen: str) -> None:
        self.row.reviews += 1
        self.came.add(new.id)
        before = self._on_desk(tables.Review, new.id)
        look = self._on_desk(tables.Look, "review", new.id)
        known = dict(self.answers.get(new.id, {}))
        if before is not None:
            new.profile = self._home(before.profile)
        if before is None or look is None:
            self.row.new_reviews += 1
            self._put(new)
            self._put(tables.Look("review", new.id, seen, seen, 1, None, 0, None))
            self._touched(new)
        elif seen >= look.last_seen:
            self._compare(before, new, look, seen)
            if look.gone_at and seen > look.last_seen:
                self._change("review", new.id, new.id, "returned", None, new.text, look.last_seen, seen, self._cause())
            self._looked(look, seen)
            if seen > look.last_seen:
                self._touched(new)                         # it waited on, or was answered
        else:                                              # an older file, read after a newer one: it only shows that the review stood earlier
            self._put(replace(look, first_seen=min(look.first_seen, seen)))
        known_before = look is not None and seen > look.last_seen and (self.imported or look.last_seen < self.row.started_at)
        again = max(look.last_seen, look.still_at or "") if look and known_before else None                # the last look before this run
        if again and not drawn.complete:
            self.previous[new.id] = again
        if drawn.author and not drawn.complete:
            self.customers[new.id] = drawn.author
        if self.imported and drawn.complete:
            self._replies_are_visible()                    # a file with a place for replies shows them, though a row may have none
        came = set()
        for position, reply in enumerate(drawn.replies, 1):
            came.add(id := _hash(new.id, reply.id or f"#{position}"))
            self._reply(new, reply, id, position, drawn.author, again, seen, newest=look is None or seen >= look.last_seen)
        if drawn.complete and again:
            for reply_ in known.values():
                if reply_.id not in came:
                    self._missing(reply_, seen)

    def _doubled(self, new: tables.Review, seen: str) -> bool:
        """Whether one look brings two reviews of one id."""
        before, look = self._on_desk(tables.Review, new.id), self._on_desk(tables.Look, "review", new.id)
        return new.id in self.came and before is not None and look is not None and look.last_seen == seen and before.raw_hash != new.raw_hash

    def _masked(self, drawn: records.Review) -> tables.Review:
        title, text = _words_of(drawn)
        whole = text if not title or (text or "").startswith(title.rstrip("… .")) else f"{title}\n{text}" if text else title
        if whole and len(whole) > MAX_TEXT:
            raise Refused(f"its text has {len(whole):,} characters: what is longer than {MAX_TEXT:,} is no review")
        masked = people.mask_review(_clean(whole), drawn.author, self.names) if whole else None
        author = people.author_key(self.secret, drawn.author, drawn.author_id)
        created, edited = drawn.created, drawn.edited
        profile = self.profile
        return tables.Review(
            id=self._id(drawn, author), profile=profile.id, company=profile.company, source=profile.source, audience=profile.audience, source_id=drawn.id,
            derived_id=int(drawn.id is None), url=drawn.url, author=author, title=people.mask_review(_clean(title), drawn.author, self.names) if title else None, text=masked or None,
            raw_hash=self._raw_hash(title, text), text_key=key(masked) if masked else None,
            rating_raw=drawn.rating.raw if drawn.rating else None, rating=round(drawn.rating.value, 4) if drawn.rating else None,
            stars=ratings.stars(drawn.rating.value) if drawn.rating else None,
            created_at=_earliest(created), created_until=_latest(created), created_precision=created.precision if created else None,
            created_kind=drawn.created_kind, edited_at=_earliest(edited), source_language=drawn.language, app_version=drawn.app_version, country=drawn.country,
            verified=None if drawn.verified is None else int(drawn.verified), unit=drawn.unit or profile.unit)

    def _raw_hash(self, *texts: str | None) -> str:
        return people.keyed(self.secret, "text", *(text or "" for text in texts))

    def _id(self, drawn: records.Review, author: str | None) -> str:
        """From the source's own id; where it has none, from author, time and order, never from the text (an edit is the same review)."""
        if drawn.id is not None:
            return self._own_id(drawn.id)
        when = None if drawn.created is None or drawn.created.precision == "interval" else drawn.created        # "2 weeks ago" is another day at every look
        parts = (author or "", _earliest(when) or "", drawn.unit or "")
        self.ordinals[parts] += 1
        return _hash(self.profile.id, "derived", *parts, str(self.ordinals[parts]))

    def _own_id(self, id: str) -> str:
        """From an id of the source: the same in every file of what was published at one place, so that a later export is a later look."""
        stated = self.imported and self.profile.source != self.profile.spider
        return _hash(f"{self.profile.company}.{self.profile.source}" if stated else self.profile.id, id)

    def _home(self, first: str) -> str:
        """The place that a review belongs to: the file that brought it first, as long as the study counts that one."""
        if first == self.profile.id or self.profile.private:
            return first
        if first not in self.left:
            self.left[first] = bool(self.store.one("select private from profiles where id = ?", (first,)))
        return self.profile.id if self.left[first] else first

    def _compare(self, before: tables.Review, new: tables.Review, look: tables.Look, seen: str) -> None:
        """Writes down what differs from the known review, then stores it as it stands now."""
        if _cut(new.text, before.text):                    # a list that shows the beginning only: nobody edited anything
            new.text, new.raw_hash, new.text_key = before.text, before.raw_hash, before.text_key
        edited = before.raw_hash != new.raw_hash
        cause = "parser" if _cut(before.text, new.text) or _mended(before.text, new.text) else self._cause()
        if edited:
            self._change("review", new.id, new.id, "edited", before.text, new.text, look.last_seen, seen, cause)
        elif before.text != new.text:
            self._change("review", new.id, new.id, "edited", None, None, look.last_seen, seen, "masking")       # what is masked now must not stay in the ledger
        for name in FOLLOWED:
            old, now_ = getattr(before, name), getattr(new, name)
            if old != now_ and now_ is not None:
                rated = name == "rating_raw"
                self._change("review", new.id, new.id, "rated" if rated else name, old, now_, look.last_seen, seen,
                             cause if rated or edited or (name.startswith("created") and new.created_kind == "edited") else "parser")
            elif now_ is None and old is not None:         # a record that says less takes nothing away
                for beside in (name, *BESIDE.get(name, ())):
                    setattr(new, beside, getattr(before, beside))
        if new.created_kind == "edited" and before.created_at and new.created_at and before.created_at < new.created_at:
            new.edited_at, new.created_at, new.created_until = new.created_at, before.created_at, before.created_until   # the earliest time seen is nearest to the creation
        if before != new:
            self._put(new)
            if any(getattr(before, name) != getattr(new, name) for name in COUNTED):
                self._touched(before)                      # the day it left is counted again too
                self._touched(new)
                self._bound(before)

    def _bound(self, before: tables.Review) -> None:
        """Days whose counts hung on what a review was: other days of its author, copies of its text."""
        for column, value in (("author", before.author), ("text_key", before.text_key)):
            if value is not None:
                days = self.store.rows(f"select distinct ifnull(substr(created_at, 1, 10), '') from reviews where company = ? and {column} = ?", (before.company, value))
                for (day,) in list(days):
                    self._put(tables.Stale(before.company, day))

    # replies

    def _late(self, drawn: records.Reply, seen: str) -> bool:
        """Stores a reply that came without its review; false where that review is not known."""
        id = self._own_id(drawn.review or "")
        if not self._on_desk(tables.Review, id):
            self._fetch([id])
        review, look = self._on_desk(tables.Review, id), self._on_desk(tables.Look, "review", id)
        if review is None or look is None:
            return False
        known = self.answers.get(id, {})
        mine = _hash(id, drawn.id or f"#{len(known) + 1}")
        position = known[mine].position if mine in known else len(known) + 1
        self._reply(review, drawn, mine, position, self.customers.get(id), self.previous.get(id), seen, newest=seen >= look.last_seen)
        return True

    def _reply(self, review: tables.Review, drawn: records.Reply, id: str, position: int, customer: str | None, again: str | None, seen: str, *, newest: bool) -> None:
        """Stores one reply. `again`: the last look at its review before this one, None where the review is new."""
        created, text = drawn.created, drawn.text.strip() if drawn.text else None
        masked = people.mask_reply(_clean(text), customer, self.names) if text else None
        new = tables.Reply(
            id=id, review=review.id, profile=review.profile, company=self.profile.company, source_id=drawn.id, position=position, role=drawn.role, role_basis=drawn.role_basis,
            author=people.author_key(self.secret, drawn.author, drawn.author_id), text=masked or None, raw_hash=self._raw_hash(text), text_key=key(masked) if masked else None,
            created_at=_earliest(created), created_until=_latest(created), created_precision=created.precision if created else None,
            edited_at=_earliest(drawn.edited))
        self.row.replies += 1
        before, look = self._on_desk(tables.Reply, id), self._on_desk(tables.Look, "reply", id)
        if before is None or look is None:
            self.row.new_replies += 1
            self._put(new)
            self._put(tables.Look("reply", id, seen, seen, 1, None, 0, None))
            if again:
                self._change("reply", id, review.id, "appeared", None, masked, again, seen, self._cause())
            if drawn.role in records.ANSWERING:
                self._replies_are_visible()
            self._touched(review)
        elif newest:
            edited = before.raw_hash != new.raw_hash
            if edited or before.text != new.text:
                old, now_, cause = (before.text, new.text, self._cause()) if edited else (None, None, "masking")
                self._change("reply", id, review.id, "edited", old, now_, look.last_seen, seen, cause)
            if look.gone_at:
                self._change("reply", id, review.id, "returned", None, masked, look.last_seen, seen, self._cause())
                self._touched(review)
            if before.created_at and new.created_at and before.created_at < new.created_at:
                new.created_at, new.created_until, new.edited_at = before.created_at, before.created_until, new.created_at   # the first answer ended the wait
            if new.created_at is None:                     # a record that says less takes nothing away
                new.created_at, new.created_until, new.created_precision = before.created_at, before.created_until, before.created_precision
            if before != new:
                self._put(new)
                self._touched(review)
            self._looked(look, seen)

    def _replies_are_visible(self) -> None:
        if self.profile.replies_visible is None:
            self.profile = replace(self.profile, replies_visible=1)
            self.store.execute("update profiles set replies_visible = 1 where id = ?", (self.profile.id,))

    def _missing(self, reply: tables.Reply, seen: str) -> None:
        """A known reply that did not come with its review: missing at first, vanished when that is seen again."""
        look = self._on_desk(tables.Look, "reply", reply.id)
        if look is None or look.gone_at:
            return
        missing = look.missing + 1
        gone = missing >= VANISHED_AFTER
        self._change("reply", reply.id, reply.review, "vanished" if gone else "missing", reply.text, None, look.last_seen, seen, self._cause())
        self._put(replace(look, missing=missing, gone_at=seen if gone else None))
        if gone and (review := self._on_desk(tables.Review, reply.review)):
            self._touched(review)

    def _gone(self, review: tables.Review, seen: str) -> None:
        """A review whose own page is no longer there."""
        look = self.store.get(tables.Look, "review", review.id)
        if look and not look.gone_at:
            self._change("review", review.id, review.id, "vanished", review.text, None, look.last_seen, seen, self._cause())
            self._put(replace(look, gone_at=seen))
            self._touched(review)

    # what both share

    def _looked(self, look: tables.Look, seen: str) -> None:
        if seen > look.last_seen or look.missing:
            self._put(replace(look, last_seen=seen, looks=look.looks + (seen > look.last_seen), missing=0, gone_at=None))

    def _change(self, kind: str, target: str, review: str, what: str, old: Any, new: Any, not_before: str, seen: str, cause: str) -> None:
        self.row.changes += 1
        self._put(tables.Change(
            id=_hash(kind, target, what, seen), kind=kind, target=target, review=review, company=self.profile.company, what=what,
            old=None if old is None else str(old), new=None if new is None else str(new), not_before=not_before, noticed_at=seen, cause=cause, crawl=self.row.id))

    def _cause(self) -> str:
        return self.cause

    def _touched(self, review: tables.Review) -> None:
        self._put(tables.Stale(review.company, (review.created_at or "")[:10]))


def _words_of(drawn: records.Review) -> tuple[str | None, str | None]:
    """Title and text, as they are compared from look to look."""
    return (" ".join(drawn.title.split()) if drawn.title else None), drawn.text.strip() if drawn.text else None


def _cut(part: str | None, whole: str | None) -> bool:
    """Whether a text is the beginning of another, with a sign that it was cut."""
    if not part or not whole or not part.rstrip().endswith(("…", "...")):
        return False
    bare = part.rstrip("…. \n")
    return len(bare) >= CUT_LETTERS and len(whole) > len(part) and whole.startswith(bare)


def _mended(old: str | None, new: str | None) -> bool:
    """Whether letters that could not be read before can be read now: nobody edited anything."""
    return bool(old and new and "\ufffd" in old and "\ufffd" not in new)


def _before(at: str, days: int) -> str:
    """So many days earlier."""
    return records.iso(datetime.fromisoformat(at) - timedelta(days=days))


class Refused(Exception):
    """A record that cannot be stored; its page goes in without it."""


_ANSWERING = ", ".join(f"'{role}'" for role in records.ANSWERING)
_WORDS = re.compile(r"""(?:'[^'\d]{2,}'|"[^"\d]{2,}")(?= is not a (?:date|rating))""")
"""Words where a number belongs: columns that slipped put a person's name there, and problems are public."""
_HALF = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]")


def forget_running(store: Store) -> int:
    """Marks runs that never ended as interrupted; returns how many."""
    return store.execute("update crawls set outcome = 'interrupted' where outcome = 'running'")


def now() -> str:
    return records.iso(datetime.now(UTC))


def _clean(text: str | None) -> str:
    """Without control characters and marks that turn the direction of what follows, which could disguise a page; line breaks stay."""
    return _CONTROL.sub("", text or "")


def _whole(drawn: Drawn) -> Drawn:
    """A record without halves of characters, which JSON may hold and no database takes."""
    mended: dict[str, Any] = {f.name: _HALF.sub("", value) for f in fields(drawn) if isinstance(value := getattr(drawn, f.name), str) and _HALF.search(value)}
    if isinstance(drawn, records.Review) and drawn.replies:
        mended["replies"] = [_whole(reply) for reply in drawn.replies]
    return replace(drawn, **mended) if mended else drawn


def _hash(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()


def _earliest(when: records.When | None) -> str | None:
    return records.iso(when.earliest) if when else None


def _latest(when: records.When | None) -> str | None:
    return records.iso(when.latest) if when else None


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None

