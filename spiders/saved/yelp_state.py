"""The state that Yelp's pages since 2019 hold for their own scripts: the list as it was asked for in pieces, since 2021 a cache of GraphQL objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from typing import Any

from enrich import ratings, times
from enrich.records import Problem, Reply, Review, When
from spiders.platforms import embedded, texts
from spiders.platforms.base import each
from spiders.platforms.json_api import text
from spiders.platforms.positions import role
from spiders.platforms.saved import Saved


class State:
    """Reviews in a page's scripts, and how many it counts; nothing where it has no state."""

    def __init__(self, page: Saved, day_first: bool | None) -> None:
        self.page = page
        self.day_first = day_first
        self.reviews: list[Review] = []
        for value in _states(page):
            self.cache = value if isinstance(value, dict) else {}
            objects = list(embedded.objects(value))
            earlier = {id(p) for o in objects for p in o.get("previousReviews") or []}
            for drawn in each((o for o in objects if id(o) not in earlier), self._review, page.name, lambda o: o.get("encid") or o.get("id")):
                if isinstance(drawn, Review):
                    self.reviews.append(drawn)
                elif isinstance(drawn, Problem):
                    page.tell(drawn)

    def _review(self, o: dict[str, Any]) -> Iterator[Review]:
        """The review that an object is, if it is one."""
        if isinstance(o.get("comment"), dict) and "rating" in o and "localizedDate" in o:
            yield self._listed(o)
        elif "rating" in o and "text" in o and (o.get("__typename") == "Review" or ("author" in o and "encid" in o)):
            yield self._cached(o)

    def _listed(self, o: dict[str, Any]) -> Review:
        user, id = o.get("user") or {}, text(o.get("id"))
        return Review(
            id, texts.plain(o["comment"].get("text") or "") or None, rating=ratings.read(o["rating"]), author=_plain(user.get("markupDisplayName")), author_id=text(o.get("userId")),
            created=self._day(o["localizedDate"], f"review {id}"), created_kind="edited" if o.get("isUpdated") or o.get("previousReviews") else "created", language=text(o["comment"].get("language")),
            replies=[self._answer(r, id) for r in o.get("businessOwnerReplies") or []])

    def _answer(self, o: dict[str, Any], id: str | None) -> Reply:
        said, owner = o.get("comment"), o.get("owner") or {}
        return Reply(texts.plain((said.get("text") if isinstance(said, dict) else said) or "") or None, role(text(owner.get("title") or owner.get("role"))),
                     author=_plain(owner.get("displayName") or owner.get("markupDisplayName")), created=self._day(o.get("localizedDate"), f"the reply to {id}"))

    def _cached(self, o: dict[str, Any]) -> Review:
        """A GraphQL object, whose parts stand in the cache."""
        author, said, answer = self._part(o, "author"), self._part(o, "text"), self._part(o, "bizUserPublicReply")
        replied = _full(self._part(answer, "text") or answer.get("text"))
        return Review(
            text(o.get("encid")), _full(said or o["text"]), rating=ratings.read(o["rating"]), author=_plain(author.get("displayName")), author_id=text(author.get("encid")), created=self._moment(o),
            language=text(said.get("language")), replies=[Reply(replied, role(text(answer.get("role"))), id=text(answer.get("encid")), author=_plain(answer.get("displayName")), created=self._moment(answer))] if replied else [])

    def _part(self, o: dict[str, Any], name: str) -> dict[str, Any]:
        """An object in another, or the one that it points to; {} where there is none."""
        found = o.get(name)
        key = (found.get("__ref") or (found.get("id") if found.get("type") == "id" else None)) if isinstance(found, dict) else None
        found = self.cache.get(key) if key else found
        return found if isinstance(found, dict) else {}

    def _moment(self, o: dict[str, Any]) -> When | None:
        at = self._part(o, "createdAt")
        return times.read(at.get("utcDateTime") or at.get("localDateTimeForBusiness") or o.get("timeCreatedTimestamp") or (o.get("createdAt") if isinstance(o.get("createdAt"), str) else None))

    def _day(self, raw: Any, place: str) -> When | None:
        return self.page.when(text(raw), place, day_first=self.day_first)


def _full(said: Any) -> str | None:
    full = said.get("full") or said.get("text") if isinstance(said, dict) else said
    return texts.plain((full or "").replace("[[HIGHLIGHT]]", "").replace("[[ENDHIGHLIGHT]]", "")) or None


def _plain(name: Any) -> str | None:
    return unescape(found) if (found := text(name)) else None


def _states(page: Saved) -> Iterator[Any]:
    """The JSON of the page's scripts, which hides in comments, and in the cache is escaped as for HTML."""
    for script in page.soup.find_all("script", type="application/json"):
        source = "".join(script.strings).strip().removeprefix("<!--").removesuffix("-->")
        if script.has_attr("data-apollo-state") and "&quot;" in source[:200]:
            source = unescape(source)
        try:
            yield json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue                         # not the reviews', or these stand elsewhere on the page as well
