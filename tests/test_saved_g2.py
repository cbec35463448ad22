"""Pages of G2 that a person saved: stars from nought in halves, questions with their answers, two days, what misleads programs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from enrich.records import Part, Problem, Review, Total, When
from spiders.platforms.saved import Found, Saved
from spiders.saved.g2 import G2

ADDRESS = "https://www.g2.com/products/tidebook/reviews"


def read(text: str, address: str | None = ADDRESS) -> list[Found]:
    page = Saved(text, "page.html", address)
    found = list(G2().read(page))
    return [*found, *page.told()]


def reviews(found: list[Found]) -> list[Review]:
    return [f for f in found if isinstance(f, Review)]


def card(value: str = "4.5", date: str = '<meta itemprop="datePublished" content="2025-04-09">', name: str = "Ola B.", title: str = '"Fine"', body: str = "<div><div>Best?</div><div><p>Quick.</p></div></div>", tags: str = "") -> str:
    return f'''<div itemprop="review" id="survey-response-801"><span itemprop="reviewRating"><meta itemprop="bestRating" content="5"><meta itemprop="worstRating" content="0"><meta itemprop="ratingValue" content="{value}"></span>
<span itemprop="author"><meta itemprop="name" content="{name}"><meta itemprop="url" content="https://www.g2.com/users/u-1">{name}</span>{tags}{date}<div itemprop="name">{title}</div><div itemprop="reviewBody">{body}</div></div>'''


@pytest.mark.parametrize(("value", "expected"), [("5", 1.0), ("4.5", 0.9), ("0.5", 0.1), ("0.0", 0.0)])
def test_stars_run_from_nought_to_five_in_halves(value: str, expected: float) -> None:
    [review] = reviews(read(card(value)))
    assert review.rating and review.rating.value == pytest.approx(expected)


def test_stars_that_are_not_marked_are_read_as_they_are_drawn() -> None:
    [review] = reviews(read('<article><div class="elv-stars elv-stars-9"></div><div itemprop="reviewBody"><p>Quick.</p></div></article>'))
    assert review.rating and (review.rating.raw, review.rating.value) == ("4.5", 0.9)


def test_the_line_that_g2_adds_is_no_part_of_an_answer() -> None:
    [review] = reviews(read(card(body="<div><div>Best?</div><div><p>Quick. <span>Review collected by and\n hosted on G2.com.</span></p></div></div><div><div>Worst?</div><div><p>Dear.</p><p>Very. Review collected by and hosted on G2.com.</p></div></div>")))
    assert review.text == "Best?\n\nQuick.\n\nWorst?\n\nDear.\n\nVery."


def test_a_review_that_was_renewed_shows_both_days_and_the_marked_one_is_the_newer() -> None:
    date = '<span><meta itemprop="datePublished" content="2025-06-01"><time datetime="2025-06-01">Jun 01, 2025</time></span><span class="x-original-review-date">(Original <time datetime="2025-06-01">Mar 30, 2024</time>)</span>'
    [review] = reviews(read(card(date=date)))
    assert (review.created, review.edited) == (When.on(2024, 3, 30), When.on(2025, 6, 1))


def test_a_name_that_g2_keeps_to_itself_is_nobodys() -> None:
    [review] = reviews(read(card(name="Verified User in Retail")))
    assert (review.author, review.author_id, review.verified) == (None, None, None)


@pytest.mark.parametrize(("tag", "verified"), [("Validated Reviewer", True), ("Verified Current User", True), ("Review source: Organic", None)])
def test_a_badge_says_that_a_review_was_checked(tag: str, verified: bool | None) -> None:
    assert reviews(read(card(tags=f'<div class="tag">{tag}</div>')))[0].verified is verified


def test_what_is_there_to_mislead_programs_is_not_looked_at() -> None:
    [review] = reviews(read(card(title='<span data-poison-text="Awful">"Fine"</span>')))
    assert review.title == "Fine" and "Awful" not in str(review)


def test_a_broken_card_costs_no_other() -> None:
    found = read(card("7") + card())
    assert len(reviews(found)) == 1 and [p.sort for p in found if isinstance(p, Problem)] == [None]


@pytest.mark.parametrize(("text", "sort"), [
    ('<html><title>g2.com</title><script src="https://ct.captcha-delivery.com/c.js"></script></html>', "blocked"),
    ('<html><span itemprop="aggregateRating"><meta itemprop="reviewCount" content="110"></span></html>', "changed"),
    ("<html><h1>Software</h1></html>", "changed"),
])
def test_a_page_without_reviews_says_why(text: str, sort: str) -> None:
    assert [f.sort for f in read(text) if isinstance(f, Problem)] == [sort]


def test_whether_vendors_answered_is_not_known() -> None:
    assert G2.replies_visible is None


@pytest.mark.shared
def test_every_page_that_others_saved_holds_as_many_reviews_as_were_counted(shared: Path) -> None:
    folder = shared / "samples" / "g2"
    with (folder.parent / "COUNTS.tsv").open(encoding="utf-8") as file:
        counted = {line["file"].partition("/")[2]: int(line["microdata_review"]) for line in csv.DictReader(file, delimiter="\t") if line["file"].startswith("g2/")}
    assert counted
    for name, expected in counted.items():
        found = read((folder / name).read_text(encoding="utf-8"), None)
        assert len(reviews(found)) == expected, name
        assert not [f for f in found if isinstance(f, Problem)]
        assert all(r.id and r.text and r.title and r.rating and r.created and r.author and r.url and r.verified for r in reviews(found))
        assert all("G2.com" not in (r.text or "") for r in reviews(found)) and [r.edited is not None and r.created != r.edited for r in reviews(found)].count(True) == 1
        assert len([f for f in found if isinstance(f, Total | Part)]) == 2
