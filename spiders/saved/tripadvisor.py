"""Tripadvisor: reviews of hotels, restaurants and sights, with the management's response.

Three layouts are read: that of 2014 to 2018 (also the fragment that "More" loads), the cards since 2019, and the state that pages since then hold for their own
scripts, which has whole texts and exact days where the cards have neither. What the old layout shows as "Owner response" among its reviews is the reply to one of
them, and no review. A review's day is that of its publication; when the stay was has no place in a review.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from enrich.records import Problem, Review, Total
from spiders.platforms import pages, stars, structured, texts
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.saved import Found, Saved, Site, part
from spiders.platforms.schema_reviews import AGGREGATES, norm
from spiders.saved.tripadvisor_cards import Reader, cards
from spiders.saved.tripadvisor_state import State

_MORE = "open all texts (\"More\") in the browser before you save the page: then they are whole"
_OFFSET = re.compile(r"-Reviews-or(\d+)-")


class Tripadvisor(Site):
    """Pages of one place: `Hotel_Review`, `Restaurant_Review`, `Attraction_Review`, `ShowUserReviews`."""

    name = "tripadvisor"
    title = "Tripadvisor"
    hosts = ("tripadvisor.",)
    limits = "long texts are folded: open them before saving; since about 2017 the reviews in the visitor's language, unless all are chosen"
    per_page = 10

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return super().owns(page) or page.soup.select_one(".reviewSelector[id^=review_], [id^=expanded_review_], [data-test-target=HR_CC_CARD], meta[content=TripAdvisor]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        state, reader = State(page), Reader(page)
        shown = cards(page)
        blank = [c for _, c in shown if not c.get_text(strip=True)]
        drawn = list(each([s for s in shown if s[1] not in blank], lambda s: reader.card(*s), page.name))
        kept = _once([*state.reviews, *(d for d in drawn if isinstance(d, Review))])
        yield from kept
        yield from (d for d in drawn if isinstance(d, Problem))
        if blank:
            yield Problem(page.name, f"{len(blank)} of the {len(shown)} reviews on the page had not been loaded when it was saved", "scroll down to its end before you save it", "incomplete")
        whole = {r.id for r in state.reviews}
        if cut := [r for r in kept if r.id in reader.cut and r.id not in whole]:
            yield Problem(page.name, f"{len(cut)} of {len(kept)} reviews are cut off, or the response to them is", _MORE)
        total = _total(page, state)
        if total:
            yield total
        if not kept and not blank and not (total and total.reviews == 0):
            yield pages.wall(page.soup, page.name) or Problem(page.name, f"counts {total.reviews:,} reviews, but none could be read" if total else "no reviews of Tripadvisor are in this page",
                                                              "save the page and report it: the site may have changed", "changed")
        yield from _part(page, state, total, len(kept))


def _once(reviews: list[Review]) -> list[Review]:
    """Every review once, the first description of it; without the responses that stand among them as if they were reviews."""
    answers = {r.id for review in reviews for r in review.replies if r.id}
    said = {norm(r.text or "") for review in reviews for r in review.replies}
    kept: list[Review] = []
    ids: set[str] = set()
    begins: set[str] = set()
    for review in reviews:
        begin = norm(review.text or "")[:60]
        if (review.id in ids) if review.id else (begin in begins):
            continue
        if review.rating is None and (review.id in answers or (begin and norm(review.text or "") in said)):
            continue
        kept.append(review)
        begins.add(begin)
        if review.id:
            ids.add(review.id)
    return kept


def _total(page: Saved, state: State) -> Total | None:
    drawn = state.stars
    bars = [n for e in page.soup.select(".barChart .compositeCount, #ratingFilter .row_num") for n in stars.counts(texts.line(e))[:1]]
    if drawn is None and len(bars) == 5:
        drawn = dict(zip((5, 4, 3, 2, 1), bars, strict=True))
    if drawn:
        return Total(sum(drawn.values()), drawn)
    for e in page.soup.select("[property$=reviewCount], [property='v:count'], [itemprop=reviewCount], .reviews_header, [data-automation=reviewCount]"):
        if found := stars.counts(str(e.get("content") or texts.line(e))):
            return Total(found[0])
    said = {n for node in structured.read(page.soup).nodes if node.types & AGGREGATES for n in stars.counts(node.text("reviewcount"))[:1]}
    return Total(said.pop()) if len(said) == 1 else None


def _part(page: Saved, state: State, total: Total | None, kept: int) -> Iterator[Found]:
    """Which page of the list this is, by its address or by the numbers that lead to the others."""
    address = _address(page)
    links = {urljoin(address, str(a["href"])).partition("#")[0]: stars.counts(str(a.get("data-page-number") or texts.line(a))) for a in page.soup.select("a[href*='-Reviews-or']")}
    offsets = {url: int(m[1]) for url in links if (m := _OFFSET.search(url)) and urlsplit(url).path.split("-Reviews-")[0] == urlsplit(address).path.split("-Reviews-")[0]}
    own = int(m[1]) if (m := _OFFSET.search(address)) else 0
    steps = {offsets[url] // (n[0] - 1) for url, n in links.items() if url in offsets and n and n[0] > 1 and offsets[url]}
    step = steps.pop() if len(steps) == 1 else math.gcd(own, *offsets.values())
    listed = state.listed or (total.reviews if total else 0)
    if not step and state.listed and 0 < len(state.reviews) < state.listed:
        step = len(state.reviews)
    if "-Reviews-" not in address or (not step and listed > kept):           # it holds a part of the list, and says nothing of the rest
        return
    last = max([-(-(state.listed or 1) // step), *(o // step + 1 for o in (own, *offsets.values()))]) if step else 1
    current = stars.counts(texts.line(e)) if (e := page.soup.select_one(".pageNum.current, [aria-current=page]")) else []
    template = re.sub(r"-Reviews-(?:or\d+-)?", f"-Reviews-or{{offset:{step}}}-", address) if step else address
    for found in part(current[0] if current else own // (step or 1) + 1, last, template, _narrowed(page, state)):
        yield replace(found, addresses=tuple(a.replace("-Reviews-or0-", "-Reviews-") for a in found.addresses))


def _narrowed(page: Saved, state: State) -> str | None:
    """What the list was narrowed to: boxes that are ticked, what the old form carries along, the address, or a list shorter than the place."""
    found = [str(e.get("value") or e.get("id")) for e in page.soup.select("input[id*=filterLang][checked], input[id*=filterRating][checked], input[id^=ReviewRatingFilter_][checked], input[id^=TravelTypeFilter_][checked]")]
    found += [f"{e['name']} {e['value']}" for e in page.soup.select("#REVIEW_FILTER_FORM input[name=filterRating], #REVIEW_FILTER_FORM input[name=filterSegment]") if e.get("value") not in (None, "", "0", "-1")]
    found += [f"{k} {v}" for k, values in parse_qs(urlsplit(page.url).query).items() if k.startswith("filter") for v in values]
    if state.stars and state.listed is not None and state.listed < sum(state.stars.values()):
        found.append("fewer than the place has")
    return ", ".join(f for f in found if not f.endswith("ALL")) or None


def _address(page: Saved) -> str:
    """The page's address; pages of the old layout say it only in the form that sorts the list."""
    if page.url == UNKNOWN and (field := page.soup.select_one("form input[name=returnTo][value]")):
        said = re.sub(r"__([0-9A-F]{2})__", lambda m: chr(int(m[1], 16)), unquote(str(field["value"])))
        return said.partition("#")[0] if said.startswith("http") else UNKNOWN
    return page.url
