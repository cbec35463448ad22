"""Striking from a page: what a strategist sees, who may, and what is never offered on pages for others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasette.app import Datasette

from enrich import serve, strike
from enrich.enrichment import enrich
from enrich.store import Store
from tests.test_publish import serving
from tests.test_strike import FINDING, address, made

pytestmark = pytest.mark.asyncio
HOME = {"host": "localhost:8001"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with made(tmp_path) as opened:
        yield opened


@pytest.fixture
def study(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A study with findings, served on its own machine."""
    enrich(store)
    monkeypatch.setenv(serve.STRIKES_IN, str(tmp_path / "study.toml"))
    yield tmp_path


async def forms(site: Datasette, path: str, **headers: str) -> tuple[list[dict[str, str]], dict[str, str]]:
    """What the forms of a page would send, and its cookies."""
    page = await site.client.get(path, headers={**HOME, **headers})
    assert page.status_code == 200
    sent = [dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)) for form in re.findall(r'<form class="strike".*?</form>', page.text, re.S)]
    return sent, dict(page.cookies)


@pytest.mark.parametrize("path", ["/review/r", f"/finding/{FINDING}"])
async def test_a_mention_is_struck_and_taken_back_with_the_buttons_of_the_page(study: Path, store: Store, path: str) -> None:
    site = await serving(study / "rapport.db")
    wrong = address(store, "r", "theme:heard-")
    sent, cookies = await forms(site, path)
    form = next(f for f in sent if f["mention"] == wrong)
    done = await site.client.post("/strike", data={**form, "because": "sarcasm"}, cookies=cookies, headers=HOME)
    assert (done.status_code, done.headers["location"]) == (303, path)
    page = (await site.client.get(f"/finding/{FINDING}", headers=HOME)).text
    assert all(said in page for said in ("1 struck by hand", "<del>ignored me</del>", "sarcasm"))
    assert "<del>ignored me</del>" in (await site.client.get("/review/r", headers=HOME)).text
    sent, cookies = await forms(site, path)
    back = next(f for f in sent if f["mention"] == wrong)
    assert back["undo"] == "1"
    await site.client.post("/strike", data=back, cookies=cookies, headers=HOME)
    assert store.one("select count(*) from strikes") == 0
    assert address(store, "r", "theme:heard-") == wrong


async def test_pages_for_others_show_what_was_struck_and_offer_no_striking(study: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    strike.strike(store, [strike.Wish(address(store, "r", "theme:heard-"), "sarcasm")])
    enrich(store)
    monkeypatch.delenv(serve.STRIKES_IN)
    site = await serving(study / "rapport.db")
    for path in ("/review/r", f"/finding/{FINDING}"):
        page = (await site.client.get(path, headers=HOME)).text
        assert "<del>ignored me</del>" in page and 'action="/strike"' not in page and "csrftoken" not in page
    assert (await site.client.post("/strike", data={"mention": "r:theme:heard-:5"}, headers=HOME)).status_code == 403


async def test_nobody_else_can_strike(study: Path, store: Store) -> None:
    site = await serving(study / "rapport.db")
    sent, cookies = await forms(site, "/review/r")
    assert (await forms(site, "/review/r", host="rebound.example"))[0] == []
    for headers, kept, data in (({"host": "rebound.example"}, cookies, sent[0]), (HOME, {}, sent[0]), (HOME, {}, {**sent[0], "csrftoken": ""}), (HOME, cookies, {**sent[0], "csrftoken": "another"})):
        assert (await site.client.post("/strike", data=data, cookies=kept, headers=headers)).status_code == 403
    assert (await site.client.get("/strike", headers=HOME)).status_code == 405
    assert store.one("select count(*) from strikes") == 0


async def test_what_cannot_be_struck_is_told_and_nobody_is_sent_elsewhere(study: Path) -> None:
    site = await serving(study / "rapport.db")
    sent, cookies = await forms(site, "/review/r")
    wrong = await site.client.post("/strike", data={**sent[0], "mention": "nobody:x:1"}, cookies=cookies, headers=HOME)
    assert (wrong.status_code, "there is no mention" in wrong.text) == (400, True)
    for back in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/"):
        done = await site.client.post("/strike", data={**sent[0], "back": back}, cookies=cookies, headers=HOME)
        assert (done.status_code, done.headers["location"]) == (303, "/")


async def test_struck_words_that_may_not_be_quoted_are_not(study: Path, store: Store) -> None:
    strike.strike(store, [strike.Wish(address(store, "r", "theme:heard-"))])
    enrich(store)
    store.execute("update profiles set publish = 'none' where id = 'p'")
    page = (await (await serving(study / "rapport.db")).client.get(f"/finding/{FINDING}", headers=HOME)).text
    assert "1 struck by hand" in page and "ignored me" not in page


@pytest.mark.parametrize(("host", "own"), [("127.0.0.1", True), ("127.0.0.2", True), ("localhost", True), ("[::1]", True), ("::1", True), ("0.0.0.0", False), ("192.168.1.2", False), ("localhost.example", False), ("", False)])
async def test_only_this_machine_is_this_machine(host: str, own: bool) -> None:
    assert serve.on_this_machine(host) is own
