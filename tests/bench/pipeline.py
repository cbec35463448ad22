"""How fast a study is gathered and read, and what a second run costs: `python tests/bench/pipeline.py [REVIEWS]`.

The yardstick, measured in the same run, is SQLite taking the same rows in one table without anything of ours. Texts are the bundled demo's, made
distinct by a number, so that nothing is saved by equal texts.
"""

from __future__ import annotations

import csv
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from enrich.demo.texts import companies


def main(reviews: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["RAPPORT_KEYS"] = str(folder / "keys")
        rows = write(folder, reviews)
        print(f"{reviews:,} reviews, {sum(bool(r[5]) for r in rows):,} of them answered")
        plain = yardstick(folder, rows)
        print(f"SQLite alone:            {reviews / plain:>10,.0f} reviews/s (yardstick)")
        for said, command in (("gather", "crawl"), ("gather again", "crawl"), ("read and conclude", "enrich"), ("conclude, nothing new", "enrich")):
            seconds, memory = run(folder, command)
            print(f"{said + ':':<24} {reviews / seconds:>10,.0f} reviews/s   {seconds:>6.1f} s, {seconds / plain:,.0f} times the yardstick, {memory:,.0f} MB at most")


def write(folder: Path, reviews: int) -> list[list[str]]:
    """A study of two companies with the reviews shared between them; returns the rows."""
    texts = [(r.text, r.replies[0].text if r.replies else "") for c in companies().values() for r in c.at("page")]
    rows = []
    for i in range(reviews):
        text, reply = texts[i % len(texts)]
        day = f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}"
        rows.append([str(i), f"{text} Number {i}.", str(i % 5 + 1), day, f"Author {i}", reply and f"{reply} Number {i}.", day if reply else ""])
    for n, name in enumerate(("one", "two")):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "text", "rating", "date", "author", "reply", "reply_date"])
            writer.writerows(rows[n::2])
    (folder / "study.toml").write_text('title = "Bench"\n' + "".join(
        f'[[companies]]\nname = "{n}"\n[[companies.sources]]\nsource = "table"\nfiles = "{n}.csv"\norigin = "x"\ncollected_at = 2026-01-31\n' for n in ("one", "two")))
    return rows


def yardstick(folder: Path, rows: list[list[str]]) -> float:
    """Seconds that SQLite takes to store the rows."""
    began = time.perf_counter()
    with sqlite3.connect(folder / "plain.db") as db:
        db.execute("create table reviews (id primary key, text, rating, date, author, reply, reply_date)")
        db.executemany("insert into reviews values (?, ?, ?, ?, ?, ?, ?)", rows)
    return time.perf_counter() - began


def run(folder: Path, command: str) -> tuple[float, float]:
    """Seconds and most memory (MB, of the largest process so far) of a command of ours."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "enrich.cli", command, "--study", str(folder), "--json"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
