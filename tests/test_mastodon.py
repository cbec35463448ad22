"""Mastodon: a hashtag's timeline to its end, answers where the study says who answers, and nobody who asks to be left alone."""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from scrapy.http import Request, TextResponse

from enrich.records import Problem, Reply, Review
from enrich.study import Source
from spiders.platforms.base import Place, sample
from spiders.sources.mastodon import Mastodon, MastodonOptions

ROOT = "https://shore.social"
FIRST = f"{ROOT}/api/v1/timelines/tag/nettle%20bank?limit=40"


def account(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "username": name.partition("@")[0], "acct": name, "url": f"https://{name.partition('@')[2] or 'shore.social'}/@{name.partition('@')[0]}"} | more


def post(number: int, who: str | dict[str, Any] = "otter", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "created_at": f"2026-04-{number % 30 + 1:02d}T09:00:00Z", "account": account(who) if isinstance(who, str) else who, "content": f"<p>Word {number}</p>",
            "visibility": "public", "in_reply_to_id": None, "replies_count": 0} | more


def crawl(pages: dict[str, tuple[Any, str | None]], staff: tuple[str, ...] = (), since: datetime | None = None, url: str = f"{ROOT}/tags/nettle%20bank") -> tuple[list[Any], list[Request]]:
    """What a place gives, and the requests that it sent; `pages` is address to the value there and the next page that its header names."""
    made = MastodonOptions.model_validate({"url": url})
    place = Place("acme.here", made, Source.model_validate({"source": "mastodon", "url": url, "staff": list(staff)}), since=since)
    spider, records, asked = Mastodon(), [], []
    waiting = deque(spider.begin(place))
    while waiting:
        d = waiting.popleft()
        if not isinstance(d, Request):
            records.append(d)
            continue
        asked.append(d)
        value, target = pages[d.url]
        headers = {"Link": f'<{target}>; rel="next", <{ROOT}/x?min_id=9>; rel="prev"'} if target else {}
        waiting.extend(spider.draw(TextResponse(d.url, headers=headers, body=json.dumps(value).encode(), encoding="utf-8", request=d), place))
    return records, asked


def test_a_timeline_is_read_by_its_header_until_a_page_is_empty() -> None:
    records, asked = crawl({FIRST: ([post(3), post(2)], f"{FIRST}&max_id=2"), f"{FIRST}&max_id=2": ([post(1)], f"{FIRST}&max_id=1"), f"{FIRST}&max_id=1": ([], None)})
    assert [r.id for r in records if isinstance(r, Review)] == ["3", "2", "1"] and len(records) == 3
    assert [bool(r.meta.get("more")) for r in asked] == [False, True, True]


def test_a_timeline_is_not_read_past_the_day_that_is_asked_for_nor_on_another_host() -> None:
    records, asked = crawl({FIRST: ([post(25), post(2)], f"{FIRST}&max_id=2")}, since=datetime(2026, 4, 20, tzinfo=UTC))
    assert [r.id for r in records] == ["25"] and len(asked) == 1
    records, asked = crawl({FIRST: ([post(3)], "https://elsewhere.example/next")})
    assert len(asked) == 1 and "another host" in records[1].what


def test_answers_are_asked_for_only_where_the_study_says_who_answers() -> None:
    thread = {"ancestors": [], "descendants": [post(5, "acme@acme.example", in_reply_to_id="3", in_reply_to_account_id="otter", visibility="unlisted"), post(6, "otter", in_reply_to_id="5"),
                                               post(7, "wren", in_reply_to_id="3", in_reply_to_account_id="otter", visibility="private")]}
    pages = {FIRST: ([post(3, replies_count=3), post(2)], None), f"{ROOT}/api/v1/statuses/3/context": (thread, None)}
    records, asked = crawl(pages)
    assert len(asked) == 1 and [r.complete for r in records] == [False, True]
    records, asked = crawl(pages, staff=("@acme",))
    assert (asked[1].meta["item"], asked[1].meta["mark"]) == ("3", "replies=3 edited=None")
    assert [(r.id, r.role, r.role_basis, r.review) for r in records if isinstance(r, Reply)] == [("5", "staff", "study", "3"), ("6", "customer", "source", "3")]


@pytest.mark.parametrize(("staff", "name"), [("acme", "acme"), ("@acme@shore.social", "acme"), ("Acme@acme.example", "acme@acme.example"), ("acme", "acme@acme.example")])
def test_the_company_is_known_with_and_without_its_instance(staff: str, name: str) -> None:
    records, _ = crawl({FIRST: ([post(3, name), post(2, "kin")], None)}, staff=(staff,))
    assert [r.id for r in records] == ["2"]


@pytest.mark.parametrize("more", [{"noindex": True}, {"indexable": False}, {"note": '<p>Hi <a href="#">#<span>NoBot</span></a></p>'}])
def test_who_asks_to_be_left_alone_is_counted_once_and_nothing_else(more: dict[str, Any]) -> None:
    shy = account("shy", **more)
    records, _ = crawl({FIRST: ([post(3, shy), post(2, shy)], f"{FIRST}&max_id=2"), f"{FIRST}&max_id=2": ([post(1, shy)], None)})
    assert [(r.what, r.sort) for r in records] == [("1 account asks not to be indexed", None)]


@pytest.mark.parametrize("more", [{"reblog": post(9)}, {"in_reply_to_id": "8", "in_reply_to_account_id": "wren"}, {"in_reply_to_id": "8", "in_reply_to_account_id": "otter"}, {"visibility": "unlisted"},
                                  {"account": account("feed", bot=True)}])
def test_boosts_answers_to_others_machines_and_what_is_not_public_are_no_reviews(more: dict[str, Any]) -> None:
    assert crawl({FIRST: ([post(3, **more)], None)})[0] == []


@pytest.mark.parametrize(("value", "sort"), [
    ({"error": "This method requires an authenticated user"}, "login"), ({"error": "The access token is invalid"}, "login"), ({"error": "Record not found"}, "gone"), ({"error": "Too busy"}, "failed"), ({"a": 1}, "changed")])
def test_an_instance_that_gives_nothing_says_why(value: dict[str, Any], sort: str) -> None:
    records, asked = crawl({FIRST: (value, None)})
    assert [r.sort for r in records if isinstance(r, Problem)] == [sort] and asked[0].meta["handle_httpstatus_list"] == [401, 422]


def test_an_address_without_a_hashtag_is_named() -> None:
    records, asked = crawl({}, url=f"{ROOT}/@otter")
    assert [r.sort for r in records] == ["failed"] and not asked


@pytest.mark.parametrize(("url", "found"), [
    ("https://mastodon.example/tags/nettlebank", "https://mastodon.example/tags/nettlebank"), ("https://shore.social/tags/nettlebank/", "https://shore.social/tags/nettlebank"),
    ("https://social.example.org/tags/a", "https://social.example.org/tags/a"), ("https://any.example/api/v1/timelines/tag/nettlebank?limit=5", "https://any.example/tags/nettlebank"),
    ("https://blog.example/tags/nettlebank", None), ("https://mastodon.example/@otter/1", None)])
def test_addresses_of_hashtags_are_recognised(url: str, found: str | None) -> None:
    assert Mastodon.recognise(url) == ({"url": found} if found else None)


@pytest.mark.shared
def test_every_answer_that_others_recorded_is_read(shared: Path) -> None:
    """A post that was made, shown in the timeline and taken away; what the instance says of itself holds none."""
    spider, counts = Mastodon(), {}
    for recorded in yaml.safe_load((shared / "samples" / "mastodon" / "vcr_hashtag_timeline.yaml").read_text(encoding="utf-8"))["interactions"]:
        url, answer = recorded["request"]["uri"], recorded["response"]
        response = TextResponse(url, headers={k.title(): v for k, v in answer["headers"].items() if k == "link"}, body=answer["body"]["string"].encode(), encoding="utf-8")
        counts[recorded["request"]["method"], url.partition("/api/")[2].partition("/1")[0]] = [type(d).__name__ for d in spider.draw(response, sample(spider, url, {}))]
    assert counts == {("POST", "v1/statuses"): ["Review"], ("GET", "v2/instance/"): ["Problem"], ("GET", "v1/timelines/tag/hoot"): ["Review", "Request"], ("DELETE", "v1/statuses"): ["Review"]}
