"""Where pages go: into the store, people masked on the way in, by the ledger."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterable
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from enrich import rights
from enrich.ledger import Run, allow, register
from enrich.records import SORTS, Page
from enrich.store import Store, unusable
from spiders import policy
from spiders.platforms.base import Place, SourceSpider

log = logging.getLogger(__name__)


class StorePipeline:
    """Opens a run for every place of the spider, stores page after page, and closes the runs with their outcome."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.store: Store | None = None
        self.runs: dict[str, Run] = {}
        self.places: dict[str, Place] = {}
        self.limits: dict[str, str | None] = {}                # what may be shown of each place at most
        self.closing: asyncio.Future[None] | None = None       # the store cannot be written any more: nothing that comes later is taken

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.close_runs, signal=signals.spider_closed)
        crawler.signals.connect(pipeline.item_error, signal=signals.item_error)
        return pipeline

    def open_spider(self) -> None:
        spider = self.crawler.spider
        if not isinstance(spider, SourceSpider) or spider.study is None:
            return
        self.began = time.monotonic()
        self.store = Store(spider.study.database, create=True)
        register(self.store, spider.study)
        self.places = spider.places
        for place in spider.places.values():
            self._limit(place.profile, policy.of_place(place.source.published_at, place.source.url, place.source.options.get("site")))
            self._say_whether_replies_show(spider, place)
            if (stated := getattr(spider, "population", None)) is not None:
                self.store.execute("update profiles set population = ?, stated = ? where id = ?", (stated, stated, place.profile))
            place.run = self.runs[place.profile] = Run.begin(self.store, spider.study, place.profile, imported=spider.is_file, full=spider.full, replay=spider.replay,
                                                             since=spider.since.date().isoformat() if spider.since else None)

    def _limit(self, profile: str, rules: Iterable[policy.Rule]) -> None:
        """Shows of a place no more than the strictest rule for it allows: by what study.toml says of it, then by the address of each page (a saved one says itself where it is from)."""
        most = policy.may_publish(rules)
        if profile in self.limits:
            most = rights.stricter(most, self.limits[profile]) if most else self.limits[profile]
            if most == self.limits[profile]:
                return
        self.limits[profile] = most
        assert self.store is not None
        allow(self.store, profile, self.places[profile].source.publish, most)

    def _say_whether_replies_show(self, spider: SourceSpider, place: Place) -> None:
        """As far as the source knows, unless study.toml says it."""
        if self.store is not None and place.source.replies_visible is None and (shown := spider.shows_replies(place)) is not None:
            self.store.execute("update profiles set replies_visible = ? where id = ?", (int(shown), place.profile))

    def process_item(self, item: Page) -> Page:
        if self.store is None or self.closing:
            return item
        try:
            self._limit(item.profile, policy.at(item.url))
            self.runs[item.profile].take(item)
        except sqlite3.OperationalError as error:
            log.critical("%s", unusable(self.store.path, error))
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="store_unusable"))  # type: ignore[union-attr]  # it runs
        return item

    def item_error(self, item: Page, failure: Failure) -> None:
        """A page that could not be stored, by a fault of ours: counted and named; what came before and after it is kept."""
        if run := self.runs.get(item.profile):
            run.lose(item, failure.value)

    def close_runs(self, spider: SourceSpider, reason: str) -> None:
        if self.store is None:
            return
        seconds = round(time.monotonic() - self.began, 1)
        try:
            for place in spider.places.values():
                run = self.runs[place.profile]
                self._say_whether_replies_show(spider, place)
                run.finish(outcome(run, place, reason), requests=place.requests, skipped=place.skipped, responses=place.responses, seconds=seconds,
                           listed=place.listed if spider.lists_all and not place.items.total() - place.items[""] else None, 
                           settled=place.settled, still=spider.tells_changes and place.since is None)
        except sqlite3.OperationalError as error:
            if not self.closing:
                log.critical("%s", unusable(self.store.path, error))
        finally:
            self.store.close()


def outcome(run: Run, place: Place, reason: str) -> str:
    """How a run ended (tables.Crawl.outcome): what stopped its lists tells it, or what kept most of its items from being read."""
    if reason != "finished":
        return "interrupted" if reason == "shutdown" else "failed"
    sorts = [*place.ends, *(sort for sort, n in place.items.items() if sort not in ("", "gone") and 2 * n > place.items[""])]
    if sorts:
        return min(sorts, key=SORTS.index)
    if run.row.reviews or run.row.replies or place.skipped:
        return "finished"
    return "failed" if run.row.problems else "none"
