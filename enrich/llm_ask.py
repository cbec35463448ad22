"""Asks a language model about texts, and keeps of its answers what can be shown: tags of the vocabulary, by words that stand in the text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from enrich.answers import Answers, Said, whose
from enrich.llm_tags import LONGEST, Plan, asked, by, instructions, vocabulary
from enrich.mistakes import Mistake
from enrich.steps import Mention, Text

IN_A_ROW = 3
"""Requests that may fail one after the other before the rest is left for another run."""


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


SCHEMA = _object(texts={"type": "array", "items": _object(n={"type": "integer"}, tags={"type": "array", "items": _object(tag={"type": "string"}, words={"type": "string"})})})
"""The form of an answer, for models that keep to one."""


@dataclass(slots=True)
class Asked:
    """What came of asking."""

    by: str
    texts: int = 0                           # answered
    tags: int = 0                            # kept
    rejected: Counter[str] = field(default_factory=Counter)        # reason to how many tags or entries were not
    failures: Counter[str] = field(default_factory=Counter)        # what went wrong with a request, to how often
    left: int = 0                            # texts without an answer: another run asks them
    tokens: list[int] = field(default_factory=lambda: [0, 0])      # there and back, as far as the model counts them

    def plain(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {f.name: dict(said) if isinstance(said := getattr(self, f.name), Counter) else said for f in fields(self)}

    def lines(self) -> Iterator[str]:
        """The same in words."""
        counted = f"; {self.tokens[0]:,} tokens there and {self.tokens[1]:,} back" if any(self.tokens) else ""
        yield f"{self.texts:,} texts answered by {self.by}, {self.tags:,} tags kept{counted}"
        if self.rejected:
            yield "rejected: " + ", ".join(f"{n:,} {why}" for why, n in self.rejected.most_common())
        for what, n in self.failures.most_common():
            yield f"failed, {n:,} times: {what}"
        if self.left:
            yield f"{self.left:,} texts have no answer yet: run the same command again, and only these are asked"


def ask(model: Any, plan: Plan, answers: Answers, tick: Callable[[int], object] = lambda n: None) -> Asked:
    """Asks all that is due, request by request; what is answered is kept at once. `tick` is told how many texts each request had.

    A request that fails is counted by what went wrong, and the next is sent; after three in a row the rest is left. Raises `Mistake` where the
    model wants a key that is not set.
    """
    import llm

    answers.use(by(model))
    done = Asked(by(model), left=len(plan.due))
    in_a_row = 0
    for batch in plan.batches():
        try:
            response = model.prompt(asked(batch), system=instructions(whose(batch[0][1])), schema=SCHEMA if model.supports_schema else None, stream=False)
            said = _checked(response.text(), [text for _, text in batch], done.rejected)
        except llm.NeedsKeyException as error:
            raise Mistake(str(error), cure="`llm keys set NAME` keeps it; what was answered before is kept") from None
        except Exception as error:  # noqa: BLE001  # a plugin raises whatever the library of its service does: named, counted, and the next request is tried
            done.failures[f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"] += 1
            in_a_row += 1
            if in_a_row == IN_A_ROW:
                break
            continue
        finally:
            tick(len(batch))
        in_a_row = 0
        answers.keep({batch[i][0]: mentions for i, mentions in said.items()})
        done.texts += len(said)
        done.tags += sum(map(len, said.values()))
        done.left -= len(said)
        for way, n in enumerate((response.input_tokens, response.output_tokens)):
            done.tokens[way] += n or 0
    return done


def _checked(answer: str, texts: list[Text], rejected: Counter[str]) -> dict[int, Said]:
    """What an answer says of texts, by their place in the request, as far as it can be shown. Raises ValueError where it has not the form that was asked for."""
    start, end = answer.find("{"), answer.rfind("}")                             # models without a schema like to write around it
    try:
        entries = json.loads(answer[start:end + 1])["texts"]
        found: dict[int, Said] = {}
        for entry in entries:
            if entry["n"] - 1 not in range(len(texts)) or entry["n"] - 1 in found:
                rejected["entries for no text of the request, or a second for one"] += 1
                continue
            found[entry["n"] - 1] = tuple(_shown(texts[entry["n"] - 1], [(str(t["tag"]), str(t["words"])) for t in entry["tags"]], rejected))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"an answer that is not in the form asked for ({type(error).__name__})") from error
    return found


def _shown(text: Text, said: list[tuple[str, str]], rejected: Counter[str]) -> Iterator[Mention]:
    """Tags of the vocabulary by words that stand in the text, in the order of the text."""
    found: set[Mention] = set()
    for tag, words in said:
        start = text.text.find(words, 0, LONGEST) if words.strip() else -1
        if tag not in vocabulary(whose(text)):
            rejected["tags outside the vocabulary"] += 1
        elif start < 0:
            rejected["tags by words that are not in the text"] += 1
        else:
            found.add(Mention(tag, start, start + len(words)))
    yield from sorted(found, key=lambda m: (m.start, m.end, m.tag))
