"""An app's page of Google Play: the rows for its scripts, of every length they had, and what people see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrich.records import Part, Problem, Review, Total
from spiders.platforms import play_rows
from spiders.platforms.saved import Found, Saved
from spiders.saved.google_play_page import PICKED, GooglePlayPage

ADDRESS = "https://play.google.com/store/apps/details?id=works.harbour.tides"


def read(*blocks: Any, body: str = "", function: bool = False) -> list[Found]:
    opens, closes = ("function(){return ", "}") if function else ("", "")
    scripts = "".join(f"<script>AF_initDataCallback({{key: 'ds:{n}', hash: '{n}', data:{opens}{json.dumps(b)}{closes}, sideChannel: {{}}}});</script>" for n, b in enumerate(blocks))
    page = Saved(f'<html lang="en">{scripts}{body}</html>', "page.html", ADDRESS)
    return [*GooglePlayPage().read(page), *page.told()]


def row(id: str = "gp:1", length: int = 17, **places: Any) -> list[Any]:
    """A row; `p4=…` sets place 4."""
    made = [id, ["Ane", [None, 2]], 4, None, "Words.", [1_718_000_000, 5], 0, None, None, ["7", "Ane"], "3.1.0", None, None, None, None, None, 1]
    for name, value in places.items():
        made[int(name[1:])] = value
    return made[:length]


def test_rows_are_told_by_their_shape_wherever_they_stand_and_however_long_they_are() -> None:
    other = [["com.other", ["Other", "x"], "text", None], [1, 2, 3]]
    for blocks in ([[row()]], [other, [None, [[row(length=13), row("gp:2", 15)], [None, "token"]]]]):
        for function in (False, True):
            drawn = read(*blocks, function=function)
            assert {d.id for d in drawn if isinstance(d, Review)} >= {"gp:1"} and not [d for d in drawn if isinstance(d, Problem)]
            assert [d.filtered for d in drawn if isinstance(d, Part)] == [PICKED]


def test_an_answer_older_than_the_last_edit_keeps_its_time_and_one_without_a_time_has_none() -> None:
    [first, second] = [d for d in read([[row(p7=["Harbour", "Fixed.", [1_600_000_000, 0]]), row("gp:2", p7=["Harbour", "Fixed.", None])]]) if isinstance(d, Review)]
    assert first.created_kind == "edited" and first.created and first.replies[0].created and first.replies[0].created.latest < first.created.earliest
    assert [r.created for r in second.replies] == [None]


def test_a_row_that_is_cut_short_or_says_nothing_is_read_as_far_as_it_goes() -> None:
    assert play_rows.review(row(length=6, p4=None, p2=0), None) == Review("gp:1", None, author="Ane", created=play_rows.review(row(), None).created, created_kind="edited")
    with pytest.raises(TypeError):
        play_rows.review([None, ["Ane"]], None)
    assert (play_rows.rows([]), play_rows.rows([None, 1]), play_rows.rows([[]])) == ([], [], [])
    with pytest.raises(TypeError):
        play_rows.rows({"error": 1})


def test_how_many_reviews_and_ratings_there_are_is_read_from_either_place() -> None:
    rated = [[["4.1", 4.1]], None, None, None]
    rated[1:] = [[None, ["", 10], ["", 4], ["", 6], ["", 20], ["", 60]], ["100", 100], [None, 37]]
    expected = Total(37, {1: 10, 2: 4, 3: 6, 4: 20, 5: 60})
    for block in ([None, [None, None, [*[None] * 51, rated]]], [[None, None, None, None, None, None, rated]]):
        assert [d for d in read(block, [[row()]]) if isinstance(d, Total)] == [expected]


def test_a_page_without_reviews_says_how_to_get_them() -> None:
    assert [d.sort for d in read([[], None]) if isinstance(d, Problem)] == ["empty"]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "counts"), [("batchexecute_UsvDTd_com.robinhood.android_2026.txt", (3, 2)), ("batchexecute_UsvDTd_com.twitter.android_2021.txt", (40, 0))])
def test_the_rows_that_others_saved_are_read_whole_also_inside_a_page(shared: Path, name: str, counts: tuple[int, int]) -> None:
    text = (shared / "samples" / "google_play" / name).read_text(encoding="utf-8")
    data = next(json.loads(r[2]) for r in json.JSONDecoder().raw_decode(text, text.index("["))[0] if r[0] == "wrb.fr")
    reviews = [d for d in read(data) if isinstance(d, Review)]
    assert (len(reviews), sum(len(r.replies) for r in reviews)) == counts
    assert all(r.id and r.text and r.rating and r.created and r.url for r in reviews) and all(p.created and p.author and p.text for r in reviews for p in r.replies)
