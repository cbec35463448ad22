"""Pages of Glassdoor that a person saved: Apollo's state in each of its shapes, what the page shows, what it marks, and why there may be nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from enrich.records import Part, Problem, Reply, Review, Total, When
from spiders.platforms.saved import Found, Saved
from spiders.saved.glassdoor import Glassdoor

ADDRESS = "https://www.glassdoor.de/Bewertungen/Harbour-Works-Bewertungen-E700.htm"


def read(text: str, address: str | None = ADDRESS) -> list[Found]:
    page = Saved(text, "page.html", address)
    found = list(Glassdoor().read(page))
    return [*found, *page.told()]


def row(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"reviewId": number, "summary": "Quay", "pros": "Pay", "cons": "Shifts", "advice": None, "ratingOverall": 4, "reviewDateTime": "2026-02-03T11:12:13.140", "languageId": "eng",
            "originalLanguageId": None, "employerResponses": [], **more}


def page(*rows: dict[str, Any], asked: dict[str, Any] | None = None, **counts: Any) -> str:
    """A page of about 2024: Apollo's state in `__NEXT_DATA__`, its records by reference."""
    answer = {"__typename": "EmployerReviewsRG", "currentPage": 1, "numberOfPages": 1, "allReviewsCount": len(rows), "filteredReviewsCount": len(rows), **counts,
              "reviews": [{"__ref": f"EmployerReviewRG:{r['reviewId']}"} for r in rows]}
    state = {"ROOT_QUERY": {f"employerReviewsRG({json.dumps({'employerReviewsInput': asked or {}})})": answer}, "JobTitle:5": {"id": 5, "text": "Rigger"}, "City:9": {"id": 9, "name": "Kiel"},
             "Employer:700": {"id": 700, "shortName": "Harbour Works"}, **{f"EmployerReviewRG:{r['reviewId']}": r for r in rows}}
    return f'<html><script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"pageProps": {"apolloCache": state}}})}</script></html>'


def reviews(found: list[Found]) -> list[Review]:
    return [f for f in found if isinstance(f, Review)]


def problems(found: list[Found]) -> list[tuple[str | None, str]]:
    return [(f.sort, f.what) for f in found if isinstance(f, Problem)]


def test_a_review_is_read_with_what_its_references_lead_to() -> None:
    [review] = reviews(read(page(row(7, advice="Listen", location={"__ref": "City:9"}, jobTitle={"__ref": "JobTitle:5"}, employer={"__ref": "Employer:700"}, links={"reviewDetailUrl": "/Bewertungen/RVW7.htm"}))))
    assert review == Review("7", "Pros: Pay\nCons: Shifts\nAdvice to management: Listen", title="Quay", rating=review.rating, created=When.at(datetime(2026, 2, 3, 11, 12, 13, 140_000, UTC)),
                            url="https://www.glassdoor.de/Bewertungen/RVW7.htm", language="en", unit="Kiel")


def test_a_translated_review_and_answer_are_taken_in_their_own_words() -> None:
    answer = {"id": 3, "response": "Thanks", "responseOriginal": "Danke", "responseDateTime": "2026-02-05T09:00:00", "userJobTitle": "HR Manager", "languageId": "eng", "originalLanguageId": "deu"}
    [review] = reviews(read(page(row(pros="Pay", prosOriginal="Lohn", consOriginal="Schichten", summaryOriginal="Kai", originalLanguageId="deu", employerResponses=[answer]))))
    assert (review.title, review.text, review.language) == ("Kai", "Pros: Lohn\nCons: Schichten", "de")
    assert review.replies == [Reply("Danke", role="manager", id="3", created=When.at(datetime(2026, 2, 5, 9, tzinfo=UTC)))]


@pytest.mark.parametrize(("position", "role"), [(None, "company"), ("Recruiter", "company"), ("Head of People", "manager"), ("Managing Owner", "owner")])
def test_a_role_is_the_company_unless_a_position_says_more(position: str | None, role: str) -> None:
    [review] = reviews(read(page(row(employerResponses=[{"id": 1, "response": "Thanks", "userJobTitle": position, "responseDateTime": None}]))))
    assert [(r.role, r.created) for r in review.replies] == [(role, None)]


def test_a_review_that_is_featured_is_one_review_and_a_broken_one_costs_no_other() -> None:
    found = read(page(row(1, featured=True), row(2, employerResponses=7), row(1), row(3, ratingOverall=0)))
    assert [(r.id, bool(r.rating)) for r in reviews(found)] == [("1", True), ("3", False)]
    assert problems(found) == [(None, "record 2 (2) cannot be read: TypeError: 'int' object is not iterable")]


@pytest.mark.parametrize(("asked", "counts", "filtered"), [
    ({"language": "deu", "applyDefaultCriteria": True, "employmentStatuses": ["REGULAR", "PART_TIME"], "location": {"cityId": None}}, {}, "applyDefaultCriteria=True, language=deu, employmentStatuses=REGULAR+PART_TIME"),
    ({"language": "deu", "location": {"cityId": 9}}, {}, "language=deu, location=9"),
    ({}, {}, "20 of 55"),
    ({"language": "deu"}, {"allReviewsCount": 20}, None),
])
def test_a_list_that_is_narrowed_says_to_what_and_knows_its_pages(asked: dict[str, Any], counts: dict[str, Any], filtered: str | None) -> None:
    found = read(page(row(), asked=asked, **{"allReviewsCount": 55, "filteredReviewsCount": 20, "numberOfPages": 2, "currentPage": 2, **counts}), ADDRESS.replace(".htm", "_P2.htm"))
    assert [f for f in found if isinstance(f, Part)] == [Part(2, (ADDRESS, ADDRESS.replace(".htm", "_P2.htm")), filtered)]
    assert [f for f in found if isinstance(f, Total)] == [Total(counts.get("allReviewsCount", 55))]


CARD = """<article data-test="review-detail" data-brandviews="MODULE:n=x:review_id=81"><span data-test="review-rating-label">3.0</span><span class="Timestamp_reviewDate__1">Feb 3, 2026</span>
<h3><a href="/Reviews/Employee-Review-Harbour-Works-E700-RVW81.htm">Quay</a></h3><div data-test="content-avatar-tag"><div>Current employee</div><div>Kiel</div></div>
<span data-test="review-text-PROS">Pay</span><span data-test="review-text-CONS">Shifts</span><span data-test="review-text-ADVICE">Listen</span></article>"""


def test_without_its_state_a_page_is_read_as_it_shows_reviews_and_answers_stay_open() -> None:
    found = read(f"<html>{CARD}</html>")
    [review] = reviews(found)
    assert review == Review("81", "Pros: Pay\nCons: Shifts\nAdvice to management: Listen", title="Quay", rating=review.rating, created=When.on(2026, 2, 3), unit="Kiel", complete=False,
                            url="https://www.glassdoor.de/Reviews/Employee-Review-Harbour-Works-E700-RVW81.htm")
    assert [sort for sort, _ in problems(found)] == [None]


MARKED = """<script type="application/ld+json">[{"@context":"https://schema.org/","@type":"Review","reviewRating":{"@type":"Rating","ratingValue":"3"},"reviewBody":"Quay"}]</script>
<script type="application/ld+json">{"@context":"https://schema.org/","@type":"EmployerAggregateRating","ratingValue":"3.6","ratingCount":"742"}</script>"""


@pytest.mark.parametrize(("text", "count", "sort"), [
    (f"<html>{MARKED}</html>", 1, "login"),
    ('<html><div id="ContentHardsellOverlay"></div></html>', 0, "login"),
    ("<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>", 0, "blocked"),
    ("<html><h1>Salaries</h1></html>", 0, "changed"),
    (page(allReviewsCount=4), 0, "changed"),
])
def test_a_page_without_whole_reviews_says_why(text: str, count: int, sort: str) -> None:
    found = read(text)
    assert [s for s, _ in problems(found)] == [sort] and len(reviews(found)) == count


def test_a_company_without_reviews_is_no_problem() -> None:
    assert [f for f in read(page()) if not isinstance(f, Part)] == [Total(0)]


@pytest.mark.parametrize(("address", "owned"), [(ADDRESS, True), ("https://www.glassdoor.co.uk/Reviews/H-Reviews-E7.htm", True), ("https://notglassdoor.com/", False)])
def test_a_page_is_known_by_its_host(address: str, owned: bool) -> None:
    assert Glassdoor.owns(Saved("", "page.html", address)) is owned


@pytest.mark.shared
def test_a_page_that_others_saved_says_the_same_in_its_state_and_in_what_it_shows(shared: Path) -> None:
    text = (shared / "samples" / "glassdoor" / "2020-11_ITW_Reviews_P2.redacted.html").read_text(encoding="utf-8")
    found = read(text, None)
    shown = reviews(read(text.replace('"apolloState"', '"x"'), None))
    assert [len(found), len(reviews(found)), len(shown), sum(len(r.replies) for r in reviews(found))] == [12, 10, 10, 0] and not problems(found)
    assert [(f.number, len(f.addresses), f.filtered) for f in found if isinstance(f, Part)] == [(2, 61, "applyDefaultCriteria=True, language=eng")]
    assert [(r.id, r.title, r.url, r.unit, r.rating and r.rating.value) for r in reviews(found)] == [(r.id, r.title, r.url, r.unit, r.rating and r.rating.value) for r in shown]
    for state, dom in zip(reviews(found), shown, strict=True):
        assert state.created and dom.created and state.created.earliest.replace(microsecond=0) == dom.created.earliest
        assert re.sub(r"\s", "", state.text or "").startswith(re.sub(r"\s", "", dom.text or "")), "the page hides the advice until it is asked for"
    bare = read(text.replace('"apolloState"', '"x"').replace("empReview", "x"), None)
    assert len(reviews(bare)) == 10 and all(r.title and r.rating for r in reviews(bare)) and [sort for sort, _ in problems(bare)] == ["login"]
