"""Other companies that reviews name: how the label `rivals` tells them, and which unknown names the study should know.

An unknown name is a word of somebody's text, and may be a person's: it stands in mentions, where the rights of the text hold, and never in a label.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from enrich.store import Store

UNKNOWN = "unknown"
"""Stands in the label for names that no company of the study goes by."""
SEPARATOR = "; "
SPEAKS_OF = "rival:names"
"""The mention of a company that the text neither compares with, nor says that anybody goes there or came from there."""
FEWEST = 2
"""Authors who must give an unknown name before it is told: a name that one person gives may be a person's."""


def label(names: Iterable[str | None]) -> str:
    """Names of companies of the study as one label, each once; None is an unknown one."""
    return SEPARATOR.join(dict.fromkeys(name or UNKNOWN for name in names))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that no company of the study goes by."""

    name: str                                # as it is written most
    authors: int
    reviews: int
    companies: tuple[str, ...]               # ids of those under whose reviews it stands


def unknown(store: Store) -> Iterator[Unknown]:
    """Unknown names that several people give, most often first: candidates for `aliases`, or for a company of its own. Private places are left out."""
    known = {" ".join(name.split()).casefold() for own, aliases in store.rows("select name, aliases from companies where role <> 'removed'") for name in (own, *json.loads(aliases))}
    found: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for words, review, company, author in store.rows(
            """select m.words, m.review, m.company, ifnull(r.author, r.id) from mentions m join reviews r on r.id = m.review join profiles p on p.id = r.profile and p.private = 0
               join looks k on k.kind = 'review' and k.target = r.id and k.gone_at is null where m.tag glob 'rival:*' and m.tag <> ? order by m.id""", (SPEAKS_OF,)):
        name = " ".join(words.split())
        if name.casefold() not in known:
            found[name.casefold()].append((name, review, company, author))
    told = []
    for rows in found.values():
        written, reviews, companies, authors = (list(column) for column in zip(*rows, strict=True))
        if len(set(authors)) >= FEWEST:
            told.append(Unknown(max(written, key=written.count), len(set(authors)), len(set(reviews)), tuple(sorted(set(companies)))))
    yield from sorted(told, key=lambda u: (-u.authors, u.name))
