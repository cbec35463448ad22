"""How slowly each site is asked, and for how long not at all: one account for a crawl, which holds for every request to the site."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

import click
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.robotstxt import RobotParser

from enrich.records import iso
from enrich.store import Store
from spiders import policy
from spiders.platforms.base import NotCrawled, SourceSpider

YEAR = 366 * 86_400.0
"""Seconds: no pause is longer, and a time in seconds since 1970 is always more."""
SLICE = 0.5
"""Seconds after which a wait looks whether somebody stops the crawl."""
AGAIN = 60
"""Seconds to stay away after status 429 where neither the answer nor policy.toml says how long; twice as many after the next."""


@dataclass(slots=True)
class Site:
    """What is known of a site: how far apart requests must be, until when it wants none, and how many it had."""

    delay: float = 0.0                       # seconds between two requests, beside DOWNLOAD_DELAY
    last: float = -1e9                       # when the last request was sent (monotonic seconds)
    until: float = 0.0                       # it wants no request before (seconds since 1970)
    why: str = ""                            # what it said when it asked for that
    said: float = 0.0                        # the end of the pause that was told
    refused: int = 0                         # answers in a row that asked for a pause without saying how long
    per_day: int | None = None
    sent: int = 0                            # in the 24 hours until now


class Politeness:
    """Waits where a site asks for it and the wait is short (PAUSE_LONGEST); otherwise the request ends as blocked, with the time until which."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.longest = crawler.settings.getfloat("PAUSE_LONGEST")
        self.longest_delay = crawler.settings.getfloat("CRAWL_DELAY_LONGEST")
        self.token: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        spider = crawler.spider
        self.study = spider.study if isinstance(spider, SourceSpider) else None
        self.own = policy.own_host(self.study.folder) if self.study else None
        self.sites: dict[str, Site] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.robots_parsed, signal=signals.robots_parsed)
        crawler.signals.connect(extension.request_scheduled, signal=signals.request_scheduled)
        return extension

    def site(self, url: str) -> Site:
        return self.sites.setdefault(urlsplit(url).hostname or "", Site())

    # what a site says

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Its robots.txt may say how far apart requests must be."""
        asked = robotparser.crawl_delay(self.token) or 0.0
        if asked > self.longest_delay:
            say(f"{urlsplit(request.url).hostname}: its robots.txt asks for {asked:,.0f} seconds between two requests; {self.longest_delay:,.0f} are kept (CRAWL_DELAY_LONGEST)")
        site = self.site(request.url)
        site.delay = max(site.delay, min(asked, self.longest_delay))

    def request_scheduled(self, request: Request) -> None:
        """An answer may ask for a pause in its own words; its source then gives it to the requests that follow (`meta["pause"]`, seconds)."""
        if pause := request.meta.get("pause"):
            self.hold(request.url, pause, "its last answer asks for it")

    def heed(self, response: Response) -> None:
        """Keeps away from a site for as long as an answer of it says, by its headers or by its status."""
        site, status = self.site(response.url), response.status
        asked = asks(response)
        if asked is None and status >= 400:
            known = [r.pauses[str(status)] for r in self.rules(response.url) if str(status) in r.pauses]
            if status == 429 or known:
                asked = max(known, default=AGAIN) * 2 ** site.refused, f"status {status}"
                site.refused += 1
        elif status < 400:
            site.refused = 0
        if asked is not None:
            self.hold(response.url, *asked)

    def hold(self, url: str, seconds: float, why: str) -> None:
        """Sends nothing to a site for some seconds from now."""
        site, until = self.site(url), time.time() + min(seconds, YEAR)
        if until > site.until:
            site.until, site.why = until, why

    def holds(self, url: str) -> bool:
        """Whether a site wants no request now."""
        return self.site(url).until > time.time()

    # what is done about it

    def rules(self, url: str) -> Iterable[policy.Rule]:
        """The rules that say how slowly an address is asked: none for the demo's own host."""
        spider = self.crawler.spider
        return [] if policy.is_own(url, self.own) else [*policy.at(url), *(policy.named(spider.name) if spider else [])]

    async def turn(self, request: Request) -> None:
        """Waits until a request may be sent. Raises `NotCrawled` where that is too long, or where the site wants no more today."""
        site, host, rules = self.site(request.url), urlsplit(request.url).hostname or "", self.rules(request.url)
        while (left := site.until - time.time()) > 0:
            until = f"{datetime.fromtimestamp(site.until + 60, UTC):%-d %B %Y, %H:%M} UTC"      # the minute after it; in words, because long numbers in problems are masked
            if left > self.longest:
                raise NotCrawled(f"{host} wants no request until {until} ({site.why})", "crawl again after it", "blocked")
            if site.said < site.until:
                say(f"{host}: a pause of {left:,.0f} seconds, until {until} ({site.why})")
                site.said = site.until
            await self._sleep(left, host)
        self._count(site, host, rules)
        now = time.monotonic()
        site.last = max(now, site.last + max([site.delay, *(r.delay or 0.0 for r in rules)]))
        await self._sleep(site.last - now, host)

    def _count(self, site: Site, host: str, rules: Iterable[policy.Rule]) -> None:
        """Counts a request where the site allows only so many a day, those of earlier crawls of the study among them."""
        allowed = min((r.per_day for r in rules if r.per_day), default=None)
        if allowed is None:
            return
        if site.per_day is None:
            site.per_day, site.sent = allowed, self._sent(host)
        if site.sent >= site.per_day:
            raise NotCrawled(f"{host} allows {site.per_day:,} requests in 24 hours, and this study has sent so many", "crawl again tomorrow: what is known then is not asked for again", "blocked")
        site.sent += 1

    def _sent(self, host: str) -> int:
        if self.study is None or not self.study.database.exists():
            return 0
        with Store(self.study.database) as store:
            return int(store.one("select count(*) from pages where seen_at > ? and (url like ? or url like ?)",
                                 (iso(datetime.now(UTC) - timedelta(days=1)), f"https://{host}/%", f"http://{host}/%")))

    async def _sleep(self, seconds: float, host: str) -> None:
        """Sleeps, and ends at once where the crawl is stopped."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._stopping():
                raise NotCrawled(f"the crawl was stopped while {host} was waited for", "crawl again", "blocked")
            await asyncio.sleep(min(left, SLICE))

    def _stopping(self) -> bool:
        slot = self.crawler.engine._slot if self.crawler.engine else None
        return slot is not None and slot.closing is not None


def asks(response: Response, now: float | None = None) -> tuple[float, str] | None:
    """For how many seconds an answer asks to be left alone, and in which words; None where it does not.

    Heard are `Retry-After` of an error (seconds, or a date) and `X-RateLimit-Remaining: 0` with `X-RateLimit-Reset` (seconds since 1970, or from now).
    """
    now = time.time() if now is None else now
    said: list[tuple[float, str]] = []
    after = _header(response, "Retry-After")
    if response.status >= 400 and (seconds := _seconds(after, _header(response, "Date"), now)) is not None:
        said.append((seconds, f"status {response.status}, Retry-After: {after}"))
    for prefix in ("X-RateLimit", "RateLimit"):
        reset = _header(response, f"{prefix}-Reset")
        if _header(response, f"{prefix}-Remaining") == "0" and reset.isdecimal():
            said.append((int(reset) - now if int(reset) > YEAR else int(reset), "its limit of requests is used up"))
    longest = max(said, default=None)
    return longest and (min(max(longest[0], 0.0), YEAR), longest[1])


def _seconds(after: str, date: str, now: float) -> float | None:
    """The seconds of a `Retry-After`; a date counts from the server's own clock where it gives one."""
    if after.isdecimal():
        return float(after)
    try:
        end = parsedate_to_datetime(after).timestamp()
    except ValueError:
        return None
    with suppress(ValueError):
        now = parsedate_to_datetime(date).timestamp()
    return end - now


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def say(text: str) -> None:
    """Tells something on stderr, over the line that shows how the crawl goes."""
    click.echo(f"\r\033[K{text}" if sys.stderr.isatty() else text, err=True)
