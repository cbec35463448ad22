"""The method in the program's own words: what every measure counts, the formulas with their sources, and how the bench with known truth came out.

What stands here is read off the measures and formulas themselves, so that page, docs and program cannot part. `python -m enrich.method > docs/method.md`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from enrich import audit, breaks, field, needs_reply, stats, templates
from enrich.measures import measures

BENCH = Path(__file__).parent / "models" / "bench.json"
FORMULAS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("Intervals of shares", stats.bounded), ("Texts that hang together", stats.clustered), ("Differences against a margin", stats.difference), ("Many comparisons", stats.adjust),
    ("Answered within so long", stats.answered), ("Curves where delays are known within bounds", stats.curve), ("Draws of days", stats.bootstrap), ("The field", field.sides),
    ("Changes of level", breaks.breaks), ("Audits", audit.corrected), ("Whether a reply is wanted", needs_reply.learn), ("Pasted replies", templates.cluster))
"""What is computed, and the function that says how."""
MADE = ("Made by `python -m enrich.method > docs/method.md` from the documentation of the program itself. The page Method of every study says the rest: who is asked about, the field, "
        "the verdicts and their margins, how words are found and how well, people and rights.")


def told() -> Iterator[tuple[str, str]]:
    """Each measure's title and what its own documentation says of it; then what functions inside it say that name a source."""
    for name, module in sorted(measures().items()):
        title, _, text = (inspect.getdoc(module) or name).partition(":")
        cited = [doc for _, made in inspect.getmembers(module, inspect.isfunction) if made.__module__ == module.__name__ and (doc := inspect.getdoc(made)) and re.search(r"\b(?:18|19|20)\d\d\b", doc)]
        yield title.strip(), " ".join(_line(part) for part in (text, *cited))


def formulas() -> Iterator[tuple[str, str]]:
    """Each formula's title and what its function says, with the source."""
    for title, made in FORMULAS:
        yield title, _line(inspect.getdoc(made) or "")


def bench() -> dict[str, Any] | None:
    """How often figures told the truth in simulated studies, as `tests/bench/worlds.py --write` last kept it."""
    return json.loads(BENCH.read_text(encoding="utf-8")) if BENCH.exists() else None


def _line(text: str) -> str:
    """A docstring as one run of words, without marks of code; its first letter large."""
    text = re.sub(r"\s+", " ", text.replace("`", "")).strip()
    return text[:1].upper() + text[1:]


def markdown() -> str:
    """All of it, for readers of the repository."""
    lines = ["# Method", "", MADE, "", "No public reply is not no reply. Reviews are what some customers wrote in public: no sample of all customers.", "", "## Measures", ""]
    lines += [line for title, text in told() for line in (f"**{title}.** {text}", "")]
    lines += ["## Formulas and their sources", ""]
    lines += [line for title, text in formulas() for line in (f"**{title}.** {text}", "")]
    lines += ["## The bench with known truth", ""]
    if kept := bench():
        lines += [f"{kept['studies']:,} simulated studies a line, {kept['made_on']} (`python tests/bench/worlds.py {kept['studies']} --write`); ± is half the 99 % Monte-Carlo interval.", "",
                  "| What | Share | ± | Target | Met |", "| --- | --- | --- | --- | --- |"]
        lines += [f"| {t['name']} | {t['value']:.3f} | {t['error']:.3f} | {t['target'] or 'none'} | {'yes' if t['met'] else 'no'} |" for t in kept["targets"]]
    else:
        lines += ["Not run: `python tests/bench/worlds.py --full --write`."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
