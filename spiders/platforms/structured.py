"""Structured data in web pages: JSON-LD, microdata, RDFa and microformats, as nodes of one form.

A node has a type, properties (lower-case names, without prefix, each a list of texts and nodes) and, where it is marked on what people
see, its element. Broken JSON-LD is mended as far as real pages showed the need; what cannot be mended is counted, and the page goes on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag

from spiders.platforms import texts


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One thing that a page describes."""

    types: frozenset[str]                    # lower case, without their vocabulary
    syntax: str                              # json-ld, microdata, rdfa or microformats
    properties: dict[str, list[Any]] = field(default_factory=dict)
    id: str | None = None
    element: Tag | None = None
    parent: Node | None = None

    def all(self, *names: str) -> list[Any]:
        """The values of the first of these properties that has any."""
        return next((values for name in names if (values := self.properties.get(name))), [])

    def text(self, *names: str) -> str | None:
        """The first value as a text: of a node its name, its text or its id."""
        for value in self.all(*names):
            found = value if isinstance(value, str) else next((v for v in value.all("name", "text", "@value", "value") if isinstance(v, str)), value.id)
            if found and found.strip():
                return found.strip()
        return None

    def node(self, *names: str) -> Node | None:
        """The first value that is a node."""
        return next((v for v in self.all(*names) if isinstance(v, Node)), None)


@dataclass(slots=True)
class Found:
    """All nodes of a page in its order, and the JSON-LD blocks that could not be mended (by their number)."""

    nodes: list[Node] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)


def read(page: BeautifulSoup) -> Found:
    """Everything that a page describes in any of the syntaxes."""
    found = Found()
    for n, script in enumerate(page.find_all("script", type=re.compile(r"^\s*application/ld\+json", re.I)), 1):
        text = "".join(script.strings)
        try:
            value = mend(text)
        except (ValueError, RecursionError) as error:
            if re.search("review|rating", text, re.I):
                found.broken.append((n, str(error)))
            continue
        found.nodes += json_ld(value)
    resolve(found.nodes)
    return Found(found.nodes + list(microdata(page)) + list(rdfa(page)) + list(microformats(page)), found.broken)


# JSON-LD

_STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|$)')
_STRING_OR_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.S)
_STRING_OR_WORD = re.compile(r'("(?:\\.|[^"\\])*")|(?<=:)(\s*)(?!(?:true|false|null)\b)([A-Za-z_]\w*)(?=\s*[,}\]])', re.S)
_OPENS = re.compile(r"^(?:/\*|//)?\s*(?:<!--|<!\[CDATA\[)\s*(?:\*/)?")
_CLOSES = re.compile(r"(?:/\*|//)?\s*(?:-->|\]\]>)\s*(?:\*/)?$")
_DEEPEST = 60


def mend(text: str) -> Any:
    """The value of a JSON-LD block, mended where it is broken in a known way. Raises ValueError where it cannot be."""
    text = text.strip("\ufeff \t\r\n")
    text = _OPENS.sub("", text)
    text = text[:-20] + _CLOSES.sub("", text[-20:])
    first: ValueError | None = None
    for candidate in _attempts(text):
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(candidate)      # what follows the first value is a stray bracket or semicolon
        except ValueError as error:
            first = first or error
        else:
            if not isinstance(value, str):
                return value
    raise first or ValueError("holds no object")


def _attempts(text: str) -> Iterator[str]:
    """The text as it is; without comments and needless commas, with bare words quoted; with the braces that were forgotten around it."""
    yield text
    text = _STRING_OR_COMMENT.sub(lambda m: m[1] or "", text)
    text = _STRING_OR_COMMA.sub(lambda m: m[1] or "", text)
    text = _STRING_OR_WORD.sub(lambda m: m[1] or f'{m[2]}"{m[3]}"', text).strip()
    yield text
    if text.startswith('"'):
        yield f"{{{text.rstrip(',; ')}}}"


def json_ld(value: Any, parent: Node | None = None, depth: int = 0) -> Iterator[Node]:
    """Every node in a JSON-LD value, outer ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for inner in value:
            yield from json_ld(inner, parent, depth + 1)
    elif isinstance(value, dict):
        node = Node(frozenset(_local(t) for t in _listed(value.get("@type")) if isinstance(t, str)), "json-ld", id=_id(value.get("@id")), parent=parent)
        inside: list[Node] = []
        for key, raw in value.items():
            if not key.startswith("@") or key == "@value":
                node.properties[_local(key)] = list(_values(raw, node, inside, depth))
            elif key == "@graph":
                inside += json_ld(raw, parent, depth + 1)
        yield node
        yield from inside


def resolve(nodes: list[Node]) -> None:
    """Puts the described node where a bare `{"@id": …}` stands for it."""
    described = {n.id: n for n in nodes if n.id and n.properties}
    for node in nodes:
        for name, values in node.properties.items():
            node.properties[name] = [described.get(v.id, v) if isinstance(v, Node) and v.id and not v.properties else v for v in values]


def _values(raw: Any, parent: Node, inside: list[Node], depth: int) -> Iterator[Any]:
    for value in _flat(raw):
        if isinstance(value, dict):
            nodes = list(json_ld(value, parent, depth + 1))
            inside += nodes
            yield from nodes[:1]
        elif value is not None and not isinstance(value, bool):
            yield str(value)


def _flat(raw: Any) -> Iterator[Any]:
    for value in _listed(raw):
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


# microdata and RDFa: elements that hold elements

def microdata(page: BeautifulSoup) -> Iterator[Node]:
    """Every item that microdata marks."""
    made: dict[int, Node] = {}
    for element in page.select("[itemscope]"):
        yield _item(element, page, made)


def rdfa(page: BeautifulSoup) -> Iterator[Node]:
    """Every thing that RDFa marks with a type."""
    made: dict[int, Node] = {}
    for element in page.select("[typeof]"):
        yield _thing(element, made)


def _item(element: Tag, page: BeautifulSoup, made: dict[int, Node]) -> Node:
    if id(element) in made:
        return made[id(element)]
    node = made[id(element)] = Node(_types(element.get("itemtype")), "microdata", id=_id(element.get("itemid")), element=element)
    roots = [element, *(found for ref in str(element.get("itemref") or "").split() if isinstance(found := page.find(id=ref), Tag))]
    for root in roots:
        for holder in _own(root, "itemscope", itself=root is not element):
            for name in str(holder.get("itemprop") or "").split():
                inner = _item(holder, page, made) if holder.has_attr("itemscope") else None
                if inner is not None and inner is not node:
                    inner.parent = inner.parent or node
                node.properties.setdefault(_local(name), []).append(inner or _shown(holder))
    return node


def _thing(element: Tag, made: dict[int, Node]) -> Node:
    if id(element) in made:
        return made[id(element)]
    node = made[id(element)] = Node(_types(element.get("typeof")), "rdfa", id=_id(element.get("about") or element.get("resource")), element=element)
    for holder in _own(element, "typeof"):
        names = f"{holder.get('property') or ''} {holder.get('rel') or ''}".split()
        target = holder if holder.has_attr("typeof") else holder.select_one("[typeof]") if holder.has_attr("rel") and not holder.has_attr("href") else None
        inner = _thing(target, made) if target is not None else None
        if inner is not None:
            inner.parent = inner.parent or node
        for name in names:
            node.properties.setdefault(_local(name), []).append(inner or _shown(holder))
    return node


def _own(root: Tag, scope: str, itself: bool = False) -> Iterator[Tag]:
    """The elements in `root` that are not inside a deeper scope (a deeper scope's own element is given, what it holds is not)."""
    stack = [root] if itself else [c for c in reversed(root.contents) if isinstance(c, Tag)]
    while stack:
        element = stack.pop()
        yield element
        if not element.has_attr(scope):
            stack += [c for c in reversed(element.contents) if isinstance(c, Tag)]


def _shown(element: Tag) -> str:
    """The value that an element states: `content` on any element (many pages put it beside what they show), an address, a time, a text."""
    if element.has_attr("content"):
        return str(element["content"])
    for names, attribute in ((("a", "area", "link"), "href"), (("img", "audio", "video", "source", "iframe", "embed"), "src"), (("time",), "datetime"), (("data", "meter"), "value")):
        if element.name in names and element.has_attr(attribute):
            return str(element[attribute]) if element.name != "a" or not element.get_text(strip=True) or set(str(element.get("itemprop") or element.get("rel")).split()) & {"url", "sameAs"} else texts.of(element)
    return texts.of(element)


# microformats: classes

_MICROFORMATS = {
    "summary": (".summary", ".p-name"), "description": (".description", ".e-description", ".e-content", ".p-description"),
    "author": (".reviewer .fn", ".reviewer", ".p-reviewer .p-name", ".p-reviewer", ".p-author .p-name", ".p-author"),
    "datepublished": (".dtreviewed", ".reviewed", ".dt-reviewed", ".dt-published"),
    "ratingvalue": (".rating .value", ".rating", ".p-rating"), "bestrating": (".rating .best", ".best", ".p-best"), "worstrating": (".rating .worst", ".worst", ".p-worst"),
    "url": ("a[rel~=bookmark]", ".u-url", ".permalink"), "itemreviewed": (".item .fn", ".item", ".p-item .p-name", ".p-item"),
}


def microformats(page: BeautifulSoup) -> Iterator[Node]:
    """Every hReview and h-review, named as schema.org would."""
    for element in page.select(".hreview, .h-review"):
        node = Node(frozenset({"review"}), "microformats", element=element)
        for name, selectors in _MICROFORMATS.items():
            found = next((f for s in selectors for f in element.select(s) if name != "summary" or not f.find_parent(class_=["h-card", "p-item", "p-reviewer", "p-author"])), None)
            if found is not None and (value := _class_value(found)):
                node.properties[name] = [value]
        yield node


def _class_value(element: Tag) -> str:
    title = element.select_one(".value-title[title]")
    if title is not None:
        return str(title["title"])
    for names, attribute in ((("abbr",), "title"), (("time", "ins", "del"), "datetime"), (("data", "input"), "value"), (("a",), "href")):
        if element.name in names and element.has_attr(attribute) and (element.name != "a" or {"u-url", "permalink"} & set(element.get_attribute_list("class")) or element.get("rel")):
            return str(element[attribute])
    return texts.of(element)


# names

def _types(raw: Any) -> frozenset[str]:
    return frozenset(_local(t) for t in str(raw or "").split())


def _local(name: str) -> str:
    """A type's or property's name without its vocabulary: http://schema.org/Review, schema:Review, v:Review are all `review`."""
    return re.split(r"[/#:]", name.rstrip("/"))[-1].lower()


def _id(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and raw and not raw.startswith("_:") else None


def _listed(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [] if raw is None else [raw]
