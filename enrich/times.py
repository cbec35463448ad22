"""Reads times as sources write them: exact, a day, a month, or "2 weeks ago"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from math import isnan

from dateparser.date import DateDataParser

from enrich.records import When

_CLOCK = r"(?:,?[ T]+(?:at )?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([ap])\.?m\.?)?(?: ?(?:Z|UTC|GMT))?)?$"
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})" + _CLOCK, re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})" + _CLOCK, re.IGNORECASE)
_NAME = r"([a-z]{3,9})\.?"
_DAY_MONTH = re.compile(rf"(?:[a-z]{{3,9}}\.?, )?(\d{{1,2}})(?:st|nd|rd|th)?[ -](?:of )?{_NAME},?[ -](\d{{4}}){_CLOCK}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"(?:[a-z]{{3,9}}\.?, )?{_NAME} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){_CLOCK}", re.IGNORECASE)
_MONTH = re.compile(rf"{_NAME},?[ -](\d{{4}})$", re.IGNORECASE)
_MONTHS = {name[:n]: i for i, name in enumerate(
    ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"), 1)
    for n in range(3, len(name) + 1)}
_AGO = re.compile(r"(?:(?:about|over|almost)\s+)*(\d+|an?|one|a few|few|last)\s+(second|minute|hour|day|week|month|year)s?(?:\s+ago)?$", re.IGNORECASE)
_UNIX = re.compile(r"\d{9,13}(\.\d+)?$")
_LEAD = re.compile(r"(?:reviewed|posted|published|written|edited|updated)(?: on)?:? ", re.IGNORECASE)
_NEAR = ("today", "yesterday")
_UNITS = {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
          "week": timedelta(days=7), "month": timedelta(days=30.44), "year": timedelta(days=365.25)}
_FIRST_SECOND, _FIRST_MILLI = 315_532_800, 315_532_800_000          # 1980: smaller numbers are no times
_LAST_SECOND = 4_102_444_800                                        # 2100
_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt"]


class Ambiguous(ValueError):
    """A date such as 03/04/2026, whose day and month cannot be told apart."""


def read(raw: object, *, seen: datetime | None = None, day_first: bool | None = None) -> When | None:
    """The moment that `raw` names, or None where it is empty.

    `raw` is a datetime, a date, Unix seconds or milliseconds, or a text; a time without a zone is UTC. `seen` is when the text was
    read, which "2 weeks ago" counts from. `day_first` decides 03/04/2026 (a date with dots, 03.04.2026, is day first unless told
    otherwise). Raises `Ambiguous` where day and month cannot be told apart, and ValueError where the text names no moment.
    """
    if raw is None or isinstance(raw, bool) or (isinstance(raw, float) and isnan(raw)):
        return None
    if isinstance(raw, datetime):
        return When.at(raw)
    if isinstance(raw, date):
        return _day(raw)
    if isinstance(raw, int | float):
        return _epoch(float(raw))
    text = _LEAD.sub("", " ".join(str(raw).split()))
    if not text:
        return None
    try:
        if ago := _AGO.match(text):
            return _ago(ago[1], ago[2].lower(), seen)
        if text.lower() in _NEAR:
            return _near(text.lower(), seen)
        if _UNIX.match(text):
            return _epoch(float(text))
        if found := _text(text, day_first):
            return found
        raise ValueError(text)
    except Ambiguous:
        raise
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:60]!r} is not a date") from None


def order(raw: object) -> bool | None:
    """Whether one date in numbers shows by itself that the day is first (31/12/2026) or second (12/31/2026); None: it does not show."""
    if isinstance(raw, str) and (numbers := _NUMBERS.match(raw.strip())):
        a, b = int(numbers[1]), int(numbers[2])
        return None if (a > 12) == (b > 12) else a > 12
    return None


def _epoch(value: float) -> When:
    if _FIRST_MILLI <= value < _LAST_SECOND * 1000:
        value /= 1000
    if not _FIRST_SECOND <= value < _LAST_SECOND:
        raise ValueError(f"{value:g} is not a time in Unix seconds")
    return When.at(datetime.fromtimestamp(value, UTC))


@lru_cache(maxsize=16384)
def _text(text: str, day_first: bool | None) -> When | None:
    """A date that means the same whenever it is read. The common forms have patterns: dateparser takes a thousand times as long."""
    if found := _ISO_DAY.match(text):
        return When.on(int(found[1]), int(found[2]), int(found[3]) if found[3] else None)
    try:
        return When.at(datetime.fromisoformat(text)) if len(text) > 10 else _day(date.fromisoformat(text))
    except ValueError:
        pass
    if found := _YEAR_FIRST.match(text):
        return _moment(int(found[1]), int(found[2]), int(found[3]), found.groups()[3:])
    if found := _NUMBERS.match(text):
        a, b = int(found[1]), int(found[2])
        if a <= 12 and b <= 12 and a != b and day_first is None and "." not in found[0][:6]:
            raise Ambiguous(f"{text[:60]!r} may put the day or the month first")
        day_leads = a > 12 or (b <= 12 and (day_first if day_first is not None else True))
        year = int(found[3]) if len(found[3]) == 4 else int(found[3]) + (2000 if int(found[3]) < 69 else 1900)      # as POSIX has it
        return _moment(year, b if day_leads else a, a if day_leads else b, found.groups()[3:])
    if (found := _DAY_MONTH.match(text)) and found[2].lower() in _MONTHS:
        return _moment(int(found[3]), _MONTHS[found[2].lower()], int(found[1]), found.groups()[3:])
    if (found := _MONTH_DAY.match(text)) and found[1].lower() in _MONTHS:
        return _moment(int(found[3]), _MONTHS[found[1].lower()], int(found[2]), found.groups()[3:])
    if (found := _MONTH.match(text)) and found[1].lower() in _MONTHS:
        return When.on(int(found[2]), _MONTHS[found[1].lower()])
    if text[:1].isalpha() and ":" in text and not re.search(r"\d ?[ap]\.?m\b", text, re.IGNORECASE):       # mail dates know no half of the day, and would drop it
        try:
            return When.at(parsedate_to_datetime(text))
        except ValueError:
            pass
    return _any_language(text, day_first)


def _moment(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> When:
    hour, minute, second, half = clock
    if hour is None:
        return When.on(year, month, day)
    hours = int(hour) if half is None else int(hour) % 12 + 12 * (half.lower() == "p")
    return When.at(datetime(year, month, day, hours, int(minute or 0), int(second or 0)))


def _any_language(text: str, day_first: bool | None) -> When | None:
    if len(text) > 60 or not re.search(r"\d{4}|\d\d$", text):      # without a year it is no date, whatever the parser makes of it
        return None
    found = _parser({None: "YMD", True: "DMY", False: "MDY"}[day_first]).get_date_data(text)
    moment = found.date_obj
    if moment is None:
        return None
    if found.period == "month":
        return When.on(moment.year, moment.month)
    return When.at(moment) if ":" in text else _day(moment)


@cache
def _parser(order: str) -> DateDataParser:
    return DateDataParser(languages=_LANGUAGES, settings={"REQUIRE_PARTS": ["year", "month"], "DATE_ORDER": order,
                                                          "PARSERS": ["absolute-time"], "PREFER_DAY_OF_MONTH": "first"})


def _ago(number: str, unit: str, seen: datetime | None) -> When:
    """Two weeks ago is between 1½ and 3 weeks ago: some sites round to the nearest, others down. A few are one to five."""
    if seen is None:
        raise ValueError("no time to count from")
    if "few" in number.lower():
        most, least = 5.0, 1.0
    else:
        n = int(number) if number.isdigit() else 1
        most, least = n + 1, max(0.0, n - 0.5)
    return When(seen - most * _UNITS[unit], seen - least * _UNITS[unit], "interval")


def _near(word: str, seen: datetime | None) -> When:
    if seen is None:
        raise ValueError("no time to count from")
    return _day(seen - timedelta(days=_NEAR.index(word)))


def _day(day: date) -> When:
    return When.on(day.year, day.month, day.day)
