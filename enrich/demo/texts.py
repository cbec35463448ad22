"""The texts of the bundled study, as they were written."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: by the company's people, by the review's author, or by another customer (the last two on the forum only)."""

    created: datetime
    role: Literal["staff", "author", "customer"]
    author: str
    text: str
    name: str | None = None                  # beside the account, on the forum


@dataclass(frozen=True, slots=True)
class Review:
    """A review on the page, a topic on the forum, or an employee's review."""

    id: int
    place: Literal["page", "forum", "staff"]
    created: datetime
    author: str
    title: str
    about: tuple[str, ...]                   # what its author meant to say: themes, and `billing` for the subject
    text: str = ""
    name: str | None = None
    stars: int | None = None
    pros: str | None = None
    cons: str | None = None
    job: str | None = None
    replies: tuple[Reply, ...] = field(default=())

    @property
    def posts(self) -> tuple[Review | Reply, ...]:
        """What was said, in order."""
        return self, *self.replies

    @property
    def slug(self) -> str:
        """The title as a forum writes it into an address."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str
    slogan: str
    markup: Literal["json_ld", "microdata"]
    team: Literal["admin", "group", "account"]
    reviews: tuple[Review, ...]

    def at(self, place: str) -> list[Review]:
        """What was written at one place, the newest first."""
        return sorted((r for r in self.reviews if r.place == place), key=lambda r: r.created, reverse=True)


@cache
def companies() -> dict[str, Company]:
    """Id to company, the client first."""
    known = tomllib.loads((HERE / "companies.toml").read_text(encoding="utf-8"))
    return {id_: Company(id_, **about, reviews=_reviews(HERE / "companies" / f"{id_}.jsonl")) for id_, about in known.items()}


def _reviews(path: Path) -> tuple[Review, ...]:
    return tuple(_review(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())


def _review(row: dict[str, Any]) -> Review:
    replies = tuple(Reply(**reply | {"created": datetime.fromisoformat(reply["created"])}) for reply in row["replies"])
    return Review(**row | {"created": datetime.fromisoformat(row["created"]), "about": tuple(row["about"]), "replies": replies})
