"""Values in JavaScript files, as the tests of websites keep answers: `export const page = {total: 2, rows: ['a', 'b',]};`"""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `(?:\\.|[^`\\])*` | //[^\n]* | /\*.*?\*/ | (?<![\w.$])[A-Za-z_$][\w$]* """, re.S | re.X)
_STRING_OR_OTHER = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])|(?<=[{,])\s*(\d+)(?=\s*:)', re.S)
"""Strings; and what JSON does not know: a comma at the end, a number that is a key."""
_ESCAPED = re.compile(r'\\(.)|"', re.S)
_NAMED = re.compile(r'(?:"export"\s*"default"|"(\w+)"\s*=)\s*(?=[\[{])')
_WORDS = {"true": "true", "false": "false", "null": "null", "undefined": "null", "NaN": "null"}


def read(text: str) -> Any:
    """The value of a file that is one, or that names one; by their names where it names several. Raises ValueError where it holds none."""
    plain = _STRING_OR_OTHER.sub(lambda m: m[1] or (f'"{m[2]}"' if m[2] else ""), _TOKEN.sub(lambda m: _json(m[0]), text)).strip()
    decoder, found, end = json.JSONDecoder(strict=False), dict[str, Any](), 0
    if plain.startswith(("{", "[")):
        value, end = decoder.raw_decode(plain)
        if plain[end:].strip("; \t\r\n"):
            raise ValueError("something follows the value")
        return value
    for name in _NAMED.finditer(plain):
        if name.start() >= end:              # not inside the value before
            found[name[1] or "default"], end = decoder.raw_decode(plain, name.end())
    if not found:
        raise ValueError("no value is named")
    return next(iter(found.values())) if len(found) == 1 else found


def _json(token: str) -> str:
    """A string, a comment or a word as JSON has it: a word that names no value is a key, or a name."""
    if token.startswith("/"):
        return ""
    if token[0] in "\"'`":
        return f'"{_ESCAPED.sub(_escape, token[1:-1])}"'
    return _WORDS.get(token, f'"{token}"')


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return '\\"'
    return found[0] if found[1] in '"\\/bfnrtu' else "" if found[1] == "\n" else found[1]
