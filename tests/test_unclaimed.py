"""Complaints that no theme names: counted, grouped by phrase, drafted as a theme."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich import measures, phrases, tables
from enrich.cli import main
from enrich.cues import Cues
from enrich.lens import Lens
from enrich.store import Store
from enrich.text import key
from enrich.unclaimed import Group, Unclaimed, draft, unclaimed

LATER = "2026-05-01T00:00:00Z"
TEXTS = {
    "a": "The parking garage was full again.", "b": "Full parking garage, what a pity.", "c": "No place in the parking garage!", "d": "Parking garage closed.",
    "e": "The bread is always sold out.", "f": "Sold out by noon.", "g": "Sold out when I came.", "h": "Rude people, and the parking garage was full.", "i": "Something odd."}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "rapport.db", create=True)
    made.write([tables.Company("inn", "Inn", "rival", "[]", "[]", "[]"), tables.Company("silent", "Silent", "rival", "[]", "[]", "[]")])
    made.write([tables.Profile("p", "inn", "forum", "forum", "k", None, "customer", None, 1, "whole", 0, "excerpt", *[None] * 5)])
    made.write(tables.Review(id, "p", "inn", "forum", "customer", id, 0, None, "same" if id in "fg" else id, None, text, "h", key(text), "1", 0.0, 1, LATER, LATER, "second", "created", *[None] * 6)
               for id, text in TEXTS.items())
    made.write(tables.Look("review", id, LATER, LATER, 1, None, 0, None) for id in TEXTS)
    made.write(tables.Label("review", id, "complaint", "yes", None, "words", None, "complaint", "1") for id in TEXTS)
    made.write([tables.Mention(0, "review", "h", "h", "inn", "theme:courtesy-", 0, 4, "Rude", "themes", "1")])
    return made


def test_complaints_without_a_theme_are_grouped_by_the_phrase_that_several_people_share(store: Store) -> None:
    assert list(unclaimed(store)) == [Unclaimed("inn", 9, 8, (Group("parking garage", ("a", "b", "c", "d"), 4),))]


def test_a_theme_that_praises_claims_no_complaint(store: Store) -> None:
    store.write([tables.Mention(0, "review", "i", "i", "inn", "theme:courtesy+", 0, 4, "Some", "themes", "1")])
    assert next(unclaimed(store)).unclaimed == 8


def test_private_places_and_vanished_reviews_are_left_out(store: Store) -> None:
    store.execute("update looks set gone_at = ? where target = 'a'", (LATER,))
    assert next(unclaimed(store)).complaints == 8
    store.execute("update profiles set private = 1")
    assert list(unclaimed(store)) == []


def test_a_draft_is_a_theme_that_the_lens_takes_and_that_finds_its_phrase(tmp_path: Path) -> None:
    (tmp_path / "draft.toml").write_text('kind = "theme"\n\n' + draft("parking garage"), encoding="utf-8")
    tags = Lens(tmp_path).of("theme", "customer")
    assert [hit.tag.id for hit in Cues(tags).find("The parking  garage was full.")] == ["theme:parking_garage-"]
    assert [hit.tag.id for hit in Cues(tags).find(tags[0].examples[0])] == ["theme:parking_garage-"]


def test_phrases_begin_and_end_with_words_of_weight_and_hold_no_mask() -> None:
    assert phrases.phrases("The state of the lift. [staff] smiled") == {"state", "state of the lift", "lift", "smiled"}
    assert phrases.phrases("") == phrases.phrases("😀 of the") == set()


def test_every_text_is_in_one_group_at_most() -> None:
    texts = {"1": "broken lift", "2": "broken lift", "3": "broken lift", "4": "broken window", "5": "window seat", "6": "window seat"}
    voices = {id: id for id in texts}
    assert phrases.groups(texts, voices, 2, 9) == [("broken lift", ["1", "2", "3"]), ("window seat", ["5", "6"])]
    assert phrases.groups(texts | {"7": "broken"}, voices | {"7": "7"}, 2, 9) == [("broken lift", ["1", "2", "3"]), ("window seat", ["5", "6"]), ("broken", ["4", "7"])]
    assert phrases.groups(texts, voices, 2, 1) == [("broken lift", ["1", "2", "3"])]


def test_the_command_lists_groups_names_and_drafts(store: Store, tmp_path: Path) -> None:
    store.close()
    (tmp_path / "study.toml").write_text('title = "Inns"\n[[companies]]\nname = "Inn"\n', encoding="utf-8")
    run = CliRunner()
    said = run.invoke(main, ["unclaimed", "-s", str(tmp_path)])
    assert (said.exit_code, "inn: 8 of 9 complaints name no theme" in said.output, "parking garage: 4 reviews" in said.output) == (0, True, True)
    assert json.loads(run.invoke(main, ["unclaimed", "-s", str(tmp_path), "--json"]).output)["complaints"][0]["groups"][0]["phrase"] == "parking garage"
    assert 'name = "parking_garage"' in run.invoke(main, ["unclaimed", "-s", str(tmp_path), "--draft", "Parking garage"]).output
    assert run.invoke(main, ["unclaimed", "-s", str(tmp_path), "--draft", "nothing"]).exit_code == 1


def test_it_is_a_figure_of_each_company_with_the_phrases_and_their_words(store: Store) -> None:
    store.write([tables.Study("s", "Study", None, None, None, LATER)])
    store.write(tables.Label("review", id, "language", "en", 1.0, "text", None, "language", "1") for id in TEXTS)
    study = measures.Study(store, Lens(), {c.id: c for c in store.read(tables.Company)}, None, None)
    told = {(r.company, r.slice): r for r in measures.measures()["unclaimed"].measure(study)}
    assert told["inn", "no theme"].sentence.startswith("In 8 of 9 public reviews of Inn that complain (about 89 in 100, likely ")
    group = told["inn", "phrase parking garage"]
    assert group.sentence.startswith("In 4 of 9 public reviews of Inn that complain (about 44 in 100, likely ") and group.sentence.endswith("customers write “parking garage” and name no theme of the lens.")
    assert {TEXTS[q.target][q.start:q.end].lower() for q in group.quotes()} == {"parking garage"}
