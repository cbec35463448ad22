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
from enrich.gold import vocabulary
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


def plain(score: dict[str, Any]) -> dict[str, Any]:
    """A label's score without its intervals."""
    return {k: v for k, v in score.items() if k != "interval"}


def test_tags_are_scored_on_rows_that_are_read_and_cells_that_are_not_disputed(gold: Path) -> None:
    report = evaluate.evaluate(gold)
    assert report["unread"] == {"reviews": 0, "replies": 1}
    assert report["moves"]["n"] == 4
    assert {label: plain(score) for label, score in report["moves"]["per_label"].items()} == {
        "addresses_by_name": {"support": 1, "found": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0, "negative_recall": 1.0, "annotated": 1},
        "apologises": {"support": 2, "found": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5, "negative_recall": 0.0, "annotated": 3}}
    micro = report["moves"]["micro"]
    assert {k: round(micro[k], 4) for k in ("precision", "recall", "f1")} == {"precision": 0.6667, "recall": 0.6667, "f1": 0.6667}
    assert all(0 <= micro["interval"][k][0] <= micro[k] <= micro["interval"][k][1] <= 1 for k in ("precision", "recall", "f1"))
    assert report["moves"]["macro"] == {"precision": 0.75, "recall": 0.75, "f1": 0.75, "labels": 2}
    assert report["moves"]["common"] == {"precision": None, "recall": None, "f1": None, "labels": 0}


def test_verdicts_that_are_disputed_are_not_scored(gold: Path) -> None:
    order = evaluate.evaluate(gold)["order"]
    assert (order["n"], order["accuracy"]) == (3, pytest.approx(1 / 3))
    assert plain(order["per_label"]["empathy_only"]) == {"support": 2, "found": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5, "negative_recall": 0.0, "annotated": 2}
    assert plain(order["per_label"]["neither"]) == {"support": 1, "found": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0, "negative_recall": 0.5, "annotated": 1}


def test_what_is_disputed_may_be_a_field_or_a_label_written_out(tmp_path: Path) -> None:
    write(tmp_path / "reviews.jsonl", [a_review("The soup was cold.", stage="unknown", sentiment="negative", reason=["product"], disputed=["sentiment", "reason:product"]),
                                       a_review("The soup was warm.", stage="unknown", sentiment="positive", reason=["product"])])
    report = evaluate.evaluate(tmp_path)
    assert (report["sentiment"]["n"], report["stage"]["n"], report["reason"]["per_label"]["product"]["support"]) == (1, 2, 1)


def test_to_agree_that_nothing_is_said_of_the_stage_is_no_success(tmp_path: Path) -> None:
    write(tmp_path / "reviews.jsonl", [a_review("The soup was cold that day.", stage="unknown"), a_review("I have been a customer for over nine years.", stage="married")])
    stage = evaluate.evaluate(tmp_path)["stage"]
    assert (stage["n"], stage["accuracy"]) == (2, 1.0)
    assert (set(stage["per_label"]), stage["macro"]["labels"]) == ({"married", "unknown"}, 1)


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


@pytest.mark.parametrize(("field", "said", "near"), [
    ("themes", ["curtesy-"], "did you mean 'courtesy-'?"), ("stage", "maried", "did you mean 'married'?"), ("sentiment", "angry", "known: mixed, negative, neutral, no signal, positive"),
    ("reason", ["prize"], "did you mean 'price'?"), ("disputed", ["courtesy"], "did you mean 'courtesy"), ("disputed", ["reason:prize"], "did you mean 'price'?")])
def test_a_label_of_a_review_outside_the_vocabulary_is_refused_with_its_line(tmp_path: Path, field: str, said: Any, near: str) -> None:
    write(tmp_path / "reviews.jsonl", [a_review("The soup was cold."), a_review("The soup was warm.", **{field: said})])
    with pytest.raises(Mistake) as mistake:
        evaluate.evaluate(tmp_path)
    assert near in str(mistake.value)
    assert "reviews.jsonl, line 2" in str(mistake.value)


@pytest.mark.parametrize(("field", "said"), [("moves", ["thanked"]), ("order", "empathy"), ("fit", "adresses")])
def test_a_label_of_a_reply_outside_the_vocabulary_is_refused_by_name(tmp_path: Path, field: str, said: Any) -> None:
    write(tmp_path / "replies.jsonl", [{**a_reply("Sorry!", []), field: said}])
    with pytest.raises(Mistake, match=repr(said if isinstance(said, str) else said[0])):
        evaluate.evaluate(tmp_path)


def test_yes_or_no_is_scored_on_yes_and_shown_for_both(tmp_path: Path) -> None:
    write(tmp_path / "reviews.jsonl", [a_review("They never answered me.", needs_reply=True, complaint=True), a_review("Good app.", needs_reply=False, complaint=False),
                                       a_review("It is blue.", needs_reply=True, complaint=False)])
    report = evaluate.evaluate(tmp_path)
    assert {label: plain(score)["f1"] for label, score in report["needs_reply"]["per_label"].items()} == {"true": pytest.approx(2 / 3), "false": pytest.approx(2 / 3)}
    assert (report["needs_reply"]["micro"]["recall"], report["complaint"]["micro"]["f1"]) == (0.5, 1.0)


def test_generic_replies_are_scored_by_themselves(gold: Path) -> None:
    assert plain(evaluate.evaluate(gold)["generic"]["per_label"]["false"])["support"] == 4


def test_names_of_rivals_are_the_same_where_their_words_are(tmp_path: Path) -> None:
    write(tmp_path / "reviews.jsonl", [
        a_review("I switched to Larkwell Bank last week.", rivals=["Larkwell"]), a_review("Unlike Pinebrooke they answer.", rivals=["Thornby"]), a_review("The soup was cold.", rivals=[])])
    named = evaluate.evaluate(tmp_path)["rivals"]["per_label"]["named"]
    assert plain(named) == {"support": 2, "found": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5, "negative_recall": 0.5}


def test_where_companies_are_few_rows_are_resampled(tmp_path: Path) -> None:
    def of(companies: list[str]) -> dict[str, Any]:
        write(tmp_path / "reviews.jsonl", [a_review("They never answered me." if n % 2 else "They answered quickly.", themes=["heard-"], company=c, id=str(n)) for n, c in enumerate(companies)])
        return evaluate.evaluate(tmp_path)["themes"]  # type: ignore[no-any-return]

    alone, many = of(["Lakeside"] * 6), of([f"Inn {n}" for n in range(6)])
    assert (alone["resampled"], many["resampled"]) == ("rows", "companies")
    assert alone["micro"]["interval"]["recall"][0] < alone["micro"]["recall"]


def test_yardsticks_stand_beside_the_sentiment(tmp_path: Path) -> None:
    write(tmp_path / "reviews.jsonl", [
        a_review("Waiting three weeks for a reply, nobody called back.", sentiment="negative", rating=1.0), a_review("Wonderful people, I love this place.", sentiment="positive", rating=3.0),
        a_review("It is what it is.", sentiment="neutral", rating=3.0)])
    yardsticks = evaluate.evaluate(tmp_path)["sentiment"]["yardsticks"]
    assert {name: (said["n"], said["accuracy"]) for name, said in yardsticks.items()} == {"ours": (2, 1.0), "textblob": (2, 1.0), "vader": (2, 1.0), "stars": (2, 0.5)}
    assert (yardsticks["stars"]["negative_recall"], yardsticks["stars"]["positive_recall"]) == (1.0, 0.0)


def test_the_accuracy_that_is_written_counts_all_annotated_and_names_command_and_day(gold: Path, tmp_path: Path) -> None:
    path = evaluate.write_accuracy(evaluate.evaluate(gold), tmp_path / "accuracy.toml")
    assert "rapport evaluate --gold FOLDER --write" in path.read_text().splitlines()[0]
    assert tomllib.loads(path.read_text()) == {
        "move:addresses_by_name": {"gold": 1, "precision": 1.0, "recall": 1.0}, "move:apologises": {"gold": 3, "precision": 0.5, "recall": 0.5},
        "order:empathy_only": {"gold": 2, "precision": 0.5, "recall": 0.5}, "order:neither": {"gold": 1, "precision": 0.0, "recall": 0.0}}


def test_the_command_prints_the_report_for_programs_and_for_people(gold: Path) -> None:
    run = CliRunner()
    assert json.loads(run.invoke(main, ["evaluate", "--gold", str(gold), "--json"]).output) == evaluate.evaluate(gold)
    said = run.invoke(main, ["evaluate", "--gold", str(gold)]).output.splitlines()
    assert said[:2] == ["not scored, in languages that the lens does not read: 0 reviews, 1 replies", next(line for line in evaluate.lines(evaluate.evaluate(gold)) if line.startswith("moves: f1 0.667"))]


def test_every_tag_of_which_accuracy_is_stated_is_in_the_lens_or_a_label() -> None:
    labels = {f"{field}:{label}" for field in evaluate.LABELS for label in vocabulary()[field]}
    assert set(lens().accuracy) <= {*lens().tags, *labels}


@pytest.fixture(scope="module")
def invented() -> dict[str, Any]:
    """Our own rows, written by hand: they are everywhere, so what a change costs shows everywhere."""
    return evaluate.evaluate(Path(__file__).parent / "gold")


@pytest.mark.parametrize(("key", "floor"), [
    ("themes", 0.88), ("moves", 0.84), ("sentiment", 0.79), ("complaint", 0.93), ("needs_reply", 0.93), ("order", 0.79), ("fit", 0.79), ("reason", 0.99), ("rivals", 0.99), ("generic", 0.76), ("stage", 0.66)])
def test_our_own_rows_are_read_no_worse_than_before(invented: dict[str, Any], key: str, floor: float) -> None:
    assert invented[key]["micro"]["f1"] >= floor


def test_the_report_has_every_key_in_the_same_form(invented: dict[str, Any]) -> None:
    assert set(invented) == {"unread", "themes", "moves", "sentiment", "complaint", "stage", "order", "fit", "needs_reply", "reason", "rivals", "generic"}
    for key in set(invented) - {"unread"}:
        assert {"n", "micro", "macro", "common", "per_label", "resampled"} <= set(invented[key])
        for score in (invented[key]["micro"], invented[key]["macro"], *invented[key]["per_label"].values()):
            assert {"precision", "recall", "f1"} <= set(score)
        assert all({"support", "negative_recall", "interval"} <= set(score) for score in invented[key]["per_label"].values())


@pytest.fixture(scope="module")
def annotated(shared: Path) -> dict[str, Any]:
    return evaluate.evaluate(shared / "gold")


@pytest.mark.shared
@pytest.mark.parametrize(("key", "floor"), [("moves", 0.91), ("order", 0.82), ("fit", 0.69), ("generic", 0.91)])
def test_replies_are_read_as_annotators_read_them(annotated: dict[str, Any], key: str, floor: float) -> None:
    assert annotated[key]["micro"]["f1"] >= floor


@pytest.mark.shared
@pytest.mark.parametrize(("move", "floor"), [
    ("thanks", 0.97), ("addresses_by_name", 0.94), ("apologises", 0.93), ("deflects", 0.92), ("signs_name", 0.92), ("invites_back", 0.88), ("generic", 0.88), ("commits", 0.86), ("empathises", 0.85), ("ownership", 0.85), ("acknowledges", 0.74)])
def test_moves_on_which_verdicts_rest_are_found(annotated: dict[str, Any], move: str, floor: float) -> None:
    assert annotated["moves"]["per_label"][move]["f1"] >= floor


@pytest.mark.shared
@pytest.mark.parametrize(("key", "floor"), [("themes", 0.71), ("needs_reply", 0.91), ("reason", 0.6), ("rivals", 0.65), ("stage", 0.5)])
def test_reviews_are_read_as_annotators_read_them(annotated: dict[str, Any], key: str, floor: float) -> None:
    assert annotated[key]["micro"]["f1"] >= floor


@pytest.mark.shared
def test_what_is_negative_is_found_and_plain_textblob_is_left_behind(annotated: dict[str, Any]) -> None:
    said = annotated["sentiment"]["yardsticks"]
    assert said["ours"]["negative_recall"] >= 0.95
    assert said["ours"]["accuracy"] >= said["textblob"]["accuracy"] + 0.08
    assert annotated["needs_reply"]["per_label"]["false"]["f1"] >= 0.75
