"""Names of other companies in reviews, and the reasons that customers state."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich import reading, tables
from enrich.rivals import Unknown, unknown
from enrich.steps import Label, Mention, Text, reason, rivals
from enrich.store import Store
from enrich.text import key

NAMES = (("fernbank", "Fernbank"), ("fernbank", "FB Online"), ("larkline", "Larkline"), ("wren", "Wren"))
LATER = "2026-05-01T00:00:00Z"


def review(text: str, company: str = "fernbank", language: str = "en", audience: str = "customer") -> Text:
    return Text("review", text, company=company, names=NAMES, language=language, audience=audience)


def named(text: str, company: str = "fernbank") -> dict[str, str]:
    """Names with what is said of each."""
    return {text[m.start:m.end]: m.tag.removeprefix("rival:") for m in rivals.read(review(text, company)) if isinstance(m, Mention)}


def label(text: str, company: str = "fernbank") -> str | None:
    return next((said.value for said in rivals.read(review(text, company)) if isinstance(said, Label)), None)


@pytest.mark.parametrize(("text", "found"), [
    ("I am switching to Larkline next month.", {"Larkline": "goes_to"}),
    ("I came over from larkline last year.", {"larkline": "came_from"}),
    ("Larkline is way better.", {"Larkline": "compared"}),
    ("It is cheaper than Pinewell and Thornby.", {"Pinewell": "compared", "Thornby": "compared"}),
    ("Moved all our money to Pinewell Mutual after that.", {"Pinewell Mutual": "goes_to"}),
    ("I paid with my Larkline card.", {"Larkline": "names"}),
    ("Fernbank is better than it was.", {}),
    ("A wren sang at the window.", {}),
    ("It works better than before.", {}),
    ("They are faster than The Last Time.", {}),
    ("Nothing like fresh bread.", {}),
    ("I switched to [staff] and she helped me.", {}),
    ("I LIKE THIS MORE THAN THE OLD ONE AND WILL SWITCH TO PAPER", {}),
])
def test_other_companies_are_found_with_what_is_said_of_them(text: str, found: dict[str, str]) -> None:
    assert named(text) == found


def test_a_name_of_the_study_is_resolved_and_an_unknown_one_is_said_to_be() -> None:
    assert label("FB Online is worse than Larkline, I will switch to Pinewell.", "wren") == "Fernbank; Larkline; unknown"
    assert label("I paid with my Larkline card.") is None


def test_the_company_itself_is_no_rival_of_its_own() -> None:
    assert (named("Fernbank is better than FB Online."), named("Fernbank is better than FB Online.", "larkline")) == ({}, {"Fernbank": "compared", "FB Online": "compared"})


def test_names_stand_where_they_are_said_to_behind_letters_of_any_width() -> None:
    text = "😀😀 “Great”… but I’m moving to Larkline 😀"
    assert named(text) == {"Larkline": "goes_to"}


@pytest.mark.parametrize("text", ["", "😀", "than " * 20_000, "switched to " + "A" * 90_000, "better than\n\n\n", "vs. vs. vs."])
def test_odd_texts_do_no_harm(text: str) -> None:
    assert isinstance(list(rivals.read(review(text))), list)


def test_what_is_not_read_says_nothing() -> None:
    assert list(rivals.read(review("Ik ging over to Larkline.", language="nl"))) == []
    assert list(reason.read(review("Aanrader, goede prijs.", language="nl"))) == []
    assert list(reason.read(review("I left because of the low pay.", audience="employee"))) == []


def test_another_alias_has_reviews_read_again_by_this_step_only(tmp_path: Path) -> None:
    text = "I switched to Pinewell at last."
    with Store(tmp_path / "rapport.db", create=True) as store:
        store.write([tables.Company("fernbank", "Fernbank", "rival", "[]", "[]", "[]"), tables.Company("larkline", "Larkline", "rival", "[]", "[]", "[]")])
        store.write([tables.Profile("p", "fernbank", "forum", "forum", "k", None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
        store.write([tables.Review("r", "p", "fernbank", "forum", "customer", "1", 0, None, None, None, text, "h", key(text), "1", 0.0, 1, LATER, LATER, "second", "created", *[None] * 6)])
        reading.read(store)
        assert store.one("select value from labels where name = 'rivals'") == "unknown"
        rest = list(store.rows("select name, version from labels where name <> 'rivals' order by name"))
        store.execute("""update companies set aliases = '["Pinewell"]' where id = 'larkline'""")
        assert (reading.count_due(store), reading.read(store), reading.count_due(store)) == (1, 1, 0)
        assert store.one("select value from labels where name = 'rivals'") == "Larkline"
        assert list(store.rows("select name, version from labels where name <> 'rivals' order by name")) == rest


def test_unknown_names_are_told_once_several_people_give_them(tmp_path: Path) -> None:
    said = {"a": "I switched to Pinewell.", "b": "Pinewell is way better.", "c": "Better than Harald at the desk.", "d": "Cheaper than Larkline.", "e": "Unlike Thornby they answer.", "f": "Moving to Thornby."}
    with Store(tmp_path / "rapport.db", create=True) as store:
        store.write([tables.Company("fernbank", "Fernbank", "rival", "[]", "[]", "[]"), tables.Company("larkline", "Larkline", "rival", "[]", "[]", "[]")])
        store.write(tables.Profile(p, "fernbank", "forum", "forum", p, None, "customer", None, 1, "whole", int(p == "private"), "excerpt", *[None] * 5) for p in ("open", "private"))
        store.write(tables.Review(id, "private" if id == "e" else "open", "fernbank", "forum", "customer", id, 0, None, id, None, text, "h", key(text), "1", 0.0, 1, LATER, LATER, "second", "created", *[None] * 6)
                    for id, text in said.items())
        store.write(tables.Look("review", id, LATER, LATER, 1, None, 0, None) for id in said)
        reading.read(store)
        assert list(unknown(store)) == [Unknown("Pinewell", 2, 2, ("fernbank",))]


def reasons(text: str) -> dict[str, str]:
    return {m.tag.removeprefix("reason:"): text[m.start:m.end] for m in reversed(list(reason.read(review(text))))}


@pytest.mark.parametrize(("text", "found"), [
    ("I left because they never answered me.", {"relationship"}),
    ("I chose them because they are cheap.", {"price"}),
    ("Do not book here, the rooms were dirty.", {"product"}),
    ("A friend recommended them to us.", {"other"}),
    ("I would recommend them: polite staff and clean rooms at a fair price.", {"relationship", "product", "price"}),
    ("The rooms were dirty.", set()),
    ("They never answered me.", set()),
])
def test_reasons_are_read_where_a_decision_is_spoken_of(text: str, found: set[str]) -> None:
    assert set(reasons(text)) - {"decides"} == found


def test_reasons_and_the_decision_point_at_their_words() -> None:
    said = reasons("I would not recommend it, the staff were rude.")
    assert (said["decides"], said["relationship"]) == ("would not recommend", "rude") or said["relationship"].endswith("rude")
