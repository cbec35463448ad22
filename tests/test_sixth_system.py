"""A consultant adds a sixth way to judge a relationship by writing one data file: its figures, its evidence and its page come of themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette

from enrich import lens as vocabulary
from enrich.conclude import conclude
from enrich.mistakes import Mistake
from enrich.store import Store
from enrich.tables import Evidence, Finding
from tests import worlds

SITE = Path(__file__).parents[1] / "datasette"
HOSPITALITY = """\
id = "f"
title = "The good host"
question = "Is a guest looked after from the door to the door?"
measures = ["areas", "weakness_map"]

[[areas]]
name = "at the door"
title = "Received at the door"
themes = ["courtesy", "heard"]
good = "they were well received"
bad = "they were badly received"

[[terms]]
term = "The host stands at the door"
tags = ["courtesy"]
figures = ["at the door"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The lens files with one more beside them, read as the project's own."""
    folder = Path(shutil.copytree(vocabulary.FOLDER, tmp_path / "lens"))
    (folder / "systems" / "f.toml").write_text(HOSPITALITY, encoding="utf-8")
    monkeypatch.setattr(vocabulary.Lens.__init__, "__defaults__", (folder,))
    vocabulary.lens.cache_clear()
    yield folder
    vocabulary.lens.cache_clear()


async def test_a_sixth_system_is_one_data_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "rapport.db"
    with Store(path, create=True) as store:
        worlds.write(store)
        conclude(store)
        own = {f.slice: f for f in store.read(Finding, "measure = 'areas' and company = 'nettle'") if "f" in f.system.split(",")}
        assert set(own) == {"at the door", "at the door, well", "at the door, badly"}
        badly = own["at the door, badly"]
        assert badly.system == "f" and badly.value is not None and badly.low is not None and badly.high is not None and badly.low < badly.value < badly.high and badly.field_n
        assert "customers say that they were badly received" in badly.sentence
        assert list(store.read(Evidence, "finding = ? and side = 'for'", (badly.id,)))
        assert {"a", "f"} <= {s for f in store.read(Finding, "measure = 'weakness_map'") for s in f.system.split(",")}
        assert not any("f" in f.system.split(",") for f in store.read(Finding, "measure = 'areas' and slice = 'valued'"))
    site = Datasette([str(path)], metadata=yaml.safe_load((SITE / "metadata.yaml").read_text()), template_dir=str(SITE / "templates"), plugins_dir=str(SITE / "plugins"),
                     static_mounts=[("static", str(SITE / "static"))], settings=json.loads((SITE / "settings.json").read_text()))
    await site.invoke_startup()
    home, page = (await site.client.get("/")).text, await site.client.get("/system/f")
    assert "The good host" in home
    assert page.status_code == 200 and "Is a guest looked after from the door to the door?" in page.text and "Received at the door" in page.text


@pytest.mark.parametrize(("was", "now", "said"), [
    ('"areas", "weakness_map"', '"areas", "weaknes_map"', "did you mean 'weakness_map'?"), ('"courtesy", "heard"', '"courtesy", "hear"', "did you mean 'heard'?"),
    ('name = "at the door"', 'name = "valued"', "is defined twice"), ('id = "f"', 'id = "e"', "is defined twice"), ('title = "Received', 'titel = "Received', "unknown key `titel`"),
])
def test_a_mistake_in_it_is_named_with_its_file_and_cure(folder: Path, was: str, now: str, said: str) -> None:
    path = folder / "systems" / "f.toml"
    path.write_text(HOSPITALITY.replace(was, now), encoding="utf-8")
    with pytest.raises(Mistake) as found:
        vocabulary.Lens(folder)
    assert said in str(found.value) and str(path) in str(found.value)
