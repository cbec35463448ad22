"""How a crawl ends: what a site does instead of showing its reviews is told apart, counted, and never taken for "no reviews"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from enrich import crawling, status, study
from enrich.store import Store
from tests.local_site import HTML, TEXT, Answer, served

MARKED = '<div itemscope itemtype="https://schema.org/Review" id="review_{0}"><p itemprop="reviewBody">The parcel {0} never came.</p><meta itemprop="datePublished" content="2025-03-{0}"></div>'
COUNTED = '<script type="application/ld+json">{"@type": "Product", "name": "X", "aggregateRating": {"@type": "AggregateRating", "ratingValue": 4, "reviewCount": %d}}</script>'


def page(*parts: str) -> str:
    return f"<!doctype html><html><head><title>Shop</title></head><body>{''.join(parts)}</body></html>"


PAGES = {
    "finished": (200, page(COUNTED % 2, MARKED.format(10), MARKED.format(11))),
    "blocked": (200, "<!doctype html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt = {}</script></body></html>"),
    "blocked2": (403, page("No.")),
    "login": (200, page("<form>Sign in <input type=password></form>")),
    "changed": (200, page("<p>Welcome to our shop.</p>")),
    "empty": (200, page(COUNTED % 40)),
    "repeating": (200, page(COUNTED % 40, MARKED.format(10), '<a rel="next" href="/repeating?page=2">More</a>')),
    "gone": (404, page("Nothing.")),
    "refused": (200, page(MARKED.format(10))),
}
STUDY = 'title = "Shops"\n[[companies]]\nname = "Acme"\n' + "".join(f'[[companies.sources]]\nsource = "schema_org"\nurl = "http://{{host}}/{name}"\n' for name in PAGES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    return tmp_path


def answer(pages: dict[str, tuple[int, str]]) -> Callable[[str], Answer]:
    def respond(path: str) -> Answer:
        if path == "/robots.txt":
            return 200, TEXT, "User-agent: *\nDisallow: /refused\n"
        status, body = pages.get(path.partition("?")[0][1:], (404, ""))
        return status, HTML, body
    return respond


def crawl(folder: Path) -> int:
    return crawling.crawl("schema_org", {"DOWNLOAD_DELAY": "0"}, study=str(folder))


def test_every_way_in_which_a_crawl_may_end_has_its_own_name(folder: Path) -> None:
    with served(answer(PAGES)) as host:
        (folder / "study.toml").write_text(STUDY.format(host=host))
        (folder / ".demo-host").write_text(host)
        assert crawl(folder) == 0
    with Store(folder / "rapport.db") as store:
        ended = {url.rpartition("/")[2]: outcome for url, outcome in store.rows("select p.url, k.outcome from crawls k join profiles p on p.id = k.profile")}
        assert ended == {name: name.removesuffix("2") for name in PAGES}
        sorts = {url.rpartition("/")[2]: sort for url, sort in store.rows("select p.url, x.sort from problems x join crawls k on k.id = x.crawl join profiles p on p.id = k.profile where x.sort is not null")}
        assert sorts == {name: name.removesuffix("2") for name in PAGES if name != "finished"}
        said = {p["key"].rpartition("/")[2]: p for p in status.status(study.load(folder), store)["places"]}
        assert all(p["outcome"] == name.removesuffix("2") and p["first_problems"] for name, p in said.items() if name != "finished")


def test_a_place_that_shows_fewer_reviews_than_it_must_stands_as_it_was(folder: Path) -> None:
    pages = {"shop": (200, page(*(MARKED.format(n) for n in range(10, 22))))}
    with served(answer(pages)) as host:
        (folder / "study.toml").write_text(f'title = "Shops"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "schema_org"\nurl = "http://{host}/shop"\nminimum = 10\nreplies_visible = true\n')
        (folder / ".demo-host").write_text(host)
        assert crawl(folder) == 0
        with Store(folder / "rapport.db") as store:
            assert store.one("select short_since from profiles") is None
            before = _figures(store)
        pages["shop"] = (200, page(MARKED.format(10), MARKED.format(30)))
        assert crawl(folder) == 0
        with Store(folder / "rapport.db") as store:
            began = store.one("select max(started_at) from crawls")
            assert store.one("select short_since from profiles") == began
            assert "shows 2 reviews, fewer than its minimum of 10" in store.one("select what from problems")
            assert _figures(store) == before, "what came from a place that is not believed counts in no figure"
        pages["shop"] = (200, page(*(MARKED.format(n) for n in range(10, 31))))
        assert crawl(folder) == 0
        with Store(folder / "rapport.db") as store:
            assert store.one("select short_since from profiles") is None
            assert sum(n for *_, n in _figures(store)) == 21


def _figures(store: Store) -> list[tuple[object, ...]]:
    from enrich import enrichment

    enrichment.enrich(store)
    return list(store.rows("select day, stars, n from cells where kind = 'review' and tag = '' order by 1, 2"))
