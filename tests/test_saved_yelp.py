"""Saved pages of Yelp that others made, and what a page says of its list."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.records import Part, Problem, Review, Total
from spiders.platforms import opened
from spiders.platforms.readers import whose
from spiders.platforms.saved import Found, Saved
from spiders.saved.yelp import Yelp


def read(text: str, address: str = "https://www.yelp.com/biz/lumen-lamps") -> list[Found]:
    page = Saved(text, "page.html", address)
    return [*Yelp().read(page), *page.told()]


def marked(*rows: str, count: int = 1) -> str:
    found = ",".join(f'{{"author":"{name}","datePublished":"2021-05-02","reviewRating":{{"ratingValue":4}},"description":"Words of {name}."}}' for name in rows)
    return f'<script type="application/ld+json">{{"@type":"LocalBusiness","aggregateRating":{{"@type":"AggregateRating","ratingValue":4,"reviewCount":{count}}},"review":[{found}]}}</script>'


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count", "total", "of", "precision", "ids"), [
    ("2014_gary-danko.html", 40, 3819, 96, "day", 40),
    ("2021_pace-roofing.html", 11, 11, 1, "second", 0),           # the markup and the state hold the same eleven; neither has ids
])
def test_every_review_of_a_page_is_read_once(shared: Path, name: str, count: int, total: int, of: int, precision: str, ids: int) -> None:
    file = shared / "samples" / "yelp" / name
    page = opened.page(file.name, file.read_bytes())
    assert whose(page).name == "yelp" and whose(page).replies_visible is None
    drawn = list(Yelp().read(page))
    reviews = [d for d in drawn if isinstance(d, Review)]
    assert (len(reviews), sum(r.id is not None for r in reviews), sum(len(r.replies) for r in reviews)) == (count, ids, 0)
    assert all(r.text and r.author and r.rating and r.created and r.created.precision == precision for r in reviews)
    assert [d for d in drawn if isinstance(d, Total)] == [Total(total)]
    assert [(d.number, len(d.addresses), d.filtered) for d in drawn if isinstance(d, Part)] == [(1, of, None)]
    assert not [d for d in drawn if isinstance(d, Problem)] and not list(page.told())


def test_reviews_without_a_type_are_read_from_json_ld() -> None:
    assert [(d.author, d.text) for d in read(marked("Ada", "Bo", count=2)) if isinstance(d, Review)] == [("Ada", "Words of Ada."), ("Bo", "Words of Bo.")]


def test_a_page_that_holds_some_of_its_reviews_and_does_not_say_which_is_no_part() -> None:
    assert not [d for d in read(marked("Ada", count=83)) if isinstance(d, Part)]


def test_a_narrowed_list_says_to_what() -> None:
    [part] = [d for d in read(marked("Ada", count=1), "https://www.yelp.com/biz/lumen-lamps?q=cord&rr=1&start=10") if isinstance(d, Part)]
    assert (part.number, part.filtered) == (2, "search cord, stars 1")
    assert part.addresses == ("https://www.yelp.com/biz/lumen-lamps?q=cord&rr=1&start=0", "https://www.yelp.com/biz/lumen-lamps?q=cord&rr=1&start=10")


def test_a_page_that_counts_reviews_and_shows_none_says_so() -> None:
    assert [(d.what, d.sort) for d in read(marked(count=83)) if isinstance(d, Problem)] == [("counts 83 reviews, but none could be read", "changed")]
    assert not [d for d in read(marked(count=0)) if isinstance(d, Problem)]
