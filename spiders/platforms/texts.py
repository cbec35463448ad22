"""Turns markup into the words that people read: HTML and BBCode into plain text with lines."""

from __future__ import annotations

import re
from html import unescape

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.element import PreformattedString

_BLOCKS = frozenset(["address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"])
_UNREAD = frozenset(["script", "style", "template", "noscript", "svg", "iframe", "select", "textarea", "button"])
_PARAGRAPH, _LINE, _BREAK = "\x1d", "\x1e", "\x1f"
_TAG = re.compile(r"<(?:/?(?:p|br|div|span|a|b|i|em|strong|u|ul|ol|li|h[1-6]|blockquote|img)\b[^<>]*)>", re.I)
_BBCODE = re.compile(r"\[/?(?:b|i|u|s|strike|h[1-6]|spoiler|noparse|code|quote|url|list|olist|table|tr|td|th|hr|p|img)(?:=[^\]\n]{0,500})?\]", re.I)
_BBCODE_BLOCK = re.compile(r"\n?\[/?(?:h[1-6]|quote|list|olist|table|tr|hr|p|code)(?:=[^\]\n]{0,500})?\]\n?", re.I)


class _Edge(str):
    """What stands at the end of an element."""


def of(element: PageElement, without: tuple[Tag, ...] = ()) -> str:
    """The text that an element shows, a line for each block; `without` names elements in it that are left out."""
    out: list[str] = []
    skipped = {id(e) for e in without}

    stack: list[PageElement | _Edge] = [element]       # not recursive: a hostile page nests without end
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node.name in _UNREAD or id(node) in skipped:
                continue
            if node.name == "img" and "emoji" in node.get_attribute_list("class"):
                out.append(str(node.get("alt") or ""))
            edge = _PARAGRAPH if node.name == "p" else _LINE if node.name in _BLOCKS else ""
            out.append(edge)
            stack += [_Edge(_BREAK if node.name == "br" else edge), *reversed(node.contents)]
        elif isinstance(node, _Edge):
            out.append(node)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            out.append(re.sub(r"\s+", " ", str(node)))
    return tidy(re.sub(f"(?<! ) *[{_PARAGRAPH}{_LINE}{_BREAK}][{_PARAGRAPH}{_LINE}{_BREAK} ]*", lambda m: "\n\n" if _PARAGRAPH in m[0] or m[0].count(_BREAK) > 1 else "\n", "".join(out)))


def line(element: PageElement) -> str:
    """The text that an element shows, on one line."""
    return " ".join(of(element).split())


def plain(text: str) -> str:
    """A text that may hold HTML, as JSON-LD often does, as people read it."""
    if _TAG.search(text) or _TAG.search(text := unescape(text)):
        return unescape(of(BeautifulSoup(text, "lxml")))
    return tidy(unescape(text))


def bbcode(text: str) -> str:
    """A text with BBCode as people read it; a bracket that is no code stays."""
    text = _BBCODE_BLOCK.sub("\n", re.sub(r"(?<!\s)\s*\[\*\]\s*", "\n- ", text))
    return tidy(_BBCODE.sub("", text))


def tidy(text: str) -> str:
    """Without space at the ends of lines, without more than one empty line on end."""
    lines = text.replace("\u200b", "").replace("\xa0", " ").replace("\r\n", "\n").split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()
