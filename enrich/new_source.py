"""A new source, begun: a spider that works and one saved case, both to be adapted to the site."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from pathlib import Path
from string import Template

from enrich import crawling
from enrich.mistakes import Mistake

TEMPLATES = Path(__file__).parent / "scaffold_source"
FILES = {"source.py.txt": "spiders/sources/{}.py", "page.json.txt": "tests/cases/{}/page.json", "page.expected.json.txt": "tests/cases/{}/page.expected.json"}
"""Template to the file that is made of it."""


def make(name: str, known: Collection[str], root: Path = crawling.PROJECT) -> list[Path]:
    """Writes the spider and its case into a checkout, and returns their paths. `known` are the sources that there are.

    Raises `Mistake` where the name is none that Python and the tables can use, or is taken; then nothing is written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name) or keyword.iskeyword(name) or name.endswith("_"):
        raise Mistake(f"{name!r} is no name for a source", cure="write it in small letters and digits with _ between, as in harbour_news")
    paths = [root / path.format(name) for path in FILES.values()]
    taken = [path for path in (paths[0], paths[1].parent) if path.exists()]
    if taken or name in known:
        raise Mistake("there is a source of this name already", place=str(taken[0]) if taken else name, cure="choose another name, or change the one that is there")
    host = f"{name.replace('_', '-')}.example"
    words = {"name": name, "title": name.replace("_", " ").capitalize(), "Class": "".join(part.capitalize() for part in name.split("_")), "host": host, "host_pattern": re.escape(host).replace("\\-", "-")}
    for template, path in zip(FILES, paths, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    return paths
