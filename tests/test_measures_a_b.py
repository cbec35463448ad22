"""Measures of the systems A and B on small studies whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from enrich import cells, conclude, measures
from enrich.lens import Lens, Tag
from enrich.measures.bank_account import means
from enrich.store import Store
from enrich.tables import Change, Company, Evidence, Finding, Label, Mention, Study
from enrich.tables import Figure as Dot
from tests import worlds
from tests.bench import worlds as drawn
from tests.test_measures import place, reply, review
from tests.worlds import Firm

SAYS = {"theme:loyalty+": ("We stay with them.", "they stay"), "theme:loyalty-": ("We are leaving them.", "they leave"), "theme:advocacy+": ("Everybody should go there.", "they recommend it"),
        "theme:quality-": ("The lamp broke.", "the product is faulty"), "theme:value-": ("It costs too much.", "it is too dear"), "theme:speed-": ("It took for ever.", "service was slow"),
        "theme:competence+": ("They know their trade.", "people are skilled"), "theme:competence-": ("They had no idea.", "people are unskilled"), "theme:resolved+": ("It was put right.", "their trouble was solved"),
        "theme:promise+": ("They kept their word.", "a promise was kept"), "theme:promise-": ("They broke their word.", "a promise was broken")}
DOES = {"move:commits": ("We will look into it.", "the company says what it will do"), "move:commits_by": ("You will hear by Monday.", "the company says by when")}
NAMES = ("attack_or_avoid", "bank_account", "barrier_to_entry", "client_scale", "competence_and_attitude", "heard_gap", "loyal_despite", "market_gap", "promises")
ALL = measures.measures()


@pytest.fixture(scope="module", autouse=True)
def wider() -> Iterator[None]:
    """The small vocabulary, with what these measures read; and these measures only, beside one that they are compared with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "measures", lambda: {name: ALL[name] for name in (*NAMES, "responsiveness")})
        for into, more in ((worlds.SAYS, SAYS), (worlds.DOES, DOES)):
            for tag, (words, clause) in more.items():
                patch.setitem(into, tag, words)
                patch.setitem(worlds.CLAUSES, tag, clause)
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as made:
        made.write([Study("s", "Study", None, None, None, "2025-01-01T00:00:00Z")])
        made.write([Company("nettle", "Nettle", "rival", "[]", "[]", "[]"), Company("bramble", "Bramble", "rival", "[]", "[]", "[]")])
        place(made, "nettle.forum")
        yield made


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
        rows, hits = drawn.study(drawn.World(companies=3, reviews=200, themes=2, base=0.2), rng)
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


# A market of four: who is open to attack, what the whole market lacks

HERBS = (
    Firm("Nettle", says={"theme:heard-": 0.4, "theme:heard+": 0.02, "theme:courtesy-": 0.2, "theme:loyalty-": 0.3, "theme:loyalty+": 0.02, "theme:speed-": 0.3, "theme:competence+": 0.3, "theme:competence-": 0.02},
         answers=1.0, days=0.5, does={"move:commits": 0.5}),
    Firm("Bramble", says={"theme:heard-": 0.05, "theme:heard+": 0.3, "theme:loyalty+": 0.4, "theme:advocacy+": 0.2, "theme:courtesy+": 0.3, "theme:courtesy-": 0.3, "theme:speed-": 0.3, "theme:competence+": 0.2}, answers=0.3, does={"move:commits": 0.3}),
    Firm("Sorrel", says={"theme:heard-": 0.2, "theme:loyalty+": 0.1, "theme:loyalty-": 0.1, "theme:courtesy+": 0.3, "theme:speed-": 0.3, "theme:quality-": 0.3, "theme:competence-": 0.2}),
    Firm("Yarrow", "client", says={"theme:heard-": 0.2, "theme:loyalty+": 0.1, "theme:speed-": 0.3, "theme:courtesy+": 0.2}, visible=0),
)


@pytest.fixture(scope="module")
def herbs(tmp_path_factory: pytest.TempPathFactory, wider: None) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("herbs") / "rapport.db", create=True) as store:
        worlds.write(store, HERBS)
        conclude.conclude(store, lens())
        yield store


@pytest.mark.parametrize(("company", "ends"), [
    ("nettle", "they find more fault than at the others and hold to it less: as far as these reviews go, an attack would find an opening."),
    ("yarrow", "taken together with how firmly they hold to it, where it stands beside the others is not settled by these reviews."),
])
def test_an_opening_is_more_fault_and_a_weaker_hold_together(herbs: Store, company: str, ends: str) -> None:
    finding = found(herbs, f"{company}.attack_or_avoid.attack-or-avoid")
    assert finding.sentence.endswith(f"customers say that at least one thing is wrong with how the company treats them; {ends}"), finding.sentence
    assert finding.verdict == "indicative" and finding.direction == ("worse" if company == "nettle" else "better")


def test_a_loyal_base_that_finds_little_fault_is_one_to_avoid(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store, [Firm("Bramble", says={"theme:loyalty+": 0.4, "theme:heard-": 0.05}), *(Firm(n, says={"theme:loyalty-": 0.2, "theme:heard-": 0.3}) for n in ("Nettle", "Sorrel"))])
        conclude.conclude(store, lens())
        assert found(store, "bramble.attack_or_avoid.attack-or-avoid").sentence.endswith("an attack would break on a loyal base.")


def test_faults_are_of_the_relationship_and_not_of_the_product(herbs: Store) -> None:
    finding = found(herbs, "sorrel.attack_or_avoid.attack-or-avoid")
    rows = herbs.one("select count(distinct target) from mentions where company = 'sorrel' and tag in ('theme:heard-', 'theme:speed-', 'theme:competence-')")
    assert (finding.hits, finding.n) == (rows, 240)


def test_the_area_where_both_figures_lie_is_drawn_around_them(herbs: Store) -> None:
    finding = found(herbs, "nettle.attack_or_avoid.attack-or-avoid")
    area = [(float(d.x), d.y, d.low, d.high) for d in herbs.read(Dot, "finding = ? and series = 'Nettle' order by cast(x as real)", (finding.id,))]
    middle = area[len(area) // 2]
    assert len(area) == 25 and middle[0] == pytest.approx(finding.value, abs=0.001)
    barrier = found(herbs, "nettle.barrier_to_entry.barrier")
    assert barrier.value is not None and barrier.low is not None and middle[1] == pytest.approx(barrier.value / 100, abs=0.001)
    assert area[0][2] == pytest.approx(area[0][3], abs=1e-6) and (middle[3] - middle[1]) * 100 > (barrier.value - barrier.low)


def test_a_market_gap_is_a_theme_on_which_all_do_badly_and_none_better(herbs: Store) -> None:
    assert {f.slice for f in herbs.read(Finding, "measure = 'market_gap' and company = 'nettle'")} == {"market gap", "market gap, theme:speed-"}
    assert "customers criticise “Speed”, and no company is criticised clearly less than the rest: an opening for whoever does better." in found(herbs, "yarrow.market_gap.market-gap").sentence
    assert "; at all companies together about 29 (likely 27 to 32)." in found(herbs, "yarrow.market_gap.market-gap-speed-minus").sentence


def test_where_one_company_is_better_there_is_no_market_gap(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store, [*(Firm(n, says={"theme:speed-": 0.3}) for n in ("Nettle", "Bramble")), Firm("Sorrel", says={"theme:speed-": 0.02})])
        conclude.conclude(store, lens())
        assert (found(store, "nettle.market_gap.market-gap").value, store.one("select count(*) from findings where slice like 'market gap,%'")) == (0, 0)


def test_each_rival_stands_beside_the_client_and_the_client_beside_its_rivals(herbs: Store) -> None:
    rival, client = found(herbs, "nettle.client_scale.fault-on-one-scale"), found(herbs, "yarrow.client_scale.fault-on-one-scale")
    assert rival.field_n == 240 and "; at Yarrow about " in rival.sentence and rival.verdict == "figure"
    assert client.field_n == 720 and "; at the others about " in client.sentence
    assert client.value == pytest.approx(rival.field_value, abs=0.02)
    assert found(herbs, "bramble.client_scale.hold-on-one-scale").direction == "better"


def test_without_a_client_nobody_is_set_beside_it(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store, [Firm("Nettle"), Firm("Sorrel")])
        conclude.conclude(store, lens())
        assert found(store, "nettle.client_scale.fault-on-one-scale").sentence == "This study has no client: there is nobody to set Nettle beside."


def test_the_heard_gap_sets_what_a_company_does_beside_what_customers_say(herbs: Store) -> None:
    heard, gap = found(herbs, "nettle.heard_gap.heard"), found(herbs, "nettle.heard_gap.gap")
    minus, plus = (herbs.one("select count(distinct target) from mentions where company = 'nettle' and tag = ?", (f"theme:heard{sign}",)) for sign in "-+")
    assert (heard.n, heard.hits) == (minus + plus, plus)
    answered = found(herbs, "nettle.responsiveness.answered-within-7-days")
    assert answered.value is not None and heard.value is not None and gap.value == pytest.approx(100 * (answered.value - heard.value))
    assert gap.low is not None and gap.high is not None and 80 < gap.low < gap.value < gap.high < 100  # type: ignore[operator]  # it has a value
    assert gap.sentence.startswith("Of 100 complaints about Nettle, about 99 got a public answer within a week; of 100 customers who speak of being heard, about ")


def test_where_replies_are_hidden_there_is_no_gap_but_what_customers_say(herbs: Store) -> None:
    assert found(herbs, "yarrow.heard_gap.gap").verdict == found(herbs, "yarrow.heard_gap.fit-addresses").verdict == "not available"
    assert found(herbs, "yarrow.heard_gap.heard").value == 0


def test_the_share_of_replies_that_speak_to_the_complaint_leaves_out_what_was_not_read(store: Store) -> None:
    for id, fit in {"a": "addresses", "b": "misses", "c": "partly", "d": "na", "e": None}.items():
        review(store, id)
        reply(store, id, "2025-03-02T10:00:00Z")
        store.write([Label("reply", f"{id}-1", "fit", fit, None, "words", None, "fit", "1")] if fit else [])
    concluded(store)
    fits = found(store, "nettle.heard_gap.fit-addresses")
    assert (fits.hits, fits.n, told(store, fits.id)) == (1, 3, {"for": ["a-1"], "against": ["b-1", "c-1"]})


# Competence and attitude, and roulette

def test_accounts_that_contradict_each_other_are_roulette(herbs: Store) -> None:
    """Bramble's people are praised and criticised alike, Sorrel's only praised."""
    wild, even = found(herbs, "bramble.competence_and_attitude.roulette-in-manner"), found(herbs, "sorrel.competence_and_attitude.roulette-in-manner")
    assert wild.value is not None and wild.low is not None and 0.45 < wild.low <= wild.value <= wild.high < 0.5001  # type: ignore[operator]  # it has a value
    assert wild.field_high is not None and wild.field_high < 0.1 and wild.direction is None
    assert (even.value, even.low) == (0, 0)
    assert even.sentence.startswith("Of 100 pairs of accounts of its people's manner in public reviews of Sorrel, none contradict each other (likely 0 to ")


def test_either_without_the_other_is_not_enough(herbs: Store) -> None:
    together = found(herbs, "nettle.competence_and_attitude.weaker-of-the-two")
    skill, manner = (found(herbs, f"nettle.competence_and_attitude.{side}") for side in ("skill", "manner"))
    assert together.sentence.endswith(": skilled but unkind, as those who speak of it say.") and together.value == manner.value == 0
    assert skill.value is not None and skill.value > 0.8
    both = {joint: herbs.one("select sum(n) from cells where company = 'nettle' and tag = ?", (joint,)) for joint in ("joint:able_kind", "joint:able_unkind", "joint:unable_unkind")}
    assert both["joint:able_kind"] is None
    assert f"0 praise both, {both['joint:able_unkind']} praise the skill only, 0 praise the manner only and {both['joint:unable_unkind'] or 0} criticise both" in (together.why or "")


def test_of_a_company_of_which_nobody_says_so_it_is_not_available(herbs: Store) -> None:
    assert found(herbs, "yarrow.competence_and_attitude.skill").verdict == "not available"
    assert found(herbs, "yarrow.competence_and_attitude.manner").value == pytest.approx(1)


# Promises

def promised(store: Store, id: str, *, tags: tuple[str, ...] = ("move:commits",), **changes: Any) -> None:
    review(store, id, tags=("theme:resolved-",), **changes)
    reply(store, id, "2025-03-03T10:00:00Z")
    moves(store, f"{id}-1", id, *tags)


def outcomes(store: Store) -> dict[str, float | None]:
    concluded(store)
    return {o: found(store, f"nettle.promises.{o}").value for o in ("kept", "broken", "with-a-day")}


def test_what_came_of_a_promise_is_what_the_same_customer_says_later(store: Store) -> None:
    for id in ("glad", "angry", "silent", "unclear"):
        promised(store, id, author=id)
    review(store, "glad later", "2025-04-01T10:00:00Z", tags=("theme:promise+",), author="glad")
    review(store, "angry later", "2025-04-01T10:00:00Z", tags=("theme:resolved-",), author="angry")
    review(store, "unclear later", "2025-04-01T10:00:00Z", tags=("theme:resolved-", "theme:promise+"), author="unclear")
    review(store, "somebody else", "2025-04-01T10:00:00Z", tags=("theme:promise-",), author="eve")
    review(store, "before", "2025-03-02T10:00:00Z", tags=("theme:promise+",), author="silent")
    assert outcomes(store) == {"kept": 0.25, "broken": 0.25, "with-a-day": 0}
    kept = found(store, "nettle.promises.kept")
    assert told(store, kept.id) == {"for": ["glad-1", "glad later"], "against": ["angry-1", "angry later"]}
    assert kept.sentence.startswith("In 1 of 4 public replies in which Nettle commits itself to something (") and kept.sentence.endswith("that it was kept; after 2 of them nothing clear was heard.")
    assert "nothing heard is neither kept nor broken" in (kept.why or "")


def test_a_rating_that_is_changed_after_the_reply_and_words_that_are_added_tell_too(store: Store) -> None:
    for id in ("raised", "lowered", "added", "unmoved", "early", "ours"):
        promised(store, id, author=None)

    def change(id: str, what: str, old: str, new: str, *, at: str = "2025-03-10T00:00:00Z", cause: str = "source") -> None:
        store.write([Change(f"{id}-{what}", "review", id, id, "nettle", what, old, new, at, "2025-03-20T00:00:00Z", cause, None)])

    change("raised", "rated", "1", "5")
    change("lowered", "rated", "3", "1")
    change("early", "rated", "1", "5", at="2025-03-02T00:00:00Z")
    change("ours", "rated", "1", "5", cause="parser")
    change("added", "edited", "Nothing of it.", "Text of added.")
    change("unmoved", "edited", "It said x before.", "Text of unmoved.")                  # the word that is tagged stood there before
    assert outcomes(store) == {"kept": pytest.approx(1 / 6), "broken": pytest.approx(2 / 6), "with-a-day": 0}


def test_a_promise_is_the_first_reply_that_commits_the_company(store: Store) -> None:
    promised(store, "r", author="ann", tags=("move:commits", "move:commits_by"))
    reply(store, "r", "2025-03-09T10:00:00Z", position=2)
    moves(store, "r-2", "r", "move:commits")
    promised(store, "thanked", tags=("move:thanks",))
    assert outcomes(store) == {"kept": 0, "broken": 0, "with-a-day": 1}
    assert found(store, "nettle.promises.kept").n == 1


def test_where_no_promise_is_known_nothing_came_of_it(herbs: Store) -> None:
    assert found(herbs, "yarrow.promises.kept").sentence == "No public reply by Yarrow is known in which it commits itself to anything: what came of its promises is not available."
    assert (found(herbs, "nettle.promises.kept").value, found(herbs, "nettle.promises.kept").verdict) == (0, "too few")


# All of them

def test_the_systems_name_them() -> None:
    systems = Lens().systems
    assert {*NAMES} <= {*systems["a"].measures, *systems["b"].measures} <= {*ALL}


def test_each_tells_of_every_company_with_count_and_interval_and_judges_nothing_unproven(herbs: Store) -> None:
    for name in NAMES:
        findings = list(herbs.read(Finding, "measure = ?", (name,)))
        assert {f.company for f in findings} == {"nettle", "bramble", "sorrel", "yarrow"}, name
        for f in findings:
            assert f.verdict in ("figure", "indicative", "too few", "not available") and f.q is None, f
            if f.verdict != "not available":
                assert f.n > 0 and f.value is not None, f
                assert f.unit in ("entries", "themes") or (f.low is not None and f.high is not None and f.low - 1e-9 <= f.value <= f.high + 1e-9 and f.field_value is not None), f


def test_every_quote_stands_and_is_words_of_its_text(herbs: Store) -> None:
    marks = ", ".join("?" * len(NAMES))
    wrong = herbs.one(f"""select count(*) from evidence e join findings f on f.id = e.finding and f.measure in ({marks}) where e.start is not null and not exists (
        select 1 from mentions m where m.target = e.target and m.start = e.start and m.end = e.end)""", NAMES)
    assert wrong == 0
    assert {m for (m,) in herbs.rows(f"select distinct f.measure from evidence e join findings f on f.id = e.finding where f.measure in ({marks})", NAMES)} == {*NAMES}


def test_no_sentence_of_theirs_holds_a_statistical_term(herbs: Store) -> None:
    from tests.test_conclude import test_no_sentence_holds_a_statistical_term_a_date_or_the_word_weakness as check
    check(herbs)
