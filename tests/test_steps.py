"""The steps that read replies."""

from __future__ import annotations

import pytest

from enrich.lens import lens
from enrich.measures import measures
from enrich.steps import Label, Mention, Text, generic, moves, order, steps


def reply(text: str, language: str | None = "en") -> Text:
    return Text(kind="reply", text=text, language=language)


def said(text: str) -> set[str]:
    """Names of the moves in a reply."""
    return {m.tag.partition(":")[2] for m in moves.read(reply(text))}


def the_order(text: str) -> str | None:
    return next(said.value for said in order.read(reply(text)) if said.name == "order")


def test_every_move_has_examples_and_a_definition_and_is_of_replies() -> None:
    found = {t.name: (t.of, bool(t.definition), bool(t.examples), bool(t.non_examples)) for t in lens().of("move") if t.name != "generic"}
    assert set(found.values()) == {(("reply",), True, True, True)}
    assert set(found) == {"acknowledges", "empathises", "apologises", "thanks", "addresses_by_name", "signs_name", "explains", "ownership", "commits", "commits_by", "remedy",
                          "escalates", "deflects", "asks", "blames", "invites_back", "sells", "candid", "solicits"}


def test_systems_name_measures_that_exist() -> None:
    assert list(lens().systems) == ["a", "b", "c", "d", "e"]
    assert {m for s in lens().systems.values() for m in s.measures} <= set(measures())


def test_every_step_says_what_it_reads() -> None:
    for name, step in steps().items():
        assert (name, bool(step.VERSION), set(step.KINDS) <= {"review", "reply"}, set(step.USES) <= set(Text.__dataclass_fields__)) == (name, True, True, True)


def test_a_move_points_at_its_words() -> None:
    text = "Dear [customer], we’re so sorry for the wait. Please write to us at [email]."
    assert [(m.tag, text[m.start:m.end]) for m in moves.read(reply(text))] == [
        ("move:addresses_by_name", "[customer]"), ("move:apologises", "sorry"), ("move:deflects", "Please write to us at [email")]


def test_a_reply_in_a_language_that_the_lens_does_not_read_says_nothing() -> None:
    text = reply("Sorry [customer], bel ons.", "nl")
    assert [*moves.read(text), *order.read(text), *generic.read(text)] == []


def test_a_reply_too_short_to_tell_its_language_is_tried() -> None:
    assert [m.tag for m in moves.read(reply("Sorry!", "und"))] == ["move:apologises"]


@pytest.mark.parametrize(("text", "signed"), [
    ("See you again.\n\nKind regards,\n[staff]\nThe Lakeside Inn", True),
    ("It is on its way. - [staff]", True),
    ("Good morning, I am [staff] and I look after the night shift.", True),
    ("We shall tell Ms. [staff] that you were pleased.", False),
    ("Kind regards,\nThe Lakeside Inn", False)])
def test_a_reply_is_signed_by_whom_it_ends_with_or_who_speaks_not_by_whom_it_mentions(text: str, signed: bool) -> None:
    assert ("signs_name" in said(text)) == signed


def test_a_form_that_is_answered_later_sends_elsewhere_and_promises() -> None:
    assert {"deflects", "commits"} <= said("Kindly fill in this form and we will contact you.")
    assert "commits" not in said("Kindly fill in this form so that we can help.")


def test_an_offer_of_help_is_not_sending_elsewhere() -> None:
    assert "deflects" not in said("If you have any other questions, feel free to call us at [phone].")


def test_a_time_makes_a_promise_one_with_a_date() -> None:
    assert {"commits", "commits_by"} <= said("We will send the new kettle within 3 working days.")
    assert "commits_by" not in said("We will send the new kettle soon.")


@pytest.mark.parametrize(("text", "value"), [
    ("We are sorry that the soup was cold. Please call us at [phone].", "empathy_first"),
    ("Please call us at [phone]. We are sorry that the soup was cold.", "solution_first"),
    ("We are sorry that the soup was cold.", "empathy_only"),
    ("Please call us at [phone].", "solution_only"),
    ("Thank you for your review.", "neither")])
def test_order_tells_what_came_first(text: str, value: str) -> None:
    assert the_order(text) == value


def test_an_explanation_that_names_what_it_explains_is_a_solution_only() -> None:
    assert the_order("Please note that the refund was delayed because the bank was closed.") == "solution_only"
    assert the_order("We understand that you wait for a refund. It was delayed because the bank was closed.") == "empathy_first"


def test_praise_that_is_passed_on_is_no_solution() -> None:
    assert the_order("We are glad that you liked the breakfast. Your kind words will be shared with the kitchen.") == "empathy_only"


def test_order_shows_the_words_that_came_first_of_either() -> None:
    text = "Sorry, so sorry. Please call us at [phone]."
    assert next(order.read(reply(text))) == Label("order", "empathy_first", basis="words", spans=((0, 5), (17, 41)))
    assert next(order.read(reply("Thank you."))) == Label("order", "neither", basis="absence")


def test_the_opening_tells_the_moves_of_the_first_three_sentences_in_their_order() -> None:
    text = "Thanks for writing. Sorry about that. We looked at the line. Please call us at [phone]."
    opening = list(order.read(reply(text)))[1]
    assert (opening.name, opening.value) == ("opening", "thanks > apologises")
    assert [text[a:b] for a, b in opening.spans] == ["Thanks", "Sorry"]
    assert list(order.read(reply("The line is fine.")))[1] == Label("opening", None, basis="absence")


def test_a_reply_of_stock_phrases_is_generic_from_its_first_to_its_last_character() -> None:
    text = "Hi [customer], sorry for the inconvenience. Thank you for your feedback."
    assert list(generic.read(reply(text))) == [Label("generic", "yes", basis="absence"), Mention("move:generic", 0, len(text))]


def test_a_reply_with_a_matter_of_its_own_is_not_generic() -> None:
    text = "Hi [customer], thank you. The lift is working again."
    assert list(generic.read(reply(text))) == [Label("generic", "no", basis="words", spans=((text.index("lift"), text.index("lift") + 4),))]
