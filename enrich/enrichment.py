"""From what was gathered to what it means: read what is new, group pasted replies, count, conclude."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from enrich import answers, cells, conclude, deep, llm_tags, reading, templates, tone, train
from enrich.lens import lens
from enrich.steps import Text
from enrich.store import Store


@dataclass(frozen=True, slots=True)
class Enriched:
    """What one run did."""

    read: int                                # texts that were due
    days: int                                # days whose counts were out of date
    analysis: str                            # its id
    findings: int
    verdicts: int                            # findings that name a clear difference from the others
    tagged_by: str | None = None             # the language model whose themes and moves are taken where it answered


def use_models(folder: Path, by_meaning: bool) -> None:
    """Has tone read by a study's own models where it has any, else by those that ship; `by_meaning`: by embeddings too."""
    own, own_layer = folder / train.OWN, folder / train.OWN_LAYER
    linear = tone.Model(own if own.exists() else tone.SHIPPED)
    tone.use(deep.Model(linear, own_layer if own_layer.exists() else deep.SHIPPED) if by_meaning else linear)


def enrich(store: Store, tick: Callable[[int], object] = lambda n: None, *, by_meaning: bool = False) -> Enriched:
    """Runs every stage over what is new since the last run; with nothing new it changes nothing. `tick` is told how many texts were read.

    Raises `Mistake`, before anything is read, where tone shall be read by meaning and the extra is not installed.
    """
    use_models(store.path.parent, by_meaning)
    if by_meaning:
        deep.embedder()
    _answered(store)
    read = reading.read(store, tick)
    store.execute("""update mentions set version = (select value from labels l where l.kind = mentions.kind and l.target = mentions.target and l.name = ?)
                     where step in ('themes', 'moves') and exists (select 1 from labels l where l.kind = mentions.kind and l.target = mentions.target and l.name = ? and l.value <> mentions.version)""",
                  (answers.LABEL, answers.LABEL))      # what a model tagged says so
    stale = set(store.rows("select company, day from stale"))
    templates.cluster(store, {company for company, _ in stale} | cells.taken_otherwise(store))
    cells.update(store, stale)
    analysis = conclude.conclude(store, anew=bool(stale))
    store.many("delete from stale where company = ? and day = ?", stale)         # last, so that a run that is cut short is made good by the next
    findings, verdicts = next(store.rows("select count(*), count(*) filter (where verdict in ('weakness', 'accusation', 'strength')) from findings where analysis = ?", (analysis.id,)))
    asked = answers.current()
    return Enriched(read, len(stale), analysis.id, findings, verdicts, asked.by if asked else None)


def _answered(store: Store) -> None:
    """Takes the answers of a language model that lie beside the store, and has every text read again that was read without its answer, or with one that is none any more."""
    path = store.path.with_name(answers.FILE)
    found = answers.Answers(path) if path.exists() else None
    use = found if found and found.by and found.by.endswith(llm_tags.version()) else None        # answers in another vocabulary hold no longer
    answers.use(use)
    reading.forget_said()                    # what was said without them
    if use is None and not store.one("select 1 from labels where name = ?", (answers.LABEL,)):
        return
    over = []
    for kind, audience, table in (("review", "t.audience", "reviews t"), ("reply", "r.audience", "replies t join reviews r on r.id = t.review")):
        for target, text, who, language, by in store.rows(f"""select t.id, t.text, {audience}, g.value, b.value from {table} join done d on d.kind = :kind and d.target = t.id
                left join labels g on g.kind = :kind and g.target = t.id and g.name = 'language' left join labels b on b.kind = :kind and b.target = t.id and b.name = :name
                where t.text is not null""", {"kind": kind, "name": answers.LABEL}):
            said = lens().reads(language) and answers.said(Text(kind, text, who)) is not None
            if by != (use.by if use and said else None):
                over.append((kind, target))
    store.many("delete from done where kind = ? and target = ?", over)
