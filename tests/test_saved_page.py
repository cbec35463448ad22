"""Pages that a person saved: how they are opened, whose they are, which of a list are missing, and what they stand for."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from scrapy.http import Response

from enrich import study as studies
from enrich import tables
from enrich.ledger import Run, register
from enrich.mistakes import Mistake
from enrich.records import Page, Problem, Reply, Review, Total
from enrich.store import Store
from spiders.platforms import opened, readers, saved, saved_files
from spiders.platforms.base import sample
from spiders.platforms.files import File
from spiders.platforms.lists import Lists
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.sources.saved_page import SavedPage

CASES = Path(__file__).parent / "cases" / "saved_page"
MAY = datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC)
SINGLE = "<!--\n Page saved with SingleFile \n url: {} \n saved date: {} GMT+0000 (UTC)\n-->"
STUDY = 'title = "Lamps"\n\n[[companies]]\nname = "Acme"\n'


class Lamps(Site):
    """A site of our own, whose pages hold their list as JSON."""

    name = "lamps"
    title = "Lamp Opinions"
    hosts = ("lamps.",)

    def read(self, page: Saved) -> Iterator[Found]:
        script = page.soup.select_one("#state")
        state = json.loads(script.string or "") if script else {}
        for row in state["rows"]:
            yield Review(row["id"], row["text"], author=row.get("author"), created=page.when(row.get("date"), "review"), replies=[Reply(a) for a in row.get("answers", [])])
        yield from part(state["page"], state["of"], "https://www.lamps.example/acme?p={n}", state.get("filter"))
        if "total" in state:
            yield Total(state["total"])


@pytest.fixture
def lamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "sites", lambda: (Lamps,))


def row(id: str | None, text: str = "The lamp came broken.", **more: Any) -> dict[str, Any]:
    return {"id": id, "text": text, "date": "2026-03-01", "author": f"Ann {id}", **more}


def page(number: int, of: int, *rows: dict[str, Any], at: str | None = "Fri May 01 2026 10:00:00", url: str = "https://www.lamps.example/acme", **state: Any) -> str:
    note = SINGLE.format(url, at) if at else f"<!-- saved from url=(0030){url} -->"
    return f'<!DOCTYPE html><html>{note}<body><script id="state" type="application/json">{json.dumps({"rows": rows, "page": number, "of": of, **state})}</script></body></html>'


def draw(body: bytes | str, name: str = "page.html", url: str | None = None, seen: datetime | None = None, **options: Any) -> list[Any]:
    spider = SavedPage()
    at = url or f"file:///pages/{name}"
    return list(spider.draw(Response(at, body=body.encode() if isinstance(body, str) else body), sample(spider, at, options, seen)))


def problems(drawn: list[Any]) -> list[str]:
    return [d.what for d in drawn if isinstance(d, Problem)]


# opening a file


REVIEW = '<div itemscope itemtype="https://schema.org/Review"><span itemprop="author">Jörg</span><p itemprop="reviewBody">Schöne Lampe, für Wochen keine Antwort.</p></div>'


@pytest.mark.parametrize("body", [
    f"<html><body>{REVIEW}</body></html>".encode(),
    b"\xef\xbb\xbf" + f"<html><body>{REVIEW}</body></html>".encode(),
    f"<html><body>{REVIEW}</body></html>".encode("utf-16"),
    f"<html><body>{REVIEW}</body></html>".encode("utf-16-le"),
    f'<html><head><meta charset="windows-1252"></head><body>{REVIEW}</body></html>'.encode("cp1252"),
    f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-15"></head><body>{REVIEW}</body></html>'.encode("iso8859-15"),
    f"<html><head>{' ' * 9000}<meta charset=latin1></head><body>{REVIEW}</body></html>".encode("latin1"),
    f"<html><body>{REVIEW}</body></html>".encode("cp1252"),
    f'<html><head><meta charset="iso-8859-1"></head><body>{REVIEW}</body></html>'.encode(),
    gzip.compress(f"<html><body>{REVIEW}</body></html>".encode()),
], ids=["utf-8", "byte order mark", "utf-16", "utf-16 without a mark", "meta", "http-equiv", "late meta", "guessed", "saved anew as utf-8", "gzip"])
def test_a_page_is_read_in_the_encoding_that_it_is_in(body: bytes) -> None:
    (review,) = [d for d in draw(body) if isinstance(d, Review)]
    assert (review.author, review.text) == ("Jörg", "Schöne Lampe, für Wochen keine Antwort.")


def test_a_page_in_cyrillic_letters_that_does_not_name_its_encoding_is_guessed() -> None:
    text = "Лампа пришла разбитой, и на три письма никто не ответил за несколько недель."
    body = f'<html><body><div itemscope itemtype="https://schema.org/Review"><p itemprop="reviewBody">{text}</p></div></body></html>'
    assert [d.text for d in draw(body.encode("cp1251"))] == [text]


@pytest.mark.parametrize(("body", "address", "seen"), [
    ("<html><!--\n Page saved with SingleFile \n url: https://a.example/x?p=2 \n saved date: Sat Jul 04 2026 14:06:43 GMT+0200 (Mitteleuropäische Sommerzeit)\n--><body>",
     "https://a.example/x?p=2", datetime(2026, 7, 4, 12, 6, 43, tzinfo=UTC)),
    ("<html><!-- Archive processed by SingleFile url: https://a.example/x saved date: Sat Jul 04 2026 14:06:43 GMT-0330 (X) --><body>", "https://a.example/x", datetime(2026, 7, 4, 17, 36, 43, tzinfo=UTC)),
    ("<!DOCTYPE html>\n<!-- saved from url=(0026)https://a.example/x%2D%2Dy -->\n<html><body>", "https://a.example/x--y", None),
    ('<html><head><meta name="savepage-url" content="https://a.example/x?a=1&amp;b=2">\n<meta name="savepage-date" content="Thu Mar 05 2026 01:03:06 GMT+0200 (EET)"></head><body>',
     "https://a.example/x?a=1&b=2", datetime(2026, 3, 4, 23, 3, 6, tzinfo=UTC)),
    ('<html data-scrapbook-source="https://a.example/x" data-scrapbook-create="20260305010306123"><body>', "https://a.example/x", datetime(2026, 3, 5, 1, 3, 6, tzinfo=UTC)),
    ("<!-- Saved from https://a.example/x at 2026-03-05T01:03:06Z using monolith v2.8.1 --><html><body>", "https://a.example/x", datetime(2026, 3, 5, 1, 3, 6, tzinfo=UTC)),
    ("<!-- saved from url=(0060)https://web.archive.org/web/20260305010306/https://a.example/x -->\n<html><body>", "https://a.example/x", datetime(2026, 3, 5, 1, 3, 6, tzinfo=UTC)),
    ('<html><head><link rel="canonical" href="https://a.example/x"></head><body>', "https://a.example/x", None),
    ('<html><head><link rel="canonical" href="http://[broken"><meta property="og:url" content="https://a.example/x"></head><body>', "https://a.example/x", None),
], ids=["SingleFile", "old SingleFile", "Chrome", "Save Page WE", "WebScrapBook", "monolith", "an archive", "canonical", "broken canonical"])
def test_a_page_says_where_and_when_it_was_saved(body: str, address: str, seen: datetime | None) -> None:
    found = opened.page("p.html", f"{body}<p>words</p></body></html>".encode())
    assert (found.url, found.seen_at) == (address, seen)


def test_what_a_person_says_of_a_page_fills_what_it_does_not_say_and_its_address_is_the_persons() -> None:
    noted = b"<html><!--\n Page saved with SingleFile \n url: https://a.example/x \n saved date: Sat Jul 04 2026 14:06:43 GMT+0000 (UTC)\n--><body></body></html>"
    found = opened.page("p.html", noted, "https://b.example/", MAY)
    assert (found.url, found.seen_at) == ("https://b.example/", datetime(2026, 7, 4, 14, 6, 43, tzinfo=UTC))
    assert opened.page("p.html", b"<html><body></body></html>", seen_at=MAY).seen_at == MAY


def test_the_day_of_the_file_itself_is_never_taken(tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text("<html><body></body></html>")
    assert opened.page("p.html", opened.body(File("p.html", lambda: (tmp_path / "p.html").open("rb")))).seen_at is None


# files that are no pages, or broken ones


MHTML = "From: <Saved by Blink>\r\nDate: Fri, 3 Apr 2026 06:15:00 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: {}\r\nContent-Location: {}\r\n\r\n{}\r\n--b--\r\n"


@pytest.mark.parametrize(("body", "name", "what"), [
    (b"", "empty.html", "is empty"),
    (b"\xef\xbb\xbf \n", "blank.html", "is empty"),
    (b"%PDF-1.7 \0\0", "page.html", "is no web page but a PDF"),
    (b"\x89PNG\r\n\x1a\n\0\0", "page.html", "is no web page but a picture"),
    (b"bplist00\xd1\0", "page.webarchive", "is no web page but a web archive of Safari"),
    (b"\x01\x02\0\0\x07" * 100, "page.html", "is no web page but binary data"),
    (b"id,text\n1,They never answered.\n", "page.html", "is no web page"),
    (b'{"reviews": []}', "page.html", "is no web page"),
    (b"PK\x03\x04\0\0", "page.html", "is no web page but a zip archive"),
    (MHTML.format("text/plain", "https://a.example/", "words").encode(), "page.mht", "holds no web page: no part of it is HTML"),
    (b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xffcut", "page.html.gz", "cannot be unpacked"),
    (gzip.compress(b"<html>" + b" " * (opened.LARGEST + 1)), "bomb.html.gz", "is larger than 32 MB"),
    (b"<html><body>" + b"<p>words</p>" * 4_500_000, "page.html", "is larger than 32 MB"),
], ids=["empty", "blank", "PDF", "picture", "Safari", "binary", "table", "JSON", "zip", "MHTML", "gzip", "bomb", "54 MB"])
def test_a_file_that_is_no_page_is_one_problem_that_names_it(body: bytes, name: str, what: str) -> None:
    (problem,) = draw(body, name)
    assert (problem.place, problem.sort, problem.what[:len(what)]) == (name, "failed", what)
    assert problem.cure


def test_an_mhtml_file_of_old_browsers_says_where_and_when_it_was_saved() -> None:
    found = opened.page("p.mht", MHTML.format('text/html; charset="windows-1252"', "https://a.example/x", "<html><body>Für immer</body></html>").encode("cp1252"))
    assert (found.url, found.seen_at, found.soup.body and found.soup.body.text) == ("https://a.example/x", datetime(2026, 4, 3, 4, 15, tzinfo=UTC), "Für immer")
    assert opened.page("p.mht", MHTML.format("text/html", "file://C:\\x.htm", "<html></html>").replace("Fri, 3", "Someday").encode()).seen_at is None


@pytest.mark.parametrize(("rest", "early"), [
    ("</body></html>", False), ("</body></html>\n<!-- cached -->\n", False), ("</div>", False), ("<p>The end of my wor", True), ('<div class="re', True),
    ("<script>var a = '</div>'; b = '<p>'", True), ("<!-- a note <b>", True), ("<script>let a = 1</script>", False),
])
def test_a_page_that_was_cut_off_says_so(rest: str, early: bool) -> None:
    found = opened.page("p.html", f"<html><body><p>words</p>{rest}".encode())
    assert [p.sort for p in found.problems] == ["incomplete"] * early


def test_what_comes_after_a_large_picture_is_read() -> None:
    body = f'<html><body><img src="data:image/png;base64,{"A" * (11 << 20)}">{REVIEW}</body></html>'
    assert [d.author for d in draw(body)] == ["Jörg"]


# what one page holds


def test_a_page_of_a_site_is_read_by_it_and_nothing_is_asked(lamps: None) -> None:
    drawn = draw(page(2, 3, row("a", answers=["Sorry."]), row("b"), total=44))
    assert [(r.id, r.complete, len(r.replies)) for r in drawn[:2]] == [("a", True, 1), ("b", True, 0)]
    assert drawn[2].number == 2 and drawn[2].addresses == tuple(f"https://www.lamps.example/acme?p={n}" for n in (1, 2, 3))
    assert drawn[3:] == [Total(44)]


def test_a_review_that_stands_twice_on_a_page_comes_once_and_whole(lamps: None) -> None:
    drawn = draw(page(1, 1, row("a", "The lamp …"), row("a", answers=["Sorry."]), row(None, "The lamp came bro…", author="Ann b"), row("b", author="Ann b")))
    assert [(r.id, r.text, len(r.replies)) for r in drawn if isinstance(r, Review)] == [("a", "The lamp came broken.", 1), ("b", "The lamp came broken.", 0)]


def test_people_without_names_may_say_the_same(lamps: None) -> None:
    assert len([r for r in draw(page(1, 1, row(None, "Good.", author=None), row(None, "Good.", author=None))) if isinstance(r, Review)]) == 2


def test_a_page_of_another_layout_is_a_problem_and_keeps_what_came(lamps: None) -> None:
    drawn = draw(page(1, 1, row("a"), {"name": "nothing else"}))
    assert isinstance(drawn[0], Review)
    assert "its layout is not the one of Lamp Opinions that is known: KeyError: 'id'" in problems(drawn)[0]
    (nothing,) = draw(page(1, 1))[1:]
    assert (nothing.sort, nothing.what) == ("changed", "is a page of Lamp Opinions, but no review could be read in it")
    assert problems(draw(page(1, 1, total=0))) == []


def test_times_that_count_back_are_one_problem_where_nobody_says_when(lamps: None) -> None:
    body = page(1, 1, *(row(str(n), date=f"{n} months ago") for n in range(2, 9)), row("x", date="someday"), at=None)
    assert problems(draw(body)) == ["review: 'someday' is not a date", "7 dates are told by how long ago they were ('2 months ago'), and nobody says when the page was saved: they are left out"]
    assert all(r.created for r in draw(body, seen=MAY)[:7]) and all(r.created for r in draw(body, collected_at="2026-05-01")[:7])
