"""XenForo forums, 1 and 2."""

from __future__ import annotations

import re

from spiders.platforms.forum import ForumSpider


class XenForo(ForumSpider):
    """A board or a thread of a XenForo forum."""

    name = "xenforo"
    title = "XenForo forums"
    addresses = re.compile(r"index\.php\?(?:threads|forums)/|/(?:threads|forums)/[^/?#]*\.\d+(?:/|$)")
    topic = re.compile(r"threads/(?:[^/?#]*\.)?(?P<id>\d+)(?=[/?&#]|$)")
    page_of_topic = re.compile(r"(?<=\d/)(?:page-\d+|unread|latest|new|post-\d+)?/?(?:[?&].*)?$")
    home = re.compile(r"(?:threads|forums)/.*")
    own = "threads/{id}/"
    marks = "html#XenForo, html#XF, html[data-app=public][data-template], #messageList > li.message, article.message--post[data-content], .structItem--thread, li.discussionListItem"

    rows = "li.discussionListItem, .structItem--thread"
    row_link = ("h3.title a[href*='threads/']", ".structItem-title a[href*='threads/']")
    sticky = ".discussionListItem.sticky, .structItemContainer-group--sticky .structItem, .structItem-status--sticky"
    moved = ".iconKey .redirect, .structItem-status--redirect"
    starter = (".posterDate .username", ".structItem-minor .username")
    count = (".stats dl.major dd", ".structItem-cell--meta dl:first-child dd")
    last = (".lastPostInfo .DateTime, .lastPostInfo abbr", ".structItem-latestDate", ".lastPost")
    empty = ".discussionListItems .primaryContent:only-child, .structItemContainer .blockMessage, .js-emptyThreadList, .noThreads"
    boards = ".nodeTitle a, .node-title a"

    topic_keys = (("html[data-content-key^=thread-]", "data-content-key"), ("input[name='type[post][thread_id]']", "value"), (".PageNav[data-baseurl^='threads/']", "data-baseurl"))
    headline = ("h1.p-title-value", ".titleBar h1 .title", ".titleBar h1", "h1")
    asker = ("#pageDescription a.username", ".p-description .username")
    posts = "li.message[id^=post-]:not(.deleted), article.message[data-content^=post-]:not(.message--deleted)"
    post_keys = (("", "data-content"), ("", "id"))
    number = (".postNumber", ".message-attribution-opposite li:last-child")
    author = (".userText .username", ".message-name .username", ".username")
    ranks = ".userTitle, .userBanner"
    written = (".messageMeta .DateTime, .datePermalink .DateTime", ".message-attribution-main time", ".message-attribution time", ".DateTime")
    edited = (".editDate .DateTime", ".message-lastEdit time")
    text = ("blockquote.messageText", ".message-body .bbWrapper", ".message-body")
    foreign = (".bbCodeQuote, .bbCodeBlock--quote, .bbCodeBlock--unfurl, .messageTextEndMarker, .bbCodeBlock-title, .bbCodeCode > .type, .message-lastEdit, .editDate, .signature, "
               ".message-signature, .attachedFiles, .message-attachments, .quoteExpand, .bbCodeBlock-expandLink")

    current = (".PageNav[data-page]", ".pageNav-page--current")
    following = "a.pageNav-jump--next, link[rel=next], .PageNav a[rel=next]"
    pager = ".PageNav nav, .pageNav-main"
    says = (".errorOverlay .OverlayText, .errorPanel", ".p-body-content .blockMessage", ".baseHtml .errorMessage")
    login = "html[data-template=login], form#pageLogin, .p-body-content form[action$='login/login']"
