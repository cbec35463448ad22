"""phpBB boards (3.0 to 3.3): the templates prosilver, subsilver2 and what descends from them."""

from __future__ import annotations

import re

from spiders.platforms.forum import ForumSpider


class PhpBB(ForumSpider):
    """A board or a topic of a phpBB forum."""

    name = "phpbb"
    title = "phpBB forums"
    addresses = re.compile(r"/view(?:topic|forum)\.php\?(?:[^#]*&)?[ftp]=\d")
    topic = re.compile(r"(?:viewtopic\.php\?(?:[^#]*&)?t=|[-/](?:topic|t)(?=\d+(?:-\d+)?(?:\.html|/|$)))(?P<id>\d+)")
    page_of_topic = re.compile(r"(?<=[?&])start=\d+(?:&|$)|(?<=\d)-\d+(?=\.html$)")
    home = re.compile(r"view(?:forum|topic)\.php.*")
    own = "viewtopic.php?t={id}"
    marks = ("body#phpbb, .copyright a[href*='phpbb.com'], #wrapfooter a[href*='phpbb.com'], b.postauthor, .postbody > .content, dl.postprofile, li.row a.topictitle, td a.topictitle, "
             "form[action*='ucp.php?mode=login']")

    rows = "ul.topiclist.topics > li.row, tr:has(a.topictitle):not(:has(tr))"
    row_link = "a.topictitle"
    sticky = ".sticky, .announce, .global-announce, .global, img[src*=sticky], img[src*=announce]"
    moved = "dl.topic_moved, img[src*=topic_moved]"
    starter = (".topic-poster .username, .topic-poster .username-coloured", "dt a[href*='mode=viewprofile'], dt .username, dt .username-coloured", ".topicauthor")
    count = ("dd.posts", "td:has(.topicauthor) + td")
    last = ("dd.lastpost time", "dd.lastpost", "td:last-child .topicdetails")
    empty = "body.section-viewforum:has(a[href*='mode=post']) .panel:not(#message), td.row1[colspan] > .gen"
    boards = "a.forumtitle, a.forumlink"

    topic_keys = (("#topic-search input[name=t]", "value"), ("a[href*='posting.php?mode=reply'], h2 a[href*='viewtopic.php']", "href"))
    headline = ("h2.topic-title a", "#page-body h2 a", "#pageheader h2 a", ".postbody h3 a")
    posts = "div.post:has(.postbody):has(.content, .author), table.tablebg:has(b.postauthor):has(.postbody)"
    post_keys = (("", "id"), ("a[id^=p]", "id"), ("a[name^=p]", "name"))
    author = (".author strong", ".postprofile .username, .postprofile .username-coloured", ".postprofile dt > strong, .postprofile dt > a:last-of-type", "b.postauthor")
    member = (".postprofile dt a:last-of-type", "a[href*='mode=viewprofile']")
    ranks = ".profile-rank, .postprofile > dd:not([class]):not(:has(strong)), td.postdetails"
    written = (".author time", ".author", "td.gensmall div[style*=right]")
    text = (".postbody .content", ".content", ".postbody")
    foreign = "blockquote, .quotetitle, .quotecontent, .codebox > dt, .codebox > p, .codetitle, .signature, .notice, .attachbox, .inline-attachment dt"

    current = (".topic-actions .pagination strong, .action-bar .pagination li.active span, .pagination > strong", "td.nav > strong")
    following = ".pagination li.next a, .pagination li.arrow.next a, a[rel=next], link[rel=next]"
    pager = ".topic-actions .pagination, .action-bar .pagination, td.gensmall > b"
    zone = "#page-footer li.rightside, #nav-footer li, .footer-row, p.datetime"
    says = ("#message p", "td.row1 > p.gen", ".panel strong")
    login = "form#login, form#login_forum, #page-body form[action*='mode=login']:not(.headerspace), #pagecontent form[action*='mode=login']"

    @classmethod
    def address(cls, url: str) -> str:
        """Without the board, which a topic's address may name or not."""
        return re.sub(r"(?<=[?&])f=\d+&(?=(?:[^#]*&)?t=\d)", "", super().address(url))
