"""The cards in which Tripadvisor's pages show reviews: with class names that mean something until 2018, with data attributes since 2019."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

from bs4 import NavigableString, Tag

from enrich import ratings
from enrich.records import Rating, Reply, Review, When
from spiders.platforms import dates, stars, texts
from spiders.platforms.base import UNKNOWN
from spiders.platforms.positions import role
from spiders.platforms.saved import Saved

CARDS = "[id^=expanded_review_], [id^=review_], [data-reviewid], [data-test-target=HR_CC_CARD], [data-automation=reviewCard]"
_KEY = re.compile(r"^(?:expanded_)?review_(\d+)$")
_LINK = re.compile(r"ShowUserReviews-g\d+-d\d+-r(\d+)")
_RESPONSE = ".mgrRspnInline"
_CONTROLS = ".partnerRvw, .moreLink, .taLnk, .googleTranslation"
_OPENS = ".partnerRvw, .moreLink, [onclick*=clickExpand], [onclick*=expandReviews], [data-test-target=expand-review]"
_BUBBLES = re.compile(r"(?:^|\s)(?:(?:ui_)?bubble_|s)([1-5][05])(?=\s|$)")
_OF_FIVE = re.compile(r"\d.*\b5\b|\b5\D+\d|\d\s*/\s*5")
_HEADING = re.compile(r"\s*(?:response|antwort|réponse|respuesta|risposta|reactie|resposta|svar|odpowiedź|odpověď|ответ|απάντηση)\s+(?:from|von|vom|de|di|da|van|fra|från|od|от)\b", re.I)
_HEADED = re.compile(r"^\W*\w+\s+(?:from|von|vom|de la part de|de|di|da|van|fra|från|od|от)\s+", re.I)
_AT = re.compile(r"\s(?:at|of|på|hos|von|bei|im|de|del|chez|à|van|bij|di|do|da|w|в|en)\s", re.I)
_DAY, _MONTH = re.compile(r"\d{4}-\d\d-\d\d$"), re.compile(r"\d{4}-\d\d$")
_QUOTES = "“”„«»\"‟ \n"


def cards(page: Saved) -> list[tuple[str | None, Tag]]:
    """Every review's card once, with the review's id; where a page holds one short and whole, the whole one."""
    found = [(key, card) for card in page.soup.select(CARDS) if (key := _key(card)) or card.has_attr("data-test-target") or card.has_attr("data-automation")]
    whole = {key for key, card in found if _expanded(card)}
    out: list[tuple[str | None, Tag]] = []
    known: set[str | None] = set()
    taken: set[int] = set()
    for key, card in found:
        if (key is not None and key in known) or (key in whole and not _expanded(card)) or any(id(p) in taken for p in card.parents):
            continue
        known.add(key)
        taken.add(id(card))
        out.append((key, card))
    return out


def _expanded(card: Tag) -> bool:
    return str(card.get("id") or "").startswith("expanded_")


def _key(card: Tag) -> str | None:
    if own := _KEY.match(str(card.get("id") or "")):
        return own[1]
    holder = card if card.has_attr("data-reviewid") else card.select_one("[data-reviewid]")
    if holder is not None:
        return str(holder["data-reviewid"])
    return next((m[1] for link in card.select("a[href*=ShowUserReviews]") if (m := _LINK.search(str(link["href"])))), None)


class Reader:
    """Reads cards of one page, and notes whose texts are cut off."""

    def __init__(self, page: Saved) -> None:
        self.page = page
        self.cut: set[str | None] = set()

    def card(self, key: str | None, card: Tag) -> Iterator[Review]:
        """One review. Raises what reading a page raises where the card is none."""
        answers = card.select(_RESPONSE) or list(_headed(card))
        aside = [*answers, *card.select(".rating-list")]
        heading = _first(card, ".noQuotes, [data-test-target=review-title], [data-automation=reviewTitle], .quote", aside)
        title = texts.line(heading).strip(_QUOTES) if heading else None
        body = _first(card, ".entry, [data-test-target=review-body], [data-automation^=reviewText], q", aside) or _longest(card, [*aside, *([heading] if heading else [])])
        text = self._words(key, body) if body else None
        name = next((n for e in card.select(".scrname, .info_text > div, a[href*='/Profile/']") if not _inside(e, aside) and (n := texts.line(e))), None)
        link = next((str(a["href"]) for a in card.select("a[href*=ShowUserReviews]") if _LINK.search(str(a["href"]))), None)
        base = self.page.url if self.page.url != UNKNOWN else "https://www.tripadvisor.com/"
        yield Review(
            key, text, title=title or None, rating=_rating(card, aside), author=name, author_id=_author(card, aside), created=self._date(key, card, aside),
            url=urljoin(base, link).partition("#")[0] if link else None, replies=[self._reply(key, a) for a in answers])

    def _words(self, key: str | None, body: Tag) -> str | None:
        said = texts.of(body, without=tuple(body.select(_CONTROLS)))
        around = body.parent or body
        if body.select_one(_OPENS) or (said.endswith(("...", "…")) and around.select_one(f"{_OPENS}, [aria-expanded=false]")):
            self.cut.add(key)
        return said or None

    def _reply(self, key: str | None, answer: Tag) -> Reply:
        """The management's response: "<name>, <position> at <place>, responded to this review", a day, and the words."""
        heading = answer.select_one(".header") or next((e for e in _leaves(answer) if _HEADING.match(texts.line(e))), None)
        dated = answer.select_one(".res_date, .responseDate")
        said = " ".join(texts.of(heading, without=(dated,) if dated else ()).split()) if heading else ""
        name, *rest = _HEADED.sub("", said).split(", ")
        named = bool(rest) or _HEADED.match(said) is not None
        body = answer.select_one(".displayText, [id^=response_], .entry, .partial_entry") or _longest(answer, [heading] if heading else [], least=1)
        text = self._words(key, body) if body else None
        when = self._when(str(dated.get("title") or texts.line(dated)), key) if dated else next(self._days(key, [e for e in _leaves(answer) if e is not body]), None)
        reported = next((m[1] for e in answer.select("[id]") if (m := re.match(r"ReportIAP_OR_(\d+)$", str(e["id"])))), None)
        return Reply(text, role(_AT.split(rest[0])[0] if rest else None), id=reported, author=name.strip() or None if named else None, created=when)

    def _date(self, key: str | None, card: Tag, aside: list[Tag]) -> When | None:
        """The day of publication. Newer cards do not mark it: it is the first day on the card, else the first month that no label ("Date of stay:") precedes."""
        holder = _first(card, ".ratingDate, [data-test-target=review-date]", aside)
        if holder is not None:
            return self._when(str(holder.get("title") or texts.of(holder, without=tuple(holder.select(".new")))), key)
        return next(self._days(key, list(_leaves(card, aside))), None)

    def _days(self, key: str | None, leaves: list[Tag]) -> Iterator[When]:
        said = [(raw, e) for e in leaves if len(line := texts.line(e)) < 80 and re.search(r"\d{4}", line) and (raw := dates.absolute(line, self.page.language))]
        for raw, e in sorted(said, key=lambda s: not _DAY.match(s[0])):
            if (_DAY.match(raw) or (_MONTH.match(raw) and ":" not in texts.line(e.parent or e))) and (found := self._when(raw, key)):
                yield found

    def _when(self, raw: str, key: str | None) -> When | None:
        return self.page.when(dates.english(raw, self.page.language), f"review {key}", day_first=True)


def _rating(card: Tag, aside: list[Tag]) -> Rating | None:
    """Bubbles, by the class that draws them ("s40", "bubble_40"), else as they are said to people who cannot see them ("4 of 5 bubbles")."""
    for e in card.select(".rating_s_fill, [class*=bubble_], svg title, [aria-label], [alt]"):
        if _inside(e, aside):
            continue
        label = texts.line(e) if e.name == "title" else str(e.get("alt") or e.get("aria-label") or "")
        if drawn := _BUBBLES.search(" ".join(e.get_attribute_list("class", []))):
            return ratings.read(f"{int(drawn[1]) / 10:g}")
        if _OF_FIVE.search(label) and len(label) < 60:
            return stars.spoken(label)
    return None


def _author(card: Tag, aside: list[Tag]) -> str | None:
    for e in card.select("[id^=UID_], a[href*='/Profile/']"):
        found = re.match(r"UID_([0-9A-F]+)", str(e.get("id") or "")) or re.search(r"/Profile/([^/?#]+)", str(e.get("href") or ""))
        if found and not _inside(e, aside):
            return found[1]
    return None


def _headed(card: Tag) -> Iterator[Tag]:
    """What newer cards hold of a response: the element around a heading such as "Response from …" that has its words as well."""
    for leaf in _leaves(card):
        line = texts.line(leaf)
        if len(line) < 150 and _HEADING.match(line):
            around = leaf
            while around.parent is not None and around.parent is not card and len(texts.line(around)) < len(line) + 40:
                around = around.parent
            yield around
            return


def _first(card: Tag, selector: str, aside: list[Tag]) -> Tag | None:
    return next((e for e in card.select(selector) if not _inside(e, aside)), None)


def _longest(card: Tag, aside: list[Tag], least: int = 40) -> Tag | None:
    """The words of a review where nothing marks them: what is longest, and no heading's length."""
    found = [e for e in _leaves(card, aside) if e.name != "a" and len(texts.of(e)) >= least]
    return max(found, key=lambda e: len(texts.of(e)), default=None)


def _leaves(card: Tag, aside: Iterable[Tag] = ()) -> Iterator[Tag]:
    """Elements with words of their own, in the page's order, none inside another."""
    stack = [card]
    left_out = {id(e) for e in aside}
    while stack:
        e = stack.pop()
        if id(e) in left_out or e.name in ("script", "style", "button", "svg", "title"):
            continue
        if any(isinstance(c, NavigableString) and c.strip() for c in e.contents):
            yield e
        else:
            stack += reversed([c for c in e.contents if isinstance(c, Tag)])


def _inside(element: Tag, others: list[Tag]) -> bool:
    return any(element is o or any(p is o for p in element.parents) for o in others)
