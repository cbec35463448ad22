"""Strikes: a person says that some words do not carry their tag, and they count in no figure any more.

A mention is struck by its address, which the pages show beside it: the text's id, the tag and where the words begin (`3f2a9c:theme:heard-:41`). What is
struck is kept beside the words, so that it outlives another reading, another vocabulary and another crawl; an edit at the source ends it, because
the words are others then. The text is read again without the struck words: labels that are read off themes and moves (complaint, needs_reply, stage, order,
opening, generic, fit) are what they are without them. What a label rests on beside them stays: a complaint may have words of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from enrich import reading
from enrich.mistakes import Mistake
from enrich.records import iso
from enrich.store import Store
from enrich.tables import Mention, Strike, Struck

COLUMNS = ("mention", "because", "who")
"""Of a file of strikes; the first is needed."""
TEXT = "(select text_key from {table} t where t.id = s.target)"
HOLDS = f"s.text_key is case s.kind when 'review' then {TEXT.format(table='reviews')} else {TEXT.format(table='replies')} end"
"""For SQL: whether the text that the strike `s` was made in still is the same."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants struck."""

    mention: str
    because: str | None = None
    who: str | None = None
    place: str | None = None                 # where it was asked for, for mistakes


@dataclass(frozen=True, slots=True)
class Stand:
    """A strike and what has become of it."""

    strike: Strike
    takes_out: int                           # mentions that it keeps out of the figures
    stand: str                               # in words


def address(target: str, tag: str, start: int) -> str:
    """What a mention is called by: it stays while the text does, however often that is read."""
    return f"{target}:{tag}:{start}"


def strike(store: Store, wishes: Iterable[Wish]) -> int:
    """Strikes mentions, and has their texts read again by the next enrichment; returns how many were not struck before.

    Raises `Mistake` where one is not known, and then strikes none. What is struck already only takes the reason that is given.
    """
    made: list[Strike] = []
    told: list[Strike] = []
    for wish in wishes:
        if known := _known(store, wish.mention):
            told.append(replace(known, because=wish.because or known.because, who=wish.who or known.who))
        else:
            made.append(_made(store, wish))
    with store.atomic():
        store.write([*told, *made])
        for one in made:
            reading.unread(store, one)
    return len({one.id for one in made})


def undo(store: Store, mentions: Iterable[Wish]) -> int:
    """Takes strikes back, and has the texts read again; returns how many. Raises `Mistake` where one is not known, and then takes none back."""
    back: dict[str, Strike] = {}
    for wish in mentions:
        if known := _known(store, wish.mention):
            back[known.id] = known
        else:
            _made(store, wish)               # nothing was struck there: right if it is a mention at all
    with store.atomic():
        for one in back.values():
            store.execute("delete from strikes where id = ?", (one.id,))
            reading.unread(store, one)
    return len(back)


def stands(store: Store) -> Iterator[Stand]:
    """All strikes, the newest first, with what they take out, or why they take out nothing."""
    for one in list(store.read(Strike, "1 order by struck_at desc, id")):
        out = store.one("select count(*) from struck where strike = ?", (one.id,))
        if store.one(f"select {HOLDS} from strikes s where id = ?", (one.id,)):
            stand = "holds" if out else "holds; the words are not read as carrying it any more"
        else:
            stand = "holds no longer where it was made: the text was edited at its source" + (", and still in texts that are the same" if out else "")
        yield Stand(one, out, stand)


def read_file(path: Path) -> Iterator[Wish]:
    """Strikes of a CSV file with a header: mention, and where wanted because and who. Raises `Mistake` with its line where it will not do."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if unknown := set(rows.fieldnames or ()) - set(COLUMNS) or {"mention"} - set(rows.fieldnames or ()):
                raise Mistake(f"the columns are {', '.join(rows.fieldnames or ()) or 'none'}: {', '.join(sorted(unknown))} is unknown or missing", place=f"{path}:1", cure=f"columns of a file of strikes: {', '.join(COLUMNS)}; only the first is needed")
            for row in rows:
                place = f"{path}:{rows.line_num}"
                if None in row or not (row["mention"] or "").strip():
                    raise Mistake("a line has more fields than the header, or no mention", place=place, cure="put quotation marks around what holds a comma; the addresses of mentions are on the pages of their reviews")
                yield Wish(row["mention"].strip(), (row.get("because") or "").strip() or None, (row.get("who") or "").strip() or None, place)
    except UnicodeDecodeError as error:
        raise Mistake("is not UTF-8 text", place=str(path), cure="save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise Mistake(f"is no CSV file: {error}", place=str(path), cure="save it as CSV in UTF-8") from error


def _known(store: Store, mention: str) -> Strike | None:
    """The strike that a mention falls under, by its own address or by that of a copy."""
    if strike := store.get(Strike, mention):
        text_key = _text_key(store, strike.kind, strike.target)
        if text_key == strike.text_key or not _mention(store, mention):          # at the same place of an edited text other words may stand
            return strike
    target, tag, start = _parts(mention)
    found = next(store.read(Struck, "kind in ('review', 'reply') and target = ? and tag = ? and start = ?", (target, tag, start)), None)
    return store.get(Strike, found.strike) if found else None


def _made(store: Store, wish: Wish) -> Strike:
    """The strike that a wish asks for; raises `Mistake` where there is no such mention."""
    m = _mention(store, wish.mention)
    if m is None:
        raise Mistake(f"there is no mention {wish.mention!r}", place=wish.place, cure="take its address from the page of its review; the text may have been edited or read otherwise since")
    return Strike(address(m.target, m.tag, m.start), m.kind, m.target, m.company, _text_key(store, m.kind, m.target) or "", m.tag, m.start, m.end, m.words, wish.because, wish.who, iso(datetime.now(UTC)))


def _mention(store: Store, mention: str) -> Mention | None:
    return next(store.read(Mention, "kind in ('review', 'reply') and target = ? and tag = ? and start = ?", _parts(mention)), None)


def _parts(mention: str) -> tuple[str, str, int]:
    """Text, tag and place of an address; of what is none, parts that nothing has."""
    target, _, rest = mention.partition(":")
    tag, _, start = rest.rpartition(":")
    return target, tag, int(start) if start.isdecimal() and start.isascii() and len(start) < 10 else -1


def _text_key(store: Store, kind: str, target: str) -> str | None:
    found: str | None = store.one(f"select text_key from {'reviews' if kind == 'review' else 'replies'} where id = ?", (target,))
    return found
