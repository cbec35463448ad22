"""Unclaimed complaints: what customers complain of that no theme of the lens names, grouped by phrase, each group a click from a draft theme."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from enrich import phrases
from enrich.lens import Lens, lens
from enrich.store import Store

FEWEST = 3
"""Authors who must share a phrase: one angry author makes no group."""
PHRASE = "phrase "
"""What the slice of a finding on one phrase begins with."""
MOST_TEXTS, MOST_GROUPS = 5_000, 20
"""Newest complaints that are read, and groups that are made, of a company."""


@dataclass(frozen=True, slots=True)
class Group:
    """Complaints that share a phrase."""

    phrase: str
    reviews: tuple[str, ...]                 # ids
    authors: int


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """What a company's customers complain of without naming a theme."""

    company: str
    complaints: int                          # reviews that complain
    unclaimed: int                           # of these, those without a theme that speaks against the company
    groups: tuple[Group, ...]                # of those that share a phrase; the rest stand alone


def unclaimed(store: Store, audience: str = "customer", vocabulary: Lens | None = None) -> Iterator[Unclaimed]:
    """The unclaimed complaints of every company that has complaints, on public places, still standing, in languages that the lens reads."""
    against = json.dumps([t.id for t in (vocabulary or lens()).of("theme", audience) if t.speaks == "against"])
    for (company,) in store.rows("select id from companies where role <> 'removed' order by id"):
        rows = list(store.rows(
            """select r.id, r.text, ifnull(r.author, r.id),
                 exists (select 1 from mentions m where m.kind = 'review' and m.target = r.id and m.tag in (select value from json_each(?)))
               from reviews r join labels l on l.kind = 'review' and l.target = r.id and l.name = 'complaint' and l.value = 'yes'
               join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen'
               join looks k on k.kind = 'review' and k.target = r.id and k.gone_at is null
               where r.company = ? and r.audience = ? order by r.created_at desc, r.id limit ?""", (against, company, audience, MOST_TEXTS)))
        left = {id: text for id, text, _, claimed in rows if not claimed}
        voices = {id: author for id, _, author, _ in rows}
        groups = phrases.groups(left, voices, FEWEST, MOST_GROUPS)
        if rows:
            yield Unclaimed(company, len(rows), len(left), tuple(Group(phrase, tuple(ids), len({voices[id] for id in ids})) for phrase, ids in groups))


def draft(phrase: str, audience: str = "customer") -> str:
    """A theme for a lens file that finds a group's phrase: a beginning, for a person to name, widen and test."""
    name = re.sub(r"\W+", "_", phrase).strip("_")
    return f"""[[tag]]
name = "{name}"
title = "{phrase.capitalize()}"
of = ["{audience}"]
[tag.minus]
definition = "The text complains of: {phrase}."
negation = "drop"
cues = ['''{re.escape(phrase).replace(chr(92) + ' ', ' ')}''']
examples = ["There is a problem: {phrase}."]
non_examples = []
"""
