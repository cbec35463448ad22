"""What sources there are, and which one a public address belongs to."""

from __future__ import annotations

from typing import Any

from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from spiders import policy
from spiders.platforms import saved
from spiders.platforms.base import SourceSpider

Sources = dict[str, type[SourceSpider]]


def sources(settings: BaseSettings) -> Sources:
    """Name to spider class, in alphabetical order."""
    loader = get_spider_loader(settings)
    return {name: loader.load(name) for name in sorted(loader.list())}  # type: ignore[misc]  # all our spiders are SourceSpiders


def describe(found: Sources, delay: float = 0.0) -> dict[str, dict[str, Any]]:
    """Name to title, options (a JSON Schema), how the source is used, what may be done there and what a crawl costs. `delay`: seconds between two requests anywhere."""
    return {name: {"title": spider.title, "audience": spider.audience, "replies_visible": spider.replies_visible, "population": getattr(spider, "population", None), "file": spider.is_file, "limits": spider.limits,
                   "per_request": spider.per_request, "own_page": spider.own_page, "newest_first": spider.newest_first, "by_activity": spider.by_activity,
                   "tells_changes": spider.tells_changes, "policy": _policy(name, delay), "options": _schema(spider)} for name, spider in found.items()}


def _policy(name: str, delay: float) -> dict[str, Any]:
    """What may be done on a source, why, what may be done instead, and how slowly: seconds between two requests, requests a day."""
    rules = policy.named(name)
    rule = rules[0] if rules else None
    return {"rival": rule.rival if rule else "crawl", "why": rule.why if rule else None, "instead": rule.instead if rule else None,
            "delay": max([delay, *(r.delay or 0.0 for r in rules)]), "per_day": min((r.per_day for r in rules if r.per_day), default=None)}


def policy_of(name: str) -> dict[str, Any] | None:
    """What the strictest rule says of a platform, by the name of an origin or a source, or by an address; None where there is no rule."""
    rules = policy.of_place(name)
    return rules[0].model_dump(include={"name", "rival", "why", "instead"}) | {"publish": policy.may_publish(rules)} if rules else None


def sites() -> dict[str, dict[str, Any]]:
    """Name to title and use of each site whose pages a person saves: they are no sources of their own, `saved_page` reads them."""
    return {site.name: {"title": site.title, "hosts": list(site.hosts), "audience": site.audience, "replies_visible": site.replies_visible, "per_page": site.per_page, "limits": site.limits} for site in saved.sites()}


def recognise(url: str, found: Sources) -> dict[str, Any]:
    """The source of an address and its options; for an address that is import-only, why, and what may be done instead.

    A source that reads any page (`schema_org`) answers last, so that a known site never falls to it.
    """
    address = url if "://" in url else f"https://{url}"
    if refusal := policy.refuses(address):
        return {"url": url, "name": refusal.host, "refused": refusal.why, "instead": refusal.instead}
    for name, spider in sorted(found.items(), key=lambda s: s[1].reads_any_page):
        options = spider.recognise(address)
        if options is not None:
            return {"url": url, "source": name, "title": spider.title, "options": options, "guess": spider.reads_any_page}
    return {"url": url, "source": None}


def _schema(spider: type[SourceSpider]) -> dict[str, Any]:
    return spider.options.model_json_schema() | {"title": spider.title}
