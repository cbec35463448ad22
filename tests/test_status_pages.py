"""What the pages Status and Coverage say of places that cannot be read, on a small store of known content."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enrich import status
from enrich import study as studies
from enrich.source_names import spoken
from enrich.store import Store
from enrich.tables import Change, Company, Crawl, Problem, Profile, Review, Study
from tests.test_publish import blank, serving, text

LATE, EARLY = "2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Path]:
    """A store with one company, some of its places, their runs (the earliest first) and what went wrong in them."""
    def make(*profiles: dict[str, Any], runs: list[dict[str, Any]], problems: list[dict[str, Any]]) -> Path:
        with Store(tmp_path / "rapport.db", create=True) as store:
            store.write([blank(Study, id="s", title="Shops", created_at=EARLY)])
            store.write([Company("acme", "Acme", "rival", "[]", "[]", "[]")])
            store.write(blank(Profile, **{"company": "acme", "spider": "schema_org", "source": "schema_org", "key": p["id"], "audience": "customer", "population": "whole", "publish": "excerpt", "private": 0} | p) for p in profiles)
            store.write(blank(Crawl, **{"kind": "crawl", "seen_at": r["started_at"]} | r) for r in runs)
            store.write(blank(Problem, **{"id": f"x{n}", "at": LATE, "place": "https://acme.example/reviews", "count": 1} | p) for n, p in enumerate(problems))
        return tmp_path / "rapport.db"
    return make


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_what_stood_in_the_way_is_told_as_of_the_last_run_and_kept_pages_read_again_hide_nothing(study: Callable[..., Path]) -> None:
    site = await serving(study({"id": "open"}, {"id": "shut"}, runs=[
        {"id": "1", "profile": "open", "started_at": EARLY, "outcome": "blocked"}, {"id": "2", "profile": "open", "started_at": LATE, "outcome": "finished"},
        {"id": "3", "profile": "shut", "started_at": EARLY, "outcome": "blocked"}, {"id": "4", "profile": "shut", "started_at": LATE, "outcome": "none", "kind": "replay"}],
        problems=[{"crawl": "1", "what": "it wanted a pause", "sort": "blocked"}, {"crawl": "3", "what": "it refuses us", "sort": "blocked"}]))
    places = {s["id"]: (s["outcome"], s["why"]) for s in json.loads(await text(site, "/coverage.json"))["sources"]}
    assert places == {"open": ("finished", None), "shut": ("blocked", "it refuses us")}
    assert [p["what"] for p in json.loads(await text(site, "/status.json"))["problems"]] == ["it refuses us"]


async def test_what_is_left_out_is_a_problem_until_the_place_is_read_from_end_to_end_and_is_listed_once(study: Callable[..., Path]) -> None:
    site = await serving(study({"id": "p"}, runs=[{"id": str(n), "profile": "p", "started_at": day, "outcome": "finished", "whole": w} for n, (day, w) in enumerate(((EARLY, 1), (LATE, 0)))]
                               + [{"id": "before", "profile": "p", "started_at": "2026-01-01T00:00:00Z", "outcome": "finished", "whole": 1}],
                               problems=[{"crawl": "before", "what": "put right"}, {"crawl": "0", "what": "no date"}, {"crawl": "0", "what": "too long"}, {"crawl": "1", "what": "too long"}]))
    problems = json.loads(await text(site, "/status.json"))["problems"]
    assert [(p["what"], p["count"], p["at"]) for p in problems] == [("too long", 2, LATE), ("no date", 1, EARLY)]


async def test_places_on_one_host_are_told_apart_and_what_was_never_read_is_no_nought(study: Callable[..., Path]) -> None:
    page = plain(await text(await serving(study({"id": "a", "url": "https://www.acme.example/shoes/"}, {"id": "b", "url": "https://www.acme.example/hats"}, runs=[], problems=[])), "/coverage"))
    assert "Web page acme.example/shoes customers 0 – – – – –" in page and "Web page acme.example/hats customers" in page


async def test_runs_tell_their_places_apart_and_changes_are_said_in_words(study: Callable[..., Path]) -> None:
    path = study({"id": "a", "url": "https://acme.example/shoes"}, runs=[{"id": "1", "profile": "a", "started_at": EARLY, "outcome": "none", "kind": "replay"}], problems=[])
    with Store(path) as store:
        store.write([blank(Review, id="r", profile="a", company="acme", source="schema_org", audience="customer", raw_hash="", created_kind="created")])
        store.write(blank(Change, id=what, kind="review", target="r", review="r", company="acme", what=what, noticed_at=LATE, cause=cause) for what, cause in (("rated", "source"), ("edited", "parser"), ("app_version", "source")))
    page = plain(await text(await serving(path), "/status"))
    assert "Web page acme.example/shoes none: no page of it is kept kept pages, read again" in page
    assert "reviews rated anew 1 the source" in page and "reviews edited 1 read better by us" in page and "reviews: app version 1 the source" in page


async def test_a_place_that_shows_too_few_says_which_figures_stand(study: Callable[..., Path]) -> None:
    site = await serving(study({"id": "p", "minimum": 50, "short_since": LATE}, runs=[
        {"id": "1", "profile": "p", "started_at": EARLY, "outcome": "finished"}, {"id": "2", "profile": "p", "started_at": LATE, "outcome": "finished"}], problems=[]))
    page = plain(await text(site, "/coverage"))
    assert "fewer than its minimum of 50: its figures stand as of 1 Feb 2026" in page
    assert "read to the true end but it shows fewer reviews than its minimum of 50" in page
    assert "Acme on Web page stands as of 2026-02-01: since 2026-03-01 the place has shown fewer reviews than the 50 it must show" in page


async def test_pages_that_a_person_brought_are_not_said_to_be_all_that_a_site_has(study: Callable[..., Path]) -> None:
    site = await serving(study({"id": "p", "spider": "saved_page", "source": "angi", "says_total": 152}, runs=[{"id": "1", "profile": "p", "started_at": LATE, "outcome": "finished", "kind": "import"}], problems=[]))
    page = plain(await text(site, "/coverage"))
    assert "all that was brought is read" in page and "true end" not in page


async def test_a_company_that_cannot_be_compared_is_not_called_without_weakness(study: Callable[..., Path]) -> None:
    path = study({"id": "p"}, runs=[], problems=[])
    with Store(path) as store:
        store.write([blank(Review, id="r", profile="p", company="acme", source="schema_org", audience="customer", raw_hash="", created_kind="created")])
    page = plain(await text(await serving(path), "/company/acme"))
    assert "Nothing of Acme could be compared with the others" in page and "No weakness was found" not in page


def test_the_command_tells_the_last_look_and_who_left_the_study(study: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('title = "Shops"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "schema_org"\nurl = "https://acme.example/reviews"\n')
    told = studies.load(tmp_path)
    (mine,) = (c.profile(s) for c in told.companies for s in c.sources)
    path = study({"id": mine}, {"id": "left", "private": 1}, runs=[{"id": "1", "profile": mine, "started_at": EARLY, "outcome": "blocked"}, {"id": "2", "profile": mine, "started_at": LATE, "outcome": "none", "kind": "replay"}],
                 problems=[{"crawl": "1", "what": "it refuses us", "sort": "blocked"}])
    with Store(path) as store:
        places = {p["id"]: p for p in status.status(told, store)["places"]}
    assert {id: (p["outcome"], p["left"], [x["what"] for x in p["first_problems"]]) for id, p in places.items()} == {mine: ("blocked", False, ["it refuses us"]), "left": (None, True, [])}


@pytest.mark.parametrize(("source", "said"), [("schema_org", "Web page"), ("g2", "G2"), ("trustpilot", "Trustpilot"), ("play_store", "Play store"), ("forums.acme.example", "forums.acme.example")])
def test_sources_are_called_as_people_call_them(source: str, said: str) -> None:
    assert spoken(source) == said
