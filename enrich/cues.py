"""Finds the words that carry a tag: the cues of each tag in one RE2 set, then the place of each one that hit, then negation.

A set takes the same time for thirty patterns as for one, and no pattern can stop it for ever; Python's own `re` can. All cues of a lens in
one set would need an automaton with so many states that nearly every text adds some: it took five times as long as a set a tag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import re2

from enrich.lens import Tag
from enrich.mistakes import Mistake

_NOT = (r"(?:not|never|none|nor|neither|nobody|hardly|barely|without|cannot|no longer|anything but|far from|lack(?:s|ed|ing)?(?: of)?|doubt|fail(?:s|ed)? to|stop(?:s|ped)? being"
        r"|(?:is|are|was|were|do|does|did|has|have|had|ca|wo|would|could|should|ai)n'?t)")
_NEGATED = re.compile(rf"\b(?:{_NOT}(?:\s+(?!only\b|but\b|just\b|even\b)[\w']+){{0,3}}|no(?:\s+(?!doubt\b|wonder\b)[\w']+)?)\s*$", re.I)
_NOT_INSIDE = re.compile(rf"\b(?:{_NOT}|no)\b(?! only\b| just\b)", re.I)
_OWN_NOT = re.compile(r"\b(?:no|not|never|nobody|none|without|fail|lack)\b|n'\?t", re.I)
_NOT_REALLY = re.compile(r"\b(?:not (?:only|just)|no doubt|nothing but|never fails?|(?:could|can)(?:n'?t| ?not) (?:have been|be|get|ask for|find) (?:any )?(?:more|better|\w+er)"
                         r"|(?:ca|could)n'?t (?:fault|thank|praise|recommend)|(?:can|could) ?not (?:fault|thank|praise))\b", re.I)
"""Negations that deny nothing: "could not have been more helpful"."""
_WISHED = (r"\b(?:if|unless|until|till|would|should|could|will be|must be|to be|wish|hope|hoping|please|pls|plz|kindly|expect(?:ed|ing)?|supposed to"
           r"|instead of|rather than|needs?|needed|used to|claims? to)\b")
_SUPPOSED = re.compile(rf"{_WISHED}(?:\s+[\w']+){{0,4}}\s*$", re.I)
_SUPPOSED_INSIDE = re.compile(_WISHED, re.I)
_IF = re.compile(r"(?<!even )(?<!as )\b(?:if|unless|whether|in case)\b(?:\s+[\w']+){0,6}\s*$", re.I)
_IF_TURNED = re.compile(r"\s*(?:had|should|were) (?:i|you|we|they|he|she|it)\b", re.I)
"""What is only thought of: "if they ignore me", "had they been polite"."""
_FEARED = re.compile(r"\b(?:(?:was|were) (?:\w+ )?(?:afraid|worried|scared)|feared|expect(?:ed|ing)|(?:at first|initially),? (?:i|we) thought|(?:would|could|might) have(?! to\b))(?:\s+[\w']+){0,5}\s*$", re.I)
_UNREAL = re.compile(r"\b(?:would|could|might) have been\b", re.I)
"""What was feared and did not come: "I was afraid that they would be rude"."""
_HEARSAY = re.compile(r"\b(?:(?:other|others|some|many|most|few|bad|negative|previous|recent|the|these|all|online)(?: \w+)? )?(?:reviews?|reviewers?|rumou?rs?|others|some people|many people)(?: here| online)? "
                      r"(?:say|says|said|saying|claim\w*|complain\w*|mention\w*|call\w*|speak|spoke|warn\w*)\b(?:\s+[\w']+){0,6}\s*$|\b(?:i|we)(?:'d|'ve| had| have)? (?:read|heard)(?: \w+){0,3} that\b(?:\s+[\w']+){0,6}\s*$", re.I)
"""What others say, and the writer does not."""
_BOAST = (r"\b(?:they|it|company|bank|hotel|web ?site|site|app|ads?|advert\w*|page|brochure|you)(?: \w+)? "
          r"(?:say|says|said|claim(?:s|ed|ing)?|pretend(?:s|ed)?|boasts?|advertise[sd]?|promises?|call(?:s|ed)? (?:themselves|itself|yourselves?))\b")
_BOASTED = re.compile(rf"{_BOAST}(?:\s+[\w']+){{0,5}}\s*$", re.I)
_BOASTS = re.compile(_BOAST, re.I)
"""What a company says of itself is no praise."""
_ASKED = re.compile(r"^\s*(?:is|are|was|were|do|does|did|can|could|will|has|have)\b", re.I)
_ASKS = re.compile(r"[^.!?\n]{0,80}\?")
_CLAUSES = re.compile(r".*(?:[.!?;:,\n()]|\s-\s|\b(?:(?<!anything )(?<!nothing )but|however|although|though)\b)", re.I | re.S)
_WINDOW = 60                                 # characters before a hit in which a negation is looked for
_GAP = re.compile(r" ~(\d?) ")
_MEMORY = 32 << 20                           # bytes a set may fill with states; with less they are thrown away and rebuilt all the time


@dataclass(frozen=True, slots=True)
class Hit:
    """Words that carry a tag."""

    tag: Tag
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Cue:
    tag: Tag
    pattern: Any
    negative: bool                           # has a negation of its own ("no reply"), so that one before it changes nothing


class Cues:
    """The cues of some tags, compiled."""

    def __init__(self, tags: Sequence[Tag]) -> None:
        options = re2.Options()
        options.max_mem = _MEMORY
        options.case_sensitive = False
        options.never_capture = True
        self._by_id = {t.id: t for t in tags}
        self._sets: list[tuple[Any, list[_Cue]]] = []
        self._unless = {tag.id: [_compile(tag, unless, options) for unless in tag.unless] for tag in tags}
        self._any_unless = {tag.id: re2.compile("|".join(map(_pattern, tag.unless)), options) for tag in tags if tag.unless}
        for tag in tags:
            if tag.cues:
                cues = [_Cue(tag, _compile(tag, cue, options), bool(_OWN_NOT.search(cue))) for cue in tag.cues]
                together = re2.Set.SearchSet(options)
                for cue in tag.cues:
                    together.Add(_pattern(cue))
                together.Compile()
                self._sets.append((together, cues))

    def find(self, text: str) -> list[Hit]:
        """Hits in the order of the text; overlapping hits of one tag are joined."""
        if not text:
            return []
        plain = text.replace("’", "'").replace("‘", "'").replace("`", "'")   # same length: offsets hold
        data = plain.encode()                # RE2 reads bytes: encoded once, not once a pattern
        hits = [(cues[index], *span) for together, cues in self._sets for index in together.Match(data) or () for span in _spans(cues[index].pattern, plain, data)]
        unless = {id: [span for pattern in self._unless[id] for span in _spans(pattern, plain, data)]
                  for id in {cue.tag.id for cue, _, _ in hits} if id in self._any_unless and self._any_unless[id].search(data)}
        kept: dict[str, list[tuple[int, int, _Cue]]] = {}
        for cue, start, end in hits:
            if not any(s < end and start < e for s, e in unless.get(cue.tag.id, ())):
                kept.setdefault(cue.tag.id, []).append((start, end, cue))
        spans: dict[str, list[tuple[int, int]]] = {}
        for found in kept.values():
            for start, end, cues in _joined(found):
                if (tag := _judge(self._by_id, plain, cues, start, end)) is not None:
                    spans.setdefault(tag.id, []).append((start, end))
        return sorted((Hit(self._by_id[id], *span) for id, places in spans.items() for span in places), key=lambda h: (h.start, h.tag.id))


def _judge(by_id: dict[str, Tag], text: str, cues: list[_Cue], start: int, end: int) -> Tag | None:
    """The tag that words stand for after negation, conditions and hearsay; None where they stand for nothing. `cues` are those that found them."""
    tag = cues[0].tag
    if tag.negation == "ignore":
        return tag
    before = text[max(0, start - _WINDOW):start]
    clause = before[ended.end():] if (ended := _CLAUSES.match(before)) else before
    words = text[start:end]
    if _IF.search(clause) or _IF_TURNED.match(clause + words) or _HEARSAY.search(clause):
        return None
    if tag.sign == "+" and _NOT_REALLY.search(clause + words):
        return tag
    if not any(cue.negative for cue in cues) and (_NEGATED.search(clause) or _NOT_INSIDE.search(words)) and not _NOT_REALLY.search(clause + words):
        other = tag.id[:-1] + {"+": "-", "-": "+"}.get(tag.sign, "")
        return by_id.get(other) if tag.negation == "flip" else None
    if tag.sign == "-" and (_FEARED.search(clause) or _UNREAL.search(words)):
        return None
    if tag.sign == "+" and (_SUPPOSED.search(clause) or _BOASTED.search(clause) or _BOASTS.match(words) or all(_supposed_inside(cue, words) for cue in cues)
                            or (_ASKED.match(clause) and _ASKS.match(text, end))):
        return None
    return tag


def _spans(pattern: Any, text: str, data: bytes) -> list[tuple[int, int]]:
    """Where a pattern stands in a text, as characters; `data` is the text in UTF-8."""
    found = [m.span() for m in pattern.finditer(data)]
    if found and len(data) != len(text):
        found = [(len(data[:start].decode()), len(data[:end].decode())) for start, end in found]
    return [(start, end) for start, end in found if start < end]


def _supposed_inside(cue: _Cue, words: str) -> bool:
    return bool(_SUPPOSED_INSIDE.search(words)) and not _SUPPOSED_INSIDE.search(cue.pattern.pattern)


def _compile(tag: Tag, cue: str, options: Any) -> Any:
    try:
        return re2.compile(_pattern(cue), options)
    except re2.error as error:
        raise Mistake(f"the cue {cue!r} is not an RE2 pattern: {error}", place=tag.id, cure="close its brackets; RE2 knows no look-around and no back-reference") from None


def _pattern(cue: str) -> str:
    """A cue as RE2: ` ~ ` stands for up to four words between (` ~2 ` for two), a space for any white space, ` ?` for some or none, whole words at both ends."""
    cue = _GAP.sub(lambda m: rf"[\s,:'\"-]+(?:[^\s.!?;]+\s+){{0,{m[1] or 4}}}", cue).replace(" ?", r"\s*").replace(" ", r"\s+")
    head = r"\b" if re.match(r"[\w(]", cue) else ""
    tail = r"\b" if re.search(r"[\w)?+*}]$", cue) and not cue.endswith(r"\b") else ""
    return f"{head}(?:{cue}){tail}"


def _joined(found: list[tuple[int, int, _Cue]]) -> list[tuple[int, int, list[_Cue]]]:
    """Overlapping places of one tag as one, with the cues that found them."""
    joined: list[tuple[int, int, list[_Cue]]] = []
    for start, end, cue in sorted(found, key=lambda f: f[:2]):
        if joined and start < joined[-1][1]:
            first, last, cues = joined[-1]
            joined[-1] = (first, max(end, last), [*cues, cue])
        else:
            joined.append((start, end, [cue]))
    return joined
