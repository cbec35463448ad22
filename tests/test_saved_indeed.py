"""Pages of Indeed that a person saved: the page's own data, what it shows, and what is said where neither holds a review."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from enrich.records import Part, Problem, Reply, Review, Total, When
from spiders.platforms.saved import Found, Saved
from spiders.saved.indeed import Indeed

ADDRESS = "https://de.indeed.com/cmp/Harbour-Works/reviews"


def read(text: str, address: str | None = ADDRESS) -> list[Found]:
    page = Saved(text, "page.html", address)
    found = list(Indeed().read(page))
    return [*found, *page.told()]


def page(*items: dict[str, Any], found: int | None = None, total: int | None = None, url: str = "/cmp/Harbour-Works/reviews", gate: Any = None, number: int = 1, **filters: str) -> str:
    """A page as Indeed writes it, with these records."""
    state = {"reviewsList": {"items": list(items), "contentGate": gate, "pagination": {"currentPage": number, "paginationLinks": []}}, "requestContext": {"url": url},
             "reviewsFilters": {"activeFilters": {"sort": "", "jobTitle": "", **filters}, "reviewsCount": {"foundReviewCount": len(items) if found is None else found, "totalReviewCount": len(items) if total is None else total}}}
    return f'<html lang="de"><script id="comp-initialData" type="application/json">{json.dumps(state)}</script></html>'


def item(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"encryptedReviewId": f"e{number}", "reviewUid": f"u{number}", "title": {"text": "Quay"}, "text": {"text": "Fair pay."}, "overallRating": 4, "submissionDate": "7. Juni 2025", "comments": [], **more}


def reviews(found: list[Found]) -> list[Review]:
    return [f for f in found if isinstance(f, Review)]


def test_pros_and_cons_are_part_of_what_is_said() -> None:
    [review] = reviews(read(page(item(pros={"text": "Free lunch", "languageTag": "en-DE"}, cons={"text": "Shifts\xa0change  "}, location="Kiel", country="DE", sharingLink="https://de.indeed.com/cmp/H/reviews/quay?id=e1"))))
    assert review == Review("e1", "Fair pay.\nPros: Free lunch\nCons: Shifts change", title="Quay", rating=review.rating, created=When.on(2025, 6, 7), language="en", country="DE", unit="Kiel",
                            url="https://de.indeed.com/cmp/H/reviews/quay?id=e1")
    assert review.rating and review.rating.value == 0.75


def test_an_official_comment_is_the_companys_and_others_are_not() -> None:
    said = [{"commentText": {"text": "Thank you."}, "date": "9. Juni 2025", "isOfficial": True}, {"commentText": {"text": "Same here."}, "date": "10. Juni 2025", "isOfficial": False}]
    [review] = reviews(read(page(item(comments=said))))
    assert review.replies == [Reply("Thank you.", created=When.on(2025, 6, 9)), Reply("Same here.", role="other", created=When.on(2025, 6, 10))]


def test_a_date_that_cannot_be_read_is_named_and_costs_no_review() -> None:
    found = read(page(item(submissionDate="vor Zeiten")))
    assert reviews(found)[0].created is None
    assert [p.what for p in found if isinstance(p, Problem)] == ["review e1: 'vor Zeiten' is not a date"]


def test_no_stars_are_no_rating_and_a_broken_record_costs_no_other() -> None:
    found = read(page(item(1, overallRating=0), {"title": None}, item(2)))
    assert [(r.id, r.rating and r.rating.raw) for r in reviews(found)] == [("e1", None), ("e2", "4")]
    assert [p.what for p in found if isinstance(p, Problem)] == ["record 2 cannot be read: KeyError: 'reviewUid'"]


def test_a_list_that_is_narrowed_says_to_what_and_knows_its_pages() -> None:
    asked = read(page(item(), found=45, total=300, number=2, url="/cmp/Harbour-Works/reviews?fjobtitle=Kranf%C3%BChrer&start=20", jobTitle="fjobtitle=Kranführer", location="fcountry=DE"))
    base = "https://de.indeed.com/cmp/Harbour-Works/reviews?fjobtitle=Kranf%C3%BChrer&start="
    assert [f for f in asked if isinstance(f, Part)] == [Part(2, (f"{base}0", f"{base}20", f"{base}40"), "fjobtitle=Kranführer, fcountry=DE")]
    assert [f for f in asked if isinstance(f, Total)] == [Total(300)]


@pytest.mark.parametrize("filters", [{"location": "fcountry=ALL"}, {"location": "fcountry=DE"}, {"sort": "helpful"}])
def test_a_filter_that_leaves_nothing_out_narrows_nothing(filters: dict[str, str]) -> None:
    [part] = [f for f in read(page(item(), found=30, total=30, **filters)) if isinstance(f, Part)]
    assert (part.filtered, len(part.addresses)) == (None, 2)


@pytest.mark.parametrize(("text", "sort"), [
    (page(found=12, total=12, gate={"eligible": True}), "login"),
    (page(found=12, total=12), "changed"),
    ("<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script></html>", "blocked"),
    ("<html><h1>Jobs in Kiel</h1></html>", "changed"),
])
def test_a_page_without_reviews_says_why(text: str, sort: str) -> None:
    found = read(text)
    assert [f.sort for f in found if isinstance(f, Problem)] == [sort] and not reviews(found)


def test_a_company_without_reviews_is_no_problem() -> None:
    assert read(page()) == [Total(0)]


@pytest.mark.parametrize(("address", "owned"), [(ADDRESS, True), ("https://www.indeed.com/cmp/H/reviews", True), ("https://indeed.example.org/", False), ("https://notindeed.com/", False)])
def test_a_page_is_known_by_its_host(address: str, owned: bool) -> None:
    assert Indeed.owns(Saved("", "page.html", address)) is owned


# what others saved


def without_data(text: str) -> str:
    return re.sub(r"<script[^>]*comp-initialData.*?</script>", "", text, flags=re.S)


def same(text: str | None) -> str:
    return re.sub(r"\s+|(?:Pros|Cons|Pluspunten|Minpunten):", "", text or "")


@pytest.mark.shared
def test_every_page_that_others_saved_holds_as_many_reviews_and_answers_as_were_counted(shared: Path) -> None:
    folder = shared / "samples" / "indeed"
    with (folder.parent / "COUNTS.tsv").open(encoding="utf-8") as file:
        rows = {row["file"].partition("/")[2]: re.findall(r"\d+", row["other"]) for row in csv.DictReader(file, delimiter="\t") if row["file"].startswith("indeed/")}
    for name, (items, official) in rows.items():
        found = read((folder / name).read_text(encoding="utf-8"), None)
        assert (len(reviews(found)), sum(r.role == "company" for v in reviews(found) for r in v.replies)) == (int(items), int(official)), name
        assert not [f for f in found if isinstance(f, Problem)]
        assert all(r.id and r.text and r.title and r.rating and r.created and r.url and r.unit and r.country for r in reviews(found))
        assert [f.filtered for f in found if isinstance(f, Part)] == ["fcountry=NL"]


@pytest.mark.shared
def test_what_a_page_shows_is_what_its_data_say(shared: Path) -> None:
    for file in sorted((shared / "samples" / "indeed").glob("*.html")):
        text = file.read_text(encoding="utf-8")
        drawn, bare = read(text, None), read(without_data(text), None)
        assert [(p.number, p.addresses, bool(p.filtered)) for p in drawn if isinstance(p, Part)] == [(p.number, p.addresses, bool(p.filtered)) for p in bare if isinstance(p, Part)]
        whole, shown = reviews(drawn), reviews(bare)
        assert [(r.id, r.rating, r.created, r.url, r.language) for r in whole] == [(r.id, r.rating, r.created, r.url, r.language) for r in shown]
        assert all(same(w.text).startswith(same(s.text)[:1000]) and s.unit in (w.unit, None) and s.country in (w.country, None) for w, s in zip(whole, shown, strict=True))
        assert all([(a.role, a.created, same(a.text)) for a in w.replies] == [(a.role, a.created, same(a.text)) for a in s.replies] for w, s in zip(whole, shown, strict=True) if s.complete)
