"""`scrapy crawl` as an analyst runs it by itself: what a person did wrong is told in a line, and the exit code says whether anything came."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from argparse import Namespace
from contextlib import closing
from pathlib import Path

import pytest
from scrapy.settings import Settings

from enrich import crawling, tables
from enrich.store import Store
from spiders.commands.crawl import Command

ROOT = Path(__file__).parent.parent
STUDY = 'title = "Shops"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "{}"\n{}\n'
FILE = 'files = "acme.csv"\ncollected_at = 2026-05-01'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "acme.csv").write_text("id,text,rating,date,author\na1,They never answered.,1,2026-03-01,Ann\n")
    (tmp_path / "study.toml").write_text(STUDY.format("table", FILE))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], spider: str, *arguments: str) -> str:
    """What the command says of a mistake, before any crawl begins."""
    command = Command()
    command.settings = Settings()
    command.settings.setmodule("spiders.settings")
    command.run([spider], Namespace(spargs=dict(a.split("=", 1) for a in arguments)))
    assert command.exitcode == 1
    return capsys.readouterr().err


def crawl(spider: str, *arguments: str, code: int) -> str:
    """Runs `scrapy crawl` in the checkout; returns what it said on stderr, in which no traceback may stand."""
    done = subprocess.run([sys.executable, "-m", "scrapy", "crawl", spider, *(part for a in arguments for part in ("-a", a))], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(("source", "options", "said"), [
    ("discourse", 'url = "forum.example"', "line 6: `url`: 'forum.example' does not match"),
    ("discourse", 'url = "https://forum.example"\ngroup = ["team"]', "line 7: unknown key `group`"),
    ("table", 'files = "acme.csv"', "`collected_at` is missing"),
])
def test_an_option_that_does_not_fit_is_told_with_its_line(folder: Path, source: str, options: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "study.toml").write_text(STUDY.format(source, options))
    assert said in told(capsys, source, f"study={folder}")


@pytest.mark.parametrize(("arguments", "said"), [
    ([], "a crawl needs a study"), (["study={}/no"], "there is no such file"), (["study={}", "company=bolt"], "there is no company 'bolt'"),
    (["study={}", "since=yesterday"], "'yesterday' is no day"), (["study={}", "companies=acme"], "unknown argument: companies"), (["study={}", "profile=x"], "no place of this study fits"),
])
def test_an_argument_that_does_not_fit_is_told_in_a_line(folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in told(capsys, "table", *(a.format(folder) for a in arguments))


def test_a_source_that_the_study_does_not_name_gathers_nothing_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no place of this study fits: steam" in told(capsys, "steam", f"study={folder}")


def test_a_crawl_says_nothing_and_exits_with_nought_until_the_key_of_its_study_is_gone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert crawl("table", f"study={folder}", code=0) == ""
    for key in (folder / "keys").iterdir():
        key.unlink()
    assert "the key of this study is not on this machine" in told(capsys, "table", f"study={folder}")


def test_a_database_of_another_program_stops_the_crawl_before_it_begins(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(folder / "rapport.db")) as recipes:
        recipes.execute("create table recipes (id)")
    assert "is a database of another program" in told(capsys, "table", f"study={folder}")


def test_a_crawl_that_is_refused_everywhere_brings_nothing_and_names_why(folder: Path) -> None:
    (folder / "study.toml").write_text(STUDY.format("schema_org", 'url = "https://www.trustpilot.com/review/acme.example"'))
    assert "no place could be gathered" in crawl("schema_org", f"study={folder}", code=crawling.NOTHING_CAME)
    with Store(folder / "rapport.db") as store:
        (problem,) = store.read(tables.Problem)
    assert problem.what.startswith("Trustpilot is not crawled: its robots.txt forbids all programs")
    assert problem.cure is not None and problem.cure.startswith("import the CSV export")


def test_a_store_that_cannot_grow_ends_the_crawl_and_keeps_what_was_stored(folder: Path) -> None:
    (folder / "acme.csv").write_text("id,text,rating,date,author\n" + "".join(f"a{i},They never answered letter {i} of mine.,1,2026-03-01,Ann {i}\n" for i in range(6000)))
    command = [sys.executable, "-m", "scrapy", "crawl", "table", "-a", f"study={folder}"]
    full = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20)))
    assert full.returncode != 0
    assert full.stderr.count("what was stored before is kept") == 1
    assert "Traceback" not in full.stderr
    with Store(folder / "rapport.db") as store:
        assert 0 < store.one("select count(*) from reviews") < 6000
    assert crawl("table", f"study={folder}", code=0) == ""
    with Store(folder / "rapport.db") as store:
        assert store.one("select count(*) from reviews") == 6000
