"""`scrapy draw SPIDER FILE`: what a source draws from one saved response, as JSON lines; no database, no study needed."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.http import Request, Response, TextResponse
from scrapy.responsetypes import responsetypes
from scrapy.utils.python import binary_is_text

from enrich import times
from enrich.records import Problem, Review, plain
from spiders import catalogue
from spiders.platforms import recorded
from spiders.platforms.base import HTTP, LAYOUT_ERRORS, UNKNOWN, Drawn, Place, SourceSpider, sample, whole
from spiders.platforms.packed import unpacked


class Command(ScrapyCommand):
    requires_project = True
    default_settings = {"LOG_LEVEL": "ERROR"}
    exitcode = 0

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
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)      # `| head` is no mistake
        found = catalogue.sources(self.settings)
        if args[0] not in found:
            raise UsageError(f"there is no source {args[0]!r}; known: {', '.join(found)}", print_help=False)
        path = Path(args[1])
        try:
            body = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", print_help=False) from None
        spider = found[args[0]]()
        url = opts.url or (path.with_name(path.name.removesuffix(".gz")).absolute().as_uri() if spider.is_file else UNKNOWN)
        try:
            seen = times.read(opts.seen) if opts.seen else None
        except ValueError as error:
            raise UsageError(f"--seen: {error}", print_help=False) from None
        kinds: set[str] = set()
        try:
            for out in lines(spider, path, url, body, dict(_option(o) for o in opts.option), seen.latest if seen else None):
                kinds.add(out["kind"])
                if str(out.get("place")).startswith(UNKNOWN):
                    out["place"] = str(path)
                if out["kind"] == "review" and str(out.get("url")).startswith(UNKNOWN):
                    del out["url"]
                print(whole(json.dumps(out, ensure_ascii=False)))
        except ValidationError as error:
            known = f"; known: {', '.join(spider.options.model_fields)}" if any(e["type"] == "extra_forbidden" for e in error.errors()) else ""
            raise UsageError("\n".join(f"-o {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()) + known, print_help=False) from None
        self.exitcode = int(kinds == {"problem"})


def lines(spider: SourceSpider, path: Path, url: str, body: bytes, options: dict[str, Any], seen: datetime | None = None) -> Iterator[dict[str, Any]]:
    """What a source draws from a saved file, as JSON can hold it: from the response that it is, or from each that was recorded in it.

    `seen` is when it was saved, where somebody says so. Raises pydantic's ValidationError where an option does not fit.
    """
    body = unpacked(body) or body
    tape, said = recorded.answers(body, path.name), url != UNKNOWN and not url.startswith("file:")
    place: Place | None = None
    for answer in [response(path, url, body)] if tape is None else tape:
        if isinstance(answer, Problem):
            yield plain(answer)
            continue
        if place is None:                    # one for all of a recording: its answers follow on one another, as in a crawl
            place = sample(spider, answer.url if tape is not None and not said else url, options, seen)
        yield from _drawn(spider, answer, place if tape is None or seen else replace(place, seen_at=_dated(answer) or place.seen_at))


def _drawn(spider: SourceSpider, answer: Response, place: Place) -> Iterator[dict[str, Any]]:
    if answer.status >= 300 and not answer.body.strip():
        what, cure, sort = HTTP.get(answer.status, (f"the site answered with status {answer.status} and nothing else", "look at the address in a browser", "failed"))
        yield plain(Problem(answer.url, what, cure, sort))
        return
    try:
        for drawn in spider.draw(answer, place):
            yield from flat(drawn)
    except LAYOUT_ERRORS as error:
        yield plain(Problem(answer.url, f"its layout is not the one that {spider.name} knows: {type(error).__name__}: {error}", "save it again and report it: the source may have changed", "changed"))


def _dated(answer: Response) -> datetime | None:
    """When the server gave an answer, as it says."""
    with suppress(ValueError):
        stamp = parsedate_to_datetime((answer.headers.get("Date") or b"").decode("latin-1"))
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return None


def flat(drawn: Drawn) -> Iterator[dict[str, Any]]:
    """What was drawn, as JSON can hold it: a review and then, each by itself and with the review's id, its replies."""
    if isinstance(drawn, Request):
        yield {"kind": "request", "url": drawn.url} | ({"method": drawn.method, "body": drawn.body.decode("utf-8", "replace")} if drawn.method != "GET" else {})
    elif isinstance(drawn, Review):
        yield {k: v for k, v in plain(drawn).items() if k != "replies"}
        for reply in drawn.replies:
            yield plain(replace(reply, review=drawn.id))
    else:
        yield plain(drawn)


def response(path: Path, url: str, body: bytes) -> Response:
    """A saved body as the response it once was: its kind is told by its content (also when it was saved compressed), then by its name."""
    body = unpacked(body) or body
    kind = responsetypes.from_args(filename=path.name.removesuffix(".gz"), body=body)
    if not issubclass(kind, TextResponse) and not binary_is_text(body[:5000]) and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return kind(url, body=body)
    return (kind if issubclass(kind, TextResponse) else TextResponse)(url, body=body)


def _option(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    if not found:
        raise UsageError(f"-o {text}: write KEY=VALUE", print_help=False)
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
