"""Google Play: refused unless a study opts in; then its lists are read by tokens, and where they stop short is named."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Request, TextResponse
from scrapy.utils.project import get_project_settings

from enrich.records import Problem, Reply, Review
from enrich.study import Source
from spiders import catalogue
from spiders.commands.draw import flat, response
from spiders.platforms.base import Place, sample
from spiders.sources.google_play import GooglePlay, GooglePlayOptions


def place(since: datetime | None = None, **options: Any) -> Place:
    made = GooglePlayOptions.model_validate({"id": "com.example.tides", "opt_in": True} | options)
    return Place("tides.play", made, Source.model_validate({"source": "google_play", **made.model_dump()}), since=since)


def row(number: int, at: int = 1_790_000_000) -> list[Any]:
    return [f"r{number}", ["Ada"], 4, None, f"Words {number}", [at - number, 0], 0, None]


def answer(*rows: list[Any], token: str | None = None) -> str:
    return ")]}'\n\n" + json.dumps([["wrb.fr", "UsvDTd", json.dumps([list(rows), [None, token]]), None, None, None, "generic"]])


def error(*said: Any) -> str:
    return ")]}'\n\n" + json.dumps([["wrb.fr", "UsvDTd", None, None, None, list(said), "generic"]])


def asked(request: Request) -> tuple[str, str, str | None]:
    """The country, the language and the token that a request asks with."""
    [[[rpc, inner, _, kind]]] = json.loads(parse_qs(request.body.decode())["f.req"][0])
    query = {k: v[0] for k, v in parse_qs(urlsplit(request.url).query).items()}
    _, _, (two, newest, (number, _, token), _, _), app = json.loads(inner)
    assert (request.method, rpc, kind, two, newest, number, app) == ("POST", "UsvDTd", "generic", 2, 2, 150, ["com.example.tides", 7])
    return query["gl"], query["hl"], token


def crawl(where: Place, answers: Callable[[tuple[str, str, str | None]], str]) -> tuple[list[Any], list[Request]]:
    """What a place gives when `answers` makes every body, and the requests in order."""
    spider, records, sent = GooglePlay(), [], []
    waiting = deque(spider.begin(where))
    while waiting:
        request = waiting.popleft()
        if not isinstance(request, Request):
            records.append(request)
            continue
        sent.append(request)
        ids = set()
        for drawn in spider.draw(TextResponse(request.url, body=answers(asked(request)).encode(), encoding="utf-8", request=request), where):
            ids |= {drawn.id} if isinstance(drawn, Review) else set()
            (waiting if isinstance(drawn, Request) else records).append(drawn)
        where.came |= ids
    return records, sent


def said(records: list[Any]) -> list[tuple[str, str | None]]:
    return [(r.what, r.sort) for r in records if isinstance(r, Problem)]


def test_without_opting_in_nothing_is_asked_and_the_reason_is_said_with_what_may_be_done_instead() -> None:
    [problem] = GooglePlay().begin(place(opt_in=False))
    assert isinstance(problem, Problem) and problem.sort == "refused"
    assert "no public interface" in problem.what and "terms" in problem.what and "import" in (problem.cure or "") and "opt_in" in (problem.cure or "")
    assert GooglePlayOptions(id="com.example.tides").opt_in is False


def test_an_address_of_google_play_is_not_proposed_as_a_source() -> None:
    found = catalogue.recognise("https://play.google.com/store/apps/details?id=com.example.tides", catalogue.sources(get_project_settings()))
    assert found["name"] == "Google Play" and "source" not in found


@pytest.mark.parametrize(("url", "options"), [
    ("https://play.google.com/store/apps/details?id=com.example.tides&hl=de&gl=AT", {"id": "com.example.tides", "languages": ["de"], "countries": ["at"]}),
    ("https://play.google.com/store/apps/details?id=com.example.tides", {"id": "com.example.tides"}),
    ("https://play.google.com/_/PlayStoreUi/data/batchexecute?hl=fr&gl=CA", {"languages": ["fr"], "countries": ["ca"]}),
    ("https://play.google.com/store/books", None), ("https://example.com/store/apps/details?id=com.example.tides", None),
])
def test_an_address_shows_the_app_the_language_and_the_country(url: str, options: dict[str, Any] | None) -> None:
    assert GooglePlay.recognise(url) == options


def test_each_list_is_read_by_its_own_tokens_until_there_is_none() -> None:
    records, sent = crawl(place(countries=["us"], languages=["en", "de"]), lambda a: answer(row(1 if a[1] == "en" else 5), token="T") if a[2] is None else answer(row(2 if a[1] == "en" else 6)))
    assert [asked(r) for r in sent] == [("US", "en", None), ("US", "de", None), ("US", "en", "T"), ("US", "de", "T")]
    assert sorted(r.id for r in records if isinstance(r, Review)) == ["r1", "r2", "r5", "r6"] and not said(records)
    assert all(r.meta["opt_in"] is True and r.dont_filter for r in sent) and [r.meta.get("more") for r in sent] == [None, None, True, True]


def test_a_list_that_gives_what_another_countrys_gave_is_read_on_and_not_called_a_repetition() -> None:
    records, sent = crawl(place(countries=["us", "gb"]), lambda a: answer(row(1), token="T") if a[2] is None else answer(row(2)))
    assert len(sent) == 4 and not said(records) and [r.meta.get("more") for r in sent] == [None, None, True, None]


@pytest.mark.parametrize("token", ["T", "another"])
def test_a_list_that_begins_again_is_named_and_left(token: str) -> None:
    records, sent = crawl(place(), lambda a: answer(row(1), token="T" if a[2] is None else token))
    assert len(sent) == 2 and said(records) == [("the list of us/en begins again after 1 reviews: the rest cannot be reached", "repeating")]


@pytest.mark.parametrize(("body", "what", "sort"), [
    (answer(token="T"), "the list of us/en gave an empty page though more was promised", "empty"),
    (answer(), "the list of us/en gave an empty page though more was promised", "empty"),
    (error(3), "Google Play answers with an error (code 3)", "failed"),
    (error(8, None, [["type.googleapis.com/com.google.play.gateway.proto.PlayGatewayError", []]]), "Google Play answers that it is asked too much", "blocked"),
    (")]}'\n\n" + json.dumps([["er", None, None, None, None, 500, None, None, None, 3]]), "Google Play answers with an error (code 500)", "failed"),
])
def test_what_may_pass_is_asked_for_again_three_times_with_growing_pauses_and_then_named(body: str, what: str, sort: str) -> None:
    records, sent = crawl(place(), lambda a: answer(row(1), token="T") if a[2] is None else body)
    assert [r.meta.get("pause") for r in sent] == [None, None, 5, 10, 15] and [asked(r)[2] for r in sent[1:]] == ["T"] * 4
    assert said(records) == [(what, None)] * 3 + [(what, sort)]


def test_an_empty_page_that_passes_costs_nothing() -> None:
    bodies = iter([answer(row(1), token="T"), answer(token="U"), error(13), answer(row(2))])
    records, _ = crawl(place(), lambda a: next(bodies))
    assert [r.id for r in records if isinstance(r, Review)] == ["r1", "r2"] and {sort for _, sort in said(records)} == {None}


def test_a_list_is_not_read_past_the_day_that_is_asked_for() -> None:
    _, sent = crawl(place(datetime(2026, 1, 1, tzinfo=UTC)), lambda a: answer(row(1, 1_700_000_000), token="T"))
    assert len(sent) == 1


def test_words_of_a_customer_are_no_refusal() -> None:
    records, _ = crawl(place(), lambda a: answer([*row(1)[:4], "It says PlayDataError.", [1_790_000_000, 0]]))
    assert [r.text for r in records] == ["It says PlayDataError."]


@pytest.mark.shared
@pytest.mark.parametrize(("year", "reviews", "replies"), [(2026, 3, 2), (2021, 40, 0)])
def test_every_answer_of_google_play_that_others_saved_is_read_whole(shared: Path, year: int, reviews: int, replies: int) -> None:
    [file] = (shared / "samples" / "google_play").glob(f"*_{year}.txt")
    spider = GooglePlay()
    lines = list(spider.draw(response(file, "https://site.invalid/", file.read_bytes()), sample(spider, "https://site.invalid/", {})))
    assert len([d for d in lines if isinstance(d, Review)]) == reviews and sum(len(d.replies) for d in lines if isinstance(d, Review)) == replies
    assert all(isinstance(r, Reply) and r.created and r.author for d in lines if isinstance(d, Review) for r in d.replies)
    assert [line["method"] for d in lines for line in flat(d) if line["kind"] == "request"] == ["POST"] and not [d for d in lines if isinstance(d, Problem)]
