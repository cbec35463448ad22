"""Audits: people judge random texts behind a finding, tagged and untagged, and its figure is corrected for the tagger's mistakes.

Texts are drawn within two strata, those that the tagger tagged and the rest, in an order that only a hash of the text's id decides: neither
what a text says nor who asks bears on it, and a later audit goes on where the last one stopped. The person is not told which
stratum a text is of. What was struck by hand (`enrich.strike`) stays in the stratum that the tagger put it in: people strike what they come across,
which is no random choice, so the correction must not count it a second time.

Findings carry what was found (`carry`), each time they are made: the judgements are of texts and outlive every other reading of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from math import hypot, sqrt

from scipy.stats import norm

from enrich import cells, stats, toml
from enrich.lens import Lens, Tag, lens
from enrich.measures import Result
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
    tagged: bool                             # by the tagger, whether it was struck or not
    says: bool | None                        # what a person said of it; None: not asked yet
    struck: bool = False                     # all words that carry the tag were struck: it does not count in the figure


class Subject:
    """A finding with its tag and all the texts that its figure rests on, in the order in which they are drawn."""

    def __init__(self, store: Store, finding: str | Finding, vocabulary: Lens | None = None) -> None:
        """Raises `Mistake` where there is no finding of that id, or where it is no share of texts that carry a tag."""
        self.store = store
        found = finding if isinstance(finding, Finding) else store.get(Finding, finding)
        if found is None:
            near = toml.nearest(str(finding), [name for (name,) in store.rows("select id from findings")])
            raise Mistake(f"there is no finding {finding!r}", cure=f"did you mean {near!r}?" if near else "`rapport export --table findings --format csv` lists them")
        self.finding = found
        tag = tag_of(found, vocabulary or lens())
        if tag is None:
            raise Mistake(f"{found.id} is no share of texts that carry one tag: there is nothing to say yes or no to", cure=f"choose a finding of {', '.join(MEASURES)} that is available")
        self.tag: Tag = tag
        self.asks = PARTS[found.slice.partition(", ")[2]]
        self.languages = frozenset({"und", *(vocabulary or lens()).languages})
        self.texts = sorted(self._texts(), key=lambda t: blake2b(f"{tag.id} {t.kind} {t.target}".encode()).digest())

    def _texts(self) -> Iterator[Text]:
        """The texts that count, each once, as `enrich.cells` counts them."""
        first, last = next(self.store.rows("select period_from, period_to from study"), (None, None))
        values = {"company": self.finding.company, "tag": self.tag.id, "first": first or "", "last": last or "9", "languages": json.dumps(sorted(self.languages)),
                  "audience": "employee" if self.tag.of == ("employee",) else "customer", "asks": self.asks}
        said = "(select says from judgements j where j.tag = :tag and j.kind = '{kind}' and j.target = t.id and j.text_key = t.text_key)"
        counts, struck = (f"exists (select 1 from {table} m where m.kind = '{{kind}}' and m.target = t.id and m.tag = :tag)" for table in ("mentions", "struck"))
        of = "o.company = :company and o.audience = :audience and ((:first = '' and :last = '9') or o.day between :first and :last)"
        if self.tag.kind == "move":
            query = f"""select 'reply', t.id, t.text, t.text_key, {counts}, {struck}, {said} from temp.told o cross join replies t on t.review = o.id
              left join labels l on l.kind = 'reply' and l.target = t.id and l.name = 'language'
              where {of} and o.asks = :asks and t.role in ({cells.ROLES}) and ifnull(t.text, '') <> '' and ifnull(l.value, 'und') in (select value from json_each(:languages))"""
        else:
            query = f"""select 'review', t.id, t.text, t.text_key, {counts}, {struck}, {said} from temp.told o cross join reviews t on t.id = o.id
              where {of} and o.words and o.language in (select value from json_each(:languages))"""
        cells.tell(self.store)
        for kind, target, text, text_key, counts_, struck_, says in self.store.rows(query.format(kind="reply" if self.tag.kind == "move" else "review"), values):
            yield Text(kind, target, text, text_key, bool(counts_ or struck_), None if says is None else bool(says), bool(struck_ and not counts_))

    def draw(self, rows: int) -> list[Text]:
        """Texts to ask about next, half of them tagged as far as there are any, in an order that does not tell which."""
        new = {tagged: [t for t in self.texts if t.tagged is tagged and t.says is None] for tagged in (True, False)}
        half = min(len(new[True]), max(rows - rows // 2, rows - len(new[False])))
        drawn = {t.target for t in (*new[True][:half], *new[False][:rows - half])}
        return [t for t in self.texts if t.target in drawn]

    def judge(self, text: Text, says: bool) -> None:
        """Keeps what a person said of a text."""
        self.store.write([Judgement(self.tag.id, text.kind, text.target, text.text_key, int(says), iso(datetime.now(UTC)))])


def tag_of(finding: Finding, vocabulary: Lens) -> Tag | None:
    """The tag whose share a finding is; None where it is no share of texts that carry one tag."""
    name, _, part = finding.slice.partition(", ")
    return vocabulary.tags.get(name) if finding.measure in MEASURES and part in PARTS and finding.value is not None else None


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
    tagged, gain = finding.value + sum(t.struck for t in texts) / len(texts), right - missed       # the tagger's share, as before anything was struck
    value = tagged * right + (1 - tagged) * missed
    own = (abs(gain) * (finding.value - finding.low), abs(gain) * (finding.high - finding.value))
    low = value - hypot(tagged * (right - right_low), (1 - tagged) * (missed - missed_low), own[gain < 0])
    high = value + hypot(tagged * (right_high - right), (1 - tagged) * (missed_high - missed), own[gain >= 0])
    return Audit(finding.id, len(judged[True]), sum(judged[True]), len(judged[False]), sum(judged[False]), finding.value, value, max(0.0, low), min(1.0, high), at)


def settle(subject: Subject) -> Audit | None:
    """Corrects the finding by all that was judged, and keeps it; None where too little was."""
    made = _settled(subject)
    if made:
        subject.store.write([made])
        subject.store.execute("update findings set audited = ? where id = ?", (made.audited_at, made.finding))
    return made


def _settled(subject: Subject) -> Audit | None:
    fresh = {(j.target, j.text_key): j for j in subject.store.read(Judgement, "tag = ?", (subject.tag.id,))}
    said = [fresh.get((t.target, t.text_key)) for t in subject.texts]
    texts = (replace(t, says=bool(j.says) if j else None) for t, j in zip(subject.texts, said, strict=True))
    return corrected(subject.finding, texts, max((j.judged_at for j in said if j), default=""))


VERDICTS = ("weakness", "accusation", "strength", "lead")
"""What an audit can take away."""


def carry(store: Store, findings: Sequence[Finding], results: Sequence[Result], vocabulary: Lens) -> list[Audit]:
    """Audits every finding anew by what people judged, writes what follows into the findings, and returns the audits.

    An audit takes a verdict away, and never gives one: who audits what looks promising would else find as much as he looks for. A verdict
    (or a lead) was named by the raw figures, corrected for the whole family of tests; it stands if the corrected difference passes the same margin with its
    whole interval, becomes a lead if it only leaves out zero, and no clear difference if it does not.

    The corrected difference is the company's corrected figure less the field's. The field's is corrected where every company in it was audited:
    by the mean of their corrections, its interval by adding theirs in squares. Where they were not, the tagger's mistakes at the others are not known: the
    corrected figure is set beside the field's raw one, which is said, and the worst that can come of it is a lead, which auditing the others settles.
    """
    audits = _again(store, findings, vocabulary)
    for finding, result in zip(findings, results, strict=True):
        own = audits.get(finding.id)
        finding.audited = own.audited_at if own else "no" if finding.verdict in VERDICTS and result.tag else None
        if own and result.compared and result.compared.other:
            others = [audits.get(company + finding.id.removeprefix(finding.company)) for company in result.compared.beside]
            told = _judged_again(finding, result, own, [audit for audit in others if audit], len(others))
            finding.why = " ".join(filter(None, (told, finding.why)))
    return list(audits.values())


def _again(store: Store, findings: Sequence[Finding], vocabulary: Lens) -> dict[str, Audit]:
    judged = set(store.rows("""select distinct j.tag, coalesce(r.company, a.company) from judgements j left join reviews r on j.kind = 'review' and r.id = j.target
                               left join replies a on j.kind = 'reply' and a.id = j.target"""))
    due = [finding for finding in findings if (tag := tag_of(finding, vocabulary)) and (tag.id, finding.company) in judged]
    return {made.finding: made for finding in due if (made := _settled(Subject(store, finding, vocabulary)))}


def _judged_again(finding: Finding, r: Result, own: Audit, others: list[Audit], companies: int) -> str:
    """Takes a verdict back that the corrected figures do not bear out; returns what is told of it."""
    assert r.compared and r.compared.other and r.compared.difference
    field_, all_ = r.compared.other, 0 < len(others) == companies
    if all_:
        value = min(1.0, max(0.0, field_.value + sum(a.corrected - a.value for a in others) / companies))
        low, high = (hypot(*(a.corrected - end for a, end in zip(others, ends, strict=True))) / companies for ends in ([a.low for a in others], [a.high for a in others]))
        field_ = replace(field_, value=value, low=max(0.0, value - low), high=min(1.0, value + high))
    gap = stats.difference(replace(r.compared.own, value=own.corrected, low=own.low, high=own.high), field_)
    same_way = gap.value * r.compared.difference.value > 0
    told = f"Audited: corrected by {own.tagged + own.untagged:,} judged texts the figure is {_range(own.corrected, own.low, own.high)}, the field's {_range(field_.value, field_.low, field_.high)}"
    told += ", corrected as well." if all_ else ", which was not audited."
    if finding.verdict not in VERDICTS or (same_way and gap.beyond):
        return told
    left = same_way and gap.clear_of_zero
    became = "lead" if left or not all_ else "no clear difference"
    if became == finding.verdict:
        return told
    was, finding.verdict, finding.rank = finding.verdict, became, min(abs(gap.low), abs(gap.high)) * r.compared.own.n if left else 0.0
    return f"{told} That does not bear out the verdict “{was}”{'' if all_ else ': auditing the others would settle it'}."


def _range(value: float, low: float, high: float) -> str:
    return f"{value:.0%} ({low:.0%} to {high:.0%})"


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
