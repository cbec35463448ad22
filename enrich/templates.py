"""Finds replies that are pasted with little change: equal after masking, or near-equal by their pairs of words.

The first text of its kind starts a *stem*; a later one joins the stem of the text it is most like, or starts its own. People paste from
the last reply as well as from the first, and exchange one sentence after another: so a text that differs plainly from all before it is
kept as a *variant* of its stem, which later texts are compared with too. A new text meets few of them, found by locality-sensitive
hashing (MinHash bands, Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, ch. 3) in an index that the store keeps: what a run
costs grows with what is new, and memory stays flat. A stem with three uses or more in one company is a template.

The four thresholds below were set on the 211 pairs of tests/template_pairs.csv that are there to set them; how well they do on pairs of
other companies is printed by tests/bench/templates.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, cast

import re2
from datasketch import MinHash

from enrich.records import ANSWERING
from enrich.store import Store
from enrich.tables import Company, Stem, StemBand, Wording

VERSION = "2"
"""Raised when masking or comparing changes: a company's replies are then read anew."""
USES = 3
"""Uses in one company from which a stem is a template."""
LIKE = 1 / 3
"""Jaccard similarity of word pairs from which two texts are one template: half of the pairs of both, taken together, stand in both."""
KIN = 0.15
"""Least likeness to the first text of a stem, so that it does not drift, one variant after another, into another text."""
VARIANT = 0.7
"""A text that is less like every text in the index is kept there as a variant."""
BANDS, ROWS = 24, 2
"""Bands of the index and hashes a band: texts of similarity s meet with probability 1 - (1 - s**ROWS)**BANDS, .94 at LIKE and .999 at 0.5."""
CANDIDATES = 32
"""Variants a text is compared with: those that share most bands with it."""
FULL = 50
"""Variants a band holds at most: later ones that share it are found by their other bands, or by those that it holds. It keeps what one text costs from growing."""
SCHEME = "affine32"
"""Which family of hash functions datasketch draws from: named, so that the stored index outlives a change of its default."""

_NEAR = 160                                  # characters from either end in which a greeting or a signature is looked for


def _compiled(pattern: str) -> Any:
    """RE2, because no text can stop it for ever, as nested repeats in Python's own can; with room for its automaton, or it is slow."""
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile(pattern, options)


_NAME = r"(?:\[\w+\]|\p{Lu}[^\s,!?:;]*)"
_CALLED = rf"(?:{_NAME}|(?i:there|all|everyone|folks|customer|user|guest|member|sir|madam|friend|valued|from|team|and)\b)"
_CLOSING = (r"(?i:(?:(?:best|kind|warm|warmest|many) )?(?:regards|wishes)\b|best,|(?:many )?thanks(?: (?:and|&) regards)?\b|sincerely\b|cheers\b|thank you\b"
            r"|yours (?:truly|sincerely|faithfully)\b|(?:the )?team\b)")
_GREETING = _compiled(rf"\A\W*(?i:hi+|hello|hey+|dear|greetings|namaste|good (?:morning|day|afternoon|evening))\b(?:,? ?{_CALLED}){{0,4}}\s*(?:[,.!:;~–—\n-]+\s*)+")
_SIGNATURE = _compiled(rf"(?:^|[\s.,!?])((?:{_CLOSING}[\s,.!:]*){{0,2}}(?:{_CLOSING}[\s,:–—-]*(?:{_CALLED}[\s,-]*){{0,4}}"
                       rf"|[-–—~^∞|]+\s*(?:{_CALLED}[\s,-]*){{1,4}})[^\p{{L}}\p{{N}}]*)\z")
_SPACE = re.compile(r"[^\S\n]+")
_LINK = re.compile(r"(?:https?://|\bwww\.)\S+|(?<![^\s(<])[^\s.,()<>/]+(?:\.[^\s.,()<>/]+)+/\S*", re.I)
_NUMBER = re.compile(r"\d(?:[\d.,:/-]*\d)?")
_WORD = re.compile(r"\[\w+\]|[^\W_]+(?:'[^\W_]+)*")
_PEOPLE = {"[customer]", "[staff]"}


def cluster(store: Store, touched: set[str] | None = None) -> int:
    """Brings the tables `templates` and `template_uses` up to date for the companies given (None: all), and for those
    that another version has read; returns how many texts were new.

    Replies by a company, owner, manager or staff are read, on public profiles only. A template is known by its stem, so its id stays;
    running it twice changes nothing.
    """
    outdated = {company for (company,) in store.rows("select distinct company from wordings where version <> ?", (VERSION,))}
    return sum(_company(store, company, company.id in outdated) for company in list(store.read(Company, "1 order by id"))
               if touched is None or company.id in touched | outdated)


def mask(text: str, names: Iterable[str] = ()) -> str:
    """A reply without what changes from one paste to the next: placeholders for links, addresses, numbers and the company's own
    `names`, and neither greeting nor signature."""
    text = _LINK.sub("[link]", _SPACE.sub(" ", text).strip())
    if names and (own := _own(tuple(names))):
        text = own.sub("[company]", text)
    text = _NUMBER.sub("[number]", text)
    if (head := _GREETING.match(text[:_NEAR])) and words(text[head.end():]):
        text = text[head.end():]
    start = max(0, len(text) - _NEAR)
    if (tail := _SIGNATURE.search(text[start:])) and words(text[:start + tail.start(1)]):
        text = text[:start + tail.start(1)]
    return " ".join(text.split())


def words(masked: str) -> list[str]:
    """The words of a masked text, without case, punctuation and people."""
    return [w for w in _WORD.findall(masked.casefold().replace("’", "'")) if w not in _PEOPLE]


def likeness(a: str, b: str) -> float:
    """Jaccard similarity of the word pairs of two masked texts, 0 to 1."""
    x, y = pairs(a), pairs(b)
    return len(x & y) / len(x | y)


@lru_cache(maxsize=4096)
def pairs(masked: str) -> frozenset[str]:
    """Every two words that follow each other; the only one where there is but one."""
    said = words(masked)
    return frozenset(" ".join(said[i:i + 2]) for i in range(max(1, len(said) - 1)))


@lru_cache
def _own(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """What finds a company's own names, the longest first; None where it has none."""
    known = sorted({n.strip() for n in names if len(n.strip()) > 1}, key=lambda n: (-len(n), n))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, known)) + r")\b", re.I) if known else None


def _number(*parts: str) -> int:
    """A hash that fits a column of integers."""
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest(), signed=True)


@cache
def _permutations() -> Any:
    return MinHash(num_perm=BANDS * ROWS, seed=1, scheme=SCHEME).permutations


def _bands(company: str, masked: str) -> list[int]:
    """What a text is looked up by in the index."""
    signature = MinHash(num_perm=BANDS * ROWS, seed=1, permutations=_permutations(), scheme=SCHEME)
    signature.update_batch([t.encode() for t in pairs(masked)])
    values = signature.hashvalues
    return sorted({_number(company, str(i), values[i:i + ROWS].tobytes().hex()) for i in range(0, BANDS * ROWS, ROWS)})


def _company(store: Store, company: Company, outdated: bool) -> int:
    """Reads the new texts of a company's replies, in the order of their first use, and counts its templates anew."""
    names = (company.name, *json.loads(company.aliases), *json.loads(company.domains))
    with store.atomic():
        if outdated:
            _forget(store, company.id)
        new = 0
        for key, text in _unread(store, company.id):
            store.write([_read(store, company.id, key, mask(text, names))])
            new += 1
        _count(store, company.id)
    return new


def _forget(store: Store, company: str) -> None:
    store.execute("delete from stem_bands where stem in (select number from stems where company = ?)", (company,))
    store.execute("delete from stems where company = ?", (company,))
    store.execute("delete from wordings where company = ?", (company,))


_REPLIES = f"""replies join profiles on profiles.id = replies.profile and profiles.private = 0
    where replies.company = :company and replies.text_key is not null and replies.role in ({", ".join(map(repr, ANSWERING))})"""


def _unread(store: Store, company: str) -> Iterator[tuple[str, str]]:
    """Texts that no run has read, with their keys: sorted before they are handed out, so that the tables can be written meanwhile."""
    return cast(Iterator[tuple[str, str]], store.rows(
        f"""with new as (select text_key, min(created_at) as first from (select replies.text_key, replies.created_at from {_REPLIES}) as said
                         where not exists (select 1 from wordings where company = :company and wordings.text_key = said.text_key) group by text_key)
            select text_key, (select text from replies where replies.text_key = new.text_key limit 1) from new order by first, text_key""", {"company": company}))


def _read(store: Store, company: str, key: str, masked: str) -> Wording:
    """A text's stem: that of an equal text, else that of the text it is most like, else itself."""
    said = words(masked)
    number = _number(company, *said)
    if not said:
        return Wording(company, key, number, None, 0.0, VERSION)
    if known := next(store.read(Wording, "masked = ? limit 1", (number,)), None):
        return Wording(company, key, number, known.stem, known.similarity, VERSION)
    bands = _bands(company, masked)
    alike, stem, first = max(_near(store, masked, bands), default=(0.0, number, masked))
    if alike < VARIANT:
        store.write([Stem(number, company, masked)])
        store.write(StemBand(band, number) for band in _with_room(store, bands))
    return Wording(company, key, number, stem, 1.0 if stem == number else min(0.999, round(likeness(masked, first), 3)), VERSION)


def _near(store: Store, masked: str, bands: list[int]) -> Iterator[tuple[float, int, str]]:
    """Variants that are like a text: how much, and the number and first text of their stem."""
    for variant, stem, first in store.rows(f"""
            with near as (select stem from stem_bands where band in ({_marks(bands)}) group by stem order by count(*) desc, stem limit {CANDIDATES}),
                kept as (select text, (select stem from wordings where masked = number limit 1) as stem from near join stems on number = near.stem)
            select kept.text, kept.stem, stems.text from kept join stems on number = kept.stem""", bands):
        if (alike := likeness(masked, variant)) >= LIKE and likeness(masked, first) >= KIN:
            yield alike, stem, first


def _with_room(store: Store, bands: list[int]) -> list[int]:
    full = {band for (band,) in store.rows(f"select band from stem_bands where band in ({_marks(bands)}) group by band having count(*) >= {FULL}", bands)}
    return [band for band in bands if band not in full]


def _marks(values: list[int]) -> str:
    return ", ".join("?" * len(values))


def _count(store: Store, company: str) -> None:
    """Brings templates and their uses in line with the replies as they stand; only rows that differ are written."""
    values = {"company": company, "uses": USES}
    store.execute("drop table if exists temp.pasted")
    store.execute("create temp table pasted (reply text primary key, review text, at text, template text, stem integer, similarity real)")
    store.execute(f"""insert into pasted select replies.id, replies.review, replies.created_at, printf('%016x', wordings.stem), wordings.stem, wordings.similarity
        from {_REPLIES.replace("where", "join wordings on wordings.company = replies.company and wordings.text_key = replies.text_key where", 1)}
        and wordings.stem is not null""", values)
    store.execute("delete from pasted where stem not in (select stem from pasted group by stem having count(*) >= :uses)", values)
    store.execute("""insert into templates (id, company, text, uses, first_used, last_used, complaints)
        select template, :company, (select text from stems where number = stem), count(*), min(at), max(at),
            count(distinct case when reviews.stars <= 2 or labels.value = 'yes' then reviews.id end)
        from pasted join reviews on reviews.id = pasted.review
        left join labels on labels.kind = 'review' and labels.target = reviews.id and labels.name = 'complaint' where true group by template
        on conflict (id) do update set text = excluded.text, uses = excluded.uses, first_used = excluded.first_used, last_used = excluded.last_used, complaints = excluded.complaints
        where (text, uses, first_used, last_used, complaints) is not (excluded.text, excluded.uses, excluded.first_used, excluded.last_used, excluded.complaints)""", values)
    store.execute("""insert into template_uses (reply, template, similarity) select reply, template, similarity from pasted where true
        on conflict (reply) do update set template = excluded.template, similarity = excluded.similarity
        where (template, similarity) is not (excluded.template, excluded.similarity)""")
    store.execute("""delete from template_uses where template in (select id from templates where company = :company)
        and reply not in (select reply from pasted)""", values)
    store.execute("delete from templates where company = :company and id not in (select template from pasted)", values)
    store.execute("drop table temp.pasted")
