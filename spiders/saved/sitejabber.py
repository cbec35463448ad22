"""Sitejabber, since 2024 smartcustomer.com: reviews of a company. No saved page was at hand: this rests on descriptions of the pages of 2023, and on their mark-up."""

from __future__ import annotations

from bs4 import Tag

from enrich.records import Review
from spiders.platforms import dates, stars, texts
from spiders.platforms.saved import Saved
from spiders.saved.described import Described, line, said


class Sitejabber(Described):
    """Pages `/reviews/<domain>`."""

    name = "sitejabber"
    title = "Sitejabber"
    hosts = ("sitejabber.com", "smartcustomer.com")
    cards = ".review:has(.review__text, .review__content)"

    def card(self, element: Tag, page: Saved) -> Review:
        """One who comes back adds to the review: every piece is its text, the first day is when it was written, the last when it was edited."""
        mark, name = element.select_one(".stars[title]"), line(element, ".review__author__name")
        days = [d for e in element.select(".review__date") if (d := page.when(dates.english(texts.line(e), page.language), "a review"))]
        first, last = (choose(days, key=lambda d: d.earliest, default=None) for choose in (min, max))
        return Review(
            None, said(element, ".review__text p") or said(element, ".review__text") or said(element, ".review__content"), title=line(element, ".review__title__text"),
            rating=stars.spoken(str(mark["title"])) if mark else None, author=name, created=first, edited=last if last != first else None)
