"""The README's table of sources: made of what the sources and sites state themselves, so that it cannot be out of date (`scrapy sources --markdown --write`)."""

from __future__ import annotations

from pathlib import Path

from enrich.crawling import PROJECT
from enrich.mistakes import Mistake
from spiders import policy
from spiders.catalogue import Sources
from spiders.platforms.base import SourceSpider
from spiders.platforms.saved import Site, sites

FILE = PROJECT / "README.md"
BEGIN, END = "<!-- sources -->", "<!-- /sources -->"
HEAD = "| source | what it gathers | replies | how | what it cannot give | options |\n| --- | --- | --- | --- | --- | --- |"
SITES = "| saved pages of | whose reviews | replies | why it is not crawled | what it cannot give |\n| --- | --- | --- | --- | --- |"


def markdown(found: Sources) -> str:
    """Both tables: sources, crawled ones first, and the sites whose pages a person saves."""
    ordered = sorted(found.values(), key=lambda s: (s.is_file, s.reads_any_page, s.name))
    return "\n".join([HEAD, *map(_source, ordered), "", SITES, *map(_site, sites())])


def _source(spider: type[SourceSpider]) -> str:
    fields = spider.options.model_fields
    options = ", ".join(f"`{name}`" for name in sorted(fields, key=lambda n: not fields[n].is_required()) if not (name == "collected_at" and spider.is_file))
    return _row(f"`{spider.name}`", spider.gathers, _replies(spider.replies_visible, spider.reply_times), _how(spider), spider.limits, options)


def _site(site: type[Site]) -> str:
    rule = next(iter(policy.named(site.name)), None)
    return _row(site.title, f"{site.audience}s'", _replies(site.replies_visible, site.reply_times), (rule.why if rule and rule.rival != "crawl" else None) or "", site.limits)


def _how(spider: type[SourceSpider]) -> str:
    if spider.is_file:
        return "import"
    rules = policy.named(spider.name)
    return "crawl, only where `opt_in = true`" if rules and rules[0].rival == "opt-in" else "crawl"


def _replies(visible: bool | None, times: bool) -> str:
    if visible is False:
        return "not shown"
    if visible is None:
        return f"where the place shows them{'' if times else ', without their times'}"
    return f"shown, with{'' if times else 'out'} their times"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def put(text: str, table: str) -> str:
    """A README with this table between its markers. Raises `Mistake` where they are not there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Mistake("the markers of the table of sources are missing", place=str(FILE), cure=f"put {BEGIN} and {END} around it")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def write(found: Sources, file: Path = FILE) -> None:
    """Writes the tables into the README."""
    file.write_text(put(file.read_text(encoding="utf-8"), markdown(found)), encoding="utf-8")
