"""Asks for a page only if it changed: what it was when it was last read is in the study's archive, and is read again where the site says that it still is so."""

from __future__ import annotations

import logging
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes

from enrich import archive
from spiders.platforms.base import SourceSpider

log = logging.getLogger(__name__)

VALIDATORS = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
FEEDS = (b"xml", b"json")
"""Kinds of content whose `Last-Modified` is believed; that of a web page is often the day on which somebody changed its frame, and reviews would be missed."""
OF_THE_BODY = (b"Content-Type", b"Content-Length", b"Content-Encoding", b"Transfer-Encoding", b"Date")
"""Headers that belong to the body that was kept: `Date` too, because "2 weeks ago" in it counts from there."""


class ConditionalMiddleware:
    """An unchanged page is drawn from as if it had come again: that is a look at all that it shows. A crawl that reads lists to their end asks without conditions."""

    def __init__(self, crawler: Crawler) -> None:
        spider = crawler.spider
        if not isinstance(spider, SourceSpider) or spider.study is None or not spider.study.archive_days:
            raise NotConfigured
        self.spider, self.study = spider, spider.study

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        run = self.spider.places[request.meta["profile"]].run if "profile" in request.meta else None
        if run is None or run.whole or request.method != "GET" or not request.url.startswith("http"):
            return
        if (where := run.kept(request.url)) is None:
            return
        try:
            kept = archive.read(self.study, where)
        except (ValueError, OSError) as error:
            log.warning("%s cannot be read again from the archive (%s): the page is asked for as if it were new", where, error)
            return
        if kept is None:
            return
        headers = Headers(kept.headers)
        feed = any(kind in (headers.get("Content-Type") or b"") for kind in FEEDS)
        for validator, condition in VALIDATORS:
            if (value := headers.get(validator)) and (validator == "ETag" or feed):
                request.headers[condition] = value
                request.meta["kept"] = kept

    def process_response(self, request: Request, response: Response) -> Response:
        kept: archive.Kept | None = request.meta.pop("kept", None)
        if kept is None or response.status != 304:
            return response
        headers = Headers(kept.headers)
        for name, values in response.headers.items():
            if name not in OF_THE_BODY:
                headers.setlist(name, values)
        kind = responsetypes.from_args(headers=headers, url=kept.url, body=kept.body)
        return kind(kept.url, status=kept.status, headers=headers, body=kept.body, request=request, flags=["unchanged"], ip_address=response.ip_address, protocol=response.protocol)
