"""TOML files that people write, checked against a model; every error names its line and its cure."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from enrich.mistakes import Mistake

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$""")


_CURES = {"string_type": 'write it in quotes: {} = "…"', "date": "write a day like this: {} = 2026-05-01"}
"""What to do about a kind of error, as pydantic begins its name."""


def read(path: Path, model: type[Model]) -> Model:
    """The file at `path` as a `model`.

    Raises `Mistake` where there is no such file, it is not UTF-8 or not TOML, or does not fit the model: all errors at once,
    each with its line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Mistake("there is no such file", place=str(path), cure="check the path, or make a study with `rapport new`") from None
    except IsADirectoryError:
        raise Mistake("is a folder, not a file", place=str(path), cure=f"name the file in it: {path / 'study.toml'}") from None
    except UnicodeDecodeError as error:
        raise Mistake(f"is not UTF-8 text (byte {error.start})", place=str(path), cure="save it as UTF-8") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at line (\d+)", str(error))
        line = f", line {where[1]}" if where else ""
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise Mistake(f"is not TOML: {what}", place=f"{path}{line}",
                      cure='texts need quotes (title = "…"), lists square brackets, and every line is `key = value` or `[table]`') from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = line_numbers(text)
        told: dict[Path_, str] = {}
        for e in error.errors():             # a value that may be of several kinds fails once for each of them
            told.setdefault(e["loc"] if e["type"] == "missing" else _standing(lines, e["loc"]), _tell(path, lines, model, e))
        raise Mistake("\n".join(told.values())) from None


def place(path: Path, text: str, at: Path_) -> str:
    """`study.toml, line 12`, for the key at the given path, or its nearest known parent."""
    return _place(path, line_numbers(text), at)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """What was probably meant."""
    return next(iter(difflib.get_close_matches(name, list(known), 1, 0.6)), None)


def line_numbers(text: str) -> dict[Path_, int]:
    """Path of every table and key in a TOML text to its line, from 1. Keys of inline tables are found with their parent."""
    lines: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    open_until: str | None = None           # inside a multi-line string, or a bracket that is not closed yet
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if open_until:
            if open_until in line:
                open_until = None
            continue
        if depth > 0:
            depth += _brackets(line)
            continue
        if header := _HEADER.match(line):
            names = _split(header[2])
            table = ()
            for i, name in enumerate(names):
                table += (name,)
                last = i == len(names) - 1
                if last and header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                if table in counts:
                    table += (counts[table],)
                lines.setdefault(table, number)
            continue
        if key := _KEY.match(line):
            at = table + tuple(_split(key[1]))
            lines.setdefault(at, number)
            value = key[2]
            for quotes in ('"""', "'''"):
                if value.count(quotes) == 1:
                    open_until = quotes
            if not open_until:
                depth = _brackets(value)
    return lines


def _split(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"""[\w-]+|"[^"]*"|'[^']*'""", dotted)]


def _brackets(line: str) -> int:
    bare = re.sub(r"""\"(?:[^"\\]|\\.)*\"|'[^']*'|#.*""", "", line)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _standing(lines: dict[Path_, int], at: Path_) -> Path_:
    """The path, or its nearest parent that stands in the file."""
    while at and at not in lines:
        at = at[:-1]
    return at


def _place(path: Path, lines: dict[Path_, int], at: Path_) -> str:
    at = _standing(lines, at)
    return f"{path}, line {lines[at]}" if at else str(path)


def _tell(path: Path, lines: dict[Path_, int], model: type[BaseModel], error: Any) -> str:
    at: Path_ = error["loc"]
    name = str(at[-1]) if at else ""
    if error["type"] == "extra_forbidden":
        known = [f.alias or n for n, f in _fields(model, at[:-1]).items()]
        near = nearest(name, known)
        what, cure = f"unknown key `{name}`", f"did you mean `{near}`?" if near else f"known here: {', '.join(known)}"
    elif error["type"] == "missing":
        field = _fields(model, at[:-1]).get(name)
        what, cure = f"`{name}` is missing", f"add `{name} = …`" + (f": {field.description}" if field is not None and field.description else "")
    else:
        at = _standing(lines, at)
        name = str(at[-1]) if at else ""
        field = _fields(model, at[:-1]).get(name)
        what = f"`{name}`: {error['msg']}" if name else error["msg"]
        cure = next((c.format(name) for kind, c in _CURES.items() if error["type"].startswith(kind)), (field.description if field is not None else None) or "")
    return str(Mistake(what, place=_place(path, lines, at), cure=cure or None))


def _fields(model: type[BaseModel], at: Path_) -> dict[str, Any]:
    """Fields of the model that stands at a path inside another one."""
    here: Any = model
    for step in at:
        if isinstance(step, int):
            continue
        fields = getattr(here, "model_fields", {})
        field = fields.get(step) or next((f for f in fields.values() if f.alias == step), None)
        if field is None:
            return {}
        inner = field.annotation
        while not hasattr(inner, "model_fields") and getattr(inner, "__args__", None):
            inner = next((a for a in inner.__args__ if a is not type(None) and (hasattr(a, "model_fields") or getattr(a, "__args__", None))), None)
        here = inner
    return dict(getattr(here, "model_fields", {}))
