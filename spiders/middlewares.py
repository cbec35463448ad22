"""Refuses what policy.toml or robots.txt does not allow, says who asks, and asks again where a site asked to wait."""

from __future__ import annotations

from typing import Self
from urllib.parse import urljoin, urlsplit

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.robotstxt import RobotParser

from enrich import study as studies
from spiders import policy
from spiders.extensions.politeness import Politeness, say
from spiders.platforms.base import NotCrawled, SourceSpider

ROBOTS = "dont_obey_robotstxt"
"""In the meta of requests for a robots.txt itself (Scrapy's name)."""


class PolicyMiddleware:
    """Stands before everything else in the downloader, so that redirects and robots.txt itself pass it too: nothing is sent to a host that is refused."""

    def __init__(self, crawler: Crawler) -> None:
        spider = crawler.spider
        self.study = spider.study if isinstance(spider, SourceSpider) else None
        self.own = policy.own_host(self.study.folder) if self.study else None
        agent = crawler.settings["USER_AGENT"]
        self.agent = f"{agent} (contact: {self.study.contact})" if self.study and self.study.contact else agent
        self.told: set[str] = set()                          # what was warned of: once a crawl
        self.opted: set[str] = set()                         # hosts that a study asks for on purpose: their robots.txt may be read too

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme == "data":                           # begins a place, and never leaves this machine
            return
        host, led = parts.hostname or "", request.meta.get("redirect_urls", [])
        opted = bool(request.meta.get("opt_in")) or (ROBOTS in request.meta and host in self.opted)
        if parts.scheme not in ("http", "https"):
            raise NotCrawled(f"{request.url} is no web address", "state the address that a browser shows")
        if refusal := policy.refuses(request.url, self.own, opted):
            raise NotCrawled(f"{_leads(led, request.url)}{refusal.host} is not crawled: {refusal.why}", refusal.instead)
        if led and ROBOTS not in request.meta and not same_site(led[0], request.url):      # a robots.txt may lie elsewhere (RFC 9309)
            raise NotCrawled(f"{led[0]} leads to {request.url}, which is another site", "where that is the place that you mean, put its address into study.toml")
        if opted and host not in self.opted and (refusal := policy.refuses(request.url, self.own)):
            self.opted.add(host)
            say(f"{host} is crawled because study.toml opts in, though {refusal.why}: you answer for it")
        if self.study and host not in self.told and (owner := self.study.owner(host)):
            self.told.add(host)
            say(studies.belongs(host, owner))
        request.headers["User-Agent"] = self.agent

    def process_response(self, request: Request, response: Response) -> Response:
        address = response.ip_address
        if address is not None and not address.is_global and not policy.is_own(request.url, self.own):
            raise NotCrawled(f"{request.url} leads to {address}, inside this machine or network", policy.PUBLIC_ONLY)
        location = response.headers.get("Location")
        if response.status in (301, 302, 303, 307, 308) and location is not None:      # Scrapy follows only what leads to a web address
            raise NotCrawled(f"{request.url} leads to {urljoin(request.url, location.decode('latin-1'))}, which is no web address", "look at the address in a browser")
        return response


def same_site(first: str, now: str) -> bool:
    """Whether an address stands on the same site as another: the same host, with or without www., and no less secure."""
    a, b = urlsplit(first), urlsplit(now)
    bare = [(p.hostname or "").rstrip(".").lower().removeprefix("www.") for p in (a, b)]
    return bare[0] == bare[1] and not (a.scheme == "https" and b.scheme == "http")


def _leads(led: list[str], url: str) -> str:
    return f"{led[0]} leads to {url}: " if led else ""


class _Followed:
    """Follows also to where somebody was before: Scrapy would drop that without a word, and the place with it. REDIRECT_MAX_TIMES ends a circle."""

    def process_response(self, request: Request, response: Response) -> Request | Response:
        followed: Request | Response = super().process_response(request, response)  # type: ignore[misc]  # mixed into Scrapy's own
        if isinstance(followed, Request):
            followed.dont_filter = True
        return followed


class FollowMiddleware(_Followed, RedirectMiddleware):
    """Redirects by status."""


class RefreshMiddleware(_Followed, MetaRefreshMiddleware):
    """Redirects by a page's `<meta http-equiv="refresh">`."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt as RFC 9309 says, and notes its verdict at the request (`meta["robots"]`, see tables.Page).

    One that is not there (status 4xx) forbids nothing; one that cannot be read (no answer, 5xx, 429) forbids all, until a later crawl can read it.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.absent: set[str] = set()                        # hosts without one
        self.unread: dict[str, Exception] = {}               # why one could not be read

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        site = urlsplit(request.url).netloc
        rp = self._parsers[site]             # what is given is None for all but the first that waited for it (a fault of Scrapy 2.19)
        if not isinstance(rp, RobotParser):
            request.meta["robots"] = "unreachable"
            error = self.unread[site]
            why, cure, sort = (str(error), error.instead, error.sort) if isinstance(error, NotCrawled) else (
                f"{type(error).__name__}: {error}", "check the connection and the address, then crawl again", "failed")
            raise NotCrawled(f"the robots.txt of {site} cannot be read, so nothing is asked for there: {why}", cure, sort)
        request.meta["robots"] = "none" if site in self.absent else "allowed"
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            request.meta["robots"] = "forbidden"
            raise NotCrawled("robots.txt forbids this address", "ask the site for permission, or import an export of your own") from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            raise NotCrawled(f"status {response.status}", "crawl again later", "failed")
        if response.status >= 400:
            self.absent.add(netloc)
            response = response.replace(body=b"")            # a page that says so, no rules
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self.unread[netloc] = exc
        super()._robots_error(exc, netloc)


class PauseMiddleware:
    """Asks again for what a site answered with status 403 and the wish to wait, as GitHub does; Scrapy itself does so for 429 and 503. The wait is in `Politeness`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        politeness, spider = self.crawler.get_extension(Politeness), self.crawler.spider
        if response.status == 403 and politeness and spider and politeness.holds(response.url):
            return get_retry_request(request, spider=spider, reason="asked to wait") or response
        return response
