"""`rapport check` tells what is not wrong but ought to be known: whose site it is, whom a contact names, grounds, and what may be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich import permitted, study


def load(folder: Path, source: str, *, head: str = "", company: str = "") -> study.Study:
    (folder / "study.toml").write_text(f'title = "Shops"\n{head}\n[[companies]]\nname = "Acme"\n{company}\n[[companies.sources]]\n{source}\n')
    return study.load(folder)


TABLE = 'source = "table"\nfiles = "acme.csv"\ncollected_at = 2026-05-01\norigin = "{}"\n'


@pytest.mark.parametrize(("source", "said"), [
    (TABLE.format("trustpilot"), [("Acme: acme.csv was published on Trustpilot, which is not read by program (its robots.txt forbids all programs, and its terms forbid scraping and text mining): "
                                  "say on what ground the file was made, basis = \"…\" (who exported or saved it, and how). The page Method prints it"),
                                  "Acme: acme.csv on Trustpilot: no text is shown, only counts"]),
    (TABLE.format("trustpilot") + 'basis = "exported from the Business app"\npublish = "none"', []),
    (TABLE.format("our crm") + 'publish = "full"', []),
    (TABLE.format("steam") + 'publish = "full"', ["Acme: acme.csv: publish = \"full\" is more than Steam allows: an excerpt of each text is shown"]),
    ('source = "google_play"\nid = "com.acme.app"', ["Acme: com.acme.app on Google Play is not crawled: its reviews have no public interface for programs, only an internal one. Instead: import"]),
    ('source = "google_play"\nid = "com.acme.app"\nopt_in = true', ["Acme: com.acme.app on Google Play is crawled because study.toml opts in, though its reviews have no public interface for programs, only an internal one: you answer for it"]),
    ('source = "discourse"\nurl = "https://forum.acme.example"', []),
])
def test_what_the_platform_of_a_place_says_is_told(tmp_path: Path, source: str, said: list[str]) -> None:
    found = permitted.notes(load(tmp_path, source))
    assert len(found) == len(said) and all(f.startswith(s) for f, s in zip(found, said, strict=True)), found
    assert not any("lawful" in f for f in found)


@pytest.mark.parametrize(("url", "domains", "said"), [
    ("https://forum.acme.example/c/help", '["acme.example"]', True), ("https://acme.example", '["www.acme.example"]', True), ("https://acme.example", '["https://acme.example/shop"]', True),
    ("https://notacme.example", '["acme.example"]', False), ("https://acme.example.forum.example", '["acme.example"]', False), ("https://forum.acme.example", "[]", False),
])
def test_that_a_site_belongs_to_a_studied_company_is_told(tmp_path: Path, url: str, domains: str, said: bool) -> None:
    found = study.warnings(load(tmp_path, f'source = "discourse"\nurl = "{url}"', head='contact = "you@example.com"', company=f"domains = {domains}"))
    host = url.split("/")[2]
    assert (f"{host} belongs to Acme: its operators will see your requests and your contact" in found) is said


@pytest.mark.parametrize(("client", "contact", "named"), [
    ("Acme", "jane@acme.example", True), ("Acme", "https://research.example/acme", True), ("Acme", "jane@acme-corp.example", True), ("Acme", "me@pay.example", True), ("Acme", "me@mail.pay.example", True), ("Acme", "https://www.pay.example/who", True),
    ("Acme", "me@acmepay.example", True), ("Acme", "you@example.com", False), ("Acme", "you@macmedia.example", False), ("Acme", "me@notpay.example", False), ("Bolt", "me@pay.example", False), ("Bolt", "bolt@example.com", True),
])
def test_a_contact_that_names_the_client_is_told(tmp_path: Path, client: str, contact: str, named: bool) -> None:
    found = study.warnings(load(tmp_path, 'source = "discourse"\nurl = "https://forum.example"', head=f'client = "{client}"\ncontact = "{contact}"', company='aliases = ["Acme Pay"]\ndomains = ["pay.example"]'))
    assert any(f.startswith("the contact names the client (") for f in found) is named
