"""What all forum software shares: a board lists topics; a topic's opening post is the review, the posts after it are its replies.

A source states how its software writes them, as CSS selectors. Where versions or templates differ, a tuple gives selectors in their order of preference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from bs4 import BeautifulSoup, Tag
from pydantic import Field
from scrapy.http import Request, Response, TextResponse

from enrich.records import ANSWERING, Problem, Reply, Review
from spiders.platforms import pages, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each
from spiders.platforms.forum_page import Selectors, View, addresses, first, key, listed, matches, said

_SESSION = re.compile(r"(?<=[?&;])(?:(?:PHPSESSID|hilit|highlight)=[^&;#]*|s(?:id)?=(?:[0-9a-f]{32})?)(?:[&;]|(?=#)|$)", re.I)
_PAGE = re.compile(r"(?<=[?&;])(?:start|page)=\d+(?:[&;]|$)")
_MEMBER = re.compile(r"(?:[?&;]u(?:id)?=|(?:members?|membre|profile|user|showuser)(?:\.php)?[/?=]?(?:[^/?#]*\.)?)(\d+)(?=[/.?&;#-]|$)|/(?:users|profile)/(?!\d+(?:[/.-]|$))([^/?#]+)/?$")
_GUESTS = frozenset(["guest", "gast", "invité", "visitante", "invitado", "ospite", "bezoeker", "gość", "гость", "anonymous", "anonym", "unregistered", "visitor"])
"""Names that many share."""
_LAST_NUMBER = re.compile(r"(?P<id>\d+)\D*$")
_ONLY_NUMBER = re.compile(r"^\D*(?P<id>\d+)\D*$")
_COUNT = re.compile(r"\d[\d.,\u00a0]*(?![\d.,]*[km]\b)", re.I)
_POST = re.compile(r"[#./=_-](?:p|post|msg|comment|entry)[-_]?(\d+)", re.I)
_LABELS = ".label, .label-append, .prefix, .PageNav, .ipsBadge"
OTHERS = {
    "Discourse": 'meta[name=generator][content^="Discourse"]', "MyBB": 'a[href*="mybb.com"], script[src*="jscripts/"][src*="mybb"]', "Flarum": "#flarum-loading, #flarum-content",
    "NodeBB": '[component="topic"], [component="category"]', "WoltLab": "body[id^=tpl_wbb], body[id^=tplBoard], body[id^=tplThread]", "FluxBB or PunBB": "#punviewtopic, #punviewforum, #brd-wrap",
}
"""Forum software that is not read by its pages, and what shows it."""


class ForumOptions(Options):
    url: str = Field(description="one board of the forum, or one topic", pattern=r"^https?://")
    groups: list[str] = Field([], description="ranks, titles and groups that only the company's own people bear")
    day_first: bool | None = Field(None, description="whether 03/04/2026 is the third of April; else dates that may be either are left out")


class ForumSpider(SourceSpider):
    """A board or a topic of one kind of forum software. A subclass in `spiders/sources/` states how that software writes them."""

    gathers = "topics of a board, or one topic, with the posts that follow; the company's people by their rank (`groups`) or their name (`staff`)"
    limits = "what visitors without an account see"
    per_request = 25
    own_page = True
    replies_visible = True
    newest_first = by_activity = True
    options = ForumOptions
    kinds: ClassVar[list[type[ForumSpider]]] = []
    """Every kind that was loaded."""

    addresses: ClassVar[re.Pattern[str]]
    """What is surely an address of this software."""
    topic: ClassVar[re.Pattern[str]]
    """A topic's id in an address (`id`)."""
    page_of_topic: ClassVar[re.Pattern[str]] = _PAGE
    """What an address of a topic says of its page."""
    home: ClassVar[re.Pattern[str]] = re.compile(r"(?!)")
    """Where, in an address of a board or a topic, the forum's own address ends."""
    own: ClassVar[str] = ""
    """The address of a topic after that, by its id."""
    marks: ClassVar[str]
    """What only pages of this software have."""

    # a board
    rows: ClassVar[str]
    row_link: ClassVar[Selectors]
    row_keys: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Selector and attribute of what holds a topic's id in a row, where its address may not."""
    sticky: ClassVar[str]
    """Matches a row, or something in it, that stands outside the order."""
    moved: ClassVar[str] = ":not(*)"
    """Matches a row, or something in it, that only points to another board."""
    starter: ClassVar[Selectors]
    """Who opened the topic, in a row."""
    count: ClassVar[Selectors]
    last: ClassVar[Selectors]
    """The latest post, in a row: its time, and a link to it."""
    empty: ClassVar[str] = ":not(*)"
    """Says that a board has no topics."""
    boards: ClassVar[str]
    """A board, in a list of boards."""

    # a topic
    topic_keys: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Selector and attribute of what holds a topic's id."""
    headline: ClassVar[Selectors]
    asker: ClassVar[Selectors] = ()
    """Who opened the topic, as every page of it says."""
    by_asker: ClassVar[str] = ":not(*)"
    """Matches a post of whoever opened the topic."""
    posts: ClassVar[str]
    post_key: ClassVar[re.Pattern[str]] = _LAST_NUMBER
    post_keys: ClassVar[tuple[tuple[str, str], ...]] = (("", "id"),)
    """Selector (none: the post itself) and attribute of what holds a post's id."""
    number: ClassVar[Selectors] = ()
    """A post's number in its topic."""
    author: ClassVar[Selectors]
    member: ClassVar[Selectors] = ()
    """The link to an author's profile, where it is not the author's name."""
    ranks: ClassVar[str]
    written: ClassVar[Selectors]
    edited: ClassVar[Selectors] = ()
    text: ClassVar[Selectors]
    foreign: ClassVar[str]
    """What in a post others wrote, or the software: quotes, signatures, notes of edits, labels."""

    # both
    current: ClassVar[Selectors]
    """The number of the page, among the links to others."""
    following: ClassVar[str]
    """The link to the next page."""
    pager: ClassVar[str]
    """What holds links to pages by their number."""
    zone: ClassVar[str] = ":not(*)"
    """What says in which zone times are."""
    says: ClassVar[Selectors]
    """The software's own message instead of a page: no such topic, no permission."""
    login: ClassVar[str]
    """A form for a login that stands in the place of the page."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        ForumSpider.kinds.append(cls)

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        return {"url": cls.address(url)} if cls.addresses.search(url) else None

    @classmethod
    def owns(cls, page: BeautifulSoup) -> bool:
        """Whether a page was made by this software, told by what the page itself holds."""
        return page.select_one(cls.marks) is not None

    @classmethod
    def address(cls, url: str) -> str:
        """An address without what changes from visit to visit: the session, words that are marked, the place on the page."""
        return _SESSION.sub("", url.partition("#")[0]).rstrip("?&;")

    @classmethod
    def topic_of(cls, url: str) -> tuple[str, str] | None:
        """The id of the topic that an address shows, and the address of its first page; None where it shows none."""
        found = cls.topic.search(url)
        return (found["id"], cls.page_of_topic.sub("", cls.address(url)).rstrip("?&;")) if found else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        shown = self.topic_of(place.options.url)
        yield self.ask(shown[1] if shown else self.address(place.options.url))

    def look(self, place: Place, id: str) -> Request | None:
        found = self.home.search(place.options.url)
        return self.ask(f"{place.options.url[:found.start()]}{self.own.format(id=id)}") if found else None

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        if not isinstance(response, TextResponse) or not pages.is_html(response):
            yield Problem(response.url, "is not a web page", "give the address of a page that shows a board or a topic in a browser", "changed")
            return
        page = pages.soup(response)
        if not self.owns(page):
            yield pages.wall(page, response.url) or stranger(page, response.url, self.title)
            return
        view = View.of(page, response, place, (*listed(self.written), *listed(self.last)), self.zone)
        if posts := self._posts(page):
            yield from self._topic(view, posts, response, place)
        elif rows := page.select(self.rows):
            yield from self._board(view, rows, place)
        elif problem := self._nothing(view):
            yield problem

    # a board

    def _board(self, view: View, rows: list[Tag], place: Place) -> Iterator[Drawn]:
        """A request for every topic, and for the next page until what is older is not asked for. What is pinned stands outside the order by activity."""
        known: set[str] = place.memory.setdefault("topics", set())
        rows_read, new, ended = 0, 0, False
        for row in rows:
            shown = None if matches(row, self.moved) else self._listed(view, row)
            if shown is None:
                continue
            topic, url = shown
            rows_read += 1
            if topic in known:
                continue
            known.add(topic)
            new += 1
            latest = view.latest(first(row, self.last)) if place.since else None
            if latest and place.older(latest.latest):
                ended = ended or not matches(row, self.sticky)
            # what the company opens itself is news, not a customer's word
            elif not place.staff(said(first(row, self.starter))):
                yield self.ask(url, item=topic, mark=self._mark(view, row))
        if not rows_read:
            yield Problem(view.url, f"its rows lead to no topic that {self.title} would have", "look at the address in a browser: the layout may have changed", "changed")
        elif ended:
            return
        elif not new:
            yield Problem(view.url, "the list begins again here: it gives what it gave before, and the rest cannot be reached", "crawl again later", "repeating")
        else:
            yield from self._on(view, self.more)

    def _listed(self, view: View, row: Tag) -> tuple[str, str] | None:
        """The id and the address of the topic that a row leads to."""
        links = [link for a in row.select(", ".join(listed(self.row_link))) if (link := view.link(a))]
        if links and (topic := key(row, self.row_keys, _LAST_NUMBER)):
            return topic, self.page_of_topic.sub("", self.address(links[0])).rstrip("?&;")
        return next((shown for link in links if (shown := self.topic_of(link))), None)

    def _mark(self, view: View, row: Tag) -> str | None:
        """What the list says of a topic's activity: how many posts there are, and which one, or when, is the latest."""
        latest, counter = first(row, self.last), first(row, self.count)
        count = _COUNT.search(str(counter.get("title") or "") or texts.line(counter)) if counter is not None else None
        last = next((found[1] for a in (latest.select("a[href]") if latest is not None else ()) if (found := _POST.search(str(a["href"])))), None)
        if last is None and (when := view.latest(latest)) and when.precision == "second":
            last = when.earliest.isoformat()
        return " ".join(filter(None, (count and f"posts={re.sub(r'[^0-9]', '', count[0])}", last and f"last={last}"))) or None

    # a topic

    def _posts(self, page: BeautifulSoup) -> list[tuple[str | None, Tag]]:
        """The posts of a page with their ids, each once: some software shows the accepted answer a second time."""
        found = [(key(post, self.post_keys, self.post_key), post) for post in page.select(self.posts)]
        return [(id, post) for n, (id, post) in enumerate(found) if id is None or id not in {i for i, _ in found[:n]}]

    def _topic_id(self, view: View, response: Response) -> str | None:
        """As the request says, as the page holds it, as addresses show it."""
        if response.request is not None and response.request.meta.get("item") is not None:
            return str(response.request.meta["item"])
        shown = key(view.page, self.topic_keys, _ONLY_NUMBER) or key(view.page, self.topic_keys, self.topic)
        return shown or next((found[0] for url in (view.url, *addresses(view.page)) if (found := self.topic_of(url))), None)

    def _topic(self, view: View, posts: list[tuple[str | None, Tag]], response: Response, place: Place) -> Iterator[Drawn]:
        """The opening post as a review with the replies of its page; posts of a later page by themselves, as replies to the same topic."""
        meta = response.request.meta if response.request is not None else {}
        topic, page = self._topic_id(view, response), self._number(view)
        asker: str | None = meta.get("asker") or said(first(view.page, self.asker))
        opened: Review | None = None
        ours = False

        def read(row: tuple[str | None, Tag]) -> Iterator[Drawn]:
            nonlocal asker, opened, ours
            id, post = row
            opening = self.opens(post, page == 1 and post is posts[0][1])
            name, account = self._author(view, post)
            role, basis = self._role(name, account, post, place)
            created, edited = view.when(self.find(post, self.written)), view.when(self.find(post, self.edited))
            text = self._words(post)
            if opening:
                asker = name
                ours = basis == "study" and role in ANSWERING
                if page == 1 and not ours:
                    opened = Review(topic, text, title=self._title(view), author=name, author_id=account, created=created, edited=edited, url=self._own(view),
                                    language=view.language, complete=False)
                    yield opened
            elif not ours:
                if role == "other" and (matches(post, self.by_asker) or (name is not None and name == asker and name.casefold() not in _GUESTS)):
                    role = "customer"
                reply = Reply(text, role, basis, id, name, account, created, edited, review=topic)
                if opened is not None:
                    opened.replies.append(reply)
                else:
                    yield reply
        drawn = list(each(posts, read, view.url))
        # what the company opens itself is news, not a customer's word
        rest = [] if ours else list(self._on(view, lambda url: self.ask(url, item=topic, meta={"asker": asker})))
        if opened is not None:
            opened.complete = not rest and not any(isinstance(d, Problem) for d in drawn)
        yield from drawn
        yield from view.problems()
        if page > 1 and response.request is not None and "item" not in meta:
            yield Problem(view.url, "is a later page of its topic", "give the address of the topic's first page", "incomplete")
        followed: set[str] = place.memory.setdefault("followed", set())
        yield from (d for d in rest if not isinstance(d, Request) or d.url not in followed)
        followed.update(d.url for d in rest if isinstance(d, Request))

    def opens(self, post: Tag, leads: bool) -> bool:
        """Whether a post opens its topic: by its number, else because it leads the first page."""
        number = re.search(r"\d[\d.,]*", said(self.find(post, self.number)) or "")
        return int(re.sub(r"\D", "", number[0])) == 1 if number else leads

    def find(self, post: Tag, selectors: Selectors) -> Tag | None:
        """The first element of a post that one of the selectors finds."""
        return first(post, selectors)

    def _author(self, view: View, post: Tag) -> tuple[str | None, str | None]:
        """An author's name, and the account's number, or its name, where a link or an attribute shows it."""
        holder = self.find(post, self.author)
        name = str(post.get("data-author") or "").strip() or said(holder)
        around = [e for e in (holder, holder and holder.find_parent("a"), self.find(post, self.member)) if e is not None]
        for element in (e for a in around for e in (a, *a.select("a[href]"))):
            account = str(element.get("data-user-id") or "").strip("0") and str(element["data-user-id"])
            if account or (found := _MEMBER.search(view.link(element) or "")):
                return name, account or found[1] or found[2]
        return name, None

    def _role(self, name: str | None, account: str | None, post: Tag, place: Place) -> tuple[str, str]:
        """Who somebody is, and on what ground. Certain is what study.toml says: accounts (`staff`) and groups.

        What the software calls a moderator or an administrator may be a volunteer, and is not taken as the company.
        """
        ranks = post.select(self.ranks) if place.options.groups else []
        shown = {texts.line(e) for e in ranks}.union(str(i.get(name) or "") for e in ranks for i in e.select("img") for name in ("alt", "title"))
        if place.staff(name, account) or {s.casefold() for s in shown} & {g.casefold().strip() for g in place.options.groups}:
            return "staff", "study"
        return "other", "source"

    def _words(self, post: Tag) -> str | None:
        """What a post itself says."""
        body = self.find(post, self.text)
        return texts.of(body, without=tuple(body.select(self.foreign))) or None if body is not None else None

    def _title(self, view: View) -> str | None:
        """The topic's title, without the labels before it."""
        title = first(view.page, self.headline)
        if title is None:
            return next((str(e["content"]).strip() or None for e in view.page.select('meta[property="og:title"][content]')), None)
        return " ".join(texts.of(title, without=tuple(title.select(_LABELS))).split()) or None

    def _own(self, view: View) -> str:
        """The address of a topic's first page."""
        shown = self.topic_of(view.url)
        return shown[1] if shown else self.address(view.url)

    def _number(self, view: View) -> int:
        """The page's number, from 1."""
        element = first(view.page, self.current)
        found = re.search(r"\d+", str(element.get("data-page") or "") or texts.line(element)) if element is not None else None
        return int(found[0]) if found else 1

    def _on(self, view: View, ask: Callable[[str], Request]) -> Iterator[Request | Problem]:
        """The request for the next page, if there is one: as a link says, else the link to the next number."""
        number = self._number(view)
        numbered = [(int(n), a) for pager in view.page.select(self.pager) for a in pager.select("a[href]") if (n := texts.line(a)).isdigit()]
        for link in (*view.page.select(self.following), *(a for n, a in numbered if n == number + 1)):
            target = self.address(view.link(link) or view.url)
            if target != self.address(view.url):
                yield ask(target)
                return
        if any(n > number for n, _ in numbered):
            yield Problem(view.url, "there are later pages, but no link that leads to the next one", "look at the address in a browser: the layout may have changed", "changed")

    def _nothing(self, view: View) -> Problem | None:
        """Why a page has neither topics nor posts; None where a board says itself that it has none."""
        page = view.page
        says = said(first(page, self.says))
        if page.select_one(self.login):
            return Problem(view.url, f"the forum asks for a login{f': {says:.200}' if says else ''}", "import an export of your own instead: a login is never used", "login")
        if page.select_one(self.empty):
            return None
        if page.select_one(self.boards):
            return Problem(view.url, "is a list of boards, and shows no topics", "give the address of one board; several boards are several sources", "empty")
        if says:
            return Problem(view.url, f"the forum says: {says:.200}", "look at the address in a browser: the topic may be gone, or hidden from guests", "gone")
        return pages.wall(page, view.url) or Problem(view.url, f"is a page of {self.title}, but neither a board nor a topic, or its layout has changed", "look at the address in a browser", "changed")


def stranger(page: BeautifulSoup, url: str, title: str) -> Problem:
    """Names the software of a page that is not the one expected."""
    kind = next((k for k in ForumSpider.kinds if k.owns(page)), None)
    generator = page.select_one("meta[name=generator][content]")
    shown = kind.title if kind else next((name for name, marks in OTHERS.items() if page.select_one(marks)), str(generator["content"]) if generator else None)
    source = kind.name if kind else "discourse" if shown == "Discourse" else None
    cure = f'use source = "{source}"' if source else "look at the address in a browser: forums of other software are not read"
    return Problem(url, f"is no page of {title}: {f'it shows {shown:.80}' if shown else 'what software made it is not known'}", cure, "changed")
