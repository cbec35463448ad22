"""Google Maps: reviews of one place as a browser shows them, with the owner's response.

There is no page from the server to save, only what the browser had loaded: class names are noise there, so a review is read by what is meant for people who
cannot see it (`aria-label`) and by where things stand. Dates only say how long ago ("2 months ago"): they need the time at which the page was saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import NavigableString, Tag

from enrich.records import Part, Problem, Rating, Reply, Review, Total, When
from spiders.platforms import dates, pages, stars, texts
from spiders.platforms.base import UNKNOWN, each
from spiders.platforms.saved import Found, Saved, Site

_ADDRESS = re.compile(r"^https?://(?:(?:www\.)?google\.[a-z.]+/maps|maps\.google\.|maps\.app\.goo\.gl)", re.I)
_HIDDEN = re.compile(r"display:\s*none")
_DATED = re.compile(r"\d+ [a-z]+ ago|today|\d{4}-\d\d(?:-\d\d)?")
_ANSWER = re.compile(r"respon|repl|antwort|répon|rispost|respuest|respost|reactie|svar|vastau|yanıt|odpo|ответ|відпов|отговор|одговор|răspun|válasz|απάντ|ردّ?|תגוב|tanggap|respons|phản hồi|ตอบ|返信|回复|回覆|回應|回应|답", re.I)
_OWNER = re.compile(r"owner|inhaber|eigent|propri|propiet|eigenaar|ägar|eier|ejer|omistaj|sahib|majitel|vlastn|vlasni|właścic|владел|власник|собств|власт|tulajdon|ιδιοκτ|مالك|בעל|pemilik|chủ|เจ้าของ|オーナー|所有者|业主|業主|商家|店家|업체|업주|소유", re.I)
"""Words of "Response from the owner" in the languages of Google Maps: a heading has one of each."""
_EDITED = re.compile(r"edit|bearbeit|modif|bewerkt|redig|ändr|endre|изм|muokat|düzen|编辑|修改|編集|수정", re.I)
_TRANSLATED = re.compile(r"^\(Translated by Google\).*\(Original\)\s*", re.S)


class GoogleMaps(Site):
    """A place's reviews, as far as they were scrolled."""

    name = "google_maps"
    title = "Google Maps"
    hosts = ("google.", "maps.app.goo.gl")
    limits = "dates say only how long ago a review was written, so the day of saving must be known"

    @classmethod
    def owns(cls, page: Saved) -> bool:
        return bool(_ADDRESS.match(page.url)) or page.soup.select_one("div[data-review-id][aria-label]") is not None

    def read(self, page: Saved) -> Iterator[Found]:
        reader = Reader(page)
        drawn = list(each(reader.cards, lambda card: [reader.review(card)], page.name))
        yield from drawn
        read = sum(isinstance(d, Review) for d in drawn)
        if reader.cut:
            yield Problem(page.name, f"{len(reader.cut)} of {read} reviews are cut off, or the response to them is", "open all texts (\"More\") in the browser before you save the page: then they are whole")
        total = _total(page)
        if total:
            yield total
            if 0 < read < total.reviews:
                yield Problem(page.name, f"holds {read:,} of the {total.reviews:,} reviews that it counts", "scroll the reviews to their end before you save the page", "incomplete")
        if not reader.cards and not (total and total.reviews == 0):
            yield pages.wall(page.soup, page.name) or Problem(page.name, "holds no reviews: the browser had not loaded them", "open the place's reviews in the browser, scroll to their end, then save the page", "empty")
        narrowed = _narrowed(page)
        if narrowed or (total and read >= total.reviews):             # else who scrolled it decided where it ends
            yield Part(1, (page.url if page.url != UNKNOWN else page.name,), narrowed)


class Reader:
    """Reads the reviews of one page, and notes whose texts are cut off."""

    def __init__(self, page: Saved) -> None:
        self.page = page
        self.cut: set[str] = set()
        found: dict[str, Tag] = {}
        for e in page.soup.select("[data-review-id]"):        # buttons inside a review carry its id as well: the first one is the review
            found.setdefault(str(e["data-review-id"]), e)
        self.cards = [e for e in found.values() if e.name != "button"]
        self.tagged = any(card.select_one("[lang]") for card in self.cards)
        """Whether texts are marked by their language, as they are since 2022."""

    def review(self, card: Tag) -> Review:
        """One review. Raises what reading a page raises where the card is none."""
        id = str(card["data-review-id"])
        heading = next((e for e in _leaves(card) if self._heads(e)), None)
        answer = _block(heading, card) if heading else None
        rating, mark = _rating(card)
        row = mark.parent if mark else None
        dated = next((line for e in _leaves(row) if e is not mark and _DATED.fullmatch(self._english(line := texts.line(e)))), None) if row else None
        body = self._body(card, id, row, answer)
        person = next((m[1] for e in card.select("[href*='/contrib/'], [data-href*='/contrib/']") if (m := re.search(r"/contrib/(\d+)", str(e.get("href") or e.get("data-href"))))), None)
        return Review(
            id, self._words(id, body, card, answer) if body else None, rating=rating, author=" ".join(str(card.get("aria-label") or "").split()) or None, author_id=person,
            created=self._when(dated, id), created_kind="edited" if dated and _EDITED.search(dated) else "created",
            language=str(body["lang"])[:2].lower() if body and body.get("lang") else None, replies=[self._reply(id, answer, heading)] if answer and heading else [])

    def _heads(self, leaf: Tag) -> bool:
        """Whether it is the heading of a response, which a date stands beside: a customer may write of the owner's response, too."""
        line = texts.line(leaf)
        return len(line) < 100 and bool(_ANSWER.search(line) and _OWNER.search(line)) and any(_DATED.fullmatch(self._english(texts.line(e))) for e in _leaves(_header(leaf)) if e is not leaf)

    def _body(self, card: Tag, id: str, row: Tag | None, answer: Tag | None) -> Tag | None:
        """What holds the review's words: marked by their language or its id, else what follows the row of stars."""
        marked = (e for e in card.select("[lang], [id]") if (e.has_attr("lang") or e["id"] == id) and not _within(e, answer) and not _hidden(e))
        if self.tagged or row is None:
            return next(marked, None)
        return next((e for e in row.find_next_siblings() if e is not answer and not _hidden(e) and texts.of(e, without=_unseen(e))), None)

    def _reply(self, id: str, answer: Tag, heading: Tag) -> Reply:
        """The owner's response: its heading with the date beside it, then the words."""
        header = _header(heading)
        dated = next((line for e in _leaves(header) if e is not heading and _DATED.fullmatch(self._english(line := texts.line(e)))), None)
        return Reply(self._words(id, answer, answer, header), "owner", created=self._when(dated, f"the response to {id}"))

    def _words(self, id: str, body: Tag, around: Tag, without: Tag | None) -> str | None:
        said = texts.of(body, without=(*_unseen(body), *([without] if without else [])))
        folded = [e for e in around.select("[jsaction*=expand], [aria-expanded=false]") if not _within(e, without) and not _hidden(e)]
        if said.endswith(("…", "...")) and folded:
            self.cut.add(id)
        return _TRANSLATED.sub("", said) or None

    def _when(self, dated: str | None, place: str) -> When | None:
        return self.page.when(self._english(dated), place) if dated else None

    def _english(self, line: str) -> str:
        return dates.english(line, self.page.language) if len(line) < 60 else line


def _rating(card: Tag) -> tuple[Rating | None, Tag | None]:
    """The first stars of a card, and where they stand: said to people who cannot see them, or written ("4/5", at hotels)."""
    for e in card.select("[role=img][aria-label], span[aria-label]"):
        label = str(e["aria-label"])
        if re.search(r"\d", label) and len(label) < 60 and all(n <= 5 for n in stars.counts(label)):
            return stars.spoken(label), e
    written = next((e for e in _leaves(card) if re.fullmatch(r"\d(?:[.,]\d)?\s*/\s*5", texts.line(e))), None)
    return (stars.spoken(texts.line(written)), written) if written else (None, None)


def _header(heading: Tag) -> Tag:
    """The line of a response that says whose it is and when: the heading itself, or the element around it and its date."""
    around = heading.parent
    return around if around is not None and len(texts.line(around)) < len(texts.line(heading)) + 40 else heading


def _block(heading: Tag, card: Tag) -> Tag | None:
    """The smallest part of a card that has more of a response than its heading; None where that is all there is."""
    header = _header(heading)
    for around in header.parents:
        if around is card:
            return None
        if texts.of(around, without=(*_unseen(around), header)):
            return around
    return None


def _leaves(card: Tag) -> Iterator[Tag]:
    """Elements with words of their own that people see, in the page's order."""
    for e in [card, *card.find_all(True)]:
        if e.name not in ("script", "style", "button") and any(type(c) is NavigableString and c.strip() for c in e.contents) and not _hidden(e):
            yield e


def _unseen(element: Tag) -> tuple[Tag, ...]:
    return tuple(e for e in element.select("[style]") if _HIDDEN.search(str(e["style"])))


def _hidden(element: Tag) -> bool:
    return any(_HIDDEN.search(str(e.get("style") or "")) for e in (element, *element.parents))


def _within(element: Tag, outer: Tag | None) -> bool:
    return outer is not None and (element is outer or any(p is outer for p in element.parents))


def _total(page: Saved) -> Total | None:
    """How many reviews there are, as the bars of five stars down to one say."""
    bars = [numbers for e in page.soup.select("tr[aria-label]") if len(numbers := stars.counts(str(e["aria-label"]))) == 2][:5]
    found = {n: (b if a == n else a) for n, (a, b) in zip((5, 4, 3, 2, 1), bars, strict=False) if n in (a, b)}
    return Total(sum(found.values()), found) if len(found) == 5 else None


def _narrowed(page: Saved) -> str | None:
    """The topic that the list was narrowed to; the first one offered is "All"."""
    for group in page.soup.select("[role=radiogroup]"):
        chosen = [n for n, e in enumerate(group.select("[role=radio]")) if e.get("aria-checked") == "true"]
        if chosen and chosen[0] > 0:
            return group.select("[role=radio]")[chosen[0]].get_text(" ", strip=True)
    return None
