"""Web pages that a person saved in a browser: HTML, MHTML, SingleFile, in folders or zip archives. No request is ever sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ConfigDict, Field
from scrapy.http import Response

from enrich.mistakes import Mistake
from enrich.records import Page, Problem, Reply, Review, plain
from spiders import policy
from spiders.platforms import opened, saved_files
from spiders.platforms.base import UNKNOWN, Options, Place, SourceSpider, items, put, sample
from spiders.platforms.files import File
from spiders.platforms.lists import Lists, some
from spiders.platforms.readers import Reader, fuller, key, read, whose
from spiders.platforms.saved import Found, Saved

ONE_LOOK = timedelta(hours=12)
"""Pages that were saved within so long of each other are one look at their list: a review on two of them is there once."""


class SavedOptions(Options):
    # `scrapy draw` tries a file without a study: only a study must name these
    model_config = ConfigDict(json_schema_extra={"required": ["files"]})

    files: list[str] | str = Field([], description="the saved pages, folders or zip archives of them, beside study.toml; * stands for any name")
    collected_at: datetime | date | None = Field(None, description="the day they were saved, for those that do not say it themselves")
    site: str | None = Field(None, description="only the pages of this site, as trustpilot or shop.example: where the files are of several")


class SavedPage(SourceSpider):
    name = "saved_page"
    title = "Web pages that a person saved (HTML, MHTML)"
    gathers = "pages that a person saved in a browser, also in folders and zip archives: of the sites below, of a forum, or with marked-up reviews"
    limits = "pages that nobody saved are named, not fetched"
    is_file = True
    dates_itself = True
    options = SavedOptions

    @classmethod
    def about(cls, given: str) -> dict[str, Any]:
        """What a file or folder is, for who imports it: a table, or pages; of which sites, for whom, dated or not, and whether a ground must be stated."""
        path = Path(given)
        if not saved_files.holds_pages(path):
            return {"path": given, "source": "table"}
        found: dict[str, dict[str, Any]] = {}
        problems: list[Problem] = []
        for file in saved_files.pages(path.parent, [path.name]):
            try:
                if isinstance(file, Problem):
                    problems.append(file)
                    continue
                page = opened.page(file.name, opened.body(file))
            except Mistake as mistake:
                problems.append(_problem(mistake, file.name))
                continue
            reader = whose(page)
            if reader.any_page:
                drawn = list(read(page, sample(cls(), UNKNOWN, {}, page.seen_at), reader))
                if not any(isinstance(d, Review | Reply) for d in drawn):
                    problems += [d for d in drawn if isinstance(d, Problem)]
                    continue
            refusal = refuses(page, reader)
            site = found.setdefault(reader.name, {"site": reader.name, "title": reader.title, "audience": reader.audience, "pages": 0, "undated": 0, "refused": None})
            site["pages"] += 1
            site["undated"] += page.seen_at is None
            site["refused"] = site["refused"] or (refusal and {"name": refusal.host, "why": refusal.why})
        return {"path": given, "source": cls.name, "sites": list(found.values()), "problems": [plain(p) for p in problems]}

    def shows_replies(self, place: Place) -> bool | None:
        return place.memory.get("replies_visible")

    def begin(self, place: Place) -> Iterator[Page]:
        """Every page as a page of its own, the oldest first: a later one of the same list is a later look at it."""
        assert self.study is not None
        pile, late = Pile(place, place.options.site), list[Page]()
        for file in pile.dated(saved_files.pages(self.study.folder, items(place.options.files))):
            try:
                raw = opened.body(file)
                saved = opened.page(file.name, raw, seen_at=place.seen_at)
            except Mistake as mistake:       # it was there a moment ago
                pile.problems.append(_problem(mistake, file.name))
                continue
            page = self._page(place, Response(saved.url if saved.url != UNKNOWN else file.name, body=raw))
            page.seen_at, page.status = saved.seen_at or page.seen_at, None
            if pile.take(saved, page):
                if page.replies:             # the later pages of a topic: their answers wait for the page with the review
                    late.append(page)
                else:
                    yield page
        yield from late
        last = self._stretch(place)
        last.seen_at = pile.newest or last.seen_at
        last.problems = list(pile.told())
        if "population" not in place.source.model_fields_set and place.since is None:
            last.population = pile.lists.population()
        yield last
        if pile.known and place.ends:        # what could not be read is named; the rest went in
            place.ends = ["incomplete"]

    def draw(self, response: Response, place: Place) -> Iterator[Found]:
        parts = urlsplit(response.url)
        web = parts.scheme in ("http", "https")
        name = response.url if web else Path(unquote(parts.path)).name
        try:
            page = opened.page(name, response.body, response.url if web and response.url != UNKNOWN else None, place.seen_at)
        except Mistake as mistake:
            yield _problem(mistake, name)
        else:
            yield from read(page, place, whose(page))


@dataclass
class Pile:
    """The saved pages of one place, as they are taken one after another."""

    place: Place
    site: str | None                         # whose pages are taken: as study.toml says, else as the first page that brings a review
    lists: Lists = field(default_factory=Lists)
    known: dict[str, tuple[datetime, Review]] = field(default_factory=dict)      # each review as it was last taken
    problems: list[Problem] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)
    strangers: dict[str, list[str]] = field(default_factory=dict)                # by site
    refused: dict[policy.Refusal, list[str]] = field(default_factory=dict)
    saved: set[str] = field(default_factory=set)                                 # addresses, as `_plain` has them
    follow: dict[str, str] = field(default_factory=dict)                         # and of pages that follow, to the whole address
    newest: datetime | None = None

    def dated(self, found: Iterable[File | Problem]) -> list[File]:
        """The files that can be opened and say when they were saved, in that order."""
        files: list[tuple[datetime, File]] = []
        for file in found:
            if isinstance(file, Problem):
                self.problems.append(file)
                continue
            try:
                seen_at = opened.page(file.name, opened.body(file), seen_at=self.place.seen_at).seen_at
            except Mistake as mistake:
                self.problems.append(_problem(mistake, file.name))
                continue
            if seen_at is None:
                self.undated.append(file.name)
            else:
                files.append((seen_at, file))
        return [file for _, file in sorted(files, key=lambda f: f[0])]

    def take(self, saved: Saved, page: Page) -> bool:
        """Fills a page with what was saved; false where it is not one of this place's."""
        reader = whose(saved)
        if self.place.options.site not in (None, reader.name):
            return False
        if not self.place.source.basis and (refusal := refuses(saved, reader)):
            self.refused.setdefault(refusal, []).append(saved.name)
            return False
        drawn = list(read(saved, self.place, reader))
        if any(isinstance(d, Review | Reply) for d in drawn):
            self.site = self.site or reader.name
            if reader.name != self.site:
                self.strangers.setdefault(reader.name, []).append(saved.name)
                return False
            self.place.memory["replies_visible"] = reader.replies_visible
            self.follow.update({_plain(url): url for url in saved.follow})
        self.saved.add(_plain(saved.url))
        for d in drawn:
            put(page, d)
        self.newest = max(page.seen_at, self.newest or page.seen_at)
        self.lists.add(page.parts, page.seen_at, [key(r) or f"{saved.name} {n}" for n, r in enumerate(page.reviews)])
        page.reviews = [r for r in page.reviews if self._new(r, page.seen_at)]
        return True

    def _new(self, review: Review, seen_at: datetime) -> bool:
        """Whether a review is not only another copy of one that was taken."""
        if self.place.older(review.created.latest if review.created else None):
            return False
        at = key(review)
        before = self.known.get(at) if at else None
        if before and (review.id is None or (seen_at - before[0] < ONE_LOOK and not fuller(review, before[1]))):
            return False
        self.known[at or f"#{len(self.known)}"] = (seen_at, review)
        return True


    def told(self) -> Iterator[Problem]:
        """What is to be said of all its pages together."""
        yield from self.problems
        where = self.place.source.key
        if self.undated:
            yield Problem(where, f"{_count(self.undated)} not say the day of saving: left out, because nothing can be said about waiting without it",
                          "say the day: rapport import … --seen YYYY-MM-DD, or collected_at in study.toml", "failed")
        for refusal, names in self.refused.items():
            yield Problem(where, f"{_count(names, 'are', 'is')} of {refusal.host}, which programs may not read ({refusal.why}): left out, because no ground is stated on which a person saved them",
                          'state it: rapport import … --basis "…", or basis in study.toml; the page Method prints it', "refused")
        for site, names in self.strangers.items():
            yield Problem(where, f"{_count(names, 'are', 'is')} of {site}, not of {self.site}: left out, because each site has an audience and rules of its own",
                          f'add a [[companies.sources]] for it, with site = "{site}"', "failed")
        yield from self.lists.problems()
        if rest := [url for at, url in self.follow.items() if at not in self.saved and not url.startswith(UNKNOWN)]:
            yield Problem(where, "the page that goes on with these is not saved" if len(rest) == 1 else f"{len(rest)} pages that go on with these are not saved",
                          f"visit, save and import {some(rest, ' ')}", "incomplete")
        if self.lists.population() == "chosen" and "population" not in self.place.source.model_fields_set:
            yield Problem(where, "these reviews are hand-picked, as far as the pages tell: shown, and counted in no rate",
                          'save every page of the list, without a filter; or say in study.toml what they stand for: population = "sample"')


def _count(names: list[str], many: str = "do", one: str = "does") -> str:
    """So many pages, the first of them named."""
    more = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
    return f"{len(names)} page{'s' if len(names) > 1 else ''} ({more}) {many if len(names) > 1 else one}"


def _plain(url: str) -> str:
    """An address without what may differ from visit to visit."""
    return re.sub(r"^https?://(?:www\.)?|#.*$|/(?=[?#]|$)", "", url)


def _problem(mistake: Mistake, name: str) -> Problem:
    return Problem(mistake.place or name, mistake.what, mistake.cure, "failed")


def refuses(page: Saved, reader: Reader) -> policy.Refusal | None:
    """Why programs may not read the site of a page, if they may not: what a person saved there needs a stated ground."""
    refusal = policy.refuses(page.url) if page.url != UNKNOWN else None
    rule = next((r for r in policy.named(reader.name) if r.rival != "crawl"), None)
    return refusal or (policy.Refusal(rule.name, rule.why or "", rule.instead or "", rule.read_at) if rule else None)
