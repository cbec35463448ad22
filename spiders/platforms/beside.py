"""Company replies that stand beside a review without being marked up: found by where they stand and what they are called.

It is a guess by class names and headings ("Response from …"), so every reply found here says so (`role_basis="markup"`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.element import PreformattedString

from enrich.records import Problem, Reply
from spiders.platforms import texts
from spiders.platforms.schema_reviews import Drawn, Reader, element_id, norm

_SPEAKERS = frozenset(["owner", "company", "business", "merchant", "seller", "vendor", "management", "manager", "official", "staff", "shop", "store", "brand", "host", "provider"])
_SAYS = frozenset(["comment", "comments", "message", "note", "text", "statement", "answer", "feedback"])
_REPLIES = frozenset(["response", "responses", "reply", "replies", "retort", "mgrrspn", "rspn", "antwort", "reponse", "respuesta", "risposta", "reactie", "resposta"])
_NO_REPLY = frozenset(["form", "button", "btn", "link", "count", "counter", "add", "write", "toggle", "icon", "no", "helpful", "vote", "votes", "time", "rate"])
_CONTROLS = frozenset(["a", "button", "form", "input", "textarea", "label", "select", "option", "svg", "i", "script", "style", "time", "img", "nav"])
_HEADING = re.compile(
    r"^\s*(?:(?:response|reply|comment|antwort|réponse|respuesta|risposta|reactie|resposta)\s+(?:from|by|of|von|vom|der|des|de|du|da|do|del|van)\b"
    r"|(?:[^.!?]{1,60}\s)?(?:replied|responded|hat geantwortet|antwortete|a répondu|respondió|ha risposto|reageerde|respondeu)\b)", re.I)
_FROM = re.compile(r"^\s*(?:response|reply|comment|antwort|réponse|respuesta|risposta|reactie|resposta)\s+(?:from|by|of|von|vom|der|des|du|del|de|da|do|van)\s+(?P<name>.+?)\s*(?::|$)", re.I)
_TELLS = re.compile(r"^\s*(?P<name>.{1,60}?)\s+(?:has\s+)?(?:replied|responded)\b", re.I)
_ON = re.compile(r"\b(?:on|am|le|el|op|il|em)\s+(?P<date>[^:]*\d{4})\b", re.I)
_REVIEWISH = re.compile(r"review|comment|testimonial|feedback|rating|bewertung|avis|rese[nñ]a|recensi|beoordeling|opinion", re.I)
_ANCHOR = 24
_LONG, _MANY = 120, 40
"""Letters and parts that no heading reaches."""
_ROLES = {"owner": "owner", "inhaber": "owner", "propriétaire": "owner", "propietario": "owner", "proprietario": "owner", "eigenaar": "owner",
          "manager": "manager", "management": "manager", "staff": "staff", "team": "staff"}


def attach(page: BeautifulSoup, drawn: list[Drawn], reader: Reader) -> None:
    """Gives every review the replies, the id and the "verified" mark that stand in its own part of the page."""
    anchors = list(_anchors(page, drawn))
    inside: dict[int, set[int]] = {}
    for n, anchor in anchors:
        for element in (anchor, *anchor.parents):
            inside.setdefault(id(element), set()).add(n)
    told = {n for n, d in enumerate(drawn) if d.review.replies}     # what the page states is not guessed again
    _name(anchors, [_part(anchor, n, inside, len(drawn)) for n, anchor in anchors], drawn, reader)
    for n, anchor in anchors:
        part, review = _part(anchor, n, inside, len(drawn)), drawn[n].review
        if review.verified is None and part.select_one("[class*=verified]:not([class*=unverified]):not([class*=not-verified])"):
            review.verified = True
        if review.title is None and (subject := part.select_one(".header-subject")) is not None:
            review.title = texts.line(subject) or None
        for element in _candidates(part, anchor, inside) if n not in told else ():
            reply = _reply(element, review.author, reader)
            if reply is not None and norm(reply.text or "") not in {norm(r.text or "") for r in review.replies} | {norm(review.text or "")}:
                review.replies.append(reply)


def _name(anchors: list[tuple[int, Tag]], parts: list[Tag], drawn: list[Drawn], reader: Reader) -> None:
    """Gives reviews without an id the one that their part of the page carries; one that stands on several tells none of them."""
    named: dict[str, set[int]] = {}
    for (n, anchor), part in zip(anchors, parts, strict=True):
        until = next(i for i, e in enumerate((anchor, *anchor.parents)) if e is part or e.parent is None)
        if drawn[n].review.id is None and (found := next(filter(None, map(element_id, [anchor, *anchor.parents][:until + 1])), None)):
            named.setdefault(found, set()).add(n)
    for found, numbers in named.items():
        if len(numbers) == 1:
            drawn[min(numbers)].review.id = found
        else:
            reader.problems.append(Problem(reader.url, f"the id {found} stands on {len(numbers)} reviews: it tells none of them", "they go in, told from each other by author and time"))


def _anchors(page: BeautifulSoup, drawn: list[Drawn]) -> Iterator[tuple[int, Tag]]:
    """Where reviews stand: the element that is marked up, or the one that begins with the words of a review."""
    starts: dict[str, list[int]] = {}
    for n, d in enumerate(drawn):
        if d.element is not None:
            yield n, d.element
        elif d.body:
            starts.setdefault(d.body[:_ANCHOR], []).append(n)
    if not starts:
        return
    for text in (page.body or page).find_all(string=True):
        if isinstance(text, NavigableString) and not isinstance(text, PreformattedString) and text.parent is not None and text.parent.name not in ("script", "style", "template"):
            for n in starts.get(norm(text)[:_ANCHOR], [])[:1] if len(text) > 1 else []:
                yield n, text.parent


def _part(anchor: Tag, n: int, inside: dict[int, set[int]], reviews: int) -> Tag:
    """The largest element around a review that holds no other; where the page has one review only, the largest that is called a review."""
    part = anchor
    for element in anchor.parents:
        if inside.get(id(element)) != {n} or element.name in ("body", "html", "main", "[document]"):
            break
        if reviews > 1 or _REVIEWISH.search(" ".join((*element.get_attribute_list("class", []), str(element.get("id") or ""), *(k for k in element.attrs if k.startswith("data-"))))):  # type: ignore[arg-type]
            part = element
    return part


def _candidates(part: Tag, anchor: Tag, inside: dict[int, set[int]]) -> Iterator[Tag]:
    """Elements in a review's part, and right after it, that are called a reply or have a reply's heading."""
    after = part.find_next_sibling()
    taken: set[int] = set()
    for element in (*part.find_all(True), *((after, *after.find_all(True)) if after is not None and id(after) not in inside else ())):
        if element.name in _CONTROLS or id(element) in taken or element is anchor:
            continue
        found = element if _called_reply(element) else _under_heading(element)
        if found is not None and id(found) not in inside and id(found) not in taken:
            taken |= {id(found), *map(id, found.find_all(True))}
            yield found


def _called_reply(element: Tag) -> bool:
    for name in (*element.get_attribute_list("class", []), str(element.get("id") or ""), str(element.get("data-testid") or "")):  # type: ignore[arg-type]
        words = {w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", str(name))}
        if not words & _NO_REPLY and (words & _REPLIES or (words & _SPEAKERS and words & _SAYS)):
            return True
    return False


def _under_heading(element: Tag) -> Tag | None:
    """The element around a heading such as "Response from the owner" that holds the reply's words as well."""
    heading = _short(element)
    if not heading or not _HEADING.match(heading):
        return None
    around: Tag | None = element
    while around is not None and 0 < len(_short(around) or "") < len(heading) + 8:
        around = around.parent
    return around


def _short(element: Tag) -> str | None:
    """The text of an element if it may be a heading: None where it is long, or holds much else."""
    stack: list[PageElement] = [element]
    said: list[str] = []
    parts = 0          # not `descendants`, which first looks for the last one
    while stack:
        node = stack.pop()
        parts += 1
        if parts > _MANY:
            return None
        if isinstance(node, Tag):
            stack += reversed(node.contents)
        else:
            said.append(str(node))
    text = " ".join(" ".join(said).split())
    return text if len(text) < _LONG else None


def _reply(element: Tag, reviewer: str | None, reader: Reader) -> Reply | None:
    heading = next((e for e in element.find_all(True) if _HEADING.match(_short(e) or "")), None)
    titled = (_short(heading) or "") if heading is not None else ""
    dated = next((e for e in element.find_all(True) if e.has_attr("datetime") or e.get("itemprop") in ("datePublished", "dateCreated")
                  or any("date" in str(c).lower() for c in e.get_attribute_list("class", []))), None)  # type: ignore[arg-type]
    named = element.find(class_=re.compile(r"(?:^|[-_])(?:author|name)(?:$|[-_])", re.I))
    content = next((e for e in element.find_all(True) if e is not heading and any(re.search(r"content|body|text|message|description", str(c), re.I) for c in e.get_attribute_list("class", []))), None)  # type: ignore[arg-type]
    head = tuple(e for e in (heading, dated, named, *element.find_all(["button", "a"], class_=re.compile("btn|button|report|more", re.I))) if isinstance(e, Tag))
    text = texts.of(content) if content is not None and content.get_text(strip=True) else texts.of(element, without=head)
    if len(re.findall(r"\w+", text)) < 2:
        return None
    date = str(dated.get("datetime") or dated.get("content") or texts.line(dated)) if dated is not None else None
    if date is None and (on := _ON.search(titled)):
        date = on["date"]
    said = _FROM.match(titled) or _TELLS.match(titled)
    author = texts.line(named) if isinstance(named, Tag) and not said else said["name"] if said else None
    if date and author:
        author = author.removesuffix(date).rstrip(" ,-–·")
    called = " ".join((titled, *map(str, element.get_attribute_list("class", [])))).lower()  # type: ignore[arg-type]
    role = "customer" if author and reviewer and norm(author) == norm(reviewer) else next((role for word, role in _ROLES.items() if word in called), "company")
    if author and set(re.findall(r"\w+", author.lower())) <= {*_ROLES, "the", "business", "company"}:
        author = None                        # a position is no name
    return Reply(text, role, "markup", author=author, created=reader.when(date, f"the reply to {reviewer or 'a review'}"))
