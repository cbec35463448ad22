"""The forums' JSON, in the structure that Discourse gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from markupsafe import Markup, escape

from enrich.demo.texts import Company, Reply, Review

PER_PAGE = 30
CHUNK = 20
"""Discourse's own defaults."""
CATEGORY = 5

Query = Mapping[str, Sequence[str]]


def latest(company: Company, query: Query) -> dict[str, Any]:
    """A page of topics, the last active first; beyond the last page it is empty."""
    by_creation = query.get("order", ["activity"])[0] == "created"
    page = int(query.get("page", ["0"])[0])
    topics = sorted(company.at("forum"), key=lambda t: t.created if by_creation else _bumped(t), reverse=query.get("ascending", ["false"])[0] != "true")
    shown = topics[page * PER_PAGE:(page + 1) * PER_PAGE]
    listed: dict[str, Any] = {"can_create_topic": False, "draft": None, "draft_key": "new_topic", "draft_sequence": None, "per_page": PER_PAGE,
                              "topics": [_listed(t) for t in shown]}
    if len(topics) > (page + 1) * PER_PAGE:
        listed["more_topics_url"] = f"/latest?page={page + 1}"
    users = {_user(p.author): {"id": _user(p.author), "username": p.author, "name": p.name, "avatar_template": _avatar(p.author)} | _marks(company, p, short=True)
             for t in shown for p in t.posts}
    return {"users": list(users.values()), "primary_groups": [], "topic_list": listed}


def topic(company: Company, review: Review) -> dict[str, Any]:
    """A topic with its first posts, and the ids of all of them."""
    everything = _posts(company, review)
    first, last = everything[0], everything[-1]
    return {
        "post_stream": {"posts": everything[:CHUNK], "stream": [p["id"] for p in everything]},
        "timeline_lookup": [], "id": review.id, "title": review.title, "fancy_title": str(escape(review.title)), "posts_count": len(everything),
        "created_at": first["created_at"], "views": 40 + review.id % 200, "reply_count": 0, "like_count": 0, "last_posted_at": last["created_at"],
        "visible": True, "closed": False, "archived": False, "has_summary": False, "archetype": "regular", "slug": review.slug, "category_id": CATEGORY,
        "word_count": sum(len(p["cooked"].split()) for p in everything), "deleted_at": None, "user_id": first["user_id"], "pinned": False,
        "pinned_globally": False, "pinned_at": None, "pinned_until": None, "draft": None, "draft_key": f"topic_{review.id}", "draft_sequence": None,
        "unpinned": None, "participant_count": len({p["username"] for p in everything}), "highest_post_number": len(everything), "deleted_by": None,
        "actions_summary": [], "chunk_size": CHUNK, "bookmarked": None, "tags": [],
        "details": {"can_edit": False, "created_by": _person(first), "last_poster": _person(last)},
    }


def posts(company: Company, review: Review, query: Query) -> dict[str, Any]:
    """Some posts of a topic, asked for by their ids."""
    wanted = set(query.get("post_ids[]", []))
    return {"post_stream": {"posts": [p for p in _posts(company, review) if str(p["id"]) in wanted]}, "id": review.id}


def _listed(review: Review) -> dict[str, Any]:
    last = review.replies[-1] if review.replies else review
    return {
        "id": review.id, "title": review.title, "fancy_title": str(escape(review.title)), "slug": review.slug, "posts_count": 1 + len(review.replies),
        "reply_count": 0, "highest_post_number": 1 + len(review.replies), "image_url": None, "created_at": _time(review.created),
        "last_posted_at": _time(_bumped(review)), "bumped": True, "bumped_at": _time(_bumped(review)), "archetype": "regular", "unseen": False,
        "pinned": False, "unpinned": None, "visible": True, "closed": False, "archived": False, "bookmarked": None, "liked": None, "tags": [],
        "views": 40 + review.id % 200, "like_count": 0, "has_summary": False, "last_poster_username": last.author, "category_id": CATEGORY,
        "pinned_globally": False, "has_accepted_answer": False,
        "posters": [{"extras": None, "description": "Original Poster", "user_id": _user(review.author)},
                    {"extras": "latest", "description": "Most Recent Poster", "user_id": _user(last.author)}],
    }


def _posts(company: Company, review: Review) -> list[dict[str, Any]]:
    return [_post(company, review, post, number) for number, post in enumerate(review.posts, 1)]


def _post(company: Company, review: Review, post: Review | Reply, number: int) -> dict[str, Any]:
    return {
        "id": review.id * 10 + number, "name": post.name, "username": post.author, "avatar_template": _avatar(post.author), "created_at": _time(post.created),
        "cooked": cooked(post.text), "post_number": number, "post_type": 1, "updated_at": _time(post.created), "reply_count": 0, "reply_to_post_number": None,
        "quote_count": 0, "incoming_link_count": 0, "reads": 20, "readers_count": 19, "score": 4.0, "yours": False, "topic_id": review.id,
        "topic_slug": review.slug, "display_username": post.name, "version": 1, "can_edit": False, "can_delete": False, "can_recover": False,
        "can_wiki": False, "read": True, "bookmarked": False, "actions_summary": [], "user_id": _user(post.author), "hidden": False, "trust_level": 1,
        "deleted_at": None, "user_deleted": False, "edit_reason": None, "can_view_edit_history": False, "wiki": False,
    } | _marks(company, post)


def _marks(company: Company, post: Review | Reply, short: bool = False) -> dict[str, Any]:
    """What tells the company's own people from customers; a forum that marks nobody gives these as well."""
    ours = isinstance(post, Reply) and post.role == "staff"
    admin, group = ours and company.team == "admin", "harbor_care" if ours and company.team == "group" else None
    marks: dict[str, Any] = {"admin": admin, "moderator": group is not None, "primary_group_name": group}
    return marks if short else marks | {"staff": admin or group is not None, "user_title": None, "flair_name": group}


def cooked(text: str) -> Markup:
    """A post as HTML: lines stay lines."""
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(text.split("\n")))


def _bumped(review: Review) -> datetime:
    return review.replies[-1].created if review.replies else review.created


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _user(account: str) -> int:
    return crc32(account.encode()) % 90_000 + 10


def _person(post: dict[str, Any]) -> dict[str, Any]:
    return {"id": post["user_id"], "username": post["username"], "name": post["name"], "avatar_template": post["avatar_template"]}


def _avatar(account: str) -> str:
    return f"/letter_avatar_proxy/v4/letter/{account[0].lower()}/6de8a5/{{size}}.png"
