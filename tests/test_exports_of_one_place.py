"""Exports of one place that were made at different times: a later one is a later look at the same reviews."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from enrich.store import Store

HEAD = "reviewId,content,score,at,userName,replyContent,repliedAt\n"
MAY = HEAD + "gp:1,They charged me twice.,1,2026-03-01,Ann,,\ngp:2,Nobody answers.,1,2026-03-02,Bea,Sorry.,2026-03-09\n"
JUNE = HEAD + "gp:1,They charged me twice.,1,2026-03-01,Ann,We paid it back.,2026-05-20\ngp:2,They answered after all.,3,2026-03-02,Bea,,\ngp:3,All is well.,5,2026-05-21,Cy,,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "study.toml").write_text('title = "Shops"\n[[companies]]\nname = "Acme"\n')
    return tmp_path


def take(folder: Path, file: str, text: str, day: str) -> tuple[int, int, int]:
    """What an import brings: reviews that are new, replies that are new, changes."""
    (folder / file).write_text(text)
    done = subprocess.run([sys.executable, "-m", "enrich.cli", "import", str(folder / file), "--study", str(folder), "--company", "acme", "--origin", "google_play", "--collected-at", day, "--json"],
                          capture_output=True, text=True, check=True)
    (run,) = json.loads(done.stdout)
    return run["new_reviews"], run["new_replies"], run["changes"]


@pytest.mark.parametrize("file", ["acme-june.csv", "acme-may.csv"])       # beside the old one, or in its place
def test_a_later_export_brings_what_is_new_and_dates_what_changed(folder: Path, file: str) -> None:
    assert take(folder, "acme-may.csv", MAY, "2026-05-01") == (2, 1, 0)
    assert take(folder, file, JUNE, "2026-06-01") == (1, 1, 4)
    with Store(folder / "rapport.db") as store:
        assert store.one("select count(*) from reviews") == 3
        assert list(store.rows("select what, not_before, noticed_at, cause from changes order by what")) == [
            (what, "2026-05-01T23:59:59Z", "2026-06-01T23:59:59Z", "import") for what in ("appeared", "edited", "missing", "rated")]
