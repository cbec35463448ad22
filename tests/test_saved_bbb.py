"""Pages of the Better Business Bureau that a person saved: a dialogue in its order, a business's own page and its lists, complaints."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from enrich.records import Part, Problem, Review, Total, When
from spiders.platforms.saved import Found, Saved
from spiders.saved.bbb import BBB

BASE = "https://www.bbb.org/us/or/hillsboro/profile/roofs/nettle-roofs-1296-1"
ADDRESS = f"{BASE}/customer-reviews"


def read(text: str, address: str | None = ADDRESS) -> list[Found]:
    page = Saved(text, "page.html", address)
    found = list(BBB().read(page))
    return [*found, *page.told()]


def reviews(found: list[Found]) -> list[Review]:
    return [f for f in found if isinstance(f, Review)]


def day(number: int) -> dict[str, str]:
    return {"day": f"{number:02}", "month": "09", "year": "2026"}


def item(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": f"1296_1_{number}", "displayName": "Ada R", "reviewStarRating": 2, "text": "It leaks.", "date": day(10), "extendedText": [], **more}


def page(*items: Any, number: int = 1, of: int = 1, found: int | None = None, complaints: list[Any] | None = None) -> str:
    counted = len(items) if found is None else found
    state = {"businessProfile": {"urls": {"profile": BASE}, "rating": {"bbbRating": "A+"}, "reviewsComplaintsSummary": {"reviewsTotal": counted}, "customerComplaints": {"items": complaints or []},
                                 "customerReviews": {"items": list(items), "numFound": counted, "page": number, "pageSize": 10, "totalPages": of}}}
    return f"<html><body><script>window.__PRELOADED_STATE__ = {json.dumps(state)};</script></body></html>"


def test_the_four_steps_of_a_dialogue_stand_in_their_order() -> None:
    [review] = reviews(read(page(item(
        businessRebuttalText="The gate was locked.", businessRebuttalDate=day(16), customerResponseText="Nobody came.", customerResponseDate=day(15), businessResponseText="Sorry.", businessResponseDate=day(12)))))
    assert [(r.role, r.text, r.created) for r in review.replies] == [
        ("company", "Sorry.", When.on(2026, 9, 12)), ("customer", "Nobody came.", When.on(2026, 9, 15)), ("company", "The gate was locked.", When.on(2026, 9, 16))]


def test_a_longer_form_adds_what_the_short_one_leaves_out_and_doubles_nothing() -> None:
    longer = [{"text": "It leaks, still.", "isCustomer": True}, {"text": "Sorry.", "isBusiness": True}, {"text": "We come on Monday.", "isBusiness": True, "date": day(14)}]
    [review] = reviews(read(page(item(text="It leaks", businessResponseText="Sorry.", businessResponseDate=day(12), hasExtendedText=True, extendedText=longer))))
    assert review.text == "It leaks, still." and [(r.role, r.text) for r in review.replies] == [("company", "Sorry."), ("company", "We come on Monday.")]


def test_the_id_nought_of_a_business_page_is_none_and_no_stars_are_no_rating() -> None:
    found = read(page(item(id=0), item(id=0, reviewStarRating=0, displayName="Tom", text="Fine.", date=None), found=64), BASE)
    assert [(r.id, r.rating and r.rating.raw, r.created and r.created.precision) for r in reviews(found)] == [(None, "2", "day"), (None, None, None)]
    assert [f.sort for f in found if isinstance(f, Problem)] == ["incomplete"] and not [f for f in found if isinstance(f, Part)]


def test_a_list_knows_its_pages() -> None:
    found = read(page(item(), number=2, of=3, found=24))
    assert [f for f in found if isinstance(f, Part | Total)] == [Total(24), Part(2, tuple(f"{ADDRESS}?page={n}" for n in (1, 2, 3)))]


def test_a_broken_record_costs_no_other() -> None:
    found = read(page(item(reviewStarRating="many"), "x", item(2)))
    assert [r.id for r in reviews(found)] == ["1296_1_2"] and [f.sort for f in found if isinstance(f, Problem)] == [None, None]


def test_complaints_in_a_form_that_is_not_known_are_named() -> None:
    assert [f.sort for f in read(page(complaints=[{"id": 1}]), f"{BASE}/complaints") if isinstance(f, Problem)] == ["changed"]


@pytest.mark.parametrize(("text", "sort"), [
    ("<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>", "blocked"),
    (page(found=12), "changed"),
    ("<html><h1>Roofers</h1></html>", "changed"),
])
def test_a_page_without_reviews_says_why(text: str, sort: str) -> None:
    assert [f.sort for f in read(text) if isinstance(f, Problem)] == [sort]


def test_a_business_without_reviews_is_no_problem() -> None:
    assert read(page(of=0)) == [Total(0)]


@pytest.mark.shared
def test_every_page_that_others_saved_holds_as_many_reviews_as_were_counted_and_shows_what_its_state_says(shared: Path) -> None:
    folder = shared / "samples" / "bbb"
    with (folder.parent / "COUNTS.tsv").open(encoding="utf-8") as file:
        counted = {line["file"].partition("/")[2]: tuple(map(int, re.findall(r"=(\d+)", line["other"]))) for line in csv.DictReader(file, delimiter="\t") if line["file"].startswith("bbb/")}
    assert counted
    for name, (expected, _) in counted.items():
        text = (folder / name).read_text(encoding="utf-8")
        found, shown = read(text, None), read(re.sub(r"<script>window.__PRELOADED_STATE__.*?</script>", "", text, flags=re.S), None)
        assert len(reviews(found)) == expected, name
        assert [(r.author, r.rating, r.created) for r in reviews(found)] == [(r.author, r.rating, r.created) for r in reviews(shown)]
        assert [f.sort for f in found if isinstance(f, Problem)] == ["incomplete"]


def test_a_day_that_cannot_be_read_names_nobody() -> None:
    found = read(page(item(1, id="0", date="some day", displayName="Isolde Quay"), item(2, id=None, date="some day", displayName="Isolde Quay")))
    assert len(reviews(found)) == 2 and [f.what for f in found if isinstance(f, Problem)] == ["a review: 'some day' is not a date"] * 2
