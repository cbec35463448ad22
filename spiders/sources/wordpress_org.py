"""WordPress.org: what users of a plugin or theme write in its reviews and in its support forum, with the answers of its authors.

The feed of a forum holds the texts of the last month in one answer, the list tells of every topic how many replies it has and when it was
last active, and a topic's own page holds the replies with the badges that tell who answers for the plugin. So the feed is read first, then
the list, and a topic's page only where there is more to know. Topics are known by their slug: it is the only id that all of these share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from pydantic import Field
from scrapy import Selector
from scrapy.http import Response, TextResponse

from enrich import times
from enrich.records import Problem, Reply, Review, Total
from spiders.platforms import json_api, pages, texts, wporg
from spiders.platforms.base import Drawn, Options, Place, SourceSpider, each, seen

ROOT = "https://wordpress.org/support"
CLOSED = timedelta(days=200)
"""Topics close to replies about half a year after the last one."""
NEVER = datetime.max.replace(tzinfo=UTC)
"""Stands for a time that is not given, last of all."""
SLACK = 0.05
"""Share of the reviews that are counted but not listed: stars of long ago had no words."""
_HOST = re.compile(r"(?:(?!api\.)(?:www|[a-z]{2,3}(?:-[a-z0-9]{2,8})?)\.)?wordpress\.org")
"""The site itself and its sisters in other languages, whose plugin pages show the same reviews."""
_PLACE = re.compile(r"/(?:support/(?P<a>plugin|theme)/|support/(?:rss/)?view/(?P<b>plugin|theme)-reviews/|(?:extend/)?(?P<c>plugin|theme)s/)(?P<id>[^/?#]+)(?P<rest>/[^?#]*)?")
_NOT_PLACES = {"search", "browse", "tags", "developers", "about", "upload", "commercial", "getting-started", "author", "page", "feed", "wp-json"}
_COUNT = re.compile(r"[^\d:]{2,30}:\s*(\d+)")


class WordPressOrgOptions(Options):
    id: str = Field(description="the slug of the plugin or theme, as in wordpress.org/plugins/SLUG/", pattern=r"^[^/?#\s]+$")
    kind: Literal["plugin", "theme"] = Field("plugin", description="plugin or theme")
    what: Literal["reviews", "support", "both"] = Field("reviews", description="its reviews, its support forum (whose topics have no stars), or both")


class WordPressOrg(SourceSpider):
    """Reviews and support topics by the forum's feeds, lists and topic pages, from the newest to the oldest.

    The lists tell of every new reply (marks) and the feed of every change of the last month, so no topic needs a look of its own; a later
    crawl reads the lists down to where all topics are closed.
    """

    name = "wordpress_org"
    title = "WordPress.org plugins and themes"
    gathers = "reviews of a plugin or theme, or topics of its support forum (`what`), with the replies"
    limits = "support topics are listed for about half a year"
    per_request, own_page = 30, True
    replies_visible = True
    lists_all = True
    options = WordPressOrgOptions

    @classmethod
    def recognise(cls, url: str) -> dict[str, Any] | None:
        parts = urlsplit(url)
        found = _PLACE.match(parts.path) if _HOST.fullmatch(parts.hostname or "") else None
        if found is None or found["id"] in _NOT_PLACES:
            return None
        kind, rest = found["a"] or found["b"] or found["c"], found["rest"] or ""
        support = bool(found["a"]) and not rest.startswith("/reviews")
        return {"id": unquote(found["id"])} | ({"kind": "theme"} if kind == "theme" else {}) | ({"what": "support"} if support else {})

    def begin(self, place: Place) -> Iterable[Drawn]:
        forum = f"{ROOT}/{place.options.kind}/{place.options.id}/"
        for what, listing in (("reviews", f"{forum}reviews/"), ("support", forum)):
            if place.options.what in (what, "both"):
                yield self.ask(f"{listing}feed/", meta={"held": True}, priority=1)
                yield self.ask(listing)

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        text = response.text.lstrip("\ufeff \t\r\n") if isinstance(response, TextResponse) else ""
        if text.startswith(("{", "[")):
            yield from self._information(response)
        elif "<rss" in text[:1000]:
            yield from self._feed(response, text, place)
        elif pages.is_html(response):
            yield from self._web_page(response, place)
        else:
            yield Problem(response.url, "is neither a web page nor a feed of WordPress.org", "look at the address in a browser", "changed")

    def _web_page(self, response: Response, place: Place) -> Iterator[Drawn]:
        assert isinstance(response, TextResponse)
        page = pages.soup(response)
        rows = [ul for ul in page.select("ul[id^=bbp-topic-]") if re.fullmatch(r"bbp-topic-\d+", str(ul["id"]))]
        if page.select_one(".bbp-topic-content, .bbp-reply-content"):
            yield from self._topic(response, place, page)
        elif rows or page.select_one(".review-ratings, .bbp-topics, body.bbp-view .bbp-template-notice"):
            yield from self._list(response, place, page, rows)
        elif directory := page.select(".plugin-review"):
            yield from each(directory, _directory_review, response.url)
        elif page.select_one(".error-404, .not-found") or (page.title and page.title.get_text(strip=True).startswith("Page not found")):
            yield Problem(response.url, "there is no such page, whatever its status says", "check the slug, and whether it is a plugin or a theme", "gone")
        else:
            yield pages.wall(page, response.url) or Problem(response.url, "is no list, topic or plugin page of WordPress.org", "look at the address in a browser", "changed")

    # lists

    def _list(self, response: Response, place: Place, page: BeautifulSoup, rows: list[Tag]) -> Iterator[Drawn]:
        """A request for every topic of which there is more to know, and for the next page."""
        reviews = page.select_one(".review-ratings, a.bbp-topic-permalink .wporg-ratings") is not None or "/reviews/" in wporg.canonical(page, response.url)
        total = wporg.total(page)
        if total and place.options.what == "reviews":
            yield total
        first = wporg.page_number(page, response.url) == 1
        if total and total.reviews and first and not rows:
            yield Problem(response.url, f"it counts {total.reviews} reviews but lists none", "save the page and report it: its layout may have changed", "changed")
        at, still_open = seen(response, place), False
        listed: set[str] = place.memory.setdefault("listed", set())
        place.memory["from_first"] = place.memory.get("from_first") or (reviews and first and "filter=" not in response.url)

        def follow(row: Tag) -> Iterator[Drawn]:
            nonlocal still_open
            link = wporg.part(row, "a.bbp-topic-permalink[href]")
            url, classes = urljoin(response.url, str(link["href"])), row.get_attribute_list("class")
            key, by = wporg.slug(url), row.select_one(".bbp-topic-started-by")
            if reviews:
                listed.add(key)
            if not reviews and {"sticky", "super-sticky"} & set(classes):
                return                       # what the authors pin is their own, and stands outside the order
            last = wporg.date(row.select_one(".bbp-topic-freshness a[href]"), at)
            if last is None or not (place.older(last.latest) if place.since else not place.whole and at is not None and last.latest < at - CLOSED):
                still_open = True
            if wporg.ours(row, by, place):
                if reviews:
                    yield Problem(response.url, f"the review {key} is by people of the {place.options.kind} itself", "it is left out")
                return
            if last and place.older(last.latest):
                return
            replies, held = wporg.number(row.select_one(".bbp-topic-reply-count")), place.memory.get("held", {}).pop(key, None)
            if held is not None and held.complete and replies == 0:
                yield replace(held, author=wporg.name(by) or held.author, author_id=wporg.login(by))
                return
            stars = wporg.rating(link)
            mark = f"replies={replies} last={last.latest:%Y-%m-%dT%H:%M} stars={stars.raw if stars else None}" if last and replies is not None else None
            yield self.ask(url, item=key, mark=mark)
        yield from each(rows, follow, response.url)
        target = wporg.following(page, response.url)
        if target and still_open:
            yield self.more(target)
        elif rows and target is None and place.whole and place.since is None:
            yield from self._end(response.url, place, reviews, total)

    @staticmethod
    def _end(url: str, place: Place, reviews: bool, total: Total | None) -> Iterator[Problem]:
        """What a list that ends here does not show."""
        if not reviews:
            yield Problem(url, "the list ends here: support topics of more than about half a year ago are not listed", "crawl at least every few months", "capped")
        elif place.memory.get("from_first") and total and total.reviews - len(place.memory["listed"]) > max(2, SLACK * total.reviews):
            yield Problem(url, f"the list ends after {len(place.memory['listed'])} of {total.reviews} reviews: the others are stars without words, or not listed any more",
                          "nothing can be done about it: they have no pages", "capped")

    # topics

    def _topic(self, response: Response, place: Place, page: BeautifulSoup) -> Iterator[Drawn]:
        """The opening post as a review with its replies; on later pages of a long topic the replies by themselves."""
        at, number, target = seen(response, place), wporg.page_number(page, response.url), wporg.following(page, response.url)
        lead, address = page.select_one(".bbp-lead-topic .bbp-topic-content, .bbp-topic-content"), wporg.canonical(page, response.url)
        own = lead.find_parent(id=re.compile(r"^post-\d+$")) if lead else None
        if own is not None and (link := own.select_one(".bbp-topic-post-date a[href]")):
            address = urljoin(response.url, str(link["href"]))
        key = wporg.slug(address)
        askers: dict[str, str] = place.memory.setdefault("askers", {})
        review: Review | None = None
        if lead is not None and own is not None and key not in askers:
            askers[key] = wporg.who(own)
            if wporg.ours(own, own, place):
                if wporg.stars_before(own):
                    yield Problem(response.url, "the review is by people of the plugin or theme itself", "it is left out, with its replies")
                place.memory.setdefault("left_out", set()).add(key)
            else:
                review = Review(key, wporg.words(lead), title=wporg.title(page), rating=wporg.stars_before(own), author=wporg.name(own), author_id=wporg.login(own), created=wporg.date(wporg.dated(own), at),
                                edited=wporg.edited(lead, at), url=f"{address.partition('/page/')[0].partition('#')[0].rstrip('/')}/", complete=number == 1 and target is None)
                if review.created is None:
                    yield Problem(response.url, "the date of the topic cannot be read", "it is left out; the topic goes in")
        if key in place.memory.get("left_out", ()):
            return

        def read(content: Tag) -> Iterator[Drawn]:
            post = content.find_parent(id=re.compile(r"^post-\d+$")) or content.find_parent(class_="reply") or content
            role, basis = wporg.role(post, place, askers.get(key))
            created = wporg.date(wporg.dated(post), at)
            if created is None:
                yield Problem(response.url, f"the date of the reply {post.get('id')} cannot be read", "it is left out; the reply goes in")
            yield Reply(wporg.words(content), role, basis, str(post.get("id") or "").removeprefix("post-") or None, wporg.name(post), wporg.login(post), created, wporg.edited(content, at), review=key)
        contents = page.select(".bbp-reply-content")
        drawn = list(each(contents, read, response.url))
        if review is not None:
            review.replies = [d for d in drawn if isinstance(d, Reply)]
            review.complete = review.complete and len(review.replies) == len(contents)
            yield review
        elif lead is None and number == 1:
            yield Problem(response.url, "the topic shows no opening post", "save the page and report it: its layout may have changed", "changed")
        yield from (d for d in drawn if review is None or not isinstance(d, Reply))
        if target:
            yield self.ask(target, item=key)

    # feeds, and what the directory shows

    def _feed(self, response: Response, text: str, place: Place) -> Iterator[Drawn]:
        """A forum's feed: a review for every item. The feed of one topic: the opening post and its replies, which bear no badges."""
        items = Selector(text=text, type="xml").xpath("//item")
        links = [wporg.address(item) for item in items]
        if items and len(set(map(wporg.slug, links))) == 1 and (len(items) > 1 or "#" in links[0]):
            yield from self._topic_feed(response, place, items)
            return
        asked = response.request.meta if response.request else {}
        # "Replies: 2" stands before every text, in the site's language; where one text is without, so are all
        counted = all((p := wporg.body_of(item).find("p")) is not None and _COUNT.fullmatch(texts.line(p)) for item in items)

        def read(item: Selector) -> Iterator[Drawn]:
            review, body = wporg.post(item), wporg.body_of(item)
            if counted and (p := body.find("p")) is not None and (said := _COUNT.fullmatch(texts.line(p))):
                p.extract()
                review.complete = said[1] == "0"
            review.title, review.rating = wporg.rated(review.title, body)
            review.text = wporg.words(body)
            if place.staff(review.author):
                return
            if asked.get("held"):            # the list tells what is missing here: who its author is, and whether somebody answered since
                place.memory.setdefault("held", {})[review.id] = review
            else:
                yield review
        yield from each(items, read, response.url)

    @staticmethod
    def _topic_feed(response: Response, place: Place, items: list[Selector]) -> Iterator[Drawn]:
        posts = sorted(((wporg.post(item), item) for item in items), key=lambda p: p[0].created.earliest if p[0].created else NEVER)
        (review, opening), *others = posts
        body = wporg.body_of(opening)
        review.title, review.rating = wporg.rated(review.title, body)
        review.text, review.complete = wporg.words(body), False
        for post, item in others:
            if place.staff(post.author):
                role, basis = "staff", "study"
            else:
                role, basis = "customer" if post.author and post.author == review.author else "other", "source"
            number = re.search(r"#post-(\d+)$", wporg.address(item))
            review.replies.append(Reply(wporg.words(wporg.body_of(item)), role, basis, number[1] if number else None, post.author, created=post.created, review=review.id))
        if not place.staff(review.author):
            yield review

    @staticmethod
    def _information(response: Response) -> Iterator[Drawn]:
        """The directory's record of a plugin, as its own API gives it: that forbids programs, but a person may have saved it."""
        answer, problem = json_api.read(response, "the record of a plugin")
        match answer:
            case {"sections": {"reviews": str(html)}}:
                if isinstance(answer.get("num_ratings"), int):
                    stars = answer.get("ratings")
                    yield Total(answer["num_ratings"], {int(k): int(v) for k, v in stars.items()} if isinstance(stars, dict) else None)
                yield from each(BeautifulSoup(html, "lxml").select(".review"), _information_review, response.url)
            case {"error": said}:
                yield Problem(response.url, f"WordPress.org answers: {said}", "check the slug", "gone")
            case _:
                yield problem or Problem(response.url, "is JSON, but holds no reviews of a plugin", "save it with request[fields][reviews]=1", "changed")


def _directory_review(element: Tag) -> Iterator[Review]:
    """A review on a plugin's own page; the day is that of its last change."""
    link = wporg.part(element, ".review-title a[href], a[href*='/support/topic/']")
    author, body = element.select_one(".review-author"), element.select_one(".review-content")
    yield Review(wporg.slug(str(link["href"])), wporg.words(body) if body else None, title=texts.line(link) or None, rating=wporg.rating(element), author=texts.line(author) or None if author else None,
                 author_id=wporg.login(author), created=times.read(texts.line(wporg.part(element, ".review-date"))), created_kind="edited", url=f"{ROOT}/topic/{wporg.slug(str(link['href']))}/",
                 complete=element.select_one(".review-replies") is None)


def _information_review(element: Tag) -> Iterator[Review]:
    """One of the newest ten reviews in the record of a plugin, which names no topic; the day is that of its last change."""
    author, title, body = element.select_one(".reviewer-name"), element.select_one(".review-title"), element.select_one(".review-body")
    for login in author.select("small") if author else ():
        login.extract()
    yield Review(None, wporg.words(body) if body else None, title=texts.line(title) or None if title else None, rating=wporg.rating(element), author=texts.line(author) or None if author else None,
                 author_id=wporg.login(author), created=times.read(texts.line(wporg.part(element, ".review-date"))), created_kind="edited", complete=False)
