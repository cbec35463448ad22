"""The bundled study: its texts hold what was planted in them, and its site is true to the formats it stands in for."""

from __future__ import annotations

import csv
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from bs4 import BeautifulSoup
from numpy import fill_diagonal
from rapidfuzz import fuzz, process
from scrapy.http import HtmlResponse, Request, Response, TextResponse

from enrich import study
from enrich.demo import serve, site, write_study
from enrich.demo.texts import HERE, Company, Review, companies
from enrich.records import ANSWERING, Total
from enrich.records import Review as Drawn
from spiders.platforms.base import SourceSpider
from spiders.policy import refuses
from spiders.sources.discourse import Discourse
from spiders.sources.schema_org import SchemaOrg

COMPANIES = companies()
TRUTHS = tomllib.loads((HERE / "truths.toml").read_text(encoding="utf-8"))["truth"]
each_company = pytest.mark.parametrize("company", COMPANIES.values(), ids=COMPANIES)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with serve() as host:
        yield host


def fetch(host: str, path: str) -> str:
    with urlopen(f"http://{host}{path}") as answer:
        return answer.read().decode()


def customers(company: Company) -> list[Review]:
    return [r for r in company.reviews if r.place != "staff"]


def answer(review: Review) -> timedelta | None:
    """How long the company let the customer wait."""
    return next((reply.created - review.created for reply in review.replies if reply.role == "staff"), None)


def answered(reviews: list[Review], within: timedelta) -> float:
    return sum((wait := answer(r)) is not None and wait <= within for r in reviews) / len(reviews)


def complains(review: Review) -> bool:
    return review.stars <= 2 if review.stars is not None else any(a.endswith("-") for a in review.about)


# the texts


@each_company
def test_every_company_has_84_customer_reviews_and_35_of_employees(company: Company) -> None:
    assert Counter(r.place for r in company.reviews) == {"page": 54, "forum": 30, "staff": 35}


def test_there_are_240_replies_to_customers_and_15_to_employees() -> None:
    places = Counter(r.place == "staff" for c in COMPANIES.values() for r in c.reviews for reply in r.replies if reply.role == "staff")
    assert places == {False: 240, True: 15}


@each_company
def test_reviews_are_spread_over_the_period_and_over_many_days(company: Company) -> None:
    days = {r.created.date() for r in customers(company)}
    months = Counter(day.month for day in (r.created for r in customers(company)))
    assert len(days) >= 60
    assert min(days) >= datetime(2026, 1, 5).date() and max(days) <= datetime(2026, 9, 30).date()
    assert set(months) == set(range(1, 10)) and max(months.values()) - min(months.values()) <= 4


@each_company
@pytest.mark.parametrize("place", ["page", "forum", "staff"])
def test_nobody_writes_twice_at_one_place(company: Company, place: str) -> None:
    authors = [r.author for r in company.at(place)]
    assert len(set(authors)) == len(authors)


def test_no_customer_or_employee_appears_at_two_companies() -> None:
    people = [(c.id, r.name or r.author) for c in COMPANIES.values() for r in customers(c)]
    assert len({name for _, name in people}) == len(people)


def test_no_two_reviews_are_alike() -> None:
    texts = [r.text or f"{r.pros} {r.cons}" for c in COMPANIES.values() for r in c.reviews]
    likeness = process.cdist(texts, texts, scorer=fuzz.ratio)
    fill_diagonal(likeness, 0)
    assert likeness.max() < 70


def test_ids_are_unique() -> None:
    ids = [r.id for c in COMPANIES.values() for r in c.reviews]
    assert len(set(ids)) == len(ids)


def test_every_reply_comes_after_what_it_answers() -> None:
    for company in COMPANIES.values():
        for review in company.reviews:
            moments = [post.created for post in review.posts]
            assert moments == sorted(moments) and len(set(moments)) == len(moments), (company.id, review.id)


@each_company
def test_names_of_customers_stand_in_the_replies_only_as_their_own(company: Company) -> None:
    """So that masking can know them from the author's name."""
    firsts = {(r.name or r.author).replace("_", " ").split()[0] for r in customers(company)}
    for review in customers(company):
        own = (review.name or review.author).split()[0]
        for reply in review.replies:
            assert not {w for w in firsts - {own} if f" {w}," in f" {reply.text}"}, review.id


def test_no_placeholder_of_the_writing_is_left() -> None:
    everything = "".join(p.read_text(encoding="utf-8") for p in (HERE / "companies").iterdir())
    assert "{n}" not in everything and "lorem" not in everything.casefold()


# what was planted


def test_quickwire_answers_nearly_all_within_hours_and_pastes() -> None:
    reviews = customers(COMPANIES["quickwire"])
    assert answered(reviews, timedelta(hours=9)) == 80 / 84
    assert pasted(COMPANIES["quickwire"]) == 78 / 80


def test_harbor_answers_after_five_to_twelve_days_each_time_in_other_words() -> None:
    waits = [wait for r in customers(COMPANIES["harbor-broadband"]) if (wait := answer(r)) is not None]
    assert len(waits) == 71
    assert timedelta(days=5) < min(waits) and max(waits) < timedelta(days=12.5)
    assert pasted(COMPANIES["harbor-broadband"]) == 0


def test_nettle_answers_within_two_days_but_not_about_bills() -> None:
    reviews = customers(COMPANIES["nettle-telecom"])
    bills = [r for r in reviews if "billing" in r.about]
    others = [r for r in reviews if "billing" not in r.about]
    assert (len(bills), len(others)) == (38, 46)
    assert answered(others, timedelta(days=2)) == 39 / 46
    assert answered(bills, timedelta(days=365)) == 1 / 38


def test_fernline_answers_more_than_half_in_two_to_four_days() -> None:
    waits = [wait for r in customers(COMPANIES["fernline"]) if (wait := answer(r)) is not None]
    assert len(waits) == 49
    assert timedelta(days=1.5) < min(waits) and max(waits) < timedelta(days=4)


def pasted(company: Company) -> float:
    """Share of replies to customers whose words, but for the name, the company used three times or more."""
    replies = [reply.text.replace((r.name or r.author).split()[0], "") for r in customers(company) for reply in r.replies if reply.role == "staff"]
    return sum(Counter(replies)[text] >= 3 for text in replies) / len(replies)


def figure(truth: dict[str, Any], company: Company) -> float:
    """The figure of a truth, from what the authors meant to say."""
    match truth["measure"], truth["slice"].partition(", ")[0].removeprefix("theme:"):
        case "weakness_map", tag:
            return share(customers(company), tag)
        case "staff_map", tag:
            return share(company.at("staff"), tag)
        case "templates", "pasted replies":
            return pasted(company)
        case "responsiveness", within:
            about = truth["slice"].partition(", ")[2].removeprefix("theme:")
            asking = [r for r in customers(company) if complains(r) and (not about or about in r.about)]
            return answered(asking, timedelta(days=int(within.split()[2])))
        case other:
            raise AssertionError(f"nothing here measures {other}")


def share(reviews: list[Review], tag: str) -> float:
    return sum(tag in r.about for r in reviews) / len(reviews)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda t: f"{t['company']} {t['slice']}")
def test_what_was_planted_is_in_the_texts(truth: dict[str, Any]) -> None:
    own = figure(truth, COMPANIES[truth["company"]])
    if "at_most" in truth:
        assert 100 * own <= truth["at_most"]
        return
    others = [figure(truth, c) for c in COMPANIES.values() if c.id != truth["company"]]
    difference = 100 * (own - sum(others) / len(others))
    assert difference >= truth["points"] if truth["direction"] == "more" else -difference >= truth["points"]


@pytest.mark.parametrize("tag", sorted({t["slice"].removeprefix("theme:") for t in TRUTHS if t["measure"] == "weakness_map"}))
def test_what_was_planted_at_one_company_is_rare_at_the_others(tag: str) -> None:
    planted = {t["company"] for t in TRUTHS if t["slice"] == f"theme:{tag}"}
    assert all(share(customers(c), tag) <= .08 for c in COMPANIES.values() if c.id not in planted)


# the site


def test_robots_txt_allows_everything(host: str) -> None:
    assert fetch(host, "/robots.txt") == "User-agent: *\nAllow: /\n"


def test_the_index_links_every_page_of_reviews_and_every_forum(host: str) -> None:
    links = {a["href"] for a in BeautifulSoup(fetch(host, "/"), "lxml").select("main a")}
    assert links == {f"/{place}/{id_}" for id_ in COMPANIES for place in ("reviews", "forum")}
    for link in links:
        assert "<h1>" in fetch(host, link)


@pytest.mark.parametrize("path", ["/nowhere", "/reviews/nobody", "/reviews/quickwire?page=4", "/reviews/quickwire?page=0", "/reviews/quickwire?page=x", "/forum/quickwire/t/1.json"])
def test_other_addresses_are_not_found(host: str, path: str) -> None:
    with pytest.raises(HTTPError) as error:
        fetch(host, path)
    assert error.value.code == 404


@each_company
def test_a_forum_lists_its_topics_and_then_nothing(host: str, company: Company) -> None:
    first, second = (json.loads(fetch(host, f"/forum/{company.id}/latest.json?page={n}"))["topic_list"] for n in (0, 1))
    assert {t["id"] for t in first["topics"]} == {r.id for r in company.at("forum")}
    bumped = [t["bumped_at"] for t in first["topics"]]
    assert bumped == sorted(bumped, reverse=True)
    assert (first["per_page"], second["topics"]) == (30, [])


@each_company
def test_topics_hold_their_posts_in_order_with_who_wrote_them(host: str, company: Company) -> None:
    marks = {"admin": (True, True, None), "group": (False, True, "harbor_care"), "account": (False, False, None)}
    for review in company.at("forum"):
        topic = json.loads(fetch(host, f"/forum/{company.id}/t/{review.id}.json"))
        posts = topic["post_stream"]["posts"]
        assert (topic["title"], topic["posts_count"]) == (review.title, len(review.posts))
        assert [p["id"] for p in posts] == topic["post_stream"]["stream"]
        assert [(p["post_number"], p["username"], p["name"], datetime.fromisoformat(p["created_at"])) for p in posts] == \
            [(n, p.author, p.name, p.created) for n, p in enumerate(review.posts, 1)]
        assert [BeautifulSoup(p["cooked"], "lxml").get_text() for p in posts] == [p.text for p in review.posts]
        for post, written in zip(posts, review.posts, strict=True):
            ours = getattr(written, "role", None) == "staff"
            assert (post["admin"], post["staff"], post["primary_group_name"]) == (marks[company.team] if ours else (False, False, None))


def test_posts_can_be_asked_for_by_their_ids(host: str) -> None:
    review = next(r for r in COMPANIES["quickwire"].at("forum") if len(r.replies) == 2)
    asked = json.loads(fetch(host, f"/forum/quickwire/t/{review.id}/posts.json?post_ids[]={review.id * 10 + 2}&post_ids[]={review.id * 10 + 3}"))
    assert [p["post_number"] for p in asked["post_stream"]["posts"]] == [2, 3]


def test_a_topic_has_a_page_for_people(host: str) -> None:
    review = COMPANIES["fernline"].at("forum")[0]
    page = BeautifulSoup(fetch(host, f"/forum/fernline/t/{review.slug}/{review.id}"), "lxml")
    assert page.h1 is not None and page.h1.get_text() == review.title
    assert len(page.select("article")) == len(review.posts)


@each_company
def test_review_pages_follow_each_other_and_show_every_review_with_its_reply(host: str, company: Company) -> None:
    reader = {"json_ld": json_ld, "microdata": microdata}[company.markup]
    found, path = [], f"/reviews/{company.id}"
    while path:
        page = BeautifulSoup(fetch(host, path), "lxml")
        found.append(reader(page))
        following = page.select_one("link[rel=next]")
        path = str(following["href"]) if following else ""
    assert [len(f) for f in found] == [18, 18, 18]
    assert [r for f in found for r in f] == [
        (str(r.id), r.author, r.title, r.text, str(r.stars), r.created, [(f"Response from {company.name}", reply.created, reply.text) for reply in r.replies])
        for r in company.at("page")]


def microdata(page: BeautifulSoup) -> list[tuple[Any, ...]]:
    return [(str(item["data-review-id"]), text(item, "[itemprop=author] [itemprop=name]"), text(item, "[itemprop=headline]"), text(item, "[itemprop=reviewBody]"),
             str(item.select_one("[itemprop=ratingValue]")["content"]), moment(item.select_one("[itemprop=datePublished]")["content"]),
             responses(item, ".review-response", ".review-response-content"))
            for item in page.select('[itemtype="http://schema.org/Review"]')]


def json_ld(page: BeautifulSoup) -> list[tuple[Any, ...]]:
    block = json.loads(page.select_one('script[type="application/ld+json"]').string)
    return [(r["identifier"], r["author"]["name"], r["headline"], r["reviewBody"], r["reviewRating"]["ratingValue"], moment(r["datePublished"]),
             responses(page.select_one(f"#review_{r['identifier']}"), ".owner-response", ".owner-response-text"))
            for r in block["review"]]


def responses(item: Any, block: str, words: str) -> list[tuple[Any, ...]]:
    return [(text(b, ".header-title"), moment(b.time["datetime"]), text(b, words)) for b in item.select(block)]


def text(item: Any, selector: str) -> str:
    return item.select_one(selector).get_text().strip()


def moment(written: Any) -> datetime:
    return datetime.fromisoformat(str(written)).astimezone(UTC)


def draw(spider: SourceSpider) -> dict[str, list[Drawn]]:
    """Company to the reviews that a spider draws from the site, asked without a network."""
    found: dict[str, list[Drawn]] = {}
    for place in spider.places.values():
        todo = list(spider.begin(place))
        while todo:
            drawn = todo.pop()
            match drawn:
                case Drawn():
                    found.setdefault(place.company.id, []).append(drawn)
                case Request():
                    todo += spider.draw(response(drawn.url), place)
                case Total():
                    assert drawn.reviews == 54
                case _:
                    pytest.fail(f"{drawn}")
    return found


def response(url: str) -> Response:
    kind, body = site.respond(url.removeprefix("http://127.0.0.1:8765"))
    return (HtmlResponse if "html" in kind else TextResponse)(url, body=body, encoding="utf-8", headers={"Content-Type": kind})


@pytest.mark.parametrize(("spider", "place"), [(SchemaOrg, "page"), (Discourse, "forum")], ids=["schema_org", "discourse"])
def test_the_spiders_draw_every_review_and_every_reply(tmp_path: Path, spider: type[SourceSpider], place: str) -> None:
    write_study(tmp_path, "127.0.0.1:8765")
    drawn = draw(spider(study=str(tmp_path)))
    for company in COMPANIES.values():
        found = {r.id: r for r in drawn[company.id]}
        assert found.keys() == {str(r.id) for r in company.at(place)}
        for review in company.at(place):
            got = found[str(review.id)]
            assert (got.title, got.text, got.created.earliest) == (review.title, review.text, review.created)
            assert [(r.text, r.created.earliest, r.role in ANSWERING) for r in got.replies] == [(r.text, r.created, r.role == "staff") for r in review.replies]


HOSTILE = "<script>alert('x')</script> & </p></script> \"quoted\""


@pytest.mark.parametrize("show", [
    lambda c: site.respond(f"/reviews/{c.id}"), lambda c: site.respond(f"/forum/{c.id}"), lambda c: site.respond(f"/forum/{c.id}/t/{c.at('forum')[0].id}"),
], ids=["reviews", "forum", "topic"])
@each_company
def test_what_people_write_never_becomes_markup(monkeypatch: pytest.MonkeyPatch, company: Company, show: Callable[[Company], tuple[str, str]]) -> None:
    replies = lambda r: tuple(replace(reply, text=HOSTILE, author=HOSTILE) for reply in r.replies)
    worse = replace(company, reviews=tuple(replace(r, text=HOSTILE, title=HOSTILE, author=HOSTILE, replies=replies(r)) for r in company.reviews))
    monkeypatch.setattr(site, "companies", lambda: {company.id: worse})
    page = BeautifulSoup(show(worse)[1], "lxml")
    assert [s for s in page.select("script") if s.get("type") != "application/ld+json"] == []
    assert HOSTILE in page.get_text()


def test_posts_are_escaped_inside_the_forums_json(monkeypatch: pytest.MonkeyPatch) -> None:
    company = COMPANIES["quickwire"]
    monkeypatch.setattr(site, "companies", lambda: {company.id: replace(company, reviews=tuple(replace(r, text=HOSTILE) for r in company.reviews))})
    topic = json.loads(site.respond(f"/forum/quickwire/t/{company.at('forum')[0].id}.json")[1])
    first = BeautifulSoup(topic["post_stream"]["posts"][0]["cooked"], "lxml")
    assert first.script is None and first.get_text() == HOSTILE


# the folder


def test_the_study_folder_is_whole_and_can_be_read(tmp_path: Path) -> None:
    path = write_study(tmp_path / "demo", "127.0.0.1:8765")
    read = study.load(path)
    assert path == tmp_path / "demo" / "study.toml"
    assert [c.id for c in read.companies] == list(COMPANIES)
    assert [read.is_client(c) for c in read.companies] == [True, False, False, False]
    assert study.warnings(read) == []
    assert {(s.source, s.audience) for c in read.companies for s in c.sources} == {("schema_org", "customer"), ("discourse", "customer"), ("table", "employee")}
    for company in read.companies:
        rows = list(csv.DictReader((tmp_path / "demo" / str(company.sources[2].files)).open(encoding="utf-8")))
        assert [(int(r["Review ID"]), r["Title"], r["Pros"], r["Cons"], int(r["Rating"])) for r in rows] == \
            [(r.id, r.title, r.pros, r.cons, r.stars) for r in COMPANIES[company.id].at("staff")]


def test_written_twice_the_study_is_the_same_but_for_the_port(tmp_path: Path) -> None:
    first = {c.id: [c.profile(s) for s in c.sources] for c in study.load(write_study(tmp_path, "127.0.0.1:1111")).companies}
    files = {p: p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.is_file()}
    second = {c.id: [c.profile(s) for s in c.sources] for c in study.load(write_study(tmp_path, "127.0.0.1:2222")).companies}
    assert first == second
    assert {p: p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.is_file()} == {p: t.replace("1111", "2222") for p, t in files.items()}


def test_the_crawl_may_reach_the_demo_and_nothing_else_of_this_machine(tmp_path: Path) -> None:
    write_study(tmp_path, "127.0.0.1:8765")
    own = (tmp_path / ".demo-host").read_text(encoding="utf-8").strip()
    assert refuses("http://127.0.0.1:8765/reviews/quickwire", own) is None
    assert refuses("http://127.0.0.1:8766/", own) is not None


def test_two_demos_run_side_by_side() -> None:
    with serve() as one, serve() as two:
        assert one != two
        assert fetch(one, "/") == fetch(two, "/")
