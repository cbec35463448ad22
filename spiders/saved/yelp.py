"""Yelp: reviews of a business, with the owner's public reply where the page holds it.

A page says its reviews up to four times over, each time with other gaps: in the state of its scripts (since 2019; exact times, replies), in microdata (until 2019;
ids), in what people see, and in JSON-LD (whose reviews have no type). They are read together, each review once. An earlier version that Yelp shows under a review is
no review of its own; "From the business" is what the owner says of the business, and no reply. No saved page with a reply was at hand: whether pages show all of
them is not said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from bs4 import Tag

from enrich import times
from enrich.records import Problem, Reply, Review, Total
from spiders.platforms import dates, pages, stars, structured, texts
from spiders.platforms import schema_reviews as markup
from spiders.platforms.base import UNKNOWN
from spiders.platforms.positions import role
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.saved.yelp_state import State

_REPLY = ".biz-owner-reply"
_SAYS = re.compile(r"^\s*comment from\s+", re.I)
_NARROWING = {"q": "search", "rl": "language", "rr": "stars"}
"""Parameters of an address that narrow the list."""


class Yelp(Site):
    """Pages under `/biz/<alias>`, and the reviews that Yelp does not recommend."""

    name = "yelp"
    title = "Yelp"
    hosts = ("yelp.",)
    limits = "owners' replies were not tried on a real page: none was at hand"
    replies_visible = None
    per_page = 10

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one("meta[name=yelp-biz-id]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        day_first = _day_first(page)
        state = State(page, day_first)
        found = structured.read(page.soup)
        for node in found.nodes:
            if not node.types and node.parent and any(node in node.parent.properties.get(name, []) for name in ("review", "reviews")):
                node.types = frozenset({"review"})
        reader = markup.Reader(page.url, page.seen_at, day_first)
        marked = reader.reviews(found)
        for drawn in marked:
            if drawn.element is not None:
                _beside(page, drawn, day_first)
        for problem in reader.problems:
            page.tell(problem)
        seen = [markup.Drawn(r, "cards") for r in _cards(page, day_first)]
        drawn_once = markup.merge([*(markup.Drawn(r, "state") for r in state.reviews), *(m for m in marked if m.element is not None), *seen, *(m for m in marked if m.element is None)])
        for drawn in drawn_once:
            if drawn.review.id and "/biz/" in page.url:
                drawn.review.url = drawn.review.url or urljoin(page.url, f"?hrid={drawn.review.id}")
            yield drawn.review
        counted = {n for node in found.nodes if node.types & markup.AGGREGATES for n in stars.counts(node.text("reviewcount"))[:1]}
        total = counted.pop() if len(counted) == 1 else None
        if total is not None:
            yield Total(total)
        if not drawn_once and total != 0:
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total:,} reviews, but none could be read" if total else "no reviews of Yelp are in this page",
                                                              "save the page again once its reviews are shown; if they were, report it: the site may have changed", "changed")
        yield from _part(page, total, len(drawn_once))


def _day_first(page: Saved) -> bool | None:
    """Whether the page writes 3/4 for the third of April: a date that allows no other reading decides, else the site's country."""
    shown = {times.order(m) for m in re.findall(r"(?<!\d)\d{1,2}/\d{1,2}/\d{4}(?!\d)", page.text)} - {None}
    if len(shown) == 1:
        return shown.pop()
    return None if shown or page.url == UNKNOWN or page.host.endswith("yelp.ca") else not page.host.endswith("yelp.com")


def _beside(page: Saved, drawn: markup.Drawn, day_first: bool | None) -> None:
    """What stands in a review's own part of the page and is not marked up: who wrote it, and the owner's reply."""
    assert drawn.element is not None
    link = drawn.element.select_one("a[href*='userid=']")
    if link is not None:
        drawn.review.author_id = parse_qs(urlsplit(str(link["href"])).query).get("userid", [None])[0]
    for answer in drawn.element.select(_REPLY):
        header, dated = answer.select_one(".biz-owner-reply-header"), answer.select_one(".bullet-after")
        name = header.select_one("strong") if header else None
        whole = answer.select_one(".js-content-toggleable.hidden")             # the short form, with "Read more", stands before the whole one
        head = tuple(e for e in (header, dated, *answer.select(".media-avatar, a.js-content-expander")) if e is not None)
        drawn.review.replies.append(Reply(
            (texts.of(whole) if whole else texts.of(answer, without=head)) or None, role(texts.line(header)) if header else "company",
            author=_SAYS.sub("", texts.line(name)).rpartition(" of ")[0] or None if name else None,
            created=page.when(texts.line(dated) if dated else None, f"the reply to {drawn.review.id}", day_first=day_first)))


def _cards(page: Saved, day_first: bool | None) -> Iterator[Review]:
    """Reviews as people see them since 2019: no class name lasts, so they are told by what they hold, the label of the stars and who wrote them."""
    for card in (li for li in page.soup.select("li") if _is_card(li) and not any(map(_is_card, li.select("li")))):
        body = card.select_one("p[class*=comment] [lang], span[lang], p[lang]")
        mark, person = card.select_one("[role=img][aria-label]"), next((a for a in card.select("a[href*='userid=']") if texts.line(a)), None)
        if body is None or mark is None or person is None or card.select_one("[itemprop]"):
            continue
        before, after = _around(card, body)
        name = texts.line(person)
        yield Review(None, texts.of(body) or None, rating=stars.spoken(str(mark["aria-label"])), author=name, author_id=parse_qs(urlsplit(str(person["href"])).query).get("userid", [None])[0],
                     created=page.when(_date(page, before), "a review", day_first=day_first), language=str(body["lang"])[:2].lower(), replies=list(_answers(page, after, day_first)))


def _is_card(li: Tag) -> bool:
    return li.select_one("[role=img][aria-label]") is not None and li.select_one("a[href*='userid=']") is not None


def _around(card: Tag, body: Tag) -> tuple[list[Tag], list[Tag]]:
    """The lines of a card before the words of its review, and after them."""
    before: list[Tag] = []
    after: list[Tag] = []
    lines = before
    for e in card.find_all(True):
        if e is body:
            lines = after
        elif e.find(["div", "p", "span", "li"]) is None and texts.line(e) and not any(p is body for p in e.parents):
            lines.append(e)
    return before, after


def _date(page: Saved, lines: list[Tag]) -> str | None:
    said = (dates.absolute(line, page.language) for e in lines if len(line := texts.line(e)) < 40 and re.search(r"\d{4}", line))
    return next((s for s in said if s and re.fullmatch(r"\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4}", s)), None)


def _answers(page: Saved, lines: list[Tag], day_first: bool | None) -> Iterator[Reply]:
    """The owner's reply below a review: a name, a position ("Business Owner"), a day, the words. A guess, since nothing marks it."""
    for n, e in enumerate(lines):
        position = texts.line(e)
        if len(position.split()) <= 4 and role(position) != "company":
            said = max((texts.of(x) for x in lines[n + 1:]), key=len, default="")
            if said:
                yield Reply(said, role(position), "markup", author=texts.line(lines[n - 1]) if n else None, created=page.when(_date(page, lines[n + 1:]), "the reply to a review", day_first=day_first))
            return


def _part(page: Saved, total: int | None, shown: int) -> Iterator[Found]:
    """Which page of the list this is: as it says ("Page 2 of 96"), else by its address and how many reviews there are."""
    parts = urlsplit(page.url)
    if page.url == UNKNOWN or "/biz/" not in parts.path:
        return
    query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    links = [(int(s), stars.counts(texts.line(a))) for a in page.soup.select("a[href*='start='], link[rel=next][href*='start=']") if urlsplit(href := urljoin(page.url, str(a["href"]))).path == parts.path
             for s in parse_qs(urlsplit(href).query).get("start", []) if s.isdigit()]
    start = int(query["start"]) if query.get("start", "").isdigit() else 0
    steps = {s // (n[0] - 1) for s, n in links if s and n and n[0] > 1}
    step = steps.pop() if len(steps) == 1 else math.gcd(start, *(s for s, _ in links))
    said = next((n for e in page.soup.select(".page-of-pages, [role=navigation] span, [aria-label*=agination] span") if len(n := stars.counts(texts.line(e))) == 2), None)
    current = next((n for e in page.soup.select(".page-option.current, [aria-current=page], [aria-current=true]") if (n := stars.counts(texts.line(e)))), None)
    number = said[0] if said else current[0] if current else start // (step or 1) + 1
    of = max([said[1] if said else 1, *(s // step + 1 for s in (start, *(s for s, _ in links))), math.ceil((total or 1) / step)]) if step else 1
    if of == 1 and total and total > shown:
        return                               # it holds a part of the list, and says nothing of the rest
    kept = urlencode({k: v for k, v in query.items() if k in _NARROWING or k == "sort_by"})
    address = parts._replace(query=f"{kept}&start=" if kept else "start=", fragment="").geturl() + f"{{offset:{step or 1}}}"
    yield from part(number, of, address, ", ".join(f"{_NARROWING[k]} {v}" for k, v in query.items() if k in _NARROWING) or None)
