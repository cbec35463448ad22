"""Web pages: how one is read, where the next one is, and whether it is a page at all or a wall before it."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from scrapy.http import Response, TextResponse

from enrich.records import Problem

_CHALLENGE = re.compile(r"_cf_chl_opt|/challenge-platform/h/\w/orchestrate|_Incapsula_Resource|px-captcha|captcha-delivery\.com|awsWafCookieDomainList", re.I)
_CHALLENGE_TITLE = re.compile(r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|robot check|security check|pardon our interruption|request blocked|ddos-guard|human verification", re.I)
_SMALL = 4000
"""Characters of visible text: a guard's page says little, a page with reviews that also loads a captcha says more."""


def soup(response: TextResponse) -> BeautifulSoup:
    """The page, in the encoding that its header, its meta element or its bytes tell."""
    return BeautifulSoup(response.text, "lxml")


def is_html(response: Response) -> bool:
    """Whether a response is a web page, told by its content."""
    return isinstance(response, TextResponse) and bool(re.search(r"<(?:!doctype|html|head|body|div|script|span|p|ul|li|meta|article|section)\b", response.text[:200_000], re.I))


def wall(page: BeautifulSoup, url: str) -> Problem | None:
    """What stands before the reviews, if anything: a guard against programs, or a login. To be asked of a page without reviews."""
    title = page.title.get_text() if page.title else ""
    short = len(page.get_text(" ", strip=True)) < _SMALL
    if short and (_CHALLENGE_TITLE.search(title) or _CHALLENGE.search(str(page))):
        return Problem(url, "the site shows a test for people instead of the page: it refuses programs", "import an export of your own instead: a block is never worked around", "blocked")
    if short and page.select_one("input[type=password]"):
        return Problem(url, "the page asks for a login, and shows no reviews without one", "import an export of your own instead: a login is never used", "login")
    return None


def following(page: BeautifulSoup, url: str) -> str | None:
    """The next page of the same list: `link[rel=next]`, `a[rel=next]`, then `a.next`.

    Blogs mark the next article in the same way, so the address must be the same but for a page's number.
    """
    base = page.find("base", href=True)
    for selector in ("link[rel~=next]", "a[rel~=next]", "a.next", ".next > a"):
        for link in page.select(selector):
            target = urljoin(urljoin(url, str(base["href"])) if base else url, str(link.get("href") or "")).partition("#")[0]
            if target.startswith("http") and target != url.partition("#")[0] and _words(target) == _words(url):
                return target
    return None


def _words(url: str) -> tuple[str, list[str]]:
    """Host and the words of the path, without what numbers a page."""
    parts = urlsplit(url)
    words = re.findall(r"[^\W\d_]+", parts.path.lower())
    return parts.netloc.lower(), [w for w in words if w not in ("page", "p", "pg", "seite", "pagina", "index", "html", "htm", "php")]
