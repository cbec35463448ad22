"""Glassdoor: what employees say of a company, with the employer's answer where there is one.

The state of the page's own scripts (Apollo's) is read first; where there is none, as since about 2026, what the page shows; at last what it marks
for search engines, which is titles and stars. A review that Glassdoor translated is taken in its own words. Job title, and whether somebody still works there,
have no place in a review; the place of work is its unit. Glassdoor's times name no zone: they are taken as UTC, reviews and answers alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Reply, Review, Total
from spiders.platforms import dates, pages, structured, texts
from spiders.platforms.base import each
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.platforms.table import language, role, words

DEEPEST = 4
"""How far references of a record are followed: a review's employer refers to its reviews again."""
_CARDS = "li.empReview, [id^=empReview_], article[data-test=review-detail], [data-test=review-details-container]"
_LOGIN = "sign in where you may and save the page again, or import an export of your own: a login is never used"
_STATE = re.compile(r'(?:"apollo(?:State|Cache)"\s*:|__APOLLO_STATE__\s*=)\s*(?={)')
_QUERY = re.compile(r"\((\{.*\})\)$", re.S)
_NARROWING = ("applyDefaultCriteria", "language", "employmentStatuses", "onlyCurrentEmployees", "jobTitle", "goc", "location", "overallRating", "division", "textSearch", "reviewCategories")


class Glassdoor(Site):
    """Pages `/Reviews/<company>-Reviews-E<id>_P<n>.htm`."""

    name = "glassdoor"
    title = "Glassdoor"
    hosts = ("glassdoor.",)
    audience = "employee"
    per_page = 10
    limits = "visitors without an account see few pages"

    def read(self, page: Saved) -> Iterator[Found]:
        model, asked, state = max(lists(page), key=lambda found: len(found[0]["reviews"]), default=({}, {}, {}))
        rows = {str(r.get("reviewId")): r for row in model.get("reviews") or [] if isinstance(r := resolve(row, state), dict)}      # a featured review stands twice
        cards = _outer(page.soup.select(_CARDS))
        total = _number(model.get("allReviewsCount"))
        nodes = structured.read(page.soup).nodes if total is None or not (rows or cards) else []
        marked = [n for n in nodes if "review" in n.types]
        # EmployerAggregateRating counts the company's ratings
        total = total if total is not None else next((n for node in nodes if "employeraggregaterating" in node.types and (n := _number(node.text("ratingcount", "reviewcount")))), None)
        if total is not None:
            yield Total(total)
        if rows:
            yield from each(rows.values(), lambda row: [_review(row, page)], page.name, lambda row: row.get("reviewId"))
        elif cards:
            yield Problem(page.name, "the state of Glassdoor's page is not in it: long texts may be cut off, and employers' answers are not read", "save the page again, with its scripts")
            yield from each(cards, lambda card: [_card(card, page)], page.name)
        elif marked:
            yield Problem(page.name, "shows titles and stars only, as it marks them for search engines", _LOGIN, "login")
            yield from each(marked, lambda node: [_marked(node)], page.name)
        elif total or model == {}:
            yield pages.wall(page.soup, page.name) or _nothing(page)
            return                           # so it is not one of the list's pages that are saved
        yield from _part(page, model, asked)


def _nothing(page: Saved) -> Problem:
    if page.soup.select_one("#ContentHardsellOverlay, [data-test=content-lock-container]"):
        return Problem(page.name, "Glassdoor asks for a login before it shows these reviews", _LOGIN, "login")
    return Problem(page.name, "no review could be read", "save a page …/Reviews/<company>-Reviews-E<number>.htm, and report it where it shows reviews: the site may have changed", "changed")


# the state of its scripts


def lists(page: Saved) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Every list of reviews in the page's states, with what its query asked for, and the state in which its references lead on."""
    for script in page.soup.find_all("script"):
        for begin in _STATE.finditer(text := "".join(script.strings)):
            try:
                state = json.JSONDecoder(strict=False).raw_decode(text, begin.end())[0]
            except (ValueError, RecursionError):
                continue                     # another state, or a piece of one: where no reviews come of it, that is said
            stack = [("", state)]
            while stack:
                key, value = stack.pop()
                if isinstance(value, dict):
                    if isinstance(value.get("reviews"), list) and {"allReviewsCount", "numberOfPages", "filteredReviewsCount"} & set(value):
                        yield value, arguments(key), state
                    stack += reversed(value.items())


def arguments(key: str) -> dict[str, Any]:
    """What a query asked for, as Apollo keeps it in the name of its answer: `employerReviewsRG({"employerReviewsInput":{"language":"eng", …}})`."""
    found = _QUERY.search(key)
    try:
        asked = json.loads(found[1]) if found else {}
    except ValueError:
        asked = {}
    inner = asked.get("employerReviewsInput", asked)
    return inner if isinstance(inner, dict) else {}


def resolve(value: Any, state: dict[str, Any], deep: int = DEEPEST) -> Any:
    """A record with what its references lead to, in either of Apollo's ways to write one: `{"type": "id", "id": …}` and `{"__ref": …}`."""
    if isinstance(value, list):
        return [resolve(v, state, deep) for v in value]
    if not isinstance(value, dict):
        return value
    target = value.get("__ref") or (value.get("id") if value.get("type") == "id" else None)
    if target is not None:
        return resolve(state.get(str(target)), state, deep - 1) if deep else None
    return {k: resolve(v, state, deep) for k, v in value.items()}


def _review(row: dict[str, Any], page: Saved) -> Review:
    """A record, in the words of its author where it was translated."""
    id = str(row["reviewId"])
    said = {name: _own(row, name) for name in ("summary", "pros", "cons", "advice")}
    path = (row.get("links") or {}).get("reviewDetailUrl")
    place = row.get("location")
    return Review(
        id, words(None, pros=said["pros"], cons=said["cons"], advice=said["advice"]), title=said["summary"], rating=ratings.read(row.get("ratingOverall")),
        created=page.when(row.get("reviewDateTime"), f"review {id}"), url=urljoin(page.url, path) if path else None, language=language(row.get("originalLanguageId") or row.get("languageId")),
        unit=place.get("name") if isinstance(place, dict) else place, replies=[_reply(a, page, id) for a in row.get("employerResponses") or []])


def _reply(row: dict[str, Any], page: Saved, id: str) -> Reply:
    own = row.get("id")
    return Reply(_own(row, "response"), role=role(row.get("userJobTitle")), id=str(own) if own is not None else None,
                 created=page.when(row.get("responseDateTime"), f"a reply to review {id}"))


def _own(row: dict[str, Any], name: str) -> str | None:
    """The words of a field as they were written, not as Glassdoor translated them."""
    return texts.tidy(row.get(f"{name}Original") or row.get(name) or "") or None


def _part(page: Saved, model: dict[str, Any], asked: dict[str, Any]) -> Iterator[Found]:
    number, last = _number(model.get("currentPage") or (asked.get("page") or {}).get("num")), _number(model.get("numberOfPages"))
    if number is None or last is None:
        return
    named = {k: v for k in _NARROWING if (v := _asked(asked.get(k)))} or {k: v for k, v in parse_qsl(urlsplit(page.url).query) if k.startswith("filter.")}
    shown, known = _number(model.get("filteredReviewsCount")), _number(model.get("allReviewsCount"))
    narrowed = shown != known if shown is not None and known is not None else bool(named)
    filtered = (", ".join(f"{k}={v}" for k, v in named.items()) or f"{shown} of {known}") if narrowed else None
    for found in part(number, last, re.sub(r"(?:_I?P\d+)?\.htm", "_P{n}.htm", page.url, count=1), filtered):
        yield replace(found, addresses=tuple(a.replace("_P1.htm", ".htm") for a in found.addresses))


def _asked(value: Any) -> str:
    """What a query narrowed its answer to, "" where it left that open."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return "+".join(str(v) for v in inner if v not in (None, "", False, [], {}))


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None


# what the page shows


def _outer(cards: list[Tag]) -> list[Tag]:
    """Cards that stand in no other card."""
    known = {id(c) for c in cards}
    return [c for c in cards if not any(id(p) in known for p in c.parents)]


def _card(card: Tag, page: Saved) -> Review:
    """A review as the page shows it. How the page shows an employer's answer is not known: one that is not here may well be there."""
    link = card.select_one("a[href*='-RVW']")
    named = " ".join(str(card.get(a) or "") for a in ("id", "data-brandviews")) + (f" {link['href']}" if link else "")
    found = re.search(r"(?:empReview_|review_id=|-RVW)(\d+)", named)
    id = found[1] if found else None
    title = _shown(card, "[data-test=review-details-title], a.reviewLink, h2, h3")
    rated = _shown(card, "[data-test=review-rating-label], [class*=ratingNum]") or next((str(e["title"]) for e in card.select(".value-title[title], .rating [title]")), None)
    tag = card.select_one("[data-test=content-avatar-tag]")
    place = _shown(card, ".authorLocation") or (texts.of(tag).partition("\n")[2].strip() or None if tag else None)
    pros, cons, advice = (_shown(card, s, whole=True) for s in (
        "[data-test=pros], [data-test=review-text-PROS], .pros", "[data-test=cons], [data-test=review-text-CONS], .cons",
        "[data-test=advice-management], [data-test=review-text-ADVICE], [data-test=review-text-FEEDBACK], .adviceMgmt"))
    if not (title or pros or cons or rated):
        raise ValueError("neither words nor stars could be found in it")
    return Review(id, words(None, pros=pros, cons=cons, advice=advice), title=title.strip('"“”„«» ') or None if title else None, rating=ratings.read(rated),
                  created=page.when(_date(card, page), f"review {id}"), url=urljoin(page.url, str(link["href"])) if link else None, unit=place, complete=False)


def _date(card: Tag, page: Saved) -> str | None:
    """Scripts of the page wrote `datetime` with the browser's own zone added to Glassdoor's clock: the clock is what counts."""
    stamp = card.select_one("time[datetime]")
    shown = None if stamp else _shown(card, "time, [class*=reviewDate]")
    return str(stamp["datetime"]).partition(" GMT")[0] if stamp else dates.english(shown, page.language) if shown else None


def _shown(card: Tag, selector: str, *, whole: bool = False) -> str | None:
    found = card.select_one(selector)
    return (texts.of(found) if whole else texts.line(found)) or None if found else None


def _marked(node: structured.Node) -> Review:
    rated = node.node("reviewrating")
    return Review(None, None, title=node.text("reviewbody"), rating=ratings.read(rated.text("ratingvalue")) if rated else None, complete=False)

