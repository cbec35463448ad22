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
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from enrich import conclude, freeze, lens, words
from enrich.diff_shifts import Shift, Side, answering, new_names, new_templates, spoken, stored, verdicts
from enrich.diff_store import fresh_places, last_look, leave_out, snapshot, stood
from enrich.diff_tests import ANSWERED, State, Tests, state, tests
from enrich.mistakes import Mistake
from enrich.records import iso
from enrich.store import Store


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
            own = {(c, m, s): (v, title) for c, m, s, v, title in store.rows("select company, measure, slice, verdict, title from findings")}
            return Side(name, f"edition {name}", edition.made_at, edition, own)
    try:
        day = date.fromisoformat(name)
    except ValueError:
        raise Mistake(f"there is no day {name}", cure="write a day like this: 2026-10-01") from None
    if day > now.date():
        raise Mistake(f"{name} has not come yet", cure="name a day that is over")
    return Side(name, spoken(name), min(f"{name}T23:59:59Z", iso(now)))


def _compare(base: Store, room: Path, study: str, title: str, a: Side, b: Side) -> Diff:
    with stood(base, room, a.moment, a.moment) as store:
        at_a, look_a = state(store), last_look(store) or a.moment
    with stood(base, room, a.moment, b.moment) as store:
        known, fresh = state(store), fresh_places(store)
    with stood(base, room, b.moment, b.moment) as store:
        at_b, look_b = state(store), last_look(store) or b.moment
        names = dict(store.rows("select id, name from companies"))
        leave_out(store, fresh)
        tested, asked = tests(conclude.study_of(store, lens.lens()), at_b, look_a[:10])
        today = (conclude.code(), lens.lens().version, freeze.steps(store))
    shifts = [
        *stored(a, at_a, today, names, back=False),
        *verdicts("coverage", a, at_a, known, names),
        *verdicts("world", a, known, at_b, names, tested),
        *stored(b, at_b, today, names, back=True),
        *answering(a, at_b, names, tested),
        *new_templates("coverage", a, at_a, known, names), *new_templates("world", a, known, at_b, names),
        *new_names("coverage", a, at_a, known, names), *new_names("world", a, known, at_b, names),
    ]
    order = {"world": 0, "coverage": 1, "tagger": 2}
    shifts.sort(key=lambda s: (not s.alert, order[s.cause], s.company, s.title))
    reviews, replies = ({"known": known_at, "coverage": more - known_at, "world": all_ - more} for known_at, more, all_ in (
        (at_a.reviews, known.reviews, at_b.reviews), (at_a.replies, known.replies, at_b.replies)))
    return Diff(study, title, a, b, (look_a, look_b), asked, reviews, replies, [replace(s, id=_id(study, a, s)) for s in shifts], list(_notes(a, b, look_a, look_b, names, at_b, tested)))


def _id(study: str, a: Side, shift: Shift) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{study}|{a.name}|{shift.cause}|{shift.kind}|{shift.id}"))


def _notes(a: Side, b: Side, look_a: str, look_b: str, names: dict[str, str], at_b: State, tested: Tests) -> Iterator[str]:
    """What a reader must know beside the changes."""
    if look_a == look_b:
        yield f"No place was looked at between {a.said} and {b.said}: nothing new can be known of the world."
    if len({company for company, *_ in at_b.figures}) < 2:
        yield "There is one company only: no verdicts, because there is nothing to compare with."
    untold = sorted(names[c] for c in {c for c, *_ in at_b.figures} if not any(("own", (c, "responsiveness", part)) in tested for part in ANSWERED))
    if untold:
        yield f"Whether {words.listed(untold)} {'answers' if len(untold) == 1 else 'answer'} otherwise than before cannot be told: too few complaints on one side of the date, or no place that shows replies."
