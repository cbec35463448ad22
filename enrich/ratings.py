"""Reads ratings as sources write them: 4, "4,5", "8/10", "★★★☆☆", "3 out of 5 stars", "80 %"."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isnan

from enrich.records import Rating

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_WORD = r"(?:\s*-?(?:stars?|sterne[n]?|étoiles?|estrellas?|stelle|points?|punkte[n]?|★|⭐))?"
_LEAD = r"(?:(?:rated|rating|score|note|bewertung|bewertet mit)\s*:?\s*)?"
_OF = re.compile(rf"{_LEAD}{_NUMBER}{_WORD}\s*(?:/|out of|von|of|sur|de|su|van)\s*{_NUMBER}{_WORD}$", re.IGNORECASE)
_BARE = re.compile(rf"{_LEAD}{_NUMBER}{_WORD}$", re.IGNORECASE)
_PERCENT = re.compile(rf"{_NUMBER}\s*%$")
_FULL, _HALF = "★⭐✭✮", "½⯨"
_STARS = frozenset(_FULL + _HALF + "☆✩ \ufe0f")


def read(raw: object, *, best: object = None, worst: object = None) -> Rating | None:
    """The rating, with its raw form kept, or None where there is none (empty, or 0 on a scale that begins at 1).

    `best` and `worst` are the ends of the scale, 5 and 1 unless the source says otherwise; a text that names its scale ("8/10")
    is read on that. Stars that are drawn are out of five: "★★★" is three of five. Raises ValueError where `raw` is no rating,
    or lies outside its scale.
    """
    if raw is None or isinstance(raw, bool) or (isinstance(raw, float) and isnan(raw)):
        return None
    return _read(" ".join(str(raw).split()), _number(best), _number(worst))


def bare(raw: object) -> float | None:
    """The number of a rating that does not name its scale, or None."""
    found = None if raw is None or isinstance(raw, bool) else _BARE.match(str(raw).strip())
    return _float(found[1]) if found else None


def stars(value: float) -> int:
    """A rating between 0 and 1 on five stars."""
    return int(1 + 4 * value + 0.5)


@lru_cache(maxsize=4096)
def _read(text: str, best: float | None, worst: float | None) -> Rating | None:
    if not text:
        return None
    if _STARS.issuperset(text):
        return _scaled(text, sum(map(text.count, _FULL)) + sum(map(text.count, _HALF)) / 2, 5.0, 1.0)
    if of := _OF.match(text):
        return _scaled(text, _float(of[1]), _float(of[2]), worst)
    if percent := _PERCENT.match(text):
        return _scaled(text, _float(percent[1]), 100.0, 0.0)
    if found := _BARE.match(text):
        return _scaled(text, _float(found[1]), best or 5.0, worst)
    raise ValueError(f"{text[:40]!r} is not a rating")


def _scaled(raw: str, value: float, best: float, worst: float | None) -> Rating | None:
    worst = (0.0 if best >= 100 else 1.0) if worst is None else worst
    if value == 0 and worst > 0:
        return None                           # many sites write 0 for "not rated"
    if best <= worst or not worst <= value <= best:
        raise ValueError(f"the rating {raw[:40]!r} lies outside {worst:g} to {best:g}")
    return Rating(raw, (value - worst) / (best - worst))


def _number(value: object) -> float | None:
    """An end of a scale, or None where it is not given as a number (pages state it as free text)."""
    try:
        return _float(str(value)) if value is not None else None
    except ValueError:
        return None


def _float(text: str) -> float:
    return float(text.strip().replace(",", "."))
