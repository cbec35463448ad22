"""Pages of the Shopify App Store that a person saved: what is the review's and what is its reply's, days in other languages, where a list ends."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from enrich.records import Part, Problem, Review, Total, When
from spiders.platforms.saved import Found, Saved
from spiders.saved.shopify import Shopify

ADDRESS = "https://apps.shopify.com/harbour-labels/reviews"


def read(text: str, address: str | None = ADDRESS) -> list[Found]:
    page = Saved(text, "page.html", address)
    found = list(Shopify().read(page))
    return [*found, *page.told()]


def reviews(found: list[Found]) -> list[Review]:
    return [f for f in found if isinstance(f, Review)]


def block(day: str = "July 1, 2024", facts: str = "<div>Ireland</div>", words: str = "Crooked.", reply: str = "", stars: str = "2 out of 5 stars") -> str:
    return f'''<div data-merchant-review data-review-content-id="71"><div><div role="img" aria-label="{stars}"></div><div>{day}</div></div><div data-truncate-content-copy><p>{words}</p></div>
<div><div class="tw-text-heading-xs" title="Tin Kettle">Tin Kettle</div>{facts}</div><div data-merchant-review-reply>{reply}</div></div>'''


@pytest.mark.parametrize(("day", "expected"), [
    ("July 1, 2024", (When.on(2024, 7, 1), "created")), ("Edited October 2, 2026", (When.on(2026, 10, 2), "edited")), ("Bearbeitet am 2. Oktober 2026", (When.on(2026, 10, 2), "edited")),
    ("2024年7月1日", (When.on(2024, 7, 1), "created")), ("編集日:2024年7月1日", (When.on(2024, 7, 1), "edited")),
])
def test_a_day_is_read_in_any_language_and_an_edit_says_so(day: str, expected: tuple[When, str]) -> None:
    [review] = reviews(read(f'<html lang="{"en" if day.isascii() else "ja"}">{block(day)}'))
    assert (review.created, review.created_kind) == expected


@pytest.mark.parametrize(("facts", "country"), [
    ("<div>Ireland</div><div>10 months using the app</div>", "Ireland"), ("<div>About 22 hours using the app</div>", None), ("<div>Less than a minute using the app</div>", None), ("", None),
])
def test_the_country_is_told_from_how_long_the_app_was_used(facts: str, country: str | None) -> None:
    assert reviews(read(block(facts=facts)))[0].country == country


def test_stars_without_words_are_a_review_and_the_replys_words_are_not_its_own() -> None:
    reply = '<div id="review-reply-9"><div>Harbour Works replied\n July 3, 2024</div><div data-reply-id="9"><div data-truncate-content-copy><p>Try again.</p></div></div></div>'
    [review] = reviews(read(f'<html lang="en">{block(words="", reply=reply)}'))
    assert review.text is None and review.rating and review.author == "Tin Kettle"
    assert [(a.id, a.text, a.author, a.created, a.role) for a in review.replies] == [("9", "Try again.", "Harbour Works", When.on(2024, 7, 3), "company")]


def test_a_broken_block_costs_no_other() -> None:
    found = read(block(stars="9 out of 5 stars") + block())
    assert len(reviews(found)) == 1 and [p.sort for p in found if isinstance(p, Problem)] == [None]


def test_an_app_page_without_numbers_of_pages_is_not_taken_for_a_whole_list() -> None:
    bars = '<a href="/harbour-labels/reviews?ratings%5B%5D=5" aria-label="40 total reviews"></a>'
    found = read(bars + block())
    assert [f for f in found if isinstance(f, Total)] == [Total(40, {5: 40})] and not [f for f in found if isinstance(f, Part)]
    assert [f.filtered for f in read(bars + block(), f"{ADDRESS}?ratings%5B%5D=2") if isinstance(f, Part)] == ["stars=2"]


@pytest.mark.parametrize(("text", "address", "sort"), [
    ("<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>", ADDRESS, "blocked"),
    ('<html><a href="/h/reviews?ratings%5B%5D=5" aria-label="40 total reviews"></a></html>', f"{ADDRESS}?page=9", "empty"),
    ('<html><a href="/h/reviews?ratings%5B%5D=5" aria-label="40 total reviews"></a></html>', ADDRESS, "changed"),
    ("<html><h1>Apps</h1></html>", "https://apps.shopify.com/categories/sales-channels", "changed"),
])
def test_a_page_without_reviews_says_why(text: str, address: str, sort: str) -> None:
    assert [f.sort for f in read(text, address) if isinstance(f, Problem)] == [sort]


@pytest.mark.shared
def test_every_page_that_others_saved_holds_as_many_reviews_and_replies_as_were_counted(shared: Path) -> None:
    folder = shared / "samples" / "shopify"
    with (folder.parent / "COUNTS.tsv").open(encoding="utf-8") as file:
        counted = {line["file"].partition("/")[2]: tuple(map(int, re.findall(r"=(\d+)", line["other"]))) for line in csv.DictReader(file, delimiter="\t") if line["file"].startswith("shopify/")}
    assert counted
    for name, expected in counted.items():
        found = read((folder / name).read_text(encoding="utf-8"), None)
        assert (len(reviews(found)), sum(len(r.replies) for r in reviews(found))) == expected, name
        assert not [f for f in found if isinstance(f, Problem)]
        assert all(r.id and r.text and r.rating and r.created and r.author and r.country and all(a.id and a.text and a.created and a.author for a in r.replies) for r in reviews(found))
        [total] = [f for f in found if isinstance(f, Total)]
        assert total.stars and sum(total.stars.values()) == total.reviews
