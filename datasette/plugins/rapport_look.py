"""How figures, dates, quotes and table cells are written."""

import json
from datetime import date
from urllib.parse import quote as quoted

from datasette import hookimpl
from markupsafe import Markup, escape

from enrich.conclude import DROPPED
from enrich.source_names import spoken

MINUS = "\u2212"
DAY = 24
SPACE = "\u202f"
LONGEST = 60
"""Characters of an address in a table."""
NOT_AVAILABLE = Markup('<span class="missing">not available</span>')
ROLES = {"company": "The company", "owner": "The owner", "manager": "A manager", "staff": "Staff", "bot": "An automatic answer", "customer": "A customer",
         "other": "Somebody else"}


@hookimpl
def prepare_jinja2_environment(env):
    env.filters |= {"figure": figure, "interval": interval, "difference": difference, "count": count, "day": day, "stars": stars, "marked": marked,
                    "path": lambda value: quoted(str(value), safe="~:.,@"), "listed": listed, "place": spoken, "address": address, "plural": plural, "at": at, "later": later}
    env.globals |= {"ROLES": ROLES, "told_from": DROPPED}


def figure(value, unit="share"):
    """A figure with its unit, as people write it; None is not available, never zero."""
    if value is not None and unit == "p":
        return "p under 0.001" if value < 0.001 else f"p {value:.3f}"
    if unit == "share" and value is not None and 0 < value < 0.0005:
        return f"under 0.1{SPACE}%"
    if unit == "share" and value is not None and 0.9995 < value < 1:
        return f"over 99.9{SPACE}%"
    value, unit = _said_in(unit, value)
    return NOT_AVAILABLE if value is None else f"{_number(value, unit)}{_unit(unit, value)}"


def interval(low, high, unit="share"):
    """Both ends of an interval."""
    if low is None or high is None:
        return ""
    high, said = _said_in(unit, high)
    low = low / DAY if said != unit else low
    return f"{_number(low, said)} to {_number(high, said)}{_unit(said, high)}"


def difference(value, unit="share", bare=False):
    """A difference with its sign: shares differ by points. `bare` leaves the unit to what follows."""
    if value is None:
        return ""
    said = f"+{_number(value, unit)}" if value >= 0 else f"{MINUS}{_number(-value, unit)}"
    return said if bare else said + (" points" if unit == "share" else _unit(unit, value))


def _said_in(unit, value):
    """Long waits in days."""
    return (value / DAY, "days") if unit == "hours" and value is not None and value >= 3 * DAY else (value, unit)


def _number(value, unit):
    value = value * 100 if unit == "share" else value
    digits = 1 if (abs(value) < 10 or (unit == "share" and 99 < value < 100)) and round(value, 1) != round(value) else 0
    return f"{value:,.{digits}f}".replace("-", MINUS).replace(",", SPACE)


def _unit(unit, value):
    return {"share": f"{SPACE}%", "hours": " hour" if value == 1 else " hours", "days": " day" if value == 1 else " days", "stars": " stars"}.get(unit, f" {unit}" if unit else "")


def count(value):
    """A whole number with thin spaces between thousands."""
    return NOT_AVAILABLE if value is None else f"{value:,}".replace(",", SPACE)


def plural(n, one, many=None):
    """A count with its noun."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def day(moment, precision=None):
    """A time as a day, or as a month where it is no more exact."""
    if not moment:
        return Markup('<span class="missing">date not stated</span>')
    when = date.fromisoformat(moment[:10])
    said = f"{when:%B %Y}" if precision == "month" else f"{when.day} {when:%b %Y}"
    return Markup('<time datetime="{0}">{1}</time>').format(moment, f"about {said}" if precision == "interval" else said)


def at(x):
    """A place on a chart's axis: hours after a review, or a month."""
    hours = float(x) if x.replace(".", "", 1).isdigit() else None
    return x if hours is None else plural(round(hours), "hour") if hours < 48 else plural(round(hours / 24), "day")


def later(hours):
    """How long after."""
    return "within the hour" if hours < 1 else f"{plural(round(hours), 'hour')} later" if hours < 36 else f"{plural(round(hours / 24), 'day')} later"


def stars(value):
    """Stars that a screen reader says too."""
    if value is None:
        return Markup('<span class="missing">no rating</span>')
    return Markup('<span class="stars" role="img" aria-label="{0} of 5 stars">{1}<span class="unlit">{2}</span></span>').format(value, "★" * value, "★" * (5 - value))


def marked(quote):
    """A quote with its matched words marked; everything else is escaped."""
    said, at = Markup(), 0
    for start, end in quote["marks"]:
        if end > at:
            said += escape(quote["text"][at:max(start, at)]) + Markup("<mark>{}</mark>").format(quote["text"][max(start, at):end])
            at = end
    return said + escape(quote["text"][at:])


def address(url):
    """Where a place is, short enough for a table: host and path."""
    said = url.partition("://")[2].removeprefix("www.").rstrip("/")
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def listed(text):
    """A JSON list as words."""
    return ", ".join(json.loads(text or "[]"))


@hookimpl
def render_cell(row, value, column, table, datasette):
    if value is None:
        return Markup('<span class="missing">–</span>')
    to = {"review": "review", "finding": "finding"}.get(column) or (column == "id" and {"published_reviews": "review", "findings": "finding", "companies": "company"}.get(table))
    if to:
        return Markup('<a href="{}">{}</a>').format(datasette.urls.path(f"/{to}/{quoted(str(value), safe='~:.,@')}"), value if to != "review" else "open")
    if column == "url":
        return Markup('<a href="{}" rel="noopener noreferrer nofollow">at its source</a>').format(value) if value.startswith(("http://", "https://")) else value
    if column in ("stars", "review_stars") and isinstance(value, int):
        return stars(value)
    if column.endswith("_at") and isinstance(value, str):
        return Markup('<span title="{}">{}</span>').format(value, value[:10])
    return None
