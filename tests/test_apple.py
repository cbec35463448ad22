"""The App Store's developers' answers: asked for only where a study says so, under our own name, and joined to the reviews of the feed."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Request, TextResponse

from enrich.records import Problem, Review
from enrich.store import Store
from enrich.study import Source
from spiders.pipelines import StorePipeline
from spiders.platforms.base import Place
from spiders.sources.apple import Apple, AppleOptions, storefronts


def row(number: int, day: str = "2026-02-27", answer: str | None = None) -> dict[str, Any]:
    said = {"developerResponse": {"id": 9, "body": answer, "modified": "2026-03-01T09:00:00Z"}} if answer else {}
    return {"userReviewId": str(number), "body": f"It&#39;s word {number}", "date": f"{day}T12:36:54Z", "name": "Ada", "rating": 2, "title": "Tides & ebbs"} | said


def crawl(answers: Callable[[str], Any], since: datetime | None = None, **options: Any) -> tuple[list[Any], list[Request], Place]:
    """What a place gives when `answers` makes the rows of every address of the list with answers (None: status 404); the feed is always empty."""
    made = AppleOptions.model_validate({"id": "7001"} | options)
    place = Place("acme.apple", made, Source.model_validate({"source": "apple", **made.model_dump()}), since=since)
    spider, records, sent = Apple(), [], []
    waiting = deque(spider.begin(place))
    while waiting:
        request = waiting.popleft()
        if not isinstance(request, Request):
            records.append(request)
        elif "userReviewsRow" in request.url:
            sent.append(request)
            said = answers(request.url)
            body = said if isinstance(said, str) else json.dumps({"userReviewList": said or []})
            kind = HtmlResponse if isinstance(said, str) else TextResponse
            waiting += spider.draw(kind(request.url, status=404 if said is None else 200, body=body.encode(), encoding="utf-8", request=request), place)
    return records, sent, place


def asked(url: str) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


def test_unless_a_study_asks_for_them_no_answers_are_asked_for_and_replies_count_as_hidden() -> None:
    records, sent, place = crawl(lambda url: None)
    assert (records, sent) == ([], []) and Apple().shows_replies(place) is False
    assert AppleOptions.model_fields["replies"].description and AppleOptions(id="1").replies is False


def test_answers_are_asked_for_row_by_row_until_the_store_says_that_no_more_follow() -> None:
    pages = {"0": [row(1, answer="We&#39;re sorry."), row(2)], "2": [row(3)], "3": None}
    records, sent, place = crawl(lambda url: pages[asked(url)["startIndex"]], replies=True, countries=["gb"])
    assert [(asked(r.url)["startIndex"], asked(r.url)["endIndex"]) for r in sent] == [("0", "200"), ("2", "202"), ("3", "203")]
    assert [(r.id, r.text, r.title, r.country, [p.text for p in r.replies]) for r in records] == [
        ("1", "It's word 1", "Tides & ebbs", "gb", ["We're sorry."]), ("2", "It's word 2", "Tides & ebbs", "gb", []), ("3", "It's word 3", "Tides & ebbs", "gb", [])]
    assert all(r.complete for r in records) and Apple().shows_replies(place) is True


def test_the_store_is_told_the_storefront_and_never_that_we_are_another_program() -> None:
    _, [request], _ = crawl(lambda url: None, replies=True, countries=["gb"])
    assert request.headers["X-Apple-Store-Front"] == b"143444-1,29" and "User-Agent" not in request.headers
    assert request.meta["opt_in"] is True and request.meta["handle_httpstatus_list"] == [404]


def test_a_web_page_in_place_of_the_answers_is_a_refusal_and_leaves_open_whether_there_are_any() -> None:
    records, sent, place = crawl(lambda url: "<!doctype html><html><body><h1>Connecting to the iTunes Store.</h1></body></html>", replies=True)
    assert [(type(r), r.sort) for r in records] == [(Problem, "blocked")] and len(sent) == 1
    assert Apple().shows_replies(place) is None


def test_a_refusal_in_the_middle_of_the_answers_leaves_it_open_too() -> None:
    _, _, place = crawl(lambda url: [row(1, answer="Sorry.")] if asked(url)["startIndex"] == "0" else None, replies=True)
    place.ends = ["capped"]
    assert Apple().shows_replies(place) is True
    place.ends.append("blocked")
    assert Apple().shows_replies(place) is None


def test_a_list_of_answers_that_begins_again_is_named_and_left() -> None:
    records, sent, _ = crawl(lambda url: [row(1)], replies=True)
    assert len(sent) == 2
    assert [(r.what, r.sort) for r in records if isinstance(r, Problem)] == [("the list with answers begins again after 1 reviews of the storefront 'us': the rest cannot be reached", "repeating")]


def test_a_list_of_answers_is_not_read_past_the_day_that_is_asked_for_but_one_old_row_does_not_end_it() -> None:
    pages = {"0": [row(1, "2026-02-27"), row(2, "2025-02-27")], "2": [row(3, "2025-02-27")]}
    records, sent, _ = crawl(lambda url: pages[asked(url)["startIndex"]], since=datetime(2026, 1, 1, tzinfo=UTC), replies=True)
    assert len(sent) == 2 and [r.id for r in records if isinstance(r, Review)] == ["1", "2", "3"]


def test_what_the_list_with_answers_gave_already_does_not_end_the_feed() -> None:
    place = Place("acme.apple", AppleOptions(id="7001", replies=True), Source.model_validate({"source": "apple", "id": "7001"}))
    for page, came in ((1, set()), (2, {"2"}), (2, {"1", "2"})):
        place.came = came
        entry = {"id": {"label": str(page)}, "im:rating": {"label": "4"}, "content": {"label": "Words"}}
        url = f"https://itunes.apple.com/us/rss/customerreviews/page={page}/id=7001/sortby=mostrecent/json"
        body = json.dumps({"feed": {"link": [], "entry": [entry]}}).encode()
        [following] = [d for d in Apple().draw(TextResponse(url, body=body, encoding="utf-8"), place) if isinstance(d, Request)]
        assert following.meta.get("more") == (None if came == {"2"} else True)       # a feed that begins again is left, as any list


def test_a_storefront_without_a_known_number_is_named() -> None:
    records, sent, _ = crawl(lambda url: None, replies=True, countries=["zz"])
    assert not sent and ["'zz'" in r.what for r in records] == [True]


@pytest.mark.parametrize(("country", "number"), [("us", 143441), ("de", 143443), ("jp", 143462), ("no", 143457)])
def test_storefronts_have_the_numbers_that_apple_gave_them(country: str, number: int) -> None:
    assert storefronts()[country] == number and len(set(storefronts().values())) == len(storefronts())


@pytest.mark.parametrize(("options", "read", "visible"), [("", False, 0), ("replies = true", True, 1), ("replies = true", False, None), ("replies = true\nreplies_visible = false", True, 0)])
def test_the_study_notes_whether_a_place_shows_replies_as_its_crawl_found_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, read: bool, visible: int | None) -> None:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "study.toml").write_text(f'title = "Tides"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "apple"\nid = "7001"\n{options}\n', encoding="utf-8")
    spider = Apple(study=str(tmp_path))
    pipeline = StorePipeline(cast(Crawler, SimpleNamespace(spider=spider)))
    pipeline.open_spider()
    [place] = spider.places.values()
    if read:
        place.memory["rows"] = {"us": {"1"}}
    pipeline.close_runs(spider, "finished")
    with Store(tmp_path / "rapport.db") as store:
        assert store.one("select replies_visible from profiles") == visible
