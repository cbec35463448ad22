"""Invision forums: IP.Board 3 and Invision Community 4."""

from __future__ import annotations

import re

from spiders.platforms.forum import ForumSpider


class IPBoard(ForumSpider):
    """A board or a topic of an Invision forum."""

    name = "ipboard"
    title = "Invision forums (IP.Board)"
    addresses = re.compile(r"index\.php\?/(?:topic|forum)/\d+-|index\.php\?(?:[^#]*&)?show(?:topic|forum)=\d|/(?:topic|forum)/\d+-[^/?#]+")
    topic = re.compile(r"(?:[?&]showtopic=|/topic/)(?P<id>\d+)(?=[-/?&#]|$)")
    page_of_topic = re.compile(r"(?<=/)(?:page/\d+|page-\d+|page__.*)/?(?:\?.*)?$|\?(?:page|st|do|view|tab)=.*$|&(?:st|view|page)=[^&#]*")
    home = re.compile(r"index\.php\?show(?:topic|forum)=.*")
    own = "index.php?showtopic={id}"
    marks = "body#ipboard_body, body.ipsApp, .post_block[id^=post_id_], article[id^=elComment_], tr[id^=trow_], [data-ips-hook], #ipsLayout_body"

    rows = "tr[id^=trow_]:not(#similar_topics tr), li.ipsDataItem[data-rowid], li.ipsData__item[data-rowid]"
    row_link = ("a.topic_title", ".ipsDataItem_title a[href*='topic']", ".ipsData__title a[href*='topic']")
    row_keys = (("", "data-tid"), ("", "data-rowid"))
    sticky = ".ipsBadge_green, [data-ispinned], .ipsBadge--pinned, .ipsBadge:has(.fa-thumb-tack), .ipsDataItem_pinned"
    moved = ".moved, .ipsBadge:has(.fa-arrow-right)"
    starter = (".col_f_content .desc a[href*=user]", ".ipsDataItem_meta a.ipsType_break", ".ipsData__meta a")
    count = (".col_f_views li:first-child", ".ipsDataItem_stats_number", ".ipsData__stats-number, .ipsData__stats li:first-child")
    last = (".last_post li:last-child", ".ipsDataItem_lastPoster time", ".ipsData__last time")
    empty = ".no_messages, .ipsType_center.ipsType_large, .ipsEmptyMessage"
    boards = ".col_c_forum a, .cForumRow .ipsDataItem_title a, .cForumRow a, .ipsData__item--forum a"

    topic_keys = (("[data-tid]:not(tr)", "data-tid"), ("[data-controller*='topic.view'] [data-topicid], [data-topicid]", "data-topicid"), ("#ipsCanonical", "href"))
    headline = ("h1.ipsType_pagetitle", "h1.ipsType_pageTitle", ".ipsPageHeader__title", "h1")
    posts = ".post_block[id^=post_id_], article[id^=elComment_]"
    number = (".post_id a",)
    author = (".author [itemprop=name]", ".author", ".cAuthorPane_author", ".ipsEntry__username")
    ranks = ".group_title, .member_title, [data-role=group], [data-role=group-icon], [data-role=rank-title], .ipsEntry__group"
    written = ("abbr.published", ".ipsComment_meta time, .ipsEntry__header time", "time")
    edited = (".edit abbr, [data-excludequote] time",)
    text = (".post.entry-content", "[data-role=commentContent]")
    foreign = "blockquote, .citation, .edit, .signature, [data-role=memberSignature], [data-excludequote], .nexusad, .ipsQuote"

    current = (".pagination .page.active", ".ipsPagination_active", ".ipsPagination__active")
    following = ".pagination a[rel=next], .ipsPagination_next:not(.ipsPagination_inactive) a, .ipsPagination__next:not(.ipsPagination__inactive) a, link[rel=next]"
    pager = "ul.pagination, .ipsPagination:not(.ipsPagination_mini)"
    says = ("#content .message, .message.error", ".ipsMessage_error, .ipsMessage--error", "#elError .ipsType_large, #elError", ".cErrorMessage")
    login = "#content form#login, #elError form, body[data-pagecontroller=login]"
