"""Ratings and counts in the words of any language: numbers are told from what stands around them ("4 av 5 stjerner", "5つ星のうち4.0", "1.234 Bewertungen")."""

from __future__ import annotations

import re
import unicodedata

from enrich import ratings
from enrich.records import Rating

_NUMBER = re.compile(r"\d+(?:[.,٫]\d+)?")
_COUNT = re.compile(r"\d{1,3}(?:[.,'’٬\s]\d{3})+(?!\d)|\d+")


def spoken(label: str | None, best: int = 5) -> Rating | None:
    """A rating as a label for people says it; the end of the scale may stand before or after it, or not at all.

    Its raw form is the number alone: the same page in another language, or another layout, says the same. None where the label has no number. Raises
    ValueError where the rating lies outside its scale.
    """
    numbers = [float(n.replace("٫", ".").replace(",", ".")) for n in _NUMBER.findall(_western(label))][:2]
    if len(numbers) == 2:
        numbers.sort(key=lambda n: n == best)                # the other one is the rating; where both are the best, it is the best
    return ratings.read(f"{numbers[0]:g}", best=best) if numbers else None


def counts(text: str | None) -> list[int]:
    """The whole numbers in a text, with or without signs between their thousands."""
    return [int(re.sub(r"\D", "", n)) for n in _COUNT.findall(_western(text))]


def _western(text: str | None) -> str:
    return "".join(str(unicodedata.decimal(c, c)) for c in " ".join((text or "").split()))
