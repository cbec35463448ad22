"""Whether a review complains, and whether a caring company would answer it: read off words, never off its tone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from enrich import needs_reply, tone
from enrich.cues import Cues
from enrich.lens import lens
from enrich.steps import Label, Mention, Text, themes

KINDS = ("review",)
USES = ("audience", "language")
SPANS = 5
COMPLAINS, ASKS, NAMES, SOLVED = "complaint:complaint", "complaint:request", "complaint:person", "theme:resolved+"
PERSON = "[staff]"
"""A name that is masked."""


@cache
def _cues(audience: str) -> Cues:
    return Cues(lens().of("complaint", audience))


def __getattr__(name: str) -> str:
    """`VERSION` holds what is asked: the lens, the weights of the signs and the model of tone that is in use."""
    if name == "VERSION":
        return f"4.{lens().version_of('complaint')}.{themes.VERSION}.{needs_reply.version()}.{tone.current().version}"
    raise AttributeError(name)


def read(text: Text) -> Iterator[Label]:
    """`complaint`: yes where the text carries a theme that speaks against the company, or words of complaint; else no.

    `needs_reply`: yes where the signs that it shows, weighed together, make it likely (`enrich.needs_reply`), with that probability; its words are those that complain or ask,
    and where there are none those that set its tone.
    """
    if not lens().reads(text.language):
        return
    found, spans, tones = signs(text)
    yield _label("complaint", spans["against"])
    chance = needs_reply.likely(found)
    words = [*spans["against"], *spans["asks"]] or tones
    if needs_reply.wanted(found) and words:
        yield Label("needs_reply", "yes", round(chance, 3), basis="words", spans=tuple(sorted(words)[:SPANS]))
    else:
        yield Label("needs_reply", "no", basis="absence")


def signs(text: Text) -> tuple[needs_reply.Signs, dict[str, list[tuple[int, int]]], list[tuple[int, int]]]:
    """What bears on whether the text wants an answer, the words that speak `against` and that `asks`, and those that set its tone."""
    tags = lens().tags
    told = list(themes.read(text))
    cues = [m for m in (Mention(hit.tag.id, hit.start, hit.end) for hit in _cues(text.audience).find(text.text)) if text.stands(m.tag, m.start, m.end) and not _is_company(text, m)]
    heard = tone.heard(text.text)[1]
    against = [m for m in told if tags[m.tag].speaks == "against"]
    complains = [m for m in cues if m.tag == COMPLAINS]
    named = [(at, at + len(PERSON)) for at in (text.text.find(PERSON),) if at >= 0] + [(m.start, m.end) for m in cues if m.tag == NAMES]
    questions = [(at, at + 1) for at in (text.text.find("?"),) if at >= 0]
    requests = [(m.start, m.end) for m in cues if m.tag == ASKS]
    found = needs_reply.Signs(against=len(against), praise=sum(tags[m.tag].speaks == "for" for m in told), complaint=len(complains), request=len(requests), person=bool(named),
                              question=bool(questions), solved=any(m.tag == SOLVED for m in told), employee=text.audience == "employee", words=len(text.text.split()),
                              negative=heard.shares[0], positive=heard.shares[2], lowest=min((0.0, *heard.sentences)))
    return found, {"against": sorted((m.start, m.end) for m in (*against, *complains)), "asks": sorted((*requests, *named, *questions))}, list(heard.weighed)


def _is_company(text: Text, mention: Mention) -> bool:
    """Whether what looks like somebody of the staff is a company of the study: "Acme helped me"."""
    words = text.text[mention.start:mention.end]
    return mention.tag == NAMES and any(name in words for _, name in text.names)


def _label(name: str, spans: list[tuple[int, int]]) -> Label:
    """Yes, shown by its words, or no where there are none."""
    return Label(name, "yes", basis="words", spans=tuple(spans[:SPANS])) if spans else Label(name, "no", basis="absence")
