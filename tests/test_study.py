"""study.toml: every error names its line and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich import crawling, study
from enrich.mistakes import Mistake

GOOD = """title = "Shops"
client = "Ours"

[[companies]]
name = "Ours"

[[companies]]
name = "Acme"
aliases = ["Acme Ltd"]

[[companies.sources]]
source = "table"
files = "acme.csv"
collected_at = 2026-05-01
"""


def load(folder: Path, text: str | bytes) -> study.Study:
    (folder / "study.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return study.load(folder, crawling.sources())


def wrong(folder: Path, text: str | bytes) -> str:
    with pytest.raises(Mistake) as mistake:
        load(folder, text)
    return str(mistake.value).replace(str(folder) + "/", "")


def test_a_study_is_read_with_its_companies_and_places(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD)
    assert [(c.id, found.is_client(c), [s.source for s in c.sources]) for c in found.companies] == [("ours", True, []), ("acme", False, ["table"])]
    assert found.company("Acme Ltd").id == "acme"
    assert study.warnings(found) == ["Ours has no sources: nothing can be gathered about it"]


@pytest.mark.parametrize(("change", "expected"), [
    (("client =", "clinet ="), "study.toml, line 2: unknown key `clinet`\n  cure: did you mean `client`?"),
    (('files = "acme.csv"', 'files = "acme.csv"\ncolums = {}'), "study.toml, line 14: unknown key `colums` for the source 'table'\n  cure: did you mean `columns`?"),
    (('name = "Acme"', 'name = "Ours"'), "study.toml, line 8: two companies share the name 'ours'\n  cure: rename one of them: Ours has it too"),
    (('aliases = ["Acme Ltd"]', 'aliases = ["OURS"]'), "study.toml, line 8: two companies share the name 'ours'\n  cure: rename one of them: Ours has it too"),
    (('source = "table"', 'source = "tabel"'), "study.toml, line 12: there is no source 'tabel'\n  cure: did you mean 'table'?"),
    (("title =", "title = 3 #"), "study.toml, line 1: `title`: Input should be a valid string\n  cure: write it in quotes: title = \"…\""),
    (("2026-05-01", '"1 May"'), "study.toml, line 14: `collected_at`: Input should be a valid datetime or date, input is too short\n  cure: write a day like this: collected_at = 2026-05-01"),
    (('title = "Shops"\n', ""), "study.toml: `title` is missing\n  cure: add `title = …`: what the study is called"),
])
def test_an_error_names_its_line_and_its_cure(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert wrong(tmp_path, GOOD.replace(*change)) == expected


def test_a_file_without_the_day_it_was_collected_is_refused(tmp_path: Path) -> None:
    said = wrong(tmp_path, GOOD.replace("collected_at = 2026-05-01\n", ""))
    assert said.startswith("study.toml, line 11: `collected_at` is missing: the source 'table' needs it\n  cure: add `collected_at = …`")


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    said = wrong(tmp_path, GOOD.replace("client =", "clinet =").replace("aliases =", "alias ="))
    assert said.count("cure:") == 2


def test_a_file_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert wrong(tmp_path, GOOD.replace('"Ours"', "Ours")).startswith("study.toml, line 2: is not TOML")


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    assert "is not UTF-8 text" in wrong(tmp_path, b'title = "caf\xe9"')


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).title == "Shops"


def test_a_missing_study_is_told_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no such file.*\n.*rapport new"):
        study.load(tmp_path)


def test_a_place_keeps_its_profile_when_it_has_a_name_and_its_address_changes(tmp_path: Path) -> None:
    def profile(url: str) -> str:
        found = load(tmp_path, f'title = "x"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "discourse"\nname = "forum"\nurl = "{url}"\n')
        return found.companies[0].profile(found.companies[0].sources[0])

    assert profile("https://a.example") == profile("https://b.example")
