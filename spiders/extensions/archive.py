"""Keeps every response of a crawl in the study's archive, before it is read."""

from __future__ import annotations

import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Request, Response

from enrich import archive
from spiders.platforms.base import OWN_META, SourceSpider

log = logging.getLogger(__name__)


class Archive:
    """One file a day and source; where in it a response is, its page row says. A full disk stops the keeping, said once, not the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        spider = crawler.spider
        if not isinstance(spider, SourceSpider) or spider.study is None or not spider.study.archive_days or spider.is_file or spider.replay:
            raise NotConfigured
        archive.expire(spider.study)
        self.file: archive.Archive | None = archive.Archive(spider.study, spider.name)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.response_received, signal=signals.response_received)
        return extension

    def response_received(self, response: Response, request: Request) -> None:
        if self.file is None or "profile" not in request.meta or not response.url.startswith("http"):
            return
        headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, values in response.headers.items() for v in values)
        own = archive.plain_meta({k: request.meta[k] for k in request.meta.get(OWN_META, ())})
        try:
            request.meta["archive"] = self.file.keep(archive.Kept(response.url, response.status, headers, response.body, own))
        except OSError as error:
            log.error("%s: %s; raw responses are not kept from here on, the crawl goes on", self.file.path, error.strerror or error)
            self.file = None
