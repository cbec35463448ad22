"""Fetches pages when it is their site's turn. Here, behind the queues and before the wire, a pause holds for every request to a site: also for those that were queued before it was asked for."""

from __future__ import annotations

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import Request, Response

from spiders.extensions.politeness import Politeness
from spiders.platforms.base import SourceSpider


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's own, with a wait before and an ear for what the answer asks."""

    async def download_request(self, request: Request) -> Response:
        politeness = self.crawler.get_extension(Politeness)
        assert politeness is not None, "settings.py turns it on"
        await politeness.turn(request)
        spider = self.crawler.spider
        if isinstance(spider, SourceSpider) and (place := spider.places.get(request.meta.get("profile", ""))):
            place.requests += 1
        response = await super().download_request(request)
        politeness.heed(response)
        return response
