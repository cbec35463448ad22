"""How figures are said to people: no statistical terms, and correct English for one, none and many."""

from __future__ import annotations

from enrich.field import Compared
from enrich.lens import Tag
from enrich.stats import Estimate


def of_hundred(share: float) -> str:
    """A share as so many of a hundred."""
    if 0 < share < 0.005:
        return "fewer than 1"
    if 0.995 < share < 1 - 1e-6:
        return "more than 99"
    return f"{int(share * 100 + 0.5)}"


def about(share: float) -> str:
    """The same, said with its doubt."""
    said = of_hundred(share)
    return said if said.startswith(("fewer", "more")) else {"0": "none", "100": "all"}.get(said, f"about {said}")


def likely(compared: Compared) -> str:
    """The interval of a company's share."""
    return range_of(compared.own)


def range_of(share: Estimate) -> str:
    """The interval of a share."""
    low, high = of_hundred(share.low), of_hundred(share.high)
    if high.startswith("fewer") or low.startswith("more"):
        return f"likely {high if high.startswith('fewer') else low}"
    low, high = "0" if low.startswith("fewer") else low, "100" if high.startswith("more") else high
    if low == high and (shown := [f"{100 * end:.1f}" for end in (share.low, share.high)]) != [f"{low}.0"] * 2:
        low, high = shown
    return f"likely {low} to {high}" if low != high else f"likely {high}"


def beside(compared: Compared, others: str) -> str:
    """A share of texts with its doubt, and the field's."""
    field = f"; at {others} {about(compared.other.value)}" if compared.other else ""
    said = about(compared.own.value)
    return f"({likely(compared)} in 100{field})" if said in ("none", "all") else f"({said} in 100, {likely(compared)}{field})"


def customers_say(compared: Compared, name: str, others: str, clause: str) -> str:
    """What customers say in some of a company's reviews, attributed."""
    reviews, figures = many(int(compared.own.n), "public review"), beside(compared, others)
    if not compared.hits:
        return f"In none of {reviews} of {name} {figures} do customers say that {clause}."
    return f"In {compared.hits:,} of {reviews} of {name} {figures}, {'a customer says' if compared.hits == 1 else 'customers say'} that {clause}."


def net(value: float, ways: tuple[str, str]) -> str:
    """A difference per 100 as so many more of one way than of the other; `ways` are how more and how less than none are said."""
    said = of_hundred(abs(value) / 100)
    return "as many either way" if said.startswith("fewer") or said == "0" else f"{said} more {ways[value < 0]}"


def net_beside(compared: Compared, others: str, ways: tuple[str, str]) -> str:
    """A net figure per 100 with its doubt, and the field's."""
    own = compared.own
    low, high = net(own.low, ways), net(own.high, ways)
    if own.low > 0 or own.high < 0:
        low, high = ((said if not said.startswith("fewer") else "0") for said in (of_hundred(end / 100) for end in sorted((abs(own.low), abs(own.high)))))
    likely = low if low == high else f"{low} to {high}" if own.low > 0 or own.high < 0 else f"from {low} to {high}"
    return f"in 100 reviews about {net(own.value, ways)} (likely {likely}{f'; at {others} about {net(compared.other.value, ways)}' if compared.other else ''})"


def many(n: int, one: str, more: str | None = None) -> str:
    """A number with its noun."""
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def agree(n: int, one: str, more: str) -> str:
    """A number with the verb that goes with it."""
    return f"{n:,} {one if n == 1 else more}"


def some(n: int | None) -> str:
    """A number before `of`."""
    return f"{n:,}" if n else "none"


def hours(h: float) -> str:
    """A wait as people say it."""
    if h < 1:
        return "less than an hour"
    if h < 36:
        return many(round(h), "hour")
    if h < 24 * 60:
        return many(round(h / 24), "day")
    return many(round(h / 24 / 30.44), "month")


def says(tag: Tag, *, one: bool = False) -> str:
    """A tag's definition as what one customer, or many, says."""
    head = "The customer speaks of "
    if tag.definition.startswith(head):
        return f"{'speaks' if one else 'speak'} of {tag.definition.removeprefix(head).rstrip('.')}"
    return f"{'says' if one else 'say'} that {clause(tag)}"


def clause(tag: Tag) -> str:
    """A tag's definition as the end of a sentence that begins `… say that`."""
    said = tag.definition.strip().rstrip(".")
    for head in ("The text says that ", "The customer says that ", "The employee says that ", "Customers say that ", "Employees say that ", "The review says that "):
        said = said.removeprefix(head)
    return said[:1].lower() + said[1:]


def listed(parts: list[str]) -> str:
    """Parts with commas, and `and` before the last."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
