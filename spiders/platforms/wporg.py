"""What WordPress.org's pages and feeds say of topics and posts: who wrote them and for whom, when, and with how many stars."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from scrapy import Selector

from enrich import ratings, times
from enrich.records import Rating, Review, Total, When
from spiders.platforms import stars, texts
from spiders.platforms.base import Place

UNSAID = "[class*=revision-log], .bbp-template-notice, .wporg-bbp-topic-site-url, .bbp-attachments"
"""What the forum itself adds to a post."""
_OURS = re.compile(r"by-(?:plugin|theme)-(?:author|contributor|support-rep)")
_RATED = re.compile(r"[^\d:]{2,30}:\s*([1-5])\D{1,20}")
_IN_TITLE = re.compile(r"\s*\(([1-5])\D{1,20}\)$")
_CHANGED = re.compile(r"\bmodified (.+? ago)\b")
_FIRST_UNIT = re.compile(r"^(\d+ \w+?)(?:, \d+ \w+)* ago$")


# the elements of a page

def part(element: Tag, selector: str) -> Tag:
    """The part of an element that it cannot be without. Raises ValueError where it is missing."""
    if (found := element.select_one(selector)) is None:
        raise ValueError(f"there is no {selector}")
    return found


def slug(url: str) -> str:
    """The slug of a topic, from any address of it or of its posts."""
    path = re.sub(r"/(?:page/\d+|feed)?/?$", "", unquote(urlsplit(url).path))
    return path.rpartition("/")[2]


def words(content: Tag) -> str | None:
    """What a post itself says, without what it quotes, unless there is nothing else."""
    unsaid, quoted = content.select(UNSAID), content.select("blockquote")
    return texts.of(content, without=(*unsaid, *quoted)) or texts.of(content, without=tuple(unsaid)) or None


def ours(post: Tag, by: Tag | None, place: Place) -> bool:
    """Whether somebody writes for the plugin or theme. Classes tell it: only one badge is shown, and moderators are not the company."""
    return badged(post) or (by is not None and place.staff(login(by), name(by)))


def badged(post: Tag) -> bool:
    return any(_OURS.fullmatch(str(c)) for c in post.get_attribute_list("class")) or post.select_one(".author-badge-plugin, .author-badge-theme") is not None


def role(post: Tag, place: Place, asker: str | None) -> tuple[str, str]:
    """Who wrote a reply, and on what ground."""
    if post.select_one(".author-badge-thread-starter") or (asker and who(post) == asker):
        return "customer", "source"
    if place.staff(login(post), name(post)):
        return "staff", "study"
    return "staff" if badged(post) else "other", "source"


def who(post: Tag) -> str:
    return login(post) or name(post) or ""


def name(element: Tag | None) -> str | None:
    """The author's name in a post or a row; a post may also name others."""
    found = next((e for e in element.select(".bbp-author-name") if not _in_text(e)), None) if element else None
    return texts.line(found) or None if found else None


def login(element: Tag | None) -> str | None:
    """The author's name in addresses, from the link to the profile or from "(@name)"."""
    for link in (element, *element.select("a[href]")) if element else ():
        if (found := re.search(r"(?:/users|profiles\.wordpress\.org)/([^/?#]+)", str(link.get("href") or ""))) and not _in_text(link):
            return unquote(found[1])
    said = element.select_one(".bbp-user-nicename") if element else None
    return texts.line(said).strip("(@) ") or None if said else None


def _in_text(element: Tag) -> bool:
    return element.find_parent(class_=["bbp-topic-content", "bbp-reply-content"]) is not None


def dated(post: Tag) -> Tag | None:
    return post.select_one(".bbp-topic-post-date a, .bbp-reply-post-date a") or post.select_one(".bbp-topic-post-date, .bbp-reply-post-date")


def date(element: Tag | None, at: datetime | None) -> When | None:
    """The time in an element's title; pages before 2018 have a number there, and say "2 years, 3 months ago". None where it cannot be read."""
    if element is None:
        return None
    title = str(element.get("title") or "")
    with suppress(ValueError):
        return times.read(_FIRST_UNIT.sub(r"\1 ago", title if title and not title.startswith("#") else texts.line(element)), seen=at)
    return None


def edited(content: Tag, at: datetime | None) -> When | None:
    """When a post was last changed, where its log says so in English ("was modified 1 week, 3 days ago by …")."""
    log = content.select("[class*=revision-log-item]")
    said = _CHANGED.search(texts.line(log[-1])) if log else None
    with suppress(ValueError):
        return times.read(_FIRST_UNIT.sub(r"\1 ago", said[1]), seen=at) if said else None
    return None


def rating(element: Tag) -> Rating | None:
    """The stars in an element: stated in a number (from 2019), in words that differ by language and year, or drawn. The raw form is the number."""
    shown = element if "wporg-ratings" in element.get_attribute_list("class") else element.select_one(".wporg-ratings") or element.select_one(".star-rating")
    if shown is None:
        return None
    if stated := ratings.read(shown.get("data-rating")):
        return stated
    for label in ("aria-label", "title"):
        if said := stars.spoken(str(shown.get(label) or "")):
            return Rating(f"{1 + 4 * said.value:g}", said.value)
    drawn = len(shown.select(".dashicons-star-filled, .star-full")) + len(shown.select(".dashicons-star-half, .star-half")) / 2
    return ratings.read(f"{drawn:g}")


def stars_before(post: Tag) -> Rating | None:
    """The stars of a review stand between its title and its opening post."""
    lead = post.find_parent(class_="bbp-lead-topic") or post
    around = lead.parent.select(".wporg-ratings") if lead.parent else []
    return next((rating(s) for s in around if not s.find_parent(class_=["bbp-lead-topic", "bbp-replies", "review-ratings", "bbp-topic-form"])), None)


def title(page: BeautifulSoup) -> str | None:
    found = page.select_one("h1.page-title, h1.entry-title, #bbpress-forums h1, header h1")
    return texts.line(found) or None if found else None


def number(element: Tag | None) -> int | None:
    digits = re.sub(r"\D", "", texts.line(element)) if element else ""
    return int(digits) if digits else None


def total(page: BeautifulSoup) -> Total | None:
    """How many reviews the head of their list counts, and how many with each number of stars."""
    count = number(page.select_one(".reviews-total-count"))
    rows = [(number(c.select_one(".counter-label")), number(c.select_one(".counter-count"))) for c in page.select(".review-ratings .counter-container")]
    counts = {label: n for label, n in rows if label is not None and n is not None}
    return Total(count, counts if len(counts) == 5 else None) if count is not None else None


def canonical(page: BeautifulSoup, url: str) -> str:
    """The page's own address, as it states it."""
    link = page.select_one("link[rel=canonical][href]")
    return urljoin(url, str(link["href"])) if link else url


def page_number(page: BeautifulSoup, url: str) -> int:
    found = re.search(r"/page/(\d+)", canonical(page, url)) or re.search(r"/page/(\d+)", url)
    return int(found[1]) if found else 1


def following(page: BeautifulSoup, url: str) -> str | None:
    """The next page of the same list or topic."""
    link = page.select_one(".bbp-pagination-links a.next[href], link[rel=next][href]")
    target = urljoin(url, str(link["href"])).partition("#")[0] if link else None
    return target if target and target != url and (urlsplit(target).hostname or "").endswith("wordpress.org") else None


# the items of a feed

def post(item: Selector) -> Review:
    """What an item of a feed says of a post, but its text. Times are to the minute, as pages have them, so that the same review does not seem to change."""
    where = address(item)
    if not slug(where):
        raise ValueError("it has no address")
    created = times.read(item.xpath("string(pubDate)").get())
    title = " ".join(texts.plain(item.xpath("string(title)").get() or "").split())
    author = item.xpath("string(*[local-name()='creator'])").get()
    return Review(slug(where), None, title=title or None, author=author.strip() or None if author else None,
                  created=When.at(created.earliest.replace(second=0)) if created else None, url=f"{where.partition('#')[0].partition('/page/')[0].rstrip('/')}/", complete=False)


def address(item: Selector) -> str:
    guid, link = (item.xpath(f"string({name})").get() or "" for name in ("guid", "link"))
    return (guid if guid.strip().startswith("http") and "?" not in guid else link).strip()


def body_of(item: Selector) -> BeautifulSoup:
    return BeautifulSoup(item.xpath("string(description)").get() or item.xpath("string(*[local-name()='encoded'])").get() or "", "lxml")


def rated(title: str | None, body: BeautifulSoup) -> tuple[str | None, Rating | None]:
    """A title without " (5 stars)", which feeds add to it, and the rating; they add it to the text as well, from which it is taken away."""
    said, first = _IN_TITLE.search(title or ""), body.find("p")
    again = _RATED.fullmatch(texts.line(first)) if first is not None else None
    if title is None or said is None or not (again and again[1] == said[1] or re.search(r"stars?\)$", said[0])):
        return title, None
    if first is not None and again and again[1] == said[1]:
        first.extract()
    return title[:said.start()] or None, ratings.read(said[1])
