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
    gzip.compress(f"<html><body>{REVIEW}</body></html>".encode(), mtime=0),
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
    (b'{"reviews": []}', "page.html", "is JSON, not a web page"),
    (b"PK\x03\x04\0\0", "page.html", "is no web page but a zip archive"),
    (MHTML.format("text/plain", "https://a.example/", "words").encode(), "page.mht", "holds no web page: no part of it is HTML"),
    (b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xffcut", "page.html.gz", "cannot be unpacked"),
    (gzip.compress(b"<html>" + b" " * (opened.LARGEST + 1), mtime=0), "bomb.html.gz", "is larger than 32 MB"),
    (b"<html><body>" + b"<p>words</p>" * 4_500_000, "page.html", "is larger than 32 MB"),
    (b"<html><body>" + b"<p>words</p>" * 1_100_000, "page.html", "is longer than 12 million characters"),
], ids=["empty", "blank", "PDF", "picture", "Safari", "binary", "table", "JSON", "zip", "MHTML", "gzip", "bomb", "54 MB", "13 MB of text"])
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


# folders and archives


def names(folder: Path, *given: str) -> tuple[list[str], list[str]]:
    found = list(saved_files.pages(folder, list(given)))
    return [f.name for f in found if isinstance(f, File)], [f"{f.place}: {f.what}" for f in found if isinstance(f, Problem)]


def zipped(path: Path, **files: bytes) -> Path:
    with ZipFile(path, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return path


HTML = b"<!DOCTYPE html><html><body><p>words</p></body></html>"


def test_a_folder_gives_its_pages_and_counts_what_is_none(tmp_path: Path) -> None:
    for name in ("a/2.html", "a/deep/3.mhtml", "a/1.htm.gz", "a/no suffix", "a/1_files/saved_resource.html", "a/Seite-Dateien/x.html", "a/.hidden.html", "a/notes.txt", "a/photo.jpg", "b.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(HTML, mtime=0) if name.endswith(".gz") else b"words" if name.endswith((".txt", ".jpg")) else HTML)
    assert names(tmp_path, "a") == (["a/1.htm.gz", "a/2.html", "a/no suffix", "a/deep/3.mhtml"], ["a: 2 files are no pages: a/notes.txt, a/photo.jpg"])
    assert names(tmp_path, "a/2.html", "a/*.html", "b.html", str(tmp_path / "b.html"))[0] == ["a/2.html", "b.html"]


def test_a_path_that_leads_nowhere_is_told_with_what_was_probably_meant(tmp_path: Path) -> None:
    (tmp_path / "acme.html").write_bytes(HTML)
    (tmp_path / "empty").mkdir()
    assert names(tmp_path, "acne.html", "empty")[1] == ["acne.html: there is no such file or folder", "empty: holds no page"]


def test_a_zip_archive_gives_its_pages_and_nothing_is_unpacked(tmp_path: Path) -> None:
    zipped(tmp_path / "p.zip", **{"a/1.html": HTML, "../../2.html": HTML, "/root/3.html": HTML, "__MACOSX/1.html": HTML, "a/._1.html": HTML, "a/1_files/x.html": HTML, "a/logo.png": b"\x89PNG", "in.zip": b"PK\x03\x04"})
    found, problems = names(tmp_path, "p.zip")
    assert found == ["p.zip/../../2.html", "p.zip//root/3.html", "p.zip/a/1.html"]
    assert problems == ["p.zip/in.zip: is an archive inside an archive: it is not opened", "p.zip: 1 file is no page: p.zip/a/logo.png"]
    assert [opened.body(f) for f in saved_files.pages(tmp_path, ["p.zip"]) if isinstance(f, File)] == [HTML] * 3
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["p.zip"]


def encrypted(body: bytes) -> bytes:
    """A zip archive whose files say that they are encrypted."""
    at = body.index(b"PK\x01\x02")
    return body[:6] + b"\x01" + body[7:at + 8] + b"\x01" + body[at + 9:]


@pytest.mark.parametrize(("change", "what"), [
    (encrypted, "p.zip: is encrypted"), (lambda body: body[:-30], "p.zip: is no zip archive that can be read"), (lambda body: b"PK\x03\x04", "p.zip: is no zip archive"),
    (lambda body: b"PK\x05\x06" + b"\0" * 18, "p.zip: holds no page")])
def test_an_archive_that_cannot_be_read_is_one_problem(tmp_path: Path, change: Any, what: str) -> None:
    zipped(tmp_path / "p.zip", **{"1.html": HTML}).write_bytes(change((tmp_path / "p.zip").read_bytes()))
    found, (problem,) = names(tmp_path, "p.zip")
    assert (found, problem[:len(what)]) == ([], what)


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(tmp_path / "p.zip", **{f"{n}.html": HTML for n in range(4)})
    monkeypatch.setattr(saved_files, "MOST_FILES", 3)
    assert names(tmp_path, "p.zip") == ([], ["p.zip: holds 4 files: more than 3 are not read"])
    monkeypatch.setattr(saved_files, "MOST_FILES", 4)
    monkeypatch.setattr(saved_files, "MOST_UNPACKED", 100)
    assert "more than 0 are not read" in names(tmp_path, "p.zip")[1][0]


def test_a_damaged_page_in_an_archive_is_told_when_it_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", **{"1.html": HTML})
    path.write_bytes(path.read_bytes().replace(b"words", b"wordz"))
    (file,) = [f for f in saved_files.pages(tmp_path, ["p.zip"]) if isinstance(f, File)]
    with pytest.raises(Mistake, match="cannot be unpacked: Bad CRC-32"):
        opened.body(file)


@pytest.mark.parametrize(("name", "body", "pages"), [
    ("a.csv", HTML, False), ("a.xlsx", HTML, False), ("a.html", b"id,text", True), ("a.txt", HTML, True), ("a.txt", b"id\ttext", False), ("a", HTML, True), ("a.php", b"\n <html>", True),
    ("a.mht", b"", True), ("a.eml", MHTML.format("text/html", "", "").encode(), True), ("a.json.gz", gzip.compress(b"{}", mtime=0), False), ("a.gz", gzip.compress(HTML, mtime=0), True), ("a.zip", b"PK\x03\x04", True)])
def test_tables_and_pages_are_told_apart_by_what_is_in_them(tmp_path: Path, name: str, body: bytes, pages: bool) -> None:
    (tmp_path / name).write_bytes(body)
    assert saved_files.holds_pages(tmp_path / name) is pages


def test_a_workbook_under_another_name_is_a_table(tmp_path: Path) -> None:
    assert not saved_files.holds_pages(zipped(tmp_path / "book", **{"xl/workbook.xml": b""}))
    assert saved_files.holds_pages(zipped(tmp_path / "pages", **{"1.html": HTML})) and saved_files.holds_pages(tmp_path)


# lists, and what they stand for


def lists(*pages: tuple[int, int, str, str | None]) -> Lists:
    """Lists of which pages were saved: number, of how many, the ids on it, and what it was narrowed down to."""
    found = Lists()
    for number, of, ids, filtered in pages:
        found.add(part(number, of, "https://www.lamps.example/acme?p={n}", filtered), MAY, ids)
    return found


@pytest.mark.parametrize(("pages", "stands_for"), [
    ([], None),
    ([(1, 1, "a", None)], "whole"),
    ([(1, 2, "a", None), (2, 2, "b", None)], "whole"),
    ([(1, 3, "a", None), (3, 3, "b", None)], "sample"),
    ([(1, 3, "a", None)], "chosen"),
    ([(1, 1, "a", "stars=1")], "chosen"),
    ([(1, 2, "a", None), (2, 2, "b", None), (1, 1, "b", "stars=1")], "whole"),
    ([(1, 2, "a", None), (2, 2, "b", None), (1, 1, "c", "stars=1")], "chosen"),
    ([(1, 2, "a", None), (2, 2, "b", None), (0, 2, "b", None)], "whole"),
    ([(1, 2, "a", None), (2, 2, "b", None), (0, 2, "c", None)], "chosen"),
])
def test_what_saved_reviews_stand_for_is_told_by_the_lists_they_were_on(pages: list[tuple[int, int, str, str | None]], stands_for: str | None) -> None:
    assert lists(*pages).population() == stands_for


def test_missing_pages_are_one_problem_with_the_addresses_that_are_still_to_be_visited() -> None:
    (problem,) = lists(*((n, 12, str(n), None) for n in range(1, 13) if n not in (4, 7, 9))).problems()
    assert (problem.what, problem.sort) == ("3 of 12 pages are not saved: 4, 7, 9", "incomplete")
    assert problem.cure == "visit, save and import https://www.lamps.example/acme?p=4, https://www.lamps.example/acme?p=7, https://www.lamps.example/acme?p=9"
    (problem,) = lists((1, 400, "a", None), (3, 400, "b", None)).problems()
    assert problem.what == "398 of 400 pages are not saved: 2, 4 to 400", "none is left out"
    assert problem.cure == "visit, save and import https://www.lamps.example/acme?p=2, https://www.lamps.example/acme?p=4 to https://www.lamps.example/acme?p=400"
    (problem,) = lists(*((n, 400, str(n), None) for n in range(1, 401, 2))).problems()
    assert problem.what.endswith("38, 40 and 180 more") and problem.cure and problem.cure.count("https") == 20
    assert list(lists((1, 2, "a", None), (2, 2, "b", None)).problems()) == []


def test_the_newest_page_says_how_long_a_list_is() -> None:
    found = lists((1, 2, "a", None), (2, 2, "b", None))
    found.add(part(1, 3, "https://www.lamps.example/acme?p={n}"), datetime(2026, 6, 1, tzinfo=UTC), "ac")
    assert [p.what for p in found.problems()] == ["1 of 3 pages are not saved: 3"]


# a study


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(folder: Path, files: dict[str, str | bytes], more: str = "") -> Path:
    """A study of one place whose pages are these files."""
    (folder / "study.toml").write_text(f'{STUDY}\n[[companies.sources]]\nsource = "saved_page"\nname = "opinions"\nfiles = "pages"\norigin = "lamps"\n{more}\n')
    (folder / "pages").mkdir(exist_ok=True)
    for name, body in files.items():
        (folder / "pages" / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    return folder


def gather(folder: Path) -> tuple[list[Page], SavedPage]:
    """What the spider gives of the study's pages, as the crawl takes it, stored."""
    spider = SavedPage(study=str(folder))
    (place,) = spider.places.values()
    with Store(folder / "rapport.db", create=True) as store:
        study = studies.load(folder)
        register(store, study)
        run = Run.begin(store, study, place.profile, imported=True)
        found = []
        for item in spider._batches(spider.begin(place), place):
            assert isinstance(item, Page)
            run.take(item)
            found.append(item)
        run.finish("finished")
        register(store, study)
    return found, spider


def told(pages: list[Page]) -> list[str]:
    return [p.what for p in pages[-1].problems]


def profile(folder: Path) -> tables.Profile:
    with Store(folder / "rapport.db") as store:
        return next(store.read(tables.Profile))


def test_every_page_is_stored_as_itself_the_oldest_first_with_its_own_time(folder: Path, lamps: None) -> None:
    first, second = page(1, 2, row("a"), at="Sat May 02 2026 10:00:00", total=40), page(2, 2, row("b"), url="https://www.lamps.example/acme?p=2", total=39)
    pages, spider = gather(state(folder, {"1.html": first, "2.html": second}))
    assert [(p.url, p.seen_at, p.bytes, p.status, [r.id for r in p.reviews]) for p in pages] == [
        ("https://www.lamps.example/acme?p=2", datetime(2026, 5, 1, 10, tzinfo=UTC), len(second), None, ["b"]),
        ("https://www.lamps.example/acme", datetime(2026, 5, 2, 10, tzinfo=UTC), len(first), None, ["a"]),
        ("opinions", datetime(2026, 5, 2, 10, tzinfo=UTC), 0, None, [])]
    assert len({p.hash for p in pages}) == 3
    assert (told(pages), profile(folder).population, profile(folder).says_total) == ([], "whole", 40)
    assert spider.shows_replies(next(iter(spider.places.values()))) is True


def test_what_pages_stand_for_survives_until_study_toml_says_otherwise(folder: Path, lamps: None) -> None:
    files: dict[str, str | bytes] = {"1.html": page(1, 3, row("a")), "3.html": page(3, 3, row("c"))}
    pages, spider = gather(state(folder, files))
    assert told(pages) == ["1 of 3 pages are not saved: 2"]
    assert profile(folder).population == "sample" and next(iter(spider.places.values())).ends == ["incomplete"]
    (folder / "pages/2.html").write_text(page(2, 3, row("b")))
    gather(folder)
    assert profile(folder).population == "whole"
    (folder / "pages/1.html").unlink()
    (folder / "pages/2.html").unlink()
    assert "hand-picked" in told(gather(folder)[0])[1]
    assert profile(folder).population == "chosen"
    pages, _ = gather(state(folder, {}, 'population = "sample"'))
    assert (told(pages), pages[-1].population, profile(folder).population) == (["2 of 3 pages are not saved: 1, 2"], None, "sample")


def test_one_bad_file_never_loses_the_rest(folder: Path, lamps: None) -> None:
    pages, spider = gather(state(folder, {"0.html": b"", "1.html": page(1, 1, row("a")), "2.html": "<html><body>a shop</body></html>", "3.mht": MHTML.format("text/plain", "", "x"),
                                          "4.html": page(1, 1, url="https://www.lamps.example/none").replace('"rows"', '"lines"'), "5.zip": b"PK\x03\x04"}, "collected_at = 2026-05-01"))
    assert [r.id for p in pages for r in p.reviews] == ["a"]
    assert sorted((p.place, p.sort) for page in pages for p in page.problems) == [
        ("pages/0.html", "failed"), ("pages/2.html", "changed"), ("pages/3.mht", "failed"), ("pages/4.html", "changed"), ("pages/5.zip", "failed")]
    assert next(iter(spider.places.values())).ends == ["incomplete"]


def test_pages_that_do_not_say_when_they_were_saved_wait_for_the_day(folder: Path, lamps: None) -> None:
    files: dict[str, str | bytes] = {f"{n}.html": page(n, 3, row(str(n)), at=None) for n in (1, 2, 3)}
    pages, spider = gather(state(folder, files))
    assert told(pages) == ["3 pages (pages/1.html and 2 more) do not say the day of saving: left out, because nothing can be said about waiting without it"]
    assert next(iter(spider.places.values())).ends == ["failed"]
    pages, _ = gather(state(folder, {"2.html": page(2, 3, row("2"))}, "collected_at = 2026-05-03"))
    assert [(p.seen_at.day, [r.id for r in p.reviews]) for p in pages] == [(1, ["2"]), (3, ["1"]), (3, ["3"]), (3, [])]


def test_a_review_that_moved_to_the_next_page_goes_in_once_and_on_a_later_day_again(folder: Path, lamps: None) -> None:
    nameless = row(None, "Nobody ever answered any of my three letters.", author="Bo")
    files: dict[str, str | bytes] = {"1.html": page(1, 2, row("a"), row("b"), nameless), "2.html": page(2, 2, row("b"), nameless, row("c"), at="Fri May 01 2026 10:20:00"),
                                     "later.html": page(1, 2, row("b", answers=["Sorry."]), row("a", "Mended, thanks."), nameless, at="Mon Jun 01 2026 08:00:00")}
    pages, _ = gather(state(folder, files))
    assert [[r.id for r in p.reviews] for p in pages] == [["a", "b", None], ["c"], ["b", "a"], []]
    with Store(folder / "rapport.db") as store:
        assert store.one("select count(*) from reviews") == 4
        assert list(store.rows("select what, noticed_at from changes order by what")) == [("appeared", "2026-06-01T08:00:00Z"), ("edited", "2026-06-01T08:00:00Z")]


def test_the_later_pages_of_a_topic_wait_for_the_page_with_its_beginning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Topics(Lamps):
        def read(self, page: Saved) -> Iterator[Found]:
            yield Reply("Me too.", "customer", id="2", review="a") if "p=2" in page.url else Review("a", "The lamp came broken.", complete=False)

    monkeypatch.setattr(readers, "sites", lambda: (Topics,))
    gather(state(folder, {"1.html": page(1, 1, at="Sat May 02 2026 10:00:00"), "2.html": page(1, 1, url="https://www.lamps.example/acme?p=2")}))
    with Store(folder / "rapport.db") as store:
        assert list(store.rows("select count(*), (select count(*) from problems where place like '%reply%') from replies")) == [(1, 0)]


def test_pages_of_another_site_are_told_and_taken_where_the_study_asks_for_them(folder: Path, lamps: None) -> None:
    other = f'<html>{SINGLE.format("https://www.shop.example/lamp", "Sat May 02 2026 10:00:00")}<body>{REVIEW}</body></html>'
    pages, _ = gather(state(folder, {"1.html": page(1, 1, row("a")), "2.html": other}))
    assert [r.id for p in pages for r in p.reviews] == ["a"]
    assert "1 page (pages/2.html) is of shop.example, not of lamps: left out" in told(pages)[0]
    pages, spider = gather(state(folder, {}, 'site = "shop.example"'))
    assert ([r.author for p in pages for r in p.reviews], told(pages)[0][:30]) == (["Jörg"], "these reviews are hand-picked,")
    assert not pages[0].reviews[0].complete and spider.shows_replies(next(iter(spider.places.values()))) is None


def test_a_page_that_goes_on_is_told_until_the_next_one_is_saved(folder: Path) -> None:
    first = f'<html>{SINGLE.format("https://www.shop.example/lamp", "Sat May 02 2026 10:00:00")}<body>{REVIEW}<a rel="next" href="/lamp/?page=2">Next</a></body></html>'
    pages, _ = gather(state(folder, {"1.html": first}))
    assert told(pages)[0] == "the page that goes on with these is not saved"
    assert pages[-1].problems[0].cure == "visit, save and import https://www.shop.example/lamp/?page=2"
    (folder / "pages/2.html").write_text(first.replace("example/lamp", "example/lamp?page=2").replace("Jörg", "Ina").replace('rel="next"', ""))
    assert "hand-picked" in told(gather(folder)[0])[0]


def test_a_site_that_programs_may_not_read_asks_for_a_ground(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lamps, "hosts", ("trustpilot.",))
    monkeypatch.setattr(readers, "sites", lambda: (Lamps,))
    body = page(1, 1, row("a"), url="https://de.trustpilot.com/review/acme.example")
    pages, spider = gather(state(folder, {"1.html": body}))
    assert "1 page (pages/1.html) is of Trustpilot, which programs may not read" in told(pages)[0]
    assert (next(iter(spider.places.values())).ends, [p for p in pages if p.reviews]) == (["refused"], [])
    pages, _ = gather(state(folder, {}, 'basis = "read by hand"'))
    assert [r.id for p in pages for r in p.reviews] == ["a"]


def test_a_page_is_its_hosts_before_it_is_anybodys_who_knows_its_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    class All(Site):
        name, title, hosts = "all", "All", ("all.example",)

        @classmethod
        def owns(cls, page: Saved) -> bool:
            return True

    monkeypatch.setattr(readers, "sites", lambda: (All, Lamps))
    assert [readers.whose(Saved("<html></html>", "p", f"https://{host}/")).name for host in ("de.lamps.example", "lamps.co.uk", "clamps.example", "lamps")] == ["lamps", "lamps", "all", "all"]


def test_every_site_is_found_and_a_file_that_cannot_be_imported_stops_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {s.name for s in saved.sites()} >= {"indeed", "glassdoor"}
    monkeypatch.setattr(saved, "SITES", "spiders.nowhere")
    with pytest.raises(ModuleNotFoundError):
        saved.sites.__wrapped__()


# as a person does it


def rapport(*arguments: str, code: int = 0) -> str:
    """Runs a command in a process of its own; returns what it printed on both streams."""
    done = subprocess.run([sys.executable, "-m", "enrich.cli", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def drawn(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rapport("parse", "saved_page", *arguments, code=code).splitlines()]


def test_parse_reads_one_page_of_any_kind(folder: Path) -> None:
    (folder / "p.html.gz").write_bytes(gzip.compress((CASES / "generic_singlefile.html").read_bytes()))
    assert [d["id"] for d in drawn(str(folder / "p.html.gz"))] == ["r-71", "r-72"]
    assert [d["author"] for d in drawn(str(CASES / "generic_blink.mhtml"))] == ["Jörg"]
    assert drawn(str(CASES / "generic_undated.html"))[-1]["cure"] == "say when it was saved: --seen YYYY-MM-DD"
    assert [d["created"]["precision"] for d in drawn(str(CASES / "generic_undated.html"), "--seen", "2026-04-02")] == ["interval", "day"]
    (folder / "empty.html").touch()
    assert drawn(str(folder / "empty.html"), code=1) == [{"kind": "problem", "place": "empty.html", "what": "is empty", "cure": "save the page again in a browser: Ctrl+S, or Cmd+S", "sort": "failed"}]
    (folder / "damaged.html.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xffcut")
    assert "cannot be unpacked" in drawn(str(folder / "damaged.html.gz"), code=1)[0]["what"]
    assert "is no web page but a zip archive" in drawn(str(zipped(folder / "p.zip", **{"1.html": HTML})), code=1)[0]["what"]


def shop(n: int, day: str = "Fri May 01 2026 10:00:00", host: str = "www.shop.example") -> str:
    """A page of a shop with marked-up reviews."""
    reviews = "".join(f'<div itemscope itemtype="https://schema.org/Review" data-review-id="s{n}-{i}"><span itemprop="author">Ann {i}</span><meta itemprop="datePublished" content="2026-03-0{i}">'
                      f'<p itemprop="reviewBody">Lamp {n}-{i} came broken, and nobody answers.</p></div>' for i in (1, 2))
    return f'<!DOCTYPE html><html lang="en">{SINGLE.format(f"https://{host}/lamp/{n}", day)}<body>{reviews}</body></html>'


@pytest.fixture
def study(folder: Path) -> Path:
    (folder / "study.toml").write_text(STUDY)
    return folder


def test_an_import_of_pages_takes_site_and_day_from_them_and_can_be_run_twice(study: Path) -> None:
    (study / "saved").mkdir()
    (study / "saved/1.html").write_text(shop(1))
    (study / "saved/2.html").write_text(shop(2))
    said = rapport("import", "saved", "--company", "acme")
    assert "Acme on shop.example, shop.example: finished: 4 reviews (4 new)" in said and "hand-picked" in said
    assert (study / "study.toml").read_text() == STUDY + '\n[[companies.sources]]\nsource = "saved_page"\nname = "shop.example"\nfiles = "saved"\norigin = "shop.example"\n'
    assert "4 reviews (0 new)" in rapport("import", "saved", "--company", "acme")
    (study / "3.html").write_text(shop(3))
    assert "6 reviews (2 new)" in rapport("import", "3.html", "saved/1.html", "--company", "acme")
    assert (study / "study.toml").read_text().count("files = [\"saved\", \"3.html\"]") == 1
    assert [(p["reviews"], p["key"]) for p in json.loads(rapport("status", "--json"))["places"]] == [(6, "shop.example")]


def test_newer_pages_under_another_day_are_a_later_look_at_the_same_reviews(study: Path) -> None:
    for day, words in (("2026-05-01", "broken"), ("2026-06-01", "mended")):
        zipped(study / f"{day}.zip", **{"1.html": re.sub("<!--.*?-->", "", shop(1), flags=re.S).replace("broken", words).encode()})
    assert "add --seen YYYY-MM-DD" in rapport("import", "2026-05-01.zip", "--company", "acme", code=1)
    assert (study / "study.toml").read_text() == STUDY
    rapport("import", "2026-05-01.zip", "--company", "acme", "--seen", "2026-05-01", "--origin", "shop")
    assert "2 reviews (0 new), 0 replies (0 new), 2 changes" in rapport("import", "2026-06-01.zip", "--company", "acme", "--collected-at", "2026-06-01", "--origin", "shop")
    assert re.findall("name = (.*)", (study / "study.toml").read_text()) == ['"Acme"', '"shop"', '"shop 2"']
    with closing(sqlite3.connect(study / "rapport.db")) as store:
        assert store.execute("select count(*), min(text) from reviews").fetchone() == (2, "Lamp 1-1 came mended, and nobody answers.")


def test_pages_of_several_sites_become_a_place_each_and_a_site_that_forbids_programs_asks_for_a_ground(study: Path) -> None:
    zipped(study / "pages.zip", **{"a.html": shop(1).encode(), "b.html": shop(2, host="www.complaintsboard.com").encode(), "empty.html": b""})
    said = rapport("import", "pages.zip", "--company", "acme", code=1)
    assert "ComplaintsBoard" in said and 'add --basis "…"' in said and "never that it is lawful" in said
    assert "these pages are of several sites" in rapport("import", "pages.zip", "--company", "acme", "--origin", "x", code=1)
    assert (study / "study.toml").read_text() == STUDY
    (study / "broken.html").write_bytes(b"%PDF")
    (study / "acme.csv").write_text("id,text,rating,date\n1,They never answered.,1,2026-03-01\n")
    said = rapport("import", "pages.zip", "broken.html", "acme.csv", "--company", "acme", "--basis", "saved by hand", "--seen", "2026-05-03")
    assert said.count("2 reviews (2 new)") == 2 and said.count("1 review (1 new)") == 1
    assert "broken.html: is no web page but a PDF" in said and "pages.zip/empty.html: is empty" in said
    text = (study / "study.toml").read_text()
    assert 'site = "shop.example"' in text and 'site = "complaintsboard.com"' in text and text.count('basis = "saved by hand"') == 3


def test_what_nobody_reads_is_told_and_changes_nothing(study: Path) -> None:
    (study / "a.html").write_text("<html><body>a shop</body></html>")
    (study / "b.html").write_bytes(b"")
    said = rapport("import", "a.html", "b.html", "--company", "acme", "--seen", "2026-05-03", code=1)
    assert "a.html: nobody reads this page" in said and "b.html: is empty" in said
    assert (study / "study.toml").read_text() == STUDY
    assert "there is no such file" in rapport("import", "c.html", "--company", "acme", code=1)


def test_an_export_that_is_given_as_a_page_is_told_where_it_belongs() -> None:
    with pytest.raises(Mistake) as said:
        opened.page("export.json", b'[{"review": "Fine <b>", "stars": 5}]')
    assert (said.value.what, said.value.cure) == ("is JSON, not a web page", 'an export is read as a table: source = "table"')
