"""CFPB: complaints about a company to the US Consumer Financial Protection Bureau.

The database says that a company responded, and in which category, but never what it wrote nor when: its answers are not visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from pydantic import Field
from scrapy.http import Response

from enrich.records import Problem, Review, Total, When
from spiders.platforms import json_api
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

SITE = "https://www.consumerfinance.gov/data-research/consumer-complaints/search/"
API = f"{SITE}api/v1/"
SIZE = 100
CEILING = 10_000
"""Complaints that one query gives out: older ones are asked for by date."""
# Without `size` the API may answer with a web page; the aggregations are long and not needed.
ASKED = {"size": SIZE, "sort": "created_date_desc", "no_aggs": "true", "no_highlight": "true"}


class CfpbOptions(Options):
    id: str = Field(description="the company as the CFPB writes it, such as \"EQUIFAX, INC.\"")


class Cfpb(SourceSpider):
    """Complaints by the bureau's API, from the newest to the oldest."""

    name = "cfpb"
    title = "Complaints to the CFPB"
    gathers = "complaints about a company to the US Consumer Financial Protection Bureau"
    limits = "many come without the consumer's words; whether the company answered is told, its answer is not shown"
    per_request = 100
    replies_visible = False
    newest_first = True
    options = CfpbOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        company = json_api.query(url).get("company")
        return {"id": company} if company and "consumerfinance.gov/data-research/consumer-complaints/search" in url else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        since = {"date_received_min": place.since.date().isoformat()} if place.since else {}
        yield self.ask(json_api.with_query(API, company=place.options.id, **ASKED, frm=0, **since))

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        answer, problem = json_api.read(response, "the CFPB's JSON")
        match answer:
            case {"hits": {"hits": list(rows)}}:
                yield from self._answer(response, place, answer["hits"], rows)
            case list(rows):
                yield from self._rows(response, place, rows)
                yield from _wordless(response, place)
            case dict() if answer and all(isinstance(page, dict) and "hits" in page for page in answer.values()):       # pages saved together
                for page in answer.values():
                    if isinstance(page["hits"], dict) and isinstance(rows := page["hits"].get("hits"), list):
                        yield from self._answer(response, place, page["hits"], rows)
                    else:
                        yield Problem(response.url, "one of the pages in it holds no list of complaints", "the others went in", "changed")
            case _:
                yield problem or Problem(response.url, "is JSON, but no list of complaints", "check the address in a browser", "changed")

    def _rows(self, response: Response, place: Place, rows: list[Any]) -> Iterator[Drawn]:
        for drawn in each(rows, lambda row: [complaint(row.get("_source", row))], response.url, lambda row: row.get("_id") or row.get("complaint_id")):
            if isinstance(drawn, Review):
                place.memory["read"] = place.memory.get("read", 0) + 1
                place.memory["wordless"] = place.memory.get("wordless", 0) + (drawn.text is None)
            yield drawn

    def _answer(self, response: Response, place: Place, hits: dict[str, Any], rows: list[Any]) -> Iterator[Drawn]:
        asked, total = json_api.query(response.url), hits.get("total")
        total = total.get("value") if isinstance(total, dict) else total         # a bare number before Elasticsearch 7
        yield from self._rows(response, place, rows)
        if not isinstance(total, int):
            yield Problem(response.url, f"does not say how many complaints there are: {total!r:.60}", "its complaints went in; save the page and report it: the source may have changed")
            return
        if not {"date_received_min", "date_received_max", "search_term"} & set(asked):
            yield Total(total)
        start = int(asked.get("frm") or 0)
        if start + len(rows) >= total:
            yield from _wordless(response, place)
        elif not rows:
            yield Problem(response.url, f"the CFPB gave an empty page after {start} of {total} complaints", "crawl again later", "empty")
        elif response.url.startswith(API):
            yield from self._next(response, asked, start + int(asked.get("size") or len(rows)), rows[-1])

    def _next(self, response: Response, asked: dict[str, str], start: int, last: dict[str, Any]) -> Iterator[Drawn]:
        """The next page: `frm` alone gives the first one for ever, so `search_after` (the break point) names where the last one ended."""
        if start + SIZE <= CEILING:
            after = "_".join(map(str, last["sort"]))
            if after == asked.get("search_after"):
                yield Problem(response.url, f"the CFPB gave the same page twice after {start} complaints: the rest cannot be reached", "crawl again later", "repeating")
                return
            yield self.more(json_api.with_query(response.url, frm=start, search_after=after))
            return
        day = received(last["_source"])
        before = (day + timedelta(days=1)).isoformat()           # the bound is not included: that day is read again
        if before == asked.get("date_received_max"):
            yield Problem(response.url, f"more than {CEILING:,} complaints on {day}: the rest of that day cannot be reached", "import the export of that day, which the CFPB offers as a file")
            before = day.isoformat()
        kept = {k: v for k, v in asked.items() if k != "search_after"}
        yield self.more(json_api.with_query(API, **kept | {"frm": 0, "date_received_max": before}))


def complaint(row: dict[str, Any]) -> Review:
    """A complaint, of the API or of an export. Raises KeyError where its id or its day is missing.

    Its words are the consumer's only; what was complained about is picked from a list, and no title.
    """
    key, day = json_api.key(row["complaint_id"]), received(row)
    return Review(key, json_api.text(row.get("complaint_what_happened")), created=When.on(day.year, day.month, day.day), url=f"{SITE}detail/{key}", unit=json_api.text(row.get("product")))


def received(row: dict[str, Any]) -> date:
    """The day of a complaint: the API writes noon of it, which is no time of day."""
    return date.fromisoformat(row["date_received"][:10])


def _wordless(response: Response, place: Place) -> Iterator[Problem]:
    """Names, at the end, how many complaints have no words: the bureau publishes them with consent only, and may have stopped."""
    read, wordless = place.memory.get("read", 0), place.memory.get("wordless", 0)
    if wordless:
        yield Problem(response.url, f"{wordless:,} of {read:,} complaints came without the consumer's own words", "nothing can be done: the CFPB publishes them only with consent, and took them from its own pages in August 2026")
