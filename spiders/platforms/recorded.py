"""Recordings of HTTP, as tests keep them: every answer in one, with its own address, status and headers.

Known are VCR cassettes (Ruby's VCR, Python's VCR and Betamax, as JSON or YAML), nock's lists, and the replays of PyGithub's tests.
"""

from __future__ import annotations

import ast
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

import yaml
from scrapy.http import Headers, Response, TextResponse
from scrapy.responsetypes import responsetypes

from enrich.records import Problem
from spiders.platforms.base import LAYOUT_ERRORS, items
from spiders.platforms.packed import unpacked

_CASSETTE = re.compile(rb'^(?:http_)?interactions:|"(?:http_)?interactions"\s*:\s*\[', re.M)
_NOCK = re.compile(rb"\A\s*\[\s*\{[^{}\[\]]*\"scope\"\s*:")
_PYGITHUB = re.compile(rb"\Ahttps?\r?\n(?:GET|HEAD|POST|PUT|PATCH|DELETE)\r?\n[\w.-]+\r?\n(?:None|\d+)\r?\n/")
_LINES_OF_A_REPLAY = 10
"""Lines of one answer there: protocol, method, host, port, path, headers and body asked with, status, headers, body. An empty line follows."""
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.I)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the faster one, where libyaml is there
    """YAML with the tags of any language: what is tagged is taken as the plain value that it is."""


def _plain(loader: Any, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_yaml_binary(node) if tag == "binary" else node.value
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else loader.construct_sequence(node, deep=True)


for _prefix in ("!", "tag:yaml.org,2002:python/"):
    _Loader.add_multi_constructor(_prefix, _plain)


Kept = tuple[str, str, int, Any, bytes]
"""One answer: how it was asked for, its address, status, headers and body."""


def answers(body: bytes, place: str) -> Iterator[Response | Problem] | None:
    """The answers to what was asked for in a recording, in its order; None where a file is none. `place` is the file, for people.

    What was sent to write something (POST and the like) is left out, unless the recording holds nothing else.
    """
    read: Callable[[Any], Kept]
    try:
        if _PYGITHUB.match(body):
            read, rows = _replayed, _replays(body.decode("utf-8", "replace"))
        elif _NOCK.match(body):
            read, rows = _nocked, json.loads(body)
        elif _CASSETTE.search(body):
            whole = json.loads(body) if body.lstrip().startswith(b"{") else yaml.load(body, _Loader)
            read, rows = _taped, whole.get("http_interactions") or whole["interactions"]
        else:
            return None
        if not isinstance(rows, list) or (read is _taped and not any(isinstance(r, dict) and {"request", "response"} <= r.keys() for r in rows)):
            return None
    except (*LAYOUT_ERRORS, yaml.YAMLError):
        return None                          # its source says what else it is, or that it is cut off
    return _each(rows, read, place)


def _each(rows: list[Any], read: Callable[[Any], Kept], place: str) -> Iterator[Response | Problem]:
    kept: list[Kept] = []
    for n, row in enumerate(rows, 1):
        try:
            kept.append(read(row))
        except LAYOUT_ERRORS as error:
            yield Problem(place, f"answer {n} of the recording cannot be read: {type(error).__name__}: {error}", "it is left out; the others went in")
    for _, url, status, headers, body in [k for k in kept if k[0] == "GET"] or kept:
        body = unpacked(body) or body
        said = Headers({k: v for k, v in headers.items() if k.lower() != "content-encoding"})
        kind = responsetypes.from_args(headers=said, url=url, body=body)
        yield (kind if issubclass(kind, TextResponse) or body[:1] not in (b"[", b"{") else TextResponse)(url, status=status, headers=said, body=body)


def _taped(row: Any) -> Kept:
    """An answer on a cassette: `{request: {method, uri}, response: {status: {code}, headers, body: {string or base64_string}}}`."""
    asked, said = row["request"], row["response"]
    body, status = said.get("body"), said.get("status")
    if isinstance(body, dict):
        body = b64decode(body["base64_string"]) if body.get("base64_string") is not None else body.get("string")
    return _kept(asked["method"], asked.get("uri") or asked["url"], status["code"] if isinstance(status, dict) else status, said.get("headers"), body)


def _nocked(row: Any) -> Kept:
    """An answer that nock recorded: its body as JSON, as a text, or (where it came compressed) as a list of pieces in hexadecimal digits."""
    body, headers = row.get("response"), row.get("headers") or row.get("rawHeaders")
    if isinstance(body, list) and body and all(isinstance(piece, str) and _HEX.fullmatch(piece) for piece in body):
        body = bytes.fromhex("".join(body))
    elif body is not None and not isinstance(body, str):
        body = json.dumps(body)
    if isinstance(headers, list):            # name, value, name, value
        headers = dict(zip(headers[::2], headers[1::2], strict=False))
    return _kept(row.get("method", "GET"), urljoin(re.sub(r":(?:80|443)$", "", row["scope"]), row["path"]), row.get("status", 200), headers, body)


def _replays(text: str) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").split("\n")
    step = _LINES_OF_A_REPLAY + 1
    return [lines[at:at + _LINES_OF_A_REPLAY] for at in range(0, len(lines), step) if any(lines[at:at + step])]


def _replayed(lines: list[str]) -> Kept:
    """An answer as PyGithub's tests keep it, a line for each part."""
    scheme, method, host, port, path, _, _, status, headers, *body = lines
    return _kept(method, f"{scheme}://{host}{'' if port == 'None' else f':{port}'}{path}", status, dict(ast.literal_eval(headers)), "".join(body))


def _kept(method: str, url: str, status: Any, headers: Any, body: Any) -> Kept:
    if not re.match("https?://", url):
        raise ValueError("it has no address")
    named = {str(k): [str(v) for v in items(v)] for k, v in (headers or {}).items()}
    return method.upper(), url, int(status or 200), named, body if isinstance(body, bytes) else str(body or "").encode()
