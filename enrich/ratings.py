"""Reads ratings as sources write them: 4, "4,5", "8/10", "★★★☆☆", "3 out of 5 stars", "80 %"."""

from __future__ import annotations

import re

from enrich.records import Rating

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_OF = re.compile(rf"{_NUMBER}\s*(?:/|von|out of|of|sur|de)\s*{_NUMBER}", re.I)
_BARE = re.compile(rf"{_NUMBER}(?:\s*(?:stars?|sterne?|étoiles?|points?))?$", re.I)
_PERCENT = re.compile(rf"{_NUMBER}\s*%$")


def read(raw: object, *, best: object = None, worst: object = None) -> Rating | None:
    """The rating, with its raw form kept, or None where there is none (empty, or 0 on a scale that begins at 1).

    `best` and `worst` are the ends of the scale, 5 and 1 unless the source says otherwise. Raises ValueError where `raw` is no
    rating, or lies outside its scale.
    """
    if raw is None or isinstance(raw, bool) or (isinstance(raw, float) and raw != raw):
        return None
    text = " ".join(str(raw).split())
    if not text:
        return None
    if set(text) <= set("★☆⭐✩✭✮⯨½ \ufe0f"):
        full = sum(text.count(c) for c in "★⭐✭✮") + 0.5 * (text.count("½") + text.count("⯨"))
        return _scaled(text, full, 5.0, 1.0)
    high, low = _number(best) or 5.0, _number(worst) if worst is not None else None
    if of := _OF.search(text):
        return _scaled(text, _float(of[1]), _float(of[2]), low)
    if percent := _PERCENT.match(text):
        return _scaled(text, _float(percent[1]), 100.0, 0.0)
    if bare := _BARE.match(text):
        return _scaled(text, _float(bare[1]), high, low)
    raise ValueError(f"{text[:40]!r} is not a rating")


def stars(value: float) -> int:
    """A rating between 0 and 1 on five stars."""
    return int(1 + 4 * value + 0.5)


def _scaled(raw: str, value: float, best: float, worst: float | None) -> Rating | None:
    worst = (0.0 if best >= 100 else 1.0) if worst is None else worst
    if value == 0 and worst > 0:
        return None                           # many sites write 0 for "not rated"
    if best <= worst or not worst <= value <= best:
        raise ValueError(f"the rating {raw[:40]!r} lies outside {worst:g} to {best:g}")
    return Rating(raw, (value - worst) / (best - worst))


def _number(value: object) -> float | None:
    try:
        return _float(str(value)) if value is not None else None
    except ValueError:
        return None


def _float(text: str) -> float:
    return float(text.strip().replace(",", "."))
