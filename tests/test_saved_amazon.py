"""Saved pages of Amazon: one that others made, and which part of its list a page is."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.records import Part, Problem, Review, Total
from spiders.platforms import opened
from spiders.platforms.readers import whose
from spiders.platforms.saved import Found, Saved
from spiders.saved.amazon import Amazon


def read(text: str, address: str = "https://www.amazon.com/Lamp/product-reviews/B00LAMP001") -> list[Found]:
    page = Saved(text, "page.html", address)
    return [*Amazon().read(page), *page.told()]


def card(label: str = "4.0 out of 5 stars", date: str = "Reviewed in the United States on March 17, 2024", id: str = "R30000000000A") -> str:
    return f'''<div id="cm_cr-review_list"><div id="{id}" data-hook="review"><i data-hook="review-star-rating"><span class="a-icon-alt">{label}</span></i><span data-hook="review-date">{date}</span>
        <span data-hook="review-body"><span>Bright.</span></span></div></div>'''


@pytest.mark.shared
def test_every_review_of_a_page_is_read_whole(shared: Path) -> None:
    file = shared / "samples" / "amazon_product_reviews" / "2016_amazon_product_reviews_p1.html"
    page = opened.page(file.name, file.read_bytes())
    assert whose(page).name == "amazon" and whose(page).replies_visible is False
    drawn = list(Amazon().read(page))
    reviews = [d for d in drawn if isinstance(d, Review)]
    assert len(reviews) == 10 and all(r.id and r.title and r.text and r.author_id and r.created and r.created.precision == "day" for r in reviews)
    assert [r.rating.raw if r.rating else None for r in reviews] == ["5", "4", "3", "1", "5", "2", "5", "5", "5", "2"]
    assert [d for d in drawn if isinstance(d, Total)] == [Total(112)]
    assert [(d.number, len(d.addresses), d.filtered) for d in drawn if isinstance(d, Part)] == [(1, 12, None)]
    assert not [d for d in drawn if isinstance(d, Problem)] and not list(page.told())


@pytest.mark.parametrize(("label", "date", "raw"), [
    ("4,0 von 5 Sternen", "Rezension aus Deutschland vom 17. März 2024", "4"), ("4,0 sur 5 étoiles", "Commenté en France le 17 mars 2024", "4"), ("5つ星のうち4.0", "2024年3月17日に日本でレビュー済み", "4"),
    ("4.0 de 5 estrellas", "Revisado en España el 17 de marzo de 2024", "4"), ("5 yıldız üzerinden 4,0", "17 Mart 2024 tarihinde Türkiye'de değerlendirildi", "4"), ("4,0 z 5 gwiazdek", "Zrecenzowano w Polsce dnia 17 marca 2024", "4"),
])
def test_stars_and_days_are_read_in_any_language(label: str, date: str, raw: str) -> None:
    [review] = [d for d in read(card(label, date)) if isinstance(d, Review)]
    assert review.rating and review.rating.raw == raw and review.created and f"{review.created.earliest:%Y-%m-%d}" == "2024-03-17"


def test_ratings_without_words_are_not_counted_as_reviews() -> None:
    count = '<div data-hook="cr-filter-info-review-rating-count">1,205 total ratings, 34 with reviews</div>'
    drawn = read(count + card(), "https://www.amazon.com/Lamp/product-reviews/B00LAMP001?pageNumber=3")
    assert [d for d in drawn if isinstance(d, Total)] == [Total(34)]
    assert [(d.number, d.addresses[-1]) for d in drawn if isinstance(d, Part)] == [(3, "https://www.amazon.com/product-reviews/B00LAMP001?pageNumber=4")]


def test_a_narrowed_list_says_to_what_and_gives_no_total() -> None:
    box = '<select id="star-count-dropdown"><option value="all_stars">All stars</option><option value="one_star" selected>1 star only</option></select><div data-hook="cr-filter-info-review-rating-count">20 total ratings, 4 with reviews</div>'
    drawn = read(box + card())
    assert [d.filtered for d in drawn if isinstance(d, Part)] == ["1 star only"] and not [d for d in drawn if isinstance(d, Total)]


def test_a_review_without_an_id_is_named_and_costs_no_other() -> None:
    drawn = read(card(id="none") + card())
    assert len([d for d in drawn if isinstance(d, Review)]) == 1 and [d.what for d in drawn if isinstance(d, Problem)] == ["record 1 cannot be read: KeyError: 'id'"]


def test_a_login_and_a_page_without_reviews_say_what_they_are() -> None:
    assert [d.sort for d in read("<title>Amazon Sign-In</title><form><input type='password'></form>") if isinstance(d, Problem)] == ["login"]
    assert [d.sort for d in read("<h1>Lamp</h1>") if isinstance(d, Problem)] == ["changed"]
