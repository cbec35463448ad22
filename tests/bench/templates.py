"""How well pasted replies are found: `python tests/bench/templates.py FOLDER [REPLIES]`.

FOLDER holds other people's reviews with the replies of companies (Play, TripAdvisor, Trustpilot, Twitter). tests/template_pairs.csv names 572 pairs of replies, two of
one company each; it has their ids, never their words. 211 pairs (17 apps, 13 hotels, 9 brands) set what a template is taken for; 361 pairs of 64 other companies only measure.

The pairs were drawn evenly over ten bands of similarity (mean of the Jaccard similarity of masked word triples and of rapidfuzz's ratio), with a smaller eleventh of pairs
that are equal once masked, at most 28 of a company; and judged by one reader, shuffled, with no figure beside them, by this rule. *Same*: one text was pasted, with names,
numbers, some words or some sentences exchanged, added or left out; what stands word for word, and in the same order, in both is about half of the two taken together,
or nearly the whole shorter text and a third of the longer. *Not the same*: another text, if about the same thing; other words for the same thing; stock phrases alone
(a greeting, thanks, "we look forward to") around what differs. The 112 pairs of the apps had been judged by another reader before; 104 of these were judged alike.

Two replies are the same to the program where `enrich.templates` gives them one stem, among all the replies of their companies in the order of their dates. Intervals are of
95 %, from 2,000 draws of companies with replacement. REPLIES (100,000 unless given) made-up replies of one company show what it costs.
"""

from __future__ import annotations

import csv
import json
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import islice, pairwise, product
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz

sys.path.insert(0, str(Path(__file__).parents[2]))

from enrich import people, templates, text
from enrich.store import Store
from enrich.tables import Company, Profile, Reply, Review

PAIRS = Path(__file__).parents[1] / "template_pairs.csv"
SETS = {"A01": "A01*/*.csv", "A02": "A02*/*.csv", "A03": "A03*/*.csv", "A04": "A04*/*.csv", "A05": "A05*/*.csv", "A06": "A06*/*.csv", "A07": "A07*/*.json", "A08": "A08*/*.csv", "B13": "B13*/*.csv"}
"""Where the replies of each set of data are."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, with names and contacts masked as they are when it is gathered."""

    company: str
    names: tuple[str, ...]
    text: str
    at: str

    @property
    def masked(self) -> str:
        return templates.mask(self.text, self.names)

    @property
    def words(self) -> str:
        return " ".join(templates.words(self.masked))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies by one company, and what a reader took them for; `split` is "set" or "measure"."""

    split: str
    one: Said
    other: Said
    same: bool


def pairs(folder: Path, *splits: str) -> tuple[list[Pair], list[Said]]:
    """The judged pairs, and every reply of the companies that they are from."""
    csv.field_size_limit(1 << 30)
    with PAIRS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] in splits]
    said = {(data, id): reply for data in sorted({row["data"] for row in rows}) for id, reply in _replies(folder, data, SETS[data])}
    judged = [Pair(r["split"], said[r["data"], r["one"]], said[r["data"], r["other"]], r["same"] == "yes") for r in rows]
    companies = {pair.one.company for pair in judged}
    return judged, [reply for reply in said.values() if reply.company in companies]


def stems(replies: Iterable[Said]) -> dict[tuple[str, str], int | None]:
    """Company and text of every reply to the stem that the program gives it."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "rapport.db", create=True) as store:
        with store.atomic():
            fill(store, replies)
        templates.cluster(store)
        return {(company, said): stem for company, said, stem in store.rows(
            "select replies.company, text, stem from replies join wordings on wordings.company = replies.company and wordings.text_key = replies.text_key")}


def fill(store: Store, replies: Iterable[Said]) -> None:
    """A store of these replies, each under a review of its own."""
    numbered, known = enumerate(replies), set()
    blank_review, blank_reply = dict.fromkeys(Review.columns()), dict.fromkeys(Reply.columns())
    while some := list(islice(numbered, 5000)):
        for company, names in {said.company: said.names for _, said in some if said.company not in known}.items():
            known.add(company)
            store.write([Company(company, names[0] if names else company, "rival", "[]", "[]", "[]")])
            store.write([Profile(company, company, "table", "play", company, None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
        of = [{"profile": said.company, "company": said.company, "raw_hash": ""} for _, said in some]
        store.write(Review(**{**blank_review, **its, "id": f"r{n}", "source": "play", "audience": "customer", "derived_id": 0, "created_kind": "created"})
                    for (n, _), its in zip(some, of, strict=True))
        store.write(Reply(**{**blank_reply, **its, "id": f"a{n}", "review": f"r{n}", "position": 1, "role": "company", "role_basis": "source",
                             "text": said.text, "text_key": text.key(said.text), "created_at": said.at}) for (n, said), its in zip(some, of, strict=True))


def _replies(folder: Path, data: str, pattern: str) -> Iterator[tuple[str, Said]]:
    """Every reply with its id: that of its review, of itself (hotels, tweets), or the number of its row (Uber)."""
    for path in sorted(folder.glob(pattern)):
        for number, row in enumerate(_rows(path)):
            match data:
                case "A02":
                    id, company, name, reply, customer, at = (row[c] for c in ("ownerResponse/id", "placeInfo/id", "placeInfo/name", "ownerResponse/text", "user/name", "ownerResponse/publishedDate"))
                case "A06":
                    id, company, name, reply, customer = row["tweet_id"], row["author_id"], row["author_id"], row["text"] if row["inbound"] == "False" else "", ""
                    at = parsedate_to_datetime(row["created_at"]).isoformat() if reply else ""
                case "A07":
                    answer = row["reply"] or {"message": "", "publishedDate": ""}
                    id, company, name, reply, customer, at = row["id"], "keytrade", "keytrade bank", answer["message"], row["consumer"]["displayName"], answer["publishedDate"]
                case _:
                    company = row["App"] if data == "A08" else "uber" if data == "B13" else re.split("__|_reviews", path.stem)[0]
                    name = "" if data == "A01" else company
                    id, reply, customer, at = row.get("reviewId") or str(number), row["replyContent"], row["userName"], row["repliedAt"]
            if reply and reply.strip():
                names = (name,) if name else ()
                yield id, Said(company, names, people.mask_reply(reply, customer or None, names), re.sub(r"^(\d\d)-(\d\d)-(\d{4})", r"\3-\2-\1", at))


def _rows(path: Path) -> Iterable[dict]:
    if path.suffix == ".json":
        yield from json.loads(path.read_text(encoding="utf-8"))
        return
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        yield from csv.DictReader(file)


def accuracy(same: np.ndarray, found: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    hits = (same & found).sum()
    return hits / max(1, found.sum()), hits / max(1, same.sum()), 2 * hits / max(1, found.sum() + same.sum())


def interval(companies: list[str], same: np.ndarray, found: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """Where F1 lies in 95 % of draws of companies."""
    of = [np.flatnonzero(np.array(companies) == company) for company in sorted(set(companies))]
    random = np.random.default_rng(1)
    drawn = (np.concatenate([of[i] for i in random.integers(len(of), size=len(of))]) for _ in range(draws))
    low, high = np.quantile([accuracy(same[d], found[d])[2] for d in drawn], [0.025, 0.975])
    return low, high


def main(folder: Path, most: int) -> None:
    judged, replies = pairs(folder, "set", "measure")
    given = stems(replies)
    ratio = np.array([fuzz.ratio(p.one.words, p.other.words) for p in judged])
    same, setting = np.array([p.same for p in judged]), np.array([p.split == "set" for p in judged])
    cut = max(range(40, 100), key=lambda t: accuracy(same[setting], ratio[setting] >= t)[2])
    ways: dict[str, Callable[[Pair], bool]] = {
        "equal": lambda p: p.one.text == p.other.text,
        "equal once masked": lambda p: p.one.words == p.other.words,
        "likeness of the two": lambda p: templates.likeness(p.one.masked, p.other.masked) >= templates.LIKE,
        "the program's stems": lambda p: given[p.one.company, p.one.text] == given[p.other.company, p.other.text]}
    found = {way: np.array([decides(p) for p in judged]) for way, decides in ways.items()} | {f"rapidfuzz.ratio >= {cut}": ratio >= cut}
    for split, part in (("set", setting), ("measure", ~setting)):
        companies = [p.one.company for p, there in zip(judged, part, strict=True) if there]
        print(f"\npairs that {split}: {part.sum()} of {len(set(companies))} companies, {same[part].sum()} the same\n{'':22}precision  recall     F1  (95 %)")
        for way, decided in found.items():
            p, r, f = accuracy(same[part], decided[part])
            low, high = interval(companies, same[part], decided[part])
            print(f"{way:22}{p:9.3f}  {r:6.3f}  {f:5.3f}  {low:.3f} to {high:.3f}")
    strata(ratio, same, found["the program's stems"], ~setting, found["equal once masked"])
    cost(most)


def strata(ratio: np.ndarray, same: np.ndarray, found: np.ndarray, part: np.ndarray, equal: np.ndarray) -> None:
    """How the program does on pairs of each similarity: where nearly all are the same, or none is, F1 says little, so errors are counted."""
    print("\npairs that measure, by rapidfuzz.ratio once masked\n             pairs  same  missed  wrongly joined")
    bounds = [0, 45, 50, 55, 60, 65, 70, 75, 80, 90, 101]
    among = {f"{low} to {high - 1}": part & ~equal & (ratio >= low) & (ratio < high) for low, high in pairwise(bounds)}
    for name, here in (among | {"equal": part & equal}).items():
        print(f"{name:12} {here.sum():5}  {same[here].sum():4}  {(same & ~found)[here].sum():6}  {(~same & found)[here].sum():14}")
    apart = part & ~equal
    print("without equal ones: precision {:.3f}, recall {:.3f}, F1 {:.3f}".format(*accuracy(same[apart], found[apart])))


def made_up(most: int) -> Iterator[Said]:
    """Replies of one company: 300 texts of four sentences, one of them exchanged in half of the replies, and one reply in five that is its own."""
    draw = random.Random(1)
    words = ["".join(letters) for letters in product("bdfgklmnprstvz", "aeiou", "lmnrst", "aeiou")]
    weights = [1 / (i + 10) for i in range(len(words))]            # words are as unevenly used as in language

    def sentence() -> str:
        return " ".join(draw.choices(words, weights, k=draw.randint(6, 14))) + "."
    pasted = [[sentence() for _ in range(4)] for _ in range(300)]
    for number in range(most):
        said = list(draw.choice(pasted))
        if number % 5 == 0:
            said = [sentence() for _ in range(4)]
        elif number % 2:
            said[draw.randrange(4)] = sentence()
        yield Said("made-up", (), " ".join(said), f"2026-01-01T{number:09}")


def cost(most: int) -> None:
    """How many replies a second are read, and the memory at its highest, for a tenth of them and for all."""
    print()
    for size in (most // 10, most):
        with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "rapport.db", create=True) as store:
            with store.atomic():
                fill(store, made_up(size))
            began = time.process_time()
            templates.cluster(store)
            spent = time.process_time() - began
            variants, = next(iter(store.rows("select count(*) from stems")))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"{size:,} made-up replies of one company: {size / spent:,.0f} a second, {variants:,} in the index, memory of this process so far {memory:,} MB at most")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
