"""Audits: people judge random texts behind a finding, tagged and untagged, and its figure is corrected for the tagger's mistakes.

Texts are drawn within two strata, those that the tagger tagged and the rest, in an order that only a hash of the text's id decides: neither
what a text says nor who asks bears on it, and a later audit goes on where the last one stopped. The person is not told which
stratum a text is of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from math import hypot, sqrt

from scipy.stats import norm

from enrich import cells, stats, toml
from enrich.lens import Lens, Tag, lens
from enrich.mistakes import Mistake
from enrich.records import iso
from enrich.store import Store
from enrich.tables import Audit, Finding, Judgement

MEASURES = ("weakness_map", "staff_map", "reply_quality")
"""Measures whose figures are the share of a company's texts that carry one tag."""
PARTS = {"": True, "under praise and other reviews": False}
"""What may stand behind the comma of a slice: whether the replies are to reviews that ask for an answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text behind a finding."""

    kind: str
    target: str
    text: str
    text_key: str
    tagged: bool
    says: bool | None                        # what a person said of it; None: not asked yet


class Subject:
    """A finding with its tag and all the texts that its figure rests on, in the order in which they are drawn."""

    def __init__(self, store: Store, id: str, vocabulary: Lens | None = None) -> None:
        """Raises `Mistake` where there is no such finding, or where it is no share of texts that carry a tag."""
        self.store = store
        found = store.get(Finding, id)
        if found is None:
            near = toml.nearest(id, [name for (name,) in store.rows("select id from findings")])
            raise Mistake(f"there is no finding {id!r}", cure=f"did you mean {near!r}?" if near else "`rapport export --table findings --format csv` lists them")
        self.finding = found
        name, _, part = found.slice.partition(", ")
        tag = (vocabulary or lens()).tags.get(name)
        if tag is None or found.measure not in MEASURES or part not in PARTS or found.value is None:
            raise Mistake(f"{id} is no share of texts that carry one tag: there is nothing to say yes or no to", cure=f"choose a finding of {', '.join(MEASURES)} that is available")
        self.tag: Tag = tag
        self.asks = PARTS[part]
        self.languages = frozenset({"und", *(vocabulary or lens()).languages})
        self.texts = sorted(self._texts(), key=lambda t: blake2b(f"{tag.id} {t.kind} {t.target}".encode()).digest())

    def _texts(self) -> Iterator[Text]:
        """The texts that count, each once, as `enrich.cells` counts them."""
        first, last = next(self.store.rows("select period_from, period_to from study"), (None, None))
        values = {"company": self.finding.company, "tag": self.tag.id, "first": first or "", "last": last or "9", "languages": json.dumps(sorted(self.languages)),
                  "audience": "employee" if self.tag.of == ("employee",) else "customer", "asks": self.asks}
        said = "(select says from judgements j where j.tag = :tag and j.kind = '{kind}' and j.target = t.id and j.text_key = t.text_key)"
        tagged = "exists (select 1 from mentions m where m.kind = '{kind}' and m.target = t.id and m.tag = :tag)"
        of = "o.company = :company and o.audience = :audience and ((:first = '' and :last = '9') or o.day between :first and :last)"
        if self.tag.kind == "move":
            query = f"""select 'reply', t.id, t.text, t.text_key, {tagged}, {said} from temp.told o cross join replies t on t.review = o.id
              left join labels l on l.kind = 'reply' and l.target = t.id and l.name = 'language'
              where {of} and o.asks = :asks and t.role in ({cells.ROLES}) and ifnull(t.text, '') <> '' and ifnull(l.value, 'und') in (select value from json_each(:languages))"""
        else:
            query = f"""select 'review', t.id, t.text, t.text_key, {tagged}, {said} from temp.told o cross join reviews t on t.id = o.id
              where {of} and o.words and o.language in (select value from json_each(:languages))"""
        cells.tell(self.store)
        for kind, target, text, text_key, is_tagged, says in self.store.rows(query.format(kind="reply" if self.tag.kind == "move" else "review"), values):
            yield Text(kind, target, text, text_key, bool(is_tagged), None if says is None else bool(says))

    def draw(self, rows: int) -> list[Text]:
        """Texts to ask about next, half of them tagged as far as there are any, in an order that does not tell which."""
        new = {tagged: [t for t in self.texts if t.tagged is tagged and t.says is None] for tagged in (True, False)}
        half = min(len(new[True]), max(rows - rows // 2, rows - len(new[False])))
        drawn = {t.target for t in (*new[True][:half], *new[False][:rows - half])}
        return [t for t in self.texts if t.target in drawn]

    def judge(self, text: Text, says: bool) -> None:
        """Keeps what a person said of a text."""
        self.store.write([Judgement(self.tag.id, text.kind, text.target, text.text_key, int(says), iso(datetime.now(UTC)))])


def corrected(finding: Finding, texts: Iterable[Text], at: str) -> Audit | None:
    """The corrected figure; None before a text of each stratum that has any was judged.

    Double sampling for stratification (Neyman 1938; Cochran 1977, chapter 12): share tagged × share right of these, plus share untagged × share
    missed of those. Its interval adds the distances of three intervals in squares (Zou and Donner 2008): Wilson's of the two shares, narrowed
    as far as a stratum was judged whole, and the finding's own, which knows how texts hang together, as far as it bears on the sum.
    """
    texts = list(texts)
    strata = {tagged: [t for t in texts if t.tagged is tagged] for tagged in (True, False)}
    judged = {tagged: [t.says for t in stratum if t.says is not None] for tagged, stratum in strata.items()}
    if finding.value is None or finding.low is None or finding.high is None or not texts or any(strata[tagged] and not judged[tagged] for tagged in strata):
        return None
    (right, right_low, right_high), (missed, missed_low, missed_high) = (_share(sum(judged[t]), len(judged[t]), len(strata[t])) for t in (True, False))
    tagged, gain = finding.value, right - missed
    value = tagged * right + (1 - tagged) * missed
    own = (abs(gain) * (tagged - finding.low), abs(gain) * (finding.high - tagged))
    low = value - hypot(tagged * (right - right_low), (1 - tagged) * (missed - missed_low), own[gain < 0])
    high = value + hypot(tagged * (right_high - right), (1 - tagged) * (missed_high - missed), own[gain >= 0])
    return Audit(finding.id, len(judged[True]), sum(judged[True]), len(judged[False]), sum(judged[False]), tagged, value, max(0.0, low), min(1.0, high), at)


def settle(subject: Subject) -> Audit | None:
    """Corrects the finding by all that was judged, and keeps it; None where too little was."""
    fresh = {(j.target, j.text_key): bool(j.says) for j in subject.store.read(Judgement, "tag = ?", (subject.tag.id,))}
    made = corrected(subject.finding, (Text(t.kind, t.target, t.text, t.text_key, t.tagged, fresh.get((t.target, t.text_key))) for t in subject.texts), iso(datetime.now(UTC)))
    if made:
        subject.store.write([made])
    return made


def lines(subject: Subject, audit: Audit | None) -> Iterator[str]:
    """What an audit found, as lines of text."""
    if audit is None:
        yield "Not enough was judged: say yes or no to at least one text that is tagged and one that is not."
        return
    yield f"{subject.finding.title}, {subject.finding.company}: share tagged {audit.value:.1%}, corrected {audit.corrected:.1%} (95 % interval {audit.low:.1%} to {audit.high:.1%})."
    yield f"Of {audit.tagged} tagged texts {audit.right} say so; of {audit.untagged} others {audit.missed} do all the same."


def _share(hits: int, n: int, of: int) -> tuple[float, float, float]:
    """A share of `n` that were drawn from `of`, with Wilson's interval (1927), narrowed where most were drawn; nothing of nothing is nought."""
    if not n:
        return 0.0, 0.0, 0.0
    z2, p, narrow = float(norm.ppf(1 - stats.LEVEL / 2)) ** 2, hits / n, sqrt(max(0.0, 1 - n / of))
    centre, half = (p + z2 / (2 * n)) / (1 + z2 / n), sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return p, p - narrow * (p - max(0.0, centre - half)), p + narrow * (min(1.0, centre + half) - p)
