"""Forum software read from its pages: boards to topics to their later pages, and what every kind of it shows in pages that others saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import soupsieve
from bs4 import BeautifulSoup
from scrapy.http import HtmlResponse, Request
from scrapy.utils.project import get_project_settings

from enrich import crawling, times
from enrich.records import Problem, Reply, Review
from enrich.store import Store
from enrich.study import Source
from spiders import catalogue
from spiders.commands.draw import flat, response
from spiders.platforms import forum_dates
from spiders.platforms.base import Place, SourceSpider, sample
from spiders.platforms.forum import ForumSpider
from spiders.platforms.pages import decoded

SOURCES = catalogue.sources(get_project_settings())
KINDS = {name: spider for name, spider in SOURCES.items() if issubclass(spider, ForumSpider)}
CASES = Path(__file__).parent / "cases"
HOST = "https://forum.lantern.example"
SEEN = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)


def selectors(kind: type[ForumSpider]) -> Iterable[str]:
    for name in ("marks", "rows", "row_link", "sticky", "moved", "starter", "count", "last", "empty", "boards", "headline", "asker", "by_asker", "posts", "number", "author", "member",
                 "ranks", "written", "edited", "text", "foreign", "current", "following", "pager", "zone", "says", "login"):
        stated = getattr(kind, name)
        yield from [stated] if isinstance(stated, str) else stated
    yield from (selector for keys in (kind.row_keys, kind.topic_keys, kind.post_keys) for selector, _ in keys if selector)


@pytest.mark.parametrize("name", KINDS)
def test_all_that_a_kind_states_can_be_looked_for(name: str) -> None:
    assert len([soupsieve.compile(s) for s in selectors(KINDS[name])]) > 20
    assert KINDS[name] in ForumSpider.kinds


def test_the_base_of_forums_hides_no_part_of_the_crawl_that_all_sources_share() -> None:
    meant = {"gathers", "limits", "per_request", "own_page", "replies_visible", "newest_first", "by_activity", "options", "recognise", "begin", "draw", "look"}
    assert {k for k in vars(ForumSpider) if hasattr(SourceSpider, k) and not k.startswith("__")} - {"_abc_impl"} <= meant


@pytest.mark.parametrize("case", sorted(p for name in KINDS for p in (CASES / name).glob("*.html")), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_page_is_owned_by_the_software_that_made_it_and_by_no_other(case: Path) -> None:
    page = BeautifulSoup(case.read_bytes(), "lxml")
    assert [k.name for k in ForumSpider.kinds if k.owns(page)] == {"other_software": ["xenforo"], "guard": []}.get(case.stem, [case.parent.name])


@pytest.mark.parametrize(("url", "source", "kept"), [
    ("https://forum.example.com/viewforum.php?f=4&sid=0123456789abcdef0123456789abcdef", "phpbb", "https://forum.example.com/viewforum.php?f=4"),
    ("https://example.com/board/viewtopic.php?f=4&t=311&start=10#p905", "phpbb", "https://example.com/board/viewtopic.php?t=311&start=10"),
    ("https://forums.example.com/showthread.php?s=0123456789abcdef0123456789abcdef&t=311", "vbulletin", "https://forums.example.com/showthread.php?t=311"),
    ("https://example.com/forum/showthread.php/311-Charged-twice", "vbulletin", None), ("https://example.com/forum/forumdisplay.php?42-Orders", "vbulletin", None),
    ("https://community.example.com/threads/charged-twice.311/", "xenforo", None), ("https://example.com/index.php?forums/orders.4/", "xenforo", None), ("https://example.com/forums/orders.4/", "xenforo", None),
    ("https://example.com/discussion/311/charged-twice", "vanilla", None), ("https://example.com/forum/index.php?topic=311.0", "smf", None), ("https://example.com/index.php?board=18.0", "smf", None),
    ("https://example.com/index.php?/topic/311-charged-twice/", "ipboard", None), ("https://community.example.com/forum/4-orders/", "ipboard", None), ("https://example.com/index.php?showtopic=311", "ipboard", None),
    ("https://example.com/forums/topic/charged-twice/", "bbpress", None), ("https://example.com/forums/forum/orders/", "bbpress", None),
    ("https://forum.example.com", "discourse", None), ("https://forum.example.com/t/charged-twice/311", "discourse", None),
    ("https://example.com/viewtopic.php?id=311", "schema_org", None), ("https://forum.example.com/showthread.php?tid=311", "schema_org", None), ("https://example.com/forum/orders", "schema_org", None),
    ("https://example.com/discussions", "schema_org", None),
])
def test_an_address_is_recognised_only_by_what_it_surely_tells(url: str, source: str, kept: str | None) -> None:
    found = catalogue.recognise(url, SOURCES)
    assert (found["source"], found["options"]["url"]) == (source, kept or url)


# a crawl of a board

PAGE = 2
"""Posts on a page of the forum below."""


def row(topic: int, posts: int, day: str, opener: str = "odile", kind: str = "") -> str:
    return (f'<li class="row {kind}"><dl><dt><a href="./viewtopic.php?f=4&amp;t={topic}&amp;sid={"0" * 32}" class="topictitle">Topic {topic}</a><div class="topic-poster">by <span class="username">{opener}</span></div></dt>'
            f'<dd class="posts">{posts - 1} <dfn>Replies</dfn></dd><dd class="lastpost"><span><br><time datetime="{day}T12:00:00+00:00">{day}</time></span></dd></dl></li>')


def links(address: str, page: int, pages: int) -> str:
    after = f'<li class="arrow next"><a href="{address}&amp;start={page * PAGE}" rel="next">next</a></li>' if page < pages else ""
    return f'<div class="action-bar"><div class="pagination"><ul><li class="active"><span>{page}</span></li>{after}</ul></div></div>'


def board(page: int, pages: int, *rows: str) -> str:
    return f'<html lang="en"><body id="phpbb" class="section-viewforum">{links("./viewforum.php?f=4", page, pages)}<ul class="topiclist topics">{"".join(rows)}</ul></body></html>'


def topic(number: int, posts: int, page: int, authors: str = "odile helpdesk") -> str:
    names, shown = authors.split(), range((page - 1) * PAGE, min(page * PAGE, posts))
    written = "".join(f'<div id="p{number * 100 + n}" class="post"><div class="inner"><div class="postbody"><p class="author">by <strong><a class="username">{names[n % len(names)]}</a></strong> &raquo; '
                      f'<time datetime="2019-03-0{n + 1}T10:00:00+00:00"></time></p><div class="content">Words {n}</div></div></div></div>' for n in shown)
    return f'<html lang="en"><body id="phpbb" class="section-viewtopic"><h2 class="topic-title"><a>Topic {number}</a></h2>{links(f"./viewtopic.php?f=4&amp;t={number}", page, -(-posts // PAGE))}{written}</body></html>'


def crawl(answers: Callable[[str], str], url: str, source: str = "phpbb", staff: tuple[str, ...] = (), since: datetime | None = None, **options: Any) -> tuple[list[Any], list[Request]]:
    """What a place gives when `answers` makes the page of every address, and what was asked, in order."""
    spider = SOURCES[source]()
    place = Place("acme.here", spider.options.model_validate({"url": url, **options}), Source.model_validate({"source": source, "url": url, "staff": list(staff), **options}), seen_at=SEEN, since=since)
    records: list[Any] = []
    asked: list[Request] = []
    waiting = deque(spider.begin(place))
    while waiting:
        request = waiting.popleft()
        if request.url not in {r.url for r in asked}:
            asked.append(request)
            for d in spider.draw(HtmlResponse(request.url, body=answers(request.url).encode(), encoding="utf-8", request=request), place):
                (waiting if isinstance(d, Request) else records).append(d)
    return records, asked


def test_a_board_is_read_to_its_end_and_each_topic_with_all_its_pages() -> None:
    pages = {f"{HOST}/viewforum.php?f=4": board(1, 2, row(9, 1, "2020-01-01", kind="sticky"), row(5, 5, "2026-03-05")), f"{HOST}/viewforum.php?f=4&start=2": board(2, 2, row(6, 1, "2026-02-01"), row(5, 5, "2026-03-05")),
             f"{HOST}/viewtopic.php?t=9": topic(9, 1, 1), f"{HOST}/viewtopic.php?t=6": topic(6, 1, 1),
             **{f"{HOST}/viewtopic.php?t=5" + (f"&start={(n - 1) * PAGE}" if n > 1 else ""): topic(5, 5, n) for n in (1, 2, 3)}}
    records, asked = crawl(pages.__getitem__, f"{HOST}/viewforum.php?f=4&sid={'a' * 32}#top", staff=("Helpdesk",))
    assert sorted(r.url for r in asked) == sorted(pages)
    assert [(r.id, r.complete, [p.id for p in r.replies]) for r in records if isinstance(r, Review)] == [("9", True, []), ("5", False, ["501"]), ("6", True, [])]
    assert [(r.review, r.id, r.role, r.role_basis) for r in records if isinstance(r, Reply)] == [
        ("5", "502", "customer", "source"), ("5", "503", "staff", "study"), ("5", "504", "customer", "source")], "the asker is known on later pages too"
    assert not [r for r in records if isinstance(r, Problem)]


def test_a_list_says_of_every_topic_how_far_it_is_and_a_topics_later_pages_belong_to_it() -> None:
    _, asked = crawl(lambda url: board(1, 2, row(5, 3, "2026-03-05")) if "viewforum" in url else topic(5, 3, 2 if "start" in url else 1), f"{HOST}/viewforum.php?f=4")
    assert [(r.url.partition("?")[2], r.meta.get("item"), r.meta.get("mark"), r.meta.get("more")) for r in asked] == [
        ("f=4", None, None, None), ("t=5", "5", "posts=2 last=2026-03-05T12:00:00+00:00", None), ("f=4&start=2", None, None, True), ("t=5&start=2", "5", None, None)]


def test_what_the_company_opens_itself_is_not_asked_for_and_not_a_customers_word() -> None:
    records, asked = crawl(lambda url: board(1, 1, row(7, 4, "2026-03-05", opener="helpdesk"), row(5, 1, "2026-03-04")) if "viewforum" in url else topic(5, 1, 1), f"{HOST}/viewforum.php?f=4", staff=("helpdesk",))
    assert [r.url.partition("?")[2] for r in asked] == ["f=4", "t=5"]
    records, asked = crawl(lambda url: topic(7, 4, 1, "helpdesk odile"), f"{HOST}/viewtopic.php?t=7", staff=("helpdesk",))
    assert (records, len(asked)) == ([], 1)


def test_a_pinned_topic_of_long_ago_does_not_end_the_reading_of_a_board_but_an_old_one_does() -> None:
    pages = {"f=4": board(1, 3, row(9, 1, "2020-01-01", kind="sticky"), row(1, 1, "2026-03-03")), "f=4&start=2": board(2, 3, row(2, 1, "2026-03-02"), row(3, 1, "2025-01-01")), "f=4&start=4": board(3, 3, row(4, 1, "2024-01-01"))}
    _, asked = crawl(lambda url: pages.get(url.partition("?")[2]) or topic(int(url.rpartition("=")[2]), 1, 1), f"{HOST}/viewforum.php?f=4", since=datetime(2026, 1, 1, tzinfo=UTC))
    assert [r.url.partition("?")[2] for r in asked] == ["f=4", "t=1", "f=4&start=2", "t=2"]


def test_a_board_that_gives_the_same_topics_on_every_page_ends_by_name() -> None:
    def answers(url: str) -> str:
        page = int(url.partition("start=")[2] or 0) // PAGE + 1
        return board(page, 99, row(1, 1, "2026-03-03")) if "viewforum" in url else topic(1, 1, 1)
    records, asked = crawl(answers, f"{HOST}/viewforum.php?f=4")
    assert len(asked) == 3 and [(r.sort, r.what) for r in records if isinstance(r, Problem)] == [("repeating", "the list begins again here: it gives what it gave before, and the rest cannot be reached")]


def test_a_topic_by_itself_is_read_from_its_first_page_whichever_was_given() -> None:
    records, asked = crawl(lambda url: topic(5, 3, 2 if "start" in url else 1), f"{HOST}/viewtopic.php?f=4&t=5&start=2#p502")
    assert [r.url.partition("?")[2] for r in asked] == ["t=5", "t=5&start=2"]
    assert [type(r) for r in records] == [Review, Reply] and records[1].review == "5"


def test_a_later_page_whose_first_one_cannot_be_told_is_named_and_its_posts_are_replies() -> None:
    records, _ = crawl(lambda url: topic(5, 3, 2), f"{HOST}/topics/mine?page=next")
    assert [(type(r), getattr(r, "sort", None)) for r in records] == [(Reply, None), (Problem, "incomplete")]


def test_guests_who_share_a_name_are_not_taken_for_the_one_who_asked() -> None:
    records, _ = crawl(lambda url: topic(5, 2, 1, "Guest"), f"{HOST}/viewtopic.php?t=5")
    assert [p.role for p in records[0].replies] == ["other"]


def test_one_post_that_cannot_be_read_costs_no_other_and_the_topic_is_not_called_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    read = KINDS["phpbb"]._words

    def words(self: ForumSpider, post: Any) -> str | None:
        if post["id"] == "p501":
            raise ValueError("broken")
        return read(self, post)
    monkeypatch.setattr(KINDS["phpbb"], "_words", words)
    records, _ = crawl(lambda url: topic(5, 2, 1), f"{HOST}/viewtopic.php?t=5")
    assert [(type(r), getattr(r, "complete", None)) for r in records] == [(Review, False), (Problem, None)]


@pytest.mark.parametrize(("source", "url", "own"), [
    ("phpbb", f"{HOST}/help/viewforum.php?f=4", f"{HOST}/help/viewtopic.php?t=311"), ("vbulletin", f"{HOST}/forumdisplay.php?f=4", f"{HOST}/showthread.php?t=311"),
    ("xenforo", f"{HOST}/forums/orders.4/", f"{HOST}/threads/311/"), ("xenforo", f"{HOST}/index.php?forums/orders.4/", f"{HOST}/index.php?threads/311/"), ("vanilla", f"{HOST}/categories/orders", f"{HOST}/discussion/311"),
    ("smf", f"{HOST}/index.php?board=18.0", f"{HOST}/index.php?topic=311"), ("ipboard", f"{HOST}/index.php?showforum=4", f"{HOST}/index.php?showtopic=311"),
    ("bbpress", f"{HOST}/forums/forum/orders/", None), ("phpbb", f"{HOST}/orders-f4.html", None),
])
def test_a_known_topics_own_page_is_asked_for_where_its_address_is_sure(source: str, url: str, own: str | None) -> None:
    spider = SOURCES[source]()
    request = spider.look(sample(spider, url, {}), "311")
    assert (request.url if request else None) == own


def test_a_later_crawl_reads_only_the_topics_of_which_the_board_says_something_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posts, asked = {1: 3, 2: 1, 3: 2}, []

    class Forum(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place, _, query = self.path.partition("?")
            asked.append(query)
            words = parse_qs(query)
            body = "" if place == "/robots.txt" else board(1, 1, *(row(n, of, f"2019-03-0{of}") for n, of in posts.items())) if "f" in words else \
                topic(int(words["t"][0]), posts[int(words["t"][0])], int(words.get("start", ["0"])[0]) // PAGE + 1)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    def crawled() -> list[str]:
        asked.clear()
        assert crawling.crawl("phpbb", {"DOWNLOAD_DELAY": "0"}, study=str(tmp_path)) == 0
        return [q for q in asked if q]
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Forum) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        (tmp_path / "study.toml").write_text(f'title = "Lamps"\n[[companies]]\nname = "Lantern"\naccounts = ["helpdesk"]\n[[companies.sources]]\nsource = "phpbb"\nurl = "http://{host}/viewforum.php?f=4"\n')
        (tmp_path / ".demo-host").write_text(host)
        assert sorted(crawled()) == ["f=4", "t=1", "t=1&start=2", "t=2", "t=3"]
        posts[1] = 4
        assert crawled() == ["f=4", "t=1", "t=1&start=2"]
        server.shutdown()
    with Store(tmp_path / "rapport.db") as store:
        assert list(store.rows("select outcome, reviews, replies, new_reviews, new_replies, problems from crawls order by rowid")) == [("finished", 3, 3, 3, 3, 0), ("finished", 1, 3, 0, 1, 0)]
        assert list(store.rows("select p.role, p.position from replies p join reviews r on r.id = p.review where r.source_id = '1' order by p.position")) == [("staff", 1), ("customer", 2), ("staff", 3)]
        assert list(store.rows("select what from changes")) == [("appeared",)]


# times

@pytest.mark.parametrize(("written", "language", "moment"), [
    ("Wed Jun 11, 2014 3:18 pm", "en", "2014-06-11T15:18"), ("Posted: Wed Jun 11, 2014 11:28 am", None, "2014-06-11T11:28"), ("de marta » Ven 7 Oct 2011 08:23", "fr", "2011-10-07T08:23"),
    ("Lun 12 Aoû 2013 13:16", "fr", "2013-08-12T13:16"), ("Mar 15 Mar 2014 10:00", "fr", "2014-03-15T10:00"), ("Mi 4. Mär 2026, 18:45", "de", "2026-03-04T18:45"), ("« Reply #1 on: April 14, 2014, 23:22:11 PM »", None, "2014-04-14T23:22"),
    ("15.11.2013 um 15:02 Uhr", "de", "2013-11-15T15:02"), ("07-24-2009,\xa0 08:46 PM", "en", "2009-07-24T20:46"), ("5 mars 2014 à 15 h 06 min", "fr", "2014-03-05T15:06"), ("15 марта 2014, 12:30", "ru", "2014-03-15T12:30"),
    ("śr 12 mar 2014 18:45", "pl", "2014-03-12T18:45"), ("12. března 2014, 18:45", "cs", "2014-03-12T18:45"), ("07 December 2015 - 12:15 AM", "en", "2015-12-07T00:15"), ("2014-03-12 18:45", "xx", "2014-03-12T18:45"),
    ("Today, 09:33 AM", "en", "2026-03-11T09:33"), ("Heute, 09:28", "de", "2026-03-11T09:28"), ("Gestern um 13:05 Uhr", "de", "2026-03-10T13:05"), ("Aujourd’hui, 14h03", "fr", "2026-03-11T14:03"), ("Вчера, 23:10", "ru", "2026-03-10T23:10"), ("11:32AM", "en", "2026-03-11T11:32"),
])
def test_a_time_is_read_as_the_forum_writes_it(written: str, language: str | None, moment: str) -> None:
    when = forum_dates.Clock(SEEN, language).read(written)
    assert when is not None and when.precision == "second" and when.earliest.isoformat().startswith(moment)


@pytest.mark.parametrize(("written", "language", "earliest", "latest"), [
    ("2 hours ago", "en", "2026-03-11T15:00", "2026-03-11T16:30"), ("vor 3 Stunden", "de", "2026-03-11T14:00", "2026-03-11T15:30"), ("12 jam, 17 menit yang lalu", "id", "2026-03-11T05:00", "2026-03-11T06:30"),
    ("vor 2 Tagen, 3 Stunden", "de", "2026-03-08T18:00", "2026-03-10T06:00"), ("Yesterday", "en", "2026-03-10T00:00", "2026-03-10T23:59"), ("December 2015", "en", "2015-12-01T00:00", "2015-12-31T23:59"),
])
def test_a_time_that_is_not_exact_stays_so(written: str, language: str, earliest: str, latest: str) -> None:
    when = forum_dates.Clock(SEEN, language).read(written)
    assert when is not None and when.earliest.isoformat().startswith(earliest) and when.latest.isoformat().startswith(latest)


def test_the_order_of_day_and_month_is_never_guessed_but_one_date_that_allows_a_single_reading_shows_it() -> None:
    clock = forum_dates.Clock(SEEN, "en")
    with pytest.raises(times.Ambiguous):
        clock.read("04-09-2026, 06:46 PM")
    assert clock.ordered(["04-09-2026, 06:46 PM", "04-19-2026, 08:00 AM"]).day_first is False
    assert clock.ordered(["04-19-2026", "19-04-2026"]).day_first is None
    assert forum_dates.Clock(SEEN, "en", day_first=True).ordered(["04-19-2026"]).day_first is True
    with pytest.raises(ValueError, match="is not a date"):
        clock.read("Level 7")


@pytest.mark.parametrize(("said", "hours"), [
    ("All times are GMT -5. The time now is 11:59 AM.", -5), ("Alle Zeitangaben in WEZ +1. Es ist jetzt 18:25 Uhr.", 1), ("Heures au format UTC", 0), ("All times are UTC + 1 hour", 1), ("All times are UTC + 1 hour [ DST ]", 2),
    ("Heures au format UTC [ Heure d’été ]", 1), ("All times are UTC+02:00", 2), ("All times are UTC−03:30", -3.5), ("Powered by a forum", 0),
])
def test_the_pages_own_clock_is_brought_to_utc(said: str, hours: float) -> None:
    assert forum_dates.offset(said) == timedelta(hours=hours)
    near = forum_dates.Clock(datetime(2026, 3, 11, 23, 30, tzinfo=UTC), "de", offset=timedelta(hours=1)).read("Heute, 00:20")
    assert near is not None and near.earliest == datetime(2026, 3, 11, 23, 20, tzinfo=UTC)


def test_a_board_teaches_the_order_to_topics_whose_own_dates_do_not_show_it() -> None:
    spider = SOURCES["vbulletin"]()
    place = sample(spider, HOST, {})
    thread = '<html id="vbulletin_html"><li class="postbit" id="post_1"><span class="postdate"><span class="date">04-09-2026, 06:46 PM</span></span><blockquote class="postcontent">Words</blockquote></li></html>'
    rows = '<html id="vbulletin_html"><li class="threadbit" id="thread_1"><a class="title" id="thread_title_1" href="showthread.php?t=1">A</a><dl class="threadlastpost"><dd>04-19-2026, <span>06:46 PM</span></dd></dl></li></html>'

    def draw(body: str) -> list[Any]:
        return list(spider.draw(HtmlResponse(f"{HOST}/showthread.php?t=1", body=body.encode(), encoding="utf-8"), place))
    assert [(getattr(d, "created", 0), getattr(d, "what", "")) for d in draw(thread)] == [(None, ""), (0, "1 dates may put the day or the month first")]
    draw(rows)
    [review] = draw(thread)
    assert review.created.earliest == datetime(2026, 4, 9, 18, 46, tzinfo=UTC)


@pytest.mark.parametrize(("page", "shown", "cure"), [
    ('<html><head><meta name="generator" content="Discourse 3.1"></head><body></body></html>', "it shows Discourse", 'use source = "discourse"'), ('<html id="XF"><body></body></html>', "it shows XenForo forums", 'use source = "xenforo"'),
    ('<html><head><meta name="generator" content="Lampboard 2"></head><body></body></html>', "it shows Lampboard 2", "look at the address in a browser: forums of other software are not read"),
    ("<html><body>Lamps</body></html>", "what software made it is not known", "look at the address in a browser: forums of other software are not read"),
])
def test_a_page_of_other_software_is_named_by_what_it_shows(page: str, shown: str, cure: str) -> None:
    records, _ = crawl(lambda url: page, f"{HOST}/viewforum.php?f=4")
    assert [(r.what, r.cure, r.sort) for r in records] == [(f"is no page of phpBB forums: {shown}", cure, "changed")]


# encodings

def page_of(encoding: str, words: str, declared: str = "") -> bytes:
    return topic(5, 1, 1).replace("Words 0", words).replace("<body", f"<head>{declared}</head><body").encode(encoding)


@pytest.mark.parametrize(("encoding", "words", "declared", "header"), [
    ("utf-8", "Größe: 5 €", '<meta charset="utf-8">', ""), ("cp1252", "Größe: “5 €”", '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">', ""),
    ("iso8859-15", "Größe: 5 €", '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-15">', ""), ("cp1251", "Лампа пришла разбитой", '<meta charset="windows-1251">', ""),
    ("cp1251", "Лампа пришла разбитой", "", "text/html; charset=windows-1251"), ("cp1251", "Лампа пришла разбитой, что теперь?", "", ""), ("cp1252", "Größe und Länge: été, déjà", "", ""), ("cp1252", "Größe", "", ""), ("utf-8", "Größe: 5 €", "", ""),
])
def test_the_words_of_old_boards_are_read_in_their_encoding(encoding: str, words: str, declared: str, header: str) -> None:
    spider = SOURCES["phpbb"]()
    answer = HtmlResponse(f"{HOST}/viewtopic.php?t=5", body=page_of(encoding, words, declared), headers={"Content-Type": header} if header else {})
    assert words in decoded(answer)
    assert [d.text for d in spider.draw(answer, sample(spider, answer.url, {})) if isinstance(d, Review)] == [words]


@pytest.mark.parametrize(("url", "kept"), [
    (f"{HOST}/index.php?PHPSESSID=0123456789abcdef0123456789abcdef;topic=311.0#new", f"{HOST}/index.php?topic=311.0"), (f"{HOST}/showthread.php?t=5&s=", f"{HOST}/showthread.php?t=5"),
    (f"{HOST}/forumdisplay.php?f=4&s=0123456789abcdef0123456789abcdef&page=2", f"{HOST}/forumdisplay.php?f=4&page=2"), (f"{HOST}/search?s=lamp", f"{HOST}/search?s=lamp"), (f"{HOST}/t?hilit=lamp&t=5", f"{HOST}/t?t=5"),
])
def test_an_address_is_kept_without_the_session(url: str, kept: str) -> None:
    assert ForumSpider.address(url) == kept


# what others wrote

OTHERS: dict[str, tuple[str, int, int, int]] = {
    "phpbb3_thread_fr.html": ("phpbb", 1, 4, 0), "phpbb3_forum_list_fr.html": ("phpbb", 0, 0, 26), "phpbb3_subsilver_thread.html": ("phpbb", 1, 5, 0),
    "vbulletin4_thread_p2.html": ("vbulletin", 0, 9, 0), "vbulletin4_forum_list.html": ("vbulletin", 0, 0, 24), "mindfactory_vb_orders_p1.html": ("vbulletin", 0, 0, 34),
    "xenforo1_thread_p1.html": ("xenforo", 1, 19, 1), "xenforo1_thread_p5.html": ("xenforo", 0, 20, 1), "xenforo2_thread_de.html": ("xenforo", 1, 17, 0),
    "bbpress_forum_p1.html": ("bbpress", 0, 0, 31), "bbpress_forum_p2.html": ("bbpress", 0, 0, 31), "vanilla_discussion.html": ("vanilla", 1, 30, 1), "vanilla_category_p1.html": ("vanilla", 0, 0, 32),
    "ipboard_thread.html": ("ipboard", 1, 6, 0), "smf_board.html": ("smf", 0, 0, 21), "discourse_topic_crawler.html": ("discourse", 1, 1, 0),
}
"""File to its source, and how many reviews, replies and requests (topics and next pages) it holds."""


def others(shared: Path, name: str, source: str) -> list[Any]:
    file, spider = shared / "samples" / "forums" / name, SOURCES[source]()
    return list(spider.draw(response(file, "https://site.invalid/", file.read_bytes()), sample(spider, "https://site.invalid/", {}, SEEN)))


@pytest.mark.shared
@pytest.mark.parametrize("name", OTHERS)
def test_every_page_that_others_saved_is_read_whole(shared: Path, name: str) -> None:
    source, *counts = OTHERS[name]
    drawn = others(shared, name, source)
    lines = [line for d in drawn for line in flat(d)]
    assert [[line["kind"] for line in lines].count(kind) for kind in ("review", "reply", "request")] == counts
    assert not [line for line in lines if line["kind"] == "problem"]
    assert not [line for line in lines if line["kind"] in ("review", "reply") and not (line.get("created") and line.get("author"))]
    posts = [line["id"] for line in lines if line["kind"] == "reply" and source != "discourse"]
    assert len(set(posts)) == len(posts) and all(p.isdigit() for p in posts)
    assert all(d.meta.get("mark") for d in drawn if isinstance(d, Request) and d.meta.get("item") and not counts[0] + counts[1])


@pytest.mark.shared
def test_a_shops_own_software_is_named_as_unknown(shared: Path) -> None:
    for name, kind in KINDS.items():
        [problem] = others(shared, "notebooksbilliger_forum_p1.html", name)
        assert (problem.sort, problem.what) == ("changed", f"is no page of {kind.title}: what software made it is not known")


@pytest.mark.shared
def test_each_page_that_others_saved_is_owned_by_one_kind(shared: Path) -> None:
    for file in sorted((shared / "samples" / "forums").glob("*.html")):
        page, source = BeautifulSoup(file.read_bytes(), "lxml"), OTHERS.get(file.name, (None,))[0]
        if file.name in OTHERS:
            assert [k.name for k in ForumSpider.kinds if k.owns(page)] == ([source] if source in KINDS else [])
