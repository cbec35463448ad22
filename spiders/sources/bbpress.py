"""bbPress forums on WordPress: its default templates and what descends from them."""

from __future__ import annotations

import re

from bs4 import Tag

from spiders.platforms.forum import ForumSpider
from spiders.platforms.forum_page import Selectors, first


class BbPress(ForumSpider):
    """A forum or a topic of bbPress."""

    name = "bbpress"
    title = "bbPress forums"
    addresses = re.compile(r"/forums/(?:forum|topic)/(?!\d+-)[^/?#]+/?(?:page/\d+/?)?(?:[?#]|$)")
    topic = re.compile(r"[?&]p=(?P<id>\d+)(?=[&#]|$)")
    page_of_topic = re.compile(r"(?<=/)page/\d+/?$")
    marks = "#bbpress-forums, body.bbpress, ul.bbp-topics, ul.bbp-replies, .bbp-reply-content"

    rows = "ul[id^=bbp-topic-]:not(.bbp-lead-topic), ul.topic.type-topic"
    row_link = (".bbp-topic-title a.bbp-topic-permalink", "a.bbp-topic-permalink")
    row_keys = (("", "id"),)
    sticky = ".sticky, .super-sticky"
    starter = (".bbp-topic-started-by .bbp-author-name", ".bbp-topic-started-by a:last-of-type")
    count = ".bbp-topic-reply-count"
    last = (".bbp-topic-freshness",)
    empty = ".bbp-template-notice:not(.info):not(.error)"
    boards = ".bbp-forum-title"

    topic_keys = (("ul.bbp-replies[id^=topic-], ul.bbp-lead-topic[id]", "id"), ("input#bbp_topic_id", "value"))
    headline = ("h1.entry-title", ".bbp-topic-title h1, .bbp-breadcrumb-current", "h1")
    by_asker = ".topic-author"
    posts = ":is(div, li, article):has(> .bbp-reply-content):not(.bbp-header):not(.bbp-footer), :is(div, li, article):has(> .bbp-topic-content):not(.bbp-header):not(.bbp-footer)"
    post_key = re.compile(r"\bpost-(?P<id>\d+)\b")
    post_keys = (("", "id"), ("", "class"))
    author = (".bbp-author-name", ".bbp-reply-author > a:last-of-type, .bbp-topic-author > a:last-of-type")
    ranks = ".bbp-author-role, .author-badge"
    written = (".bbp-reply-post-date time, .bbp-topic-post-date time", ".bbp-reply-post-date, .bbp-topic-post-date")
    text = (".bbp-reply-content", ".bbp-topic-content")
    foreign = "blockquote, .bbp-reply-revision-log, .bbp-topic-revision-log, .bbp-signature, .bbp-attachments, .d4p-bbp-attachments, .bbp-reply-header, .bbp-topic-header"

    current = ".bbp-pagination-links .current"
    following = ".bbp-pagination-links a.next"
    pager = ".bbp-pagination-links"
    says = ("#forum-private .bbp-template-notice, .bbp-template-notice.error", ".bbp-forum-content .entry-content", ".entry-content p")
    login = "#bbpress-forums form.bbp-login-form:only-child, #forum-private form.bbp-login-form"

    def find(self, post: Tag, selectors: Selectors) -> Tag | None:
        """The default template writes a post's date into an element of its own, right before the post."""
        header = post.find_previous_sibling()
        beside = header if header is not None and {"bbp-reply-header", "bbp-topic-header"} & set(header.get_attribute_list("class", [])) else None
        return first(post, selectors) or (first(beside, selectors) if beside is not None else None)

    def opens(self, post: Tag, leads: bool) -> bool:
        return "type-topic" in post.get_attribute_list("class", []) or post.find_parent(class_="bbp-lead-topic") is not None
