"""vBulletin forums, 3 to 5."""

from __future__ import annotations

import re

from spiders.platforms.forum import ForumSpider


class VBulletin(ForumSpider):
    """A board or a thread of a vBulletin forum."""

    name = "vbulletin"
    title = "vBulletin forums"
    addresses = re.compile(r"/(?:showthread|forumdisplay)\.php(?:\?(?:[^#]*&)?[tfp]=\d|[?/]\d+(?:-|$|&))")
    topic = re.compile(r"(?:showthread\.php(?:\?(?:[^#]*&)?t=|[?/])|/t(?=\d+-)|/|-(?=\d+(?:/|\.html)(?:page\d+\.html)?$))(?P<id>\d+)(?=-|&|#|/|\.html|$)")
    page_of_topic = re.compile(r"(?<=[?&])page=\d+(?:&|$)|/page\d+/?(?=$|\?)")
    home = re.compile(r"(?:showthread|forumdisplay)\.php.*")
    own = "showthread.php?t={id}"
    marks = ("#vbulletin_html, meta[name=generator][content*=vBulletin i], [id^=post_message_], td[id^=td_threadtitle_], li.threadbit, li.b-post[data-node-id], "
             "script[src*=vbulletin_], #footer_copyright a[href*='vbulletin.com']")

    rows = "li.threadbit, tr:has(td[id^=td_threadtitle_]):not(:has(tr)), tr.topic-item[data-node-id]"
    row_link = ("a[id^=thread_title_]", "a.title", "a.topic-title")
    row_keys = (("", "data-node-id"), ("a[id^=thread_title_], td[id^=td_threadtitle_]", "id"))
    sticky = ".sticky, img[src*=sticky], .topic-sticky"
    moved = ".moved, img[src*=thread_moved], .topic-redirect"
    starter = (".threadmeta .author a.username", ".topic-info a", "td[id^=td_threadtitle_] div.smallfont span[onclick]")
    count = ("ul.threadstats li:first-child", "a[href*='whoposted']", ".posts-count")
    last = (".threadlastpost dd:last-child", "td[id^=td_threadtitle_] + td div.smallfont", ".cell-lastpost .post-date, .lastpost-by + .post-date")
    empty = "#threads .noresults, .forumbits + #threadlist .blockrow, .threadlist .notopics, .topic-list .empty-list-row"
    boards = ".forumbit_post a, .forumrow a, h2.forumtitle a, td[id^=f] > div > a[href*=forumdisplay], .forum-title"

    topic_keys = (("form.pagination input[name=t], #threadsearch input[name=searchthreadid], input[name=t][value]", "value"), ("li.b-post.js-post--starter, [data-topic-id]", "data-topic-id"),
                  ("a[href*='printthread.php'], a[href*='newreply.php']", "href"), ("td.vbmenu_control[title*='showthread.php?t=']", "title"), ("h1 .threadtitle a, link[rel=canonical]", "href"))
    headline = (".threadtitle a, #pagetitle .threadtitle", "h1.main-title", "td.navbar strong", "h1")
    posts = "li.postbit, li.postbitlegacy, table[id^=post]:has([id^=post_message_]), div[id^=edit]:has([id^=post_message_]):not(:has(table[id^=post])), li.b-post[data-node-id]:has(.js-post__content-text)"
    post_keys = (("", "data-node-id"), ("", "id"))
    number = (".postcounter", "a.b-post__count", "a[id^=postcount]")
    author = (".username_container .username", ".bigusername", ".b-userinfo .author [itemprop=name], .author a", "[id^=postmenu_]", ".username")
    ranks = ".usertitle, .rank, td:has(.bigusername) > div.smallfont:nth-of-type(2)"
    written = (".postdate .date", ".b-post__timestamp", "td.thead div.normal:last-of-type", "td.thead", ".tcell")
    text = (".postcontent", "[id^=post_message_]", ".js-post__content-text")
    foreign = ".bbcode_container:has(.bbcode_quote), .bbcode_quote, .bbcode_description, div[style*=margin]:has(> .smallfont):has(> table), div[style*=margin] > .smallfont, .signature, .lastedited, .after_content"

    current = ("form.pagination .selected, .pagination .selected", ".pagenav td.alt2 strong", "a.primary.page, .pagenav .js-pagenav-current")
    following = "a[rel=next], link[rel=next], a.js-pagenav-next-button"
    pager = "form.pagination, .pagenav"
    zone = "#footer_time, .footer_time, div.smallfont[align=center], #footer-copyright, .b-copyright"
    says = (".standard_error .blockrow", ".standard_error", ".panelsurround .panel", ".error-message, .message-content")
    login = ".standard_error form[action*='login.php'], .panelsurround form[action*='login.php'], .b-login-form"
