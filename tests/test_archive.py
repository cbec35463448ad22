"""Raw responses are kept for their owner only, and read again after a parser improved: what then changes has the cause parser."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich import archive, crawling, study
from enrich.cli import main
from enrich.store import Store
from tests.local_site import served
from tests.test_incremental import STUDY, Forum, Topic


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    with served(Forum({n: Topic(n, 400 + n, 399 if n < 3 else None) for n in range(1, 6)}).answer) as host:
        (tmp_path / "study.toml").write_text(STUDY.format(host=host))
        (tmp_path / ".demo-host").write_text(host)
        assert crawling.crawl("discourse", {"DOWNLOAD_DELAY": "0"}, study=str(tmp_path)) == 0
        yield tmp_path


def test_what_was_kept_is_what_came_and_only_its_owner_may_read_it(folder: Path) -> None:
    made = study.load(folder)
    with Store(made.database) as store:
        kept = [archive.read(made, place) for (place,) in store.rows("select archive from pages order by rowid")]
    assert [k.url.partition("/forum")[2] for k in kept if k] == ["/latest.json", *(f"/t/{n}.json" for n in (1, 2, 3, 4, 5)), "/latest.json?page=1"] or len(kept) == 7
    assert all(k and k.status == 200 and k.body.startswith(b"{") and dict(k.headers)["Content-Type"].startswith("application/json") for k in kept)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in ((folder / "archive"), *(folder / "archive").glob("*.gz"))}
    assert set(modes.values()) == {0o700, 0o600} and (folder / "archive" / ".gitignore").read_text() == "*\n"


def test_a_replay_asks_for_nothing_and_changes_nothing_where_the_parser_is_the_same(folder: Path) -> None:
    before = _tables(folder)
    done = CliRunner().invoke(main, ["replay", "--study", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert _tables(folder) == before
    with Store(folder / "rapport.db") as store:
        assert list(store.rows("select kind, outcome, requests, responses, reviews, new_reviews, new_replies, changes, problems from crawls order by rowid"))[1] == ("replay", "finished", 0, 7, 5, 0, 0, 0, 0)


def test_what_a_better_parser_reads_has_the_cause_parser(folder: Path) -> None:
    with Store(folder / "rapport.db") as store:                    # as if an older parser had read less
        id = store.one("select id from reviews where source_id = '1'")
        store.execute("update reviews set text = 'Topic 1', raw_hash = 'old' where id = ?", (id,))
        store.execute("delete from replies where review = ?", (id,))
        store.execute("delete from looks where kind = 'reply'")
    assert crawling.crawl("discourse", study=str(folder), replay="1") == 0
    with Store(folder / "rapport.db") as store:
        assert list(store.rows("select what, old, new, cause from changes")) == [("edited", "Topic 1", "Topic 1\nThe parcel never came.", "parser")]
        assert store.one("select count(*) from replies where review = ?", (id,)) == 1
        # a replay is no look: the next crawl is still the second, and looks where it would have looked
        assert store.one("select count(*) from looks where looks > 1") == 0


def test_what_is_too_old_is_deleted_and_a_replay_says_so(folder: Path) -> None:
    made = study.load(folder)
    assert archive.expire(made) == 0
    assert archive.expire(made, datetime(2200, 1, 1, tzinfo=UTC)) == 1
    assert crawling.crawl("discourse", study=str(folder), replay="1") in (0, crawling.NOTHING_CAME)
    with Store(folder / "rapport.db") as store:
        assert store.one("select count(*) from reviews") == 5
        assert set(store.rows("select what from problems")) == {("is no longer in the archive",)}


def _tables(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with Store(folder / "rapport.db") as store:
        return {name: list(store.rows(f"select * from {name} order by 1, 2")) for name in ("reviews", "replies", "looks", "changes", "pages", "marks")}
