"""What may be shown of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.rights import EXCERPT, Quote, quote, shown

LONG = "They were kind. " * 30 + "Nobody ever called me back. " + "The shop was clean. " * 30


def test_a_full_text_is_shown_whole_with_its_words_marked() -> None:
    at = LONG.index("Nobody")
    assert quote(LONG, "full", None, [(at, at + 6)]) == Quote(LONG, ((at, at + 6),))


def test_an_excerpt_holds_the_matched_words_between_whole_words() -> None:
    at = LONG.index("Nobody ever called me back")
    found = quote(LONG, "excerpt", None, [(at, at + 26)])
    assert found is not None and found.text[slice(*found.marks[0])] == "Nobody ever called me back"
    assert found.text[0] == found.text[-1] == "…" and EXCERPT - 40 < len(found.text) <= EXCERPT + 2
    assert set(found.text[1:-1].split()) <= set(LONG.split())


def test_without_matched_words_an_excerpt_is_the_beginning() -> None:
    assert shown("word " * 100, "excerpt", None) == "word " * 59 + "word…"


def test_a_short_text_is_its_own_excerpt() -> None:
    assert quote("Never answered.", "excerpt", None, [(0, 5)]) == Quote("Never answered.", ((0, 5),))


@pytest.mark.parametrize(("text", "publish", "gone"), [("said", "none", None), ("said", "full", "2026-01-01T00:00:00Z"), ("", "full", None), (None, "full", None)])
def test_nothing_is_shown_of_what_may_not_be_or_is_gone(text: str | None, publish: str, gone: str | None) -> None:
    assert shown(text, publish, gone) is None


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="publish is 'all'"):
        shown("said", "all", None)


def test_matched_words_longer_than_an_excerpt_are_cut() -> None:
    found = quote("x" * 1000, "excerpt", None, [(100, 900)])
    assert found == Quote("…" + "x" * EXCERPT + "…", ((1, EXCERPT + 1),))


@given(st.text(max_size=900), st.lists(st.tuples(st.integers(-5, 900), st.integers(-5, 900)), max_size=4))
def test_an_excerpt_is_a_piece_of_its_text_and_marks_lie_inside_it(text: str, spans: list[tuple[int, int]]) -> None:
    found = quote(text, "excerpt", None, spans)
    if found is not None:
        assert len(found.text) <= EXCERPT + 2 and found.text.removeprefix("…").removesuffix("…") in text
        wanted = {text[max(0, a):b] for a, b in spans}
        assert all(0 <= a < b <= len(found.text) and any(found.text[a:b] in w for w in wanted) for a, b in found.marks)
