"""The evaluation: counts, what is left out, the accuracy it writes, and floors on other people's annotations."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from enrich import evaluate
from enrich.cli import main
from enrich.lens import lens
from enrich.mistakes import Mistake


def a_reply(text: str, moves: list[str], **more: Any) -> dict[str, Any]:
    return {"id": text[:8], "company": "Lakeside", "customer": "Ann Example", "review": "Cold soup.", "reply": text, "moves": moves, "disputed": [], "order": None, "fit": None, **more}


def a_review(text: str, **more: Any) -> dict[str, Any]:
    return {"id": text[:8], "company": "Lakeside", "kind": "customer", "text": text, "themes": [], "disputed": [], "stage": None, "sentiment": None, "needs_reply": None, **more}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Replies with every kind of agreement: right, missed, wrongly found, disputed, in a language that is not read; and one read once."""
    write(tmp_path / "replies.jsonl", [
        a_reply("Dear Ann, we are sorry that the evening was spoilt.", ["addresses_by_name", "apologises"], order="empathy_only"),
        a_reply("We are so very sorry about that evening.", [], company="Hilltop", order="neither"),
        a_reply("It pains us beyond words, believe us.", ["apologises"], order="empathy_only"),
        a_reply("We are sorry, dear guest of ours.", [], disputed=["apologises"]),
        a_reply("Het spijt ons zeer dat de soep koud was, dat had niet mogen gebeuren.", ["apologises"])])
    write(tmp_path / "train_replies.jsonl", [a_reply("Sorry for that evening, it was not like us.", ["apologises"])])
    return tmp_path


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_tags_are_scored_on_rows_that_are_read_and_cells_that_are_not_disputed(gold: Path) -> None:
    report = evaluate.evaluate(gold)
    assert report["unread"] == {"reviews": 0, "replies": 1}
    assert report["moves"]["n"] == 4
    assert report["moves"]["per_label"] == {
        "addresses_by_name": {"gold": 1, "found": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0, "annotated": 1},
        "apologises": {"gold": 2, "found": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5, "annotated": 3}}
    micro = report["moves"]["micro"]
    assert {k: round(micro[k], 4) for k in ("precision", "recall", "f1")} == {"precision": 0.6667, "recall": 0.6667, "f1": 0.6667}
    assert 0 <= micro["low"] <= micro["f1"] <= micro["high"] <= 1
    assert report["moves"]["macro"] == {"precision": 0.75, "recall": 0.75, "f1": 0.75}


def test_verdicts_that_are_disputed_are_not_scored(gold: Path) -> None:
    order = evaluate.evaluate(gold)["order"]
    assert (order["n"], order["accuracy"]) == (3, pytest.approx(1 / 3))
    assert order["per_label"]["empathy_only"] == {"gold": 2, "found": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert order["per_label"]["neither"] == {"gold": 1, "found": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_to_agree_that_nothing_is_said_of_the_stage_is_no_success(tmp_path: Path) -> None:
    write(tmp_path / "reviews.jsonl", [a_review("The soup was cold that day.", stage="unknown"), a_review("I have been a customer for over nine years.", stage="married")])
    stage = evaluate.evaluate(tmp_path)["stage"]
    assert (stage["n"], stage["accuracy"]) == (2, 1.0)
    assert stage["per_label"] == {"married": {"gold": 1, "found": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0}}


def test_the_same_gold_gives_the_same_report(gold: Path) -> None:
    assert evaluate.evaluate(gold) == evaluate.evaluate(gold)


def test_a_folder_without_gold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no reviews.jsonl"):
        evaluate.evaluate(tmp_path)


def test_a_row_that_is_not_understood_is_named(gold: Path) -> None:
    with (gold / "replies.jsonl").open("a") as file:
        file.write('{"id": "x"}\n')
    with pytest.raises(Mistake) as mistake:
        evaluate.evaluate(gold)
    assert "replies.jsonl, line 6" in str(mistake.value)


def test_a_label_that_the_lens_does_not_know_is_named_with_the_nearest(gold: Path) -> None:
    write(gold / "train_replies.jsonl", [a_reply("Sorry!", ["apologizes"])])
    with pytest.raises(Mistake, match="apologizes") as mistake:
        evaluate.evaluate(gold)
    assert "did you mean 'apologises'?" in str(mistake.value)


def test_the_accuracy_that_is_written_counts_all_annotated_and_names_command_and_day(gold: Path, tmp_path: Path) -> None:
    path = evaluate.write_accuracy(evaluate.evaluate(gold), tmp_path / "accuracy.toml")
    assert "rapport evaluate --gold FOLDER --write" in path.read_text().splitlines()[0]
    assert tomllib.loads(path.read_text()) == {
        "move:addresses_by_name": {"gold": 1, "precision": 1.0, "recall": 1.0}, "move:apologises": {"gold": 3, "precision": 0.5, "recall": 0.5}}


def test_the_command_prints_the_report_for_programs_and_for_people(gold: Path) -> None:
    run = CliRunner()
    assert json.loads(run.invoke(main, ["evaluate", "--gold", str(gold), "--json"]).output) == evaluate.evaluate(gold)
    said = run.invoke(main, ["evaluate", "--gold", str(gold)]).output.splitlines()
    assert said[:2] == ["not scored, in languages that the lens does not read: 0 reviews, 1 replies", next(line for line in evaluate.lines(evaluate.evaluate(gold)) if line.startswith("moves: f1 0.667"))]


def test_every_tag_of_which_accuracy_is_stated_is_in_the_lens() -> None:
    assert set(lens().accuracy) <= set(lens().tags)


@pytest.fixture(scope="module")
def annotated(shared: Path) -> dict[str, Any]:
    return evaluate.evaluate(shared / "gold")


@pytest.mark.shared
@pytest.mark.parametrize(("key", "floor"), [("moves", 0.91), ("order", 0.82)])
def test_replies_are_read_as_annotators_read_them(annotated: dict[str, Any], key: str, floor: float) -> None:
    assert annotated[key]["micro"]["f1"] >= floor


@pytest.mark.shared
@pytest.mark.parametrize(("move", "floor"), [
    ("thanks", 0.97), ("addresses_by_name", 0.94), ("apologises", 0.93), ("deflects", 0.92), ("signs_name", 0.92), ("invites_back", 0.88), ("generic", 0.88), ("commits", 0.86), ("empathises", 0.85), ("ownership", 0.85), ("acknowledges", 0.74)])
def test_moves_on_which_verdicts_rest_are_found(annotated: dict[str, Any], move: str, floor: float) -> None:
    assert annotated["moves"]["per_label"][move]["f1"] >= floor
