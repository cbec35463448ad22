"""Where the records of a JSON document are: in a list of its own, in lists by company, within the places that they belong to; and what is kept apart from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import ijson

LISTS = ("reviews", "review", "data", "results", "items", "records", "entries", "entry", "feedback")
WITHIN = ("reviews", "reviewsdata")
"""Lists in a record that make it a place, and each of their records a review of it."""

Apart = dict[tuple[str, str], dict[str, Any]]


class Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def lists(data: Bytes) -> list[str]:
    """The lists of records, as ijson writes where they are: the whole, the one that is called reviews or the like, all of a document that is nothing but lists, or the first."""
    found: list[tuple[str, int]] = []
    last, depth, keys = "", 0, 0
    for prefix, event, _ in ijson.parse(data):
        if prefix == "" and event == "start_array":
            return ["item"]
        if event in ("start_map", "start_array") and last and prefix == f"{last}.item" and prefix.split(".").count("item") == 1:
            if last.rsplit(".", 1)[-1].casefold() in LISTS:
                return [prefix]
            if event == "start_map":
                found.append((prefix, depth))
        last = prefix if event == "start_array" else ""
        keys += event == "map_key" and depth == 1
        depth += event.startswith("start") - event.startswith("end")
    outer = [prefix for prefix, at in found if at == 2]
    return outer if len(outer) == keys else [prefix for prefix, _ in found[:1]] or [""]


def apart(data: Bytes) -> Apart:
    """What a document by the rules of JSON:API includes beside its records, by type and id: App Store Connect keeps the developer's answers there."""
    return {(str(r["type"]), str(r["id"])): r for r in ijson.items(data, "included.item", use_float=True) if isinstance(r, dict) and "type" in r and "id" in r}


def whole(record: Any, included: Apart) -> Any:
    """A record with what it refers to."""
    if not (included and isinstance(record, dict) and isinstance(relations := record.get("relationships"), dict)):
        return record
    joined = {}
    for name, relation in relations.items():
        target = relation.get("data") if isinstance(relation, dict) else None
        if isinstance(target, dict) and (found := included.get((str(target.get("type")), str(target.get("id"))))):
            joined[name] = {"id": found["id"], **(found.get("attributes") or {})}
    return {**record, "relationships": joined}


def spread(record: Any) -> Iterator[Any]:
    """The records in a record: of a list each of its own, of a place each of its reviews, with what is said of the place under `place`."""
    if isinstance(record, list) and record and all(isinstance(inner, dict) for inner in record):
        for inner in record:
            yield from spread(inner)
        return
    for key, value in record.items() if isinstance(record, dict) else ():
        if key.casefold().replace("_", "") in WITHIN and isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            place = {k: v for k, v in record.items() if k != key}
            yield from ({"place": place, **inner} for inner in value)
            return
    yield record
