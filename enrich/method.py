"""The method page without a study: what it says of the program, and the same text as Markdown (`python -m enrich.method > docs/method.md`).

The text stands once, in the templates of the site. Every number in it is a constant of the module that uses it, every score that of a model's card,
so that neither can part from what is computed.
"""

from __future__ import annotations

import inspect
import json
import re
import runpy
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from enrich import cells, conclude, diff_tests, field, stats
from enrich.lens import ENOUGH_GOLD, lens
from enrich.measures import measures
from enrich.mistakes import Mistake
from enrich.records import ANSWERING

SITE = Path(__file__).parents[1] / "datasette"
MODELS = Path(__file__).parent / "models"
BENCH = MODELS / "bench.json"
"""How often our figures told the truth in simulated studies, as `tests/bench/worlds.py --write` kept it."""
MODULES = ("breaks", "diff_shifts", "evidence", "needs_reply", "phrases", "published", "rivals", "stats", "steps.fit", "steps.generic", "steps.language", "steps.order", "templates", "train", "unclaimed")
"""Modules beside the measures whose constants the page names."""
HEAD = "<!-- Made by `python -m enrich.method > docs/method.md` of the templates in datasette/templates/study/method/: change those. -->\n\n"


@cache
def facts() -> dict[str, Any]:
    """What the page says of the program, of whatever study: plain data, so that the page as JSON holds it too."""
    vocabulary = lens()
    targets = (bench() or {"targets": []})["targets"]
    return {
        "choices": {name: _constants(name) for name in (*MODULES, *(f"measures.{measure}" for measure in measures()))}, "cards": {path.stem: _card(path) for path in sorted(MODELS.glob("*.toml"))},
        "titles": {tag.id: tag.title for tag in vocabulary.tags.values()}, "outcomes_minus": [f"theme:{name}-" for name in cells.OUTCOMES], "languages": sorted(vocabulary.languages), "answering": list(ANSWERING),
        "enough": ENOUGH_GOLD, "right": conclude.RIGHT, "dropped": conclude.DROPPED, "days": [round(hours / 24) for hours in field.HORIZONS.values()], "judged_days": round(field.HORIZONS[import_module("enrich.measures.responsiveness").HEADLINE] / 24),
        "within": [part.removeprefix("answered within ") for part in diff_tests.ANSWERED], "draws": inspect.signature(stats.bootstrap).parameters["times"].default,
        "bench": bench(), "grid": [t["name"] for t in targets if ": p " in t["name"]]}


def bench() -> dict[str, Any] | None:
    """The bench's last table; None where it was never run."""
    return json.loads(BENCH.read_text(encoding="utf-8")) if BENCH.exists() else None


def _card(path: Path) -> dict[str, Any]:
    """What a model's card says, days as text."""
    card: dict[str, Any] = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
    return card


def _constants(module: str) -> dict[str, Any]:
    """The public constants of a module that are numbers, or tags and the like."""
    return {name: plain for name, value in vars(import_module(f"enrich.{module}")).items() if name.isupper() and name[0] != "_" and (plain := _plain(value)) is not None and not isinstance(plain, str)}


def _plain(value: Any) -> Any:
    """A number, a string or a list of them; None where it is neither. Sets are sorted."""
    if isinstance(value, (int, float, str)):
        return value
    if isinstance(value, (tuple, frozenset)):
        parts = [_plain(part) for part in (sorted(value) if isinstance(value, frozenset) else value)]
        return None if None in parts else parts
    return None


def html() -> str:
    """The page's text, of no study."""
    site = Environment(loader=FileSystemLoader(SITE / "templates"), autoescape=True, undefined=StrictUndefined)
    runpy.run_path(str(SITE / "plugins" / "rapport_look.py"))["prepare_jinja2_environment"](site)
    page = site.get_template("study/method.html")
    return "".join(page.blocks["content"](page.new_context({**facts(), "study": None, "analysis": None, "sources": [], "steps": [], "tags": []})))


def markdown() -> str:
    """The same for readers of the repository. Raises `Mistake` where the package that turns HTML into Markdown is not installed."""
    try:
        from markdownify import MarkdownConverter
    except ImportError as error:
        raise Mistake(f"writing Markdown needs a package that is not installed: {error.name}", cure="pip install -e '.[dev]'") from None

    class Converter(MarkdownConverter):
        """Terms as a list with bold heads, because GitHub knows no other; `-` for lists."""

        def convert_dt(self, el: Any, text: str, parent_tags: Any) -> str:
            return f"\n- **{' '.join(text.split())}**: "

        def convert_dd(self, el: Any, text: str, parent_tags: Any) -> str:
            return " ".join(text.split())

    made = Converter(heading_style="ATX", bullets="-", escape_misc=False).convert(_anchored(html()))
    return HEAD + re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", made)).strip() + "\n"


def _anchored(page: str) -> str:
    """Links to headings as GitHub names them: their words in small letters with hyphens."""
    slugs: Mapping[str, str] = {id: re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for id, title in re.findall(r'<h[23] id="([^"]+)">([^<]+)</h', page)}
    return re.sub(r'href="#([^"]+)"', lambda m: f'href="#{slugs[m[1]]}"', page)


if __name__ == "__main__":
    sys.stdout.write(markdown())
