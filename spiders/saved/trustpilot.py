"""Trustpilot: reviews of a company, with its reply where there is one.

Three layouts are read: the state that pages since 2022 hold for their own scripts; the cards that they show, where the state is missing or is another page's
(a browser that goes from page to page keeps the first one's); and the articles of 2016 to 2021. What none of these holds is taken from the JSON-LD, which knows no replies.
The day of the experience has no place in a review. Trustpilot shows a visitor the reviews in the visitor's language unless told otherwise: a list that was
narrowed down says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

from enrich.records import Problem, Review, Total
from spiders.platforms import embedded, pages, stars, structured, texts
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.saved import trustpilot_cards as shown
from spiders.saved import trustpilot_state as held

_LOGIN = "sign in where you may and save the page again, or import an export of your own: a login is never used"
_CHANGED = "save the page again once its reviews are shown; if they were, report it: the site may have changed"
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_ORDER = ("sort", "page")
"""What a list was asked for that leaves nothing out."""


class Trustpilot(Site):
    """Pages `/review/<domain>` of a company, and `/reviews/<id>` of one review."""

    name = "trustpilot"
    title = "Trustpilot"
    hosts = ("trustpilot.",)
    per_page = 20
    limits = "without an account ten pages of a list; by default the reviews in the visitor's language"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one("[data-business-unit-json-ld], article[data-service-review-card-paper], article.review[data-reviewmid]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        state = held.props(page)
        if wall := _wall(page, state):
            yield wall
            return
        marked = _marked(page)
        found, problems, stale = _reviews(page, state)
        for review in found:
            _complete(review, marked)
            review.url = shown.address(review.id, page)
        if not found and marked:
            yield Problem(page.name, "the reviews of this page are only in what it says to search engines: whether the company replied is not known", _CHANGED)
            found = list(marked)
        yield from found
        yield from problems
        total = _total(page, {} if stale else state)
        if total is not None:
            yield total
        if not found and not problems and not (total and total.reviews == 0):
            yield _nothing(page, state, total)
        yield from _listed(page, state) if state.get("filters") and not stale else _linked(page)


def _reviews(page: Saved, state: dict[str, Any]) -> tuple[list[Review], list[Problem], bool]:
    """The page's reviews, what is wrong with them, and whether the state is another page's than the one that is shown."""
    rows = held.rows(state)
    cards = [] if isinstance(state.get("review"), dict) else shown.cards(page)             # beside a single review stand those of others
    known = {str(row.get("id")) for row in rows if isinstance(row, dict)}
    stale = bool(known and cards) and known.isdisjoint(shown.id_of(c) or "" for c in cards)
    beside = [c for c in cards if shown.id_of(c) not in known]
    drawn = [*each([] if stale else rows, lambda row: [held.review(row, page)], page.name, lambda row: row.get("id")),
             *each(beside, lambda card: [shown.card(card, page)], page.name),
             *each(shown.articles(page), lambda article: [shown.article(article, page)], page.name)]
    problems = [d for d in drawn if isinstance(d, Problem)]
    if cards and (stale or not rows):
        problems.append(Problem(page.name, "the data that Trustpilot's page has beside its text are missing, or another page's: which reviews are verified is not known", "load the page anew (F5) before you save it, with its scripts"))
    return [d for d in drawn if isinstance(d, Review)], problems, stale


def _marked(page: Saved) -> list[Review]:
    """What the page says to search engines of its reviews; their language, and when they were first published."""
    reader = markup.Reader(page.url, page.seen_at or datetime.now(UTC), None)
    found = [d.review for d in reader.reviews(structured.read(page.soup))]
    for review in found:
        own = (review.id or "").rpartition("/")[2]
        review.id, review.author_id = own if re.fullmatch(r"[0-9a-f]{24}", own) else None, (review.author_id or "").rstrip("/").rpartition("/")[2] or None
        review.url, review.unit, review.complete = shown.address(review.id, page), None, False
    for problem in reader.problems:
        page.tell(problem)
    return found


def _complete(review: Review, marked: list[Review]) -> None:
    """Adds what only the page's mark-up says. A card shows the day of the last edit alone, and may cut a text off."""
    words = markup.norm(review.text or "")
    twin = next((m for m in marked if (m.id == review.id if m.id else m.author_id is not None and m.author_id == review.author_id and (markup.norm(m.text or "") == words or m.title == review.title))), None)
    if twin is None:
        return
    review.language, review.created = review.language or twin.language, review.created or twin.created
    if review.created_kind == "edited" and twin.created:
        review.edited = review.created if review.created != twin.created else None
        review.created, review.created_kind = twin.created, "created"
    longer = markup.norm(twin.text or "")
    if words and longer.startswith(words) and len(longer) > len(words):
        review.text = twin.text


def _wall(page: Saved, state: dict[str, Any]) -> Problem | None:
    """What stands before the reviews, or instead of them."""
    target, path = str(state.get("__N_REDIRECT") or ""), urlsplit(page.url).path
    if "/users/connect" in f"{target} {path}":
        return Problem(page.name, "Trustpilot asks for a login before it shows this page of the list", _LOGIN, "login")
    if path.startswith("/users/"):
        return Problem(page.name, "shows what one person wrote of many companies", "save the company's own page: …/review/<domain>", "changed")
    heading = " ".join(texts.line(e) for e in page.soup.select("title, h1"))
    if re.search(r"verifying (?:your )?connection", heading, re.I) and not held.rows(state) and not shown.cards(page):
        return Problem(page.name, "the site shows a test for people instead of the page: it refuses programs", "open the page in a browser, wait until its reviews are shown, and save it again", "blocked")
    return None


def _nothing(page: Saved, state: dict[str, Any], total: Total | None) -> Problem:
    """Why a page without reviews has none."""
    pagination = _pagination(state)
    number, last, found = (_number(pagination.get(name)) for name in ("currentPage", "totalPages", "totalCount"))
    if found == 0:
        return Problem(page.name, f"no review fits what the list was narrowed to ({_narrowed(state) or 'no filter is named'})", "save the list without a filter", "empty")
    if number is not None and last is not None and number > last:
        return Problem(page.name, f"is page {number:,} of a list of {last:,}", "nothing is lost by it: the list ends before", "empty")
    return pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total.reviews:,} reviews, but none could be read" if total else "no reviews of Trustpilot are in this page", _CHANGED, "changed")


# how many there are, and which page of the list this is


def _total(page: Saved, state: dict[str, Any]) -> Total | None:
    """How many reviews the company has, and how many with each number of stars: by the state, by the table for search engines, by the heading."""
    ratings = _inner(_inner(state, "filters"), "reviewStatistics").get("ratings")
    bars = {n: found for word, n in _NUMBERS.items() if (found := _number(ratings.get(word))) is not None} if isinstance(ratings, dict) else {}
    counted = _number(ratings.get("total")) if isinstance(ratings, dict) else None
    if not bars:
        bars, counted = _table(page)
    if len(bars) == 5:
        return Total(counted if counted is not None else sum(bars.values()), dict(sorted(bars.items(), reverse=True)))
    counted = next((n for said in (_inner(state, "businessUnit"), held.piece(page.soup, "business-unit-info")) if (n := _number(said.get("numberOfReviews"))) is not None), None)
    heading = page.soup.select_one("[data-reviews-count-typography], .headline__review-count")
    if counted is None and heading is not None:
        counted = next(iter(stars.counts(texts.line(heading))), None)
    return Total(counted) if counted is not None else None


def _table(page: Saved) -> tuple[dict[int, int], int | None]:
    """The stars that the page's JSON-LD has as a table: a column for each, and one for the whole."""
    bars: dict[int, int] = {}
    counted = None
    for script in page.soup.find_all("script", type="application/ld+json"):
        said = "".join(script.strings)
        if "csvw:cells" not in said:
            continue
        try:
            columns = [o for o in embedded.objects(structured.mend(said)) if "csvw:cells" in o]
        except ValueError:
            continue                         # the heading counts them as well
        for column in columns:
            name, value = stars.counts(str(column.get("csvw:name"))), next((_number(c.get("csvw:value")) for c in column["csvw:cells"] if isinstance(c, dict)), None)
            if value is not None and name:
                bars[name[0]] = value
            elif value is not None:
                counted = value
    return bars, counted


def _listed(page: Saved, state: dict[str, Any]) -> Iterator[Found]:
    """Which page this is, by the state."""
    pagination = _pagination(state)
    number, last = _number(pagination.get("currentPage")), _number(pagination.get("totalPages"))
    if number is not None and last is not None:
        yield from part(number, last, _address(str(state.get("pageUrl") or page.url)), _narrowed(state))


def _linked(page: Saved) -> Iterator[Found]:
    """Which page this is, by the links to the others. Lists of before 2022 number no pages: only one that fills a single page is known whole."""
    asked = held.piece(page.soup, "review-filter")
    if asked:
        page.follow += [urljoin(page.url, str(a["href"])) for a in page.soup.select("link[rel~=next][href]")]
        if page.url != UNKNOWN and not page.soup.select_one("[rel=next], [rel=prev]"):
            yield from part(1, 1, page.url, _named({k.removeprefix("selected").lower(): v for k, v in asked.items() if k.startswith("selected") or k == "search"}))
        return
    links = [a for a in page.soup.select("a[href][name^=pagination-button], nav a[href*='page=']") if urlsplit(urljoin(page.url, str(a["href"]))).path.startswith("/review/")]
    current = next((a for a in page.soup.select("nav a[aria-current=page][href]") if stars.counts(texts.line(a))), None)
    if current is not None and page.url != UNKNOWN:
        address = urljoin(page.url, str(current["href"]))
        numbers = [int(v) for a in links for k, v in parse_qsl(urlsplit(str(a["href"])).query) if k == "page" and v.isdecimal()]
        number = stars.counts(texts.line(current))[0]
        yield from part(number, max([number, *numbers]), _address(address), _named(parse_qs(urlsplit(address).query)))


def _address(url: str) -> str:
    """Any page's address: the list's own, with what it was narrowed to in one order."""
    parts = urlsplit(url)
    query = urlencode(sorted((k, v) for k, v in parse_qsl(parts.query) if k != "page"))
    return parts._replace(query=f"{query}&page=" if query else "page=", fragment="").geturl() + "{n}"


def _narrowed(state: dict[str, Any]) -> str | None:
    """What the list was narrowed to, where that leaves anything out."""
    filters = _inner(state, "filters")
    whole, found = _number(filters.get("totalNumberOfReviews")), _number(_pagination(state).get("totalCount"))
    return None if found is not None and found == whole else _named(_inner(filters, "selected"))


def _named(selected: Mapping[str, Any]) -> str | None:
    named = {k: "+".join(str(v) for v in (value if isinstance(value, list) else [value]) if v not in (None, False, "", "all")) for k, value in selected.items() if k not in _ORDER}
    return ", ".join(f"{k}={v}" for k, v in named.items() if v) or None


def _pagination(state: dict[str, Any]) -> dict[str, Any]:
    return _inner(_inner(state, "filters"), "pagination")


def _inner(outer: dict[str, Any], name: str) -> dict[str, Any]:
    found = outer.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None
