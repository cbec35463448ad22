"""How a comparison of two dates is written: Markdown for a report, a page, JSON for programs, and a feed of what alerts."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from xml.etree import ElementTree

from markupsafe import Markup

from enrich.diff import Diff
from enrich.diff_shifts import Cause, Shift, spoken
from enrich.words import many

HEADINGS: dict[tuple[Cause, bool], str] = {
    ("world", True): "In the world", ("world", False): "In the world, within doubt (no alert)",
    ("coverage", False): "Coverage: what we see more or less of (no alert)", ("tagger", False): "The tagger: what we read otherwise (no alert)",
}
"""What a change is attributed to, and whether it alerts."""
STYLE = """body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1d2530; background: #fdfcf9 }
h1, h2 { font-family: Charter, Georgia, serif; line-height: 1.2 } li { margin: 0.6rem 0 } .alert li { border-left: 4px solid #9d3524; padding-left: 0.8rem; list-style: none }
.note { color: #535d6a; font-size: 0.9rem }"""


def _opening(diff: Diff) -> Iterator[str]:
    """What was compared, in sentences."""
    yield f"From {diff.a.said} (last look {spoken(diff.looked[0])}) to {diff.b.said} (last look {spoken(diff.looked[1])}), read with today's tags."
    for of, n in (("review", diff.reviews), ("reply", diff.replies)):
        yield (f"{many(n['known'], of, 'replies' if of == 'reply' else None)} known at first; {n['coverage']:,} more of the same days, or of new places, came in sight later (coverage); "
               f"{n['world']:,} were written since (the world).")
    yield f"{many(diff.tests, 'change')} {'was' if diff.tests == 1 else 'were'} tested together; only what is sure among all of them, and happened in the world, alerts."


def _grouped(diff: Diff) -> Iterator[tuple[str, bool, list[Shift]]]:
    for (cause, alerts), heading in HEADINGS.items():
        yield heading, alerts, [s for s in diff.shifts if (s.cause, s.alert) == (cause, alerts)]


def markdown(diff: Diff) -> str:
    """For a terminal, and for a report."""
    lines = [f"# What changed: {_plain(diff.title)}", "", *(f"{_plain(said)}  " for said in _opening(diff))]
    for heading, _, shifts in _grouped(diff):
        lines += ["", f"## {heading}", "", *([f"- {_plain(s.sentence)}" for s in shifts] or ["Nothing."])]
    if diff.notes:
        lines += ["", "## Beside this", "", *(f"- {_plain(note)}" for note in diff.notes)]
    return "\n".join(lines) + "\n"


def page(diff: Diff) -> str:
    """One HTML file that needs nothing else."""
    parts = [Markup("<h1>What changed: {}</h1>").format(diff.title), Markup("<p>{}</p>").format(Markup("<br>").join(_opening(diff)))]
    for heading, alerts, shifts in _grouped(diff):
        items = Markup("").join(Markup('<li id="{}">{}</li>').format(s.id, s.sentence) for s in shifts)
        parts.append(Markup('<section class="{}"><h2>{}</h2>{}</section>').format("alert" if alerts else "", heading, Markup("<ul>{}</ul>").format(items) if shifts else Markup("<p>Nothing.</p>")))
    if diff.notes:
        parts.append(Markup('<section class="note"><h2>Beside this</h2><ul>{}</ul></section>').format(Markup("").join(Markup("<li>{}</li>").format(n) for n in diff.notes)))
    return Markup('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>What changed: {}</title>'
                  "<style>{}</style></head>\n<body>\n{}\n</body></html>\n").format(diff.title, Markup(STYLE), Markup("\n").join(parts))


def document(diff: Diff) -> str:
    """For programs."""
    sides = {which: {"name": side.name, "known_by": side.moment, "last_look": look, "edition": asdict(side.edition) if side.edition else None}
             for which, side, look in (("a", diff.a, diff.looked[0]), ("b", diff.b, diff.looked[1]))}
    return json.dumps({"study": diff.study, "title": diff.title, **sides, "reviews": diff.reviews, "replies": diff.replies, "tests": diff.tests,
                       "changes": [asdict(s) for s in diff.shifts], "notes": diff.notes}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def feed(diff: Diff) -> str:
    """An Atom feed (RFC 4287) of the changes that alert. An entry keeps its id as long as A is the same, so a reader shows it once."""
    atom = ElementTree.Element("feed", xmlns="http://www.w3.org/2005/Atom")

    def add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
        ElementTree.SubElement(parent, name, attributes).text = _CONTROL.sub("", text)

    add(atom, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{diff.study}|{diff.a.name}')}")
    add(atom, "title", f"{diff.title}: what changed since {diff.a.said}")
    add(atom, "updated", diff.looked[1])
    add(ElementTree.SubElement(atom, "author"), "name", "Rapport")
    for shift in diff.alerts:
        entry = ElementTree.SubElement(atom, "entry")
        add(entry, "id", f"urn:uuid:{shift.id}")
        add(entry, "title", shift.title)
        add(entry, "updated", diff.looked[1])
        add(entry, "content", shift.sentence, type="text")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(atom, encoding="unicode") + "\n"


FORMS = {"md": markdown, "html": page, "json": document, "feed": feed}
_CONTROL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_<>\[\]#|])")


def _plain(text: str) -> str:
    """Words of others, so that none of them is taken for Markdown."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
