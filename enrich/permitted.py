"""What the rules of the platforms (spiders/policy.toml) say of the places of a study, told before anything is gathered."""

from __future__ import annotations

from typing import Any

from enrich import crawling, rights
from enrich.study import Company, Source, Study

FILES = ("table", "saved_page")
"""Sources that read what a person brings."""


def notes(study: Study) -> list[str]:
    """What is not wrong in a study file, but ought to be known: a ground that is not stated, texts that may not be shown, places that are off by default."""
    places = [(company, source, _said(source)) for company in study.companies for source in company.sources]
    names = sorted({name for _, _, said in places for name in said})
    known = dict(zip(names, crawling.policies(names), strict=True)) if names else {}
    return [note for company, source, said in places for note in _notes(company, source, [known[name] for name in said])]


def _said(source: Source) -> list[str]:
    """What is said of a place, by which its platform may be known."""
    return [str(name) for name in (source.published_at, source.url, source.options.get("site")) if name]


def _notes(company: Company, source: Source, given: list[dict[str, Any] | None]) -> list[str]:
    rules = list(filter(None, given))
    found = []
    place = f"{company.name}: {source.key}"
    closed = next((r for r in rules if r["rival"] != "crawl"), None)
    if closed and source.source in FILES and not source.basis:
        found.append(f"{place} was published on {closed['name']}, which is not read by program ({closed['why']}): say on what ground the file was made, basis = \"…\" (who exported or saved it, and how). "
                     "The page Method prints it")
    if closed and closed["rival"] == "opt-in" and source.source not in FILES:
        opted = source.options.get("opt_in")
        found.append(f"{place} on {closed['name']} " + (f"is crawled because study.toml opts in, though {closed['why']}: you answer for it" if opted
                                                        else f"is not crawled: {closed['why']}. Instead: {closed['instead']}"))
    for rule in rules:
        if rights.stricter(source.publish, rule["publish"]) != source.publish:
            shown = "no text is shown, only counts" if rule["publish"] == "none" else "an excerpt of each text is shown"
            found.append(f"{place}: publish = \"{source.publish}\" is more than {rule['name']} allows: {shown}" if "publish" in source.model_fields_set else f"{place} on {rule['name']}: {shown}")
    return list(dict.fromkeys(found))
