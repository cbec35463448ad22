"""Dates in the words of any language ("Отзыв написан 17 марта 2015", "hace un mes"), put as enrich.times reads them.

A page that a person saved speaks that person's language, and sets its dates among other words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache

from dateparser.conf import SettingValidationError
from dateparser.date import DateDataParser

_BASE = datetime(2024, 12, 28, 12)
"""Stands for the present: far enough from the end of its month that whole months are counted back exactly."""
_NUMBERS = re.compile(r"(?<!\d)(\d{4})\s?[年년./-]\s?(\d{1,2})\s?[月월./-]\s?(\d{1,2})(?!\d|T\d)")
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2}) (?:tháng|thg) (\d{1,2})\D{1,8}(\d{4})(?!\d)", re.I)
_WORD = r"([^\s\d,.]{2,})"
_DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}})(?:[.ºª]|st|nd|rd|th|er)?\s*(?:de |di |do |of |ta['’] )?{_WORD}[.,]?(?: de| del| do| г)?,?\s+(\d{{4}})(?!\d)", re.I)
_MONTH_DAY = re.compile(rf"{_WORD}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)", re.I)
_YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}})\.?\s+(?:m\. )?{_WORD}\.?\s+(\d{{1,2}})(?!\d)", re.I)
_MONTH = re.compile(r"([^\s\d,.]{3,})\.?(?: de| del)?\s+(\d{4})(?!\d)", re.I)
_MONTH_NUMBERS = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]")
_SLASHES = re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)")
_ONE = frozenset(["un", "una", "uno", "um", "uma", "ein", "eine", "einem", "einer", "een", "en", "ett", "et", "én", "bir", "jeden", "jedna", "jedną", "ένα", "έναν", "μία", "egy", "o",
                  "одну", "один", "một"])
"""What many languages write for 1 before a month or a year."""
_DAYS = {"week": 7, "day": 1}


def english(raw: str, language: str | None = None) -> str:
    """The date in a text: what `absolute` finds, or "2 months ago"; the text itself where none is found in it.

    `language` is two letters, as the page says; where it does not, or is wrong, every language is tried.
    """
    return absolute(raw, language) or _ago(_western(raw), language) or raw


@lru_cache(maxsize=4096)
def absolute(raw: str, language: str | None = None) -> str | None:
    """The date in a text that means the same whenever it is read: "2015-03-17", "2015-03" or "17/3/2015"."""
    text = _western(raw)
    if found := _NUMBERS.search(text):
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    for day, month, year in _named(text):
        if moment := _moment(f"{day} {month} {year}", language, "absolute-time"):
            return f"{moment[0]:%Y-%m-%d}"
    if found := _SLASHES.search(text):
        return found[0]
    if found := _MONTH_NUMBERS.search(text):
        return f"{found[1]}-{int(found[2]):02}"
    if (found := _MONTH.search(text)) and (moment := _moment(f"1 {found[1]} {found[2]}", language, "absolute-time")):
        return f"{moment[0]:%Y-%m}"
    return None


def _western(raw: str) -> str:
    """On one line, with the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(c, c)) for c in " ".join(raw.split()))


def _named(text: str) -> Iterator[tuple[str, str, str]]:
    """Day, month and year where the month is a word (or, in Vietnamese, a number after one)."""
    if found := _VIETNAMESE.search(text):
        yield found[1], f"tháng {found[2]}", found[3]
    if found := _DAY_MONTH.search(text):
        yield found[1], found[2], found[3]
    if found := _MONTH_DAY.search(text):
        yield found[2], found[1], found[3]
    if found := _YEAR_MONTH.search(text):
        yield found[3], found[2], found[1]


@lru_cache(maxsize=4096)
def _ago(text: str, language: str | None) -> str | None:
    """How long ago in English: as it stands, or without a few words before it ("Edited …") and after it ("… on Google")."""
    words = text.replace("한 ", "1").split()             # Korean writes a number and its unit as one word
    for first, last in sorted(((a, b) for a in range(min(4, len(words))) for b in range(min(3, len(words) - a))), key=sum):
        kept = words[first:len(words) - last]
        for attempt in (["1" if w.lower() in _ONE else w for w in kept], kept, ["1", *kept]):
            moment = _moment(" ".join(attempt), language, "relative-time")
            # a word that is "today" in some language, taken out of a sentence, is nothing
            if moment and (moment[0] != _BASE or (kept == words and language)):
                return _counted(*moment)
    return None


def _counted(moment: datetime, period: str) -> str | None:
    """The distance in the largest unit that was named."""
    days = (_BASE - moment).total_seconds() / 86_400
    if days < 0:
        return None
    if period == "day" and days < 1:
        hours = round(days * 24)
        return f"{hours} hours ago" if hours else "today"
    months = (_BASE.year - moment.year) * 12 + _BASE.month - moment.month
    n = {"year": months // 12, "month": months}.get(period, round(days / _DAYS.get(period, 1)))
    return f"{n} {period}{'s' * (n != 1)} ago"


def _moment(text: str, language: str | None, kind: str) -> tuple[datetime, str] | None:
    for known in (language, None) if language else (None,):
        try:
            found = _parser(known, kind).get_date_data(text)
        except (ValueError, SettingValidationError):           # a language that the parser does not know
            continue
        if found.date_obj is not None:
            return found.date_obj.replace(tzinfo=None), found.period
    return None


@cache
def _parser(language: str | None, kind: str) -> DateDataParser:
    settings = {"PARSERS": [kind], "RELATIVE_BASE": _BASE} | ({"REQUIRE_PARTS": ["year", "month", "day"], "DATE_ORDER": "DMY"} if kind == "absolute-time" else {})
    return DateDataParser(languages=[{"no": "nb", "iw": "he", "in": "id"}.get(language, language)] if language else None, settings=settings)
