"""Testimonials that a page shows without marking them up: blocks that are called so, and quotations with the name of who said them.

It is a guess by class names and by how such blocks are built, made for pages that a company fills with what it picked itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

from bs4 import BeautifulSoup, Tag

from enrich.records import Rating, Review
from spiders.platforms import stars, texts
from spiders.platforms.schema_reviews import Drawn, Reader, norm

_CALLED = frozenset(["testimonial", "testimonials", "testimony", "kundenstimme", "kundenstimmen", "temoignage", "temoignages", "testimonio", "testimonios",
                     "testimonianza", "testimonianze", "depoimento", "depoimentos", "review", "reviews"])
_ONE = frozenset(["testimonial", "testimony", "kundenstimme", "temoignage", "testimonio", "testimonianza", "depoimento", "review"])
_MANY = frozenset(["slider", "carousel", "list", "grid", "wrap", "wrapper", "section", "container", "track", "slides", "row", "swiper", "widget", "block", "blocks", "area", "form", "summary", "count",
                   "counter", "total", "average", "score", "filter", "sort", "header", "heading", "footer", "breakdown"])
_BODY = frozenset(["text", "content", "quote", "body", "message", "copy", "description", "comment", "statement", "words", "excerpt", "paragraph", "desc"])
_NAME = frozenset(["author", "name", "cite", "citation", "reviewer", "attribution", "byline", "signature"])
_WHO = frozenset(["client", "customer", "person"])
"""Names somebody too, unless it only says whose testimonials they are ("customer-reviews")."""
_BESIDE = frozenset(["role", "position", "job", "jobtitle", "designation", "company", "title", "date", "time", "meta", "rating", "stars", "star", "avatar", "image", "photo", "logo",
                     "icon", "button", "btn", "link", "nav", "arrow", "dots", "more"])
_NEVER = frozenset(["html", "head", "body", "main", "header", "nav", "form", "script", "style", "template"])
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_QUOTES = re.compile(r"^[\s\"“”„«»‹›‘’']+|[\s\"“”«»‹›‘’']+$")
_SIGNED = re.compile(r"\n+\s*[—–-]\s*(?P<name>[^\n]{2,80})$")
_FEWEST, _UNSIGNED, _MOST = 2, 8, 600
"""Words that a text must have, with a name beside it and without one; and what no testimonial exceeds."""


def read(page: BeautifulSoup, reader: Reader) -> list[Drawn]:
    """Every testimonial of a page once, in its order."""
    found: list[Drawn] = []
    taken: set[int] = set()
    known: set[str] = set()
    for element in page.find_all(True):
        if id(element) in taken or element.name in _NEVER or not (element.name == "blockquote" or _words(element) & _CALLED):
            continue
        review = _quotation(element, reader) if element.name == "blockquote" else _block(element, reader)
        if review is not None:
            taken.update(map(id, element.find_all(True)))
            if review.id is not None and review.id not in known:
                known.add(review.id)
                found.append(Drawn(review, "testimonial", element))
    return found


def _block(element: Tag, reader: Reader) -> Review | None:
    """What a block that is called a testimonial says, if it is one and no list of several."""
    called, names, quotes = _words(element), _names(element), element.select("blockquote")
    inner = _outermost(e for e in element.find_all(True) if _words(e) & _CALLED and not _words(e) & (_BODY | _NAME | _BESIDE) and _long(e) >= _FEWEST)
    if len(names) > 1 or len(quotes) > 1 or len(inner) > 1 or called & _NAME or _long(element) > _MOST:
        return None
    if quotes and not names and (beside := _signature(quotes[0])) is not None:
        names = [beside]
    if not names and not quotes:
        if inner or not called & _ONE or called & (_MANY | _BESIDE):
            return None
        after = element.find_next_sibling()
        if called & _BODY and after is not None and _names_somebody(after):
            names = [after]
    return _review(element, quotes[0] if quotes else None, names[0] if names else _headed(element), reader)


def _quotation(quote: Tag, reader: Reader) -> Review | None:
    """A quotation, where the page says whose it is."""
    signed = _signature(quote)
    return _review(quote, quote, signed, reader) if signed is not None else None


def _signature(quote: Tag) -> Tag | None:
    """Who is named in or right after a quotation."""
    inside = next(iter(_names(quote)), None) or quote.select_one("footer")
    if inside is not None:
        return inside
    figure = quote.find_parent("figure")
    if figure is not None and (caption := figure.select_one("figcaption")) is not None:
        return caption
    after = quote.find_next_sibling()
    return after if after is not None and (after.name == "footer" or _names_somebody(after)) else None


def _names_somebody(element: Tag) -> bool:
    words = _words(element)
    return (element.name in ("cite", "figcaption") or bool(words & _NAME) or bool(words & _WHO and not words & _CALLED)) and not words & _BODY and 0 < _long(element) <= 20


def _names(element: Tag) -> list[Tag]:
    """The outermost elements in it that name somebody."""
    return _outermost(e for e in element.find_all(True) if _names_somebody(e))


def _outermost(elements: Iterable[Tag]) -> list[Tag]:
    """Elements in the page's order without those that stand in another of them."""
    found: list[Tag] = []
    inside: set[int] = set()
    for element in elements:
        if id(element) not in inside:
            found.append(element)
            inside.update(map(id, element.find_all(True)))
    return found


def _headed(element: Tag) -> Tag | None:
    """A short heading or bold line, which names somebody where nothing else does."""
    return next((e for e in element.find_all([*_HEADINGS, "strong"]) if 0 < _long(e) <= 4 and not re.search(r"\w{3,}[.!?]$", texts.line(e))), None)


def _review(element: Tag, quote: Tag | None, named: Tag | None, reader: Reader) -> Review | None:
    beside = [e for e in element.find_all(True) if e.name in (*_HEADINGS, "footer", "time", "button", "figcaption", "cite") or (_words(e) & _BESIDE and not _words(e) & _BODY)]
    without = tuple(beside) + ((named,) if named is not None else ())
    text = _text(quote or element, without, whole=quote is not None)
    author = _person(named) if named is not None else None
    if author is None and (signed := _SIGNED.search(text)):
        author, text = signed["name"].strip(), text[:signed.start()]
    text = _unquoted(text)
    if len(re.findall(r"\w+", text)) < (_FEWEST if author else _UNSIGNED):
        return None
    dated = element.select_one("time[datetime]")
    # no id is given by the page; pages are read in any order, so the words themselves are the only thing that lasts
    return Review(blake2b(norm(text).encode(), digest_size=8).hexdigest(), text, rating=_rating(element), author=author,
                  created=reader.when(str(dated["datetime"]), "a testimonial") if dated is not None else None)


def _text(element: Tag, without: tuple[Tag, ...], *, whole: bool) -> str:
    """The words themselves: of a quotation all, of a block what is called its text, else its paragraphs, else all."""
    if whole:
        return texts.of(element, without=without)
    out = {i for w in without for i in (id(w), *map(id, w.find_all(True)))}
    parts = _outermost(e for e in element.find_all(True) if _words(e) & _BODY and id(e) not in out) or [p for p in element.find_all("p") if id(p) not in out] or [element]
    return "\n\n".join(filter(None, (texts.of(p, without=without) for p in parts)))


def _person(named: Tag) -> str | None:
    """The name in the part that names somebody; what they are and where stands after it."""
    inner = next((e for e in named.find_all(True) if "name" in _words(e)), None) or named
    first = next(iter(texts.of(inner, without=tuple(e for e in inner.find_all(True) if _words(e) & _BESIDE)).split("\n")), "")
    return re.sub(r"^[\s—–-]+", "", first).strip(" ,|·") or None


def _rating(element: Tag) -> Rating | None:
    """Stars that are stated in words or drawn as signs; pictures of stars say nothing."""
    for shown in element.select("[class*=star], [class*=rating], [aria-label], [data-rating]"):
        for said in (shown.get("data-rating"), shown.get("aria-label"), shown.get("title")):
            if said and re.search(r"\d", str(said)) and (shown.has_attr("data-rating") or re.search(r"star|stern|étoile|estrell|stell|/\s*5|out of|von 5|sur 5|de 5|su 5", str(said), re.I)):
                return stars.spoken(str(said))
    drawn = re.search(r"[★⭐][★⭐☆✩\ufe0f ]*", element.get_text())
    return Rating(drawn[0].strip(), (drawn[0].count("★") + drawn[0].count("⭐") - 1) / 4) if drawn and drawn[0].count("★") + drawn[0].count("⭐") <= 5 else None


def _unquoted(text: str) -> str:
    """Without the marks around the whole of it."""
    return _QUOTES.sub("", text) if re.match(r"[\"“”„«‹‘']", text) and re.search(r"[\"“”»›’']\s*$", text) else text


def _long(element: Tag) -> int:
    return len(re.findall(r"\w+", element.get_text(" ")))


def _words(element: Tag) -> set[str]:
    """The words of an element's classes and id."""
    return {w.lower() for name in (*element.get_attribute_list("class", []), str(element.get("id") or "")) for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", str(name))}  # type: ignore[arg-type]  # a class is a list
