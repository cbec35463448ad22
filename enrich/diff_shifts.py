"""Changes between two studies, each as one attributed sentence with its counts and intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from enrich import conclude, words
from enrich.diff_tests import ANSWERED, Key, State, Tested, Tests
from enrich.freeze import Edition
from enrich.stats import Difference

Cause = Literal["world", "coverage", "tagger"]
Kind = Literal["verdict", "answering", "template", "rival"]
NAMED = {"weakness": -1, "accusation": -1, "strength": 1}
"""Verdicts that name a difference, and which way: a change from or to one of them is told."""
SILENT = 0.1
"""Share of complaints answered under which a company is said not to answer."""
FEWEST = 2
"""Reviews that must name a company of the study before it is told as named."""


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
    kind: Kind
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


def spoken(day: str) -> str:
    """A day as people say it."""
    when = date.fromisoformat(day[:10])
    return f"{when.day} {when:%b %Y}"


def _crossed(before: str | None, after: str | None) -> bool:
    return before != after and (before in NAMED or after in NAMED)


def _became(before: str | None, after: str | None) -> str:
    if after in NAMED:
        return f"is now {_a(after)}" + (f", and was {_a(before)}" if before in NAMED else "")
    return f"is no longer {_a(before or '')}" + (f" (now: {after})" if after else "")


def _a(verdict: str) -> str:
    return f"{'an' if verdict[0] in 'aeiou' else 'a'} {verdict}"


def verdicts(cause: Cause, a: Side, old: State, new: State, names: dict[str, str], tested: Tests | None = None) -> Iterator[Shift]:
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


def stored(side: Side, state: State, today: tuple[str, str, str], names: dict[str, str], *, back: bool) -> Iterator[Shift]:
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


def answering(a: Side, at_b: State, names: dict[str, str], tested: Tests) -> Iterator[Shift]:
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


def new_templates(cause: Cause, a: Side, old: State, new: State, names: dict[str, str]) -> Iterator[Shift]:
    for id in sorted(new.templates.keys() - old.templates.keys()):
        made = new.templates[id]
        since = f"first on {spoken(made['first_used'])}" if made["first_used"] else "on a day that is not known"
        quoted = f": “{made['text']}”" if made["text"] else "; its words may not be shown"
        known = f" It was in use before {a.said}, and is seen only now." if cause == "coverage" else ""
        yield _shift(cause, "template", (made["company"], "templates", id), f"{names[made['company']]} pastes a new reply",
                     f"{names[made['company']]} pastes a reply that was no template before: {words.many(made['uses'], 'use')}, {since}, {made['complaints']:,} under complaints{quoted}{known}", alert=cause == "world")


def new_names(cause: Cause, a: Side, old: State, new: State, names: dict[str, str]) -> Iterator[Shift]:
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


def _shift(cause: Cause, kind: Kind, key: Key, title: str, sentence: str, *, before: str | None = None, after: str | None = None,
           test: Tested | None = None, doubt: str | None = None, alert: bool | None = None) -> Shift:
    until, since = ({"value": e.value, "low": e.low, "high": e.high, "n": e.n} if e else None for e in ((test.until.own, test.since.own) if test else (None, None)))
    own, apart = ({"value": d.value, "low": d.low, "high": d.high, "p": d.p} if d else None for d in ((test.own, test.distance) if test else (None, None)))
    finding = f"{key[0]}.{key[1]}.{conclude.fragment(key[2])}" if kind in ("verdict", "answering") else None
    return Shift(" ".join((*key, before or "", after or "")), cause, kind, cause == "world" and doubt is None if alert is None else alert, key[0], title, sentence, finding, before, after,
                 until, since, own, apart, test.q if test else None, doubt)
