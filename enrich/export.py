"""Takes a study away: one JSON document with findings and evidence, or its tables as CSV, JSON lines or Parquet.

Everything streams, so a million rows need no more memory than a hundred, and no limit cuts anything off. Rows of private places are
left out; of texts only what `enrich.rights` allows is written. A file is replaced when its successor is complete, never before.

CSV is what people open in spreadsheets, where a cell beginning with = + - @ runs as a formula: such texts get an apostrophe in front
(OWASP, CSV injection). JSON lines and Parquet hold every text as it is: programs read these.

`python -m enrich.export` prints the JSON Schema of the document, which is kept in export.schema.json.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet

from enrich import toml
from enrich.lens import lens
from enrich.mistakes import Mistake
from enrich.records import ANSWERING
from enrich.rights import quote, shown
from enrich.store import Store
from enrich.tables import (
    TABLES,
    Analysis,
    Audit,
    Change,
    Company,
    Crawl,
    Evidence,
    Figure,
    Finding,
    Label,
    Mention,
    Profile,
    Reply,
    Review,
    Strike,
    Struck,
    Study,
    Table,
    Tag,
    Template,
)

FORMATS = ("json", "csv", "jsonl", "parquet")
FORMAT = 1
"""Version of the document's layout: raised when a key is renamed or removed."""
SCHEMA = Path(__file__).with_suffix(".schema.json")
BATCH = 2000
"""Rows of a Parquet row group: all of them are in memory at once."""

Json = dict[str, Any]
PUBLIC: dict[str, type[Table]] = {t.NAME: t for t in TABLES if not t.WORKING}
"""Tables that are exported: all but the program's own bookkeeping."""


def export(store: Store, format: str, out: Path | None = None, table: str | None = None) -> list[Path]:
    """Writes the study in a format (json, csv, jsonl or parquet); returns the files written, none where it went to standard output.

    `out` is a file, or a folder for several tables; None is standard output, for json and for a single table. Raises `Mistake` where
    the table or the place will not do.
    """
    if format not in FORMATS:
        raise Mistake(f"there is no format {format!r}", cure=f"known: {', '.join(FORMATS)}")
    if format == "json" and table:
        raise Mistake("json is one document, not a table", cure=f"leave out --table, or take the table as rows: --format jsonl --table {table}")
    if table and table not in PUBLIC:
        near = toml.nearest(table, PUBLIC)
        raise Mistake(f"there is no table {table!r} to export", cure=f"did you mean {near!r}?" if near else f"known: {', '.join(PUBLIC)}")
    if format != "json" and not table and out is None:
        raise Mistake("several tables need a folder", cure="add --out FOLDER, or --table NAME for a single one")
    with store.moment(), ExitStack() as files:
        if format == "json":
            path = out / "rapport.json" if out and out.is_dir() else out
            _document(store, files.enter_context(_file(path)))
            return [path] if path else []
        write, tables = _WRITERS[format], [PUBLIC[table]] if table else list(PUBLIC.values())
        folder = out if out and (not table or out.is_dir()) else None
        paths = [folder / f"{t.NAME}.{format}" if folder else out for t in tables]
        for kind, path in zip(tables, paths, strict=True):
            write(kind, rows(store, kind), files.enter_context(_file(path)))
    return [p for p in paths if p]


@contextmanager
def _file(path: Path | None) -> Iterator[BinaryIO]:
    """A file that takes its name when all went well; standard output where there is no path."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise Mistake(f"cannot be written: {error.strerror or error}", place=str(path), cure="check the folder and the space left; what was there before is kept") from error


# --- tables ---------------------------------------------------------------------------------------------------------------------------

def rows(store: Store, table: type[Table], cuts: Mapping[type[Table], Cut] | None = None) -> Iterator[tuple[Any, ...]]:
    """The public rows of a table in the order of its key, texts as far as they may be shown; `cuts` are other ways to cut those of some tables."""
    names = list(table.columns())
    order = ", ".join(f"t.[{k}]" for k in table.KEY)
    texts = {**_TEXTS, **(cuts or {})}.get(table)
    rights = f", {_PUBLISH[table]}, {_GONE[table]}, {_NOW.get(table, 'null')}" if texts else ""
    for row in store.rows(f"select {', '.join(f't.[{n}]' for n in names)}{rights} from [{table.NAME}] t where {_public(table)} order by {order}"):
        if texts:
            *values, publish, gone, now = row
            texts(dict(zip(names, range(len(names)), strict=True)), values, publish, bool(gone), now)
            yield tuple(values)
        else:
            yield row


def _public(table: type[Table]) -> str:
    """SQL that keeps rows of private places out, by what a table points at: a new table is guarded by its own columns."""
    columns = table.columns()
    if table is Profile:
        return "t.private = 0"
    if table is Template:
        return f"exists (select 1 {_USES})"
    if "profile" in columns:
        return "exists (select 1 from profiles p where p.id = t.profile and p.private = 0)"
    if "review" in columns:
        return "exists (select 1 from reviews r join profiles p on p.id = r.profile where r.id = t.review and p.private = 0)"
    if "reply" in columns:
        return "exists (select 1 from replies a join profiles p on p.id = a.profile where a.id = t.reply and p.private = 0)"
    if {"kind", "target"} <= columns.keys():
        return "exists (select 1 from reviews r join profiles p on p.id = r.profile where r.id = " + _REVIEW_OF + " and p.private = 0)"
    if "crawl" in columns:
        return "(t.crawl is null or exists (select 1 from crawls c join profiles p on p.id = c.profile where c.id = t.crawl and p.private = 0))"
    return "1"


def _gone(review: str, reply: str | None) -> str:
    """SQL that says whether a text has vanished: its own record, or that of the review it answers."""
    said = f"exists (select 1 from looks k where k.kind = 'review' and k.target = {review} and k.gone_at is not null)"
    return f"({said} or exists (select 1 from looks k where k.kind = 'reply' and k.target = {reply} and k.gone_at is not null))" if reply else said


def _publish(review: str) -> str:
    return f"(select p.publish from reviews r join profiles p on p.id = r.profile where r.id = {review})"


_REVIEW_OF = "case t.kind when 'review' then t.target else (select a.review from replies a where a.id = t.target) end"
_REPLY_OF = "case t.kind when 'reply' then t.target end"
_TEXT_KEY = "case t.kind when 'review' then (select text_key from reviews where id = t.target) else (select text_key from replies where id = t.target) end"
_USES = "from template_uses u join replies a on a.id = u.reply join profiles p on p.id = a.profile where u.template = t.id and p.private = 0"
_VERY = "u.similarity = 1"                   # a template's text is that of the first reply of its kind: near ones do not make it public
_PUBLISH: dict[type[Table], str] = {
    Review: _publish("t.id"), Reply: _publish("t.review"), Mention: _publish("t.review"), Change: _publish("t.review"), Label: _publish(_REVIEW_OF),
    Struck: _publish("t.review"), Strike: _publish(_REVIEW_OF),
    Template: f"ifnull((select p.publish {_USES} and {_VERY} order by case p.publish when 'full' then 0 when 'excerpt' then 1 else 2 end limit 1), 'none')",
}
"""SQL for what may be shown of a row's texts; a template's are as public as the most public reply that has these very words."""
_GONE: dict[type[Table], str] = {
    Review: _gone("t.id", None), Reply: _gone("t.review", "t.id"), Mention: _gone("t.review", _REPLY_OF), Change: _gone("t.review", _REPLY_OF),
    Label: _gone(_REVIEW_OF, _REPLY_OF), Struck: _gone("t.review", _REPLY_OF), Strike: f"({_gone(_REVIEW_OF, _REPLY_OF)} or t.text_key is not {_TEXT_KEY})",
    Template: f"not exists (select 1 {_USES} and {_VERY} and not {_gone('a.review', 'a.id')})",
}
_NOW: dict[type[Table], str] = {
    Change: "case t.kind when 'review' then (select text from reviews where id = t.target) else (select text from replies where id = t.target) end",
}
"""SQL for the text as it stands now."""

Place = Mapping[str, int]
"""Column name to its place in a row."""
Cut = Callable[[Place, list[Any], str, bool, str | None], None]
"""Cuts the texts of a row in place to what may be shown: given what its profile publishes, whether it has vanished, and the text as it stands now."""


def _plain_texts(*names: str) -> Cut:
    def keep(at: Place, row: list[Any], publish: str, gone: bool, now: str | None) -> None:
        for name in names:
            row[at[name]] = shown(row[at[name]], publish, gone)
    return keep


def _change_texts(at: Place, row: list[Any], publish: str, gone: bool, now: str | None) -> None:
    """Ratings are kept. What stood before was taken back by its author, and so was what has been changed again since."""
    if row[at["what"]] != "rated":
        row[at["old"]] = None
        row[at["new"]] = shown(row[at["new"]], publish, gone or row[at["new"]] != now)


def _label_words(at: Place, row: list[Any], publish: str, gone: bool, now: str | None) -> None:
    if spans := row[at["spans"]]:
        row[at["spans"]] = json.dumps([[start, end, shown(words, publish, gone)] for start, end, words in json.loads(spans)], ensure_ascii=False)


_TEXTS: dict[type[Table], Cut] = {
    Review: _plain_texts("title", "text"), Reply: _plain_texts("text"), Mention: _plain_texts("words"), Struck: _plain_texts("words"), Strike: _plain_texts("words"), Template: _plain_texts("text"),
    Change: _change_texts, Label: _label_words,
}
"""Which columns hold words that people wrote, and how they are cut to what may be shown."""

Writer = Callable[[type[Table], Iterator[tuple[Any, ...]], BinaryIO], None]


def _csv(table: type[Table], rows: Iterator[tuple[Any, ...]], file: BinaryIO) -> None:
    """UTF-8, comma, CRLF (RFC 4180); empty is "not said"; no text is a formula."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(table.columns())
    writer.writerows([_harmless(v) for v in row] for row in rows)
    text.detach()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _jsonl(table: type[Table], rows: Iterator[tuple[Any, ...]], file: BinaryIO) -> None:
    names = list(table.columns())
    file.writelines(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False).encode() + b"\n" for row in rows)


def _parquet(table: type[Table], rows: Iterator[tuple[Any, ...]], file: BinaryIO) -> None:
    """Whole numbers are int64, figures double, the rest strings; each column carries its description."""
    of = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    types = table.types()
    schema = pa.schema([pa.field(name, of[types[name]], metadata={"description": c.metadata["doc"]}) for name, c in table.columns().items()])
    with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(rows, BATCH)):
            writer.write_table(pa.table([pa.array(column, f.type) for f, column in zip(schema, zip(*batch, strict=True), strict=True)], schema=schema))


_WRITERS: dict[str, Writer] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


# --- the document ---------------------------------------------------------------------------------------------------------------------

def _document(store: Store, file: BinaryIO) -> None:
    file.writelines(piece.encode() for piece in _encoded({
        "format": FORMAT,
        "study": _study(store),
        "method": _method(store),
        "sources": _sources(store),
        "companies": (_listed(_plain(Company, row), "aliases", "domains", "accounts") for row in rows(store, Company)),
        "findings": _findings(store),
        "limits": _limits(store),
    }))
    file.write(b"\n")


def _encoded(value: Any, margin: str = "") -> Iterator[str]:
    """JSON, indented by one space, a piece at a time: what is given as an iterator is never whole in memory."""
    if isinstance(value, Mapping):
        yield "{"
        for i, (key, member) in enumerate(value.items()):
            yield f"{',' if i else ''}\n{margin} {json.dumps(key)}: "
            yield from _encoded(member, margin + " ")
        yield f"\n{margin}}}" if value else "}"
    elif isinstance(value, list | Iterator):
        empty = True
        yield "["
        for member in value:
            yield f"{'' if empty else ','}\n{margin} "
            yield from _encoded(member, margin + " ")
            empty = False
        yield "]" if empty else f"\n{margin}]"
    else:
        yield json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(table: type[Table], row: tuple[Any, ...]) -> Json:
    return dict(zip(table.columns(), row, strict=True))


def _listed(row: Json, *names: str) -> Json:
    """Columns that hold a JSON list, as that list."""
    return row | {name: json.loads(row[name]) for name in names}


def _study(store: Store) -> Json | None:
    return next((_plain(Study, row) for row in rows(store, Study)), None)


def _method(store: Store) -> Json:
    current = [row for row in (_plain(Analysis, r) for r in rows(store, Analysis)) if row["current"]]
    steps: dict[tuple[str, str], int] = {}
    for versions, n in store.rows("select versions, count(*) from done group by versions order by versions"):
        for said in filter(None, versions.split(",")):
            name, _, version = said.partition("=")
            steps[name, version] = steps.get((name, version), 0) + n
    return {
        "analysis": {k: v for k, v in current[-1].items() if k != "current"} if current else None,
        "steps": [{"name": name, "version": version, "texts": n} for (name, version), n in sorted(steps.items())],
        "systems": [{"id": s.id, "title": s.title, "question": s.question, "measures": s.measures} for s in lens().systems.values()],
        "tags": (_plain(Tag, row) for row in rows(store, Tag)),
        "definitions": {f"{table.NAME}.{name}": c.metadata["doc"] for table in (Finding, Evidence, Figure) for name, c in table.columns().items()},
    }


_COUNTS = f"""select
  (select count(*) from reviews where profile = :id) as reviews,
  (select count(*) from reviews where profile = :id and ifnull(text, '') <> '') as with_text,
  (select count(*) from reviews r where profile = :id and exists (select 1 from replies a where a.review = r.id and a.role in ({', '.join(map(repr, ANSWERING))}))) as answered,
  (select count(*) from replies where profile = :id) as replies,
  (select count(*) from reviews r join looks k on k.kind = 'review' and k.target = r.id and k.gone_at is not null where r.profile = :id) as vanished,
  (select min(created_at) from reviews where profile = :id) as first_at,
  (select max(created_at) from reviews where profile = :id) as last_at"""


def _sources(store: Store) -> Iterator[Json]:
    """Every public place with what was gathered there, what its source says it has, and how the runs went."""
    for profile in (_plain(Profile, row) for row in rows(store, Profile)):
        del profile["private"]
        counts = next(store.dicts(_COUNTS, profile))
        seen = profile["replies_visible"]
        runs = store.dicts("select outcome, count(*) as runs, sum(problems) as problems, max(started_at) as last from crawls where profile = ? group by outcome order by outcome", (profile["id"],))
        yield {**profile, "replies_visible": None if seen is None else bool(seen),
               "counts": {**counts, "answered": counts["answered"] if seen else None},
               "crawls": [{"outcome": r["outcome"], "runs": r["runs"], "problems": r["problems"] or 0, "last": r["last"]} for r in runs]}


def _findings(store: Store) -> Iterator[Json]:
    """Findings of the current analysis, with their audits, their evidence and the points of their charts."""
    audits = {one.pop("finding"): one for one in (_plain(Audit, row) for row in rows(store, Audit))}
    for finding in (_plain(Finding, row) for row in rows(store, Finding)):
        yield {**finding, "system": [s for s in finding["system"].split(",") if s],
               "evidence": {side: _evidence(store, finding["id"], side) for side in ("for", "against")},
               "struck": _evidence(store, finding["id"], "struck"),
               "audit": audits.get(finding["id"]),
               "figures": ({k: v for k, v in _plain(Figure, row).items() if k != "finding"}
                           for row in store.rows(f"select {', '.join(f'[{c}]' for c in Figure.columns())} from figures where finding = ? order by series, x", (finding["id"],)))}


_EVIDENCE = f"""select t.kind, t.target, t.review, t.start, t.end, t.tag, s.because, s.struck_at, r.source, r.url, r.stars, r.created_at, a.role, a.created_at as replied_at, k.last_seen as seen_at,
  case t.kind when 'review' then r.text else a.text end as text, {_publish("t.review")} as publish, {_gone("t.review", _REPLY_OF)} as gone
from evidence t join reviews r on r.id = t.review left join replies a on t.kind = 'reply' and a.id = t.target
left join looks k on k.kind = t.kind and k.target = t.target
left join struck w on t.side = 'struck' and w.kind = t.kind and w.target = t.target and w.tag = t.tag and w.start = t.start left join strikes s on s.id = w.strike
where t.finding = ? and t.side = ? and {_public(Evidence)} order by t.position, t.id"""


def _evidence(store: Store, finding: str, side: str) -> Iterator[Json]:
    for row in store.dicts(_EVIDENCE, (finding, side)):
        text, publish, gone, start, end = (row.pop(k) for k in ("text", "publish", "gone", "start", "end"))
        said = quote(text, publish, gone, [] if start is None or end is None else [(start, end)])
        if side != "struck":
            del row["because"], row["struck_at"]
        why = None if said else "vanished" if gone else "not published" if publish == "none" else "no text"
        yield {**row, "quote": {"text": said.text, "marks": [{"start": a, "end": b} for a, b in said.marks]} if said else None, "withheld": why}


def _limits(store: Store) -> Iterator[str]:
    """What a reader must know before using a figure: the same for every study first, then what is true of this one."""
    yield "Only public texts were read. \"No public reply\" is not \"no reply\": a company may have answered elsewhere."
    yield "Names of other people in free text cannot be recognised reliably: what can be is masked."
    yield "Texts that have vanished at their source are counted and not quoted."
    if private := store.one("select count(*) from profiles where private = 1"):
        yield f"{private:,} private {'place is' if private == 1 else 'places are'} left out of this export and of every comparison."
    for company, source, why in store.rows("""
            select c.name, p.source, case when p.replies_visible = 0 then 'replies are not visible there, so responsiveness is not available'
              when p.replies_visible is null then 'no reply has been seen there, so it is not known whether the source shows any' end as why
            from profiles p join companies c on c.id = p.company where p.private = 0 and ifnull(p.replies_visible, 0) = 0 order by p.id"""):
        yield f"{company} on {source}: {why}."
    for company, source, population in store.rows("""select c.name, p.source, p.population from profiles p join companies c on c.id = p.company
                                                     where p.private = 0 and p.population <> 'whole' order by p.id"""):
        yield f"{company} on {source}: " + ("only part of the reviews were gathered." if population == "sample" else "hand-picked reviews, which are shown and never in a rate.")
    for company, source, outcome, n in store.rows("""select c.name, p.source, k.outcome, count(*) from crawls k join profiles p on p.id = k.profile join companies c on c.id = p.company
            where p.private = 0 and k.outcome in ('blocked', 'refused', 'failed', 'interrupted', 'empty') group by p.id, k.outcome order by p.id, k.outcome"""):
        yield f"{company} on {source}: {n:,} {'run' if n == 1 else 'runs'} {'came back' if outcome == 'empty' else 'ended'} {outcome}."
    if unsure := [title for (title,) in store.rows("select distinct title from tags where ifnull(gold, 0) < 30 and kind in ('theme', 'move') order by title")]:
        yield f"How well our reading finds these is not established, so figures that rest on them are indicative: {', '.join(unsure)}."


# --- its schema -----------------------------------------------------------------------------------------------------------------------

def schema() -> Json:
    """JSON Schema (2020-12) of the document, strict; descriptions are those of the tables' columns."""
    text = {"type": "string"}
    count = {"type": "integer", "minimum": 0}
    texts = _list("", text)
    evidence = {**_columns(Evidence, "kind", "target", "review", "tag"), **_columns(Review, "source", "url", "stars", "created_at"),
                "role": _described("role of who replied, where the words are a reply's", {"type": ["string", "null"]}),
                "replied_at": _described("when the reply was written", {"type": ["string", "null"]}),
                "seen_at": _described("when the text was last seen at its source", {"type": ["string", "null"]}),
                "quote": _described("what may be shown of the text", {"anyOf": [{"type": "null"}, _object("the words, and where the matched ones are", {
                    "text": _described("an excerpt, or the whole where the source allows", text),
                    "marks": _list("the matched words in it", _object("characters from start to end", {"start": count, "end": count}))})]}),
                "withheld": _described("why there is no quote", {"enum": [None, "vanished", "not published", "no text"]})}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rapport: a study with its findings and their evidence",
        **_object("What `rapport export --format json` writes.", {
            "format": _described("version of this layout", {"const": FORMAT}),
            "study": {"anyOf": [{"type": "null"}, _object("the study itself", _columns(Study))]},
            "method": _object("how the findings were made", {
                "analysis": {"anyOf": [{"type": "null"}, _object("the computing that the findings are from; null before the first", _columns(Analysis, without=("current",)))]},
                "steps": _list("what read the texts", _object("a step in one version", {"name": text, "version": text, "texts": _described("texts it has read", count)})),
                "systems": _list("the systems that findings belong to", _object("a way to judge a relationship", {
                    "id": text, "title": text, "question": _described("the question it answers", text), "measures": texts})),
                "tags": _list("the vocabulary", _object("a theme or move that is looked for", _columns(Tag))),
                "definitions": _described("what every column of findings, evidence and figures means", {"type": "object", "additionalProperties": text})}),
            "sources": _list("every public place that was read", _object("a company's place on a source", {
                **_columns(Profile, without=("private", "replies_visible")),
                "replies_visible": _described("whether the source shows company replies; null: not known before one is seen", {"type": ["boolean", "null"]}),
                "counts": _object("what was gathered there", {
                    "reviews": _described("reviews", count), "with_text": _described("reviews with words", count),
                    "answered": _described("reviews with a public reply by the company; null where replies are not visible", {"type": ["integer", "null"], "minimum": 0}),
                    "replies": _described("replies, whoever wrote them", count), "vanished": _described("reviews that have vanished since", count),
                    "first_at": _described("when the first review was written", {"type": ["string", "null"]}),
                    "last_at": _described("when the last review was written", {"type": ["string", "null"]})}),
                "crawls": _list("how the runs went", _object("runs of one outcome", {
                    **_columns(Crawl, "outcome"), "runs": _described("how many", count), "problems": _described("problems counted in them", count),
                    "last": _described("when the last of them began", text)}))})),
            "companies": _list("the companies", _object("a company that is studied", {**_columns(Company, without=("aliases", "domains", "accounts")),
                                                        **{n: _described(Company.columns()[n].metadata["doc"].removesuffix(", a JSON list"), texts) for n in ("aliases", "domains", "accounts")}})),
            "findings": _list("what was found", _object("one figure of one company, with the field beside it", {
                **_columns(Finding, without=("system",)), "system": _described("the systems it belongs to; empty: to all", texts),
                "evidence": _object("the texts behind it", {side: _list(f"texts {side} it", _object("a text", evidence)) for side in ("for", "against")}),
                "audit": {"anyOf": [{"type": "null"}, _object("the figure as people found it who judged random texts behind it; null: nobody did", _columns(Audit, without=("finding",)))]},
                "struck": _list("words that would count in it, had nobody struck them by hand", _object("a text", {**evidence, **_columns(Strike, "because", "struck_at")})),
                "figures": _list("points of its charts", _object("a point", _columns(Figure, without=("finding",))))})),
            "limits": _list("what must be known before a figure is used", text)})}


def _object(description: str, properties: Json) -> Json:
    return {"description": description, "type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _list(description: str, items: Json) -> Json:
    return {**({"description": description} if description else {}), "type": "array", "items": items}


def _described(description: str, rule: Json) -> Json:
    return {"description": description, **rule}


def _columns(table: type[Table], *only: str, without: Iterable[str] = ()) -> Json:
    """Columns as properties, from the schema of the tables."""
    of = {int: "integer", float: "number", str: "string"}
    types, hints = table.types(), get_type_hints(table)
    return {name: _described(c.metadata["doc"], {"type": [of[types[name]], "null"] if type(None) in get_args(hints[name]) else of[types[name]]})
            for name, c in table.columns().items() if name not in without and (not only or name in only)}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1, ensure_ascii=False))
