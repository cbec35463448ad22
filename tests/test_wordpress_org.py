"""WordPress.org: the feed first, then the list, and a topic's own page only where there is more to know."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Request, TextResponse

from enrich.records import Problem, Review, Total
from enrich.study import Source
from spiders.commands.draw import flat, response
from spiders.platforms.base import Place, sample
from spiders.sources.wordpress_org import WordPressOrg, WordPressOrgOptions

FORUM = "https://wordpress.org/support/plugin/tide-gallery/"
TOPIC = "https://wordpress.org/support/topic/"
NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)


def crawl(answers: dict[str, str], staff: tuple[str, ...] = (), since: datetime | None = None, run: Any = None, **options: Any) -> tuple[list[Any], list[Request]]:
    """What a place gives, and the requests that it sent, in order; an address that is not in `answers` is an error."""
    made = WordPressOrgOptions.model_validate({"id": "tide-gallery"} | options)
    place = Place("acme.here", made, Source.model_validate({"source": "wordpress_org", "staff": list(staff), **made.model_dump()}), since=since, run=run, seen_at=NOW)
    spider, records, asked = WordPressOrg(), [], []
    waiting = deque(sorted((r for r in spider.begin(place) if isinstance(r, Request)), key=lambda r: -r.priority))
    while waiting:
        request = waiting.popleft()
        if request.url in [r.url for r in asked]:
            continue
        asked.append(request)
        kind = TextResponse if "<rss" in answers[request.url] else HtmlResponse
        for d in spider.draw(kind(request.url, body=answers[request.url].encode(), encoding="utf-8", request=request), place):
            (waiting if isinstance(d, Request) else records).append(d)
    return records, asked


def row(slug: str, replies: int = 0, last: str = "April 20, 2026 at 9:00 am", stars: int | None = 5, classes: str = "", login: str = "otter") -> str:
    drawn = f'<div class="wporg-ratings" data-rating="{stars}"></div>' if stars else ""
    return (f'<ul id="bbp-topic-{sum(map(ord, slug))}" class="topic {classes}"><li><a class="bbp-topic-permalink" href="{TOPIC}{slug}/">{slug} {drawn}</a>'
            f'<span class="bbp-topic-started-by"><a class="bbp-author-link" href="https://wordpress.org/support/users/{login}/"><span class="bbp-author-name">Otter</span></a></span></li>'
            f'<li class="bbp-topic-reply-count">{replies}</li><li class="bbp-topic-freshness"><a href="#" title="{last}">lately</a></li></ul>')


def listing(*rows: str, count: int | None = None, more: str = "") -> str:
    head = f'<div class="review-ratings"><div class="reviews-total-count"><span>{count}</span> reviews</div></div>' if count is not None else ""
    link = f'<div class="bbp-pagination-links"><a class="next page-numbers" href="{more}">→</a></div>' if more else ""
    return f'<html><body class="bbp-view">{head}<ul class="bbp-topics"><li class="bbp-body">{"".join(rows)}</li></ul>{link}</body></html>'


def feed(*items: tuple[str, int, int | None, str]) -> str:
    """A forum's feed of topics: slug, replies, stars, text."""
    written = "".join(
        f"<item><guid>{TOPIC}{slug}/</guid><title><![CDATA[{slug}{f' ({stars} stars)' if stars else ''}]]></title><link>{TOPIC}{slug}/</link><pubDate>Mon, 20 Apr 2026 09:00:41 +0000</pubDate>"
        f"<dc:creator>Otter</dc:creator><description><![CDATA[<p>Replies: {replies}</p>{f'<p>Rating: {stars} stars</p>' if stars else ''}<p>{text}</p>]]></description></item>"
        for slug, replies, stars, text in items)
    return f'<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{written}</channel></rss>'


def topic(slug: str, replies: int = 1, more: str = "", stars: int | None = 1, page: int = 1, author: str = "otter", badge: str = "") -> str:
    posts = "".join(
        f'<div id="post-{page}{n}" class="reply {"by-plugin-author" if n % 2 else ""}"><div class="bbp-reply-author"><a class="bbp-author-link" href="/users/user{n}/"><span class="bbp-author-name">User {n}</span></a>'
        f'<p class="bbp-reply-post-date"><a title="April {n + 1}, 2026 at 8:00 am"></a></p></div><div class="bbp-reply-content"><p>Answer {page}.{n}</p></div></div>' for n in range(1, replies + 1))
    drawn = f'<div class="wporg-ratings" data-rating="{stars}"></div>' if stars else ""
    link = f'<div class="bbp-pagination-links"><a class="next page-numbers" href="{more}">→</a></div>' if more else ""
    return (f'<html><head><link rel="canonical" href="{TOPIC}{slug}/{f"page/{page}/" if page > 1 else ""}"></head><body><h1 class="page-title">{slug}</h1><div id="bbpress-forums">{drawn}'
            f'<ul id="bbp-topic-7-lead" class="bbp-lead-topic"><li><div id="post-7" class="topic {badge}"><div class="bbp-topic-author"><a class="bbp-author-link" href="/users/{author}/"><span class="bbp-author-name">Otter</span></a>'
            f'<p class="bbp-topic-post-date"><a href="{TOPIC}{slug}/" title="April 1, 2026 at 8:00 am"></a></p></div><div class="bbp-topic-content"><p>Words of {slug}</p></div></div></li></ul>'
            f'<ul class="bbp-replies">{posts}</ul>{link}</div></body></html>')


def reviews(records: list[Any]) -> dict[str, Review]:
    return {str(r.id): r for r in records if isinstance(r, Review)}


def test_what_the_feed_gives_needs_no_page_of_its_own_unless_somebody_answered() -> None:
    records, asked = crawl({
        f"{FORUM}reviews/feed/": feed(("quiet", 0, 5, "Fine."), ("answered", 0, 1, "Slow."), ("gone-since", 0, 4, "Removed.")),
        f"{FORUM}reviews/": listing(row("quiet", login="heron"), row("answered", 2), row("older", 1), count=3),
        f"{TOPIC}answered/": topic("answered", 2), f"{TOPIC}older/": topic("older", 1)})
    assert [r.url for r in asked] == [f"{FORUM}reviews/feed/", f"{FORUM}reviews/", f"{TOPIC}answered/", f"{TOPIC}older/"]
    found = reviews(records)
    assert list(found) == ["quiet", "answered", "older"] and [r for r in records if isinstance(r, Problem)] == []
    assert (found["quiet"].text, found["quiet"].rating.raw, found["quiet"].author_id, found["quiet"].complete) == ("Fine.", "5", "heron", True)
    assert [(p.role, p.text) for p in found["answered"].replies] == [("staff", "Answer 1.1"), ("other", "Answer 1.2")]
    assert Total(3) in records


def test_a_review_is_the_same_from_the_feed_and_from_its_page() -> None:
    made = topic("quiet", 0, stars=5).replace("Words of quiet", "Fine.").replace("April 1, 2026 at 8:00 am", "April 20, 2026 at 9:00 am")
    first, _ = crawl({f"{FORUM}reviews/feed/": feed(("quiet", 0, 5, "Fine.")), f"{FORUM}reviews/": listing(row("quiet"))})
    later, _ = crawl({f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("quiet")), f"{TOPIC}quiet/": made})
    assert reviews(first) == reviews(later)


def test_a_mark_is_what_the_list_says_of_a_topic() -> None:
    _, asked = crawl({f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("a", 2, stars=3), row("b", last="#881")), f"{TOPIC}a/": topic("a"), f"{TOPIC}b/": topic("b")})
    assert [(r.meta["item"], r.meta["mark"]) for r in asked[2:]] == [("a", "replies=2 last=2026-04-20T09:00 stars=3"), ("b", None)]


def test_a_later_crawl_reads_the_list_down_to_where_all_topics_are_closed() -> None:
    answers = {f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("a"), more=f"{FORUM}reviews/page/2/"),
               f"{FORUM}reviews/page/2/": listing(row("b", last="May 1, 2025 at 8:00 am"), more=f"{FORUM}reviews/page/3/"),
               f"{FORUM}reviews/page/3/": listing(row("c", last="May 1, 2024 at 8:00 am")), **{f"{TOPIC}{s}/": topic(s) for s in "abc"}}
    _, first = crawl(answers)
    _, later = crawl(answers, run=SimpleNamespace(whole=False))
    assert [r.url for r in first if r.meta.get("more")] == [f"{FORUM}reviews/page/2/", f"{FORUM}reviews/page/3/"]
    assert [r.url for r in later if r.meta.get("more")] == [f"{FORUM}reviews/page/2/"]


def test_topics_that_were_last_active_before_the_day_that_is_asked_for_are_left_out() -> None:
    records, asked = crawl({f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("a"), row("b", last="May 1, 2025 at 8:00 am"), more=f"{FORUM}reviews/page/2/"),
                            f"{FORUM}reviews/page/2/": listing(row("c", last="May 1, 2025 at 8:00 am"), more=f"{FORUM}reviews/page/3/"), f"{TOPIC}a/": topic("a")}, since=datetime(2026, 1, 1, tzinfo=UTC))
    assert list(reviews(records)) == ["a"] and f"{FORUM}reviews/page/2/" in [r.url for r in asked]


def test_a_long_topic_is_read_page_by_page_and_its_opening_post_comes_once() -> None:
    records, asked = crawl({f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("a", 5)), f"{TOPIC}a/": topic("a", 3, more=f"{TOPIC}a/page/2/"), f"{TOPIC}a/page/2/": topic("a", 2, page=2)})
    assert len(records) == 3 and isinstance(records[0], Review) and not records[0].complete and len(records[0].replies) == 3
    assert [(r.review, r.id) for r in records[1:]] == [("a", "21"), ("a", "22")]
    assert (asked[-1].meta["item"], asked[-1].meta["mark"]) == ("a", None)


def test_what_the_authors_write_themselves_is_no_review() -> None:
    records, asked = crawl({f"{FORUM}reviews/feed/": feed(("self", 0, 5, "Ours is best.")), f"{FORUM}reviews/": listing(row("self", classes="by-plugin-author"), row("kin", login="tide-care"), row("late"), count=3),
                            f"{TOPIC}late/": topic("late", badge="by-moderator by-plugin-support-rep")}, staff=("Tide-Care",))
    assert not reviews(records) and asked[-1].url == f"{TOPIC}late/"
    assert [r.what for r in records if isinstance(r, Problem)] == [
        "the review self is by people of the plugin itself", "the review kin is by people of the plugin itself", "the review is by people of the plugin or theme itself"]


def test_accounts_that_the_study_lists_answer_though_they_bear_no_badge() -> None:
    records, _ = crawl({f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("a", 2)), f"{TOPIC}a/": topic("a", 2)}, staff=("@User2",))
    assert [(p.role, p.role_basis) for p in reviews(records)["a"].replies] == [("staff", "source"), ("staff", "study")]


def test_support_topics_have_no_stars_and_the_list_of_them_is_known_to_end_early() -> None:
    records, asked = crawl({f"{FORUM}feed/": feed(("b", 0, None, "Where?")), FORUM: listing(row("pinned", stars=None, classes="sticky"), row("news", stars=None, classes="by-plugin-author"), row("a", 1, stars=None), row("b", stars=None)),
                            f"{TOPIC}a/": topic("a", stars=None)}, what="support")
    assert [r.url for r in asked] == [f"{FORUM}feed/", FORUM, f"{TOPIC}a/"]
    assert {k: (r.text, r.rating) for k, r in reviews(records).items()} == {"b": ("Where?", None), "a": ("Words of a", None)}
    assert [r.sort for r in records if isinstance(r, Problem)] == ["capped"]


def test_both_forums_of_a_theme_are_read_and_count_no_total() -> None:
    forum = FORUM.replace("/plugin/", "/theme/")
    records, _ = crawl({f"{forum}reviews/feed/": feed(), f"{forum}feed/": feed(), f"{forum}reviews/": listing(row("a"), count=1), forum: listing(row("b", stars=None)),
                            f"{TOPIC}a/": topic("a"), f"{TOPIC}b/": topic("b", stars=None)}, kind="theme", what="both")
    assert set(reviews(records)) == {"a", "b"} and not [r for r in records if isinstance(r, Total)]


def test_a_list_that_ends_long_before_what_it_counts_says_so() -> None:
    records, _ = crawl({f"{FORUM}reviews/feed/": feed(), f"{FORUM}reviews/": listing(row("a"), count=90), f"{TOPIC}a/": topic("a")})
    assert [(r.what[:36], r.sort) for r in records if isinstance(r, Problem)] == [("the list ends after 1 of 90 reviews:", "capped")]


@pytest.mark.parametrize(("page", "sort"), [
    (listing(count=12), "changed"), ("<html><head><title>Page not found | WordPress.org</title></head><body></body></html>", "gone"),
    ("<html><head><title>Just a moment...</title></head><body></body></html>", "blocked"), ("<html><body><p>something else</p></body></html>", "changed"),
])
def test_a_page_without_reviews_says_why(page: str, sort: str) -> None:
    spider = WordPressOrg()
    drawn = list(spider.draw(HtmlResponse(f"{FORUM}reviews/", body=page.encode(), encoding="utf-8"), sample(spider, f"{FORUM}reviews/", {})))
    assert [d.sort for d in drawn if isinstance(d, Problem)] == [sort]


def test_a_list_without_topics_is_nothing_wrong() -> None:
    page = '<html><body class="bbp-view"><div class="review-ratings"><div class="reviews-total-count"><span>0</span> reviews</div></div><div class="bbp-template-notice"><p>No topics found.</p></div></body></html>'
    spider = WordPressOrg()
    assert list(spider.draw(HtmlResponse(f"{FORUM}reviews/", body=page.encode(), encoding="utf-8"), sample(spider, f"{FORUM}reviews/", {}))) == [Total(0)]


def test_pages_of_2016_say_when_in_words_and_numbers_in_their_titles_are_no_dates() -> None:
    page = (topic("old", 1).replace('data-rating="1"', 'title="2 out of 5 stars"').replace("by-plugin-author", "").replace('<div class="bbp-reply-author">', '<div class="bbp-reply-author"><span class="author-badge author-badge-plugin">Plugin Author</span>')
            .replace('title="April 1, 2026 at 8:00 am">', 'title="#8100200">2 years, 3 months ago').replace('title="April 2, 2026 at 8:00 am">', 'title="#8100201">3 weeks ago')
            .replace("<p>Words of old</p>", '<p>Words</p><ul class="bbp-topic-revision-log"><li class="bbp-topic-revision-log-item">This topic was modified 1 week, 3 days ago by <a>Otter</a>.</li></ul>'))
    spider = WordPressOrg()
    (review,) = spider.draw(HtmlResponse(f"{TOPIC}old/", body=page.encode(), encoding="utf-8"), sample(spider, f"{TOPIC}old/", {}, NOW))
    assert isinstance(review, Review) and (review.text, review.rating.raw, review.replies[0].role) == ("Words", "2", "staff")
    assert [w.precision for w in (review.created, review.edited, review.replies[0].created)] == ["interval"] * 3
    assert review.created.earliest.year == 2023 and review.edited.latest.strftime("%Y-%m") == "2026-04"


@pytest.mark.parametrize(("url", "options"), [
    ("https://wordpress.org/plugins/tide-gallery/", {"id": "tide-gallery"}),
    ("https://de.wordpress.org/plugins/tide-gallery/#reviews", {"id": "tide-gallery"}),
    ("https://pt-br.wordpress.org/themes/tide/", {"id": "tide", "kind": "theme"}),
    ("https://wordpress.org/support/plugin/tide-gallery/reviews/page/2/?filter=1", {"id": "tide-gallery"}),
    ("https://wordpress.org/support/plugin/tide-gallery/", {"id": "tide-gallery", "what": "support"}),
    ("https://wordpress.org/support/theme/tide/active/", {"id": "tide", "kind": "theme", "what": "support"}),
    ("https://wordpress.org/support/view/plugin-reviews/tide-gallery", {"id": "tide-gallery"}),
    ("https://wordpress.org/plugins/search/gallery/", None), ("https://developer.wordpress.org/plugins/intro/", None), ("https://api.wordpress.org/plugins/info/1.2/", None),
    ("https://wordpress.org.example/plugins/tide-gallery/", None), ("https://wordpress.org/support/topic/no-answer/", None),
])
def test_addresses_of_plugins_and_themes_are_recognised_in_any_language(url: str, options: dict[str, Any] | None) -> None:
    assert WordPressOrg.recognise(url) == options


@pytest.mark.shared
@pytest.mark.parametrize(("name", "counts"), [("2026-04_support_woocommerce_page1.html", (0, 0, 31, 0)), ("2026-04_topic_feed.xml", (1, 1, 0, 0))])
def test_what_others_saved_is_read_whole(shared: Path, name: str, counts: tuple[int, ...]) -> None:
    """Of 33 topics three are pinned; one request more is for the next page."""
    file, spider = shared / "samples" / "wporg" / name, WordPressOrg()
    kinds = [line["kind"] for d in spider.draw(response(file, "https://site.invalid/", file.read_bytes()), sample(spider, "https://site.invalid/", {})) for line in flat(d)]
    assert tuple(kinds.count(k) for k in ("review", "reply", "request", "problem")) == counts
