"""From what was gathered to what it means: read what is new, group pasted replies, count, conclude."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from enrich import cells, conclude, deep, reading, templates, tone, train
from enrich.store import Store


@dataclass(frozen=True, slots=True)
class Enriched:
    """What one run did."""

    read: int                                # texts that were due
    days: int                                # days whose counts were out of date
    analysis: str                            # its id
    findings: int
    verdicts: int                            # findings that name a clear difference from the others


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
    read = reading.read(store, tick)
    stale = set(store.rows("select company, day from stale"))
    templates.cluster(store, {company for company, _ in stale} | cells.taken_otherwise(store))
    cells.update(store, stale)
    analysis = conclude.conclude(store, anew=bool(stale))
    store.many("delete from stale where company = ? and day = ?", stale)         # last, so that a run that is cut short is made good by the next
    findings, verdicts = next(store.rows("select count(*), count(*) filter (where verdict in ('weakness', 'accusation', 'strength')) from findings where analysis = ?", (analysis.id,)))
    return Enriched(read, len(stale), analysis.id, findings, verdicts)
