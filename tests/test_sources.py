"""Every source on its saved cases: what it draws from each is written beside it (`pytest --update` writes it anew, for a person to read)."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import HtmlResponse, Request, TextResponse
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from enrich.records import Page, Problem, Reply, Review, Total
from enrich.study import Source
from spiders import catalogue
from spiders.commands.draw import lines
from spiders.platforms.base import Place, SourceSpider, put, sample
from spiders.sources.discourse import where

CASES = Path(__file__).parent / "cases"
SUFFIX = ".expected.json"
SETTINGS: Settings = get_project_settings()
SOURCES = catalogue.sources(SETTINGS)


def cases() -> list[Path]:
    return sorted(p for p in CASES.glob("*/*") if p.is_file() and not p.name.endswith(SUFFIX))


def drawn(source: str, file: Path, url: str = "https://site.invalid/", /, **options: Any) -> list[dict[str, Any]]:
    """What a source draws from a file, as `scrapy draw` prints it."""
    return list(lines(SOURCES[source](), file, url, file.read_bytes(), options))


@pytest.mark.parametrize("case", cases(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_case_draws_what_is_written_beside_it(case: Path, request: pytest.FixtureRequest) -> None:
    beside = case.with_name(case.stem + SUFFIX)
    assert beside.exists(), f"{beside.name} is missing: write {{\"url\": …, \"options\": {{}}}}, then run pytest --update and read what it drew"
    expected = json.loads(beside.read_text(encoding="utf-8"))
    found = json.loads(json.dumps(drawn(case.parent.name, case, expected["url"], **expected["options"])))
    if request.config.getoption("--update"):
        beside.write_text(json.dumps(expected | {"drawn": found}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        assert found == expected["drawn"]


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_says_what_it_is_and_has_a_case(name: str) -> None:
    spider = SOURCES[name]
    module = __import__(spider.__module__, fromlist=["_"])
    assert spider.title and module.__doc__ and spider.draw is not SourceSpider.draw
    assert [c for c in cases() if c.parent.name == name], f"no case in tests/cases/{name}"
    assert all(field.description for field in spider.options.model_fields.values())


@pytest.mark.parametrize("name", SOURCES)
def test_no_source_hides_a_part_of_the_crawl_that_all_share(name: str) -> None:
    meant = {"title", "gathers", "limits", "per_request", "own_page", "reply_times", "replies_visible", "audience", "reads_any_page", "is_file", "dates_itself", "newest_first", "by_activity", "tells_changes", "lists_all", "options", "recognise", "begin", "draw", "look", "shows_replies", "_send"}
    assert {k for k in vars(SOURCES[name]) if k in vars(SourceSpider) and not k.startswith("__")} <= meant


def test_every_folder_of_cases_belongs_to_a_source() -> None:
    assert {c.parent.name for c in cases()} <= set(SOURCES)


@pytest.mark.parametrize(("url", "source", "options"), [
    ("https://apps.apple.com/gb/app/tide-tables/id7001?mt=8", "apple", {"id": "7001", "countries": ["gb"]}),
    ("apps.apple.com/app/id7001", "apple", {"id": "7001"}),
    ("https://news.ycombinator.com/item?id=500", "hackernews", {"url": "https://news.ycombinator.com/item?id=500"}),
    ("https://hn.algolia.com/?dateRange=all&q=lantern+bank&type=all", "hackernews", {"url": "https://hn.algolia.com/?q=lantern+bank"}),
    ("https://www.consumerfinance.gov/data-research/consumer-complaints/search/?company=EQUIFAX%2C%20INC.&page=1", "cfpb", {"id": "EQUIFAX, INC."}),
    ("https://store.steampowered.com/app/413150/Stardew/", "steam", {"id": "413150"}),
    ("https://steamcommunity.com/app/620/reviews/", "steam", {"id": "620"}),
    ("https://api.steampowered.com/IUserReviewsService/GetAppReviews/v1/?appid=730&filter=1", "steam", {"id": "730"}),
    ("https://addons.mozilla.org/en-US/firefox/addon/tab-harbour/reviews/?score=1", "amo", {"id": "tab-harbour"}),
    ("addons.mozilla.org/firefox/addon/%7Ba1b2%7D/", "amo", {"id": "{a1b2}"}),
    ("https://addons.mozilla.org/api/v5/ratings/rating/?page=2&addon=700001", "amo", {"id": "700001"}),
    ("https://github.com/harbour-works/tab.harbour/issues/41", "github", {"id": "harbour-works/tab.harbour"}),
    ("https://github.com/harbour-works/tab-harbour.git", "github", {"id": "harbour-works/tab-harbour"}),
    ("https://api.github.com/repos/harbour-works/tab-harbour/issues?page=2", "github", {"id": "harbour-works/tab-harbour"}),
    ("https://github.com/features/actions", "schema_org", {"url": "https://github.com/features/actions"}),
    ("https://stackoverflow.com/questions/tagged/c%2b%2b+tab-harbour?tab=newest", "stackexchange", {"id": "stackoverflow.com/c++;tab-harbour"}),
    ("https://webapps.stackexchange.com/questions/tagged/tab-harbour", "stackexchange", {"id": "webapps.stackexchange.com/tab-harbour"}),
    ("https://harbour.stackexchange.com/", "stackexchange", {"id": "harbour.stackexchange.com"}),
    ("https://api.stackexchange.com/2.3/questions?site=stackoverflow&tagged=a;b", "stackexchange", {"id": "stackoverflow/a;b"}),
    ("https://stackoverflow.com/questions/tagged/a%20or%20b", "schema_org", {"url": "https://stackoverflow.com/questions/tagged/a%20or%20b"}),
    ("forum.example.com", "discourse", {"url": "https://forum.example.com"}),
    ("https://community.example.com/c/billing/5", "discourse", {"url": "https://community.example.com/c/billing/5"}),
    ("https://example.com/help/t/charged-twice/311", "discourse", {"url": "https://example.com/help/t/charged-twice/311"}),
    ("https://example.com/reviews", "schema_org", {"url": "https://example.com/reviews"}),
])
def test_an_address_is_recognised_as_its_source(url: str, source: str, options: dict[str, Any]) -> None:
    found = catalogue.recognise(url, SOURCES)
    assert (found["source"], found["options"], found["guess"]) == (source, options, source == "schema_org")


def test_an_import_only_address_is_answered_with_what_may_be_done_instead() -> None:
    found = catalogue.recognise("https://uk.trustpilot.com/review/example.com", SOURCES)
    assert found["name"] == "Trustpilot" and "import" in found["instead"] and "source" not in found


# a crawl of many responses


def crawl(source: str, answers: Callable[[str], Any], since: datetime | None = None, staff: tuple[str, ...] = (), **options: Any) -> tuple[list[Any], list[str]]:
    """What a place gives when `answers` makes the body of every address, and the addresses that were asked, in order."""
    spider = SOURCES[source]()
    place = Place("acme.here", spider.options.model_validate(options), Source.model_validate({"source": source, "staff": list(staff), **options}), since=since)
    records, asked, known = [], [], set()
    waiting = deque(spider.begin(place))
    while waiting:
        request = waiting.popleft()
        if request.dont_filter or request.url not in known:
            known.add(request.url)
            asked.append(request.url)
            body = answers(request.url)
            kind = TextResponse if isinstance(body, dict) else HtmlResponse
            for d in spider.draw(kind(request.url, body=(json.dumps(body) if isinstance(body, dict) else body).encode(), encoding="utf-8", request=request), place):
                (waiting if isinstance(d, Request) else records).append(d)
    return records, asked


def steam_row(number: int, at: int = 1_790_000_000) -> dict[str, Any]:
    return {"recommendationid": str(number), "author": {"steamid": "7"}, "review": "Fine.", "timestamp_created": at, "timestamp_updated": at, "voted_up": True}


def steam_page(total: int | None, cursor: str, *rows: dict[str, Any]) -> dict[str, Any]:
    summary = {"num_reviews": len(rows)} | ({"total_reviews": total} if total is not None else {})
    return {"response": {"query_summary": summary, "cursor": cursor} | ({"reviews": list(rows)} if rows else {})}


def cursor(url: str) -> str:
    return parse_qs(urlsplit(url).query)["cursor"][0]


def test_steam_is_asked_for_every_language_way_of_buying_and_review_newest_first() -> None:
    _, asked = crawl("steam", lambda url: steam_page(0, "*"), id="413150")
    assert {k: v[0] for k, v in parse_qs(urlsplit(asked[0]).query).items()} == {
        "appid": "413150", "filter": "1", "languages[0]": "all", "purchase_type": "1", "review_type": "0", "num_per_page": "100", "filter_offtopic_activity": "false", "cursor": "*"}


def test_steam_is_read_to_its_end_by_cursors_that_hold_signs_of_addresses() -> None:
    pages = {"*": steam_page(3, "a+/=", steam_row(1), steam_row(2)), "a+/=": steam_page(None, "b", steam_row(3)), "b": steam_page(None, "b")}
    records, asked = crawl("steam", lambda url: pages[cursor(url)], id="1")
    assert [r.id for r in records if isinstance(r, Review)] == ["1", "2", "3"]
    assert [r for r in records if not isinstance(r, Review)] == [Total(3)]
    assert [cursor(url) for url in asked] == ["*", "a+/=", "b"]


def test_an_empty_page_before_the_end_of_steam_is_asked_again_five_times_and_then_named() -> None:
    records, asked = crawl("steam", lambda url: steam_page(10, "a", steam_row(1)) if cursor(url) == "*" else steam_page(None, "a"), id="1")
    assert len(asked) == 1 + 6
    assert [r.what for r in records if isinstance(r, Problem)] == ["Steam gave an empty page 6 times after 1 of 10 reviews"]


def test_a_page_of_steam_that_is_empty_once_costs_nothing() -> None:
    answers = iter([steam_page(5, "a", steam_row(1), steam_row(2)), steam_page(None, "a"), steam_page(None, "b", steam_row(3), steam_row(4), steam_row(5)), steam_page(None, "b")])
    records, _ = crawl("steam", lambda url: next(answers), id="1")
    assert [r.id for r in records if isinstance(r, Review)] == ["1", "2", "3", "4", "5"] and not [r for r in records if isinstance(r, Problem)]


def test_a_cursor_that_steam_gives_twice_ends_the_crawl_by_name() -> None:
    records, asked = crawl("steam", lambda url: steam_page(10, "a", steam_row(1)), id="1")
    assert len(asked) == 2
    assert [r.what for r in records if isinstance(r, Problem)] == ["Steam gave the same cursor again after 2 of 10 reviews: the rest cannot be reached"]


def test_steam_is_not_read_past_the_day_that_is_asked_for() -> None:
    _, asked = crawl("steam", lambda url: steam_page(10, "a", steam_row(1, 1_700_000_000)), since=datetime(2026, 1, 1, tzinfo=UTC), id="1")
    assert len(asked) == 1


def topic_row(number: int, day: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "bumped_at": f"{day}T00:00:00Z", "pinned": False, "posters": []} | more


def forum(url: str, lists: dict[int, list[dict[str, Any]]], length: int = 2) -> dict[str, Any]:
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    if path.endswith("/posts.json"):
        return {"post_stream": {"posts": [forum_post(int(i), int(i)) for i in query["post_ids[]"]]}, "id": 5}
    if "/t/" in path:
        number = int(path.split("/t/")[1].removesuffix(".json"))
        posts = [forum_post(n, n, topic_id=number) for n in range(1, min(length, 20) + 1)]
        return {"id": number, "title": f"Topic {number}", "slug": "x", "post_stream": {"posts": posts, "stream": list(range(1, length + 1))}}
    return {"topic_list": {"topics": lists.get(int(query.get("page", ["0"])[0]), [])}}


def forum_post(key: int, number: int, **more: Any) -> dict[str, Any]:
    return {"id": key, "post_number": number, "post_type": 1, "username": "helpdesk" if number % 2 == 0 else "asker", "created_at": "2026-03-01T00:00:00Z", "cooked": f"<p>Words {number}</p>", "topic_id": 5} | more


def test_a_forum_is_read_page_by_page_until_one_is_empty() -> None:
    lists = {0: [topic_row(1, "2026-03-03")], 1: [topic_row(2, "2026-03-02"), topic_row(1, "2026-03-03")]}
    records, asked = crawl("discourse", lambda url: forum(url, lists), url="https://example.org/help/", staff=("Helpdesk",))
    assert [(r.id, r.complete, [(p.role, p.role_basis) for p in r.replies]) for r in records] == [("1", True, [("staff", "study")]), ("2", True, [("staff", "study")])]
    assert sorted(asked) == ["https://example.org/help/latest.json", "https://example.org/help/latest.json?page=1", "https://example.org/help/latest.json?page=2",
                             "https://example.org/help/t/1.json", "https://example.org/help/t/2.json"]


def test_a_pinned_topic_of_long_ago_does_not_end_the_reading_of_a_forum_but_an_old_one_does() -> None:
    lists = {0: [topic_row(9, "2020-01-01", pinned=True), topic_row(1, "2026-03-03")], 1: [topic_row(2, "2026-03-02"), topic_row(3, "2025-01-01")], 2: [topic_row(4, "2024-01-01")]}
    _, asked = crawl("discourse", lambda url: forum(url, lists), since=datetime(2026, 1, 1, tzinfo=UTC), url="https://example.org/c/billing/5")
    assert [urlsplit(url).path for url in asked if "/t/" in url] == ["/t/1.json", "/t/2.json"]
    assert [url for url in asked if "/c/" in url] == ["https://example.org/c/billing/5.json", "https://example.org/c/billing/5.json?page=1"]


def test_the_posts_that_a_long_topic_leaves_out_are_asked_for_and_come_as_replies_to_it() -> None:
    records, asked = crawl("discourse", lambda url: forum(url, {}, length=45), url="https://example.org/t/slow-refund/5/17")
    review, later = records[0], records[1:]
    assert (review.id, review.complete, len(review.replies)) == ("5", False, 19)
    assert [r.id for r in later] == [str(n) for n in range(21, 46)] and {r.review for r in later} == {"5"}
    assert {r.author_id: r.role for r in later} == {"asker": "customer", "helpdesk": "other"}
    assert len(asked) == 3


@pytest.mark.parametrize(("url", "found"), [
    ("https://example.org", ("https://example.org", "latest", None)),
    ("https://example.org/help/", ("https://example.org/help", "latest", None)),
    ("https://example.org/help/latest", ("https://example.org/help", "latest", None)),
    ("https://example.org/help/c/billing/cards/17", ("https://example.org/help", "c/billing/cards/17", None)),
    ("https://example.org/c/billing/17/l/latest.json?page=2", ("https://example.org", "c/billing/17/l/latest", None)),
    ("https://example.org/tag/refund", ("https://example.org", "tag/refund", None)),
    ("https://example.org/t/slow-refund/311/4", ("https://example.org", "latest", "311")),
    ("https://example.org/help/t/311/4", ("https://example.org/help", "latest", "311")),
    ("https://example.org/help/t/311/posts.json?post_ids[]=1", ("https://example.org/help", "latest", "311")),
    ("https://example.org/help/posts/5.json", ("https://example.org/help", "latest", None)),
])
def test_every_address_of_a_forum_shows_where_the_forum_begins(url: str, found: tuple[str, str, str | None]) -> None:
    assert where(url) == found


def test_what_the_company_itself_opens_is_not_a_customers_word() -> None:
    records, _ = crawl("discourse", lambda url: forum(url, {}), url="https://example.org/t/5", staff=("asker",))
    assert [(type(r), r.role) for r in records] == [(Reply, "other")]


def review_page(number: int, target: str) -> str:
    return f"""<html><body><div itemscope itemtype="https://schema.org/Review" data-review-id="r{number}"><p itemprop="reviewBody">Words {number}</p></div><a class="next" href="{target}">on</a></body></html>"""


def test_pages_with_marked_up_reviews_are_followed_until_one_brings_nothing_new() -> None:
    records, asked = crawl("schema_org", lambda url: review_page(min(int((parse_qs(urlsplit(url).query).get("page") or ["1"])[0]), 3), f"?page={int((parse_qs(urlsplit(url).query).get('page') or ['1'])[0]) + 1}"),
                           url="https://example.org/reviews")
    assert [r.id for r in records] == ["r1", "r2", "r3"]
    assert asked == ["https://example.org/reviews", *(f"https://example.org/reviews?page={n}" for n in (2, 3, 4))]


@pytest.mark.parametrize(("target", "followed"), [("/reviews/page/2/", True), ("/reviews-2.html", True), ("/2024/05/another-article", False), ("#2", False), ("https://elsewhere.org/reviews?page=2", False)])
def test_a_link_to_the_next_article_or_another_host_is_not_the_next_page(target: str, followed: bool) -> None:
    _, asked = crawl("schema_org", lambda url: review_page(1, target), url="https://example.org/reviews")
    assert len(asked) == 1 + followed

def amo_page(number: int, target: str | None) -> dict[str, Any]:
    return {"count": 2, "next": target, "results": [{"id": number, "addon": {"slug": "x"}, "body": "Words", "score": 3, "created": f"2026-03-0{number}T00:00:00Z"}]}


def amo_crawl(last: str | None, since: datetime | None = None) -> tuple[list[Any], list[str]]:
    second = "https://addons.mozilla.org/api/v5/ratings/rating/?page=2"
    return crawl("amo", lambda url: amo_page(1, last) if url == second else amo_page(2, second), since, id="{a1b2}")


def test_ratings_of_an_add_on_are_read_to_the_end_by_the_address_that_each_page_names() -> None:
    records, asked = amo_crawl(None)
    assert [r if isinstance(r, Total) else r.id for r in records] == ["2", Total(2), "1", Total(2)]
    assert asked == ["https://addons.mozilla.org/api/v5/ratings/rating/?addon=%7Ba1b2%7D&page_size=50&show_grouped_ratings=1", "https://addons.mozilla.org/api/v5/ratings/rating/?page=2"]


def test_a_page_that_names_one_that_was_read_before_ends_the_crawl_by_name() -> None:
    records, asked = amo_crawl("https://addons.mozilla.org/api/v5/ratings/rating/?page=2")
    assert len(asked) == 2 and [r.what for r in records if isinstance(r, Problem)] == ["names a next page that was read before: the rest cannot be reached"]


def test_ratings_of_an_add_on_are_not_read_past_the_day_that_is_asked_for() -> None:
    assert len(amo_crawl(None, datetime(2026, 3, 3, tzinfo=UTC))[1]) == 1


def github_row(number: int, login: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "title": "T", "body": "Words", "user": {"login": login, "id": 1, "type": "User"}, "comments": 1, "created_at": "2026-03-01T00:00:00Z", "author_association": "NONE"} | more


def github_comment(key: int, number: int, login: str, **more: Any) -> dict[str, Any]:
    row = github_row(number, login, id=key, issue_url=f"https://api.github.com/repos/acme/app/issues/{number}", updated_at="2026-03-01T00:00:00Z") | more
    return {k: v for k, v in row.items() if k != "number"}


def github_draw(place: Place, url: str, rows: list[Any], **headers: str) -> list[Any]:
    return list(SOURCES["github"]().draw(TextResponse(url, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=json.dumps(rows).encode(), encoding="utf-8"), place))


def github_place(since: datetime | None = None) -> Place:
    return Place("acme.github", SOURCES["github"].options.model_validate({"id": "acme/app"}), Source.model_validate({"source": "github", "id": "acme/app", "staff": ["acme-kim"]}), since=since)


def test_issues_are_read_page_by_page_and_then_the_comments_of_all_whose_roles_the_issues_tell() -> None:
    place, onward = github_place(datetime(2026, 1, 1, tzinfo=UTC)), "https://api.github.com/repositories/7/issues?page=2"
    [first] = SOURCES["github"]().begin(place)
    assert first.url == "https://api.github.com/repos/acme/app/issues?state=all&sort=created&direction=desc&per_page=100&since=2026-01-01T00%3A00%3A00Z"
    review, request = github_draw(place, first.url, [github_row(3, "ada")], Link=f'<{onward}>; rel="next", <https://api.github.com/repositories/7/issues?page=9>; rel="last"')
    assert (review.id, review.complete, request.url) == ("3", False, onward)
    review, request = github_draw(place, onward, [github_row(2, "bo"), github_row(1, "acme-kim"), github_row(4, "bo", pull_request={})], Link='<https://api.github.com/repositories/7/issues?page=1>; rel="prev"')
    assert (review.id, request.url) == ("2", "https://api.github.com/repos/acme/app/issues/comments?sort=created&direction=asc&per_page=100&since=2026-01-01T00%3A00%3A00Z")
    replies = github_draw(place, request.url, [
        github_comment(11, 3, "ada"), github_comment(12, 3, "bo"), github_comment(13, 3, "acme-kim"), github_comment(14, 2, "bo", author_association="OWNER"), github_comment(15, 1, "ada"), github_comment(16, 4, "ada")])
    assert [(r.id, r.review, r.role, r.role_basis) for r in replies] == [
        ("11", "3", "customer", "source"), ("12", "3", "other", "source"), ("13", "3", "staff", "study"), ("14", "2", "staff", "source")]


def test_where_the_hourly_limit_of_github_is_used_up_the_next_page_is_not_asked_for() -> None:
    drawn = github_draw(github_place(), "https://api.github.com/repos/acme/app/issues", [github_row(3, "ada")], X_RateLimit_Remaining="0", X_RateLimit_Reset="1790000000")
    assert [(type(d).__name__, getattr(d, "cure", None)) for d in drawn] == [("Review", None), ("Problem", "crawl again after 2026-09-21T14:13:20Z, or with -s GITHUB_TOKEN=…")]


@pytest.mark.parametrize(("settings", "url", "sent"), [
    ({}, "https://api.github.com/repos/acme/app/issues", None), ({"GITHUB_TOKEN": "t0"}, "https://api.github.com/repos/acme/app/issues", b"Bearer t0"), ({"GITHUB_TOKEN": "t0"}, "https://elsewhere.example/", None)])
def test_github_is_asked_without_a_name_unless_a_token_was_given_and_nobody_else_sees_it(settings: dict[str, str], url: str, sent: bytes | None) -> None:
    spider = SOURCES["github"]()
    spider.settings = Settings(settings)
    assert spider._send(Request(url), github_place()).headers.get("Authorization") == sent


def question(number: int, **more: Any) -> dict[str, Any]:
    return {"question_id": number, "title": "T", "body": "<p>Words</p>", "creation_date": 1_790_000_000, "answer_count": 1, "owner": {"user_id": number, "display_name": "Asker"}} | more


def stack(url: str, pages: int, **more: Any) -> dict[str, Any]:
    page = int(parse_qs(urlsplit(url).query)["page"][0])
    if "/answers" in url:
        return {"items": [question(1, answer_id=10 * page + n, owner={"user_id": n, "display_name": "Kim" if n == 3 else "X"}) for n in (1, 2, 3)], "has_more": page < 2}
    return {"items": [question(page), question(100 + page, answer_count=0), question(200 + page, owner={"user_id": 3, "display_name": "Kim"})], "has_more": page < pages} | more


def test_questions_of_a_tag_are_read_page_by_page_with_the_answers_of_each_page_at_once() -> None:
    records, asked = crawl("stackexchange", lambda url: stack(url, 2), staff=("3",), id="stackoverflow.com/acme;app")
    common = "pagesize=100&filter=withbody"
    listing, answers = f"https://api.stackexchange.com/2.3/questions?site=stackoverflow.com&tagged=acme%3Bapp&sort=creation&order=desc&page={{}}&{common}", "https://api.stackexchange.com/2.3/questions/{}/answers?site=stackoverflow.com&sort=creation&order=asc&page={}&" + common
    assert asked == [listing.format(1), answers.format(1, 1), listing.format(2), answers.format(1, 2), answers.format(2, 1), answers.format(2, 2)]
    assert [(r.id, r.complete) for r in records if isinstance(r, Review)] == [("1", False), ("101", True), ("2", False), ("102", True)]
    assert [(r.id, r.role, r.role_basis) for r in records if isinstance(r, Reply)][:3] == [("11", "customer", "source"), ("12", "other", "source"), ("13", "staff", "study")]


def test_a_later_look_at_a_tag_asks_for_the_questions_that_were_active_since() -> None:
    _, asked = crawl("stackexchange", lambda url: {"items": [], "has_more": False}, datetime(2026, 1, 1, tzinfo=UTC), id="stackoverflow.com/acme")
    assert asked == ["https://api.stackexchange.com/2.3/questions?site=stackoverflow.com&tagged=acme&sort=activity&min=1767225600&order=desc&page=1&pagesize=100&filter=withbody"]


def test_questions_above_the_last_page_that_is_given_without_a_key_are_named() -> None:
    records, asked = crawl("stackexchange", lambda url: stack(url, 99), id="stackoverflow.com/acme")
    assert len([url for url in asked if "/answers" not in url]) == 25
    assert [r.what for r in records if isinstance(r, Problem)] == ["more follow, but the API gives no page above 25 without a key"]


@pytest.mark.parametrize(("backoff", "pauses", "problems"), [(10, [11, 11], []), (86_400, [], ["the API asks for a pause of 86400 seconds, and more follows"])])
def test_a_pause_that_stack_exchange_asks_for_stands_before_every_request_that_follows(backoff: int, pauses: list[int], problems: list[str]) -> None:
    spider, url = SOURCES["stackexchange"](), "https://api.stackexchange.com/2.3/questions?site=stackoverflow.com&page=1"
    drawn = list(spider.draw(TextResponse(url, body=json.dumps(stack(url, 2, backoff=backoff)).encode(), encoding="utf-8"), sample(spider, url, {})))
    assert [d.meta["pause"] for d in drawn if isinstance(d, Request)] == pauses
    assert [d.what for d in drawn if isinstance(d, Problem)] == problems


def store_feed(url: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {"feed": {"link": [{"attributes": {"rel": "self", "href": url}}]} | ({"entry": list(rows)} if rows else {})}


def store_row(number: int, day: str = "2026-02-27") -> dict[str, Any]:
    return {"id": {"label": str(number)}, "im:rating": {"label": "4"}, "content": {"label": f"Words {number}"}, "updated": {"label": f"{day}T04:36:54-08:00"}}


def feed_page(url: str) -> tuple[str, int]:
    parts = urlsplit(url).path.split("/")
    return parts[1], int(parts[4].removeprefix("page="))


def test_every_storefront_is_read_until_a_page_is_empty_and_never_past_the_tenth() -> None:
    last = {"us": 99, "gb": 2}
    records, asked = crawl("apple", lambda url: store_feed(url, *([store_row(feed_page(url)[1])] if feed_page(url)[1] <= last[feed_page(url)[0]] else [])), id="7001", countries=["us", "gb"])
    assert sorted(map(feed_page, asked)) == [*(("gb", n) for n in (1, 2, 3)), *(("us", n) for n in range(1, 11))]
    assert sorted((r.country, r.id) for r in records if isinstance(r, Review)) == [("gb", "1"), ("gb", "2"), *sorted(("us", str(n)) for n in range(1, 11))]
    assert [r.what for r in records if isinstance(r, Problem)] == ["the feed ends with page 10: older reviews of the storefront 'us' cannot be reached"]


def test_an_empty_first_page_of_the_app_store_is_asked_again_five_times_and_then_named() -> None:
    records, asked = crawl("apple", store_feed, id="7001")
    assert len(asked) == 1 + 5
    assert [r.what for r in records] == ["the storefront 'us' gave an empty first page 6 times"]


def test_a_first_page_of_the_app_store_that_is_empty_once_costs_nothing() -> None:
    answers = iter([[], [store_row(1)], []])
    records, _ = crawl("apple", lambda url: store_feed(url, *next(answers)), id="7001")
    assert [(type(r), r.id) for r in records] == [(Review, "1")]


def test_the_app_store_is_not_read_past_the_day_that_is_asked_for() -> None:
    _, asked = crawl("apple", lambda url: store_feed(url, store_row(1, "2025-12-01")), since=datetime(2026, 1, 1, tzinfo=UTC), id="7001")
    assert len(asked) == 1


def hn_hit(number: int) -> dict[str, Any]:
    return {"objectID": str(number), "author": "moored", "comment_text": f"Lantern {number}", "created_at": datetime.fromtimestamp(number, UTC).isoformat(), "created_at_i": number, "children": [1]}


def hn(url: str, times_of_hits: list[int], size: int = 2) -> dict[str, Any]:
    """Hacker News with a comment at each of the times, which gives out `size` at once."""
    if "/items/" in url:
        number = int(url.rpartition("/")[2])
        return {"id": number, "author": "moored", "text": f"Lantern {number}", "created_at": datetime.fromtimestamp(number, UTC).isoformat(),
                "children": [{"id": 1, "author": "Helpdesk", "text": "Sorry.", "created_at": "2026-03-01T00:00:00Z", "children": []}, {"id": 2, "author": "gull", "text": "Same.", "created_at": "2026-03-01T00:00:00Z", "children": []}]}
    bounds = dict(b.replace("created_at_i", "").split("=") for b in (parse_qs(urlsplit(url).query).get("numericFilters") or [""])[0].split(",") if b)
    found = [n for n in sorted(times_of_hits, reverse=True) if int(bounds.get(">", 0)) <= n <= int(bounds.get("<", 1 << 40))]
    return {"hits": [hn_hit(n) for n in found[:size]], "nbHits": len(found), "query": "lantern"}


def test_hacker_news_is_read_to_its_end_by_time_so_that_no_hit_lies_past_a_thousand() -> None:
    records, asked = crawl("hackernews", lambda url: hn(url, list(range(1_772_000_000, 1_772_000_005))), url="https://hn.algolia.com/?q=lantern")
    assert [r.id for r in records if isinstance(r, Review)] == [str(n) for n in range(1_772_000_004, 1_771_999_999, -1)]
    assert [r for r in records if not isinstance(r, Review)] == [Total(5)]
    asked_for = [parse_qs(urlsplit(url).query) for url in asked]
    assert [q.get("numericFilters", [None])[0] for q in asked_for] == [None, *(f"created_at_i<={n}" for n in range(1_772_000_003, 1_772_000_000, -1))]
    assert {k: v[0] for k, v in asked_for[0].items()} == {"query": "lantern", "tags": "(story,comment)", "restrictSearchableAttributes": "title,story_text,comment_text", "typoTolerance": "false",
                                                          "hitsPerPage": "100", "page": "0"}


def test_hits_of_one_second_that_fill_a_page_of_hacker_news_end_the_crawl_by_name() -> None:
    records, asked = crawl("hackernews", lambda url: {"hits": [hn_hit(7) | {"objectID": "a"}, hn_hit(7)], "nbHits": 3, "query": "lantern"}, url="https://hn.algolia.com/?q=lantern")
    assert len(asked) == 2
    assert [r.what for r in records if isinstance(r, Problem)] == ["the search gave nothing new up to 7, though it counts 3 more: the rest cannot be reached"]


def test_answers_on_hacker_news_are_asked_for_where_the_study_names_the_companys_accounts() -> None:
    records, asked = crawl("hackernews", lambda url: hn(url, [1_772_000_000]), since=datetime(2026, 1, 1, tzinfo=UTC), staff=("helpdesk",), url="https://hn.algolia.com/?q=lantern")
    assert [(r.complete, [(p.id, p.role, p.role_basis) for p in r.replies]) for r in records if isinstance(r, Review)] == [(False, []), (True, [("1", "staff", "study")])]
    assert [url.rpartition("&")[2] for url in asked] == ["numericFilters=created_at_i%3E%3D1767225600", "https://hn.algolia.com/api/v1/items/1772000000"]


def test_an_address_that_is_no_search_of_hacker_news_is_named_and_nothing_is_asked() -> None:
    spider = SOURCES["hackernews"]()
    drawn_ = list(spider.begin(sample(spider, "https://news.ycombinator.com/newest", {})))
    assert [(type(d), d.what) for d in drawn_] == [(Problem, "is neither a search of Hacker News nor a story")]


def cfpb(url: str, days: list[str]) -> dict[str, Any]:
    """The CFPB with a complaint on each of the days, newest first, which gives out no more than the real one, and the first page for ever where only `frm` tells the page."""
    asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    rows = [(n, day) for n, day in enumerate(days) if day < asked.get("date_received_max", "9999")]
    after = int(asked["search_after"].split("_")[1]) if "search_after" in asked else -1
    hits = [{"_id": str(n), "_source": {"complaint_id": str(n), "date_received": f"{day}T12:00:00-05:00", "complaint_what_happened": "Words"}, "sort": [0, str(n)]}
            for n, day in rows if n > after][:int(asked["size"])]
    return {"hits": {"total": {"value": len(rows), "relation": "eq"}, "hits": hits if int(asked["frm"]) + int(asked["size"]) <= 10_000 else []}}


def test_complaints_are_read_by_break_points_and_past_ten_thousand_by_date() -> None:
    days = ["2026-02-03"] * 9_950 + ["2026-02-02"] * 300
    records, asked = crawl("cfpb", lambda url: cfpb(url, days), id="LANTERN BANK, N.A.")
    assert {r.id for r in records if isinstance(r, Review)} == {str(n) for n in range(10_250)}
    assert [r for r in records if not isinstance(r, Review | Total)] == [] and {r.reviews for r in records if isinstance(r, Total)} == {10_250}
    assert len(asked) == 100 + 3 and "&frm=0&date_received_max=2026-02-03" in asked[100]
    assert {k: v[0] for k, v in parse_qs(urlsplit(asked[0]).query).items()} == {"company": "LANTERN BANK, N.A.", "size": "100", "sort": "created_date_desc", "no_aggs": "true", "no_highlight": "true", "frm": "0"}


def test_a_day_with_more_complaints_than_one_query_gives_out_is_named_and_the_days_before_are_read() -> None:
    records, _ = crawl("cfpb", lambda url: cfpb(url, ["2026-02-03"] * 10_050 + ["2026-02-02"] * 5), id="LANTERN BANK, N.A.")
    assert {r.id for r in records if isinstance(r, Review)} == {str(n) for n in (*range(10_000), *range(10_050, 10_055))}
    assert [r.what for r in records if isinstance(r, Problem)] == ["more than 10,000 complaints on 2026-02-03: the rest of that day cannot be reached"]


def test_a_page_of_complaints_that_comes_twice_ends_the_crawl_by_name() -> None:
    records, asked = crawl("cfpb", lambda url: cfpb("?frm=0&size=100", ["2026-02-03"] * 500), id="LANTERN BANK, N.A.")
    assert len(asked) == 2
    assert [r.what for r in records if isinstance(r, Problem)] == ["the CFPB gave the same page twice after 200 complaints: the rest cannot be reached"]


@pytest.mark.parametrize(("source", "answer", "sort"), [
    ("github", {"message": "You have exceeded a secondary rate limit."}, "blocked"), ("github", {"message": "Bad credentials"}, "login"), ("github", {"message": "Issues are disabled for this repo"}, "gone"),
    ("stackexchange", {"error_id": 502, "error_message": "too many requests from this IP, more requests available in 82216 seconds", "error_name": "throttle_violation"}, "blocked"),
    ("stackexchange", {"error_id": 400, "error_message": "site", "error_name": "bad_parameter"}, "failed"), ("stackexchange", {"error_id": 404, "error_message": "no method found with this name", "error_name": "no_method"}, "failed"),
    ("discourse", {"errors": ["The requested URL or resource could not be found."], "error_type": "not_found"}, "gone"),
    ("discourse", {"errors": ["You need to be logged in to do that."], "error_type": "not_logged_in"}, "login"),
    ("discourse", {"errors": ["You are not permitted to view the requested resource."], "error_type": "invalid_access"}, "login"),
    ("discourse", {"errors": ["You’ve performed this action too many times, please try again later."], "error_type": "rate_limit"}, "blocked"),
    ("amo", {"detail": "Not found."}, "gone"), ("amo", {"detail": "Request was throttled. Expected available in 12 seconds."}, "blocked"),
    ("mastodon", {"error": "This method requires an authenticated user"}, "login"), ("mastodon", {"error": "Record not found"}, "gone"), ("mastodon", {"error": "Too many requests"}, "blocked"),
    ("hackernews", {"hits": [], "nbHits": 0, "message": "you can only fetch the 1000 hits for this query."}, "capped"),
])
def test_what_an_api_says_in_place_of_an_answer_has_its_sort(source: str, answer: dict[str, Any], sort: str) -> None:
    ids, problems = told(source, answer)
    assert ids == [] and [s for _, s in problems] == [sort]


def told(source: str, value: Any) -> tuple[list[str | None], list[tuple[str, str | None]]]:
    """The ids of the reviews in a saved answer, and its problems with their sorts."""
    found = list(lines(SOURCES[source](), Path("answer.json"), "https://site.invalid/", json.dumps(value).encode(), {}))
    return [line.get("id") for line in found if line["kind"] == "review"], [(line["what"], line.get("sort")) for line in found if line["kind"] == "problem"]


def amo_row(number: Any, **more: Any) -> dict[str, Any]:
    return {"id": number, "addon": {"id": 1}, "body": "Fine.", "score": 5, "created": "2026-01-02T03:04:05Z", **more}


@pytest.mark.parametrize(("source", "value", "ids", "problems"), [
    ("steam", {"query_summary": "none", "cursor": ["*"], "reviews": [steam_row(1)]}, ["1"], [("its layout is not the one that steam knows: TypeError: a list stands where a text should", "changed")]),
    ("steam", {"query_summary": {"total_reviews": "many"}, "reviews": [steam_row(1), steam_row(2) | {"voted_up": None}, steam_row(3) | {"recommendationid": ""}]}, ["1"],
     [("record 2 (2) cannot be read: KeyError: 'none'", None), ("record 3 cannot be read: ValueError: it has no id", None)]),
    ("steam", {"query_summary": {"num_reviews": 0, "total_reviews": 40}, "cursor": "AoJ4", "reviews": []}, [], [("Steam gave an empty page though it counts 40 reviews", "empty")]),
    ("amo", {"results": [amo_row(4), amo_row(None), amo_row(5, user={"name": {"first": "Isolde"}})], "next": 7}, ["4"],
     [("record 2 cannot be read: ValueError: it has no id", None), ("record 3 (5) cannot be read: TypeError: a dict stands where a text should", None),
      ("names a next page, but that is no address: the rest cannot be reached", "changed")]),
    ("apple", {"feed": {"entry": [{"id": {"label": 7}, "im:rating": {"label": 4}}, {"id": "8", "im:rating": {"label": "4"}}]}}, ["7"],
     [("record 2 cannot be read: TypeError: string indices must be integers, not 'str'", None)]),
    ("cfpb", {"one": {"hits": None}, "two": {"hits": {"total": 1, "hits": [{"_source": {"complaint_id": 6, "date_received": "2026-01-02", "complaint_what_happened": "Words"}}]}}}, ["6"],
     [("one of the pages in it holds no list of complaints", "changed")]),
    ("hackernews", {"hits": [], "nbHits": 12, "page": 0}, [], [("the search counts 12 hits but gives none", "empty")]),
    ("stackexchange", {"items": [{"question_id": 3, "title": ["Isolde"], "body": "Words", "creation_date": 1_790_000_000}, {"question_id": 4, "body": "Words", "creation_date": 1_790_000_000, "answer_count": 0}], "has_more": True, "page": "x"},
     ["4"], [("record 1 (3) cannot be read: TypeError: a list stands where a text should", None)]),
    ("github", {"message": "Not Found", "status": "404"}, [], [("GitHub refuses: Not Found", "gone")]),
])
def test_json_of_the_wrong_types_costs_one_record_and_shows_nobodys_name(source: str, value: Any, ids: list[str], problems: list[tuple[str, str | None]]) -> None:
    assert told(source, value) == (ids, problems)


def test_where_no_record_can_be_read_the_source_has_changed() -> None:
    _, problems = told("steam", {"reviews": [{"recommendationid": "1"}, {"recommendationid": "2"}]})
    assert problems == [("record 1 (1) cannot be read: KeyError: 'timestamp_created'", None), ("record 2 (2) cannot be read: KeyError: 'timestamp_created'", None), ("none of its 2 records could be read", "changed")]


def test_half_a_letter_is_stored_and_printed_as_no_letter() -> None:
    page = Page("acme.here", "https://site.invalid/", datetime.now(UTC), 200, "", 0)
    put(page, Review("1", "Fine \ud83d", author="\ude00", replies=[Reply("Thanks \ud83d\ude00")]))
    put(page, Problem("x", "refused: \udfff"))
    review = page.reviews[0]
    assert (review.text, review.author, review.replies[0].text, page.problems[0].what) == ("Fine \ufffd", "\ufffd", "Thanks \U0001f600", "refused: \ufffd")


@pytest.mark.parametrize("source", [name for name in SOURCES if name != "table"])
@pytest.mark.parametrize("body", [b"", b"\0" * 4096, b"[" * 100_000, b"null", b"[null]", b'"x"', b"9" * 50_000, b"\x1f\x8b\x08" + b"\0" * 40, b"<html><p>" + b"<b>" * 2_000, b"%PDF-1.4 \x80",
                                  b'{"error": "\\ud800", "detail": "\\ud800", "message": "\\ud800"}', b"interactions:\n- &a [*a]\n", b"export default ['" + b"a\\" * 20_000], ids=lambda b: repr(b[:12]))
def test_nothing_that_comes_in_place_of_an_answer_stops_a_source(source: str, body: bytes) -> None:
    found = list(lines(SOURCES[source](), Path("answer"), "https://site.invalid/", body, {}))
    assert all(line["kind"] == "problem" and "its layout is not" not in line["what"] for line in found)


# what others wrote

OTHERWISE = {
    "angi.html": (10, "in the page's own state"), "bestbuy_rdfa.html": (0, "23 summaries, no review"), "recept.se.html": (5, "each listed twice"), "sainsburys_invalid_jsonld.html": (10, "broken blocks, mended"),
    "songkick_years.html": (1, "in two syntaxes"), "thumbtack.html": (6, "five in the markup, one more in the page's own state"),
}
"""Pages whose reviews are not as many as COUNTS.tsv counts pieces of markup."""


@pytest.mark.shared
def test_every_page_of_others_holds_as_many_reviews_as_were_counted(shared: Path) -> None:
    with (shared / "samples" / "COUNTS.tsv").open(encoding="utf-8") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file, delimiter="\t") if row["file"].startswith("schema_org/")}
    expected = {name: OTHERWISE[name][0] if name in OTHERWISE else sum(int(row[k]) for k in ("jsonld_review", "microdata_review", "rdfa_review", "hreview", "datavocab_review")) for name, row in rows.items()}
    found = {name: [line["kind"] for line in drawn("schema_org", shared / "samples" / "schema_org" / name)] for name in rows}
    assert {name: kinds.count("review") for name, kinds in found.items()} == expected
    assert {name: n for name, kinds in found.items() if (n := kinds.count("reply"))} == {"angi.html": 1, "buildzoom.html": 2}
    assert all(found.values()), "a page without reviews says why"


@pytest.mark.shared
def test_every_answer_of_steam_that_others_saved_is_read_whole(shared: Path) -> None:
    found = {file.name: [line["kind"] for line in drawn("steam", file)] for file in sorted((shared / "samples" / "steam").glob("*.json"))}
    expected = {name: (rows, replies) for name, rows, replies in (
        ("legacy_appreviews_1000640_2021_full100.json", 100, 0), ("legacy_appreviews_620_summary_only_num_per_page0.json", 0, 0),
        ("legacy_appreviews_643960_2021.json", 324, 6), ("legacy_reviewobjects_291480_2019_devresp62.json", 154, 62))}
    assert {name: (kinds.count("review"), kinds.count("reply")) for name, kinds in found.items() if name in expected} == expected
    assert not [name for name, kinds in found.items() if "problem" in kinds]


@pytest.mark.shared
def test_every_answer_of_a_forum_that_others_saved_is_read_whole(shared: Path) -> None:
    found = {file.name: [line["kind"] for line in drawn("discourse", file)] for file in sorted((shared / "samples" / "discourse").glob("*.json"))}
    expected = {name: counts for name, *counts in (
        ("latest_old_format_2013.json", 0, 0, 2), ("latest_page.json", 0, 0, 3), ("latest_page_empty.json", 0, 0, 0), ("latest_page_pinned.json", 0, 0, 4), ("post_single.json", 1, 0, 0),
        ("solved_topic.json", 1, 1, 0), ("topic_1148_stream_longer_than_posts.json", 1, 19, 1), ("topic_posts_json_endpoint.json", 0, 1, 0))}
    assert {name: [kinds.count(k) for k in ("review", "reply", "request")] for name, kinds in found.items() if name in expected} == expected
    assert not [name for name, kinds in found.items() if "problem" in kinds]


@pytest.mark.shared
def test_the_one_rating_of_an_add_on_that_others_saved_is_read_whole(shared: Path) -> None:
    found = drawn("amo", shared / "samples" / "amo" / "rating_detail_563122_v4_2019.json")
    assert [(line["kind"], line["id"], line["rating"], line["app_version"], line["created"]["earliest"]) for line in found] == [("review", "563122", {"raw": "5", "value": 1.0}, "0", "2014-03-19T14:04:52Z")]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "counts"), [
    ("issues_with_author_association_2020.json", (1, 0, 1, 0)), ("issue_comments_with_author_association_2020.json", (0, 3, 0, 0)), ("empty_page.json", (0, 0, 0, 0)), ("abuse_rate_limit.json", (0, 0, 0, 1)),
    ("octokit_fixtures_paginate_issues.json", (13, 0, 5, 0)), ("vcr_issue_comments_2016.json", (0, 3, 0, 0)), ("vcr_repo_issues_page1_link_header_2016.json", (24, 0, 1, 0)), ("pygithub_304_not_modified.txt", (0, 0, 0, 1)),
])
def test_every_answer_of_github_that_others_saved_is_read_whole(shared: Path, name: str, counts: tuple[int, ...]) -> None:
    kinds = [line["kind"] for line in drawn("github", shared / "samples" / "github" / name)]
    assert tuple(kinds.count(k) for k in ("review", "reply", "request", "problem")) == counts


@pytest.mark.shared
@pytest.mark.parametrize(("name", "counts"), [
    ("question_minimal_filter.json", (1, 0, 1, 1)), ("stackexchange_question_page.json", (2, 2, 1, 0)), ("stackexchange_question_backoff_page.json", (2, 2, 1, 0)), ("users_associated.txt", (0, 0, 0, 1)),
])
def test_every_answer_of_stack_exchange_that_others_saved_is_read_whole(shared: Path, name: str, counts: tuple[int, ...]) -> None:
    kinds = [line["kind"] for line in drawn("stackexchange", shared / "samples" / "stackexchange" / name)]
    assert tuple(kinds.count(k) for k in ("review", "reply", "request", "problem")) == counts


@pytest.mark.shared
@pytest.mark.parametrize(("source", "expected"), [
    ("apple", {"rss_1510826067_gb_page1_short.json": (4, 0, 1, 0), "rss_389801252_us_2025_page1.json": (50, 0, 1, 0), "rss_497799835_cn_page10_last.json": (50, 0, 0, 1), "rss_497799835_fr_page1.json": (50, 0, 1, 0),
               "rss_595068606_us_2025_page1.json": (50, 0, 1, 0), "rss_640437525_us_2025_page1.json": (50, 0, 1, 0), "rss_empty.xml": (0, 0, 0, 1), "rss_page11_error.txt": (0, 0, 0, 0),
               "rss_unknown_app_id_gb.json": (0, 0, 0, 1), "userreviewsrow_1459969523_us_2026.json": (4, 1, 0, 0)}),
    ("mastodon", {"vcr_hashtag_timeline.yaml": (1, 0, 1, 1)}),
    ("hackernews", {"search_hit_excerpt_2026.json": (1, 0, 0, 0)}),
    ("cfpb", {"export_format_json_rows_excerpt.json": (6, 0, 0, 1), "search_pages1and2_2024-11.json": (50, 0, 0, 0)}),
])
def test_every_answer_of_a_store_a_search_and_a_bureau_that_others_saved_is_read_whole(shared: Path, source: str, expected: dict[str, tuple[int, ...]]) -> None:
    found = {file.name: [line["kind"] for line in drawn(source, file)] for file in (shared / "samples" / source).iterdir() if file.name in expected}
    assert {name: tuple(kinds.count(k) for k in ("review", "reply", "request", "problem")) for name, kinds in found.items()} == expected
