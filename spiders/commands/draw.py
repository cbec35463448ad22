"""`scrapy draw SPIDER FILE`: what a source draws from one saved response, as JSON lines; no database, no study needed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.http import Request, Response, TextResponse
from scrapy.responsetypes import responsetypes

from enrich import times
from enrich.records import plain
from spiders import catalogue
from spiders.platforms.base import LAYOUT_ERRORS, sample


class Command(ScrapyCommand):
    requires_project = True
    default_settings = {"LOG_LEVEL": "ERROR"}

    def syntax(self) -> str:
        return "SPIDER FILE [--url URL] [-o KEY=VALUE …]"

    def short_desc(self) -> str:
        return "Print what a source draws from a saved response (JSON lines)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", help="the address it was saved from")
        parser.add_argument("--seen", help="when it was saved, for times such as '2 weeks ago'")
        parser.add_argument("-o", dest="option", action="append", default=[], metavar="KEY=VALUE", help="an option of the source; VALUE may be JSON")

    def run(self, args: list[str], opts: Any) -> None:
        if len(args) != 2:
            raise UsageError()
        found = catalogue.sources(self.settings)
        if args[0] not in found:
            raise UsageError(f"there is no source {args[0]!r}; known: {', '.join(found)}", print_help=False)
        path = Path(args[1])
        try:
            body = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", print_help=False) from None
        url = opts.url or path.absolute().as_uri()
        spider = found[args[0]]()
        seen = times.read(opts.seen) if opts.seen else None
        place = sample(spider, url, dict(_option(o) for o in opts.option), seen.latest if seen else None)
        try:
            for drawn in spider.draw(response(path, url, body), place):
                out = {"kind": "request", "url": drawn.url, "method": drawn.method} if isinstance(drawn, Request) else plain(drawn)
                print(json.dumps(out, ensure_ascii=False))
        except LAYOUT_ERRORS as error:
            print(json.dumps({"kind": "problem", "place": str(path), "what": f"its layout is not the one that {args[0]} knows: {type(error).__name__}: {error}"}))
            self.exitcode = 1


def response(path: Path, url: str, body: bytes) -> Response:
    """A saved body as the response it once was, its type told by its content and its name."""
    kind = responsetypes.from_args(filename=path.name, body=body)
    if not issubclass(kind, TextResponse) and path.suffix.lower() in (".htm", ".html", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".xml", ".rss"):
        kind = TextResponse
    if issubclass(kind, TextResponse):
        return kind(url, body=body, encoding=None) if b"charset" in body[:2048] else kind(url, body=body, encoding="utf-8")
    return kind(url, body=body)


def _option(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    if not found:
        raise UsageError(f"-o {text}: write KEY=VALUE", print_help=False)
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
