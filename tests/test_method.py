"""The method page: one text for the site and for docs/, with the numbers that the program uses, a place for every measure, and a source for every formula."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrich import method, stats
from enrich.measures import measures

ROOT = Path(__file__).parents[1]
SURVEY = "2008"
"""Of a survey that is named, no source of a formula."""


@pytest.fixture
def anew() -> Iterator[None]:
    """What the page says is looked up again, before and after."""
    method.facts.cache_clear()
    yield
    method.facts.cache_clear()


def test_docs_are_the_page() -> None:
    assert (ROOT / "docs" / "method.md").read_text(encoding="utf-8") == method.markdown(), "run: python -m enrich.method > docs/method.md"


def test_every_measure_has_its_place_and_every_link_a_heading() -> None:
    page = method.html()
    ids = re.findall(r'<h[23] id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and measures().keys() <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    headings = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^##+ (.+)$", method.markdown(), re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", method.markdown())) <= headings


def test_every_source_is_listed_and_every_listed_one_is_named() -> None:
    body, _, literature = method.html().partition('id="literature"')
    listed = re.findall(r"<li>(?:[a-z]+ )?([^\W\d_]+)[^0-9]*? ((?:19|20)\d\d),", literature)
    assert listed and {year for _, year in listed} | {SURVEY} >= set(re.findall(r"\b((?:19[0-9]|200|201)\d)\b", body))
    assert [source for source in listed if not re.search(rf"\b{source[0]}\b[^.;:()]*\(?{source[1]}", body)] == []


def test_numbers_are_those_of_the_program(anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "MARGIN", 0.07)
    page = method.html()
    assert "beyond a margin: 7 points" in page and "by more than 7 points both ways" in page


@pytest.mark.parametrize("run", [True, False])
def test_the_bench_is_shown_where_it_was_run(anew: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: bool) -> None:
    kept = tmp_path / "bench.json"
    if run:
        targets = [{"name": name, "value": 0.5, "error": 0.01, "target": target, "met": met}
                   for name, target, met in (("is found", "at least 90 %", False), ("coverage of a share: p 0.1", "at least 90 %", True), ("is shown", "", True))]
        kept.write_text(json.dumps({"studies": 1000, "made_on": "2026-11-25", "targets": targets}), encoding="utf-8")
    monkeypatch.setattr(method, "BENCH", kept)
    said = method.markdown()
    rows = ("1,000 studies a line", "1 of 2 failed", "| is found | 0.500 | 0.010 | at least 90 % | no |", "| is shown | 0.500 | 0.010 | no target | – |", "| coverage of a share: p 0.1 |")
    assert [row in said for row in rows] == [run] * len(rows) and ("Not run." in said) is not run


def test_what_it_says_of_the_program_is_plain_data() -> None:
    assert json.loads(json.dumps(method.facts()))["choices"]["stats"]["ENOUGH"] == stats.ENOUGH
