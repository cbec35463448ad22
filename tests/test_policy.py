"""Hosts that are not crawled are refused by name, with what may be done instead; so is everything inside this machine and network."""

from __future__ import annotations

import tomllib

import pytest

from spiders import policy


@pytest.mark.parametrize(("url", "host"), [
    ("https://www.trustpilot.com/review/example.com", "Trustpilot"), ("https://fr.trustpilot.com/review/x", "Trustpilot"), ("https://www.yelp.co.uk/biz/x", "Yelp"),
    ("https://www.tripadvisor.in/Hotel_Review", "Tripadvisor"), ("https://www.g2.com/products/x/reviews", "G2"), ("https://www.getapp.com/x", "Capterra, GetApp and Software Advice"),
    ("https://www.glassdoor.de/Reviews/x", "Glassdoor"), ("https://de.indeed.com/cmp/x/reviews", "Indeed"), ("https://www.kununu.com/de/x", "kununu"), ("https://www.bbb.org/us/x", "Better Business Bureau"),
    ("https://maps.app.goo.gl/abc", "Google Maps"), ("https://www.google.com/maps/place/x", "Google Maps"), ("https://play.google.com/store/apps/details?id=x", "Google Play"), ("https://www.amazon.co.jp/dp/x", "Amazon"),
    ("https://apps.shopify.com/x/reviews", "Shopify App Store"), ("HTTPS://WWW.TRUSTPILOT.COM./review/x", "Trustpilot"), ("https://user:pw@www.trustpilot.com:443/review/x", "Trustpilot"),
])
def test_an_import_only_host_is_refused_by_name_with_what_may_be_done_instead(url: str, host: str) -> None:
    refusal = policy.refuses(url)
    assert refusal is not None and refusal.host == host and refusal.why and refusal.instead


@pytest.mark.parametrize("url", [
    "https://forum.example.com/latest.json", "https://nottrustpilot.com/", "https://trustpilot-reviews.example.com/", "https://api.steampowered.com/x", "https://example.com/yelp.com", "https://www.big2.com/",
    "https://www.google.com/search", "https://93.184.216.34/", "https://bananamazon.com/",
])
def test_another_host_is_not_refused(url: str) -> None:
    assert policy.refuses(url) is None


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/", "http://127.0.0.1:8000/", "http://localhost:8000/", "http://LOCALHOST./", "http://[::1]/", "http://10.0.0.5/", "http://192.168.1.1/", "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data",
    "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://[fd00::1]/", "http://printer.local/", "http://db.internal/", "http://intranet/", "http://100.64.0.1/", "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://017700000001/",
])
def test_an_address_inside_this_machine_or_network_is_refused(url: str) -> None:
    refusal = policy.refuses(url)
    assert refusal is not None and "inside this machine or network" in refusal.why


@pytest.mark.parametrize(("url", "allowed"), [
    ("http://127.0.0.1:8765/forum/latest.json", True), ("http://127.0.0.1:8766/", False), ("http://127.0.0.1/", False), ("http://127.0.0.1:8765@example.com/", True), ("http://localhost:8765/", False), ("ftp://127.0.0.1:8765/", False),
])
def test_only_the_demos_own_host_and_port_is_allowed_on_loopback(url: str, allowed: bool) -> None:
    assert (policy.refuses(url, "127.0.0.1:8765") is None) is allowed


def test_every_rule_says_whom_it_stands_for_why_and_what_may_be_done_instead() -> None:
    rules = tomllib.loads(policy.FILE.read_text(encoding="utf-8"))["host"]
    assert [r.get("name") for r in rules if not (r.get("name") and r.get("hosts") and r.get("why") and r.get("instead"))] == []
    hosts = [h for r in rules for h in r["hosts"]]
    assert len(hosts) == len(set(hosts))
