"""Discourse forums: every topic is what a customer asked, and its later posts are the answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from pydantic import Field
from scrapy.http import Request, Response, TextResponse

from enrich import times
from enrich.records import ANSWERING, Problem, Reply, Review, When
from spiders.platforms import json_api, pages, texts
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each

CHUNK = 20
"""Posts that a forum gives out at once, by default."""
FOREIGN = "aside.quote, aside.onebox, .lightbox-wrapper"
QUOTED = f"{FOREIGN}, blockquote"
"""What others wrote: the same sentence would be counted twice."""
_LISTING = re.compile(r"^(?P<root>.*?)(?:/(?P<listing>(?:c|tag|tags|latest|top|new|hot|categories)(?:/.*)?)|/t/(?:(?!\d+/)[^/]+/)?(?P<topic>\d+)(?:/(?:\d+|posts))?|/posts/.*)?/?$")
_START = re.compile(r"/?(?:latest|top|new|hot|categories)?/?$")
_HOSTS = re.compile(r"^(?:forums?|community|discuss|discourse|meta|talk)\.", re.I)


class DiscourseOptions(Options):
    url: str = Field(description="the forum, or one category (…/c/NAME/5), tag (…/tag/NAME) or topic of it", pattern=r"^https?://")
    groups: list[str] = Field([], description="groups, flairs and titles that only the company's own people bear")


class Discourse(SourceSpider):
    """A forum, a category, a tag or a topic, by the JSON that Discourse gives for every page."""

    name = "discourse"
    title = "Discourse forums"
    gathers = "topics of a Discourse forum, or of a category or tag of it, with their answers"
    per_request = 30
    own_page = True
    replies_visible = True
    newest_first = by_activity = lists_all = True
    options = DiscourseOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        parts = urlsplit(url)
        shown = re.search(r"/(?:c/[^/]+|t/[^/]+/\d+|t/\d+|tag/[^/]+)(?:/|$|\.json)", parts.path)
        guessed = parts.hostname and _HOSTS.match(parts.hostname) and _START.match(parts.path)       # other forum software is called so too
        return {"url": url} if parts.hostname and (guessed or shown) else None

    def begin(self, place: Place) -> Iterable[Drawn]:
        root, listing, topic = where(place.options.url)
        yield self.ask(f"{root}/t/{topic}.json" if topic else f"{root}/{listing}.json")

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        if isinstance(response, TextResponse) and response.text.lstrip().startswith("<") and (plain := pages.soup(response)).select_one(".crawler-post"):
            yield from self._plain(response, place, plain)
            return
        answer, problem = json_api.read(response, "a Discourse forum's JSON")
        match answer:
            case {"topic_list": {"topics": list(topics)}}:
                yield from self._list(response, place, topics, answer.get("users") or [])
            case {"post_stream": {"posts": list(posts)}}:
                yield from self._topic(response, place, answer, posts)
            case {"latest_posts": list(posts)}:
                yield from self._posts(response, place, posts, {})
            case {"topic_id": _, "cooked": _}:
                yield from self._posts(response, place, [answer], {})
            case {"errors": list(errors)}:
                said = " ".join(map(str, errors))
                yield Problem(response.url, f"the forum refuses: {said:.200}", "where it wants a login, import an export of your own: a login is never used", json_api.refused(f"{said} {answer.get('error_type')}"))
            case _:
                yield problem or Problem(response.url, "is JSON, but neither a list of topics nor a topic of a Discourse forum", "check the address in a browser", "changed")

    def look(self, place: Place, id: str) -> Request | None:
        return self.ask(f"{where(place.options.url)[0]}/t/{id}.json")

    def _list(self, response: Response, place: Place, topics: list[Any], users: list[Any]) -> Iterator[Drawn]:
        """A request for every topic, and for the next page until one brings nothing new. Pinned topics stand outside the order by activity."""
        root, _, _ = where(response.url)
        known: set[int] = place.memory.setdefault("topics", set())
        ours = [u["id"] for u in users if isinstance(u, dict) and isinstance(u.get("id"), int) and isinstance(u.get("username"), str) and role(u, place)[0] != "other"]
        before, ended = len(known), False

        def follow(topic: dict[str, Any]) -> Iterator[Drawn]:
            nonlocal ended
            active = _latest(topic)
            if place.older(active):
                ended = ended or not (topic.get("pinned") or topic.get("pinned_globally"))
            elif topic["id"] not in known:
                known.add(topic["id"])
                # what the company opens itself is news, not a customer's word
                if topic.get("archetype", "regular") == "regular" and _opener(topic) not in ours:
                    yield self.ask(f"{root}/t/{topic['id']}.json", item=str(topic["id"]), mark=_mark(topic))
        yield from each(topics, follow, response.url, lambda t: t.get("id"))
        if len(known) > before and not ended:
            page = int(json_api.query(response.url).get("page") or 0)
            listing = response.url if urlsplit(response.url).path.endswith(".json") else f"{root}/latest.json"
            yield self.more(json_api.with_query(listing, page=page + 1))

    def _topic(self, response: Response, place: Place, topic: dict[str, Any], posts: list[Any]) -> Iterator[Drawn]:
        """A topic's record, or (where it has no title) a stretch of its later posts."""
        stream = topic["post_stream"].get("stream") if topic.get("title") else []
        stream = stream if isinstance(stream, list) else []
        given = [p.get("id") for p in posts if isinstance(p, dict)]
        rest = [i for i in stream[len(posts):] if i not in given]
        root, _, _ = where(response.url)
        if stream and not any(isinstance(p, dict) and p.get("post_number") == 1 for p in posts):      # ?page=2 was saved
            yield from self._posts(response, place, posts, topic)
            yield self.ask(f"{root}/t/{topic['id']}.json")
            return
        yield from self._posts(response, place, posts, topic, complete=not rest)
        for start in range(0, len(rest), CHUNK):
            asked = urlencode([("post_ids[]", i) for i in rest[start:start + CHUNK]], safe="[]")
            yield self.ask(f"{root}/t/{topic['id']}/posts.json?{asked}", item=str(topic["id"]), rest=True, meta={"asker": _asker(topic, posts)})

    def _plain(self, response: TextResponse, place: Place, page: BeautifulSoup) -> Iterator[Drawn]:
        """A topic as Discourse shows it without scripts. That view does not tell the ids of posts, nor who is of the company: those that study.toml names are."""
        named = [urljoin(response.url, str(e["href"])) for e in page.select("link[rel~=canonical][href], .crawler-topic-title a[href]")]
        address = next((a for a in (response.url, *named) if where(a)[2]), None)
        if address is None:
            yield Problem(response.url, "shows posts, but not of which topic", "say the address that it was saved from", "changed")
            return
        root, _, key = where(address)
        heading = page.select_one(".crawler-topic-title, #topic-title h1, h1")
        rest = page.select_one("link[rel~=next], a[rel~=next], link[rel~=prev], a[rel~=prev]") is not None
        topic = {"id": key, "title": texts.line(heading) if heading else None, "slug": address.partition("/t/")[2].split("/")[0]}
        yield from self._posts(response.replace(url=address), place, [plain_post(p, n) for n, p in enumerate(page.select(".crawler-post"), 1)], topic, complete=not rest)
        if rest:
            yield self.ask(f"{root}/t/{key}.json", item=key)

    def _posts(self, response: Response, place: Place, posts: list[Any], topic: dict[str, Any], complete: bool = False) -> Iterator[Drawn]:
        """The opening post as a review with the replies that came with it; posts that came without their opening post by themselves."""
        reviews: dict[str, Review] = {}
        root, _, _ = where(response.url)
        asker = _asker(topic, posts) or (response.meta.get("asker") if response.request else None)

        def read(post: dict[str, Any]) -> Iterator[Drawn]:
            if post.get("post_type", 1) != 1 or post.get("deleted_at") or post.get("user_deleted"):
                return
            key = str(post.get("topic_id") or topic["id"])
            who, basis = role(post, place)
            text = None if post.get("hidden") else words(post)
            created, edited = times.read(post["created_at"]), times.read(post["updated_at"]) if (post.get("version") or 1) > 1 else None
            if post["post_number"] == 1:
                if post.get("hidden"):
                    yield Problem(response.url, f"topic {key}: the forum hides its first post", "it is left out")
                    return
                if who == "bot" or (basis == "study" and who in ANSWERING):
                    return
                slug = topic.get("slug") or post.get("topic_slug") or "-"
                reviews[key] = Review(key, text, title=json_api.text(topic.get("title") or post.get("topic_title")), author=_name(post), author_id=json_api.text(post.get("username")), created=created,
                                      edited=edited, url=f"{root}/t/{slug}/{key}", complete=complete)
                yield reviews[key]
            elif not post.get("hidden"):
                if asker and post.get("username") == asker and who == "other":
                    who = "customer"
                reply = Reply(text, who, basis, json_api.text(post["id"]), _name(post), json_api.text(post.get("username")), created, edited, review=key)
                if key in reviews:
                    reviews[key].replies.append(reply)
                else:
                    yield reply
        ordered = sorted(posts, key=lambda p: n if isinstance(p, dict) and isinstance(n := p.get("post_number"), int) else 0)
        drawn = list(each(ordered, read, response.url, lambda p: p.get("id")))       # a review is whole only when all its replies are read
        if any(isinstance(d, Problem) for d in drawn):
            for review in reviews.values():
                review.complete = False
        yield from drawn


def where(url: str) -> tuple[str, str, str | None]:
    """The forum's own address (it may live in a subfolder), the list that an address of it shows, and the topic if it shows one."""
    parts = urlsplit(url)
    path = re.sub(r"\.(?:json|rss)$", "", parts.path)
    found = _LISTING.match(path)
    assert found is not None                 # the pattern matches any path
    listing = (found["listing"] or "latest").strip("/")
    return f"{parts.scheme}://{parts.netloc}{found['root'].rstrip('/')}", "latest" if listing in ("categories", "new", "hot", "top") else listing, found["topic"]


def role(user: dict[str, Any], place: Place) -> tuple[str, str]:
    """Who somebody is, and on what ground.

    Certain is what study.toml says: accounts (`staff`) and groups. Beyond it only administrators are taken as the company's:
    Discourse calls moderators `staff` as well, and those are volunteers in many forums.
    """
    groups = {g.casefold() for g in place.options.groups}
    if place.staff(user.get("username"), user.get("name")) or any(str(user.get(k) or "").casefold() in groups for k in ("primary_group_name", "flair_name", "user_title")):
        return "staff", "study"
    if (user.get("user_id") or user.get("id") or 0) < 0 and "username" in user or user.get("username") in ("system", "discobot"):
        return "bot", "source"
    if user.get("admin") or (user.get("staff") and not user.get("moderator")):
        return "staff", "source"
    return "other", "source"


def plain_post(post: Tag, n: int) -> dict[str, Any]:
    """A post of the view without scripts, as the JSON would have it; `n` is its place on the page, where it does not tell its number."""
    def said(name: str) -> str:
        element = post.select_one(f"[itemprop={name}]")
        return str(element.get("content") or element.get("datetime") or texts.line(element)) if element is not None else ""
    creator, number = post.select_one(".creator"), re.search(r"\d+", f"{said('position')} {post.get('id') or ''}")
    name = creator.select_one("[itemprop=name]") if creator is not None else None
    account, real = texts.line(name) if name else None, re.search(r"\(([^()]+)\)\s*$", texts.line(creator)) if creator is not None else None
    body, edited = post.select_one(".post, [itemprop=text]"), said("dateModified")
    return {"id": None, "post_number": int(number[0]) if number else n, "username": account, "name": real[1] if real else account, "created_at": said("datePublished"),
            "updated_at": edited or None, "version": 2 if edited and edited != said("datePublished") else 1, "cooked": body.decode_contents() if body else ""}


def words(post: dict[str, Any]) -> str | None:
    """What a post itself says, without what it quotes."""
    cooked = BeautifulSoup(post.get("cooked") or "", "lxml")
    said = texts.of(cooked, without=tuple(cooked.select(QUOTED))) or texts.of(cooked, without=tuple(cooked.select(FOREIGN)))      # some quote nobody but themselves
    raw = post.get("raw")
    return said or (None if post.get("cooked") or not isinstance(raw, str) else raw.strip()) or None


def _name(post: dict[str, Any]) -> str | None:
    return json_api.text(post.get("name")) or json_api.text(post.get("display_username")) or json_api.text(post.get("username"))


def _asker(topic: dict[str, Any], posts: list[Any]) -> Any:
    """The account that opened a topic."""
    opening = next((p for p in posts if isinstance(p, dict) and p.get("post_number") == 1), None)
    return (opening or (topic.get("details") or {}).get("created_by") or {}).get("username")


def _opener(topic: dict[str, Any]) -> Any:
    return next((p.get("user_id") for p in topic.get("posters") or [] if "Original Poster" in str(p.get("description"))), None)


def _mark(topic: dict[str, Any]) -> str | None:
    """What the list says of a topic's activity, None where it does not say both how many posts there are and when the last one came."""
    last = topic.get("last_posted_at") or topic.get("bumped_at")
    return f"{topic['posts_count']} {last}" if last and topic.get("posts_count") is not None else None


def _latest(topic: dict[str, Any]) -> Any:
    """When a topic last saw a post."""
    moments: list[When] = [m for k in ("bumped_at", "last_posted_at", "created_at") if (m := times.read(topic.get(k)))]
    return max((m.latest for m in moments), default=None)
