"""Vanilla forums, 2 and 3."""

from __future__ import annotations

import re

from bs4 import Tag

from spiders.platforms.forum import ForumSpider


class Vanilla(ForumSpider):
    """A category or a discussion of a Vanilla forum."""

    name = "vanilla"
    title = "Vanilla forums"
    addresses = re.compile(r"/discussion/(?:comment/)?\d+(?:/|$)")
    topic = re.compile(r"/discussion/(?P<id>\d+)(?=[/?#]|$)")
    page_of_topic = re.compile(r"/p\d+/?$")
    home = re.compile(r"(?:discussions|categories|discussion)(?:/.*)?$")
    own = "discussion/{id}"
    marks = "body[id^=vanilla_], body.Vanilla, .ItemComment .Message, .ItemDiscussion .Message, .ItemContent.Discussion, .DataTable.DiscussionsTable, meta[name=generator][content*=Vanilla]"

    rows = "ul.DataList.Discussions > li, .DataTable.DiscussionsTable tr[id^=Discussion_], li.Item:has(.ItemContent.Discussion)"
    row_link = (".Title a", "a.Title")
    sticky = ".Announcement"
    moved = ".Tag-Redirect, .Tag-Moved"
    starter = (".FirstUser .UserLink.BlockTitle", ".DiscussionAuthor a", ".Author .Username")
    count = (".CommentCount .Number", ".CountComments .Number", ".CommentCount", ".CountComments", ".CommentsBox .StatsNumber")
    last = (".LastCommentDate", ".LastUser .Meta")
    empty = ".Empty"
    boards = ".CategoryList .Title a, .CategoryTable .CategoryName a, .DataList.CategoryList .ItemContent a"

    topic_keys = ((".MessageList [id^=Discussion_], body [id^=Discussion_].ItemDiscussion", "id"), ("input[name$='DiscussionID']", "value"))
    headline = (".PageTitle h1, #Item_0 h1", ".DiscussionHeader h1, h1.PageTitle", "h1", ".MessageList h2")
    by_asker = ".isOriginalPoster"
    posts = "[id^=Comment_]:has(.Message), [id^=Discussion_]:has(.Message:not(.Excerpt))"
    author = (".Author .Username", ".Author a:last-of-type")
    ranks = ".AuthorInfo .AuthorTitle, .AuthorInfo .Rank, .AuthorInfo .RoleTitle, .AuthorInfo .MItem"
    written = (".DateCreated time", ".DateCreated", ".CommentInfo time")
    edited = (".DateUpdated time",)
    text = ".Message"
    foreign = "blockquote, .QuoteAuthor, .QuoteText, .embedQuote, .js-embed[data-embedjson*=quote], .Signature, .UserSignature, .DateUpdated, .Attachments"

    current = (".Pager .Highlight", ".NumberedPager .Highlight")
    following = "a.Next, .Pager a[rel=next], link[rel=next]"
    pager = ".Pager, .NumberedPager"
    says = ("#dashboard_home_permission h1, #dashboard_home_filenotfound h1, #dashboard_home_permission .Center, #dashboard_home_filenotfound .Center", ".SplashInfo, .Center.SplashInfo")
    login = "body[id^=dashboard_entry_signin], #Content form#Form_User_SignIn, .FormWrapper #Form_User_SignIn"

    def opens(self, post: Tag, leads: bool) -> bool:
        return str(post.get("id")).startswith("Discussion_")
