"""Writes the study folder that `rapport demo` works in."""

from __future__ import annotations

import csv
from pathlib import Path
from string import Template

from enrich.demo.texts import HERE, Review, companies

HOST_FILE = ".demo-host"
"""Beside study.toml: the one address of this machine that the crawl of this study may reach (spiders/middlewares.py reads it)."""

COLUMNS = ("Review ID", "Date", "Reviewer", "Job title", "Rating", "Title", "Pros", "Cons", "Employer response", "Response date")


def write_study(folder: Path, host: str) -> Path:
    """Writes study.toml, the employee files and the demo's own address into `folder`, and returns the path of study.toml.

    `host` is "127.0.0.1:PORT", where `serve()` runs. Written again, the study is the same but for that address: nothing that was
    gathered before is touched, and no place is taken for a new one.
    """
    employees = folder / "employees"
    employees.mkdir(parents=True, exist_ok=True)
    for company in companies().values():
        with (employees / f"{company.id}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            rows.writerows(map(_row, company.at("staff")))
    (folder / HOST_FILE).write_text(host + "\n", encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(Template((HERE / "study.toml").read_text(encoding="utf-8")).substitute(host=host), encoding="utf-8")
    return path


def _row(review: Review) -> tuple[object, ...]:
    answer = review.replies[0] if review.replies else None
    return (review.id, review.created.date(), review.author, review.job, review.stars, review.title, review.pros, review.cons,
            answer.text if answer else "", answer.created.date() if answer else "")
