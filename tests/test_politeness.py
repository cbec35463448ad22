"""How a site is asked, tried on a real one on this machine: robots.txt, redirects, pauses, limits, sizes, and what is said before."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.settings import Settings

from enrich import study, tables
from enrich.records import iso
from enrich.store import Store
from spiders import policy
from spiders.extensions.politeness import AGAIN, YEAR, Politeness, asks
from spiders.middlewares import PolicyMiddleware, same_site
from spiders.platforms.base import NotCrawled

ROOT = Path(__file__).parent.parent
REVIEW = '<div itemscope itemtype="https://schema.org/Review" id="review_{0}"><p itemprop="reviewBody">The parcel {0} never came.</p><meta itemprop="datePublished" content="2025-03-10"></div>'
ALLOWED = "User-agent: *\nAllow: /\n"

Answer = tuple[int, dict[str, str], str | bytes]


def page(number: int = 1) -> Answer:
    return 200, {}, f"<!doctype html><html><body>{REVIEW.format(number)}</body></html>"


@dataclass
class Site:
    """Answers by path: one for all requests, or one after another, the last for all that follow; and what was asked."""

    answers: dict[str, Answer | list[Answer]]
    host: str = ""
    asked: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        found = self.answers.get(path, (404, {}, "Nothing."))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@contextmanager
def served(answers: dict[str, Answer | list[Answer]], *, at: str = "127.0.0.1") -> Iterator[Site]:
    site = Site({"/robots.txt": (200, {}, ALLOWED)} | answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((time.monotonic(), self.path, dict(self.headers)))
            status, headers, body = site.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value.replace("DATE", formatdate(time.time() + 3, usegmt=True)).replace("SECONDS", str(int(time.time()) + 3)))
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with ThreadingHTTPServer((at, 0), Handler) as server:
        site.host = f"{at}:{server.server_port}"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield site
        server.shutdown()


@dataclass
class Crawled:
    """What a crawl left behind."""

    said: str
    problems: list[tuple[str, str | None, str]]              # path, sort, what
    pages: list[tuple[str, int | None, str | None]]          # path, status, robots
    reviews: int
    requests: dict[str, int]                                 # path of a place to how many were sent for it


@pytest.fixture
def crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Crawled]:
    """Crawls some paths of a site as marked-up pages, in a process of its own."""
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))

    def run(site: Site, *paths: str, head: str = "", domains: str = "[]", **settings: str) -> Crawled:
        sources = "".join(f'[[companies.sources]]\nsource = "schema_org"\nurl = "{path if "://" in path else f"http://{site.host}{path}"}"\n' for path in paths)
        (tmp_path / "study.toml").write_text(f'title = "Shops"\n{head}\n[[companies]]\nname = "Acme"\ndomains = {domains}\n{sources}')
        (tmp_path / ".demo-host").write_text(site.host)
        options = [part for name, value in ({"DOWNLOAD_DELAY": "0", "SAYS_OUTCOME": "0"} | settings).items() for part in ("-s", f"{name}={value}")]
        done = subprocess.run([sys.executable, "-m", "scrapy", "crawl", "schema_org", "-a", f"study={tmp_path}", *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in done.stderr, done.stderr

        def short(url: str) -> str:
            return url.removeprefix(f"http://{site.host}")
        with Store(tmp_path / "rapport.db") as store:
            return Crawled(done.stderr, sorted((short(p.place), p.sort, p.what) for p in store.read(tables.Problem)),
                           sorted((short(p.url), p.status, p.robots) for p in store.read(tables.Page)), store.one("select count(*) from reviews"),
                           {short(url): n for url, n in store.rows("select p.url, sum(k.requests) from crawls k join profiles p on p.id = k.profile group by 1")})
    return run


# robots.txt


def test_what_robots_txt_forbids_is_not_asked_and_its_verdict_is_kept_for_every_address(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (200, {}, "User-agent: rapport\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n"), **{f"/{n}": page(n) for n in range(3)}, **{f"/private/{n}": page() for n in range(3)}}) as site:
        done = crawl(site, "/0", "/private/0", "/1", "/private/1", "/2", "/private/2")
    assert not [p for p in site.paths if "private" in p] and site.paths.count("/robots.txt") == 1
    assert done.problems == [(f"/private/{n}", "refused", "robots.txt forbids this address") for n in range(3)]
    assert done.pages == [*((f"/{n}", 200, "allowed") for n in range(3)), *((f"/private/{n}", None, "forbidden") for n in range(3))]


def test_only_what_was_sent_counts_as_a_request(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (200, {}, "User-agent: *\nDisallow: /private\n"), "/private": page(), "/1": page(), "/2": (302, {"Location": "/1"}, ""),
                 "/slow": [(429, {"Retry-After": "1"}, ""), page(2)]}) as site:
        done = crawl(site, "/private", "/1", "/2", "/slow", "https://www.trustpilot.com/review/acme.example")
    assert done.requests == {"/private": 0, "https://www.trustpilot.com/review/acme.example": 0, "/1": 1, "/2": 2, "/slow": 2}


@pytest.mark.parametrize("status", [403, 404])
def test_a_robots_txt_that_is_not_there_forbids_nothing(crawl: Callable[..., Crawled], status: int) -> None:
    with served({"/robots.txt": (status, {}, "User-agent: *\nDisallow: /\n"), "/1": page()}) as site:
        assert crawl(site, "/1").pages == [("/1", 200, "none")]


def test_a_robots_txt_that_cannot_be_read_forbids_all(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (500, {}, ""), "/1": page(), "/2": page(2)}) as site:
        done = crawl(site, "/1", "/2")
    assert set(site.paths) == {"/robots.txt"}
    assert done.problems == [(f"/{n}", "failed", f"the robots.txt of {site.host} cannot be read, so nothing is asked for there: status 500") for n in (1, 2)]
    assert done.pages == [("/1", None, "unreachable"), ("/2", None, "unreachable")]


def test_a_contact_is_not_taken_for_the_name_of_the_program_in_robots_txt(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (200, {}, "User-agent: evilbot\nDisallow: /\n"), "/1": page()}) as site:
        assert crawl(site, "/1", head='contact = "https://evilbot.example/me"').pages == [("/1", 200, "allowed")]
    assert {headers["User-Agent"] for _, _, headers in site.asked} == {"Rapport/0.1 (reads public reviews for comparison; one slow request at a time) (contact: https://evilbot.example/me)"}


def test_a_robots_txt_may_lie_elsewhere_but_not_inside_this_network(crawl: Callable[..., Crawled]) -> None:
    with served({}, at="127.0.0.2") as other, served({"/robots.txt": (302, {"Location": f"http://{other.host}/robots.txt"}, ""), "/1": page()}) as site:
        done = crawl(site, "/1")
    assert other.asked == [] and site.paths == ["/robots.txt"]
    assert done.problems[0][1] == "refused" and "inside this machine or network" in done.problems[0][2]


def test_the_delay_of_robots_txt_lies_between_all_requests(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (200, {}, "User-agent: *\nCrawl-delay: 0.6\n"), **{f"/{n}": page(n) for n in range(4)}}) as site:
        crawl(site, *(f"/{n}" for n in range(4)))
    moments = [moment for moment, path, _ in site.asked if path != "/robots.txt"]
    assert len(moments) == 4 and min(b - a for a, b in pairwise(moments)) > 0.55


def test_a_delay_of_an_hour_is_cut_and_that_is_said(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (200, {}, "User-agent: *\nCrawl-delay: 3600\n"), "/1": page()}) as site:
        done = crawl(site, "/1", CRAWL_DELAY_LONGEST="0.2")
    assert "its robots.txt asks for 3,600 seconds between two requests; 0 are kept (CRAWL_DELAY_LONGEST)" in done.said and done.reviews == 1


# redirects


ASTRAY = {
    "/a": ("http://127.0.0.1:9/x", "127.0.0.1 is not crawled: it is an address inside this machine or network"), "/b": ("http://printer.local/x", "printer.local is not crawled: it is an address inside this machine or network"),
    "/c": ("https://www.trustpilot.com/review/acme.example", "Trustpilot is not crawled: its robots.txt forbids all programs, and its terms forbid scraping and text mining"), "/d": ("file:///etc/acme", "which is no web address"),
    "/e": ("ftp://files.acme.example/x", "which is no web address"), "/f": ("//shop.acme.example/x", "which is another site"),
}


def test_a_redirect_that_leads_astray_is_refused_and_says_where_it_led(crawl: Callable[..., Crawled]) -> None:
    with served({**{path: (302, {"Location": location}, "") for path, (location, _) in ASTRAY.items()}, "/2": page()}) as site:
        done = crawl(site, *ASTRAY, "/2")
    assert {(sort, what.partition(": ")[0] if "not crawled" not in what else what) for _, sort, what in done.problems} == {
        ("refused", f"http://{site.host}{path} leads to {'http:' if location.startswith('//') else ''}{location}{': ' if 'not crawled' in said else ', '}{said}") for path, (location, said) in ASTRAY.items()}
    assert done.reviews == 1 and set(site.paths) == {"/robots.txt", "/2", *ASTRAY}


def test_a_redirect_on_the_same_site_is_followed_and_asks_robots_txt_again(crawl: Callable[..., Crawled]) -> None:
    with served({"/robots.txt": (200, {}, "User-agent: *\nDisallow: /private\n"), "/1": (301, {"Location": "/moved"}, ""), "/moved": page(), "/2": (301, {"Location": "/private"}, ""), "/private": page(2)}) as site:
        done = crawl(site, "/1", "/2")
    assert done.pages == [("/moved", 200, "allowed"), ("/private", None, "forbidden")] and "/private" not in site.paths


def test_a_redirect_to_what_was_asked_already_loses_no_place(crawl: Callable[..., Crawled]) -> None:
    with served({"/1": page(), "/2": (302, {"Location": "/1"}, ""), "/3": (200, {}, '<html><head><meta http-equiv="refresh" content="0; url=/1"></head></html>')}) as site:
        assert crawl(site, "/1", "/2", "/3").pages == [("/1", 200, "allowed")] * 3


def test_a_page_that_loads_itself_anew_now_and_then_is_read_once(crawl: Callable[..., Crawled]) -> None:
    with served({"/1": (200, {}, f'<html><head><meta http-equiv="refresh" content="60"></head><body>{REVIEW.format(1)}</body></html>')}) as site:
        assert crawl(site, "/1").reviews == 1 and site.paths == ["/robots.txt", "/1"]


def test_a_redirect_without_an_end_is_named(crawl: Callable[..., Crawled]) -> None:
    with served({"/1": (302, {"Location": "/1?again"}, ""), "/1?again": (302, {"Location": "/1"}, "")}) as site:
        assert crawl(site, "/1").problems[0][1:] == ("failed", "it leads from address to address without an end")


@pytest.mark.parametrize(("first", "now", "same"), [
    ("http://acme.example/a", "https://acme.example/b", True), ("https://acme.example/", "https://www.acme.example/", True), ("https://www.acme.example/", "https://acme.example./", True), ("https://ACME.example/", "https://acme.example:443/", True),
    ("https://acme.example/", "http://acme.example/", False), ("https://acme.example/", "https://forum.acme.example/", False), ("https://forum.acme.example/", "https://acme.example/", False), ("https://acme.example/", "https://acme.example.evil.example/", False),
])
def test_www_and_a_more_secure_address_are_the_same_site_and_nothing_else_is(first: str, now: str, same: bool) -> None:
    assert same_site(first, now) is same


# pauses


@pytest.mark.parametrize(("status", "headers"), [
    (429, {"Retry-After": "2"}), (503, {"Retry-After": "DATE"}), (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "SECONDS"}),
])
def test_a_short_pause_is_kept_for_all_requests_to_the_site_and_said_and_the_page_is_asked_for_again(crawl: Callable[..., Crawled], status: int, headers: dict[str, str]) -> None:
    with served({"/0": [(status, headers, "Slowly."), page(0)], **{f"/{n}": page(n) for n in range(1, 4)}}) as site:
        done = crawl(site, *(f"/{n}" for n in range(4)))
    asked = [(moment, path) for moment, path, _ in site.asked if path != "/robots.txt"]
    refused = next(i for i, (_, path) in enumerate(asked) if path == "/0")
    assert asked[refused + 1][0] - asked[refused][0] > 1.5, "nothing was sent to the site while it wanted a pause"
    assert done.reviews == 4 and done.problems == []
    assert done.said.count(f"{site.host.partition(':')[0]}: a pause of") == 1


def test_a_long_pause_ends_all_that_is_left_as_blocked_and_says_until_when(crawl: Callable[..., Crawled]) -> None:
    with served({f"/{n}": (429, {"Retry-After": "7200"}, "") for n in range(3)}) as site:
        done = crawl(site, "/0", "/1", "/2")
    assert len(site.paths) == 2, "robots.txt and the first page"
    day = time.strftime("%B %Y", time.gmtime(time.time() + 7200))
    assert all(sort == "blocked" and what.startswith("127.0.0.1 wants no request until ") and f" {day}, " in what for _, sort, what in done.problems), done.problems
    assert all("status 429, Retry-After: 7200" in what for _, _, what in done.problems) and len(done.problems) == 3


def test_a_site_that_always_asks_for_a_pause_is_left_after_two_more_tries(crawl: Callable[..., Crawled]) -> None:
    with served({"/0": (429, {"Retry-After": "0"}, "")}) as site:
        done = crawl(site, "/0")
    assert site.paths == ["/robots.txt", "/0", "/0", "/0"] and done.problems == [("/0", "blocked", "the site asks for a pause (status 429)")]


@pytest.mark.parametrize(("status", "headers", "seconds"), [
    (429, {"Retry-After": "30"}, 30), (503, {"Retry-After": "Thu, 01 Jan 1970 00:17:40 GMT"}, 60), (503, {"Retry-After": "Thu, 01 Jan 1970 01:00:30 GMT", "Date": "Thu, 01 Jan 1970 01:00:00 GMT"}, 30),
    (429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0), (429, {"Retry-After": "soon"}, None), (429, {"Retry-After": "-5"}, None), (429, {}, None), (200, {"Retry-After": "30"}, None), (429, {"Retry-After": "9" * 30}, YEAR),
    (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "120"}, 120), (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "45"}, 45), (200, {"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "120"}, None),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2000000000", "Retry-After": "5"}, YEAR), (200, {"X-RateLimit-Remaining": "0"}, None), (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "never"}, None),
])
def test_what_an_answer_asks_for_is_read_from_its_headers(status: int, headers: dict[str, str], seconds: float | None) -> None:
    found = asks(Response("https://a.example", status=status, headers=headers), now=1000.0)
    assert (found and found[0]) == seconds


def test_a_reset_in_seconds_since_1970_is_told_from_one_in_seconds_from_now() -> None:
    assert asks(Response("https://a.example", status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000600"}), now=1_800_000_000.0) == (600.0, "its limit of requests is used up")


def ours(**settings: float) -> Settings:
    """Our settings, some of them changed."""
    loaded = Settings(settings, priority="cmdline")
    loaded.setmodule("spiders.settings")
    return loaded


def politeness(**settings: float) -> Politeness:
    return Politeness(Crawler(Spider, ours(**settings)))


@pytest.mark.parametrize(("url", "status", "seconds"), [
    ("https://api.steampowered.com/x", 429, 310), ("https://api.steampowered.com/x", 403, 172_800), ("https://forum.acme.example/x", 429, AGAIN), ("https://forum.acme.example/x", 403, None), ("https://forum.acme.example/x", 503, None),
    ("https://addons.mozilla.org/x", 503, 300),
])
def test_where_an_answer_does_not_say_how_long_the_policy_does(url: str, status: int, seconds: float | None) -> None:
    polite = politeness()
    polite.heed(Response(url, status=status))
    assert polite.site(url).until == (pytest.approx(time.time() + seconds, abs=2) if seconds else 0)


def test_who_asks_for_a_pause_again_and_again_is_left_alone_for_longer_until_it_answers() -> None:
    polite, url = politeness(), "https://forum.acme.example/x"
    for seconds in (AGAIN, 2 * AGAIN, 4 * AGAIN):
        polite.heed(Response(url, status=429))
        assert polite.site(url).until == pytest.approx(time.time() + seconds, abs=2)
    polite.heed(Response(url, status=200))
    assert polite.site(url).refused == 0


async def test_a_pause_that_a_source_asks_for_holds_for_every_request_to_the_site_and_for_no_other() -> None:
    polite = politeness(PAUSE_LONGEST=5)
    polite.request_scheduled(Request("https://api.acme.example/2", meta={"pause": 11}))
    with pytest.raises(NotCrawled, match="api.acme.example wants no request until .* UTC .its last answer asks for it.") as refused:
        await polite.turn(Request("https://api.acme.example/3"))
    assert refused.value.sort == "blocked"
    await polite.turn(Request("https://other.acme.example/3"))


async def test_the_delay_of_the_policy_lies_between_two_requests_to_the_same_site() -> None:
    polite, began = politeness(), time.monotonic()
    polite._stopping = lambda: False         # there is no engine
    for url in ("https://store.steampowered.com/1", "https://api.steampowered.com/1", "https://store.steampowered.com/2"):
        await polite.turn(Request(url))
    assert 1.4 < time.monotonic() - began < 2.5


async def test_no_more_is_asked_in_a_day_than_the_site_allows_earlier_crawls_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spiders.policy.rules", lambda: (policy.Rule(name="Acme", hosts=["api.acme.example"], rival="crawl", own_company=["crawl"], terms_mining="allowed", terms_commercial="allowed", robots="none", publish="full", per_day=4),))
    policy._patterns.cache_clear()
    (tmp_path / "study.toml").write_text('title = "x"\n[[companies]]\nname = "Acme"\n')
    polite = politeness()
    polite.study = study.load(tmp_path)
    day = [iso(datetime.now(UTC) - timedelta(hours=h)) for h in (30, 20, 1)]
    with Store(polite.study.database, create=True) as store:
        store.write(tables.Page(str(n), "c", f"https://api.acme.example/{n}", seen, 200, "h", 1, 0, None, "allowed") for n, seen in enumerate(day))
    try:
        for n in range(2):
            await polite.turn(Request(f"https://api.acme.example/{n}"))
        with pytest.raises(NotCrawled, match="api.acme.example allows 4 requests in 24 hours, and this study has sent so many") as refused:
            await polite.turn(Request("https://api.acme.example/3"))
        assert refused.value.sort == "blocked"
    finally:
        policy._patterns.cache_clear()


def test_a_crawl_that_waits_ends_when_it_is_stopped(crawl: Callable[..., Crawled], tmp_path: Path) -> None:
    with served({"/0": (429, {"Retry-After": "500"}, "")}) as site:
        (tmp_path / "study.toml").write_text(f'title = "x"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "schema_org"\nurl = "http://{site.host}/0"\n')
        (tmp_path / ".demo-host").write_text(site.host)
        waiting = subprocess.Popen([sys.executable, "-m", "scrapy", "crawl", "schema_org", "-a", f"study={tmp_path}", "-s", "DOWNLOAD_DELAY=0"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert waiting.stderr is not None and "a pause of" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        began = time.monotonic()
        waiting.wait(30)
    assert time.monotonic() - began < 15
    with Store(tmp_path / "rapport.db") as store:
        assert store.one("select outcome from crawls") == "interrupted"


# sizes


LARGE = b"<html>" + b"x" * (2 << 20)


def test_an_answer_that_is_too_large_is_named_also_where_it_is_so_only_unpacked(crawl: Callable[..., Crawled]) -> None:
    answers: dict[str, Answer | list[Answer]] = {
        "/announced": (200, {"Content-Length": str(len(LARGE))}, LARGE), "/deflate": (200, {"Content-Encoding": "deflate"}, zlib.compress(LARGE)), "/gzip": (200, {"Content-Encoding": "gzip"}, gzip.compress(LARGE)),
        "/gzip2": (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(LARGE))), "/plain": (200, {}, LARGE)}
    with served({**answers, "/small": page()}) as site:
        done = crawl(site, *answers, "/small", DOWNLOAD_MAXSIZE=str(1 << 20))
    assert done.problems == [(path, "failed", "its answer is larger than 1 MiB") for path in answers] and done.reviews == 1
    assert done.said == "", "no second time as a line of the log"
    assert all(site.paths.count(path) == 1 for path in answers)


def test_the_largest_answer_and_the_longest_wait_are_stated() -> None:
    settings = ours()
    assert settings.getint("DOWNLOAD_MAXSIZE") == 32 << 20 and settings.getint("DOWNLOAD_TIMEOUT") == 60
    assert settings.getbool("ROBOTSTXT_OBEY") and settings.getbool("AUTOTHROTTLE_ENABLED") and settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1 and settings.getfloat("DOWNLOAD_DELAY") >= 1


# what is said before


def test_that_a_site_belongs_to_a_studied_company_is_said_once_before_it_is_asked(crawl: Callable[..., Crawled]) -> None:
    with served({"/1": page(), "/2": page(2)}) as site:
        done = crawl(site, "/1", "/2", domains='["127.0.0.1"]')
    assert done.said.count("127.0.0.1 belongs to Acme: its operators will see your requests and your contact") == 1 and done.reviews == 2


PLAY, PLAY_ROBOTS = "https://play.google.com/_/PlayStoreUi/data/batchexecute?hl=en&gl=US", "https://play.google.com/robots.txt"
ROWS = "https://itunes.apple.com/WebObjects/MZStore.woa/wa/userReviewsRow?id=7"


@pytest.mark.parametrize("url", [PLAY, ROWS])
def test_what_is_off_by_default_is_refused_with_its_reason_and_warned_of_where_a_study_opts_in(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    middleware = PolicyMiddleware(Crawler(Spider, ours()))
    for meta in ({}, {"opt_in": False}):
        with pytest.raises(NotCrawled, match=" is not crawled: it") as refused:
            middleware.process_request(Request(url, meta=meta))
        assert refused.value.sort == "refused" and "= true" in refused.value.instead
    assert capsys.readouterr().err == ""
    for _ in range(2):
        middleware.process_request(Request(url, meta={"opt_in": True}))
    assert capsys.readouterr().err.count("is crawled because study.toml opts in, though it") == 1


def test_the_robots_txt_of_a_host_that_is_off_by_default_is_read_only_where_a_study_opts_in() -> None:
    middleware, robots = PolicyMiddleware(Crawler(Spider, ours())), Request(PLAY_ROBOTS, meta={"dont_obey_robotstxt": True})
    with pytest.raises(NotCrawled):
        middleware.process_request(robots)
    middleware.process_request(Request(PLAY, meta={"opt_in": True}))
    middleware.process_request(robots)
    with pytest.raises(NotCrawled):
        middleware.process_request(Request("https://play.google.com/store/apps/details?id=x"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://acme.example/x", "s3://acme/x"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(NotCrawled, match="is no web address"):
        PolicyMiddleware(Crawler(Spider, Settings())).process_request(Request(url))
