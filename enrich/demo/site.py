"""The companies' review pages and forums, served from this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from enrich.demo import forum
from enrich.demo.texts import HERE, Company, Review, companies

ROBOTS = "User-agent: *\nAllow: /\n"
REVIEWS_PER_PAGE = 18
_PLACES = re.compile(r"/(?P<place>reviews|forum)/(?P<company>[\w-]+)(?P<rest>/.*)?$")
_TOPIC = re.compile(r"/t/(?:[\w-]+/)?(?P<id>\d+)(?P<form>|\.json|/posts\.json)$")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


_pages = Environment(loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_pages.filters.update(day=_day, iso=_iso, cooked=forum.cooked)


PORT = 8123
"""Where the site is served if that is free: addresses then stay the same from one demo to the next."""


@contextmanager
def serve(port: int = PORT) -> Iterator[str]:
    """Runs the site in a thread and yields its host, "127.0.0.1:PORT" (any free port where the one asked for is taken)."""
    try:
        made = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError:
        made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    with made as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def respond(address: str) -> tuple[str, str] | None:
    """Content type and body of an address of the site (its path and query), or None where there is no such page."""
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    if parts.path == "/":
        return _html("index", companies=companies().values())
    if parts.path == "/robots.txt":
        return "text/plain; charset=utf-8", ROBOTS
    at = _PLACES.match(parts.path)
    company = companies().get(at["company"]) if at else None
    if at is None or company is None or not all(n.isdigit() for n in query.get("page", [])):
        return None
    rest = (at["rest"] or "").rstrip("/")
    if at["place"] == "reviews":
        return _reviews(company, int(query.get("page", ["1"])[0])) if not rest else None
    if rest in ("", "/latest"):
        return _html("forum", company=company, topics=company.at("forum"))
    if rest == "/latest.json":
        return _json(forum.latest(company, query))
    found = _TOPIC.match(rest)
    topic = next((t for t in company.at("forum") if str(t.id) == found["id"]), None) if found else None
    if found is None or topic is None:
        return None
    match found["form"]:
        case ".json":
            return _json(forum.topic(company, topic))
        case "/posts.json":
            return _json(forum.posts(company, topic, query))
        case _:
            return _html("topic", company=company, topic=topic)


def _reviews(company: Company, page: int) -> tuple[str, str] | None:
    everything = company.at("page")
    shown = everything[(page - 1) * REVIEWS_PER_PAGE:page * REVIEWS_PER_PAGE] if page else []
    if not shown:
        return None
    following = page + 1 if page * REVIEWS_PER_PAGE < len(everything) else None
    mean = sum(r.stars or 0 for r in everything) / len(everything)
    return _html(company.markup, company=company, reviews=shown, total=len(everything), mean=mean, page=page, following=following,
                 linked=_linked(company, shown, len(everything), mean))


def _linked(company: Company, shown: list[Review], total: int, mean: float) -> dict[str, Any]:
    """A page's reviews as JSON-LD."""
    return {
        "@context": "https://schema.org", "@type": "Organization", "name": company.name, "slogan": company.slogan,
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": f"{mean:.1f}", "reviewCount": total, "bestRating": "5", "worstRating": "1"},
        "review": [{"@type": "Review", "identifier": str(r.id), "headline": r.title, "reviewBody": r.text, "datePublished": _iso(r.created),
                    "author": {"@type": "Person", "name": r.author}, "reviewRating": {"@type": "Rating", "ratingValue": str(r.stars), "bestRating": "5", "worstRating": "1"}}
                   for r in shown],
    }


def _html(template: str, **values: Any) -> tuple[str, str]:
    return "text/html; charset=utf-8", _pages.get_template(f"{template}.html").render(**values)


def _json(value: dict[str, Any]) -> tuple[str, str]:
    return "application/json; charset=utf-8", json.dumps(value, ensure_ascii=False)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found = respond(self.path)
        kind, text = found or ("text/plain; charset=utf-8", "There is no such page.\n")
        body = text.encode()
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the crawl tells what it asked for."""
