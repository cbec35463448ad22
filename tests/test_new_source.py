"""`rapport new-source`: what it writes works as it stands, and it takes no name that is taken or that nothing could be called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich import cli, new_source
from enrich.mistakes import Mistake

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, with a new source in it."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("spiders", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("enrich", "scrapy.cfg", "pyproject.toml"):
        (root / file).symlink_to(ROOT / file)
    new_source.make("harbour_news", [], root)
    return root


def run(root: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_source_passes_the_tests_of_all_sources_as_it_stands(checkout: Path) -> None:
    said = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_sources.py", "-k", "harbour_news or folder_of_cases or recognised")
    assert "passed" in said and "harbour_news" in run(checkout, "scrapy", "list").split()


def test_what_is_written_is_tidy_and_has_nothing_left_to_fill_in(checkout: Path) -> None:
    spider = checkout / "spiders" / "sources" / "harbour_news.py"
    run(checkout, "ruff", "check", str(spider))
    assert not any(word in file.read_text(encoding="utf-8") for file in (spider, *(checkout / "tests" / "cases" / "harbour_news").iterdir()) for word in ("$", "TODO", "FIXME"))


@pytest.mark.parametrize("name", ["", "x", "Harbour", "harbour-news", "1st", "class", "../harbour", "harbour.news", "harbour_", "häfen"])
def test_a_name_that_no_source_could_have_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no name for a source"):
        new_source.make(name, [], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["spiders/sources/harbour_news.py", "tests/cases/harbour_news"])
def test_what_is_there_already_is_never_overwritten(there: str, tmp_path: Path) -> None:
    (tmp_path / there).mkdir(parents=True)
    with pytest.raises(Mistake, match="already"):
        new_source.make("harbour_news", [], tmp_path)
    with pytest.raises(Mistake, match="already"):
        new_source.make("steam", ["steam"], tmp_path / "elsewhere")


def test_the_command_says_what_it_made_and_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrich.crawling.PROJECT", tmp_path)
    monkeypatch.setattr("enrich.crawling.sources", dict)
    monkeypatch.setattr("enrich.new_source.make", lambda name, known, make=new_source.make: make(name, known, tmp_path))
    done = CliRunner().invoke(cli.main, ["new-source", "harbour_news"])
    assert done.exit_code == 0 and "made: spiders/sources/harbour_news.py" in done.output and "pytest tests/test_sources.py -k harbour_news" in done.output
    again = CliRunner().invoke(cli.main, ["new-source", "harbour_news"])
    assert again.exit_code == 1 and "already" in again.output and "cure" in again.output
