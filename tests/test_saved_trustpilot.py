"""Pages of Trustpilot that a person saved: the state, the cards and the old articles say the same; what a browser leaves behind or takes away; what stands before a list."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from enrich.records import Part, Problem, Review, Total
from spiders.platforms.saved import Found, Saved
from spiders.platforms.schema_reviews import norm
from spiders.saved.trustpilot import Trustpilot

ADDRESS = "https://www.trustpilot.com/review/nettle-post.example"


def read(text: str, address: str | None = ADDRESS) -> list[Found]:
    page = Saved(text, "page.html", address)
    found = list(Trustpilot().read(page))
    return [*found, *page.told()]


def reviews(found: list[Found]) -> list[Review]:
    return [f for f in found if isinstance(f, Review)]


def problems(found: list[Found]) -> list[str | None]:
    return [f.sort for f in found if isinstance(f, Problem)]


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"{number:024x}", "title": "Late", "text": "It came late.", "rating": 2, "dates": {"publishedDate": "2025-03-02T08:00:00.000Z"}, "consumer": {"displayName": "Ada"}, **more}


def state(*rows: Any, **more: Any) -> str:
    return f'<html lang="en"><script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"pageProps": {"reviews": list(rows), **more}}})}</script>'


def card(number: int) -> str:
    return f'''<article><a href="/users/{number:024x}"><span data-consumer-name-typography>Ada</span></a><div data-service-review-rating="2"><time data-service-review-date-time-ago datetime="2025-03-02T08:00:00Z">Mar 2</time></div>
<a href="/reviews/{number:024x}"><h2 data-service-review-title-typography>Late</h2></a><p data-service-review-text-typography>It came late.</p></article>'''


def lists(page: int = 1, of: int = 3, total: int = 45, every: int = 45, **selected: Any) -> dict[str, Any]:
    return {"pagination": {"currentPage": page, "totalPages": of, "totalCount": total}, "totalNumberOfReviews": every, "selected": {"languages": "all", "sort": "recency", **selected}}


@pytest.mark.parametrize(("filters", "narrowed"), [
    (lists(), None),
    (lists(total=9, languages="en"), "languages=en"),
    (lists(languages="en"), None),           # every review is in English
    (lists(total=9, languages=["de"], stars=["1", "2"], verified=True, date="last6months"), "languages=de, stars=1+2, verified=True, date=last6months"),
])
def test_a_list_says_what_it_was_narrowed_to_where_that_leaves_anything_out(filters: dict[str, Any], narrowed: str | None) -> None:
    [part] = [f for f in read(state(row(1), filters=filters, pageUrl=f"{ADDRESS}?page=1&stars=1")) if isinstance(f, Part)]
    assert (part.filtered, part.addresses[2]) == (narrowed, f"{ADDRESS}?stars=1&page=3")


def test_a_broken_record_costs_no_other_and_a_date_no_review() -> None:
    found = read(state(row(1, dates={"publishedDate": "some day"}), {"title": "no id"}, "x", row(2)))
    assert [(r.id, bool(r.created)) for r in reviews(found)] == [(f"{1:024x}", False), (f"{2:024x}", True)]
    assert len([f for f in found if isinstance(f, Problem)]) == 3


def test_the_state_of_the_page_that_a_browser_came_from_is_not_taken_for_the_page_that_it_shows() -> None:
    found = read(state(row(1), row(2), filters=lists(page=1)) + card(3) + card(4))
    assert [r.id for r in reviews(found)] == [f"{3:024x}", f"{4:024x}"]
    assert not [f for f in found if isinstance(f, Part)] and problems(found) == [None]


def test_cards_beside_the_state_are_not_doubled() -> None:
    assert [r.id for r in reviews(read(state(row(1), row(2)) + card(1) + card(2)))] == [f"{1:024x}", f"{2:024x}"]


def test_a_page_of_one_review_gives_that_review() -> None:
    found = read(state(review=row(7, reply={"message": "Sorry.", "publishedDate": "2025-03-03T08:00:00Z"}), reviews=None) + card(8), "https://www.trustpilot.com/reviews/1")
    assert [(r.id, len(r.replies)) for r in reviews(found)] == [(f"{7:024x}", 1)]


@pytest.mark.parametrize(("text", "address", "sort"), [
    ('<html><title>Verifying Connection</title><h1>Verifying your connection...</h1></html>', ADDRESS, "blocked"),
    ('<html><p>Log in or sign up below</p></html>', "https://www.trustpilot.com/users/connect?redirect=%2Freview", "login"),
    (state(row(1)), "https://www.trustpilot.com/users/5f00", "changed"),
    (state(filters=lists(page=9), businessUnit={"numberOfReviews": 45}), ADDRESS, "empty"),
    (state(filters=lists(total=0, of=0, stars="1"), businessUnit={"numberOfReviews": 45}), ADDRESS, "empty"),
    (state(filters=lists(), businessUnit={"numberOfReviews": 45}), ADDRESS, "changed"),
    ("<html><p>Plumbers in Cork</p></html>", ADDRESS, "changed"),
])
def test_a_page_without_reviews_says_why(text: str, address: str, sort: str) -> None:
    found = read(text, address)
    assert problems(found) == [sort] and not reviews(found)


def test_a_company_without_reviews_is_no_problem() -> None:
    assert read(state(filters=lists(total=0, of=0, every=0), businessUnit={"numberOfReviews": 0})) == [Total(0)]


# what others saved


def without(text: str, script: str) -> str:
    return re.sub(rf"<script[^>]*{script}.*?</script>", "", text, flags=re.S)


@pytest.mark.shared
def test_every_page_that_others_saved_holds_as_many_reviews_and_replies_as_were_counted(shared: Path) -> None:
    folder = shared / "samples" / "trustpilot"
    with (folder.parent / "COUNTS.tsv").open(encoding="utf-8") as file:
        counted = {line["file"].partition("/")[2]: tuple(map(int, re.findall(r"=(\d+)", line["other"]))) for line in csv.DictReader(file, delimiter="\t") if line["file"].startswith("trustpilot/")}
    assert counted
    for name, (expected, replies) in counted.items():
        found = read((folder / name).read_text(encoding="utf-8"), None)
        assert (len(reviews(found)), sum(len(r.replies) for r in reviews(found))) == (expected, replies), name
        assert not problems(found)
        assert all(r.id and r.text and r.title and r.rating and r.created and r.url and r.author_id for r in reviews(found))
        assert all(a.created and a.text and a.role == "company" for r in reviews(found) for a in r.replies)


@pytest.mark.shared
@pytest.mark.parametrize("year", ["2023", "2024"])
def test_what_the_cards_show_is_what_the_state_says(shared: Path, year: str) -> None:
    [file] = (shared / "samples" / "trustpilot").glob(f"{year}-*.html")
    text = file.read_text(encoding="utf-8")
    whole, shown = reviews(read(text, None)), reviews(read(without(text, "__NEXT_DATA__"), None))
    for w, s in zip(whole, shown, strict=True):
        assert (w.id, w.title, w.rating, w.author, w.author_id, w.created, w.edited, w.language, w.country, norm(w.text or "")) == (s.id, s.title, s.rating, s.author, s.author_id, s.created, s.edited, s.language, s.country, norm(s.text or ""))
        assert [(a.created, norm(a.text or "")) for a in w.replies] == [(a.created, norm(a.text or "")) for a in s.replies]


@pytest.mark.shared
def test_an_old_page_whose_scripts_were_taken_away_still_tells_who_said_what_and_when(shared: Path) -> None:
    [file] = (shared / "samples" / "trustpilot").glob("2021-*.html")
    text = file.read_text(encoding="utf-8")
    whole, shown = reviews(read(text, None)), reviews(read(without(text, "data-initial-state"), None))
    assert [(r.id, r.title, r.rating, r.author, r.created, r.language, len(r.replies)) for r in whole] == [(r.id, r.title, r.rating, r.author, r.created, r.language, len(r.replies)) for r in shown]
