"""The `rapport` command as a consultant meets it: what it prints, what it leaves, how it exits."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.scaffold import guess

CSV = "id,text,rating,date,author,reply,reply_date\n" + "".join(
    f"{i},They never answered my letter number {i}.,1,2026-03-{i % 28 + 1:02d},Ann {i},We are sorry.,2026-04-02\n" for i in range(1, 41))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text('# my notes stay\ntitle = "Shops"\n\n[[companies]]\nname = "Acme"\n')
    return tmp_path


def rapport(*arguments: str, code: int = 0) -> str:
    """Runs a command in a process of its own; returns what it printed on both streams."""
    done = subprocess.run([sys.executable, "-m", "enrich.cli", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_command_explains_itself() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_new_recognises_addresses_and_answers_import_only_ones_with_what_may_be_done(folder: Path) -> None:
    said = rapport("new", "games", "https://store.steampowered.com/app/413150/Some_Game/", "Acme=https://www.trustpilot.com/review/acme.example", "https://forum.bolt.example")
    text = (folder / "games/study.toml").read_text()
    assert 'name = "Some Game"' in text
    assert 'id = "413150"' in text
    assert 'name = "Bolt"' in text
    assert "instead: import the CSV export" in said
    rapport("check", "--study", "games")


@pytest.mark.parametrize(("address", "name"), [
    ("https://store.steampowered.com/app/413150/Some_Game/", "Some Game"), ("https://forum.bolt.example", "Bolt"), ("https://github.com/acme/tool", "Acme"),
    ("https://addons.mozilla.org/en-US/firefox/addon/tab-keeper/", "Tab Keeper")])
def test_a_companys_name_is_guessed_from_an_address(address: str, name: str) -> None:
    assert guess(address) == name


def test_new_never_overwrites_a_study(folder: Path) -> None:
    assert "there is a study already" in rapport("new", ".", code=1)


def test_new_wants_addresses_and_guesses_whose_they_are(folder: Path) -> None:
    assert "'Acme' is no address" in rapport("new", "shops", "Acme", code=1)
    said = json.loads(rapport("new", "shops", "--json", "https://www.trustpilot.com/review/www.acme.example", "https://forum.acme.example", "https://play.google.com/store/apps/details?id=com.bolt.app"))
    assert [a["name"] for a in said["addresses"]] == ["Acme", "Acme", "Bolt"]


def test_new_says_what_is_wrong_with_its_folder(folder: Path) -> None:
    (folder / "file").touch()
    assert "file/study: Not a directory" in rapport("new", "file/study", code=1)


def test_check_warns_of_a_place_that_a_crawl_would_refuse(folder: Path) -> None:
    with (folder / "study.toml").open("a") as study:
        study.write('[[companies.sources]]\nsource = "schema_org"\nurl = "https://www.trustpilot.com/review/acme.example"\n')
    assert "Acme: https://www.trustpilot.com/review/acme.example is not crawled: its robots.txt forbids all programs" in rapport("check")


def test_the_demo_never_overwrites_a_study(folder: Path) -> None:
    assert "there is a study of your own" in rapport("demo", ".", code=1)
    assert (folder / "study.toml").read_text().startswith("# my notes stay")


def test_an_import_goes_into_the_study_file_and_the_store_and_can_be_run_twice(folder: Path) -> None:
    (folder / "acme.csv").write_text(CSV)
    assert "40 reviews (40 new), 40 replies (40 new)" in rapport("import", "acme.csv", "--company", "acme", "--collected-at", "2026-05-01")
    assert "40 reviews (0 new), 40 replies (0 new), 0 changes" in rapport("import", "acme.csv", "--company", "acme", "--seen", "2026-05-01")
    text = (folder / "study.toml").read_text()
    assert text.startswith("# my notes stay")
    assert text.count("acme.csv") == 1


def test_an_import_without_its_day_says_what_to_add_and_changes_nothing(folder: Path) -> None:
    (folder / "acme.csv").write_text(CSV)
    before = (folder / "study.toml").read_text()
    assert "--collected-at YYYY-MM-DD" in rapport("import", "acme.csv", "--company", "acme", code=1)
    assert (folder / "study.toml").read_text() == before


def test_a_file_of_which_nothing_can_be_read_exits_non_zero_and_keeps_what_was_stored(folder: Path) -> None:
    (folder / "acme.csv").write_text(CSV)
    rapport("import", "acme.csv", "--company", "acme", "--collected-at", "2026-05-01")
    (folder / "other.xlsx").write_bytes(b"<html>not a workbook</html>")
    said = rapport("import", "other.xlsx", "--company", "acme", "--collected-at", "2026-05-01", code=1)
    assert "other.xlsx" in said
    assert "say more of it there" in said
    assert "cure:" in said
    state = json.loads(rapport("status", "--json"))
    assert [p["reviews"] for p in state["places"]] == [40, 0]


def test_status_says_what_is_not_available(folder: Path) -> None:
    assert "not available: Acme: no employee reviews" in rapport("status")


def test_a_database_of_another_program_stops_every_command(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", "import sqlite3; sqlite3.connect('rapport.db').execute('create table recipes (id)')"], check=True)
    (folder / "acme.csv").write_text(CSV)
    for command in (("import", "acme.csv", "--company", "acme", "--collected-at", "2026-05-01"), ("enrich",), ("status",)):
        assert "is a database of another program" in rapport(*command, code=1)


def test_without_a_store_the_next_step_is_named(folder: Path) -> None:
    for command in (("enrich",), ("serve",), ("export",)):
        assert "gather something first" in rapport(*command, code=1)


def test_a_crawl_that_is_killed_goes_on_when_it_is_run_again_and_nothing_is_doubled(folder: Path) -> None:
    rows = CSV.splitlines()
    (folder / "acme.csv").write_text("\n".join([rows[0], *(f"{i},Words number {i} about nothing.,3,2026-01-02,Ann {i},," for i in range(12_000))]))
    asked = ["import", "acme.csv", "--company", "acme", "--collected-at", "2026-05-01"]
    # where the tests run in the background Ctrl-C is ignored, and so it would be by what they start
    listens = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from enrich.cli import main; main()"
    command = [sys.executable, "-c", listens, *asked]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        while process.poll() is None and not some_reviews(folder / "rapport.db"):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 130
    stored = json.loads(rapport("status", "--json"))["places"][0]
    assert 0 < stored["reviews"] < 12_000
    assert stored["outcome"] == "interrupted"
    again = json.loads(rapport(*asked, "--json"))
    assert [(r["outcome"], r["reviews"], r["new_reviews"] + stored["reviews"]) for r in again] == [("finished", 12_000, 12_000)]


def some_reviews(database: Path) -> bool:
    """Whether a crawl that still runs has stored reviews."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as store:
            return bool(store.execute("select exists (select 1 from reviews)").fetchone()[0])
    except sqlite3.OperationalError:         # it is not there yet, or has no tables
        return False
