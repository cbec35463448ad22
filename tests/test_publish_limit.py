"""What the terms of a platform allow to be shown holds whatever study.toml says, from the first page on and at every later command."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich import crawling, ledger, rights, study, tables
from enrich.store import Store


@pytest.mark.parametrize(("stated", "most", "shown"), [("full", None, "full"), ("full", "excerpt", "excerpt"), ("excerpt", "full", "excerpt"), ("excerpt", "none", "none"), ("none", "full", "none"), ("full", "full", "full")])
def test_the_stricter_of_what_is_stated_and_what_is_allowed_holds(stated: str, most: str | None, shown: str) -> None:
    assert rights.stricter(stated, most) == shown


def shown(folder: Path, *sources: str) -> dict[str, tuple[str, str | None]]:
    """What is shown of each place by its source, after a gathering and after the study was registered anew."""
    (folder / "study.toml").write_text('title = "Shops"\n[[companies]]\nname = "Acme"\n' + "".join(f"[[companies.sources]]\n{source}\n" for source in sources))
    loaded = study.load(folder)
    assert crawling.crawl(loaded.companies[0].sources[0].source, {"LOG_LEVEL": "CRITICAL"}, study=str(folder)) == 0
    with Store(folder / "rapport.db") as store:
        ledger.register(store, loaded)
        assert store.one("select count(distinct profile) from reviews") == len(sources)
        return {p.source: (p.publish, p.may_publish) for p in store.read(tables.Profile)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "acme.csv").write_text("id,text,rating,date,author\na1,They never answered.,1,2026-03-01,Ann\n")
    return tmp_path


IMPORTS = {
    ("trustpilot", "full"): ("none", "none"), ("Trust Pilot", "excerpt"): ("none", "none"), ("www.trustpilot.com", "full"): ("none", "none"), ("google_play", "full"): ("excerpt", "excerpt"), ("Google Play", "none"): ("none", "excerpt"),
    ("cfpb", "full"): ("full", "full"), ("our crm", "full"): ("full", None),
}


def test_an_import_shows_no_more_than_its_origin_allows(folder: Path) -> None:
    sources = [f'source = "table"\nfiles = "acme.csv"\ncollected_at = 2026-05-01\norigin = "{origin}"\npublish = "{stated}"' for origin, stated in IMPORTS]
    assert shown(folder, *(f'{source}\nname = "{n}"' for n, source in enumerate(sources))) == {origin: expected for (origin, _), expected in IMPORTS.items()}


def test_a_saved_page_shows_no_more_than_the_site_that_it_is_from_whatever_its_origin_is_called(folder: Path) -> None:
    (folder / "page.html").write_text(
        '<!doctype html><html><head><link rel="canonical" href="https://www.reddit.com/r/acme"></head><body><div itemscope itemtype="https://schema.org/Review" id="review_1">'
        '<p itemprop="reviewBody">They never answered.</p><meta itemprop="datePublished" content="2026-03-01"></div></body></html>')
    source = 'source = "saved_page"\nfiles = "page.html"\ncollected_at = 2026-05-01\norigin = "pages"\nbasis = "saved by hand"\npublish = "full"\n'
    assert shown(folder, source) == {"pages": ("excerpt", "excerpt")}
