"""Responsiveness: of reviews that ask for an answer, how many got one in public, and how fast.

A review without a reply is not counted as never answered: it was watched until it was last seen, and the curve takes it so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import partial

from enrich import cells, evidence, field, words
from enrich.cells import Where
from enrich.field import CURVE, HORIZONS, Answering, Compared
from enrich.measures import Figure, Point, Quote, Result, Study

AUDIENCES = ()
HEADLINE = "7d"
SAID = {"1d": ("1 day", "a day"), "3d": ("3 days", "3 days"), "7d": ("7 days", "a week"), "30d": ("30 days", "30 days")}
SILENCE = "No public reply is not no reply: a company may have answered where nobody else can read it."
EVER = 24.0 * 36525
BACKFILL_DAYS, BACKFILL = 30, 10
"""Reviews older than so many days, so many of them answered on one day: old ones were worked off."""
PARTS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")


def measure(study: Study) -> Iterator[Result]:
    where = study.where().but(languages=None, asks=True)
    rows = cells.waits(study.store, where)
    filled = _backfills(study)
    for company in study.companies:
        hidden = _hidden(study, company)
        found = field.answering(rows, company, draw=True)
        if found is None:
            yield _missing(company, hidden or f"No public review of {study.name(company)} asks for an answer in this study.")
            continue
        yield from _headline(study, where, company, found, " ".join(filter(None, (hidden, filled.get(company)))))
    yield from _parts(study, where)


def _headline(study: Study, where: Where, company: str, found: Answering, told: str) -> Iterator[Result]:
    name = study.name(company)
    for horizon, hours in HORIZONS.items():
        title = f"answered within {SAID[horizon][0]}"
        if horizon not in found.within:
            yield _missing(company, f"No review was watched for {SAID[horizon][0]} after it was written.", title)
            continue
        compared = found.within[horizon]
        worse = compared.difference is not None and compared.difference.value < 0
        yield Result(
            company, title, f"Complaints {title}", _sentence(study, company, horizon, compared), found.n, compared, more_is="better", judged=horizon == HEADLINE,
            note=" ".join(filter(None, (_bounds(found, horizon), _edited(found), told, SILENCE))),
            quotes=partial(_quotes, study, where, company, hours, worse), points=partial(_points, study, company, found) if horizon == HEADLINE else lambda: ())
    middle = f"Half of those who complained about {name} were answered within {words.hours(found.median)}" if found.median is not None else \
        f"Fewer than half of those who complained about {name} were answered in public while their reviews were watched"
    beside = f"; at {study.others(found.beside)} half within {words.hours(found.other_median)}" if found.other_median is not None else ""
    low, high = found.median_range or (None, None)
    yield Result(company, "median wait", "Time until half are answered", f"{middle}{beside}.", found.n, unit="hours",
                 figure=Figure(found.median, low, high, found.other_median), note=SILENCE, quotes=partial(_quotes, study, where, company, EVER, False))
    if found.all > found.n and not math.isnan(value := found.whole.value[CURVE.index(int(HORIZONS[HEADLINE]))]):
        own = found.whole.at(CURVE.index(int(HORIZONS[HEADLINE])))
        yield Result(company, f"answered within {SAID[HEADLINE][0]}, whole period", f"Complaints answered within {SAID[HEADLINE][0]}, also in months without a field",
                     f"Of 100 customers who ever complained about {name}, {words.about(value)} were answered in public within {SAID[HEADLINE][1]} ({words.range_of(own)}).", found.all,
                     figure=Figure(own.value, own.low, own.high), note=SILENCE, quotes=partial(_quotes, study, where, company, HORIZONS[HEADLINE], False))
    if found.apart is not None:
        p, faster = found.apart
        yield Result(company, "throughout", "Faster or slower at every age", f"However long one waits, {'more' if faster else 'fewer'} of those who complained about {name} had been answered by then than at {study.others(found.beside)}.",
                     found.n, figure=Figure(p), unit="p", note="The figure is the p of a log-rank test, asked only where the two curves do not cross, and is no verdict.")
    yield Result(company, "naive share", "Answered so far (naive count)", f"Of {words.many(found.all, 'complaint')} about {name}, {words.some(found.answers)} had an answer when last looked at, however long that was.",
                 found.all, figure=Figure(found.answers / found.all), note="A naive count: it takes what was watched for a day and for a year alike.", quotes=partial(_quotes, study, where, company, EVER, False))
    if found.mean is not None:
        yield Result(company, "naive mean wait", "Mean wait of the answered (naive count)", f"Those complaints about {name} that were answered waited {words.hours(found.mean)} on average.",
                     found.meant, figure=Figure(found.mean), unit="hours", note="A naive count: it leaves out all who still wait, and one late answer weighs as much as many quick ones.")


def _sentence(study: Study, company: str, horizon: str, compared: Compared) -> str:
    beside = f"; at {study.others(compared.beside)} {words.about(compared.other.value)}" if compared.other else ""
    one = words.about(compared.own.value)
    return (f"Of 100 customers who complained about {study.name(company)}, {one} {'was' if one.endswith(' 1') else 'were'} answered in public within {SAID[horizon][1]} "
            f"({words.likely(compared)}){beside}.")


def _bounds(found: Answering, horizon: str) -> str | None:
    if not found.unsure:
        return None
    return (f"For {words.many(found.unsure, 'answer')} the delay is known only within bounds: if all came as early as they can have, {words.about(found.earliest[horizon])} of 100 were answered in this time; "
            f"if as late, {words.about(found.latest[horizon])}." if horizon in found.earliest and horizon in found.latest else None)


def _edited(found: Answering) -> str | None:
    return f"Measured from the last edit: the source shows no other time for {words.many(found.edited, 'review')}." if found.edited else None


def _parts(study: Study, where: Where) -> Iterator[Result]:
    """The same by stars, and by what complaints are about: shown, never judged."""
    for stars, part in enumerate(PARTS, 1):
        yield from _part(study, where.but(asks=None, stars=frozenset({stars})), part, f"gave {{}} {part}", "")
    for tag in study.lens.of("theme", "customer"):
        if tag.sign != "+":
            yield from _part(study, where, tag.id, f"complained about {{}} and spoke of “{tag.title}”", tag.id)


def _part(study: Study, where: Where, part: str, who: str, tag: str) -> Iterator[Result]:
    rows = cells.waits(study.store, where, tag)
    for company in study.companies:
        found = field.answering(rows, company, draw=False)
        if found is None or HEADLINE not in found.within:
            continue
        compared = found.within[HEADLINE]
        beside = f"; at {study.others(compared.beside)} {words.about(compared.other.value)}" if compared.other else ""
        one = words.about(compared.own.value)
        yield Result(company, f"answered within 7 days, {part}", f"Answered within 7 days: {study.lens.tags[tag].title if tag else part}",
                     f"Of 100 customers who {who.format(study.name(company))}, {one} {'was' if one.endswith(' 1') else 'were'} answered in public within a week ({words.likely(compared)}){beside}.",
                     found.n, compared, more_is="better", tag=tag or None, note=SILENCE,
                     quotes=partial(_quotes, study, where, company, HORIZONS[HEADLINE], compared.difference is not None and compared.difference.value < 0, tag))


def _quotes(study: Study, where: Where, company: str, hours: float, worse: bool, tag: str = "") -> Iterable[Quote]:
    """Answered reviews speak for a strength, those passed over for a weakness."""
    yield from evidence.waited(study.store, where, company, "for", answered_in=None if worse else hours, tag=tag)
    yield from evidence.waited(study.store, where, company, "against", answered_in=hours if worse else None, tag=tag)


def _points(study: Study, company: str, found: Answering) -> Iterator[Point]:
    for series, curve in ((study.name(company), found.curve), (study.others(found.beside), found.other)):
        if curve:
            yield Point(series, "0", 0.0, 0.0, 0.0, int(curve.n))
            for i, hours in enumerate(CURVE):
                if not math.isnan(curve.value[i]):
                    point = curve.at(i)
                    yield Point(series, str(hours), point.value, point.low, point.high, int(curve.n))


def _missing(company: str, why: str, title: str = f"answered within {SAID[HEADLINE][0]}") -> Result:
    return Result(company, title, f"Complaints {title}", why, 0, more_is="better", missing=why)


def _hidden(study: Study, company: str) -> str | None:
    """What is said of the places of a company that show no replies."""
    places = list(study.store.rows("select source, replies_visible from profiles where company = ? and audience = 'customer' and private = 0 and population <> 'chosen'", (company,)))
    hidden = sorted({source for source, visible in places if not visible})
    if not places:
        return f"No public customer reviews of {study.name(company)} were gathered."
    if not hidden:
        return None
    return f"On {', '.join(hidden)} company replies are not shown, or none has been seen yet: how {study.name(company)} answers there is not available."


def _backfills(study: Study) -> dict[str, str]:
    """Companies that answered many old reviews on one day, and how many."""
    condition, between = cells.days(study.where(), "r.created_at")
    rows = study.store.rows(
        f"""select company, sum(n), count(*) from (
             select a.company, substr(a.created_at, 1, 10) as day, count(*) as n from replies a join reviews r on r.id = a.review
             join profiles p on p.id = r.profile and p.private = 0 and p.population <> 'chosen' and p.audience = 'customer'
             where julianday(a.created_at) - julianday(r.created_until) > ? and a.role in ({cells.ROLES}) and {condition} group by 1, 2 having count(*) >= ?)
           group by company""", (BACKFILL_DAYS, *between, BACKFILL))
    return {company: f"{words.many(n, 'answer')} to reviews older than {BACKFILL_DAYS} days came on {words.many(days, 'day')}: old reviews were worked off at once; they keep their true delay."
            for company, n, days in rows}
