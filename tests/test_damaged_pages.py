"""Pages that come cut off, or in another encoding than they say: read as far as they can be, and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.http import HtmlResponse, TextResponse

from enrich import crawling
from enrich.store import Store
from spiders.platforms import pages
from tests.test_politeness import REVIEW, served

UTF8 = {"Content-Type": "text/html; charset=utf-8"}


def page(body: str | bytes, headers: dict[str, str] = UTF8) -> HtmlResponse:
    return HtmlResponse("https://acme.example/reviews", body=body if isinstance(body, bytes) else body.encode(), headers=headers)


@pytest.mark.parametrize(("text", "encoding"), [("<html>Die Auskunft war unhöflich.</html>", "cp1252"), ('<html lang="ru">Никто не отвечает.</html>', "cp1251")])
def test_a_page_that_says_utf_8_and_is_not_is_read_as_one_that_says_nothing(text: str, encoding: str) -> None:
    assert pages.decoded(page(text.encode(encoding))) == text


@pytest.mark.parametrize("body", ["<html>Die Auskunft war unhöflich.</html>".encode(), "<html>They wrote \ufffd\ufffd.</html>".encode(), b"<html>Plain.</html>"])
def test_a_page_in_the_encoding_that_it_states_is_read_so(body: bytes) -> None:
    assert pages.decoded(page(body)) == body.decode() and list(pages.damage(page(body))) == []


def test_single_letters_that_cannot_be_read_are_counted_and_the_others_stay() -> None:
    body = "<html>Zürich, Köln, Malmö: ".encode() + b"\xff\xfe</html>"
    assert "Zürich, Köln, Malmö" in pages.decoded(page(body))
    assert [(p.what, p.sort) for p in pages.damage(page(body))] == [("2 letters are not in the encoding that the page states (utf-8) and cannot be read", None)]


@pytest.mark.parametrize(("text", "cut"), [
    ("<!doctype html><html><body><p>The parcel ne", True), ("<html><body><p>The parcel <span cla", True), ("<html><body><script>var a = '<p>';", True),
    ("<!doctype html><html><body><p>The parcel never came.</p>", False), ("<html><body><p>The parcel never came.</p></body></html>\n", False), ("<p>A fragment without", False), ('{"cooked": "<html>"', False)])
def test_a_page_that_ends_in_the_middle_is_told_from_one_that_only_leaves_ends_out(text: str, cut: bool) -> None:
    response = page(text) if text.startswith("<") else TextResponse("https://acme.example/latest.json", body=text.encode())
    assert [p.sort for p in pages.damage(response)] == (["incomplete"] if cut else [])


def test_what_came_of_a_page_that_is_cut_off_goes_in_and_the_crawl_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    with served({"/reviews": (200, {}, f"<html><body>{REVIEW.format(1)}{REVIEW.format(2)[:-80]}")}) as site:
        (tmp_path / "study.toml").write_text(f'title = "Shops"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "schema_org"\nurl = "http://{site.host}/reviews"\n')
        (tmp_path / ".demo-host").write_text(site.host)
        assert crawling.crawl("schema_org", {"DOWNLOAD_DELAY": "0"}, study=str(tmp_path)) == 0
    with Store(tmp_path / "rapport.db") as store:
        assert list(store.rows("select outcome from crawls")) == [("incomplete",)]
        assert list(store.rows("select sort, what from problems")) == [("incomplete", "ends in the middle: the rest of the page did not come")]
        assert "The parcel 1 never came." in [text for (text,) in store.rows("select text from reviews")]
