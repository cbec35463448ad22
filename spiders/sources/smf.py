"""Simple Machines forums, 2.0 and 2.1. Boards were read from a real page; topics are known from the software's own templates only."""

from __future__ import annotations

import re

from spiders.platforms.forum import ForumSpider


class SMF(ForumSpider):
    """A board or a topic of a Simple Machines forum."""

    name = "smf"
    title = "Simple Machines forums (SMF)"
    limits = "what visitors without an account see; topics are read as the software's own templates have them: no real page of one was there to try"
    addresses = re.compile(r"index\.php(?:\?(?:[^#]*[&;])?(?:topic|board)=|/(?:topic|board),)\d")
    topic = re.compile(r"\btopic[=,](?P<id>\d+)")
    page_of_topic = re.compile(r"(?<=\d)\.(?:msg)?\d+(?=[;&]|$|\.html)")
    home = re.compile(r"index\.php\?(?:topic|board)=.*")
    own = "index.php?topic={id}"
    marks = "#footer_section a[href*='simplemachines.org'], #footer a[href*='simplemachines.org'], #footerarea a[href*='simplemachines.org'], #messageindex, #forumposts .post_wrapper"

    rows = "#messageindex tr:has(td.subject), #topic_container > div"
    row_link = ".subject span a, .message_index_title span a"
    sticky = ".stickybg, .stickybg2, .sticky, .sticky2"
    starter = ("td.subject p a", ".info p a")
    count = ("td.stats", ".board_stats")
    last = ("td.lastpost", ".lastpost p")
    empty = "#messageindex td strong:only-child, #topic_header .titlebg"
    boards = "a.subject[href*='board='], a[name^=b][href*='board=']"

    topic_keys = (("link[rel=canonical], #forumposts form[action*='topic=']", "href"), ("#forumposts form[action*='topic=']", "action"))
    headline = ("#top_subject", ".navigate_section li.last span", "h1")
    asker = "#display_head p a[href*='action=profile']"
    posts = ".post_wrapper:has(.inner)"
    post_keys = ((".inner[id^=msg_]", "id"), (".inner[data-msgid]", "data-msgid"))
    author = (".poster h4 a[href*='action=profile']", ".poster h4")
    ranks = ".membergroup, .title, .postgroup"
    written = (".keyinfo .smalltext:not(.modified)",)
    text = ".inner"
    foreign = "blockquote, .quoteheader, .quotefooter, .codeheader, .signature, .modified"

    current = (".pagelinks .current_page", ".pagelinks strong")
    following = "link[rel=next]"
    pager = ".pagelinks"
    says = ("#fatal_error .windowbg", "#fatal_error")
    login = "form#frmLogin"
