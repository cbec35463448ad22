"""The README's tables of sources are what the sources state themselves, and every source states it."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.utils.project import get_project_settings

from enrich.mistakes import Mistake
from spiders import catalogue, readme
from spiders.platforms.saved import sites

SOURCES = catalogue.sources(get_project_settings())


def test_the_readme_lists_the_sources_as_they_are() -> None:
    text = readme.FILE.read_text(encoding="utf-8")
    assert readme.put(text, readme.markdown(SOURCES)) == text, "the README's tables are out of date: run `scrapy sources --markdown --write`"


def test_every_source_says_what_it_gathers_and_what_a_request_of_it_brings() -> None:
    """`gathers` (a few words), `per_request` (reviews that a page of its list brings, about; not for files); `limits` and `own_page` where they apply: see SourceSpider."""
    bare = {name: [k for k, missing in (("gathers", not s.gathers), ("per_request", not s.is_file and not s.per_request)) if missing] for name, s in SOURCES.items()}
    assert not any(bare.values()), "missing: " + "; ".join(f"{name}: {', '.join(keys)}" for name, keys in bare.items() if keys)
    assert [name for name, s in SOURCES.items() if "\n" in s.gathers + s.limits or s.gathers.endswith(".") or s.limits.endswith(".")] == [], "a few words, without a full stop"


def test_the_tables_have_a_row_for_each_source_and_each_site() -> None:
    rows = [line.split(" | ") for line in readme.markdown(SOURCES).splitlines() if line and not line.startswith("| ---")]
    assert {r[0].removeprefix("| ").strip("`") for r in rows} == {"source", "saved pages of", *SOURCES, *(s.title for s in sites())}
    assert {len(r) for r in rows} == {6, 5}


def test_an_opt_in_is_told_as_one() -> None:
    [row] = [line for line in readme.markdown(SOURCES).splitlines() if line.startswith("| `google_play`")]
    assert "only where `opt_in = true`" in row


def test_the_table_is_put_between_its_markers_and_nothing_else_is_touched(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"# A\n{readme.BEGIN}\nold\n{readme.END}\nB\n", encoding="utf-8")
    readme.write(SOURCES, file)
    assert file.read_text(encoding="utf-8") == f"# A\n{readme.BEGIN}\n{readme.markdown(SOURCES)}\n{readme.END}\nB\n"
    file.write_text("# A\n", encoding="utf-8")
    with pytest.raises(Mistake, match="markers"):
        readme.write(SOURCES, file)
    assert file.read_text(encoding="utf-8") == "# A\n"
