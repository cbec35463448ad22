"""Small studies whose truth is known, written into a store: for tests, and for looking at pages.

    python tests/worlds.py FOLDER     writes FOLDER/rapport.db, with findings
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from enrich import cells, conclude
from enrich.lens import Accuracy, Lens, System
from enrich.lens import Tag as Word
from enrich.records import iso
from enrich.store import Store
from enrich.tables import Company, Label, Look, Mention, Profile, Reply, Review, Study, Table, Tag, TemplateUse

START = datetime(2025, 1, 1, tzinfo=UTC)
SAYS = {"theme:heard-": "I wrote and nobody ever came back to me about it.", "theme:heard+": "They listened to what I had to say and answered it.",
        "theme:courtesy-": "The person on the phone was rude to me.", "theme:courtesy+": "Everybody was kind and polite.",
        "theme:honesty-": "They lied to me about the fees.", "theme:speed+": "It was quick.", "theme:resolved-": "My trouble is still not solved."}
STAFF_SAYS = {"theme:staff_heard-": "Management does not listen to staff.", "theme:staff_morale+": "The mood in the team is good."}
DOES = {"move:apologises": "We are sorry.", "move:empathises": "We can see how upsetting this was.", "move:deflects": "Please write to our help desk.", "move:thanks": "Thank you for your words."}
CLAUSES = {"theme:heard-": "nobody listened or came back to them", "theme:heard+": "the company listened and answered", "theme:courtesy-": "people were rude", "theme:courtesy+": "people were kind",
           "theme:honesty-": "they were lied to", "theme:speed+": "service was quick", "theme:resolved-": "their trouble remains unsolved", "theme:staff_heard-": "nobody listens to staff",
           "theme:staff_morale+": "the mood is good", "move:apologises": "the company says sorry", "move:empathises": "the company shares the customer's feeling",
           "move:deflects": "the company sends the customer elsewhere", "move:thanks": "the company thanks the customer"}
AGAINST = {"move:deflects": "against", "move:apologises": "for", "move:empathises": "for"}


class Words(Lens):
    """A small vocabulary of our own, of established accuracy, so that worlds stand whatever the project's says."""

    def __init__(self, established: bool = True, accuses: tuple[str, ...] = ("theme:honesty-",)) -> None:
        self.systems = {s.id: s for s in (System(id="a", title="Rapport", question="Where is it weak?", measures=["weakness_map"], terms=[]),
                                          System(id="c", title="Empathy", question="How does it answer?", measures=["reply_quality"], terms=[]),
                                          System(id="d", title="Staff", question="How are its people?", measures=["staff_map"], terms=[]))}
        self.languages = {"en"}
        self.tags = {}
        for of, ids in (("customer", SAYS), ("employee", STAFF_SAYS), ("reply", DOES)):
            for id in ids:
                kind, _, name = id.partition(":")
                sign = name[-1] if name[-1] in "+-" else ""
                self.tags[id] = Word(id=id, kind=kind, name=name.rstrip("+-"), sign=sign, title=name.rstrip("+-").replace("_", " ").capitalize(), of=(of,), definition=CLAUSES[id].capitalize() + ".",
                                    cues=(), unless=(), negation="drop", speaks=AGAINST.get(id) or {"+": "for", "-": "against"}.get(sign), accuses=id in accuses, examples=(), non_examples=())
        self.accuracy = {t: Accuracy(gold=99, precision=0.9, recall=0.9) for t in [*self.tags, "order:empathy_first"]} if established else {}


@dataclass
class Firm:
    """What is true of a company."""

    name: str
    role: str = "rival"
    reviews: int = 240
    unhappy: float = 0.5                     # share of 1 and 2 stars
    says: dict[str, float] = field(default_factory=dict)         # theme to the share of customers' reviews that carry it
    answers: float = 0.6                     # share of complaints that are ever answered
    days: float = 2.0                        # median days until then
    does: dict[str, float] = field(default_factory=dict)         # move to the share of replies that carry it
    pasted: float = 0.0                      # share of replies made from a template
    staff: int = 0                           # employee reviews
    staff_says: dict[str, float] = field(default_factory=dict)
    visible: int | None = 1
    sources: tuple[str, ...] = ("forum",)
    repeat: float = 0.1                      # share of reviews by authors who wrote before


FOUR = (
    Firm("Nettle", says={"theme:heard-": 0.45, "theme:courtesy+": 0.1, "theme:honesty-": 0.3}, answers=0.9, days=0.5, does={"move:apologises": 0.9, "move:deflects": 0.7}, pasted=0.8),
    Firm("Bramble", says={"theme:heard+": 0.4, "theme:heard-": 0.1, "theme:courtesy+": 0.4}, answers=0.8, days=6, does={"move:apologises": 0.5, "move:empathises": 0.7}, staff=60,
         staff_says={"theme:staff_morale+": 0.5}),
    Firm("Sorrel", says={"theme:heard-": 0.2, "theme:resolved-": 0.4, "theme:courtesy+": 0.1}, answers=0.2, days=3, does={"move:thanks": 0.6}, staff=60, staff_says={"theme:staff_heard-": 0.6}),
    Firm("Yarrow", "client", says={"theme:heard-": 0.15, "theme:courtesy+": 0.15, "theme:speed+": 0.3}, answers=0.5, days=2, does={"move:apologises": 0.5}, visible=0),
)


def write(store: Store, firms: Iterable[Firm] = FOUR, *, seed: int = 1, span: int = 360, last_look: float = 400, period: tuple[str | None, str | None] = (None, None)) -> None:
    """Fills a store with what is known of some firms, `span` days of it, last looked at on day `last_look`; counts are brought up to date."""
    rng = np.random.default_rng(seed)
    firms = list(firms)
    store.write([Study("world", "Four herbs", next((f.name for f in firms if f.role == "client"), None), *period, iso(START))])
    store.write(Tag(t.id, t.kind, t.name, t.sign or None, t.title, t.definition, 99, 0.9, 0.9) for t in Words().tags.values())
    for firm in firms:
        for table in _firm(firm, rng, span, START + timedelta(days=last_look)):
            store.write(table)
    cells.update(store)


def _firm(firm: Firm, rng: np.random.Generator, span: int, last: datetime) -> list[list[Table]]:
    id = firm.name.lower()
    profiles: list[Table] = [Profile(f"{id}.{s}", id, s, s, f"https://{s}.example/{id}", f"https://{s}.example/{id}", "customer", None, firm.visible, "whole", 0, "full", None, None, None, None, None) for s in firm.sources]
    if firm.staff:
        profiles.append(Profile(f"{id}.jobs", id, "table", "jobs", "staff.csv", None, "employee", None, 0, "whole", 0, "excerpt", None, None, None, None, None))
    reviews: list[Table] = []
    replies: list[Table] = []
    looks: list[Table] = []
    labels: list[Table] = []
    mentions: list[Table] = []
    uses: list[Table] = []
    authors: list[str] = []
    for i in range(firm.reviews + firm.staff):
        employee = i >= firm.reviews
        created = START + timedelta(days=float(rng.uniform(0, span)))
        source = "jobs" if employee else firm.sources[i % len(firm.sources)]
        unhappy = rng.random() < firm.unhappy
        stars = int(rng.integers(1, 3) if unhappy else rng.integers(3, 6))
        if authors and rng.random() < firm.repeat:
            author = authors[int(rng.integers(len(authors)))]
        else:
            authors.append(author := f"{id}-author-{i}")
        said = [t for t, share in (firm.staff_says if employee else firm.says).items() if rng.random() < share]
        text = f"Review {i} of {firm.name}."
        key = f"{id}-{i}"
        for tag in said:
            start = len(text) + 1
            text += " " + {**SAYS, **STAFF_SAYS}[tag]
            mentions.append(Mention(0, "review", key, key, id, tag, start, len(text), {**SAYS, **STAFF_SAYS}[tag], "themes", "world"))
        reviews.append(Review(key, f"{id}.{source}", id, source, "employee" if employee else "customer", key, 0, f"https://{source}.example/{id}/{i}", author, None, text, key, key, f"{stars}",
                              (stars - 1) / 4, stars, iso(created), iso(created), "second", "created", None, "en", None, None, None, None))
        looks.append(Look("review", key, iso(created), iso(last), 1, None, 0, None))
        labels += [Label("review", key, "language", "en", 0.99, "text", None, "language", "world"), Label("review", key, "complaint", "yes" if unhappy else "no", None, "text", None, "complaint", "world")]
        replied = created + timedelta(days=float(firm.days * np.exp(rng.normal(0, 0.8))))
        if firm.visible and not employee and rng.random() < (firm.answers if unhappy else firm.answers / 2) and replied <= last:
            pasted = rng.random() < firm.pasted
            answer = "Hello." if pasted else f"Hello number {i}."
            for move in [m for m, share in firm.does.items() if rng.random() < share]:
                start = len(answer) + 1
                answer += " " + DOES[move]
                mentions.append(Mention(0, "reply", f"{key}-r", key, id, move, start, len(answer), DOES[move], "moves", "world"))
            replies.append(Reply(f"{key}-r", key, f"{id}.{source}", id, f"{key}-r", 1, "company", "source", None, answer, answer, answer, iso(replied), iso(replied), "second", None))
            looks.append(Look("reply", f"{key}-r", iso(replied), iso(last), 1, None, 0, None))
            empathy = any(t.target == f"{key}-r" and t.tag == "move:empathises" for t in mentions[-4:])  # type: ignore[attr-defined]
            labels += [Label("reply", f"{key}-r", "language", "en", 0.99, "text", None, "language", "world"),
                       Label("reply", f"{key}-r", "order", "empathy_first" if empathy else "neither", None, "text", None, "order", "world")]
            if pasted:
                uses.append(TemplateUse(f"{key}-r", f"{id}-template", 0.9))
    return [[Company(id, firm.name, firm.role, "[]", "[]", "[]")], profiles, reviews, replies, looks, labels, mentions, uses]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with Store(folder / "rapport.db", create=True) as made:
        write(made)
        print(f"{folder / 'rapport.db'}: analysis {conclude.conclude(made, Words()).id}, {made.one('select count(*) from findings')} findings")
