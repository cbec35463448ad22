"""Reads times as sources write them: exact, a day, a month, or "2 weeks ago"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import dateparser

from enrich.records import When

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$")
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_AGO = re.compile(r"(?:(?:about|over|almost|edited|posted|reviewed)\s+)*(\d+|an?|one|a few|few|last)\s+(second|minute|hour|day|week|month|year)s?(?:\s+ago)?$", re.I)
_UNITS = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
          "week": timedelta(days=7), "month": timedelta(days=30.44), "year": timedelta(days=365.25)}
_FIRST_SECOND, _FIRST_MILLI = 315_532_800, 315_532_800_000          # 1980: smaller numbers are no times
_LAST_SECOND = 4_102_444_800                                        # 2100


def read(raw: object, *, seen: datetime | None = None, day_first: bool | None = None) -> When | None:
    """The moment that `raw` names, or None where it is empty.

    `raw` is a datetime, a date, Unix seconds or milliseconds, or a text; a time without a zone is UTC. `seen` is when the text was
    read, which "2 weeks ago" counts from. `day_first` decides 03/04/2026. Raises ValueError where the text names no moment, or
    where its day and month cannot be told apart.
    """
    if raw is None or isinstance(raw, bool):
        return None
    if isinstance(raw, datetime):
        return When.at(raw)
    if isinstance(raw, date):
        return When.on(raw.year, raw.month, raw.day)
    if isinstance(raw, int | float):
        return _epoch(float(raw))
    text = " ".join(str(raw).split())
    if not text:
        return None
    if re.fullmatch(r"\d{9,13}(\.\d+)?", text):
        return _epoch(float(text))
    try:
        return _text(text, day_first) if not (ago := _AGO.match(text)) and text.lower() not in ("yesterday", "today") else _ago(text, ago, seen)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:60]!r} is not a date") from None


def ambiguous(text: str) -> bool:
    """Whether day and month of a text such as 03/04/2026 can be told apart only by knowing the habit of its file."""
    numbers = _NUMBERS.match(text.strip())
    return bool(numbers) and numbers is not None and int(numbers[1]) <= 12 and int(numbers[2]) <= 12 and numbers[1] != numbers[2]


def _epoch(value: float) -> When:
    if _FIRST_MILLI <= value < _LAST_SECOND * 1000:
        value /= 1000
    if not _FIRST_SECOND <= value < _LAST_SECOND:
        raise ValueError(f"{value:g} is not a time in Unix seconds")
    return When.at(datetime.fromtimestamp(value, UTC))


@lru_cache(maxsize=16384)
def _text(text: str, day_first: bool | None) -> When:
    if day := _ISO_DAY.match(text):
        return When.on(int(day[1]), int(day[2]), int(day[3]) if day[3] else None)
    if numbers := _NUMBERS.match(text):
        a, b, year = int(numbers[1]), int(numbers[2]), int(numbers[3])
        if a > 12 or (b <= 12 and (day_first if day_first is not None else "." in text)):
            a, b = b, a                       # now a is the month
        elif b <= 12 and a != b and day_first is None:
            raise ValueError(text)
        if numbers[4]:
            return When.at(datetime(year, a, b, int(numbers[4]), int(numbers[5]), int(numbers[6] or 0)))
        return When.on(year, a, b)
    try:
        return When.at(datetime.fromisoformat(text))
    except ValueError:
        pass
    order = {None: "YMD", True: "DMY", False: "MDY"}[day_first]
    found = dateparser.date.DateDataParser(
        languages=["en", "de", "fr", "es", "it", "nl", "pt"],
        settings={"REQUIRE_PARTS": ["year", "month"], "DATE_ORDER": order, "PARSERS": ["absolute-time"], "PREFER_DAY_OF_MONTH": "first"},
    ).get_date_data(text)
    moment = found.date_obj
    if moment is None:
        raise ValueError(text)
    if found.period == "month":
        return When.on(moment.year, moment.month)
    if ":" not in text:
        return When.on(moment.year, moment.month, moment.day)
    return When.at(moment)


def _ago(text: str, ago: re.Match[str] | None, seen: datetime | None) -> When:
    if seen is None:
        raise ValueError(text)
    if ago is None:
        day = seen - timedelta(days=text.lower() == "yesterday")
        return When.on(day.year, day.month, day.day)
    unit = _UNITS[ago[2].lower()]
    number = int(ago[1]) if ago[1].isdigit() else 3 if "few" in ago[1].lower() else 1
    spread = 2 if "few" in ago[1].lower() else 1
    return When(seen - (number + spread) * unit, seen - max(0, number - spread + 1) * unit, "interval")
