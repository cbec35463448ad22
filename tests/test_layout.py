"""The rooms of the house and the arrows between them; and that our folder `datasette/` never becomes a package that hides the real one."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SITE = ROOT / "datasette"

MAY_IMPORT = {
    "enrich": {"enrich"},
    "spiders": {"enrich", "spiders", "scrapy"},
    "datasette/plugins": {"enrich", "datasette"},
}
"""Room to those of our rooms and engines that its files may import."""
WATCHED = {"enrich", "spiders", "scrapy", "datasette", "tests", "twisted"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute here"
            yield node.module or ""


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_its_arrows_allow(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    wrong = [f"{path.relative_to(ROOT)} imports {name}" for path in files for name in imported(path)
             if name.split(".")[0] in WATCHED - MAY_IMPORT[room] - ({"twisted"} if room == "spiders" else set())]
    assert wrong == []


@pytest.mark.parametrize("leaves", ["spiders/sources", "enrich/steps", "enrich/measures"])
def test_nothing_imports_a_leaf(leaves: str) -> None:
    """Sources, steps and measures are found by looking into their folder; only what lies beside them in it may share code."""
    package = leaves.replace("/", ".")
    names = {f"{package}.{path.stem}" for path in (ROOT / leaves).glob("*.py") if not path.stem.startswith("_")}
    wrong = []
    for room in ("enrich", "spiders", "datasette"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                found = {n.name for n in node.names} if isinstance(node, ast.Import) else \
                    {node.module or "", *(f"{node.module}.{n.name}" for n in node.names)} if isinstance(node, ast.ImportFrom) else set()
                if path.parent != ROOT / leaves and found & names:
                    wrong.append(f"{path.relative_to(ROOT)} imports {', '.join(found & names)}")
    assert wrong == []


def test_only_the_store_talks_to_sqlite() -> None:
    opens = [str(path.relative_to(ROOT)) for path in (ROOT / "enrich").rglob("*.py") if "sqlite3.connect" in path.read_text(encoding="utf-8")]
    assert opens == ["enrich/store.py"]


def test_our_folder_datasette_is_no_package() -> None:
    assert [str(p.relative_to(ROOT)) for p in SITE.rglob("__init__.py")] == []
    assert list(SITE.glob("*.py")) == []
    assert not (ROOT / "tests" / "datasette").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_the_real_datasette_is_the_one_that_python_finds() -> None:
    spec = find_spec("datasette")
    assert spec and spec.origin
    assert "site-packages" in Path(spec.origin).parts
    assert not Path(spec.origin).is_relative_to(SITE)


def test_the_wheel_holds_our_two_packages_and_nothing_of_the_site() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["spiders", "enrich"]}
    assert project["tool"]["ruff"]["lint"]["isort"]["known-third-party"] == ["datasette"]


def test_no_plugin_is_called_like_a_module() -> None:
    """Where a tool puts the plugins' folder on Python's path, a plugin of that name would hide the module."""
    assert [p.stem for p in (SITE / "plugins").glob("*.py") if p.stem in sys.stdlib_module_names or find_spec(p.stem)] == []
