"""Whether a reply speaks to its review: the step, and that a reply is read again when its review changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich import reading, tables
from enrich.steps import Label, Text, fit
from enrich.store import Store
from enrich.text import key

LATER = "2026-05-01T00:00:00Z"
BROKEN = "The lift has been broken for two weeks and nobody told us."


def the_fit(review: str | None, reply: str, language: str = "en") -> str | None:
    return next((label.value for label in fit.read(Text("reply", reply, review=review, language=language))), None)


@pytest.mark.parametrize(("review", "reply", "value"), [
    (BROKEN, "Hi [customer], sorry that the lift was out of order. The lift is working again since Monday.", "addresses"),
    (BROKEN, "We are sorry for the inconvenience. Please write to us at [email] so that we can help.", "partly"),
    (BROKEN, "Thank you for your valuable feedback.", "misses"),
    (BROKEN, "We apologise for any inconvenience.", "misses"),
    ("Lovely place, wonderful people, we loved every minute!", "Thank you so much for your kind words. We hope to welcome you again.", "na"),
    ("Lovely breakfast and wonderful people!", "We are glad that you enjoyed our breakfast.", "addresses")])
def test_a_reply_fits_where_it_speaks_of_what_the_review_does(review: str, reply: str, value: str) -> None:
    assert the_fit(review, reply) == value


def test_an_explanation_of_another_matter_is_no_answer_to_this_one() -> None:
    assert the_fit(BROKEN, "Please note that the refund was delayed because the bank was closed.") == "partly"


def test_words_that_both_share_are_shown() -> None:
    reply = "Sorry about the lift. It was broken because a cable tore."
    label = next(iter(fit.read(Text("reply", reply, review=BROKEN))))
    assert {"lift", "broken"} <= {reply[a:b] for a, b in label.spans}
    assert all(0 <= a < b <= len(reply) for a, b in label.spans)


@pytest.mark.parametrize(("review", "language"), [(None, "en"), ("", "en"), (BROKEN, "nl"), ("De lift is al twee weken kapot en niemand heeft ons iets verteld.", "en")])
def test_nothing_is_said_without_a_review_or_in_a_language_that_is_not_read(review: str | None, language: str) -> None:
    assert the_fit(review, "Thank you.", language) is None


@pytest.mark.parametrize("review", ["😀😀", "x" * 50_000, "[b]Broken[/b] <p>lift</p>", "\n\n"])
def test_odd_reviews_do_no_harm(review: str) -> None:
    assert the_fit(review, "We are sorry. Please call us at [phone].") in {"addresses", "partly", "misses", "na", None}


def test_the_same_reply_fits_one_review_and_not_another_and_is_read_again_when_its_review_changes(tmp_path: Path) -> None:
    def review(id: str, text: str) -> tables.Review:
        return tables.Review(id, "p", "theirs", "forum", "customer", id, 0, None, None, None, text, "h", key(text), "1", 0.0, 1, LATER, LATER, "second", "created", None, None, None, None, None, None)

    def fits() -> dict[str, str]:
        reading.read(store)
        return dict(store.rows("select target, value from labels where name = 'fit'"))

    answer = "We are sorry. The lift is working again."
    with Store(tmp_path / "rapport.db", create=True) as store:
        store.write([tables.Company("theirs", "Theirs", "rival", "[]", "[]", "[]")])
        store.write([tables.Profile("p", "theirs", "forum", "forum", "k", None, "customer", None, 1, "whole", 0, "excerpt", None, None, None, None, None)])
        store.write([review("one", BROKEN), review("other", "My refund never came, I waited for a month.")])
        store.write(tables.Reply(f"to {r}", r, "p", "theirs", r, 1, "company", "source", None, answer, "h", key(answer), LATER, LATER, "second", None) for r in ("one", "other"))
        assert fits() == {"to one": "addresses", "to other": "partly"}
        assert reading.count_due(store) == 0
        store.write([review("other", BROKEN)])
        assert fits() == {"to one": "addresses", "to other": "addresses"}


def test_the_label_names_what_it_rests_on() -> None:
    assert next(iter(fit.read(Text("reply", "Thank you for your feedback.", review=BROKEN)))) == Label("fit", "misses", basis="absence")
