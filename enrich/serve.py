"""Starts Datasette on a study's store, with the site in the folder `datasette/` and all its settings.

Datasette 0.65 reads settings.json only when it is given a folder, not when it is given a database, so the command line is built from it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from enrich.mistakes import Mistake
from enrich.study import DATABASE

ROOT = Path(__file__).parent.parent
SITE = ROOT / "datasette"
STRIKES_IN = "RAPPORT_STRIKES_IN"
"""Environment variable that tells the pages which study.toml a mention that is struck on them belongs to; without it they offer no striking."""


def options(site: Path) -> list[str]:
    """What Datasette is told on its command line to serve the site: its folders, and every setting of its settings.json."""
    said = ["--metadata", f"{site / 'metadata.yaml'}", "--template-dir", f"{site / 'templates'}", "--plugins-dir", f"{site / 'plugins'}",
            "--static", f"static:{site / 'static'}"]
    for name, value in json.loads((SITE / "settings.json").read_text()).items():
        said += ["--setting", name, json.dumps(value)]
    return said


def command(database: Path, host: str = "127.0.0.1", port: int = 8001) -> list[str]:
    """The command that serves a store. Raises `Mistake` where the store is not there, or not called as the site's metadata names it."""
    if not database.exists():
        raise Mistake("there is no store yet", place=str(database), cure="gather something first: `rapport crawl` or `rapport import FILE`")
    if database.name != DATABASE:
        raise Mistake("the site knows the store by its file's name", place=str(database), cure=f"call the file {DATABASE}")
    return [sys.executable, "-m", "datasette", "serve", str(database), *options(SITE), "--host", host, "--port", str(port)]


def readme_line(database: str = DATABASE) -> str:
    """The same as one line for people, to be typed in the checkout's folder: README.md shows it."""
    return shlex.join(["datasette", database, *options(Path(SITE.name))])


def on_this_machine(host: str) -> bool:
    """Whether an address is this machine's own, which no other can reach."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def serve(database: Path, host: str = "127.0.0.1", port: int = 8001, open_browser: bool = False, study: Path | None = None) -> int:
    """Serves a store until it is stopped, with Ctrl-C or a signal; returns Datasette's exit code. Port 0 takes any free port.

    `study` is the study.toml of a store that may be written to: on this machine alone its pages then let a reader strike mentions.
    """
    said = command(database, host, port)
    writes = study is not None and on_this_machine(host) and os.access(database, os.W_OK)
    environment = {**os.environ, STRIKES_IN: str(study.resolve()) if study and writes else ""}
    with subprocess.Popen([*said, "--open"] if open_browser else said, env=environment) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())      # whoever stops us stops it too
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            return 0
