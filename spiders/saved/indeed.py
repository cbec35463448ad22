"""Indeed: what employees say of a company, with the company's official answer where there is one.

The page's own JSON (`comp-initialData`) holds more than the page shows: where Indeed asks for a login, the page folds texts and leaves answers
out. Job title and whether somebody still works there have no place in a review; the place of work is its unit. Some reviews answer questions that
Indeed asked: these stand in the text, as on the page. Indeed shows a visitor the reviews of the visitor's country unless told otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Reply, Review, Total, When
from spiders.platforms import dates, pages, stars, texts
from spiders.platforms.base import each
from spiders.platforms.json_api import text
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.platforms.table import words

AT_ONCE = 20
_FILTER = re.compile(r"f(?:country|loc|jobtitle|jobcat|topic|text)|lang$")
_LOGIN = "sign in where you may and save the page again, or import an export of your own: a login is never used"


class Indeed(Site):
    """Pages under `/cmp/<company>/reviews`."""

    name = "indeed"
    title = "Indeed"
    hosts = ("indeed.com",)
    audience = "employee"
    per_page = 20
    limits = "without a login some texts are folded and answers left out; by default the reviews of the visitor's country"

    def read(self, page: Saved) -> Iterator[Found]:
        state = initial(page)
        model = state.get("reviewsList")
        cards = [c for c in page.soup.select("[itemprop=review]") if c.select_one("[itemprop=ratingValue]")]
        if model is None and not cards:
            yield pages.wall(page.soup, page.name) or Problem(page.name, "holds no list of reviews", "save the company's page of reviews: …/cmp/<company>/reviews", "changed")
            return
        model = model or {}
        counts = (state.get("reviewsFilters") or {}).get("reviewsCount") or {}
        total = _number(counts.get("totalReviewCount"))
        total = _aggregate(page) if total is None else total
        if total is not None:
            yield Total(total)
        rows = model.get("items") or []
        if rows:
            yield from each(rows, lambda row: [_review(row, page)], page.name, lambda row: row.get("encryptedReviewId"))
        elif cards:
            yield Problem(page.name, "the data that Indeed's page has beside its text are missing or broken: long texts may be cut off, and answers left out", "save the page again, with its scripts")
            yield from each(cards, lambda card: [_card(card, page)], page.name)
            model, counts = _shown(page, total)
        elif _number(counts.get("foundReviewCount", total)):
            yield Problem(page.name, "Indeed asks for a login before it shows these reviews", _LOGIN, "login") if model.get("contentGate") else Problem(
                page.name, "counts reviews, but none could be read", "save the page and report it: the site may have changed", "changed")
            return                           # so it is not one of the list's pages that are saved
        yield from _part(page, state, model.get("pagination") or {}, counts)


def initial(page: Saved) -> dict[str, Any]:
    """The page's own JSON, {} where it is not there or broken."""
    script = page.soup.select_one("script#comp-initialData")
    try:
        found = json.loads("".join(script.strings), strict=False) if script else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _review(row: dict[str, Any], page: Saved) -> Review:
    said = {name: row.get(name) for name in ("text", "title", "pros", "cons")}
    id = str(row.get("encryptedReviewId") or row["reviewUid"])
    url = row.get("sharingLink") or row.get("reviewUrl")
    # What is not in the page's language is tagged, most of the time; a text without a tag may be in any language.
    tag = next((t for part in said.values() if isinstance(part, dict) and (t := part.get("languageTag"))), None)
    return Review(
        id, words(_text(said["text"]), pros=_text(said["pros"]), cons=_text(said["cons"])), title=_text(said["title"]), rating=ratings.read(row.get("overallRating")),
        created=_when(row.get("submissionDate"), page, f"review {id}"), url=urljoin(page.url, url) if url else None, language=tag.partition("-")[0].lower() if tag else None,
        country=text(row.get("country")), unit=_text(row.get("location")), replies=[_reply(c, page, id) for c in row.get("comments") or []])


def _reply(comment: dict[str, Any], page: Saved, id: str) -> Reply:
    """An official comment is the company's; others are other people's."""
    return Reply(_text(comment["commentText"]), role="company" if comment.get("isOfficial") is True else "other", created=_when(comment.get("date"), page, f"a reply to review {id}"))


def _text(said: Any) -> str | None:
    """A text, bare or with its language."""
    return texts.tidy((said.get("text") if isinstance(said, dict) else said) or "") or None


def _when(raw: Any, page: Saved, place: str) -> When | None:
    """A date in the page's language."""
    return page.when(dates.english(str(raw), page.language) if raw else None, place)


def _part(page: Saved, state: dict[str, Any], pagination: dict[str, Any], counts: dict[str, Any]) -> Iterator[Found]:
    """Which page this is, of as many as the narrowed list fills."""
    found, total, number = _number(counts.get("foundReviewCount")), _number(counts.get("totalReviewCount")), _number(pagination.get("currentPage"))
    if number is None:
        return
    last = -(-found // AT_ONCE) if found is not None else max((_number(link.get("index")) or 1 for link in pagination.get("paginationLinks") or []), default=1)
    asked = urlsplit(urljoin(page.url, (state.get("requestContext") or {}).get("url") or page.url))
    query = {k: v for k, v in parse_qs(asked.query).items() if k != "start"}
    address = asked._replace(query=urlencode({**query, "start": ""}, doseq=True), fragment="").geturl() + f"{{offset:{AT_ONCE}}}"
    active = (state.get("reviewsFilters") or {}).get("activeFilters") or {k: f"{k}={v[0]}" for k, v in query.items() if _FILTER.match(k)}
    narrowed = ", ".join(str(v) for k, v in active.items() if v and k != "sort" and v != "fcountry=ALL")
    if found is not None and total is not None:
        narrowed = "" if found >= total else narrowed or f"{found} of {total}"
    yield from part(number, last, address, narrowed or None)


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None


# without its JSON


def _shown(page: Saved, total: int | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page shows of its place in the list, and of how many there are, as its JSON would say it."""
    current, shown = page.soup.select_one("[data-testid=pagination] [aria-current=page]"), page.soup.select_one("[data-testid=dropdown-location-filter]")
    found = stars.counts(texts.line(shown)) if shown else []
    links = [{"index": texts.line(a)} for a in page.soup.select("[data-testid=pagination] [data-testid='page[]']")]
    return {"pagination": {"currentPage": texts.line(current) if current else None, "paginationLinks": links}}, {"foundReviewCount": found[-1] if found else None, "totalReviewCount": total}


def _card(card: Tag, page: Saved) -> Review:
    """A review as its microdata mark it. The company's answer is told by the company's name in its heading; where Indeed asks for a login, it leaves answers out."""
    link = card.select_one("[data-testid=title] a[href], a[href*='/reviews/']")
    url = urljoin(page.url, str(link["href"])) if link else None
    uid = card.select_one("[data-testentityid]")
    id = (parse_qs(urlsplit(url).query).get("id") or [None])[0] if url else None
    id = id or (str(uid["data-testentityid"]) if uid else None)
    title, body, comments = (card.select_one(s) for s in ("[data-testid=title]", "[itemprop=reviewBody]", "[data-testid=comments]"))
    tagged = body.select_one("[lang]") if body else None
    place, country = _workplace(card)
    parts = [f"{texts.line(h)}: {texts.of(said)}" for h in card.select("h2") if h is not title and not _within(h, comments) and (said := h.find_next_sibling("div"))]
    return Review(
        id, "\n".join(filter(None, [texts.of(body) if body else None, *parts])) or None, title=texts.line(title) if title else None, rating=ratings.read(_meta(card, "ratingValue")),
        created=_when(_meta(card, "datePublished"), page, f"review {id}"), url=url, language=str(tagged["lang"]).partition("-")[0].lower() if tagged else None,
        country=country, unit=place, replies=list(_answers(comments, _meta(card, "name"), page, id)), complete=card.select_one("[data-testid=content-gate-login-button]") is None)


def _answers(comments: Tag | None, company: str | None, page: Saved, id: str | None) -> Iterator[Reply]:
    for heading in comments.select("h2") if comments else []:
        block = next((b for b in heading.parents if isinstance(b, Tag) and b.find_next_sibling("div")), None)
        said = block.find_next_sibling("div") if block else None
        date = heading.find_next_sibling("span")
        if isinstance(said, Tag):
            official = bool(company) and (company or "").casefold() in texts.line(heading).casefold()
            yield Reply(texts.of(said) or None, role="company" if official else "other", created=_when(texts.line(date) if date else None, page, f"a reply to review {id}"))


def _workplace(card: Tag) -> tuple[str | None, str | None]:
    """Where the work is, and its country, as the link to the other reviews of the place says."""
    for link in card.select("a[href*='floc='], a[href*='fcountry=']"):
        asked = parse_qs(urlsplit(str(link["href"])).query)
        return texts.line(link) or None, (asked.get("fcountry") or [None])[0]
    return None, None


def _within(element: Tag, outer: Tag | None) -> bool:
    return outer is not None and any(p is outer for p in element.parents)


def _meta(card: Tag, name: str) -> str | None:
    found = card.select_one(f"[itemprop={name}]")
    return str(found.get("content") or texts.line(found)) or None if found else None


def _aggregate(page: Saved) -> int | None:
    """How many ratings the company has, as the page's EmployerAggregateRating says."""
    for script in page.soup.find_all("script", type="application/ld+json"):
        said = "".join(script.strings)
        if "EmployerAggregateRating" in said and (counted := re.search(r'"(?:rating|review)Count"\s*:\s*"?(\d+)', said)):
            return int(counted[1])
    return None
