"""Better Business Bureau: reviews of a business and complaints about it, with what the business and the customer said after it.

The state that the page holds for its own scripts is read first, else what it shows. A review may become a dialogue: the business responds, the customer answers,
the business rebuts. How complaints stand in the state is not known: they are read as the page shows them since 2024, by the headings "Business response"
and "Customer response", which rests on descriptions. A complaint has no stars; its title is its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import Tag

from enrich import ratings
from enrich.records import Problem, Reply, Review, Total, When
from spiders.platforms import embedded, pages, stars, texts
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.json_api import text
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.platforms.schema_reviews import norm

_STEPS = (("businessResponse", "company"), ("customerResponse", "customer"), ("businessRebuttal", "company"))
_HEADING = re.compile(r"(business|company|customer|consumer)(?:['’]s)? (?:final )?(?:response|answer|rebuttal|reply|comment)s?:?", re.I)
_DATED = re.compile(r"(?:date:?\s*)?(\d{1,2}/\d{1,2}/\d{4})", re.I)
_REVIEWS, _OLD, _COMPLAINTS = "li.bpr-review", "div.dtm-review", "li.bpr-complaint-grid"


class BBB(Site):
    """Pages `/profile/…` of a business, and its `/customer-reviews` and `/complaints`."""

    name = "bbb"
    title = "Better Business Bureau"
    hosts = ("bbb.org",)
    per_page = 10
    limits = "names of people are starred out in the texts; complaints only as far as the page shows them"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or ("__PRELOADED_STATE__" in page.text and '"bbbRating"' in page.text)

    def read(self, page: Saved) -> Iterator[Found]:
        profile = next((p for s in embedded.states(page.soup) if isinstance(s, dict) and isinstance(p := s.get("businessProfile"), dict)), {})
        base = _base(page, profile)
        rows, listed = _items(profile, "customerReviews"), _items(profile, "customerComplaints")
        shown = page.soup.select(_COMPLAINTS)
        drawn = [*each(rows, lambda row: [_review(row, page, base)], page.name, lambda row: row.get("id")),
                 *each([] if rows else page.soup.select(_REVIEWS), lambda card: [_card(card, page, base)], page.name),
                 *each([] if rows else page.soup.select(_OLD), lambda card: [_old(card, page)], page.name), *each(shown, lambda card: [_complaint(card, page, base)], page.name)]
        yield from drawn
        if listed and not shown:
            yield Problem(page.name, f"{len(listed)} complaints are in this page, whose form is not known: they are not read", "save the page that shows them: …/complaints; if it was that, report it", "changed")
        total = _total(page, profile)
        if total is not None:
            yield total
        if not drawn and not (listed and not shown) and not (total and total.reviews == 0):
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total.reviews:,} reviews, but none could be read" if total else "no reviews of the Better Business Bureau are in this page",
                                                              "save the business's page of reviews: …/customer-reviews; if it was that, report it: the site may have changed", "changed")
        yield from _part(page, profile, base, len(drawn))


def _items(profile: dict[str, Any], name: str) -> list[Any]:
    found = (profile.get(name) or {}).get("items")
    return found if isinstance(found, list) else []


def _base(page: Saved, profile: dict[str, Any]) -> str:
    """The business's own address, which those of its lists begin with."""
    said = (profile.get("urls") or {}).get("profile")
    found = said if isinstance(said, str) and said.startswith("http") else page.url
    return re.sub(r"/(?:customer-reviews|complaints)/?$", "", urlsplit(found)._replace(query="", fragment="").geturl())


# the state


def _review(row: dict[str, Any], page: Saved, base: str) -> Review:
    """A record; on the business's own page all have the id 0, which is none."""
    id = text(row.get("id"))
    id = None if id == "0" else id
    where = f"review {id}" if id else "a review"
    said = texts.plain(row.get("text") or "")
    replies = [Reply(texts.plain(row[f"{name}Text"]), role, created=_day(row.get(f"{name}Date"), page, where)) for name, role in _STEPS if row.get(f"{name}Text")]
    known = {norm(said), *(norm(r.text or "") for r in replies)}
    for more in row.get("extendedText") or []:
        more = more if isinstance(more, dict) else {"text": text(more)}
        words = texts.plain(more.get("text") or "")
        if norm(words) in known or not words:
            continue
        if more.get("isCustomer") and norm(words).startswith(norm(said)):
            said = words                     # the whole of what the review begins
        else:
            replies.append(Reply(words, "company" if more.get("isBusiness") else "customer" if more.get("isCustomer") else "other", created=_day(more.get("date"), page, where)))
        known.add(norm(words))
    return Review(id, said or None, rating=ratings.read(row.get("reviewStarRating")), author=text(row.get("displayName")), created=_day(row.get("date"), page, where),
                  url=_address(base, "customer-reviews", id), replies=replies)


def _day(said: Any, page: Saved, place: str) -> When | None:
    """A day as the state has it, in three numbers, or as a text."""
    if isinstance(said, dict):
        numbers = [said.get(name) for name in ("year", "month", "day")]
        return page.when("-".join(str(n).zfill(2) for n in numbers), place) if all(numbers) else None
    return page.when(text(said), place, day_first=False)


def _address(base: str, name: str, id: str | None) -> str | None:
    return f"{base}/{name}#{id}" if id and not base.startswith(UNKNOWN) else None


# what the page shows


def _card(card: Tag, page: Saved, base: str) -> Review:
    id, heading, answered = text(card.get("id")), card.select_one(".bpr-review-title, h3"), card.select_one("[class*=business-response]")
    hidden = tuple(card.select(".visually-hidden"))
    rated = next((e for e in hidden if re.fullmatch(r"\d(?:\.\d)? stars?", texts.line(e))), None)
    around = next((c for c in card.find_all("div", recursive=False) if rated is not None and any(p is c for p in rated.parents)), None)
    said = next((c for c in card.find_all("div", recursive=False) if c is not around and c is not answered and texts.of(c)), None)
    dated = next((m for p in card.find_all("p") if (m := _DATED.search(texts.line(p)))), None)
    return Review(
        id, texts.of(said) or None if said else None, rating=stars.spoken(texts.line(rated)) if rated else None, author=texts.of(heading, without=hidden) or None if heading else None,
        created=page.when(dated[1] if dated else None, f"review {id}", day_first=False), url=_address(base, "customer-reviews", id), replies=_dialogue([answered], page, f"review {id}")[1] if answered else [])


def _old(card: Tag, page: Saved) -> Review:
    """A card of about 2022: who, stars and day in its first part, words and answers in the others."""
    head, *rest = card.find_all("div", recursive=False)
    name, (said, replies) = head.select_one("p"), _dialogue(rest, page, "a review")
    rated, dated = re.search(r"(\d)\s*stars?\b", texts.line(head)), _DATED.search(texts.line(head))
    return Review(None, said, rating=ratings.read(rated[1]) if rated else None, author=texts.line(name) or None if name else None, created=page.when(dated[1] if dated else None, "a review", day_first=False), replies=replies)


def _complaint(card: Tag, page: Saved, base: str) -> Review:
    id, kind, body = text(card.get("id")), card.select_one(".bpr-complaint-type span"), card.select_one(".bpr-complaint-body")
    dated = _DATED.search(texts.line(d)) if (d := card.select_one(".bpr-complaint-date")) else None
    said, replies = _dialogue([body if body is not None else card], page, f"complaint {id}")
    return Review(id, said, title=texts.line(kind) or None if kind else None, created=page.when(dated[1] if dated else None, f"complaint {id}", day_first=False), url=_address(base, "complaints", id), replies=replies)


def _dialogue(elements: list[Tag], page: Saved, place: str) -> tuple[str | None, list[Reply]]:
    """What stands before the first heading of an answer, and the answers: a heading, a day, the words. Who speaks is told by the heading."""
    parts: list[tuple[Reply | None, list[str]]] = [(None, [])]
    for line in (line for e in elements for line in texts.of(e, without=tuple(e.select("[style*='visibility:hidden']"))).split("\n")):
        if heading := _HEADING.fullmatch(line):
            parts.append((Reply(None, "company" if heading[1].lower() in ("business", "company") else "customer"), []))
        elif (reply := parts[-1][0]) is not None and not any(parts[-1][1]) and (dated := _DATED.fullmatch(line)):
            reply.created = page.when(dated[1], f"an answer to {place}", day_first=False)
        else:
            parts[-1][1].append(line)
    for reply, lines in parts:
        if reply is not None:
            reply.text = texts.tidy("\n".join(lines)) or None
    return texts.tidy("\n".join(parts[0][1])) or None, [r for r, _ in parts if r is not None]


# how many there are, and which page of the list this is


def _which(page: Saved, profile: dict[str, Any]) -> str | None:
    """Which list this page is one of; None on the business's own page, which shows a review or two."""
    path = urlsplit(page.url).path.rstrip("/")
    if page.url != UNKNOWN:
        return next((name for name in ("customer-reviews", "complaints") if path.endswith(name)), None)
    return "complaints" if page.soup.select_one(_COMPLAINTS) else "customer-reviews" if (_number((profile.get("customerReviews") or {}).get("pageSize")) or 0) > 1 else None


def _total(page: Saved, profile: dict[str, Any]) -> Total | None:
    summary = profile.get("reviewsComplaintsSummary") or {}
    names = ("customerComplaints", "complaintsTotal") if _which(page, profile) == "complaints" else ("customerReviews", "reviewsTotal")
    counted = next((n for value in (summary.get(names[1]), (profile.get(names[0]) or {}).get("numFound")) if (n := _number(value)) is not None), None)
    return Total(counted) if counted is not None else None


def _part(page: Saved, profile: dict[str, Any], base: str, read: int) -> Iterator[Found]:
    which = _which(page, profile)
    listed = profile.get("customerComplaints" if which == "complaints" else "customerReviews") or {}
    number, last, found = (_number(listed.get(name)) for name in ("page", "totalPages", "numFound"))
    if which is None and found is not None and 0 < read < found:
        yield Problem(page.name, f"shows {read} of {found:,} reviews", f"save the page of all reviews: {base}/customer-reviews", "incomplete")
    if which is None or base.startswith(UNKNOWN):
        return
    links = page.soup.select("nav[aria-label=pagination] a[href*='page=']")
    current = next((n[0] for a in links if a.get("aria-current") == "page" and (n := stars.counts(texts.line(a)))), None)
    number = number or current
    last = last if last is not None else max([number or 0, *(n for a in links for n in stars.counts(urlsplit(urljoin(base, str(a["href"]))).query)[-1:])])
    if number is not None:
        yield from part(number, last, f"{base}/{which}?page={{n}}")


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None
