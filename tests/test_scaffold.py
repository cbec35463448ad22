"""Study files that the program writes into: what people wrote stays as it was."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from enrich import study as studies
from enrich.mistakes import Mistake
from enrich.saved_pages import add_pages, by_site
from enrich.scaffold import add_file, guess, replace, scaffold, with_line, with_source, with_value

DAY = date(2026, 5, 1)


def found(url: str, name: str | None = None, **what: object) -> dict[str, object]:
    return {"url": url, "name": name, **what}


def add(folder: Path, company: str, file: str, day: date | None = DAY, origin: str | None = None) -> str:
    study = studies.load(folder)
    return add_file(study, study.company(company), folder / file, source="table", collected_at=day, origin=origin, audience=None)


def write(folder: Path, text: str) -> Path:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(("url", "name"), [
    ("https://www.google.com/maps/place/Acme+Roofing/@1,2", "Acme Roofing"), ("https://www.glassdoor.com/Reviews/Big-Acme-Reviews-E123.htm", "Big Acme"), ("https://apps.shopify.com/acme/reviews", "Acme"),
    ("https://www.bbb.org/us/pa/malvern/profile/roofing/acme-roofing-0241-164936097", "Acme Roofing"), ("https://apps.apple.com/us/app/acme-pay/id123456789", "Acme Pay"), ("https://apps.apple.com/us/app/id123", "App 123"),
    ("https://www.trustpilot.com/review/acme.example", "Acme"), ("https://store.steampowered.com/app/413150/Acme_Farm", "Acme Farm"), ("https://forum.acme.example", "Acme")])
def test_a_company_is_called_as_its_address_says_not_as_the_platform(url: str, name: str) -> None:
    assert guess(url) == name


def test_a_new_study_has_air_before_every_table_and_a_place_pasted_twice_once() -> None:
    forum, game = {"source": "discourse", "options": {"url": "https://forum.acme.example"}}, {"source": "steam", "options": {"id": "1"}}
    text = scaffold("Shops", [found("https://forum.acme.example", "Acme", **forum), found("https://forum.acme.example", "acme", **forum), found("x", "Acme", **game)], client="Ours")
    assert text.partition('name = "Acme"')[2] == '\n\n[[companies.sources]]\nsource = "discourse"\nurl = "https://forum.acme.example"\n\n[[companies.sources]]\nsource = "steam"\nid = "1"\n'
    assert all(before == "" for before, line in zip(text.splitlines(), text.splitlines()[1:], strict=False) if line.startswith("[["))


def test_what_a_new_study_leaves_to_be_filled_in_is_right_when_the_sign_before_it_is_removed() -> None:
    text = "\n".join(line.removeprefix("# ") for line in scaffold("Shops", []).splitlines()[2:] if line.startswith(("title", "# client", "# contact")))
    assert tomllib.loads(text) == {"title": "Shops", "client": "Ours", "contact": "you@example.com"}


def test_a_file_is_added_to_its_company_and_every_other_line_stays(tmp_path: Path) -> None:
    before = 'title = "Shops"   # ours\r\n\r\n[[companies]]\r\nname = "Acme"\r\n\r\n# the other one\r\n[[companies]]\r\nname = "Bolt"'
    file = write(tmp_path, before)
    add(tmp_path, "Acme", "acme.csv")
    add(tmp_path, "Bolt", "bolt.csv")
    block = '\r\n[[companies.sources]]\r\nsource = "table"\r\nfiles = "{}.csv"\r\ncollected_at = 2026-05-01\r\n'
    assert file.read_bytes().decode() == before.replace('"Acme"\r\n', '"Acme"\r\n' + block.format("acme")) + "\r\n" + block.format("bolt")


def test_sources_in_one_line_are_never_touched(tmp_path: Path) -> None:
    before = 'title = "Shops"\n[[companies]]\nname = "Acme"\nsources = [{ source = "steam", id = "1" }]\n'
    file = write(tmp_path, before)
    with pytest.raises(Mistake, match="written in one line"):
        add(tmp_path, "Acme", "acme.csv")
    assert file.read_text() == before
    assert with_source('title = "Shops"\ncompanies = [{ name = "Acme" }]\n', 0, {"source": "steam"}) is None


def test_a_newer_export_under_the_old_name_gets_its_day(tmp_path: Path) -> None:
    file = write(tmp_path, 'title = "Shops"\n[[companies]]\nname = "Acme"\n')
    (tmp_path / "acme.csv").touch()
    first = add(tmp_path, "Acme", "acme.csv", origin="google_play")
    assert add(tmp_path, "Acme", "acme.csv", date(2026, 6, 1)) == first
    assert file.read_text().count("collected_at = 2026-06-01") == 1
    assert "2026-05-01" not in file.read_text()


def test_a_file_that_is_said_to_be_something_else_is_not_taken_silently(tmp_path: Path) -> None:
    write(tmp_path, 'title = "Shops"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "table"\nfiles = "acme-*.csv"\ncollected_at = 2026-05-01\n')
    (tmp_path / "acme-june.csv").touch()
    with pytest.raises(Mistake, match="line 7.*collected_at = 2026-05-01, not 2026-06-01"):
        add(tmp_path, "Acme", "acme-june.csv", date(2026, 6, 1))
    with pytest.raises(Mistake, match="origin = nothing, not google_play"):
        add(tmp_path, "Acme", "acme-june.csv", None, "google_play")
    assert add(tmp_path, "Acme", "acme-june.csv", None) == add(tmp_path, "Acme", "acme-june.csv")


def test_a_value_is_changed_in_its_line_and_its_comment_stays() -> None:
    assert with_value('a = "1"   # why\nb = 2\n', ("a",), DAY) == "a = 2026-05-01   # why\nb = 2\n"
    assert with_value("t = { a = 1 }\n", ("t", "a"), DAY) is None


def pages(folder: Path, *files: str, origin: str = "lamps", audience: str = "customer", shared: bool = False, day: date | None = None, basis: str | None = None) -> str:
    study = studies.load(folder)
    return add_pages(study, study.company("Acme"), [folder / f for f in files], origin=origin, audience=audience, site="lamps", shared=shared, collected_at=day, basis=basis)


ACME = '# ours\ntitle = "Shops"\n[[companies]]\nname = "Acme"\n'


def test_later_pages_of_a_site_join_the_earlier_ones_and_the_place_stays_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, ACME)
    first = pages(tmp_path, "1.html", "2.html", basis="by hand")
    assert file.read_text() == ACME + '\n[[companies.sources]]\nsource = "saved_page"\nname = "lamps"\nfiles = ["1.html", "2.html"]\norigin = "lamps"\nbasis = "by hand"\n'
    assert pages(tmp_path, "3.html", "1.html", shared=True) == first
    assert 'files = ["1.html", "2.html", "3.html"]' in file.read_text() and 'site = "lamps"' in file.read_text()
    before = file.read_text()
    assert pages(tmp_path, "2.html", shared=True) == first
    assert file.read_text() == before


def test_a_day_that_is_said_later_fills_what_pages_do_not_say_and_another_day_is_another_look(tmp_path: Path) -> None:
    file = write(tmp_path, ACME)
    first = pages(tmp_path, "1.html")
    assert pages(tmp_path, "1.html", day=DAY) == first
    assert file.read_text().count("collected_at = 2026-05-01") == 1
    second = pages(tmp_path, "june.html", day=date(2026, 6, 1))
    assert second != first and 'name = "lamps 2"' in file.read_text()
    assert pages(tmp_path, "1.html", day=date(2026, 7, 1)) == first
    assert "collected_at = 2026-05-01" not in file.read_text()
    assert pages(tmp_path, "july.html", day=date(2026, 7, 1)) == first


def test_pages_in_a_folder_that_the_study_names_are_in_it_already(tmp_path: Path) -> None:
    file = write(tmp_path, ACME + '[[companies.sources]]\nsource = "saved_page"\nfiles = ["saved", "more/*.html"]\norigin = "lamps"\n')
    (tmp_path / "more").mkdir()
    (tmp_path / "more/4.html").touch()
    before = file.read_text()
    pages(tmp_path, "saved/deep/1.html", "more/4.html")
    assert file.read_text() == before
    pages(tmp_path, "elsewhere.html")
    assert file.read_text().startswith(before) and 'name = "lamps"' in file.read_text()


def test_pages_that_are_said_to_be_something_else_are_not_taken_silently(tmp_path: Path) -> None:
    file = write(tmp_path, ACME)
    pages(tmp_path, "1.html", basis="by hand")
    with pytest.raises(Mistake, match="with origin = 'lamps' and audience = 'customer', not 'other'"):
        pages(tmp_path, "1.html", origin="other")
    with pytest.raises(Mistake, match="basis = 'by hand'"):
        pages(tmp_path, "1.html", basis="by machine")
    text = file.read_text().replace('files = "1.html"', 'files = [  # of May\n  "1.html",\n]')
    file.write_text(text)
    with pytest.raises(Mistake, match="`files` cannot be changed without touching what you wrote"):
        pages(tmp_path, "2.html")
    assert file.read_text() == text


def test_a_ground_that_was_stated_need_not_be_stated_again(tmp_path: Path) -> None:
    write(tmp_path, ACME)
    study = studies.load(tmp_path)
    site = {"site": "lamps", "title": "Lamps", "audience": "customer", "pages": 1, "undated": 0, "refused": {"name": "Lamps", "why": "its terms forbid it"}}

    def plans(basis: str | None) -> list[dict[str, object]]:
        study = studies.load(tmp_path)
        return by_site(study, study.company("Acme"), {tmp_path / "1.html": {"sites": [site], "problems": []}}, collected_at=None, origin=None, audience=None, basis=basis)[0]

    with pytest.raises(Mistake, match="Lamps is not read by programs"):
        plans(None)
    (plan,) = plans("by hand")
    add_pages(study, study.company("Acme"), **plan)  # type: ignore[arg-type]
    assert plans(None)[0]["basis"] is None


def test_a_line_goes_below_another() -> None:
    assert with_line("a = 1", ("a",), "b = 2") == "a = 1\nb = 2\n"
    assert with_line("a = 1\r\nc = 3\r\n", ("a",), "b = 2") == "a = 1\r\nb = 2\r\nc = 3\r\n"
    assert with_line("t = { a = 1 }\n", ("t", "a"), "b = 2") is None


def test_a_study_file_that_cannot_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    file = write(tmp_path, "title = 1\n")
    with pytest.raises(UnicodeEncodeError):
        replace(file, "title = \ud800")
    assert (file.read_text(), list(tmp_path.iterdir())) == ("title = 1\n", [file])
