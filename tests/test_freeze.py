"""Editions: what is in one, that it never changes, and that a served one looks like the study."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich import freeze as editions
from enrich.cli import main
from enrich.export import export
from enrich.freeze import freeze, opened, unpacked
from enrich.mistakes import Mistake
from enrich.rights import EXCERPT, quote, reduced
from enrich.store import Store
from tests.test_publish import LONG, PAGES, fill, serving, text


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of the pages' tests, whose rights differ from place to place."""
    return fill(tmp_path_factory.mktemp("study") / "rapport.db")


@pytest.fixture
def folder(database: Path, tmp_path: Path) -> Path:
    """A folder with the edition `spring`."""
    with Store(database) as store:
        freeze(store, tmp_path, "spring")
    return tmp_path


def test_an_edition_is_one_file_that_nobody_may_write_and_a_hash_that_other_programs_check(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["spring.db", "spring.db.sha256"]
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o444 for p in folder.iterdir())
    said, name = (folder / "spring.db.sha256").read_text().split("  ")
    assert (len(said), name) == (64, "spring.db\n")


def test_what_may_not_be_published_is_nowhere_in_the_file(folder: Path) -> None:
    held = (folder / "spring.db").read_bytes()
    assert b"Nobody answered me" in held
    for word in (b"quicksilver", b"cinnabar", b"vermilion", b"secretsource"):
        assert word not in held, word
    with opened(folder, "spring") as (store, _):
        part = store.one("select text from reviews where id = 'r-part'")
    assert len(part) == len(LONG) and "zanzibar" not in part and LONG.startswith(part.rstrip())


@pytest.mark.parametrize("path", [p for p in PAGES if not p.startswith("/search")])
async def test_a_served_edition_shows_what_the_study_shows_and_says_on_every_page_what_it_is(database: Path, folder: Path, path: str) -> None:
    asked = f"{path}.json"
    with unpacked(folder, "spring") as copy:
        site, original = await serving(copy), await serving(database)
        made, known = json.loads(await text(site, asked)), json.loads(await text(original, asked))
        if "review" in known:
            for change in known["changes"]:
                change |= {"old": None, "new": None}       # words that their author took back are not frozen
        assert made == known
        shown = await text(site, path)
        assert "Edition <strong>spring</strong>" in shown and (folder / "spring.db.sha256").read_text()[:64] in shown
        assert "Edition <strong>" not in await text(original, path)


async def test_a_table_of_a_served_edition_names_it_too(folder: Path) -> None:
    with unpacked(folder, "spring") as copy:
        site = await serving(copy)
        assert "Edition <strong>spring</strong>" in await text(site, "/rapport/findings")
        await text(site, "/rapport/edition", 403)


def test_an_edition_can_be_exported_like_a_study(folder: Path, tmp_path: Path) -> None:
    with opened(folder, "spring") as (store, edition):
        export(store, "json", tmp_path / "out.json")
    made = json.loads((tmp_path / "out.json").read_text())
    assert len(made["findings"]) == edition.findings
    quotes = [e["quote"]["text"] for f in made["findings"] for e in f["evidence"]["for"] if e["quote"]]
    assert quotes and all(q.startswith("Nobody answered me") for q in quotes)


def test_places_in_a_reduced_text_mean_what_they_meant() -> None:
    words = "It began well. " + "And so it went on and on, with nothing to tell of. " * 30 + "Then they hung up on me twice. " + "More of the same. " * 30
    at = words.index("hung up")
    kept = reduced(words, "excerpt", None, [[(at, at + 7)]])
    assert kept is not None and len(kept) == len(words) and kept.startswith("It began well.") and kept[at:at + 7] == "hung up"
    assert len(kept.split()) < len(words.split()) / 2
    assert quote(kept, "excerpt", None, [(at, at + 7)]) == quote(words, "excerpt", None, [(at, at + 7)])
    assert quote(kept, "excerpt", None) == quote(words, "excerpt", None)
    assert reduced(words, "full", None, ()) == words
    assert reduced(words[:EXCERPT], "excerpt", None, ()) == words[:EXCERPT]
    assert reduced(words, "none", None, ()) is None and reduced(words, "excerpt", "2026-01-01", ()) is None


def test_an_edition_never_changes(database: Path, folder: Path) -> None:
    with Store(database) as store, pytest.raises(Mistake, match="already"):
        freeze(store, folder, "spring")
    file = folder / "spring.db"
    file.chmod(0o644)
    held = bytearray(file.read_bytes())
    held[held.index(b"did not listen")] ^= 1
    file.write_bytes(held)
    with pytest.raises(Mistake, match="'spring' was changed"), opened(folder, "spring"):
        pass
    ((_, edition, said),) = editions.listed(folder)
    assert edition is None and "was changed" in said


def test_an_edition_under_another_name_or_without_its_hash_is_refused(folder: Path) -> None:
    for end in (".db", ".db.sha256"):
        (folder / f"spring{end}").rename(folder / f"summer{end}")
    with pytest.raises(Mistake, match="the edition 'spring' under another name"), opened(folder, "summer"):
        pass
    (folder / "summer.db.sha256").unlink()
    with pytest.raises(Mistake, match="the hash beside this edition is gone"), opened(folder, "summer"):
        pass


def test_an_unknown_name_is_answered_with_the_nearest(folder: Path) -> None:
    with pytest.raises(Mistake, match="did you mean 'spring'"), opened(folder, "sprng"):
        pass


@pytest.mark.parametrize("name", ["", "2026-10-01", "../x", "a b", ".hidden", "x" * 65])
def test_a_name_that_will_not_do_is_refused(database: Path, tmp_path: Path, name: str) -> None:
    with Store(database) as store, pytest.raises(Mistake, match="will not do"):
        freeze(store, tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_nothing_is_frozen_before_there_are_findings_or_while_they_are_older_than_the_texts(tmp_path: Path) -> None:
    with Store(fill(tmp_path / "rapport.db")) as store:
        store.execute("insert into stale values ('nettle', '2026-01-01')")
        with pytest.raises(Mistake, match="something came since"):
            freeze(store, tmp_path / "editions", "x")
        store.execute("delete from analyses")
        with pytest.raises(Mistake, match="no findings"):
            freeze(store, tmp_path / "editions", "x")
    assert not (tmp_path / "editions").exists()


def test_the_command_freezes_and_lists(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('title = "Payments"\n[[companies]]\nname = "Nettle"\n')
    fill(tmp_path / "rapport.db")

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, [*arguments, "--study", str(tmp_path)])
        assert done.exit_code == code, done.output
        return done.output

    assert "no editions yet" in run("freeze", "--list")
    made = run("freeze", "2026-Q4")
    assert "Payments in 2026, edition 2026-Q4, as of 2026-02-01" in made and "sha256 " in made
    assert run("freeze", "--list") == made
    assert json.loads(run("freeze", "--list", "--json"))[0]["sha256"] in made
    assert "either a name" in run("freeze", code=1)
    assert "already" in run("freeze", "2026-Q4", code=1)
    assert "did you mean '2026-Q4'" in run("serve", "--edition", "2026-Q3", code=1)
