"""The schema, written once: a dataclass is a table, a field a column, its doc the column's description.

Types, primary keys, foreign keys, indexes and full-text columns are all read off these classes by `enrich.store`,
and the descriptions by Datasette's metadata. Times are ISO 8601 in UTC (`2026-03-01T09:30:00Z`), so that they sort as text.
`None` in a column means "the source does not say".
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, get_type_hints


def column(doc: str, *, references: str | None = None, default: Any = MISSING) -> Any:
    """A column with its description and, where it points at another table, that table's name."""
    return field(default=default, metadata={"doc": doc, "references": references})


class Table:
    """What a table may declare beside its columns."""

    NAME: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]] = ("id",)
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    SEARCH: ClassVar[tuple[str, ...]] = ()
    WORKING: ClassVar[bool] = False
    """The program's own bookkeeping: neither shown nor exported."""

    @classmethod
    def columns(cls) -> dict[str, Field[Any]]:
        return {f.name: f for f in fields(cls)}  # type: ignore[arg-type]  # every subclass is a dataclass

    @classmethod
    def types(cls) -> dict[str, type]:
        """Column name to Python type, optional or not: SQLite columns are nullable, keys apart."""
        hints = get_type_hints(cls)
        return {name: next((t for t in (int, float, str) if t in getattr(hints[name], "__args__", (hints[name],))), str)
                for name in cls.columns()}


@dataclass(slots=True)
class Study(Table):
    """The study itself: one row."""

    NAME: ClassVar[str] = "study"
    id: str = column("random name of this study; the file of its secret key carries it")
    title: str = column("title, as study.toml gives it")
    client: str | None = column("whose study it is")
    period_from: str | None = column("first day that is analysed")
    period_to: str | None = column("last day that is analysed")
    created_at: str = column("when this database was made")


@dataclass(slots=True)
class Company(Table):
    """A company that is studied: a rival, or the client itself."""

    NAME: ClassVar[str] = "companies"
    id: str = column("short name, made from the company's name")
    name: str = column("name, as study.toml gives it")
    role: str = column("rival, or client")
    aliases: str = column("other names, a JSON list")
    domains: str = column("the company's own web domains, a JSON list")
    accounts: str = column("its official accounts on public platforms, a JSON list")


@dataclass(slots=True)
class Profile(Table):
    """A company's place on a source: a forum, a store page, a file."""

    NAME: ClassVar[str] = "profiles"
    INDEXES: ClassVar = (("company",),)
    id: str = column("company, source and a short hash of what identifies the place")
    company: str = column("the company talked about", references="companies")
    spider: str = column("the spider that reads it")
    source: str = column("where the texts were published (for an import: the origin that study.toml states)")
    key: str = column("what identifies the place there: an address or an id")
    url: str | None = column("public address of the place")
    audience: str = column("who speaks: customer or employee")
    unit: str | None = column("branch, product or app, where a company has several")
    replies_visible: int | None = column("1: the source shows company replies; 0: it hides them, so responsiveness is not available there; empty: not known before one is seen")
    population: str = column("whole: all public reviews; sample: part of them; chosen: hand-picked, never in a rate")
    private: int = column("1: not public, or no longer in study.toml; left out of comparison, publication and export")
    publish: str = column("what may be shown of a text: none, excerpt or full; the stricter of what study.toml says and what may_publish does")
    basis: str | None = column("on what ground an import was made, as study.toml states it")
    minimum: int | None = column("the fewest reviews it shows when all is well, as study.toml states it")
    short_since: str | None = column("since when it shows fewer than that: figures stand as they were before, without a verdict; empty while all is well")
    says_total: int | None = column("how many reviews the source itself says it has")
    says_stars: str | None = column("how many with each number of stars the source says it has: JSON, stars to count")
    may_publish: str | None = column("what the terms of its platform allow to be shown at most, whatever study.toml says: none, excerpt or full; empty: they are not known", default=None)
    stated: str | None = column("the population that the source itself states, whatever study.toml says; empty where it states none", default=None)


@dataclass(slots=True)
class Crawl(Table):
    """One run over one profile: what it asked, what came, what went wrong."""

    NAME: ClassVar[str] = "crawls"
    KEY: ClassVar = ("id",)
    INDEXES: ClassVar = (("profile", "started_at"),)
    id: str = column("random name of the run and the profile")
    profile: str = column("the profile", references="profiles")
    kind: str = column("crawl, import, or replay: kept responses read again after a parser improved, without a request")
    started_at: str = column("when it began")
    finished_at: str | None = column("when it ended; empty while it runs or if it was killed")
    seen_at: str | None = column("when its newest texts stood at their source: for a crawl about when it ran, for a file the day it was gathered")
    outcome: str = column("running; finished: to the true end; none: there is nothing; capped: the source gives out no more; incomplete: a part of its pages is missing; or why it brought less than it should have: "
                          "refused, login, blocked, changed (an unknown layout), empty (though the source says there is something), repeating, gone, failed, interrupted")
    whole: int = column("1: its lists were read to their end; 0: down to what was known, with another look at what may still change")
    since: str | None = column("only texts from this day on were asked for")
    requests: int = column("requests sent")
    skipped: int = column("requests that were not needed, because a list says that nothing changed")
    responses: int = column("responses received")
    reviews: int = column("reviews that came")
    replies: int = column("replies that came")
    new_reviews: int = column("reviews that were not known before")
    new_replies: int = column("replies that were not known before")
    changes: int = column("changes to known reviews or replies")
    problems: int = column("problems counted; the table problems names them")
    seconds: float | None = column("how long it took, seconds")


@dataclass(slots=True)
class Problem(Table):
    """Something that went wrong in a run, named with its place and its cure."""

    NAME: ClassVar[str] = "problems"
    INDEXES: ClassVar = (("crawl",),)
    id: str = column("random name")
    crawl: str | None = column("the run", references="crawls")
    at: str = column("when it was noticed")
    place: str = column("file and row, or address")
    sort: str | None = column("why a page brought less than it should have, in the words of crawls.outcome; empty: one record is concerned")
    what: str = column("what is wrong, in words")
    cure: str | None = column("what can be done")
    count: int = column("how often it happened in this run (places after the first hundred are only counted)")


@dataclass(slots=True)
class Page(Table):
    """A response that was read, or an address that was not asked for because of its site's robots.txt."""

    NAME: ClassVar[str] = "pages"
    INDEXES: ClassVar = (("crawl",), ("url",))
    id: str = column("random name")
    crawl: str = column("the run", references="crawls")
    url: str = column("its address")
    seen_at: str = column("when it was fetched")
    status: int | None = column("HTTP status; empty for a file, and where nothing was asked for")
    hash: str = column("hash of the body")
    bytes: int = column("size of the body")
    reviews: int = column("reviews drawn from it")
    archive: str | None = column("where the raw response is kept: file and place in it; empty where it is not")
    robots: str | None = column("what robots.txt said of the address: allowed; none: there is none, which forbids nothing; forbidden or unreachable (it could not be read): "
                                "then nothing was asked for; empty for a file")


@dataclass(slots=True)
class Review(Table):
    """What one customer or employee wrote, people masked."""

    NAME: ClassVar[str] = "reviews"
    INDEXES: ClassVar = (("company", "created_at"), ("profile", "created_at"), ("created_at",), ("company", "author"), ("stars",), ("text_key",))
    SEARCH: ClassVar = ("text",)
    id: str = column("hash of the profile and the source's own id")
    profile: str = column("where it was published", references="profiles")
    company: str = column("the company it is about", references="companies")
    source: str = column("where it was published")
    audience: str = column("customer or employee")
    source_id: str | None = column("the source's own id")
    derived_id: int = column("1: the source has no id; ours is made from author, time and order, never from the text")
    url: str | None = column("its public address")
    author: str | None = column("keyed hash of the author; empty where the source gives only a placeholder")
    title: str | None = column("its title, people masked")
    text: str | None = column("title and text, people masked; empty: stars only")
    raw_hash: str = column("keyed hash of the text as the source gave it: tells an edit at the source from a change of ours")
    text_key: str | None = column("hash of the masked text: equal texts are read once")
    rating_raw: str | None = column("the rating as the source gives it")
    rating: float | None = column("the rating between 0 (worst) and 1 (best)")
    stars: int | None = column("the rating on five stars, rounded")
    created_at: str | None = column("when it was written, or the earliest moment it can have been")
    created_until: str | None = column("the latest moment it can have been written (the same where the time is exact)")
    created_precision: str | None = column("second, day, month or interval")
    created_kind: str = column("created, or edited where the source shows only the last edit")
    edited_at: str | None = column("last edit, where the source gives it beside the creation")
    source_language: str | None = column("language, as the source states it")
    app_version: str | None = column("version of the product, where stated")
    country: str | None = column("country, where stated")
    verified: int | None = column("1: the source says the purchase or stay is verified; 0: it says it is not")
    unit: str | None = column("branch, product or app")


@dataclass(slots=True)
class Reply(Table):
    """An answer to a review, people masked; a review may have several, in order."""

    NAME: ClassVar[str] = "replies"
    INDEXES: ClassVar = (("review",), ("profile",), ("company", "created_at"), ("text_key",))
    SEARCH: ClassVar = ("text",)
    id: str = column("hash of the review and the source's own id or the reply's position")
    review: str = column("the review it answers", references="reviews")
    profile: str = column("where it was published", references="profiles")
    company: str = column("the company the review is about", references="companies")
    source_id: str | None = column("the source's own id")
    position: int = column("place in the dialogue, from 1")
    role: str = column("who answers: company, owner, manager, staff, bot, customer or other")
    role_basis: str = column("source: the source marks the role; study: study.toml lists the account; markup: guessed from where it stands on the page")
    author: str | None = column("keyed hash of the author")
    text: str | None = column("its text, people masked")
    raw_hash: str = column("keyed hash of the text as the source gave it")
    text_key: str | None = column("hash of the masked text")
    created_at: str | None = column("when it was written, or the earliest moment it can have been")
    created_until: str | None = column("the latest moment it can have been written")
    created_precision: str | None = column("second, day, month or interval")
    edited_at: str | None = column("last edit, where the source gives it")


@dataclass(slots=True)
class Look(Table):
    """When a review or reply was first and last seen at its source (beside it, because an update would rebuild its search index)."""

    NAME: ClassVar[str] = "looks"
    KEY: ClassVar = ("kind", "target")
    INDEXES: ClassVar = (("kind", "gone_at"),)
    kind: str = column("review or reply")
    target: str = column("id of the review or reply")
    first_seen: str = column("first time its record came")
    last_seen: str = column("last time its own record came: an unanswered review is censored here")
    looks: int = column("how many looks brought it")
    still_at: str | None = column("last time a list said that nothing had been added to it: nobody had answered then")
    missing: int = column("looks in a row in which its review came back without it (replies)")
    gone_at: str | None = column("when it was taken as vanished; empty while it stands")


@dataclass(slots=True)
class Change(Table):
    """A dated change of a review or reply after it was first seen."""

    NAME: ClassVar[str] = "changes"
    INDEXES: ClassVar = (("kind", "target"), ("review",), ("company", "noticed_at"))
    id: str = column("hash of what changed and when")
    kind: str = column("review or reply")
    target: str = column("id of the review or reply")
    review: str = column("the review concerned", references="reviews")
    company: str = column("the company concerned", references="companies")
    what: str = column("edited (text), rated, appeared, missing, vanished or returned")
    old: str | None = column("what stood before, people masked")
    new: str | None = column("what stands now, people masked")
    not_before: str | None = column("the last look before the change")
    noticed_at: str = column("the first look after it")
    cause: str = column("source, parser, masking or import; measures read `source` and `import` only")
    crawl: str | None = column("the run that noticed it", references="crawls")


@dataclass(slots=True)
class Mark(Table):
    """What a list said of a review when its own page was last read, so that the page is read again only where the list says something else."""

    NAME: ClassVar[str] = "marks"
    WORKING: ClassVar = True
    KEY: ClassVar = ("profile", "item")
    profile: str = column("where it was published", references="profiles")
    item: str = column("the review's id at the source")
    mark: str = column("its activity, in the source's own terms")


@dataclass(slots=True)
class Stale(Table):
    """Days whose counts in cells and waits are out of date, because something new came."""

    NAME: ClassVar[str] = "stale"
    WORKING: ClassVar = True
    KEY: ClassVar = ("company", "day")
    company: str = column("the company", references="companies")
    day: str = column("day the review was written; empty where the source gives none")


@dataclass(slots=True)
class Tag(Table):
    """The vocabulary: every theme, move and label value, as the lens files define them."""

    NAME: ClassVar[str] = "tags"
    id: str = column("kind and name, with the sign where there is one: theme:heard-")
    kind: str = column("theme or move")
    name: str = column("name in the lens")
    sign: str | None = column("+ deposit, - withdrawal")
    title: str = column("title for people")
    definition: str = column("what a text must say to carry it")
    gold: int | None = column("annotated positives that its accuracy rests on; under 30: accuracy not established")
    precision: float | None = column("share of our tags that the annotators share")
    recall: float | None = column("share of the annotators' tags that we find")


@dataclass(slots=True)
class Mention(Table):
    """Words in a text that carry a theme or a move."""

    NAME: ClassVar[str] = "mentions"
    INDEXES: ClassVar = (("tag", "company"), ("kind", "target"))
    id: int = column("row")
    kind: str = column("review or reply: whose words")
    target: str = column("id of the review or reply")
    review: str = column("the review, or the one replied to", references="reviews")
    company: str = column("the company talked about", references="companies")
    tag: str = column("theme or move, with its sign", references="tags")
    start: int = column("where the words begin in the text, characters")
    end: int = column("where they end")
    words: str = column("the words themselves")
    step: str = column("the step that found them")
    version: str = column("its version")


@dataclass(slots=True)
class Strike(Table):
    """Words that a person struck as wrong: in this very text they do not say what their tag says, however the text is read later.

    A strike is of the text, not of its place: in a text of the same company that is equal word for word and long enough to be no chance (as for
    copies, `enrich.published.COPY_LETTERS`) the words are struck too. It no longer holds once the text was edited at its source.
    """

    NAME: ClassVar[str] = "strikes"
    INDEXES: ClassVar = (("kind", "target"), ("text_key",))
    id: str = column("address of the mention: the text's id, the tag and where the words begin, with colons between them")
    kind: str = column("review or reply: whose words")
    target: str = column("id of the review or reply in which it was seen")
    company: str = column("the company talked about", references="companies")
    text_key: str = column("hash of the text: a text that was edited is another one")
    tag: str = column("theme or move that they do not carry")
    start: int = column("where the words begin in the text, characters")
    end: int = column("where they end")
    words: str = column("the words themselves")
    because: str | None = column("why, as the person said")
    who: str | None = column("who struck them, where stated")
    struck_at: str = column("when they were struck")


@dataclass(slots=True)
class Struck(Table):
    """Words that are read as carrying a tag and were struck by hand: they are no mentions, and count in no figure."""

    NAME: ClassVar[str] = "struck"
    KEY: ClassVar = ("kind", "target", "tag", "start")
    INDEXES: ClassVar = (("tag", "company"), ("strike",), ("review",))
    kind: str = column("review or reply: whose words")
    target: str = column("id of the review or reply")
    tag: str = column("theme or move that they would carry", references="tags")
    start: int = column("where the words begin in the text, characters")
    end: int = column("where they end")
    words: str = column("the words themselves")
    review: str = column("the review, or the one replied to", references="reviews")
    company: str = column("the company talked about", references="companies")
    strike: str = column("the strike that they fall under", references="strikes")
    step: str = column("the step that found them")


@dataclass(slots=True)
class Label(Table):
    """A verdict on a whole text."""

    NAME: ClassVar[str] = "labels"
    KEY: ClassVar = ("kind", "target", "name")
    INDEXES: ClassVar = (("name", "value"),)
    kind: str = column("review or reply")
    target: str = column("id of the review or reply")
    name: str = column("sentiment, subjectivity, language, stage, order, complaint, …")
    value: str | None = column("the verdict")
    score: float | None = column("its number or probability, where it has one")
    basis: str = column("words: spans below; absence: looked for and not found; text: the whole of it")
    spans: str | None = column("the words that weighed most: a JSON list of [start, end, words]")
    step: str = column("the step that gave it")
    version: str = column("its version")


@dataclass(slots=True)
class Done(Table):
    """Which steps have read which text, so that nothing is read twice."""

    NAME: ClassVar[str] = "done"
    WORKING: ClassVar = True
    KEY: ClassVar = ("kind", "target")
    INDEXES: ClassVar = (("text_key",),)
    kind: str = column("review or reply")
    target: str = column("id of the review or reply")
    text_key: str = column("hash of the text and its setting: an equal text takes over what was found here")
    versions: str = column("every step that read it with its version: name=version, sorted, with commas")


@dataclass(slots=True)
class Template(Table):
    """A reply that a company pastes with little change: a stem with three uses or more."""

    NAME: ClassVar[str] = "templates"
    INDEXES: ClassVar = (("company",),)
    id: str = column("hash of company and masked text")
    company: str = column("the company that uses it", references="companies")
    text: str = column("the masked text: names, numbers and links are placeholders, greeting and signature are left out")
    uses: int = column("replies it was pasted into")
    first_used: str | None = column("first use")
    last_used: str | None = column("last use")
    complaints: int = column("reviews it was pasted under that are complaints, or have 1 or 2 stars")


@dataclass(slots=True)
class TemplateUse(Table):
    """Which template a reply was pasted from; a reply that is not here was written for its review, or pasted less than three times."""

    NAME: ClassVar[str] = "template_uses"
    KEY: ClassVar = ("reply",)
    INDEXES: ClassVar = (("template",),)
    reply: str = column("the reply", references="replies")
    template: str = column("the template", references="templates")
    similarity: float = column("likeness to the template's text, 0 to 1")


@dataclass(slots=True)
class Wording(Table):
    """Every distinct text that a company replies with, and the stem it grows from, so that no text is compared twice."""

    NAME: ClassVar[str] = "wordings"
    WORKING: ClassVar = True
    KEY: ClassVar = ("company", "text_key")
    INDEXES: ClassVar = (("masked",),)
    company: str = column("the company", references="companies")
    text_key: str = column("hash of the text")
    masked: int = column("hash of company and masked words: equal ones have one stem")
    stem: int | None = column("the stem; empty where no word is left after masking")
    similarity: float = column("likeness to the stem's text, 0 to 1")
    version: str = column("version of the masking and comparing")


@dataclass(slots=True)
class Stem(Table):
    """A text that later replies are compared with: the first of a group of near-equal ones, or a variant of it; from three uses on the group is a template."""

    NAME: ClassVar[str] = "stems"
    WORKING: ClassVar = True
    KEY: ClassVar = ("number",)
    INDEXES: ClassVar = (("company",),)
    number: int = column("hash of company and masked words; in hexadecimal it is the template's id")
    company: str = column("the company", references="companies")
    text: str = column("the masked text")


@dataclass(slots=True)
class StemBand(Table):
    """The search index of the stems: texts that are alike share a band more often than not (MinHash with locality-sensitive hashing)."""

    NAME: ClassVar[str] = "stem_bands"
    WORKING: ClassVar = True
    KEY: ClassVar = ("band", "stem")
    band: int = column("hash of company and a piece of the stem's MinHash signature")
    stem: int = column("the stem, or a variant of it")


@dataclass(slots=True)
class Cell(Table):
    """Counts by company, source, day, stars, language and tag: what figures are computed from, rebuilt only where something is new.

    Private places and hand-picked ones are not in here: they are never in a rate.
    """

    NAME: ClassVar[str] = "cells"
    KEY: ClassVar = ("company", "source", "audience", "kind", "day", "stars", "language", "asks", "author", "tag")
    INDEXES: ClassVar = (("tag", "kind", "audience"), ("company", "day"))
    company: str = column("the company", references="companies")
    source: str = column("the source")
    audience: str = column("customer or employee")
    kind: str = column("review, or reply (counted on the day of its review)")
    day: str = column("day the review was written; empty where the source gives no time")
    stars: int = column("stars of the review, 0 where there are none")
    language: str = column("language of the text; und where it is not known")
    asks: int = column("1: the review asks for an answer (1 or 2 stars, or a complaint where there are no stars)")
    author: str = column("keyed hash of an author with reviews on several days; empty for all others, who need no telling apart")
    tag: str = column("theme, move or label that the text carries, with its kind; empty: all texts with words, which is what shares are of")
    n: int = column("how many texts: each once, however often it carries the tag")


@dataclass(slots=True)
class Wait(Table):
    """How long reviews waited for an answer, in cells: answered after lo to hi hours, or not answered in lo hours (hi is -1).

    Only places whose source shows replies are in here; private and hand-picked ones are not.
    """

    NAME: ClassVar[str] = "waits"
    KEY: ClassVar = ("company", "source", "audience", "day", "stars", "asks", "author", "tag", "edited", "lo", "hi")
    INDEXES: ClassVar = (("tag", "audience"), ("company", "day"))
    company: str = column("the company", references="companies")
    source: str = column("the source")
    audience: str = column("customer or employee")
    day: str = column("day the review was written")
    stars: int = column("stars, 0 where there are none")
    asks: int = column("1: the review asks for an answer (1 or 2 stars, or a complaint where there are no stars)")
    author: str = column("keyed hash of an author with reviews on several days; empty for all others")
    tag: str = column("theme the review carries (reviews that ask for an answer only); empty: all reviews")
    edited: int = column("1: only the last edit of the review is known, so the wait is measured from there")
    lo: float = column("hours it waited at least")
    hi: float = column("hours it waited at most; -1: not answered when last seen")
    n: int = column("how many reviews")


@dataclass(slots=True)
class Counted(Table):
    """What a place was taken for when it was last counted: where that changes, all its days are counted again."""

    NAME: ClassVar[str] = "counted"
    WORKING: ClassVar = True
    KEY: ClassVar = ("profile",)
    profile: str = column("the place", references="profiles")
    taken_for: str = column("by which version of counting, whether it shows replies, is private, what its reviews stand for, and who speaks")


@dataclass(slots=True)
class Analysis(Table):
    """One computing of the findings."""

    NAME: ClassVar[str] = "analyses"
    id: str = column("hash of what it rests on")
    as_of: str = column("the last look it rests on")
    made_at: str = column("when it was computed")
    code: str = column("version of the program")
    lens: str = column("version of the vocabulary")
    seed: int = column("seed of the bootstrap")
    current: int = column("1: the analysis that the pages show")


@dataclass(slots=True)
class Finding(Table):
    """One figure of one company, with its interval, its count and the field beside it."""

    NAME: ClassVar[str] = "findings"
    INDEXES: ClassVar = (("company", "measure"), ("verdict",))
    id: str = column("stable across runs: company, measure and slice, fit for an address")
    analysis: str = column("the analysis that computed it", references="analyses")
    company: str = column("the company", references="companies")
    system: str = column("the systems it belongs to, with commas; empty: to all")
    measure: str = column("the measure")
    slice: str = column("what of: the id of a tag, or a horizon; after a comma what part of the texts")
    title: str = column("short title")
    sentence: str = column("what was found, in one attributed sentence")
    value: float | None = column("the figure; empty: not available")
    low: float | None = column("lower end of its 95 % interval")
    high: float | None = column("upper end")
    unit: str = column("share, hours, per 100")
    n: int = column("reviews or replies it rests on")
    hits: int | None = column("how many of them")
    field_value: float | None = column("the same figure for the other companies, equally weighted, on the same sources and time")
    field_low: float | None = column("lower end of the 95 % interval of the field's figure")
    field_high: float | None = column("upper end")
    field_n: int | None = column("reviews or replies that rests on")
    difference: float | None = column("company minus field")
    difference_low: float | None = column("lower end of its 95 % interval")
    difference_high: float | None = column("upper end")
    p: float | None = column("p against the margin; empty outside the family of tests")
    q: float | None = column("after correction for the whole family (Benjamini-Hochberg)")
    direction: str | None = column("worse or better than the field, as far as the figures go; empty where neither is meant")
    verdict: str = column("weakness, strength, lead, no clear difference, too few, not available, indicative (the tag's accuracy is not established), "
                          "accusation (as a weakness, but what is said is an accusation of crime), or figure (a part or a total: shown, never judged)")
    why: str | None = column("why there is no verdict, or what would settle it")
    dropped: float | None = column("share of the company's texts that had no field beside them")
    rank: float | None = column("importance, the higher the more: lower bound of the difference times texts it rests on; 0 where the interval holds zero; empty where nothing is judged")
    audited: str | None = column("when people last judged random texts behind it; no: a verdict or lead whose tagging nobody has checked so; empty: no verdict, or none that rests on a tag", default=None)


@dataclass(slots=True)
class Evidence(Table):
    """The texts behind a finding, and those that speak against it."""

    NAME: ClassVar[str] = "evidence"
    INDEXES: ClassVar = (("finding", "side"),)
    id: int = column("row")
    finding: str = column("the finding", references="findings")
    side: str = column("for, against, or struck: words that would count, had nobody struck them by hand")
    kind: str = column("review or reply: whose words")
    target: str = column("id of the review or reply")
    review: str = column("the review", references="reviews")
    start: int | None = column("where the words begin")
    end: int | None = column("where they end")
    position: int = column("order on the page")
    tag: str | None = column("theme or move that the words carry, or would, had they not been struck", default=None)


@dataclass(slots=True)
class Judgement(Table):
    """What a person said of a tag and a text, asked by `rapport audit`: it stands as long as the text does, however the text is tagged later."""

    NAME: ClassVar[str] = "judgements"
    WORKING: ClassVar = True
    KEY: ClassVar = ("tag", "kind", "target")
    tag: str = column("theme or move that was asked about")
    kind: str = column("review or reply")
    target: str = column("id of the review or reply")
    text_key: str = column("hash of the text that was judged: another text is not judged yet")
    says: int = column("1: the text says so; 0: it does not")
    judged_at: str = column("when it was judged")


@dataclass(slots=True)
class Audit(Table):
    """What a finding's figure is once people have looked at random texts, tagged and untagged: the tagger's mistakes taken out."""

    NAME: ClassVar[str] = "audits"
    KEY: ClassVar = ("finding",)
    finding: str = column("the finding that was audited")
    tagged: int = column("tagged texts that were judged")
    right: int = column("how many of them say what the tag says")
    untagged: int = column("untagged texts that were judged")
    missed: int = column("how many of them say it all the same")
    value: float = column("the figure, as the tagger has it")
    corrected: float = column("the figure, corrected for what it got wrong and what it missed")
    low: float = column("lower end of the corrected figure's 95 % interval")
    high: float = column("upper end")
    audited_at: str = column("when it was audited last")


@dataclass(slots=True)
class Figure(Table):
    """A curve or table behind a finding: points for a chart, one row each."""

    NAME: ClassVar[str] = "figures"
    KEY: ClassVar = ("finding", "series", "x")
    finding: str = column("the finding", references="findings")
    series: str = column("which curve")
    x: str = column("place on the axis: hours, or a month")
    y: float | None = column("height")
    low: float | None = column("lower end of its interval")
    high: float | None = column("upper end")
    n: int | None = column("texts behind the point")


TABLES: tuple[type[Table], ...] = (
    Study, Company, Profile, Crawl, Problem, Page, Review, Reply, Look, Change, Mark, Stale, Tag, Mention, Strike, Struck, Label, Done, Template,
    TemplateUse, Stem, Wording, StemBand, Cell, Wait, Counted, Analysis, Finding, Evidence, Figure, Judgement, Audit,
)
"""Every table, in the order of creation (what is referred to comes first)."""
