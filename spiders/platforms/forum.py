"""What all forum software shares: a list leads to topics, a topic's opening post is the review, the posts after it are its replies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from bs4 import BeautifulSoup
from pydantic import Field
from scrapy.http import Response, TextResponse

from enrich.records import Problem
from spiders.platforms import pages
from spiders.platforms.base import Drawn, Options, Place, SourceSpider


class ForumOptions(Options):
    url: str = Field(description="one board of the forum, or one topic", pattern=r"^https?://")
    groups: list[str] = Field([], description="ranks, titles and groups that only the company's own people bear")
    day_first: bool | None = Field(None, description="whether 03/04/2026 is the third of April; dates that may be either are else left out")


class ForumSpider(SourceSpider):
    """A board or a topic. A subclass in `spiders/sources/` states how its software writes them."""

    replies_visible = True
    options = ForumOptions

    marks: ClassVar[str]
    """What only pages of this software have."""

    @classmethod
    def owns(cls, page: BeautifulSoup) -> bool:
        """Whether a page was made by this software, told by what the page itself holds."""
        return page.select_one(cls.marks) is not None

    def draw(self, response: Response, place: Place) -> Iterator[Drawn]:
        if not isinstance(response, TextResponse) or not pages.is_html(response):
            yield Problem(response.url, "is not a web page", "give the address of a page that shows a board or a topic in a browser", "changed")
            return
        page = pages.soup(response)
        if not self.owns(page):
            yield pages.wall(page, response.url) or Problem(response.url, f"is no page of {self.title}", "look at the address in a browser", "changed")
