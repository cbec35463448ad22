"""Hosts that are not crawled are refused by name, with what may be done instead; so is everything inside this machine and network."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich.mistakes import Mistake
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


@pytest.mark.parametrize(("url", "mode"), [
    ("https://play.google.com/store/apps/details?id=x", "opt-in"), ("https://itunes.apple.com/WebObjects/MZStore.woa/wa/userReviewsRow?id=7", "opt-in"),
    ("https://www.trustpilot.com/review/x", "import"), ("https://amp-api.apps.apple.com/v1/catalog", "none"), ("https://api.wordpress.org/plugins/info/1.2/", "none"),
])
def test_only_a_rule_of_that_mode_is_lifted_by_opting_in(url: str, mode: str) -> None:
    refusal = policy.refuses(url)
    assert refusal is not None and policy.at(url)[0].rival == mode and refusal.opt_in == (mode == "opt-in")
    assert (policy.refuses(url, opt_in=True) is None) == (mode == "opt-in")


@pytest.mark.parametrize(("url", "rules"), [
    ("https://itunes.apple.com/us/rss/customerreviews/page=1/id=7/sortby=mostrecent/json", ["App Store"]), ("https://store.steampowered.com/app/7", ["Steam"]), ("https://de.wordpress.org/support/", ["WordPress.org"]),
    ("https://api.wordpress.org/x", ["WordPress.org's API", "WordPress.org"]), ("https://forum.acme.example/latest.json", []),
])
def test_an_address_has_its_rules_the_strictest_first(url: str, rules: list[str]) -> None:
    assert [r.name for r in policy.at(url)] == rules


@pytest.mark.parametrize(("origin", "rule"), [
    ("google_play", "Google Play"), ("Google Play", "Google Play"), ("googleplay", "Google Play"), ("play.google.com", "Google Play"), ("www.trustpilot.com", "Trustpilot"), ("TRUSTPILOT", "Trustpilot"), ("BBB", "Better Business Bureau"),
    ("Better Business Bureau", "Better Business Bureau"), ("https://www.g2.com/products/x", "G2"), ("apple", "App Store"), ("our crm", None), ("workplace reviews", None), ("[crm v2.0", None), ("crm v2.0", None), ("acme.example", None),
])
def test_an_origin_is_known_however_people_write_it(origin: str, rule: str | None) -> None:
    assert next((r.name for r in policy.named(origin)), None) == rule


@pytest.mark.parametrize(("source", "url", "shown"), [
    ("trustpilot", None, "none"), ("schema_org", "https://www.bbb.org/us/x", "none"), ("google_play", None, "excerpt"), ("cfpb", None, "full"), ("discourse", "https://forum.acme.example", "full"),
    ("table", None, None), ("stackexchange", "https://www.trustpilot.com/review/x", "none"),
])
def test_what_may_be_shown_of_a_place_is_what_its_strictest_rule_says(source: str, url: str | None, shown: str | None) -> None:
    assert policy.may_publish(policy.of_place(source, url)) == shown


def test_the_terms_that_forbid_commercial_use_forbid_to_show_a_text() -> None:
    assert [r.name for r in policy.rules() if r.terms_commercial.startswith("forbidden") and r.publish != "none"] == []
    assert [r.name for r in policy.rules() if r.publish == "none" and not r.terms_commercial.startswith("forbidden")] == []


def test_what_serves_only_ones_own_company_is_said_to() -> None:
    assert [r.name for r in policy.rules() if r.rival != "crawl" and r.official_api and "one's own" in r.official_api and "only one's own company" not in (r.instead or "")] == []


RULE = """
[[host]]
name = "Acme"
hosts = ["acme.example"]
rival = "crawl"
own_company = ["crawl"]
terms_mining = "not verified"
terms_commercial = "allowed: CC0"
robots = "not verified"
publish = "full"
"""


@pytest.mark.parametrize(("change", "said"), [
    (('rival = "crawl"', 'rivall = "crawl"'), "line 5: unknown key `rivall`\n  cure: did you mean `rival`?"),
    (('rival = "crawl"', 'rival = "steal"'), "line 5: `rival`: Input should be 'crawl', 'import', 'opt-in' or 'none'"),
    (('rival = "crawl"', 'rival = "import"'), "line 2: `0`: Value error, say why it is refused, and what may be done instead"),
    (('hosts = ["acme.example"]\n', ""), "line 2: `0`: Value error, name hosts, or origins: it stands for nothing"),
    (("allowed: CC0", "perhaps"), "line 8: `terms_commercial`: String should match"),
    (('publish = "full"', 'publish = "full"\ndelay = -1'), "line 11: `delay`: Input should be greater than or equal to 0"),
    (('publish = "full"', 'publish = "full"\npauses = { 200 = 5 }'), "line 11: `pauses`"),
    (('robots = "not verified"\n', ""), "line 2: `robots` is missing"),
    (('name = "Acme"', 'name = "Acme'), "line 3: is not TOML"),
])
def test_a_policy_that_does_not_fit_is_told_with_its_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (tmp_path / "policy.toml").write_text(RULE.replace(*change))
    with pytest.raises(Mistake) as mistake:
        policy.read(tmp_path / "policy.toml")
    assert said in str(mistake.value)


def test_a_host_that_two_rules_claim_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(RULE + RULE.replace("Acme", "Bolt"))
    with pytest.raises(Mistake, match=r"line 12: the host 'acme.example' stands at Acme too"):
        policy.read(tmp_path / "policy.toml")
