"""Refuses what policy.toml does not allow, and says who asks."""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from spiders import policy
from spiders.platforms.base import NotCrawled, SourceSpider

DEMO_HOST = ".demo-host"
"""File beside study.toml, written by `rapport demo`, with the one loopback host and port that its crawl may reach."""


class PolicyMiddleware:
    """Stands before everything else in the downloader, so that redirects and robots.txt itself pass it too."""

    def __init__(self, crawler: Crawler) -> None:
        spider = crawler.spider
        study = spider.study if isinstance(spider, SourceSpider) else None
        marker = study.folder / DEMO_HOST if study else None
        self.own = marker.read_text(encoding="utf-8").strip() if marker and marker.exists() else None
        agent = crawler.settings["USER_AGENT"]
        self.agent = f"{agent} (contact: {study.contact})" if study and study.contact else agent

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if refusal := policy.refuses(request.url, self.own):
            raise NotCrawled(f"{refusal.host} is not crawled: {refusal.why}", refusal.instead)
        request.headers["User-Agent"] = self.agent

    def process_response(self, request: Request, response: Response) -> Response:
        address = response.ip_address
        if address is not None and not address.is_global and not policy.is_own(request.url, self.own):
            raise NotCrawled(f"{request.url} leads to {address}, inside this machine or network", policy.PUBLIC_ONLY)
        return response


class PauseMiddleware:
    """Waits as many seconds as a request states (`meta["pause"]`), where an answer asked for a pause in its own words rather than by status 429."""

    async def process_request(self, request: Request) -> None:
        if pause := request.meta.get("pause"):
            await asyncio.sleep(pause)
