"""Reads what is new: every step over every text that it has not read yet, results into side tables with the words and the version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from enrich import tables
from enrich.lens import lens
from enrich.published import COPY_LETTERS
from enrich.records import ANSWERING
from enrich.steps import Label, Mention, Text, steps
from enrich.store import Store, chunks
from enrich.text import key

CHUNK = 1000
"""Texts that are read and kept together: a run that is cut short loses at most these."""

Found = list[tuple[str, Mention | Label]]
"""What the steps found in a text: the step's name, and what it says."""


@dataclass(frozen=True, slots=True)
class Due:
    """A text that some steps have not read."""

    target: str
    review: str
    company: str
    day: str
    text: Text
    key: str
    todo: tuple[str, ...]                    # names of the steps
    over: tuple[str, ...]                    # steps whose old results go
    strikes: tuple[tables.Strike, ...]       # what a person struck in it


def read(store: Store, tick: Callable[[int], object] = lambda n: None) -> int:
    """Reads all that is due, a thousand texts at a time, and says how many; `tick` is told after each thousand.

    Running it again goes on where it stopped; nothing is read twice.
    """
    _vocabulary(store)
    names = _names(store)
    n = 0
    for kind in ("review", "reply"):
        todo = _versions(kind, names)
        strikes = _strikes(store, kind)
        _forget(store, kind)
        while due := list(_due(store, kind, todo, names, strikes)):
            for chunk in chunks(due, CHUNK):
                _read(store, kind, todo, chunk)
                n += len(chunk)
                tick(len(chunk))
    store.execute("delete from tags where id not in (select value from json_each(?))", (json.dumps(list(lens().tags)),))       # now no text carries them
    return n


def count_due(store: Store) -> int:
    """How many texts `read` would read."""
    names = _names(store)
    return sum(store.one(f"select count(*) {_FROM[kind]}", {"versions": _joined(_versions(kind, names))}) for kind in ("review", "reply"))


_READ = {"review": "t.text is not null", "reply": f"t.text is not null and t.role in ({', '.join(map(repr, ANSWERING))})"}
"""For SQL: which texts are read at all."""
_AT = {"review": "t.company, ifnull(substr(t.created_at, 1, 10), '') from reviews t", "reply": "t.company, ifnull(substr(r.created_at, 1, 10), '') from replies t join reviews r on r.id = t.review"}
"""For SQL: the company and day that a text is counted with."""
_FROM = {
    "review": f"""from reviews t left join done d on d.kind = 'review' and d.target = t.id
                 where {_READ["review"]} and (d.target is null or d.versions != :versions or d.text_key != t.text_key || ':' || t.audience || ':' || coalesce(t.source_language, '') || ':' || t.company)""",
    "reply": f"""from replies t join reviews r on r.id = t.review left join done d on d.kind = 'reply' and d.target = t.id
                 where {_READ["reply"]} and (d.target is null or d.versions != :versions or d.text_key != t.text_key || ':' || r.audience || ':' || coalesce(r.text_key, ''))""",
}
_WHAT = {
    "review": "t.id, t.id, t.company, coalesce(substr(t.created_at, 1, 10), ''), t.text, t.text_key || ':' || t.audience || ':' || coalesce(t.source_language, '') || ':' || t.company, t.audience, t.source_language, null, d.versions, d.text_key",
    "reply": "t.id, t.review, t.company, coalesce(substr(r.created_at, 1, 10), ''), t.text, t.text_key || ':' || r.audience || ':' || coalesce(r.text_key, ''), r.audience, null, r.text, d.versions, d.text_key",
}
SOME = 20 * CHUNK
"""Texts that are looked up at once: memory stays flat however many are due."""


Versions = dict[str, str]
"""Name of every step that reads a kind of text, to its version."""
Names = tuple[tuple[str, str], ...]


def _names(store: Store) -> Names:
    """What the companies of the study go by: id and name, each company's own name first."""
    return tuple((company, name) for company, own, aliases in store.rows("select id, name, aliases from companies where role <> 'removed' order by id") for name in (own, *json.loads(aliases)))


def _versions(kind: str, names: Names) -> Versions:
    """A step that uses the names of companies is another one when they change."""
    called = "+" + key(repr(names))[:8]
    return {name: step.VERSION + (called if "names" in step.USES else "") for name, step in steps().items() if kind in step.KINDS}


def _joined(todo: Versions) -> str:
    return ",".join(f"{name}={version}" for name, version in sorted(todo.items()))


Strikes = dict[str, list[tables.Strike]]
"""Hash of a text, to what a person struck in it."""


def _strikes(store: Store, kind: str) -> Strikes:
    """All strikes in texts of a kind: few, because people make them one by one."""
    found: Strikes = {}
    for strike in store.read(tables.Strike, "kind = ?", (kind,)):
        found.setdefault(strike.text_key, []).append(strike)
    return found


def alike(text: str, company: str, target: str, strike: tables.Strike) -> bool:
    """Whether a strike in an equal text holds in this one: a short text ("great service") may be meant otherwise by somebody else, and a company's long one is the same text wherever it stands."""
    return strike.target == target or (strike.company == company and len(text) >= COPY_LETTERS)


def unread(store: Store, strike: tables.Strike) -> None:
    """Has the texts that a strike is of read again: it was made, or taken back."""
    table = {"review": "reviews", "reply": "replies"}[strike.kind]
    store.execute(f"""delete from done where kind = ? and target in
        (select id from {table} t where t.text_key = ? and (t.id = ? or (t.company = ? and length(t.text) >= {COPY_LETTERS})))""", (strike.kind, strike.text_key, strike.target, strike.company))


def _due(store: Store, kind: str, todo: Versions, names: Names, strikes: Strikes) -> Iterator[Due]:
    for target, about, company, day, text, setting, audience, language, review, versions, known in store.rows(f"select {_WHAT[kind]} {_FROM[kind]} limit {SOME}", {"versions": _joined(todo)}):
        before = set((versions or "").split(",")) if known == setting else set()
        left = tuple(name for name, version in todo.items() if f"{name}={version}" not in before)
        gone = tuple(v.partition("=")[0] for v in (versions or "").split(",") if v and (known != setting or v.partition("=")[0] not in todo))
        struck = tuple(s for s in strikes.get(setting.partition(":")[0], ()) if alike(text, company, target, s))
        setting_of = Text(kind=kind, text=text, audience=audience, stated_language=language, review=review, company=company, names=names, struck=tuple((s.tag, s.start, s.end) for s in struck))
        yield Due(target, about, company, day, setting_of, setting, left, tuple({*left, *gone}), struck)


def _read(store: Store, kind: str, todo: Versions, due: Iterable[Due]) -> None:
    versions = _joined(todo)
    due = list(due)
    read_before = _read_before(store, kind, [d.key for d in due if len(d.todo) == len(todo) and not d.strikes], versions)
    mentions: list[tables.Mention] = []
    struck: list[tables.Struck] = []
    labels: list[tables.Label] = []
    for text in due:
        taken_over = len(text.todo) == len(todo) and not text.strikes
        found = read_before.get(text.key) if taken_over else None
        if found is None:
            found = _steps(text)
            if taken_over:
                read_before[text.key] = found
        struck += _struck(text)
        for step, said in found:
            if isinstance(said, Mention):
                mentions.append(tables.Mention(0, kind, text.target, text.review, text.company, said.tag, said.start, said.end, text.text.text[said.start:said.end], step, todo[step]))
            else:
                spans = json.dumps([[a, b, text.text.text[a:b]] for a, b in said.spans], ensure_ascii=False) if said.spans else None
                labels.append(tables.Label(kind, text.target, said.name, said.value, said.score, said.basis, spans, step, todo[step]))
    with store.atomic():
        over = [(kind, d.target, name) for d in due for name in d.over if d.over]
        store.many("delete from mentions where kind = ? and target = ? and step = ?", over)
        store.many("delete from labels where kind = ? and target = ? and step = ?", over)
        store.many("delete from struck where kind = ? and target = ? and step = ?", over)
        store.write(mentions)
        store.write(struck)
        store.write(labels)
        store.write(tables.Done(kind, d.target, d.key, versions) for d in due)
        store.write(tables.Stale(*at) for at in {(d.company, d.day) for d in due})


def _forget(store: Store, kind: str) -> None:
    """Takes back what was found in a text that is none any more: one its author emptied, or a reply that is not the company's after all."""
    gone = list(store.rows(f"select t.id, {_AT[kind]} join done d on d.kind = '{kind}' and d.target = t.id where not ({_READ[kind]})"))
    with store.atomic():
        for table in ("mentions", "struck", "labels", "done"):
            store.many(f"delete from {table} where kind = ? and target = ?", ((kind, target) for target, _, _ in gone))
        store.write(tables.Stale(company, day) for _, company, day in gone)


def _steps(due: Due) -> Found:
    """What the steps that have not read it say of a text. The language comes first: other steps read only their own."""
    said = _say("language", steps()["language"].VERSION, replace(due.text, review=None))
    text = due.text.in_language(next((s.value for s in said if isinstance(s, Label)), None))
    alone = replace(text, review=None)
    found: Found = []
    for name in due.todo:
        step = steps()[name]
        found += [(name, one) for one in (said if name == "language" else _say(name, step.VERSION, alone) if "review" not in step.USES else step.read(text))
                  if not isinstance(one, Mention) or text.stands(one.tag, one.start, one.end)]
    return found


def _struck(due: Due) -> Iterator[tables.Struck]:
    """What the steps would have found in a text, had a person not struck it."""
    for step, said in _steps(replace(due, text=replace(due.text, struck=()))) if due.strikes else ():
        if isinstance(said, Mention) and not due.text.stands(said.tag, said.start, said.end):
            strike = next(s for s in due.strikes if s.tag == said.tag and s.start < said.end and said.start < s.end)
            yield tables.Struck(due.text.kind, due.target, said.tag, said.start, said.end, due.text.text[said.start:said.end], due.review, due.company, strike.id, step)


@lru_cache(maxsize=20_000)
def _say(name: str, version: str, text: Text) -> tuple[Mention | Label, ...]:
    """What a step says of a text by itself: a reply that is pasted under many reviews is read once."""
    return tuple(steps()[name].read(text))


def forget_said() -> None:
    """Has texts read again that are kept as read: what the steps go by has changed."""
    _say.cache_clear()


def _read_before(store: Store, kind: str, keys: list[str], versions: str) -> dict[str, Found]:
    """What was found in equal texts in the same setting, by key: they are not read again."""
    found: dict[str, Found] = {}
    for part in chunks(sorted(set(keys)), 500):
        marks = ", ".join("?" * len(part))
        donors = dict(store.rows(f"""select min(target), text_key from done where kind = ? and versions = ? and text_key in ({marks})
            and not exists (select 1 from struck s where s.kind = done.kind and s.target = done.target) group by text_key""", (kind, versions, *part)))
        for targets in chunks(list(donors), 500):
            found.update((donors[t], []) for t in targets)
            marks = ", ".join("?" * len(targets))
            for target, tag, start, end, step in store.rows(f"select target, tag, start, [end], step from mentions where kind = ? and target in ({marks}) order by id", (kind, *targets)):
                found[donors[target]].append((step, Mention(tag, start, end)))
            for target, name, value, score, basis, spans, step in store.rows(
                    f"select target, name, value, score, basis, spans, step from labels where kind = ? and target in ({marks})", (kind, *targets)):
                found[donors[target]].append((step, Label(name, value, score, basis, tuple((a, b) for a, b, _ in json.loads(spans or "[]")))))
    return found


def _vocabulary(store: Store) -> None:
    """Writes the vocabulary into the table `tags`, with the accuracy that was measured."""
    for tag in lens().tags.values():
        accuracy = lens().accuracy.get(tag.id)
        store.write([tables.Tag(tag.id, tag.kind, tag.name, tag.sign or None, tag.title, tag.definition,
                                accuracy.gold if accuracy else None, accuracy.precision if accuracy else None, accuracy.recall if accuracy else None)])
