"""Starts Scrapy as a user would, in a process of its own: this library never imports it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from enrich.mistakes import Mistake

PROJECT = Path(__file__).parent.parent
"""The checkout: where scrapy.cfg is."""


def sources() -> dict[str, dict[str, Any]]:
    """Source name to its title, its options (a JSON Schema) and how it is used."""
    return dict(_json("sources"))


def sites() -> dict[str, dict[str, Any]]:
    """Site name to its title, its hosts, and how many reviews a page of it shows: sites whose pages a person saves."""
    return dict(_json("sources", "--sites"))


def recognise(urls: Iterable[str]) -> list[dict[str, Any]]:
    """For each public address: the source it belongs to with its options, or why it is not crawled and what may be done instead."""
    return list(_json("sources", "--recognise", *urls))


def policies(names: Iterable[str]) -> list[dict[str, Any] | None]:
    """For each origin, source or address: what may be done on its platform, and what may be shown of its texts; None where there is no rule."""
    return list(_json("sources", "--policy", *names))


def saved(files: Iterable[Path]) -> list[dict[str, Any]]:
    """For each file or folder: whether it is a table, or pages that a person saved, and then of which sites, and what is wrong with them."""
    return list(_json("saved", *(str(f.absolute()) for f in files)))


def draw(spider: str, file: str, *rest: str) -> int:
    """Prints what a source draws from one saved response; returns the exit code."""
    return _run("draw", spider, str(Path(file).absolute()), *rest)


def crawl(spider: str, settings: dict[str, str] | None = None, **arguments: str | None) -> int:
    """Runs one spider with its `-a` arguments; returns the exit code."""
    given = [part for name, value in arguments.items() if value is not None for part in ("-a", f"{name}={value}")]
    return _run("crawl", spider, *given, *(part for name, value in ({"SAYS_OUTCOME": "False"} | (settings or {})).items() for part in ("-s", f"{name}={value}")))


INTERRUPTED = 130
"""Exit code of what was stopped with Ctrl-C."""
NOTHING_CAME = 3
"""Exit code of a crawl that brought no place to its end: each was refused, blocked, out of reach or cut short."""


def _run(*command: str) -> int:
    interrupted = False
    process = subprocess.Popen([sys.executable, "-m", "scrapy", *command], cwd=PROJECT)
    while True:
        try:
            code = process.wait()
            return INTERRUPTED if interrupted else code
        except KeyboardInterrupt:            # the spider was told too: it finishes the page at hand, keeps it, and stops
            interrupted = True


@cache
def _json(*command: str) -> Any:
    done = subprocess.run([sys.executable, "-m", "scrapy", *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Mistake(f"`scrapy {' '.join(command)}` failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}", place=str(PROJECT),
                      cure="set the checkout up again, as the README says")
    return json.loads(done.stdout)
