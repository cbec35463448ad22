"""Measures of the systems A and B on small studies whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from enrich import cells, conclude, measures
from enrich.lens import Lens, Tag
from enrich.measures.bank_account import means
from enrich.store import Store
from enrich.tables import Change, Company, Evidence, Finding, Label, Mention
from enrich.tables import Figure as Dot
from tests import worlds
from tests.bench import simulate
from tests.test_measures import place, reply, review
from tests.test_measures import store as store  # a fixture
from tests.worlds import Firm

SAYS = {"theme:loyalty+": ("We stay with them.", "they stay"), "theme:loyalty-": ("We are leaving them.", "they leave"), "theme:advocacy+": ("Everybody should go there.", "they recommend it"),
        "theme:quality-": ("The lamp broke.", "the product is faulty"), "theme:value-": ("It costs too much.", "it is too dear"), "theme:speed-": ("It took for ever.", "service was slow"),
        "theme:competence+": ("They know their trade.", "people are skilled"), "theme:competence-": ("They had no idea.", "people are unskilled"), "theme:resolved+": ("It was put right.", "their trouble was solved"),
        "theme:promise+": ("They kept their word.", "a promise was kept"), "theme:promise-": ("They broke their word.", "a promise was broken")}
DOES = {"move:commits": ("We will look into it.", "the company says what it will do"), "move:commits_by": ("You will hear by Monday.", "the company says by when")}


@pytest.fixture(scope="module", autouse=True)
def wider() -> Iterator[None]:
    """The small vocabulary, with what these measures read."""
    with pytest.MonkeyPatch.context() as patch:
        for into, more in ((worlds.SAYS, SAYS), (worlds.DOES, DOES)):
            for tag, (words, clause) in more.items():
                patch.setitem(into, tag, words)
                patch.setitem(worlds.CLAUSES, tag, clause)
        yield


def lens() -> Lens:
    made = worlds.Words()
    made.tags["stage:married"] = Tag(id="stage:married", kind="stage", name="married", sign="", title="Together for years", of=("customer",), definition="Years.", cues=(), unless=(), negation="drop",
                                     speaks=None, accuses=False, examples=(), non_examples=())
    return made


def concluded(store: Store) -> None:
    cells.update(store)
    conclude.conclude(store, lens(), anew=True)


def found(store: Store, id: str) -> Finding:
    finding = store.get(Finding, id)
    assert finding, f"no finding {id}"
    return finding


def told(store: Store, id: str) -> dict[str, list[str]]:
    """Side to the texts behind a finding."""
    return {side: [e.target for e in store.read(Evidence, "finding = ? and side = ? order by position", (id, side))] for side in ("for", "against")}


BRAMBLE: dict[str, Any] = {"profile": "bramble.forum", "company": "bramble"}


def moves(store: Store, reply: str, review: str, *tags: str) -> None:
    store.write(Mention(0, "reply", reply, review, "nettle", tag, i, i + 1, "x", "moves", "1") for i, tag in enumerate(tags))


# The bank account

def test_net_deposits_are_entries_less_withdrawals_of_the_last_twelve_months_per_100_reviews(store: Store) -> None:
    place(store, "bramble.forum")
    review(store, "old", "2024-02-01T10:00:00Z", tags=("theme:heard-",))
    review(store, "one", "2025-03-01T10:00:00Z", tags=("theme:heard-", "theme:courtesy-", "theme:heard-"))
    review(store, "two", "2025-03-02T10:00:00Z", tags=("theme:courtesy+", "theme:loyalty+", "theme:quality-"))
    review(store, "none", "2025-03-03T10:00:00Z")
    review(store, "last", "2025-03-20T10:00:00Z")
    review(store, "b", "2025-03-05T10:00:00Z", tags=("theme:heard+",), **BRAMBLE)
    concluded(store)
    net = found(store, "nettle.bank_account.net-deposits")
    assert (net.value, net.n, net.hits, net.field_value, net.difference, net.unit) == (-25, 4, 2, 100, -125, "per 100")
    assert net.low is not None and net.high is not None and net.low < -25 < net.high
    assert net.sentence.startswith("In 2 of 4 public reviews of Nettle in the last twelve months, customers tell of something paid into the relationship or drawn from it, 1 deposit and 2 withdrawals in all: "
                                   "in 100 reviews about 25 more drawn than paid in (likely from ")
    assert "From 2024-03-21 to 2025-03-20, on sources and in months that the others share." in (net.why or "")
    assert told(store, net.id) == {"for": ["one"], "against": ["two"]}


def test_the_running_line_is_a_companys_own(store: Store) -> None:
    place(store, "bramble.forum")
    review(store, "old", "2024-02-01T10:00:00Z", tags=("theme:heard-",))
    review(store, "one", "2025-03-01T10:00:00Z", tags=("theme:heard-", "theme:courtesy-"))
    review(store, "two", "2025-04-02T10:00:00Z", tags=("theme:courtesy+",))
    review(store, "b", "2025-03-05T10:00:00Z", tags=("theme:heard+",), **BRAMBLE)
    concluded(store)
    line = found(store, "nettle.bank_account.running-line")
    assert (line.value, line.n, line.field_value, line.unit) == (-2, 3, None, "entries")
    assert [(d.series, d.x, d.y) for d in store.read(Dot, "finding = ? order by x", (line.id,))] == [("Nettle", "2024-02", -1), ("Nettle", "2025-03", -3), ("Nettle", "2025-04", -2)]
    assert line.sentence == "In 3 public reviews of Nettle over the whole time, customers tell of 1 deposit and 3 withdrawals: its account stands 2 entries below where it began."


def test_a_company_without_reviews_in_the_last_twelve_months_has_no_net_deposits(store: Store) -> None:
    place(store, "bramble.forum")
    review(store, "old", "2023-02-01T10:00:00Z", tags=("theme:heard-",))
    review(store, "b", "2025-03-05T10:00:00Z", tags=("theme:heard+",), **BRAMBLE)
    concluded(store)
    assert found(store, "nettle.bank_account.net-deposits").verdict == "not available"
    assert found(store, "bramble.bank_account.net-deposits").value == 100


def test_a_net_figure_that_never_varies_is_not_sure(store: Store) -> None:
    for day in range(1, 11):
        review(store, f"r{day}", f"2025-03-{day:02d}T10:00:00Z")
    cells.update(store)
    rows = cells.layout(store, cells.Where())
    own = means(rows, np.zeros(len(rows.n)), "nettle", np.zeros(len(rows.n))).own
    assert own.value == 0 and own.high == -own.low > 25


def test_the_interval_of_a_net_figure_covers_the_truth() -> None:
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(200):
        rows, hits = simulate.study(simulate.World(companies=3, reviews=200, themes=2, base=0.2), rng)
        net = means(rows, hits[:, 0] - hits[:, 1], "c0", hits[:, 0])
        assert net.difference
        covered.append((net.own.low <= 0 <= net.own.high, net.difference.low <= 0 <= net.difference.high))
    assert (np.array(covered).mean(axis=0) >= 0.9).all()


# The barrier, and those who stay despite

def test_the_barrier_is_who_stays_or_recommends_less_who_leaves(store: Store) -> None:
    place(store, "bramble.forum")
    for id, tags in {"a": ("theme:loyalty+", "theme:advocacy+"), "b": ("theme:advocacy+",), "c": ("theme:loyalty-",), "d": (), "e": ("theme:loyalty+",)}.items():
        review(store, id, tags=tags)
    store.write([Label("review", "a", "stage", "married", None, "words", "[[0, 4, \"Text\"]]", "stage", "1")])
    review(store, "x", **BRAMBLE)
    concluded(store)
    barrier = found(store, "nettle.barrier_to_entry.barrier")
    assert (barrier.value, barrier.n, barrier.hits, barrier.field_value) == (40, 5, 4, 0)
    assert barrier.sentence.startswith("In 3 of 5 public reviews of Nettle customers say that they stay or recommend it, and in 1 that they leave or will: in 100 reviews about 40 more hold to it than leave (likely ")
    assert told(store, barrier.id) == {"for": ["a", "b", "e"], "against": ["c"]}
    tenure = found(store, "nettle.barrier_to_entry.tenure")
    assert (tenure.value, tenure.hits, told(store, tenure.id)["for"]) == (0.2, 1, ["a"])
    assert "a customer says that they have been with it for years" in tenure.sentence


def test_loyal_despite_is_said_in_one_review(store: Store) -> None:
    place(store, "bramble.forum")
    review(store, "both", tags=("theme:loyalty+", "theme:value-"), author="ann")
    review(store, "stays", tags=("theme:loyalty+",), author="bob")
    review(store, "complains", tags=("theme:quality-",), author="bob")
    review(store, "leaves", tags=("theme:quality-", "theme:loyalty-"))
    review(store, "x", **BRAMBLE)
    concluded(store)
    despite = found(store, "nettle.loyal_despite.loyal-despite")
    assert (despite.value, despite.n, despite.hits, despite.verdict) == (0.25, 4, 1, "too few")
    assert told(store, despite.id) == {"for": ["both", "both"], "against": ["leaves"]}
    assert "they stay, and in the same breath complain of the product or its price" in despite.sentence


def test_what_the_vocabulary_does_not_look_for_is_not_found_to_be_none(store: Store) -> None:
    review(store, "r")
    cells.update(store)
    small = lens()
    del small.tags["theme:loyalty+"]
    conclude.conclude(store, small)
    for id in ("barrier_to_entry.barrier", "loyal_despite.loyal-despite", "attack_or_avoid.attack-or-avoid"):
        finding = found(store, f"nettle.{id}")
        assert (finding.verdict, finding.sentence) == ("not available", "This is not available: the vocabulary in use does not look for loyalty.")
