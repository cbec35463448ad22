"""What changed between two dates: small invented studies in which it is known what changed, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from enrich import cells, conclude, stats, tables
from enrich.cli import main
from enrich.diff import Diff, diff
from enrich.diff_forms import FORMS
from enrich.diff_shifts import Shift
from enrich.diff_tests import distance
from enrich.enrichment import enrich
from enrich.field import Compared
from enrich.freeze import freeze
from enrich.mistakes import Mistake
from enrich.records import iso
from enrich.store import Store
from enrich.text import key

START, A, NOW = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 8, 31, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
RUDE, SWITCHES, PASTED = "The technician was rude to me.", "I am switching to Fernbank next month.", "We regret the trouble you had. Please send your number to our desk by letter."
FIRMS = ("Nettle", "Bramble", "Sorrel")
KNOWN = 3 * 162
"""Reviews that had been written by A."""
Share = Callable[[str, bool], float]


@dataclass
class World:
    """What is true: by company, and whether it is after A."""

    rude: Share = lambda firm, after: 0.08
    answers: Share = lambda firm, after: 0.7
    pasted: Share = lambda firm, after: 0.0
    switches: Share = lambda firm, after: 0.0


def write(store: Store, world: World, *, firms: tuple[str, ...] = FIRMS, first: datetime = A) -> None:
    """Three companies on one forum, 20 reviews a month each, looked at on A (or `first`) and on the last day of the year; then read and concluded."""
    store.write([tables.Study("s", "Herbs", None, None, None, iso(START))])
    for f, firm in enumerate(firms):
        store.write([tables.Company(firm.lower(), firm, "rival", "[]", "[]", "[]")])
        place(store, firm, "forum", "crawl", (first, NOW))
        rng = np.random.default_rng(f)
        for i in range(240):
            written = START + timedelta(days=1.5 * i, hours=1)
            after = written > first
            says = [said for said, share in ((RUDE, world.rude), (SWITCHES, world.switches)) if rng.random() < share(firm, after)]
            review(store, firm, "forum", str(i), written, " ".join([f"Visit number {i} of the {firm} people.", *says]), 1 + i % 2, NOW if after else first)
            if rng.random() < world.answers(firm, after):
                at = written + timedelta(days=2)
                reply(store, firm, "forum", str(i), at, PASTED if rng.random() < world.pasted(firm, after) else f"Answer {i * 7} of {firm}: {i} it is, as {i * i} others told.", NOW if at > first else first)
    enrich(store)


def place(store: Store, firm: str, source: str, kind: str, looks: tuple[datetime, ...], started: datetime | None = None) -> None:
    id = f"{firm.lower()}.{source}"
    store.write([tables.Profile(id, firm.lower(), source, source, id, None, "customer", None, 1 if source == "forum" else 0, "whole", 0, "full", None, None, None, None, None)])
    store.write(tables.Crawl(f"{id}.{n}", id, kind, iso(started or look), iso(started or look), iso(look), "finished", 1, None, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1.0) for n, look in enumerate(looks))


def review(store: Store, firm: str, source: str, number: str, written: datetime, text: str, stars: int, seen: datetime) -> None:
    id = f"{firm.lower()}-{source}-{number}"
    store.write([tables.Review(id, f"{firm.lower()}.{source}", firm.lower(), source, "customer", id, 0, None, f"author-{id}", None, text, id, key(text), str(stars), (stars - 1) / 4, stars,
                               iso(written), iso(written), "second", "created", None, "en", None, None, None, None)])
    store.write([tables.Look("review", id, iso(seen), iso(max(seen, NOW) if source == "forum" else seen), 2, None, 0, None)])
    store.write([tables.Stale(firm.lower(), iso(written)[:10])])


def reply(store: Store, firm: str, source: str, number: str, written: datetime, text: str, seen: datetime) -> None:
    id = f"{firm.lower()}-{source}-{number}"
    store.write([tables.Reply(f"{id}-a", id, f"{firm.lower()}.{source}", firm.lower(), f"{id}-a", 1, "company", "source", None, text, id, key(text), iso(written), iso(written), "second", None)])
    store.write([tables.Look("reply", f"{id}-a", iso(seen), iso(NOW), 2, None, 0, None)])


def made(path: Path, world: World, **options: Any) -> Store:
    path.mkdir(parents=True, exist_ok=True)
    store = Store(path / "rapport.db", create=True)
    write(store, world, **options)
    return store


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """After A Nettle's people became rude and paste a reply, Sorrel stopped answering, and Bramble's customers leave for a company outside the study."""
    with made(tmp_path_factory.mktemp("changed"), World(
            rude=lambda firm, after: 0.02 if firm != "Nettle" else 0.7 if after else 0.08, answers=lambda firm, after: 0.0 if firm == "Sorrel" and after else 0.7,
            pasted=lambda firm, after: 0.2 if firm == "Nettle" and after else 0.0, switches=lambda firm, after: 0.1 if firm == "Bramble" and after else 0.0)) as store:
        yield store


@pytest.fixture(scope="module")
def found(changed: Store, tmp_path_factory: pytest.TempPathFactory) -> Diff:
    return diff(changed, tmp_path_factory.mktemp("none"), "2025-08-31")


def of(found: Diff, kind: str, company: str | None = None) -> list[Shift]:
    return [s for s in found.shifts if s.kind == kind and company in (None, s.company)]


def test_what_became_a_weakness_in_the_world_is_told_with_the_change_tested(found: Diff) -> None:
    (rude,) = [s for s in found.shifts if s.finding == "nettle.weakness_map.courtesy-minus"]
    assert (rude.cause, rude.alert, rude.before != "weakness", rude.after, rude.doubt) == ("world", True, True, "weakness", None)
    assert rude.until and rude.since and rude.own and rude.distance and rude.q is not None
    assert rude.until["low"] < 0.08 < rude.until["high"] and rude.since["low"] < 0.7 < rude.since["high"]
    assert rude.own["low"] < 0.62 < rude.own["high"] and rude.distance["low"] < 0.62 < rude.distance["high"] and rude.q < 0.001
    assert rude.sentence.startswith("Nettle, “Courtesy, criticised”: is now a weakness. In ") and "since then" in rude.sentence and "customers say" in rude.sentence


def test_a_company_beside_which_another_moved_did_not_change(found: Diff) -> None:
    beside = [s for s in of(found, "verdict") if s.finding == "bramble.weakness_map.courtesy-minus"]
    assert [(s.cause, s.after, s.alert, s.doubt) for s in beside] == [("world", "strength", False, "The others moved; that the company did is within doubt.")]
    assert {s.company for s in found.alerts if s.finding and "courtesy" in s.finding} == {"nettle"}


def test_who_stopped_answering_is_told(found: Diff) -> None:
    (silent,) = of(found, "answering")
    assert (silent.company, silent.cause, silent.alert, silent.title) == ("sorrel", "world", True, "Sorrel has stopped answering those who complain")
    assert silent.until and silent.until["low"] < 0.7 < silent.until["high"]


def test_new_templates_and_newly_named_rivals_are_told(found: Diff) -> None:
    (pasted,) = of(found, "template")
    assert (pasted.company, pasted.cause, pasted.alert) == ("nettle", "world", True)
    assert "We regret the trouble you had" in pasted.sentence and "first on" in pasted.sentence
    (named,) = of(found, "rival")
    assert (named.cause, named.alert) == ("world", True) and "customers of Bramble name Fernbank" in named.sentence


def test_only_the_world_alerts_and_all_of_it_was_counted(found: Diff) -> None:
    assert {s.cause for s in found.alerts} == {"world"} and not [s for s in found.shifts if s.cause != "world"]
    assert found.reviews == {"known": KNOWN, "coverage": 0, "world": 3 * 240 - KNOWN}


def test_where_nothing_changed_nothing_is_said_of_the_world(tmp_path: Path) -> None:
    with made(tmp_path, World()) as store:
        found = diff(store, tmp_path, "2025-08-31")
    assert not [s for s in found.shifts if s.alert] and found.tests > 20


def test_an_old_file_that_was_imported_since_is_coverage_and_does_not_alert(tmp_path: Path) -> None:
    with made(tmp_path, World()) as store:
        gathered = A - timedelta(days=10)
        for firm in FIRMS:                                 # all have the file's source, so that there is a field
            place(store, firm, "file", "import", (gathered,), started=NOW - timedelta(days=20))
            for i in range(200):
                text = f"Letter number {i} about {firm} from the file." + (f" {RUDE}" if firm == "Bramble" and i % 2 else "")
                review(store, firm, "file", str(i), START + timedelta(days=i, hours=3), text, 2, gathered)
        enrich(store)
        found = diff(store, tmp_path, "2025-08-31")
    (rude,) = [s for s in found.shifts if s.finding == "bramble.weakness_map.courtesy-minus"]
    assert (rude.cause, rude.alert, rude.after) == ("coverage", False, "weakness")
    assert not found.alerts and found.reviews == {"known": KNOWN, "coverage": 3 * 200, "world": 3 * 240 - KNOWN}


def test_what_a_new_place_brings_is_coverage_also_where_it_was_written_since(tmp_path: Path) -> None:
    with made(tmp_path, World()) as store:
        for firm in FIRMS:
            place(store, firm, "store", "crawl", (NOW,))
            for i in range(110):
                text = f"Purchase number {i} at {firm} in the store." + (f" {RUDE}" if firm == "Bramble" else "")
                review(store, firm, "store", str(i), A + timedelta(days=i + 1, hours=3), text, 2, NOW)
        enrich(store)
        found = diff(store, tmp_path, "2025-08-31")
    assert {(s.cause, s.after) for s in of(found, "verdict", "bramble")} == {("coverage", "weakness")}
    assert not found.alerts


def test_what_was_read_otherwise_is_the_tagger_and_does_not_alert(tmp_path: Path) -> None:
    with made(tmp_path, World(rude=lambda firm, after: 0.4 if firm == "Nettle" else 0.05)) as store:
        stolen = list(store.read(tables.Mention, "tag = 'theme:courtesy-'"))
        store.execute("delete from mentions where tag = 'theme:courtesy-'")            # an older vocabulary did not know rude people
        store.execute("update done set versions = replace(versions, 'themes=', 'themes=old-')")
        cells.update(store)
        conclude.conclude(store)
        freeze(store, tmp_path / "editions", "older")
        found = diff(store, tmp_path / "editions", "older")
    (rude,) = [s for s in found.shifts if s.finding == "nettle.weakness_map.courtesy-minus"]
    assert stolen and (rude.cause, rude.alert, rude.after) == ("tagger", False, "weakness")
    assert "The same texts were read otherwise in edition older than today" in rude.sentence
    assert not found.alerts and {s.cause for s in found.shifts} == {"tagger"}


def test_an_edition_and_the_study_that_it_was_frozen_from_do_not_differ(changed: Store, tmp_path: Path) -> None:
    freeze(changed, tmp_path, "same")
    found = diff(changed, tmp_path, "same")
    assert (found.shifts, found.reviews["coverage"], found.reviews["world"]) == ([], 0, 0)
    assert any("No place was looked at between" in note for note in found.notes)
    assert diff(changed, tmp_path, "2025-08-31", "same").alerts


def test_between_two_days_without_a_look_nothing_can_be_known(changed: Store, tmp_path: Path) -> None:
    found = diff(changed, tmp_path, "2025-08-31", "2025-11-30")
    assert (found.shifts, found.reviews) == ([], {"known": KNOWN, "coverage": 0, "world": 0})
    assert found.notes[0] == "No place was looked at between 31 Aug 2025 and 30 Nov 2025: nothing new can be known of the world."


def test_a_line_that_more_reviews_alone_cross_is_within_doubt(tmp_path: Path) -> None:
    with made(tmp_path, World(rude=lambda firm, after: 0.25 if firm == "Sorrel" else 0.05), first=datetime(2025, 3, 31, tzinfo=UTC)) as store:
        found = diff(store, tmp_path, "2025-03-31")
    crossed = of(found, "verdict")
    assert {s.company for s in crossed} >= {"bramble"} and {(s.cause, s.alert) for s in crossed} == {("world", False)}
    assert all(s.doubt and s.doubt.endswith("within doubt.") and s.sentence.endswith(s.doubt) for s in crossed)


def test_the_test_of_a_change_errs_as_seldom_as_it_says() -> None:
    """Where a distance moved by just the margin, and where it did not move at all."""
    rng, margin = np.random.default_rng(5), stats.MARGIN

    def sample(own: float, other: float) -> Compared:
        sides = []
        for share, n in ((own, 150), (other, 400)):
            hits = (rng.random(n) < share).astype(float)[:, None]
            sides.append(stats.share(hits, np.ones(n), np.full(n, 1 / n), np.full((n, 1), hits.mean()), np.arange(n), np.full(n, -1)).at(0))
        return Compared(*sides, stats.difference(*sides), 0, 0.0, ())

    runs = 600
    moved = [distance(sample(0.2, 0.1), sample(0.2 + margin, 0.1)) for _ in range(runs)]
    assert np.mean([m.p < 0.05 for m in moved]) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert np.mean([m.low < margin < m.high for m in moved]) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / runs)
    still = [distance(sample(0.2, 0.1), sample(0.2, 0.1)) for _ in range(runs)]
    assert np.mean([m.p < 0.05 for m in still]) < 0.05
    assert np.mean([distance(sample(0.1, 0.1), sample(0.45, 0.1)).p < 0.001 for _ in range(50)]) == 1


def test_an_edit_since_is_the_worlds_and_is_taken_back_for_the_day_before_it(tmp_path: Path) -> None:
    with made(tmp_path, World()) as store:
        edited = list(store.read(tables.Review, "company = 'nettle' and created_at < '2025-08-01' order by created_at"))[:120]
        for r in edited:
            new = f"{r.text} {RUDE}" if RUDE not in str(r.text) else r.text
            store.write([tables.Change(f"c-{r.id}", "review", r.id, r.id, "nettle", "edited", r.text, new, iso(A), iso(NOW), "source", None)])
            store.write([replace(r, text=new, text_key=key(str(new)), raw_hash="edited")])
            store.write([tables.Stale("nettle", str(r.created_at)[:10])])
        enrich(store)
        found = diff(store, tmp_path, "2025-08-31")
    (rude,) = [s for s in found.shifts if s.finding == "nettle.weakness_map.courtesy-minus"]
    assert (rude.cause, rude.after) == ("world", "weakness")


def test_the_ledger_is_not_touched_and_a_second_time_says_the_same(changed: Store, found: Diff, tmp_path: Path) -> None:
    def held() -> list[tuple[object, ...]]:
        return [row for table in tables.TABLES for row in changed.rows(f"select '{table.NAME}', * from [{table.NAME}]")]

    before = held()
    again = diff(changed, tmp_path, "2025-08-31")
    assert held() == before
    assert (again.shifts, again.notes, again.reviews, again.replies) == (found.shifts, found.notes, found.reviews, found.replies)


def test_one_company_has_no_verdicts_and_the_rest_is_told(tmp_path: Path) -> None:
    with made(tmp_path, World(answers=lambda firm, after: 0.0 if after else 0.7), firms=("Nettle",)) as store:
        found = diff(store, tmp_path, "2025-08-31")
    assert [s.title for s in found.alerts] == ["Nettle has stopped answering those who complain"]
    assert any("one company only" in note for note in found.notes)


@pytest.mark.parametrize(("sides", "said"), [
    (("2024-12-31",), "nothing was known yet on 31 Dec 2024: the first look was on 2025-08-31"), (("2999-01-01",), "has not come yet"), (("2025-02-30",), "there is no day 2025-02-30"),
    (("2025-09-01", "2025-09-01"), "is not before"), (("2025-10-01", "2025-09-01"), "is not before"), (("sprng",), "did you mean 'spring'"), (("2025-9-1",), "there is no edition"), (("spring", "spring"), "is not before")])
def test_sides_that_cannot_be_compared_are_refused_with_the_cure(changed: Store, tmp_path: Path, sides: tuple[str, ...], said: str) -> None:
    freeze(changed, tmp_path, "spring")
    with pytest.raises(Mistake, match=said):
        diff(changed, tmp_path, *sides)


def test_an_edition_of_another_study_and_a_study_with_nothing_in_it_are_refused(changed: Store, tmp_path: Path) -> None:
    freeze(changed, tmp_path, "spring")
    with Store(tmp_path / "rapport.db", create=True) as store:
        store.write([tables.Study("other", "Others", None, None, None, iso(START))])
        with pytest.raises(Mistake, match="nothing has been gathered yet"):
            diff(store, tmp_path, "spring")
        store.write([tables.Look("review", "x", iso(A), iso(A), 1, None, 0, None)])
        with pytest.raises(Mistake, match="is of another study: Herbs"):
            diff(store, tmp_path, "spring")


def test_every_form_says_the_same_and_the_feed_holds_what_alerts(found: Diff) -> None:
    forms = {name: form(found) for name, form in FORMS.items()}
    assert all(s.sentence in forms["html"].replace("&#39;", "'") for s in found.alerts)
    assert "## In the world\n\n- " in forms["md"] and "## Coverage: what we see more or less of (no alert)\n\nNothing." in forms["md"]
    assert len(json.loads(forms["json"])["changes"]) == len(found.shifts)
    entries = ElementTree.fromstring(forms["feed"]).findall("{http://www.w3.org/2005/Atom}entry")
    assert [e.findtext("{http://www.w3.org/2005/Atom}id") for e in entries] == [f"urn:uuid:{s.id}" for s in found.alerts]
    assert len({s.id for s in found.shifts}) == len(found.shifts)


def test_words_of_others_are_no_markup(found: Diff) -> None:
    hostile = replace(found, title="<script>x</script> *now*", shifts=[replace(s, sentence="<img src=x> [a](b) \x00") for s in found.shifts])
    assert "<script>x" not in FORMS["html"](hostile) and "<img" not in FORMS["html"](hostile)
    assert "\\<img src=x\\> \\[a\\](b)" in FORMS["md"](hostile)
    ElementTree.fromstring(FORMS["feed"](hostile))


def test_the_command_tells_schedulers_by_its_exit_code(found: Diff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study.toml").write_text('title = "Herbs"\n[[companies]]\nname = "Nettle"\n')
    with Store(tmp_path / "rapport.db", create=True):
        pass

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["diff", *arguments, "--study", str(tmp_path)])
        return done.exit_code, done.output

    code, said = run("2025-08-31")
    assert (code, "nothing has been gathered yet" in said) == (1, True)
    assert run("2025-08-31", "--format", "pdf")[0] == 2
    monkeypatch.setattr("enrich.diff.diff", lambda *_: found)
    assert run("2025-08-31") == (3, FORMS["md"](found))
    assert run("2025-08-31", "--format", "feed", "--out", str(tmp_path / "feed.xml")) == (3, "")
    assert (tmp_path / "feed.xml").read_text() == FORMS["feed"](found)
    quiet = replace(found, shifts=[replace(s, alert=False) for s in found.shifts])
    monkeypatch.setattr("enrich.diff.diff", lambda *_: quiet)
    assert run("2025-08-31", "--format", "json")[0] == 0
