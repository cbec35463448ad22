"""Google Play: reviews of an app with the developer's answer, by the store's own web RPC. Off unless a study opts in.

No public interface gives out an app's reviews, and Google's terms forbid automated access; the official one (Android Publisher) serves one's
own apps only. So a place of this source is refused, with the reason, until study.toml says `opt_in = true`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy.http import Request, Response, TextResponse

from enrich.records import Problem, Review
from spiders.platforms import json_api, pages, play_rows, readers
from spiders.platforms.base import UNKNOWN, Drawn, Options, Place, SourceSpider, each
from spiders.platforms.saved import Saved

RPC = "UsvDTd"
READ = (RPC, "oCPfdb")
"""Ids under which the store answers with reviews: the one that is asked, and the one that saved answers may also have."""
ADDRESS = "https://play.google.com/_/PlayStoreUi/data/batchexecute?hl={}&gl={}"
NEWEST, ROWS = 2, 150
TRIES = 3
"""How often an answer without reviews is asked for again: the store gives empty ones, and refusals, now and then."""
PAUSE = 5
"""Seconds before the first of these, twice as many before the second and so on."""
PASSING = "Google Play answers"
"""So begins what may pass: a refusal or an error, not a page that is something else."""
LIMITED = re.compile(r"PlayGatewayError|PlayDataError")
WHY = ("off by default: Google Play has no public interface for reviews, Google's terms forbid automated access, and the official one (Android Publisher) serves "
       "one's own apps only")
INSTEAD = ("import the file of a google-play-scraper run, or the Play Console's export of your own app (source = \"table\"); "
           "to crawl all the same, at your own responsibility, set opt_in = true at this source in study.toml")


class GooglePlayOptions(Options):
    id: str = Field(description="the app's package, as in play.google.com/store/apps/details?id=com.example.app", pattern=r"^[A-Za-z]\w*(\.\w+)*$")
    countries: list[Annotated[str, Field(pattern="^[a-z]{2}$")]] = Field(["us"], min_length=1, description="countries to ask from, as two letters")
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}([-_]\w+)?$")]] = Field(["en"], min_length=1, description="languages whose reviews are read, as two letters: Google Play gives each its own list")
    opt_in: bool = Field(False, description="I have read why this is off: it is no public interface, Google's terms forbid automated access, and I answer for using it")


@dataclass(slots=True)
class Reading:
    """How far the list of one country and language is read."""

    country: str
    language: str
    token: str | None = None                 # what the page at hand was asked with; None: it is the first
    tokens: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    tries: int = 0

    def __str__(self) -> str:
        return f"the list of {self.country}/{self.language}"


class GooglePlay(SourceSpider):
    """Reviews of an app, a list for each country and language, from the newest to the oldest (by their last edit)."""

    name = "google_play"
    title = "Google Play reviews (off unless a study opts in)"
    gathers = "reviews of an app, with the developer's answer"
    limits = "the last edit of a review, not when it was first written; of some apps a few thousand at most"
    per_request = 150
    replies_visible = True
    newest_first = True
    options = GooglePlayOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        if not re.match(r"https?://play\.google\.com/", url):
            return None
        said = json_api.query(url)
        found: dict[str, Any] = {}
        if re.search(r"/store/apps/details\b", url) and "id" in said:
            found["id"] = said["id"]
        elif "/PlayStoreUi/" not in url:
            return None
        if re.fullmatch("[A-Za-z]{2}", said.get("gl", "")):
            found["countries"] = [said["gl"].lower()]
        if re.fullmatch(r"[a-z]{2,3}([-_]\w+)?", said.get("hl", "")):
            found["languages"] = [said["hl"]]
        return found

    def begin(self, place: Place) -> Iterable[Drawn]:
        if not place.options.opt_in:
            yield Problem(f"{place.options.id} on Google Play", WHY, INSTEAD, "refused")
            return
        for country in place.options.countries:
            for language in place.options.languages:
                yield self._request(place, Reading(country, language))

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        said = json_api.query(response.url)
        country, language = said.get("gl", place.options.countries[0]).lower(), said.get("hl", place.options.languages[0])
        reading: Reading = place.memory.setdefault(f"{country}/{language}", Reading(country, language))
        if isinstance(response, TextResponse) and response.text.lstrip("\ufeff \t\r\n").startswith("<"):
            yield from _page(response, place)
            return
        data, problem = payload(response)
        if problem is not None:
            passes = problem.what.startswith(PASSING)
            yield from self._asked_again(problem, place, reading) if passes else [problem]
            return
        rows = play_rows.rows(data)
        package = place.options.id if place.options.id != "unknown" else None
        drawn = list(each(rows, lambda row: [play_rows.review(row, package)], response.url))
        yield from drawn
        token = following(data)
        if reviews := [d for d in drawn if isinstance(d, Review)]:
            yield from self._next(response, place, reading, reviews, token)
        elif len(rows) == 1:
            yield Problem(response.url, f"{reading} has 1 row, and it could not be read", "report it: Google Play may have changed", "changed")
        elif rows:
            return                           # none could be read, which is told
        elif token or reading.token:
            yield from self._asked_again(Problem(response.url, f"{reading} gave an empty page though more was promised", "crawl again later", "empty"), place, reading)
        else:
            yield Problem(response.url, f"{reading} is empty: Google Play does not know the app, or it has no reviews there", "check the app's package, and its page in a browser")

    def _next(self, response: Response, place: Place, reading: Reading, reviews: list[Review], token: str | None) -> Iterator[Drawn]:
        """The next page, if any: lists begin again at their end."""
        reading.tries = 0
        ids = {r.id for r in reviews if r.id}
        if ids and ids <= reading.ids or token in reading.tokens:
            yield Problem(response.url, f"{reading} begins again after {len(reading.ids):,} reviews: the rest cannot be reached", "crawl again later", "repeating")
            return
        reading.ids |= ids
        written = reviews[-1].created if reviews else None
        if token and not (written and place.older(written.latest)):
            reading.token = token
            reading.tokens.add(token)
            # a page that another country's list gave already says nothing of where this one ends
            yield self._request(place, reading, more=not (ids and ids <= place.came))

    def _asked_again(self, problem: Problem, place: Place, reading: Reading) -> Iterator[Drawn]:
        """Asks for the page at hand once more, after a pause; the third time it stays a problem."""
        reading.tries += 1
        if reading.tries > TRIES:
            yield problem
            return
        yield replace(problem, cure="it is asked for again after a pause", sort=None)
        request = self._request(place, reading)
        yield request.replace(meta={**request.meta, "pause": PAUSE * reading.tries})

    def _request(self, place: Place, reading: Reading, more: bool = False) -> Request:
        """Asks for a page. All pages of a list have one address: what tells them apart is in the body, so an address that was asked before is no repetition."""
        inner = [None, None, [2, NEWEST, [ROWS, None, reading.token], None, []], [place.options.id, 7]]
        asked = json.dumps([[[RPC, json.dumps(inner, separators=(",", ":")), None, "generic"]]], separators=(",", ":"))
        return (self.more if more else self.ask)(
            ADDRESS.format(reading.language, reading.country.upper()), method="POST", body=urlencode({"f.req": asked}), headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
            meta={"opt_in": place.options.opt_in}, dont_filter=True)


def payload(response: Response) -> tuple[Any, Problem | None]:
    """The data of an answer, `[rows, [nothing, token]]`, or what came in its place: a refusal, an error, something else."""
    def wrong(what: str, cure: str, sort: str) -> tuple[None, Problem]:
        return None, Problem(response.url, what, cure, sort)

    changed = "check the address, or save the answer again: it may be cut off"
    if not isinstance(response, TextResponse):
        return wrong("is no answer of Google Play: it is not even text", changed, "changed")
    limited = wrong(f"{PASSING} that it is asked too much", "crawl again later, with a longer DOWNLOAD_DELAY", "blocked") if LIMITED.search(response.text) else None
    lines = list(envelope(response.text))
    for line in lines:
        if play_rows.at(line, 0) == "wrb.fr" and play_rows.at(line, 1) in READ:
            inner = play_rows.at(line, 2)
            if inner is None:
                return limited or wrong(f"{PASSING} with an error{_code(play_rows.at(line, 5))}", "check the app's package; crawl again later", "failed")
            try:
                return (json.loads(inner, strict=False) if isinstance(inner, str) else inner), None
            except (ValueError, RecursionError) as error:
                return wrong(f"the list of reviews is no JSON: {error}", changed, "changed")
    for line in lines:
        if play_rows.at(line, 0) == "er":
            return limited or wrong(f"{PASSING} with an error{_code(line[1:])}", "check the app's package; crawl again later", "failed")
    return limited or wrong("is no answer of Google Play about reviews", changed, "changed")


def _page(response: TextResponse, place: Place) -> Iterator[Drawn]:
    """What a web page holds that came, or was saved, in place of an answer: the app's own page has a few reviews."""
    page = Saved(response.text, response.url, response.url if response.url != UNKNOWN else None, place.seen_at)
    reader = readers.whose(page)
    found = list(reader.read(page, place)) if reader.name == GooglePlay.name else []
    if any(isinstance(d, Review) for d in found):
        yield from found
        yield from page.told()
    else:
        yield pages.wall(page.soup, response.url) or Problem(
            response.url, "is a web page without reviews, not the list of them", "check the address; a page of the app that was saved with its reviews opened is read too", "changed")


def envelope(text: str) -> Iterator[Any]:
    """The lines of an answer, `["wrb.fr", id, data, …]`: after its guard `)]}'` comes a list of them, or several with their lengths between."""
    decoder, at = json.JSONDecoder(strict=False), text.find("[")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield from value
        at = text.find("[", end)


def following(data: Any) -> str | None:
    """What asks for the next page; None at the end. It stands second in the second place, or last in the last but one."""
    last = data[-2] if isinstance(data, list) and len(data) > 2 else None
    said = (play_rows.at(data, 1, 1), last[-1] if isinstance(last, list) and last else None)
    return next((token for token in said if isinstance(token, str) and token), None)


def _code(said: Any) -> str:
    """The first number in what an error says, which is its code."""
    code = next((n for n in said if isinstance(n, int)), None) if isinstance(said, list) else None
    return f" (code {code})" if code is not None else ""
