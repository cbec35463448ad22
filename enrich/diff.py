"""What changed between two dates or editions, each change attributed to the world, to coverage, or to the tagger; only the world may alert.

Four studies are set side by side, all read with today's tags and lens (`enrich.diff_store`):

    an edition's own verdicts → A → A as it is known at B → B → an edition's own verdicts
                           tagger      coverage            world   tagger

The world: what was written, answered or edited after a place was last looked at before A. Coverage: what had been there, but was seen later only, or at
a place that was new to us. The tagger: equal texts that another version of the program or of the vocabulary had read otherwise.

A verdict that crossed a line in the world is not yet a change: more reviews alone can carry a figure over it. So the change itself is tested. The texts
written until A and those written since are two samples. Both the company's own figure and its distance from the field must have moved by more than the
margin for a difference worth naming: where only the others moved, or the whole market did, the company did not change. A test of both is the larger p
(intersection-union: Berger 1982), with errors that know how texts hang together, and corrected for all the changes that are asked about at once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from scipy.stats import t

from enrich import conclude, freeze, lens, rivals, stats, words
from enrich.diff_store import fresh_places, last_look, leave_out, snapshot, stood
from enrich.field import Compared
from enrich.freeze import Edition
from enrich.measures import Result, Study
from enrich.mistakes import Mistake
from enrich.published import permit
from enrich.records import iso
from enrich.stats import Difference
from enrich.store import Store

Cause = Literal["world", "coverage", "tagger"]
NAMED = {"weakness": -1, "accusation": -1, "strength": 1}
"""Verdicts that name a difference, and which way: a change from or to one of them is told."""
SILENT = 0.1
"""Share of complaints answered under which a company is said not to answer."""
ANSWERED = ("answered within 7 days", "answered within 30 days")
FEWEST = 2
"""Reviews that must name a company of the study before it is told as named."""
Key = tuple[str, str, str]
"""Company, measure and slice."""


@dataclass(frozen=True, slots=True)
class Side:
    """A date, an edition, or now."""

    name: str                                # as it was asked for
    said: str                                # as people say it
    moment: str                              # what was known by then
    edition: Edition | None = None
    verdicts: dict[Key, tuple[str, str]] = field(default_factory=dict)     # of an edition: its own verdicts, with the titles


@dataclass(frozen=True, slots=True)
class Shift:
    """One change."""

    id: str                                  # stays the same however often it is told of since the same A
    cause: Cause
    kind: Literal["verdict", "answering", "template", "rival"]
    alert: bool
    company: str
    title: str
    sentence: str
    finding: str | None = None               # id of the finding concerned
    before: str | None = None                # verdicts
    after: str | None = None
    until: dict[str, float] | None = None    # the figure in texts written until A, and since: value, low, high, n
    since: dict[str, float] | None = None
    own: dict[str, float] | None = None      # how far it moved: value, low, high, p
    distance: dict[str, float] | None = None     # and how far its distance from the field did
    q: float | None = None                   # of the test, corrected
    doubt: str | None = None                 # why a change in the world does not alert


@dataclass(frozen=True, slots=True)
class Diff:
    """All that changed between two sides."""

    study: str
    title: str
    a: Side
    b: Side
    looked: tuple[str, str]                  # the last look by each
    tests: int                               # changes that were tested together
    reviews: dict[str, int]                  # how many were known at A, came by coverage, came in the world
    replies: dict[str, int]
    shifts: list[Shift]
    notes: list[str]

    @property
    def alerts(self) -> list[Shift]:
        return [s for s in self.shifts if s.alert]


@dataclass(slots=True)
class State:
    """What one of the studies finds."""

    figures: dict[Key, tuple[Result, str]]
    templates: dict[str, dict[str, Any]]
    names: dict[str, rivals.Unknown]
    reviews: int
    replies: int


@dataclass(frozen=True, slots=True)
class Tested:
    """A figure in the texts written until A, in those written since, and the change of what is asked about, tested."""

    until: Compared
    since: Compared
    own: Difference
    distance: Difference | None              # None where only the company itself is asked about
    q: float

    @property
    def settled(self) -> bool:
        return self.q < stats.LEVEL


def diff(store: Store, folder: Path, a: str, b: str | None = None) -> Diff:
    """Compares two dates (ISO; the end of the day, UTC) or editions of a study; `b` is now unless given. The store is only read.

    Raises `Mistake` where a side cannot be known, or both are one.
    """
    now = datetime.now(UTC)
    if not store.one("select 1 from looks"):
        raise Mistake("nothing has been gathered yet, so nothing can have changed", cure="`rapport crawl` or `rapport import FILE` first")
    study, title = next(store.rows("select id, title from study"))
    sides = [_side(folder, name, study, now) for name in (a, b)]
    if sides[0].moment > sides[1].moment or sides[0].name == sides[1].name or (sides[0].moment == sides[1].moment and not sides[0].edition):
        raise Mistake(f"{sides[0].said} is not before {sides[1].said}", cure="name the earlier one first: rapport diff EARLIER LATER")
    with TemporaryDirectory() as name, snapshot(store, Path(name)) as base:
        known = base.one("select min(at) from known")
        if sides[0].moment < known:
            raise Mistake(f"nothing was known yet on {sides[0].said}: the first look was on {known[:10]}", cure=f"name {known[:10]} or a later day")
        return _compare(base, Path(name), study, title, *sides)


def _side(folder: Path, name: str | None, study: str, now: datetime) -> Side:
    if name is None:
        return Side("now", "now", iso(now))
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        with freeze.opened(folder, name) as (store, edition):
            if edition.study != study:
                raise Mistake(f"the edition {name!r} is of another study: {edition.title}", place=str(store.path), cure="compare it in the folder of its own study")
            verdicts = {(c, m, s): (v, title) for c, m, s, v, title in store.rows("select company, measure, slice, verdict, title from findings")}
            return Side(name, f"edition {name}", edition.made_at, edition, verdicts)
    try:
        day = date.fromisoformat(name)
    except ValueError:
        raise Mistake(f"there is no day {name}", cure="write a day like this: 2026-10-01") from None
    if day > now.date():
        raise Mistake(f"{name} has not come yet", cure="name a day that is over")
    return Side(name, spoken(name), min(f"{name}T23:59:59Z", iso(now)))


def spoken(day: str) -> str:
    """A day as people say it."""
    when = date.fromisoformat(day[:10])
    return f"{when.day} {when:%b %Y}"


def _compare(base: Store, room: Path, study: str, title: str, a: Side, b: Side) -> Diff:
    with stood(base, room, a.moment, a.moment) as store:
        at_a, look_a = _state(store), last_look(store) or a.moment
    with stood(base, room, a.moment, b.moment) as store:
        known, fresh = _state(store), fresh_places(store)
    with stood(base, room, b.moment, b.moment) as store:
        at_b, look_b = _state(store), last_look(store) or b.moment
        names = dict(store.rows("select id, name from companies"))
        leave_out(store, fresh)
        tested, tests = _tests(conclude.study_of(store, lens.lens()), at_b, look_a[:10])
        today = (conclude.code(), lens.lens().version, freeze.steps(store))
    shifts = [
        *_stored(a, at_a, today, names, back=False),
        *_verdicts("coverage", a, at_a, known, names),
        *_verdicts("world", a, known, at_b, names, tested),
        *_stored(b, at_b, today, names, back=True),
        *_answering(a, at_b, names, tested),
        *_new_templates("coverage", a, at_a, known, names), *_new_templates("world", a, known, at_b, names),
        *_new_names("coverage", a, at_a, known, names), *_new_names("world", a, known, at_b, names),
    ]
    order = {"world": 0, "coverage": 1, "tagger": 2}
    shifts.sort(key=lambda s: (not s.alert, order[s.cause], s.company, s.title))
    reviews, replies = ({"known": known_at, "coverage": more - known_at, "world": all_ - more} for known_at, more, all_ in (
        (at_a.reviews, known.reviews, at_b.reviews), (at_a.replies, known.replies, at_b.replies)))
    return Diff(study, title, a, b, (look_a, look_b), tests, reviews, replies, [replace(s, id=_id(study, a, s)) for s in shifts], list(_notes(a, b, look_a, look_b, names, at_b, tested)))


def _id(study: str, a: Side, shift: Shift) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{study}|{a.name}|{shift.cause}|{shift.kind}|{shift.id}"))


def _state(store: Store) -> State:
    permit(store.db.conn)
    study = conclude.study_of(store, lens.lens())
    figures = {(r.company, name, r.slice): (r, v.verdict) for name, r, v in conclude.figures(study)}
    templates = {row["id"]: row for row in store.dicts("""select t.id, t.company, t.uses, t.complaints, t.first_used, p.text from templates t
        join companies c on c.id = t.company and c.role <> 'removed' left join published_templates p on p.id = t.id""")}
    return State(figures, templates, {u.name.casefold(): u for u in rivals.unknown(store)},
                 *(store.one(f"select count(*) from {of} t join profiles p on p.id = t.profile and p.private = 0") for of in ("reviews", "replies")))


# --- the change, tested ------------------------------------------------------------------------------------------------------------------

Tests = dict[tuple[str, Key], Tested]
"""What is asked of a figure (its `verdict`, or the company's `own` doing) and which, to the test."""


def _tests(study: Study, at_b: State, split: str) -> tuple[Tests, int]:
    """All changes that can be asked about, tested at once, and how many tests these are."""
    after = (date.fromisoformat(split) + timedelta(days=1)).isoformat()
    until, since = ({(r.company, name, r.slice): r.compared for name, r, _ in conclude.figures(part) if r.compared and r.unit == "share"}
                    for part in (replace(study, last=min(split, study.last or split)), replace(study, first=max(after, study.first or after))))
    found: dict[tuple[str, Key], tuple[Compared, Compared, Difference, Difference | None]] = {}
    for key in sorted(until.keys() & since.keys() & at_b.figures.keys()):
        old, new = until[key], since[key]
        if not (old.own.enough and new.own.enough):
            continue
        own = stats.difference(new.own, old.own)
        result, verdict = at_b.figures[key]
        if result.judged and verdict != "indicative" and old.other and new.other and old.other.enough and new.other.enough:
            found["verdict", key] = (old, new, own, distance(old, new))
        if key[1] == "responsiveness" and key[2] in ANSWERED:
            found["own", key] = (old, new, own, None)
    qs = stats.adjust(np.array([max(own.p, apart.p if apart else 0.0) for _, _, own, apart in found.values()]))
    return {one: Tested(*found[one], float(q)) for q, one in zip(qs, found, strict=True)}, len(found)


def distance(until: Compared, since: Compared) -> Difference:
    """How far a company's distance from its field moved between two samples, tested against the margin in points.

    The interval adds the distances of both intervals in squares (Zou and Donner 2008). p is that of a minimum-effect test (Murphy and Myors 1999) on
    effective sizes, its variance the sum of all four shares', each with Agresti's half a text more, with Welch's degrees of freedom.
    """
    old, new = until.difference, since.difference
    assert old and new and until.other and since.other
    moved = new.value - old.value
    parts = [(e, (e.value * (1 - e.value) + 1 / (4 * e.size)) / e.size) for e in (until.own, until.other, since.own, since.other)]
    variance = sum(v for _, v in parts)
    df = variance**2 / sum(v**2 / e.df for e, v in parts)
    error = float(np.sqrt(variance))
    p = float(min(1.0, t.sf((abs(moved) - stats.MARGIN) / error, df) + t.sf((abs(moved) + stats.MARGIN) / error, df)))
    low = moved - float(np.hypot(new.value - new.low, old.high - old.value))
    high = moved + float(np.hypot(new.high - new.value, old.value - old.low))
    return Difference(moved, low, high, p, low > stats.MARGIN or high < -stats.MARGIN, None)


# --- what changed ------------------------------------------------------------------------------------------------------------------------

def _crossed(before: str | None, after: str | None) -> bool:
    return before != after and (before in NAMED or after in NAMED)


def _became(before: str | None, after: str | None) -> str:
    if after in NAMED:
        return f"is now {_a(after)}" + (f", and was {_a(before)}" if before in NAMED else "")
    return f"is no longer {_a(before or '')}" + (f" (now: {after})" if after else "")


def _a(verdict: str) -> str:
    return f"{'an' if verdict[0] in 'aeiou' else 'a'} {verdict}"


def _verdicts(cause: Cause, a: Side, old: State, new: State, names: dict[str, str], tested: Tests | None = None) -> Iterator[Shift]:
    """Verdicts that cross a line between two studies."""
    for key in sorted(old.figures.keys() | new.figures.keys()):
        (was, before), (result, after) = old.figures.get(key, (None, None)), new.figures.get(key, (None, None))
        said = result or was
        if not _crossed(before, after) or said is None:
            continue
        head = f"{names[key[0]]}, “{said.title}”: {_became(before, after)}"
        test = (tested or {}).get(("verdict", key))
        better = NAMED.get(after or "", 0) > NAMED.get(before or "", 0)
        doubt = _doubt(test, better == (said.more_is == "better")) if cause == "world" else None
        told = _told(a, test) if test else ""
        why = f"More is known of the days before {a.said} now, or of a place that was new." if cause == "coverage" else ""
        sentence = result.sentence if result and after != "not available" else ""
        yield _shift(cause, "verdict", key, head, " ".join(filter(None, (f"{head}.", sentence, told, why, doubt))), before=before, after=after, test=test, doubt=doubt)


def _doubt(test: Tested | None, up: bool) -> str | None:
    """Why a verdict that crossed a line is not sure to be a change of the company (`up`: its figure would have grown); None where it is."""
    if test is None:
        return "There are too few texts on one side of the date to test whether anything changed."
    if test.settled and all((d.value > 0) == up for d in (test.own, test.distance) if d):
        return None
    if test.distance and test.distance.clear_of_zero and not test.own.clear_of_zero:
        return "The others moved; that the company did is within doubt."
    return "The verdict crossed a line; the change itself is within doubt."


def _told(a: Side, test: Tested) -> str:
    """A figure before and after, with intervals, and how far it moved."""
    rates = (f"Until {a.said} it was {words.about(test.until.own.value)} in 100 ({words.range_of(test.until.own)}; of {int(test.until.own.n):,}), "
             f"since then {words.about(test.since.own.value)} ({words.range_of(test.since.own)}; of {int(test.since.own.n):,})")
    apart = f", and its distance from the others by {_points(test.distance)}" if test.distance else ""
    return f"{rates}: it moved by {_points(test.own)}{apart} (q {_q(test.q)})."


def _points(change: Difference) -> str:
    value, low, high = (f"{100 * x:+.0f}".replace("-", "−") for x in (change.value, change.low, change.high))
    return f"{value} points (likely {low} to {high})"


def _q(q: float) -> str:
    return "under 0.001" if q < 0.001 else f"{q:.3f}"


def _stored(side: Side, state: State, today: tuple[str, str, str], names: dict[str, str], *, back: bool) -> Iterator[Shift]:
    """How an edition's own verdicts differ from those that today's program draws from the same texts; `back`: the edition is the later side."""
    if side.edition is None:
        return
    same = side.edition.versions == today
    for key in sorted(side.verdicts.keys() | state.figures.keys()):
        own, (result, recomputed) = side.verdicts.get(key), state.figures.get(key, (None, None))
        before, after = (recomputed, own and own[0]) if back else (own and own[0], recomputed)
        title = result.title if result else own[1] if own else ""
        if key[0] in names and _crossed(before, after):
            why = f"{side.said[:1].upper()}{side.said[1:]} counted other places, or another period." if same else f"The same texts were read otherwise in {side.said} than today: nothing changed at the company."
            head = f"{names[key[0]]}, “{title}”: {_became(before, after)}"
            yield _shift("coverage" if same else "tagger", "verdict", key, head, f"{head}. {why}", before=before, after=after)


def _answering(a: Side, at_b: State, names: dict[str, str], tested: Tests) -> Iterator[Shift]:
    """Who started or stopped answering those who complain: the shortest time for which it is sure."""
    for company, name in sorted(names.items()):
        for part in ANSWERED:
            key = (company, "responsiveness", part)
            test = tested.get(("own", key))
            if test is None or not test.settled:
                continue
            old, new, within = test.until.own.value, test.since.own.value, part.removeprefix("answered ")
            said = ("has started to answer those who complain" if old < SILENT <= new else "has stopped answering those who complain" if new < SILENT <= old
                    else "answers more of those who complain" if new > old else "answers fewer of those who complain")
            sentence = f"{name} {said}, in public {within}. {_told(a, test)} No public reply is not no reply."
            yield _shift("world", "answering", key, f"{name} {said}", sentence, test=test, alert=True)
            break


def _new_templates(cause: Cause, a: Side, old: State, new: State, names: dict[str, str]) -> Iterator[Shift]:
    for id in sorted(new.templates.keys() - old.templates.keys()):
        made = new.templates[id]
        since = f"first on {spoken(made['first_used'])}" if made["first_used"] else "on a day that is not known"
        quoted = f": “{made['text']}”" if made["text"] else "; its words may not be shown"
        known = f" It was in use before {a.said}, and is seen only now." if cause == "coverage" else ""
        yield _shift(cause, "template", (made["company"], "templates", id), f"{names[made['company']]} pastes a new reply",
                     f"{names[made['company']]} pastes a reply that was no template before: {words.many(made['uses'], 'use')}, {since}, {made['complaints']:,} under complaints{quoted}{known}", alert=cause == "world")


def _new_names(cause: Cause, a: Side, old: State, new: State, names: dict[str, str]) -> Iterator[Shift]:
    """Companies outside the study that several people name now, and companies of the study that customers newly name as where they go to or came from."""
    known = f" That was written before {a.said}, and is seen only now." if cause == "coverage" else ""
    for name in sorted(new.names.keys() - old.names.keys()):
        made = new.names[name]
        under = words.listed([names[c] for c in made.companies if c in names])
        yield _shift(cause, "rival", ("", "rivals", name), f"{made.name} is named as a rival",
                     f"{words.many(made.authors, 'customer')} of {under} name {made.name}, which is not in the study, in {words.many(made.reviews, 'review')}.{known}", alert=cause == "world")
    for key in sorted(new.figures.keys() - old.figures.keys()):
        result, _ = new.figures[key]
        if key[1] == "who_leaves_for_whom" and not result.missing and result.compared and result.compared.hits >= FEWEST:
            yield _shift(cause, "rival", key, f"{names[key[0]]}: {result.title}", f"{result.sentence}{known}", alert=cause == "world")


def _shift(cause: Cause, kind: Literal["verdict", "answering", "template", "rival"], key: Key, title: str, sentence: str, *, before: str | None = None, after: str | None = None,
           test: Tested | None = None, doubt: str | None = None, alert: bool | None = None) -> Shift:
    until, since = ({"value": e.value, "low": e.low, "high": e.high, "n": e.n} if e else None for e in ((test.until.own, test.since.own) if test else (None, None)))
    own, apart = ({"value": d.value, "low": d.low, "high": d.high, "p": d.p} if d else None for d in ((test.own, test.distance) if test else (None, None)))
    finding = f"{key[0]}.{key[1]}.{conclude.fragment(key[2])}" if kind in ("verdict", "answering") else None
    return Shift(" ".join((*key, before or "", after or "")), cause, kind, cause == "world" and doubt is None if alert is None else alert, key[0], title, sentence, finding, before, after,
                 until, since, own, apart, test.q if test else None, doubt)


def _notes(a: Side, b: Side, look_a: str, look_b: str, names: dict[str, str], at_b: State, tested: Tests) -> Iterator[str]:
    """What a reader must know beside the changes."""
    if look_a == look_b:
        yield f"No place was looked at between {a.said} and {b.said}: nothing new can be known of the world."
    if len({company for company, *_ in at_b.figures}) < 2:
        yield "There is one company only: no verdicts, because there is nothing to compare with."
    untold = sorted(names[c] for c in {c for c, *_ in at_b.figures} if not any(("own", (c, "responsiveness", part)) in tested for part in ANSWERED))
    if untold:
        yield f"Whether {words.listed(untold)} {'answers' if len(untold) == 1 else 'answer'} otherwise than before cannot be told: too few complaints on one side of the date, or no place that shows replies."
