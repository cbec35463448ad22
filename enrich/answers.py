"""What a language model answered, kept beside the study: the words of a text that carry a tag, which the steps then take in place of the cues.

One line of JSON a text, added as answers come: a run that is killed loses none of them, and nothing is asked twice. Texts themselves are not kept
here, only hashes of them and places in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from enrich.mistakes import Mistake
from enrich.steps import Mention, Text
from enrich.text import key

FILE = "answers.jsonl"
"""Beside a study's store, or in a folder of gold. Enrichment reads by it where it is there; move it away, and the cues read again."""
LABEL = "tagged_by"
"""The label that a text carries which was read by an answer: whose it is."""

Said = tuple[Mention, ...]


def whose(text: Text) -> str:
    """Whose text it is, as the lens has it: customer, employee or reply."""
    return "reply" if text.kind == "reply" else text.audience


def subject(text: Text) -> str:
    """What an answer is of: equal texts are asked once."""
    return key(f"{whose(text)} {text.text}")


class Answers:
    """The answers in a file. `by` says whose are in use: the model and the version of the prompt, which holds the vocabulary."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.by: str | None = None
        self._said: dict[tuple[str, str], Said] = {}
        if path.exists():
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                self._take(line, number)

    def _take(self, line: str, number: int) -> None:
        try:
            row = json.loads(line)
        except ValueError:                   # empty, or cut short when a run was killed: that text is asked again
            return
        try:
            self.by = str(row["by"])
            if "text" in row:
                self._said[self.by, row["text"]] = tuple(Mention(str(tag), int(start), int(end)) for tag, start, end in row["tags"])
        except (KeyError, TypeError, ValueError) as error:
            raise Mistake(f"is no answer of a model: {error!r}", place=f"{self.path}, line {number}", cure="take the line out; its text is asked again") from None

    def of(self, text: str, by: str | None = None) -> Said | None:
        """The answer for a `subject`, of the model in use unless another is named; None where it was not asked, or did not say."""
        return self._said.get((by or self.by or "", text))

    def use(self, by: str) -> None:
        """Takes the answers of another model, or to another prompt, from now on."""
        if by != self.by:
            self._write({"by": by})
            self.by = by

    def keep(self, said: Mapping[str, Said]) -> None:
        """Adds answers of the model in use, by subject; they are in the file when this returns."""
        assert self.by is not None
        self._write(*({"by": self.by, "text": text, "tags": [[m.tag, m.start, m.end] for m in mentions]} for text, mentions in said.items()))
        self._said.update({(self.by, text): mentions for text, mentions in said.items()})

    def _write(self, *rows: Mapping[str, object]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write("".join(f"\n{json.dumps(row)}" for row in rows))          # the line break comes first: what was cut short before stays a line of its own


_current: Answers | None = None


def current() -> Answers | None:
    """The answers that texts are read by; None where the cues read all."""
    return _current


def use(answers: Answers | None) -> None:
    """Reads by these answers from now on, or with None by the cues alone."""
    global _current
    _current = answers


def said(text: Text) -> Said | None:
    """What the model in use said of a text; None where there is no answer."""
    return _current.of(subject(text)) if _current else None
