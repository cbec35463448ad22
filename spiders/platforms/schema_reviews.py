"""Reviews from a page's structured data: one record for each review, however often and in whatever syntax the page describes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from enrich import ratings, times
from enrich.records import Problem, Reply, Review, When
from spiders.platforms import texts
from spiders.platforms.structured import Found, Node

TYPES = frozenset({"review", "reviews", "userreview", "criticreview", "employerreview", "recommendation"})
"""Types that are reviews; ClaimReview and MediaReview are not: they check facts."""
AGGREGATES = frozenset({"aggregaterating", "employeraggregaterating", "review-aggregate"})
_PRODUCTS = frozenset({"product", "individualproduct", "productmodel", "productgroup", "service", "softwareapplication", "mobileapplication", "webapplication", "videogame", "book", "course"})
_ID_ATTRIBUTES = ("data-review-id", "data-reviewid", "id")
_PREFIX = re.compile(r"^(?:user-?|customer-?)?(?:review|survey-response|comment)[-_]", re.I)
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?$")
_SCRIPT_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4})\b")
"""What a page's own script makes of a time (`Date.toString()`)."""
_SURE = re.compile(r"\d{4}|[0-9a-f]{8}-[0-9a-f]{4}", re.I)
"""In an id that holds for one page only: what does not merely count places on it."""
_FIELD_NAMES = frozenset({"comment", "review", "description"})
"""What some templates write where a customer gave stars only."""


@dataclass(slots=True)
class Drawn:
    """A review with what tells it from others, and where it stands on the page."""

    review: Review
    syntax: str
    element: Tag | None = None

    @property
    def body(self) -> str:
        """The beginning of its words, for comparison."""
        return norm(self.review.text or "")[:80]

    @property
    def author(self) -> str:
        return norm(self.review.author or "")


@dataclass(slots=True)
class Reader:
    """Reads nodes of one page. What is wrong in a review is noted in `problems`, and the review goes in without it."""

    url: str
    seen: datetime
    day_first: bool | None
    company: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    def reviews(self, found: Found) -> list[Drawn]:
        """Every review of the page once, in its order."""
        drawn = [self._review(node, n) for n, node in enumerate((n for n in found.nodes if n.types & TYPES), 1)]
        return merge([d for d in drawn if d is not None])

    def when(self, raw: str | None, place: str) -> When | None:
        """A time as the page writes it; one that cannot be read is a problem, not a lost review."""
        if not raw:
            return None
        text = " ".join(raw.split())
        if year_month := re.fullmatch(r"(\d{4})(\d{2})", text):
            text = f"{year_month[1]}-{year_month[2]}"
        try:
            if script := _SCRIPT_DATE.match(text):
                return When.at(datetime.strptime(script[1], "%b %d %Y %H:%M:%S GMT%z"))
            return times.read(_MIDNIGHT.sub(r"\1", text), seen=self.seen, day_first=self.day_first)
        except ValueError as error:
            self.problems.append(Problem(self.url, f"{place}: {error}", "the date is left out"))
            return None

    def _review(self, node: Node, n: int) -> Drawn | None:
        item = node.node("itemreviewed") or node.parent
        item_name = node.text("itemreviewed") or (item.text("name", "legalname") if item else None)
        place = f"review {n} ({node.syntax})"
        author = node.node("author", "reviewer", "creator")
        review = Review(
            self._id(node), _body(node), _title(node, item_name), author=_line(node.text("author", "reviewer", "creator")),
            author_id=author.text("url", "sameas") or author.id if author else None,
            created=self.when(node.text("datepublished", "datecreated", "dtreviewed"), place), edited=self.when(node.text("datemodified"), place),
            url=urljoin(self.url, url) if (url := node.text("url")) and not url.startswith("_:") else None, language=_language(node.text("inlanguage")),
            unit=_line(item_name) if item and item.types & _PRODUCTS else None)
        if review.edited == review.created:
            review.edited = None
        value, best, worst = _rating(node)
        noted = len(self.problems)
        try:
            review.rating = ratings.read(value, best=best, worst=worst)
        except ValueError as error:
            self.problems.append(Problem(self.url, f"{place}: {error}", "the rating is left out"))
        review.replies = [self._comment(c, review, item_name, place) for name in ("comment", "comments", "reply", "replies", "response", "ownerresponse")
                          for c in node.properties.get(name, []) if isinstance(c, Node) and c.text("text", "description", "commenttext", "reviewbody")]
        if not review.text and not review.title and review.rating is None and not review.replies:
            if node.properties and len(self.problems) == noted:
                self.problems.append(Problem(self.url, f"{place} has neither words nor a rating", "it is left out"))
            return None
        return Drawn(review, node.syntax, node.element)

    def _comment(self, node: Node, review: Review, item: str | None, place: str) -> Reply:
        """A comment that the markup itself hangs on a review. Who wrote it is guessed: the markup never says "the company"."""
        author = _line(node.text("author", "creator"))
        holder = node.node("author", "creator")
        organisation = holder is not None and any(t.endswith(("organization", "business", "corporation")) for t in holder.types)
        same = author is not None and norm(author) == norm(review.author or "")
        role = "customer" if same else "company" if author is None or organisation or self.speaks_for(author, item) else "other"
        return Reply(texts.plain(node.text("text", "description", "commenttext", "reviewbody") or ""), role, "markup", node.id, author,
                     created=self.when(node.text("datepublished", "datecreated"), place), edited=self.when(node.text("datemodified"), place))

    def speaks_for(self, author: str, item: str | None = None) -> bool:
        """Whether a name is, or holds, the company's or that of the reviewed item."""
        name = f" {_words(author)} "
        return any(known and f" {_words(known)} " in name for known in (*self.company, item or ""))

    def _id(self, node: Node) -> str | None:
        found = next((i for i in (node.id, node.text("identifier"), node.text("url")) if i and self._lasts(i, node)), None)
        return found or (element_id(node.element) if node.element is not None else None)

    def _lasts(self, found: str, node: Node) -> bool:
        """Whether an id names the review wherever it stands: not the page's own address, nor a place on the page such as `#review2`."""
        if found != node.id and found != node.text("url"):
            return True
        address, _, fragment = urljoin(self.url, found).partition("#")
        return bool(_SURE.search(fragment if address == self.url.partition("#")[0] else found)) or (address != self.url.partition("#")[0] and "/" in found)


def element_id(element: Tag) -> str | None:
    """The review's id that an element carries; in `id` a short number or a word only names a place on the page."""
    for name in _ID_ATTRIBUTES:
        value = str(element.get(name) or "").strip()
        bare = _PREFIX.sub("", value)
        if bare and (name != "id" or (value != bare and re.fullmatch(r"(?=.*\d)[0-9a-f-]{4,}", bare, re.I))):
            return bare
    return None


def day_first(found: Found, page: BeautifulSoup | None) -> bool | None:
    """Whether the page writes 3/4 for the third of April: one date that allows no other reading decides, else the page's language."""
    numbers = [m for node in found.nodes for name in ("datepublished", "datecreated") for v in node.properties.get(name, [])
               if isinstance(v, str) and (m := re.match(r"\s*(\d{1,2})[./-](\d{1,2})[./-]\d{4}", v))]
    said = {int(m[1]) > 12 for m in numbers if (int(m[1]) > 12) != (int(m[2]) > 12)}
    if len(said) == 1:
        return said.pop()
    language = str(page.html.get("lang") or "").lower() if page is not None and page.html else ""
    return None if said or language in ("", "en") else language != "en-us"


def merge(drawn: list[Drawn]) -> list[Drawn]:
    """The same reviews, each once: first by id, then by author, words and day, and across syntaxes by author and words alone."""
    kept: list[Drawn] = []
    known: dict[object, list[Drawn]] = {}    # by id, and by the beginning of the words
    partners: dict[int, set[str]] = {}       # the syntaxes that already found a kept review: two of one syntax are two reviews
    shared = _shared_ids(drawn)
    for new in drawn:
        if new.review.id in shared:
            new.review.id = None
        alike = known.get(_key(new), [])
        twin = next((old for old in known.get(new.review.id, []) if new.review.id), None) or next((old for old in alike if _same_day(old, new)), None) or next(
            (old for old in alike if _same_words(old, new) and new.syntax not in partners[id(old)]), None)
        if twin is None:
            kept.append(new)
            partners[id(new)] = {new.syntax}
            known.setdefault(_key(new), []).append(new)
        else:
            partners[id(twin)].add(new.syntax)
            _fill(twin, new)
        if new.review.id:
            known.setdefault(new.review.id, []).append(twin or new)
    return kept


def _key(drawn: Drawn) -> tuple[object, ...]:
    """Equal for reviews that may be the same."""
    return (drawn.body,) if drawn.body else (drawn.author, drawn.review.created and drawn.review.created.earliest)


def _shared_ids(drawn: list[Drawn]) -> set[str]:
    """What looks like an id but stands on reviews that differ: the page's own address, for example."""
    words: dict[str, set[tuple[str, str]]] = {}
    for d in drawn:
        if d.review.id:
            words.setdefault(d.review.id, set()).add((d.author, d.body[:24]))
    return {found for found, different in words.items() if len(different) > 1}


def _same_day(old: Drawn, new: Drawn) -> bool:
    """Without words, only a full time and another syntax make two of one: many people give five stars on one day."""
    a, b = old.review, new.review
    if a.id and b.id and old.syntax == new.syntax:
        return False
    if old.body != new.body or old.author != new.author or (a.created and a.created.earliest) != (b.created and b.created.earliest):
        return False
    return bool(old.body) or (old.syntax != new.syntax and a.created is not None and a.rating == b.rating)


def _same_words(old: Drawn, new: Drawn) -> bool:
    return old.syntax != new.syntax and bool(old.body) and old.body == new.body and (old.author == new.author or not old.author or not new.author)


def _fill(old: Drawn, new: Drawn) -> None:
    """What the first description leaves open, the second may say."""
    a, b = old.review, new.review
    for name in ("id", "title", "text", "rating", "author", "author_id", "created", "edited", "url", "language", "verified", "unit"):
        if getattr(a, name) is None:
            setattr(a, name, getattr(b, name))
    known = {norm(r.text or "") for r in a.replies}
    a.replies += [r for r in b.replies if norm(r.text or "") not in known]
    old.element = old.element or new.element


def _body(node: Node) -> str | None:
    own = [texts.plain(v) for v in node.all("reviewbody", "description", "text") if isinstance(v, str)]
    notes = [f"{label}: {'; '.join(points)}" for label, name in (("Pros", "positivenotes"), ("Cons", "negativenotes")) if (points := list(_points(node.all(name))))]
    body = "\n\n".join(filter(None, own))
    return "\n\n".join(filter(None, (body if body.casefold() not in _FIELD_NAMES else "", *notes))) or None


def _points(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield texts.plain(value)
            continue
        for entry in value.all("itemlistelement"):
            said = entry if isinstance(entry, str) else entry.text("name", "item", "text")
            if said:
                yield texts.plain(said)


def _title(node: Node, item: str | None) -> str | None:
    title = _line(node.text("headline", "name", "summary"))
    return title if title and norm(title) != norm(item or "") else None


def _rating(node: Node) -> tuple[str | None, str | None, str | None]:
    """Value, best and worst. Nought is "not rated", and ends of a scale that are one say nothing."""
    holder = node.node("reviewrating", "rating") or node
    value = holder.text("ratingvalue", "value", "rating") or (node.text("reviewrating", "rating") if holder is node else None)
    best, worst = holder.text("bestrating", "best"), holder.text("worstrating", "worst")
    if value is not None and re.fullmatch(r"0+(?:[.,]0+)?", value):
        return None, None, None
    return value, best, None if worst == best else worst


def _line(text: str | None) -> str | None:
    return " ".join(texts.plain(text).split()) or None if text else None


def _language(text: str | None) -> str | None:
    return text.strip() or None if text else None


def norm(text: str) -> str:
    """Letters and digits only, in lower case: the same words in any markup are equal."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
