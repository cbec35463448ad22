"""Saved pages of Tripadvisor that others made, against what is in them. COUNTS.tsv counts elements: an empty one is no review, nor is a response that stands among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.records import Part, Problem, Reply, Review, Total
from spiders.platforms import opened
from spiders.platforms.positions import role
from spiders.platforms.readers import whose
from spiders.platforms.saved import Found
from spiders.saved.tripadvisor import Tripadvisor


def found(shared: Path, name: str) -> list[Found]:
    file = shared / "samples" / "tripadvisor" / name
    page = opened.page(file.name, file.read_bytes())
    assert whose(page).name == "tripadvisor"
    drawn = list(Tripadvisor().read(page))
    assert not list(page.told()), "every date is read"
    return drawn


def reviews(drawn: list[Found]) -> list[Review]:
    return [d for d in drawn if isinstance(d, Review)]


def replies(drawn: list[Found]) -> list[Reply]:
    return [r for review in reviews(drawn) for r in review.replies]


@pytest.mark.shared
def test_the_opened_fragment_has_ten_reviews_each_with_its_response_and_the_ten_responses_among_them_are_no_reviews(shared: Path) -> None:
    drawn = found(shared, "2015_expanded_reviews_fragment.html")
    assert (len(reviews(drawn)), len(replies(drawn))) == (10, 10)
    assert all(r.text and r.title and r.rating and r.created and r.id for r in reviews(drawn))
    assert {(r.role, r.role_basis) for r in replies(drawn)} == {("manager", "source")} and all(r.created and r.id and r.author for r in replies(drawn))
    assert not {r.id for r in reviews(drawn)} & {r.id for r in replies(drawn)}
    assert all(r.replies[0].created.earliest >= r.created.earliest for r in reviews(drawn) if r.created and r.replies[0].created)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "counts", "blank", "cut", "total"), [
    ("2015_radisson_bergen.html", (7, 1), 3, 4, Total(792, {5: 236, 4: 365, 3: 132, 2: 45, 1: 14})),
    ("2016_restaurant_ru.html", (4, 0), 6, 0, Total(72)),
])
def test_a_page_of_a_list_says_which_it_is_and_what_was_not_loaded(shared: Path, name: str, counts: tuple[int, int], blank: int, cut: int, total: Total) -> None:
    drawn = found(shared, name)
    assert (len(reviews(drawn)), len(replies(drawn))) == counts
    assert all(r.text and r.rating and r.created and r.author_id for r in reviews(drawn))
    said = [d.what.split()[0] for d in drawn if isinstance(d, Problem)]
    assert said == [str(n) for n in (blank, cut) if n]
    assert [d for d in drawn if isinstance(d, Total)] == [total]
    (part,) = [d for d in drawn if isinstance(d, Part)]
    assert (part.number, len(part.addresses), part.filtered) == (1, -(-total.reviews // 10), None)


@pytest.mark.parametrize(("position", "expected"), [
    ("General Manager", "manager"), ("Guest Relations Manager", "manager"), ("Propriétaire", "owner"), ("Eigentümerin", "owner"), ("Владелец", "owner"), ("Directora de ventas", "manager"),
    ("Front Office", "company"), (None, "company"),
])
def test_a_position_says_in_what_role_somebody_answers(position: str | None, expected: str) -> None:
    assert role(position) == expected
