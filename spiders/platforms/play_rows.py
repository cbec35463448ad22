"""Reviews as Google Play hands them out: rows without names, in answers of its web RPC and embedded in an app's page.

What a place in a row means has stood still since 2018, while rows have grown from 13 places to 17: what lies past a row's end is not said.
"""

from __future__ import annotations

from typing import Any

from enrich import ratings, times
from enrich.records import Reply, Review, When
from spiders.platforms import json_api, texts

URL = "https://play.google.com/store/apps/details?id={}&reviewId={}"


def rows(data: Any) -> list[Any]:
    """The rows of decoded data, `[rows, …]`; none where it holds none (`[]`, `[null, …]`). Raises TypeError where it is no such list."""
    found = at(data, 0)
    if not isinstance(data, list) or not isinstance(found, list | None):
        raise TypeError("the answer holds no list of reviews")
    return found or []


def is_row(row: Any) -> bool:
    """Whether a list looks like a review: an id, a person's name, stars, and a time in seconds."""
    return isinstance(at(row, 0), str) and isinstance(at(row, 1, 0), str | None) and isinstance(at(row, 2), int) and isinstance(at(row, 5, 0), int)


def review(row: Any, package: str | None) -> Review:
    """One row. Its time is that of the last edit: Google Play does not show when a review was first written.

    Raises TypeError where it is no row (it has no id), ValueError where its rating or a time is none.
    """
    id = at(row, 0)
    if not isinstance(id, str) or not id:
        raise TypeError("a row has no id")
    answer = _text(at(row, 7, 1))
    return Review(
        id, _text(at(row, 4)), rating=ratings.read(at(row, 2)), author=_text(at(row, 1, 0)), created=_moment(at(row, 5, 0)), created_kind="edited",
        url=URL.format(package, id) if package else None, app_version=_text(at(row, 10)),
        replies=[Reply(answer, author=_text(at(row, 7, 0)), created=_moment(at(row, 7, 2, 0)))] if answer else [])


def at(value: Any, *path: int) -> Any:
    """What stands at a path of places in nested lists; None where a list ends before, or there is none."""
    for place in path:
        if not isinstance(value, list) or place >= len(value):
            return None
        value = value[place]
    return value


def _text(value: Any) -> str | None:
    return texts.tidy(json_api.text(value) or "") or None


def _moment(seconds: Any) -> When | None:
    return times.read(seconds or None)       # 0 is no time
