"""Times as forums write them: "Ven 7 Oct 2011 08:23", "04-09-2005, 06:46 PM", "Heute, 09:28", in the page's language and by the page's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from dateparser.date import DateDataParser

from enrich import times
from enrich.records import When

_DAYS = ("today heute aujourd'hui hoy oggi vandaag hoje idag dziś dzisiaj dnes ma bugün tänään azi сегодня сьогодні",
         "yesterday gestern hier ayer ieri gisteren ontem igår wczoraj včera tegnap dün eilen вчера вчора")
_AGO = {word: days for days, words in enumerate(_DAYS) for word in words.split()}
_AT = r"(?:at|um|à|às|alle|om|kl\.?|в|о|–|-)"
_NEAR = re.compile(rf"(?P<day>{'|'.join(sorted(_AGO, key=len, reverse=True))})\b[ ,]*(?:{_AT} )?(?P<clock>\d{{1,2}}:\d{{2}}.*)?$", re.I)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})? ?(?:[ap]\.?m\.?)?$", re.I)
_LABEL = re.compile(r"^.*(?:»|:\s)\s*(?=\S)")
"""What stands before a time: "by NAME »", "Posted: ", "Reply #1 on: "."""
_WEEKDAY = re.compile(r"^[^\W\d]{2,}\.?,? (?=\d{1,2}\.? [^\W\d]{3}|[^\W\d]{3,}\.? \d)")
_BETWEEN = re.compile(rf"(?<=[\d,]),? {_AT} (?=\d{{1,2}}:\d{{2}})", re.I)
_SMALLER = re.compile(r",\s*\d+\s+[^\W\d]+")
"""The second unit in "12 hours, 17 minutes ago"."""
_HOURS = re.compile(r"\b(\d{1,2}) ?h ?(\d{2})(?: ?min)?\b")
_ZONE = re.compile(r"\b(?:UTC|GMT|WEZ)(?:\s*(?P<sign>[+−-])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?)?(?P<summer>[^\[\]<>]{0,24}\[)?")


@dataclass(frozen=True, slots=True)
class Clock:
    """How one page writes its times."""

    seen: datetime | None                    # when it was seen, which "today" counts from; None where nobody says
    language: str | None = None              # of the page, two letters
    day_first: bool | None = None            # whether 03/04/2026 is the third of April
    offset: timedelta = timedelta()          # of its clock to UTC

    def ordered(self, written: list[str]) -> Clock:
        """The same clock, that knows how the page orders day and month where one of its dates allows no other reading."""
        shown = {order for text in written if (order := times.order(plain(text))) is not None}
        return replace(self, day_first=shown.pop()) if self.day_first is None and len(shown) == 1 else self

    def read(self, written: str | None) -> When | None:
        """The moment that a text names, None where it is empty. Raises `times.Ambiguous` where day and month cannot be told apart, ValueError where it is no date."""
        text = plain(written or "")
        if not text:
            return None
        near = _NEAR.match(text)
        if self.seen is None and (near or _CLOCK.match(text)):
            raise ValueError(f"{text[:60]!r} is not a date")
        if near:
            return self._utc(times.read(f"{self._day(_AGO[near['day'].lower()])} {near['clock'] or ''}"))
        if _CLOCK.match(text):
            return self._utc(times.read(f"{self._day(0)} {text}"))
        try:
            return self._utc(times.read(text, seen=self.seen, day_first=self.day_first))
        except times.Ambiguous:
            raise
        except ValueError:
            if (found := self._absolute(text) or self._ago(text)) is None:
                raise
            return found

    def _day(self, days: int) -> date:
        """So many days before the one that the page's clock showed."""
        assert self.seen is not None
        return (self.seen + self.offset - timedelta(days=days)).date()

    def _utc(self, when: When | None) -> When | None:
        """A time on the page's clock; a day stays the day that the page names."""
        return When.at(when.earliest - self.offset) if when is not None and when.precision == "second" else when

    def _absolute(self, text: str) -> When | None:
        """A date with the month's name in the page's language."""
        moment = _parser("absolute-time", self.language).get_date_data(text).date_obj if re.search(r"\d{4}", text) else None
        if moment is None:
            return None
        return self._utc(When.at(moment)) if ":" in text else When.on(moment.year, moment.month, moment.day)

    def _ago(self, text: str) -> When | None:
        """ "Vor 3 Stunden" is between 2½ and 4 hours ago, as everywhere."""
        if self.seen is None:
            return None
        said = _SMALLER.sub("", text)
        number = int(found[0]) if (found := re.search(r"\d+", said)) else 0
        moment = _parser("relative-time", self.language, self.seen).get_date_data(said).date_obj if number else None
        unit = (self.seen - moment.replace(tzinfo=self.seen.tzinfo)) / number if moment else timedelta()
        return When(self.seen - (number + 1) * unit, self.seen - (number - 0.5) * unit, "interval") if unit > timedelta() else None


def plain(written: str) -> str:
    """A time without what stands around it: labels, signs, the weekday, the word before the hours."""
    text = " ".join(written.replace("’", "'").split()).strip(" «»•·–-,;.").removesuffix(" Uhr")
    text = _HOURS.sub(r"\1:\2", _LABEL.sub("", text)).strip(" «»•·,;")
    return _BETWEEN.sub(" ", _WEEKDAY.sub("", text))


def offset(written: str) -> timedelta:
    """What a page says of its clock ("All times are GMT -5", "UTC + 1 hour [ DST ]"), none where it says nothing."""
    found = _ZONE.search(written)
    if found is None:
        return timedelta()
    away = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    return (away if found["sign"] in ("+", None) else -away) + timedelta(hours=bool(found["summer"]))


@cache
def _known(language: str) -> str:
    """A language that can be read; English, where the page's is none of them."""
    try:
        DateDataParser(languages=[language])
    except ValueError:
        return "en"
    return language


def _parser(kind: str, language: str | None, seen: datetime | None = None) -> DateDataParser:
    settings = {"PARSERS": [kind], "REQUIRE_PARTS": ["year", "month"]} if seen is None else {"PARSERS": [kind], "RELATIVE_BASE": seen.replace(tzinfo=None)}
    return DateDataParser(languages=[_known(language or "en")], settings=settings)
