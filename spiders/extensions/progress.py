"""Says how a crawl goes while it goes, where somebody watches."""

from __future__ import annotations

import sys
import time
from typing import Self

import click
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from enrich.records import Page

EVERY = 0.2
"""Seconds between two lines."""


class Progress:
    """One line on a terminal, written over again: pages, reviews, replies, problems."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pages = self.reviews = self.replies = self.problems = 0
        self.said = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not sys.stderr.isatty():
            raise NotConfigured
        progress = cls(crawler.spidercls.name)
        crawler.signals.connect(progress.item_scraped, signal=signals.item_scraped)
        crawler.signals.connect(progress.spider_closed, signal=signals.spider_closed)
        return progress

    def item_scraped(self, item: Page) -> None:
        self.pages += 1
        self.reviews += len(item.reviews)
        self.replies += len(item.replies) + sum(len(r.replies) for r in item.reviews)
        self.problems += len(item.problems)
        if time.monotonic() - self.said > EVERY:
            self.said = time.monotonic()
            self._say()

    def spider_closed(self) -> None:
        self._say()
        click.echo(err=True)

    def _say(self) -> None:
        click.echo(f"\r  {self.name}: {self.pages} pages, {self.reviews} reviews, {self.replies} replies, {self.problems} problems\033[K", nl=False, err=True)
