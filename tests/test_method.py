"""The method in the program's own words, for the page and for docs/."""

from __future__ import annotations

from pathlib import Path

from enrich import method
from enrich.measures import measures

DOCS = Path(__file__).parents[1] / "docs" / "method.md"


def test_docs_are_as_the_program_says() -> None:
    assert DOCS.read_text(encoding="utf-8") == method.markdown(), "run: python -m enrich.method > docs/method.md"


def test_every_measure_and_formula_is_told_and_formulas_name_their_sources() -> None:
    assert len(list(method.told())) == len(measures())
    assert all(title and len(text) > 40 for title, text in (*method.told(), *method.formulas()))
    cited = " ".join(text for _, text in (*method.told(), *method.formulas()))
    for source in ("Benjamini and Hochberg 1995", "Cameron, Gelbach and Miller 2011", "Newcombe 1998", "Turnbull", "Wilson 1927", "Neyman 1938", "Künsch 1989", "Killick, Fearnhead and Eckley 2012"):
        assert source in cited, source
