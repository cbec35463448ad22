"""The main job on other people's reviews, as a consultant runs it, against figures computed here from the files alone."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lifelines import KaplanMeierFitter

from enrich import tables
from enrich.store import Store

APPS = {"Akudo": "akudo.technologies", "Junio": "in.junio", "Greenlight": "me.greenlight", "Freo": "com.freo.save.banking.app", "Niyo": "finance.global.travel.niyo"}
COLLECTED = datetime(2023, 11, 10, 23, 59, 59)
WEEK = timedelta(days=7)

pytestmark = pytest.mark.shared


@dataclass(frozen=True)
class Row:
    stars: int
    at: datetime
    replied: datetime | None


def rows(folder: Path, app: str) -> dict[str, Row]:
    """Reviews of an app by their id, straight from its files."""
    found = {}
    for file in sorted(folder.glob(f"{app}__app_reviews_*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.DictReader(opened):
                replied = row["repliedAt"].strip()
                found[row["reviewId"]] = Row(int(row["score"]), datetime.fromisoformat(row["at"]), datetime.fromisoformat(replied) if replied not in ("", "No Reply", "nan") else None)
    return found


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "A01_fintech_play_in"


@pytest.fixture(scope="module")
def store(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A study of the five rivals, gathered and enriched by the command line."""
    study = tmp_path_factory.mktemp("fintech")
    (study / "study.toml").write_text('title = "Five payment apps"\n' + "".join(
        f'[[companies]]\nname = "{name}"\n[[companies.sources]]\nsource = "table"\nfiles = "{folder}/{app}__app_reviews_*.csv"\norigin = "google_play"\ncollected_at = 2023-11-10\n'
        for name, app in APPS.items()))
    patch = pytest.MonkeyPatch()
    patch.setenv("RAPPORT_KEYS", str(study / "keys"))
    for command in ("crawl", "enrich"):
        done = subprocess.run([sys.executable, "-m", "enrich.cli", command, "--study", str(study), "--json"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    with Store(study / "rapport.db") as opened:
        yield opened
    patch.undo()


def finding(store: Store, id: str) -> tables.Finding:
    found = store.get(tables.Finding, id)
    assert found is not None, id
    return found


def test_every_review_and_reply_of_the_files_is_in_the_store(store: Store, folder: Path) -> None:
    stored = {name: (reviews, replies) for name, reviews, replies in store.rows(
        "select c.name, count(distinct r.id), count(a.id) from companies c join reviews r on r.company = c.id left join replies a on a.review = r.id group by c.id")}
    assert stored == {name: (len(found), sum(r.replied is not None for r in found.values())) for name, app in APPS.items() for found in [rows(folder, app)]}


@pytest.mark.parametrize("name", APPS)
def test_the_share_of_bad_reviews_replied_to_is_what_the_files_say(store: Store, folder: Path, name: str) -> None:
    bad = [r for r in rows(folder, APPS[name]).values() if r.stars <= 2]
    found = finding(store, f"{name.lower()}.responsiveness.naive-share")
    assert (found.n, found.value) == (len(bad), pytest.approx(sum(r.replied is not None for r in bad) / len(bad)))


@pytest.mark.parametrize("name", APPS)
def test_the_share_answered_within_a_week_is_what_kaplan_meier_makes_of_the_files(store: Store, folder: Path, name: str) -> None:
    bad = [r for r in rows(folder, APPS[name]).values() if r.stars <= 2]
    bounds = []
    for unknown in (timedelta(0), timedelta(days=3650)):       # a reply before the last edit came at once, or after very long
        waits = [COLLECTED - r.at if r.replied is None else unknown if r.replied < r.at else r.replied - r.at for r in bad]
        curve = KaplanMeierFitter().fit([w / WEEK for w in waits], [r.replied is not None for r in bad])
        bounds.append(1 - float(curve.predict(1.0)))
    id = f"{name.lower()}.responsiveness.answered-within-7-days"
    found = store.get(tables.Finding, f"{id}-whole-period") or finding(store, id)      # the headline is of the months that the field has too
    assert found.value is not None
    assert bounds[1] - 0.005 <= found.value <= bounds[0] + 0.005
    assert found.low is not None and found.high is not None and found.low <= found.value <= found.high
    assert finding(store, id).field_value is not None


@pytest.mark.parametrize("name", APPS)
def test_the_median_wait_of_the_answered_is_what_the_files_say(store: Store, folder: Path, name: str) -> None:
    waits = [(r.replied - r.at) / timedelta(hours=1) for r in rows(folder, APPS[name]).values() if r.stars <= 2 and r.replied and r.replied >= r.at]
    found = finding(store, f"{name.lower()}.responsiveness.naive-mean-wait")
    edited = found.n - len(waits)                              # replies before an edit: their wait is not known
    assert edited >= 0
    if not edited:
        assert found.value == pytest.approx(sum(waits) / len(waits), rel=0.02)


def test_no_employee_source_shows_as_not_available(store: Store) -> None:
    missing = list(store.read(tables.Finding, "verdict = 'not available' and measure = 'staff_map'"))
    assert {f.company for f in missing} == {n.lower() for n in APPS}
    assert all(f.value is None for f in missing)


def test_enriching_again_changes_nothing(store: Store) -> None:
    before = list(store.read(tables.Finding, "1 order by id"))
    done = subprocess.run([sys.executable, "-m", "enrich.cli", "enrich", "--study", str(store.path.parent), "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["read"] == 0
    assert list(store.read(tables.Finding, "1 order by id")) == before
