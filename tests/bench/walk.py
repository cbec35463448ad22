"""Walks through the pages of a study in a real browser, takes a picture of each, and fails where a page is not there or its console complains:
`python tests/bench/walk.py [--study FOLDER] [--out FOLDER] [--width PIXELS] [--most PAGES]`. Needs Debian's `chromium`."""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from socket import socket
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--enable-logging=stderr"]
COMPLAINTS = ("Uncaught", "Refused to", "Failed to load", "violates")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/pages"))
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--most", type=int, default=1000)
    told = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("there is no chromium on this machine: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as made:
        if told.study is None:
            os.environ.setdefault("RAPPORT_KEYS", f"{made}/keys")
            told.study = Path(made) / "demo"
            rapport("demo", str(told.study), "--no-serve")
        with closing(socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-m", "enrich.cli", "serve", "--study", str(told.study), "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return walk(browser, f"http://127.0.0.1:{port}", told.study / "rapport.db", told.out, told.width, told.most, Path(made))
        finally:
            server.terminate()
            server.wait()


def rapport(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "enrich.cli", *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def walk(browser: str, site: str, database: Path, out: Path, width: int, most: int, profile: Path) -> int:
    """Visits the pages; returns how many are wrong."""
    up(site)
    with closing(sqlite3.connect(database)) as store:
        companies, findings = ([row[0] for row in store.execute(f"select id from {table} order by 1")] for table in ("companies", "findings"))
    pages = ["/", "/method", "/status", "/coverage", "/search?q=refund", "/rapport", "/rapport/published_reviews?_facet=company", *(f"/company/{c}" for c in companies),
             *(f"/system/{s}" for s in "abcde"), *(f"/finding/{quote(f)}" for f in findings[:: max(1, len(findings) // 20)])]
    out.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for page in pages[:most]:
        picture = out / f"{page.strip('/').replace('/', '.').partition('?')[0] or 'home'}-{width}.png"
        done = subprocess.run([browser, *QUIET, f"--user-data-dir={profile / 'browser'}", f"--window-size={width},2400", "--virtual-time-budget=4000", f"--screenshot={picture}", site + page],
                              capture_output=True, text=True, check=False, timeout=120)
        said = [line for line in done.stderr.splitlines() if "CONSOLE" in line and any(c in line for c in COMPLAINTS)]
        fine = picture.exists() and not said
        wrong += not fine
        print(f"{'ok   ' if fine else 'WRONG'} {page} {picture}", *said, sep="\n      " if said else " ")
    print(f"{min(len(pages), most) - wrong} passed, {wrong} failed")
    return wrong


def up(site: str) -> None:
    """Waits until the server answers."""
    for _ in range(100):
        try:
            urlopen(site).close()
            return
        except URLError:
            time.sleep(0.2)
    raise SystemExit(f"{site} does not answer")


if __name__ == "__main__":
    sys.exit(main())
