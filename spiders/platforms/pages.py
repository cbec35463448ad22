"""Web pages: how one is read, where the next one is, and whether it is a page at all or a wall before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from scrapy.http import Response, TextResponse
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from enrich.records import Problem

_CHALLENGE = re.compile(r"_cf_chl_opt|/challenge-platform/h/\w/orchestrate|_Incapsula_Resource|px-captcha|captcha-delivery\.com|awsWafCookieDomainList", re.I)
_CHALLENGE_TITLE = re.compile(r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|robot check|security check|pardon our interruption|request blocked|ddos-guard|human verification", re.I)
_OLD = {"ru": "cp1251", "uk": "cp1251", "bg": "cp1251", "pl": "iso8859-2", "cs": "cp1250", "sk": "cp1250", "hu": "cp1250", "el": "cp1253", "tr": "cp1254"}
LOST = "\ufffd"
"""Stands for a letter that could not be read."""
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_SMALL = 4000
"""Characters of visible text: a guard's page says little, a page with reviews that also loads a captcha says more."""


def soup(response: TextResponse) -> BeautifulSoup:
    """The page, in the encoding that its header or itself declares, or that old pages of its language were written in."""
    return BeautifulSoup(decoded(response), "lxml")


def decoded(response: TextResponse) -> str:
    """A page's text. What Scrapy makes of one that declares no encoding is a guess by statistics, and makes "déjŕ" of "déjà".

    A page that says UTF-8 and is hardly anywhere (servers often say it of all pages) is read as one that says nothing.
    """
    header = (response.headers.get("Content-Type") or b"").decode("latin-1")
    if http_content_type_encoding(header) or html_body_declared_encoding(response.body) or read_bom(response.body)[0] or response.encoding == "utf-8":
        text = response.text
        lost = _lost(text, response)
        if not lost or response.encoding != "utf-8" or 2 * lost < len(_OUTSIDE_ASCII.findall(text)):
            return text
    return response.body.decode(undeclared(response.body), "replace")


def _lost(text: str, response: Response) -> int:
    """How many letters of a page could not be read, beside those that the page itself has lost."""
    return max(0, text.count(LOST) - response.body.count(LOST.encode()))


def undeclared(body: bytes) -> str:
    """The encoding of a page that declares none and is no UTF-8: what old pages of its language were written in."""
    lang = re.search(rb"<html\b[^>]*\blang=[\"']?([a-z]{2})", body[:5000], re.I)
    letters, words = (len(b"".join(re.findall(pattern, body))) for pattern in (rb"[\xc0-\xff]", rb"[\xc0-\xff]{4,}"))
    cyrillic = words * 2 > letters           # no language in Latin letters has words of nothing but accents
    return _OLD.get(lang[1].decode().lower() if lang else "") or ("cp1251" if cyrillic else "cp1252")


def ends_early(text: str) -> bool:
    """Whether a page ends inside a comment or a script, or in the middle of a tag or of its words."""
    end = text.rstrip().lower()
    if re.search(r"</html\s*>", end[-5000:]):
        return False
    return not end.endswith(">") or end.rfind("<!--") > end.rfind("-->") or end.rfind("<script") > end.rfind("</script")


def damage(response: Response) -> Iterator[Problem]:
    """What is wrong with a web page before anybody reads it: its end is missing, or letters of it are."""
    if not isinstance(response, TextResponse) or not _BEGINS.match(response.body[:5000]):
        return
    text = decoded(response)
    if ends_early(text):
        yield Problem(response.url, "ends in the middle: the rest of the page did not come", "crawl again later", "incomplete")
    if lost := _lost(text, response):
        yield Problem(response.url, f"{lost:,} letters are not in the encoding that the page states ({response.encoding}) and cannot be read", "nothing else is lost by it; look at the page in a browser")


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
