"""A company's own site: its pages of reviews are found by its sitemap, and what it shows of itself never counts in a rate."""

from __future__ import annotations

import gzip
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bs4 import BeautifulSoup
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Request, Response, TextResponse, XmlResponse

from enrich.ledger import register
from enrich.records import Problem, Review
from enrich.store import Store
from enrich.study import Source
from spiders.pipelines import StorePipeline
from spiders.platforms import testimonials
from spiders.platforms.base import Place, sample
from spiders.platforms.schema_reviews import Reader
from spiders.sources.company_site import CompanySite, CompanySiteOptions, speaks

SITE = "https://www.nettlebank.example"


def urlset(*paths: str) -> str:
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(f"<url><loc>{SITE}{p}</loc></url>" for p in paths)}</urlset>'


def index(*addresses: str) -> str:
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(f"<sitemap><loc>{a}</loc></sitemap>" for a in addresses)}</sitemapindex>'


def shown(text: str, name: str = "Ann") -> str:
    return f'<!doctype html><html><body><div class="testimonial"><p>{text}</p><cite>{name}</cite></div></body></html>'


def answer(request: Request, body: str | bytes | None) -> Response:
    if body is None:
        return HtmlResponse(request.url, status=404, body=b"<html><body>not here</body></html>", encoding="utf-8", request=request)
    if isinstance(body, bytes):
        return Response(request.url, body=body, request=request)
    kind = XmlResponse if "sitemaps.org" in body else HtmlResponse if "<html" in body else TextResponse
    return kind(request.url, body=body.encode(), encoding="utf-8", request=request)


def crawl(pages: dict[str, str | bytes | None], url: str = f"{SITE}/", **options: Any) -> tuple[list[Any], list[str]]:
    """What a site gives, and the paths that were asked for, in order; None stands for a page that is not there."""
    made = CompanySiteOptions.model_validate({"url": url} | options)
    place = Place("nettle.site", made, Source.model_validate({"source": "company_site", **made.model_dump()}))
    spider, records, asked = CompanySite(), [], []
    waiting = deque(spider.begin(place))
    while waiting:
        d = waiting.popleft()
        if not isinstance(d, Request):
            records.append(d)
            continue
        asked.append(d.url.removeprefix(SITE))
        assert pages[asked[-1]] is not None or 404 in d.meta["handle_httpstatus_list"]
        waiting.extend(spider.draw(answer(d, pages[asked[-1]]), place))
    return records, asked


def test_pages_are_found_by_the_sitemaps_that_robots_txt_names_those_that_speak_of_reviews_first() -> None:
    records, asked = crawl({
        "/robots.txt": f"User-agent: *\nDisallow: /x\nSitemap: {SITE}/all.xml\n", "/all.xml": index(f"{SITE}/posts.xml.gz", f"{SITE}/testimonial-sitemap.xml"),
        "/posts.xml.gz": gzip.compress(urlset("/blog/a", "/customers/reed-bakery").encode()), "/testimonial-sitemap.xml": urlset("/testimonial/ann"),
        "/testimonial/ann": shown("They answered within an hour."), "/customers/reed-bakery": shown("It paid for itself.", "Bo")})
    assert asked == ["/robots.txt", "/all.xml", "/testimonial-sitemap.xml", "/posts.xml.gz", "/testimonial/ann", "/customers/reed-bakery"]
    assert [(r.text, r.author, r.url) for r in records] == [("They answered within an hour.", "Ann", f"{SITE}/testimonial/ann"), ("It paid for itself.", "Bo", f"{SITE}/customers/reed-bakery")]


@pytest.mark.parametrize("rules", [None, "<html><body>our page that there is no such page</body></html>", "User-agent: *\n"])
def test_without_a_sitemap_in_robots_txt_the_usual_address_is_tried(rules: str | None) -> None:
    records, asked = crawl({"/robots.txt": rules, "/sitemap.xml": urlset("/reviews"), "/reviews": shown("They answered within an hour.")})
    assert asked == ["/robots.txt", "/sitemap.xml", "/reviews"] and len(records) == 1


@pytest.mark.parametrize("body", [None, urlset("/", "/blog/reviewing-code-well-and-often")])
def test_a_site_where_nothing_is_found_says_so(body: str | None) -> None:
    records, _ = crawl({"/robots.txt": None, "/sitemap.xml": body})
    assert [(r.what[:23], r.sort) for r in records] == [("the site has no sitemap", "empty")]


def test_a_page_that_is_given_itself_is_read_though_there_is_no_sitemap() -> None:
    records, asked = crawl({"/robots.txt": None, "/what-they-say": shown("They answered within an hour."), "/sitemap.xml": None}, url=f"{SITE}/what-they-say")
    assert [type(r) for r in records] == [Review] and asked == ["/robots.txt", "/what-they-say", "/sitemap.xml"]


def test_no_more_pages_are_read_than_the_place_allows_and_that_is_said_once() -> None:
    pages = {f"/reviews/{n}": shown(f"Good words number {n} of many.") for n in range(9)}
    records, asked = crawl({"/robots.txt": f"Sitemap: {SITE}/a.xml\nSitemap: {SITE}/b.xml", "/a.xml": urlset(*pages, "/reviews"), "/b.xml": urlset("/avis"), "/reviews": shown("First of all, fine."), **pages}, most=3)
    assert asked[3:] == ["/reviews", "/reviews/0", "/reviews/1"]
    assert [r.sort for r in records if isinstance(r, Problem)] == ["capped"]


def test_the_same_words_on_several_pages_are_one_review() -> None:
    records, _ = crawl({"/robots.txt": None, "/sitemap.xml": urlset("/reviews", "/testimonials"), "/reviews": shown("They answered within an hour."), "/testimonials": shown("“They answered within an hour.”")})
    assert len(records) == 1


def test_pages_that_follow_count_too() -> None:
    first = shown("They answered within an hour.").replace("<body>", f'<head><link rel="next" href="{SITE}/reviews/page/2"></head><body>')
    records, asked = crawl({"/robots.txt": None, "/sitemap.xml": urlset("/reviews"), "/reviews": first, "/reviews/page/2": shown("It paid for itself.")})
    assert len(records) == 2 and asked[-1] == "/reviews/page/2"
    records, _ = crawl({"/robots.txt": None, "/sitemap.xml": urlset("/reviews"), "/reviews": first}, most=1)
    assert [getattr(r, "sort", "") for r in records] == ["", "capped"]


@pytest.mark.parametrize(("body", "sort"), [(b"\x1f\x8b broken", "changed"), ("<html><body><p>Page</p></body></html>", "changed"), ("<html><head><title>Just a moment...</title></head><body></body></html>", "changed")])
def test_a_sitemap_that_is_none_is_named(body: str | bytes, sort: str) -> None:
    records, _ = crawl({"/robots.txt": None, "/sitemap.xml": body})
    assert [r.sort for r in records] == [sort, "empty"]


def test_a_page_behind_a_guard_is_named_and_one_without_testimonials_is_nothing_wrong() -> None:
    records, _ = crawl({"/robots.txt": None, "/sitemap.xml": urlset("/reviews", "/case-studies"), "/reviews": "<html><head><title>Just a moment...</title></head><body></body></html>", "/case-studies": "<html><body><p>Prose.</p></body></html>"})
    assert [r.sort for r in records] == ["blocked"]


def test_one_page_that_is_gone_is_named_and_only_where_it_is_the_place_itself_it_is_what_went_wrong() -> None:
    pages = {"/robots.txt": None, "/sitemap.xml": urlset("/reviews", "/avis"), "/reviews": shown("They answered within an hour."), "/avis": None}
    assert [(type(r), getattr(r, "sort", None)) for r in crawl(pages)[0]] == [(Review, None), (Problem, None)]
    assert [getattr(r, "sort", None) for r in crawl(pages, url=f"{SITE}/avis")[0]] == ["gone", None]


@pytest.mark.parametrize(("path", "found"), [
    ("/reviews", True), ("/en/customer-reviews/", True), ("/case-studies/a-very-long-title-of-an-article", True), ("/what-our-customers-say", True), ("/t%C3%A9moignages.html", True),
    ("/de/Kundenstimmen", True), ("/rese%C3%B1as/", True), ("/success-stories/x", True), ("/blog/how-we-review-all-the-code", False), ("/customers/login", False), ("/customer-service", False),
    ("/write-a-review", False), ("/tag/reviews", False), ("/", False), ("/preview", False)])
def test_addresses_that_speak_of_customers_words(path: str, found: bool) -> None:
    assert speaks(SITE + path) is found


@pytest.mark.parametrize(("html", "found"), [
    ('<section class="testimonials"><h2>What they say</h2><div class="testimonial-item"><p>Works like a charm.</p><h3>Jane R.</h3><h4>Baker</h4></div><div class="testimonial-item"><p>Solved at once.</p><h3>Max</h3></div></section>',
     [("Works like a charm.", "Jane R."), ("Solved at once.", "Max")]),
    ('<div class="testimonials"><blockquote><p>Hours saved.</p><footer>— Ann, Reeds</footer></blockquote><blockquote>Fine tool.<cite>Bo</cite></blockquote></div>', [("Hours saved.", "Ann, Reeds"), ("Fine tool.", "Bo")]),
    ('<article><blockquote>A pull quote that nobody is named for, from the text.</blockquote></article>', []),
    ('<div class="testimonial-slider"><div class="testimonial"><div class="testimonial-text">Five good years.</div><div class="testimonial-author"><span class="author-name">Dana</span><span class="author-role">IT</span></div></div></div>',
     [("Five good years.", "Dana")]),
    ('<div class="customer-testimonial"><p>Short and sweet, we are glad of it every single day.<br>— The Herons</p></div>', [("Short and sweet, we are glad of it every single day.", "The Herons")]),
    ('<div class="review-summary">4.8 of 5 from 120 verified reviews of our shop so far</div><form class="review"><p>Write your own review of our shop here, please do.</p></form>', []),
    ('<div class="testimonial-wrapper"><div class="testimonial-content">Ein toller Laden.</div><div class="testimonial-meta"><div class="testimonial-name">Hanna</div><div class="testimonial-job">Lehrerin</div></div></div>', [("Ein toller Laden.", "Hanna")]),
])
def test_testimonials_are_found_however_their_blocks_are_built(html: str, found: list[tuple[str, str]]) -> None:
    reader = Reader(SITE, datetime.now(UTC), None)
    assert [(d.review.text, d.review.author) for d in testimonials.read(BeautifulSoup(html, "lxml"), reader)] == found


def test_what_a_company_shows_of_itself_is_hand_picked_whatever_the_study_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "study.toml").write_text(f'title = "Banks"\n[[companies]]\nname = "Nettle"\n[[companies.sources]]\nsource = "company_site"\nurl = "{SITE}"\npopulation = "whole"\n', encoding="utf-8")
    spider = CompanySite(study=str(tmp_path))
    pipeline = StorePipeline(cast(Crawler, SimpleNamespace(spider=spider)))
    pipeline.open_spider()
    pipeline.close_runs(spider, "finished")
    with Store(tmp_path / "rapport.db") as store:
        register(store, spider.study)        # as every later command does
        assert store.one("select population from profiles") == "chosen"


def test_no_address_is_taken_for_a_company_site_by_itself() -> None:
    assert CompanySite.recognise(f"{SITE}/reviews") is None


@pytest.mark.shared
@pytest.mark.parametrize(("name", "reviews"), [("zooroyal.de.html", 4), ("buildzoom.html", 30)])
def test_marked_up_pages_that_others_saved_give_what_is_marked_up(shared: Path, name: str, reviews: int) -> None:
    spider, url = CompanySite(), f"{SITE}/reviews"
    body = (shared / "samples" / "schema_org" / name).read_bytes()
    assert len([d for d in spider.draw(HtmlResponse(url, body=body), sample(spider, url, {})) if isinstance(d, Review)]) == reviews
