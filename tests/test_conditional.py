"""A page that its site says is unchanged is a look at all that it shows, without being sent again; one that changed is read anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from scrapy.http import Request, Response

from enrich import archive, crawling, study, tables
from enrich.store import Store
from spiders.extensions.conditional import ConditionalMiddleware

STUDY = 'title = "Shops"\n{head}\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "schema_org"\nurl = "http://{host}/reviews"\n'
REVIEW = ('<div itemscope itemtype="https://schema.org/Review" id="review_1"><p itemprop="reviewBody">{}</p><meta itemprop="datePublished" content="2026-10-10">'
          '<div class="owner-response"><span>Response from the owner</span><time datetime="2026-10-11T10:00:00Z">11 October 2026</time><p>We are sorry.</p></div></div>')


@dataclass
class Site:
    text: str = "The parcel never came."
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    conditions: list[tuple[str | None, str | None]] = field(default_factory=list)
    sent: int = 0                            # whole pages


@contextmanager
def served(site: Site) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self.send_error(404)
                return
            none, since = self.headers["If-None-Match"], self.headers["If-Modified-Since"]
            site.conditions.append((none, since))
            same = none is not None and none == site.headers.get("ETag") or none is None and since is not None and since == site.headers.get("Last-Modified")
            self.send_response(304 if same else 200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **site.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if not same:
                site.sent += 1
                self.wfile.write(f"<!doctype html><html><body>{REVIEW.format(site.text)}</body></html>".encode())

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))

    def run(host: str, head: str = "", **arguments: str) -> None:
        (tmp_path / "study.toml").write_text(STUDY.format(host=host, head=head))
        (tmp_path / ".demo-host").write_text(host)
        assert crawling.crawl("schema_org", {"DOWNLOAD_DELAY": "0"}, study=str(tmp_path), **arguments) == 0
    return run


def test_an_unchanged_page_is_a_look_at_what_it_shows_and_is_not_sent_again(crawl: Callable[..., None], tmp_path: Path) -> None:
    site = Site()
    with served(site) as host:
        crawl(host)
        with Store(tmp_path / "rapport.db") as store:
            before = {look.target: look for look in store.read(tables.Look)}
        crawl(host)
        crawl(host)
    assert site.conditions == [(None, None), ('"one"', None), ('"one"', None)] and site.sent == 1
    with Store(tmp_path / "rapport.db") as store:
        after = {look.target: look for look in store.read(tables.Look)}
        assert len(after) == 2 and all(look.looks == before[t].looks + 2 and look.last_seen > before[t].last_seen and look.missing == 0 for t, look in after.items())
        assert list(store.rows("select outcome, reviews, replies, changes, problems from crawls")) == [("finished", 1, 1, 0, 0)] * 3
        assert store.one("select count(distinct hash) from pages") == 1 and store.one("select count(*) from pages") == 3


def test_a_page_that_changed_is_read_anew(crawl: Callable[..., None], tmp_path: Path) -> None:
    site = Site()
    with served(site) as host:
        crawl(host)
        site.text, site.headers = "The parcel came after all.", {"ETag": '"two"'}
        crawl(host)
    assert site.sent == 2
    with Store(tmp_path / "rapport.db") as store:
        assert list(store.rows("select what, new from changes")) == [("edited", "The parcel came after all.")]


MODIFIED = ("Last-Modified", "Thu, 01 Oct 2026 10:00:00 GMT")


@pytest.mark.parametrize(("headers", "conditions"), [
    ((MODIFIED, ("Content-Type", "application/rss+xml")), {"If-Modified-Since": MODIFIED[1]}), ((MODIFIED, ("Content-Type", "application/json")), {"If-Modified-Since": MODIFIED[1]}),
    ((MODIFIED, ("Content-Type", "text/html")), {}), ((MODIFIED, ("ETag", 'W/"a"'), ("Content-Type", "text/html")), {"If-None-Match": 'W/"a"'}), ((("Content-Type", "text/html"),), {}),
])
def test_a_time_alone_is_believed_of_feeds_only(tmp_path: Path, headers: tuple[tuple[str, str], ...], conditions: dict[str, str]) -> None:
    request = asked(tmp_path, headers)
    assert {name: (request.headers.get(name) or b"").decode() for name in ("If-None-Match", "If-Modified-Since") if name in request.headers} == conditions


def asked(folder: Path, headers: tuple[tuple[str, str], ...]) -> Request:
    """A request for a page that was kept with some headers, as it is sent in a later crawl."""
    (folder / "study.toml").write_text('title = "x"\n[[companies]]\nname = "Acme"\n')
    middleware = ConditionalMiddleware.__new__(ConditionalMiddleware)
    middleware.study = study.load(folder)
    where = archive.Archive(middleware.study, "feed").keep(archive.Kept("http://acme.example/feed", 200, headers, b"<rss/>", {}))
    middleware.spider = SimpleNamespace(places={"p": SimpleNamespace(run=SimpleNamespace(whole=False, kept=lambda url: where))})
    request = Request("http://acme.example/feed", meta={"profile": "p"})
    middleware.process_request(request)
    return request


def test_what_the_answer_says_anew_holds_and_what_belongs_to_the_kept_body_stays(tmp_path: Path) -> None:
    request = asked(tmp_path, (("ETag", '"a"'), ("Date", "Thu, 01 Oct 2026 10:00:00 GMT"), ("X-RateLimit-Remaining", "0"), ("Content-Type", "application/json")))
    middleware = ConditionalMiddleware.__new__(ConditionalMiddleware)
    answer = middleware.process_response(request, Response(request.url, status=304, headers={"Date": "Fri, 02 Oct 2026 10:00:00 GMT", "X-RateLimit-Remaining": "59", "Content-Length": "0"}))
    assert (answer.status, answer.body, answer.flags) == (200, b"<rss/>", ["unchanged"])
    assert {name: (answer.headers.get(name) or b"").decode() for name in ("Date", "X-RateLimit-Remaining", "Content-Length")} == {"Date": "Thu, 01 Oct 2026 10:00:00 GMT", "X-RateLimit-Remaining": "59", "Content-Length": ""}
    assert middleware.process_response(request, Response(request.url, status=304)).status == 304, "nothing was asked under a condition"


def test_a_crawl_that_reads_all_lists_to_their_end_asks_without_conditions(crawl: Callable[..., None]) -> None:
    site = Site()
    with served(site) as host:
        crawl(host)
        crawl(host, full="1")
    assert site.conditions == [(None, None)] * 2 and site.sent == 2


def test_a_study_that_keeps_no_responses_asks_without_conditions(crawl: Callable[..., None]) -> None:
    site = Site()
    with served(site) as host:
        crawl(host, "archive_days = 0")
        crawl(host, "archive_days = 0")
    assert site.conditions == [(None, None)] * 2
