"""A company's own site: what it shows of its customers' words, on the pages whose address speaks of reviews.

What a company shows of itself it has picked: these reviews are shown, and never count in a rate.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from pydantic import Field
from scrapy.http import Response, TextResponse
from scrapy.utils.sitemap import Sitemap, sitemap_urls_from_robots

from enrich.records import Problem
from spiders.platforms import marked, pages, testimonials
from spiders.platforms.base import UNKNOWN, Drawn, Options, Place, SourceSpider
from spiders.platforms.packed import unpacked

SPEAKS = ["review", "reviews", "testimonial", "testimonials", "customers", "customer-stories", "client-stories", "success-stories", "case-study", "case-studies",
          "bewertung", "bewertungen", "kundenbewertungen", "kundenstimmen", "kundenmeinungen", "erfahrungen", "erfahrungsberichte", "referenzen", "erfolgsgeschichten",
          "avis", "temoignage", "temoignages", "opiniones", "resenas", "testimonios", "recensioni", "opinioni", "testimonianze", "avaliacoes", "depoimentos",
          "beoordelingen", "ervaringen", "klantverhalen", "opinie", "recenzje", "omdomen", "anmeldelser", "kundeanmeldelser", "recenze", "hodnoceni"]
"""What speaks of customers' words in a part of an address's path."""
NOT = frozenset(["login", "signin", "signup", "register", "account", "service", "support", "privacy", "policy", "terms", "cookie", "cookies", "write", "leave", "submit", "add", "guidelines",
                 "careers", "jobs", "api", "docs", "developers", "feed", "tag", "author", "peer", "code"])
"""What tells that it speaks of something else."""
FEW = 4
"""Words of a part of a path; one with more is an article's title."""
MAPS = 40
"""Parts of a sitemap that are read at most."""
UNPACKED = 64 << 20
"""Bytes of a sitemap at most (the format allows 50 MB)."""
_SITEMAP = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*<(?:\w+:)?(?:urlset|sitemapindex)\b", re.S)
ABSENT = {"handle_httpstatus_list": [404, 410]}
"""What is not there is told in the source's own words: one of many pages is no reason why a site gave less than it should."""


class CompanySiteOptions(Options):
    url: str = Field(description="the company's site, or its page of testimonials", pattern=r"^https?://")
    most: int = Field(50, ge=1, description="how many of its pages are read at most")


class CompanySite(SourceSpider):
    """Pages that the site's own map lists, and whose address speaks of reviews, testimonials or case studies."""

    name = "company_site"
    title = "A company's own site"
    gathers = "marked-up reviews and testimonials on a company's own pages, found by its sitemap; hand-picked by the company, so they are shown and in no rate"
    limits = "pages whose address speaks of reviews, 50 at most (`most`)"
    per_request = 5
    population = "chosen"
    options = CompanySiteOptions

    def begin(self, place: Place) -> Iterable[Drawn]:
        parts = urlsplit(place.options.url)
        yield self.ask(f"{parts.scheme}://{parts.netloc}/robots.txt", meta={"rules": True, **ABSENT})
        if parts.path.strip("/"):
            place.memory.setdefault("chosen", set()).add(place.options.url)
            yield self.ask(place.options.url, meta=ABSENT)

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        asked = response.request.meta if response.request else {}
        if asked.get("rules") or urlsplit(response.url).path.endswith("/robots.txt"):
            yield from self._robots(response, place)
        elif asked.get("map") or (body := unpacked(response.body, UNPACKED)) is not None and _SITEMAP.match(body):
            yield from self._map(response, place)
        elif response.status in ABSENT["handle_httpstatus_list"]:
            given = response.url == place.options.url
            yield Problem(response.url, f"there is no such page (status {response.status})" + ("" if given else ", though the site's map names it"), "check the address in study.toml" if given else None, "gone" if given else None)
        elif pages.is_html(response):
            yield from self._shown(response, place)
        else:
            yield Problem(response.url, "is neither a web page nor a sitemap", "look at the address in a browser", "changed")

    def _robots(self, response: Response, place: Place) -> Iterator[Drawn]:
        named = list(sitemap_urls_from_robots(response.body, response.url)) if response.status == 200 else []
        yield from self._ask_maps([u for u in named if u.startswith("http")] or [urljoin(response.url, "/sitemap.xml")], response.url, place)

    def _ask_maps(self, addresses: list[str], here: str, place: Place) -> Iterator[Drawn]:
        """Requests for parts of the sitemap, those first whose address speaks of reviews."""
        known: set[str] = place.memory.setdefault("maps", set())
        for address in sorted(dict.fromkeys(addresses), key=lambda a: not speaks(a)):
            if address in known:
                continue
            if len(known) >= MAPS:
                yield Problem(here, f"the sitemap has more than {MAPS} parts: the others are not read", "give the page of testimonials itself as `url`", "capped")
                return
            known.add(address)
            yield self.ask(address, meta={"map": True, **ABSENT})

    def _map(self, response: Response, place: Place) -> Iterator[Drawn]:
        """The pages that a sitemap names, or its parts."""
        body = unpacked(response.body, UNPACKED) if response.status == 200 else None
        try:
            sitemap = Sitemap(body or b"")
            entries = [str(e["loc"]) for e in sitemap if e.get("loc")]
        except (SyntaxError, StopIteration):        # lxml's own errors are SyntaxErrors
            sitemap, entries = None, []
        place.memory["read"] = place.memory.get("read", 0) + 1
        if sitemap is not None and sitemap.type == "sitemapindex":
            yield from self._ask_maps([urljoin(response.url, e) for e in entries], response.url, place)
        elif sitemap is not None and sitemap.type == "urlset":
            yield from self._ask_pages([urljoin(response.url, e) for e in entries], response.url, place)
        elif response.status == 200:
            yield Problem(response.url, "is no sitemap", "give the page of testimonials itself as `url`", "changed")
        if place.memory["read"] >= len(place.memory.get("maps", ())) and not place.memory.get("chosen"):
            yield Problem(response.url, "the site has no sitemap, or none of the pages in it speaks of reviews in its address", "look for its testimonials in a browser, and give their page as `url`", "empty")

    def _ask_pages(self, addresses: list[str], here: str, place: Place) -> Iterator[Drawn]:
        """Requests for the pages that speak of reviews, those near the site's root first: they hold the most."""
        chosen: set[str] = place.memory.setdefault("chosen", set())
        found = [a for a in dict.fromkeys(addresses) if a not in chosen and _own(a, here, place) and speaks(a)]
        for address in sorted(found, key=lambda a: urlsplit(a).path.strip("/").count("/")):
            if len(chosen) >= place.options.most:
                if not place.memory.get("capped"):
                    place.memory["capped"] = True
                    yield Problem(here, f"more than {place.options.most} pages speak of reviews: the others are not read", "raise `most`, or give the page of testimonials itself as `url`", "capped")
                return
            chosen.add(address)
            yield self.ask(address, meta=ABSENT)

    def _shown(self, response: Response, place: Place) -> Iterator[Drawn]:
        """The reviews that a page marks up; where it marks up none, what looks like testimonials."""
        assert isinstance(response, TextResponse)
        page = pages.soup(response)
        found = marked.read(page, response, place)
        drawn = found.drawn or testimonials.read(page, found.reader)
        yield from found.problems
        known: set[Any] = place.memory.setdefault("known", set())
        new = [d for d in drawn if (key := d.body or (d.review.id, d.author, d.review.created)) not in known and not known.add(key)]  # type: ignore[func-returns-value]
        for d in new:
            d.review.url = d.review.url or (None if response.url.startswith(UNKNOWN) else response.url)
            yield d.review
        if not drawn and (wall := pages.wall(page, response.url)):
            yield wall
        elif not drawn and found.rated and found.counts != {0}:
            yield Problem(response.url, f"it counts {max(found.counts, default='its')} reviews but holds none: its scripts load them, or its layout has changed", "look at the page in a browser, or import an export", "empty")
        if new and (target := pages.following(page, response.url)):
            yield from self._ask_pages([target], response.url, place)


def speaks(url: str) -> bool:
    """Whether an address speaks of customers' words, and of nothing that only sounds like it."""
    parts = [re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKD", unquote(p)).encode("ascii", "ignore").decode().lower().partition(".")[0]) for p in urlsplit(url).path.split("/")]
    return not any(NOT & set(words) for words in parts) and any(len(words) <= FEW and any(f"-{said}-" in f"-{'-'.join(words)}-" for said in SPEAKS) for words in parts)


def _own(url: str, here: str, place: Place) -> bool:
    """Whether an address is of the company's own site; of a saved map whose address is not known, all are."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    own = (urlsplit(place.options.url).hostname or "").removeprefix("www.")
    return here.startswith(UNKNOWN) or host == own or host.endswith(f".{own}")
