"""JSON over HTTP: reads an answer, and says what came where it is no JSON."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapy.http import Request, Response, TextResponse

from enrich.records import Problem
from spiders.platforms import js_literals, pages
from spiders.platforms.base import Place

_REFUSALS = (
    (r"rate.?limit|abuse detection|throttl|too many|too fast|slow down|quota", "blocked"),
    (r"not.?found|invalid page|no longer|disabled|deleted|moved|access blocked|not exist|be found", "gone"),
    (r"credential|authenticat|authoriz|log(?:ged)?.?in|sign(?:ed)? ?in|token|access.?denied|not accessible|permi", "login"),
)


def read(response: Response, expected: str) -> tuple[Any, Problem | None]:
    """The answer's value, or a problem: a web page, a login wall, a guard against programs, or no JSON at all.

    `expected` is what should have come, for people ("a Discourse forum's JSON").
    """
    if not isinstance(response, TextResponse):
        return None, Problem(response.url, f"is not {expected}: it is not even text", "check the address, or the file", "changed")
    text = response.text.lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return None, pages.wall(pages.soup(response), response.url) or Problem(
            response.url, f"is a web page, not {expected}", "check the address in a browser; for pages with schema.org markup use source = \"schema_org\"", "changed")
    try:
        return json.loads(text, strict=False), None
    except (ValueError, RecursionError) as error:
        with suppress(ValueError, RecursionError):         # a script that holds it
            return js_literals.read(text), None
        return None, Problem(response.url, f"is not {expected}: {error}", "check the address, or save the file again: it may be cut off", "changed")


def refused(said: str) -> str:
    """The sort (records.SORTS) of what an API says in place of an answer, told by its words: its status is not always there."""
    return next((sort for words, sort in _REFUSALS if re.search(words, said, re.I)), "failed")


def text(value: Any) -> str | None:
    """A name or a number that a record states, None where it is empty. Raises TypeError where it is anything else, which is not shown: it may hold names."""
    if isinstance(value, bool) or (value is not None and not isinstance(value, str | int)):
        raise TypeError(f"a {type(value).__name__} stands where a text should")
    return str(value).strip() or None if value is not None else None


def key(value: Any) -> str:
    """An id, which some write as a number. Raises ValueError or TypeError where there is none."""
    if (found := text(value)) is None:
        raise ValueError("it has no id")
    return found


def count(value: Any) -> int | None:
    """How many there are, None where that is not said."""
    return int(value) if not isinstance(value, bool) and re.fullmatch(r"\d{1,18}", str(value)) else None


def query(url: str) -> dict[str, str]:
    """The parameters of an address (the last one where a name comes twice)."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_query(url: str, **parameters: Any) -> str:
    """The address with some parameters set anew, and without a fragment."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(query(url) | parameters, safe="[]*"), fragment=""))


def linked(response: Response) -> str | None:
    """The next page that a Link header names (RFC 8288)."""
    header = b",".join(response.headers.getlist("Link")).decode("latin-1")
    found = re.search(r'<([^<>]*)>[^<>]*;\s*rel="?next\b', header)
    return found[1] if found else None


def following(response: Response, place: Place, target: Any, host: str) -> Request | Problem:
    """The request for the next page that an answer names; a problem where that is on another host, or was read before."""
    known: set[str] = place.memory.setdefault("pages", {response.url})
    if not isinstance(target, str):
        return Problem(response.url, "names a next page, but that is no address: the rest cannot be reached", "save the page and report it: the source may have changed", "changed")
    if urlsplit(target).hostname not in (host, urlsplit(response.url).hostname):
        return Problem(response.url, f"names a next page on another host: {target:.200}", "it is not followed; look at the address in a browser")
    if target in known:
        return Problem(response.url, "names a next page that was read before: the rest cannot be reached", "crawl again later", "repeating")
    known.add(target)
    return Request(target, meta={"more": True})
