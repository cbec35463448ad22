"""What a study looks like when it is taken away."""

from __future__ import annotations

import csv
import json
import sqlite3
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from enrich import export as exporter
from enrich.export import export
from enrich.mistakes import Mistake
from enrich.store import Store, numbered
from enrich.tables import (
    TABLES,
    Analysis,
    Change,
    Company,
    Crawl,
    Done,
    Evidence,
    Figure,
    Finding,
    Label,
    Look,
    Mention,
    Page,
    Problem,
    Profile,
    Reply,
    Review,
    Study,
    Table,
    Tag,
    Template,
    TemplateUse,
)

DAY = "2026-03-01T09:30:00Z"
LONG = "The staff were kind and the rooms were clean. " * 8 + "But nobody ever called me back about the bill. " + "We waited and waited for an answer. " * 8
WORDS = "nobody ever called me back"
SPAN = (LONG.index(WORDS), LONG.index(WORDS) + len(WORDS))
HOSTILE = '=HYPERLINK("http://x.example","free")\r\n"quoted", \'single\'; | <script>alert(1)</script> \u2028 \u202e 🙏 \\n \x00end'
PLACES = {"full": "full", "excerpt": "excerpt", "none": "none", "secret": "full"}


def row(table: type[Table], **values: Any) -> Table:
    """A row whose other columns are empty, as far as their type allows."""
    empty: dict[type, Any] = {int: 0, float: 0.0, str: ""}
    schema = exporter._columns(table)
    types = table.types()
    return table(**{name: values.pop(name, None if "null" in schema[name]["type"] else empty[types[name]]) for name in table.columns()}, **values)


def review(id: str, place: str, said: str | None, **values: Any) -> Table:
    return row(Review, id=id, profile=f"acme.{place}", company="acme", source="forum", audience="customer", text=said, url=f"https://forum.example/{id}", stars=2, created_at=DAY,
               created_kind="created", **values)


def fill(store: Store) -> None:
    """One company on four places (one of them private), each with a review and a reply; one review and one reply have vanished."""
    store.write([row(Study, id="s", title="Payments", client="Acme", created_at=DAY)])
    store.write([row(Company, id="acme", name="Acme", role="rival", aliases='["ACME"]', domains="[]", accounts="[]")])
    store.write(row(Profile, id=f"acme.{p}", company="acme", spider="discourse", source="forum", key=p, audience="customer", population="whole", replies_visible=None if p == "none" else 1,
                    private=int(p == "secret"), publish=publish, says_total=10) for p, publish in PLACES.items())
    store.write(row(Crawl, id=f"k-{p}", profile=f"acme.{p}", started_at=DAY, outcome="blocked" if p == "none" else "finished", problems=1) for p in PLACES)
    store.write(row(Problem, id=f"b-{p}", crawl=f"k-{p}", at=DAY, place=f"https://forum.example/{p}", what="has no date", count=1) for p in PLACES)
    store.write(row(Page, id=f"g-{p}", crawl=f"k-{p}", url=f"https://forum.example/{p}", seen_at=DAY, hash="h") for p in PLACES)
    store.write([*(review(p, p, LONG, title="Never again") for p in PLACES), review("gone", "full", LONG), review("hostile", "full", HOSTILE), review("stars", "full", None)])
    store.write(row(Reply, id=f"a-{r}", review=r, profile=f"acme.{p}", company="acme", position=1, role="company", role_basis="source", text=f"We are sorry. {WORDS}", created_at=DAY)
                for r, p in [*((p, p) for p in PLACES), ("gone", "full"), ("hostile", "full")])
    looks = [("review", r) for r in (*PLACES, "gone", "hostile", "stars")] + [("reply", f"a-{r}") for r in (*PLACES, "gone", "hostile")]
    store.write(Look(kind, target, DAY, DAY, 1, None, 0, DAY if target in ("gone", "a-hostile") else None) for kind, target in looks)
    store.write([row(Tag, id="theme:heard-", kind="theme", name="heard", sign="-", title="Not heard", definition="was not listened to", gold=40, precision=0.9, recall=0.8),
                 row(Tag, id="theme:value-", kind="theme", name="value", sign="-", title="Poor value", definition="costs too much")])
    store.write(row(Mention, kind="review", target=r, review=r, company="acme", tag="theme:heard-", start=SPAN[0], end=SPAN[1], words=WORDS, step="themes", version="1") for r in (*PLACES, "gone"))
    store.write(row(Label, kind="review", target=r, name="sentiment", value="negative", score=-0.5, basis="words", spans=json.dumps([[*SPAN, WORDS]]), step="sentiment", version="1")
                for r in (*PLACES, "gone"))
    store.write([row(Label, kind="reply", target="a-hostile", name="generic", value="yes", basis="words", spans=json.dumps([[0, 12, "We are sorry"]]), step="moves", version="1"),
                 row(Label, kind="reply", target="a-secret", name="generic", value="yes", basis="text", step="moves", version="1")])
    store.write([*(row(Change, id=f"c-{p}", kind="review", target=p, review=p, company="acme", what="edited", old="Old words", new=LONG, noticed_at=DAY, cause="source") for p in PLACES),
                 row(Change, id="c-old", kind="review", target="full", review="full", company="acme", what="edited", old="Oldest words", new="Old words", noticed_at=DAY, cause="source"),
                 row(Change, id="c-rated", kind="review", target="none", review="none", company="acme", what="rated", old="1", new="4", noticed_at=DAY, cause="source")])
    store.write(row(Done, kind="review", target=r, text_key=r, versions="language=1,themes=2-abc") for r in PLACES)
    store.write(row(Template, id=t, company="acme", text=f"template {t}", uses=3) for t in ("t-gone", "t-none", "t-open"))
    store.write([TemplateUse("a-hostile", "t-gone", 1.0), TemplateUse("a-none", "t-none", 1.0), TemplateUse("a-excerpt", "t-open", 1.0), TemplateUse("a-secret", "t-open", 1.0)])
    store.write([Analysis("old", DAY, DAY, "0.1+a", "l0", 1, 0), Analysis("now", DAY, DAY, "0.1+b", "l1", 7, 1)])
    store.write(row(Finding, id=f"acme.weakness_map.{s}", analysis="now", company="acme", system="a,b", measure="weakness_map", slice=s, title="Not heard", sentence="In 54 of 310 reviews …",
                    value=0.174, low=0.13, high=0.22, unit="share", n=310, hits=54, field_value=0.08, field_n=900, q=0.01, verdict="weakness") for s in ("heard", "zero"))
    store.write([*(row(Evidence, finding="acme.weakness_map.heard", side="for", kind="review", target=r, review=r, start=SPAN[0], end=SPAN[1], position=i)
                   for i, r in enumerate((*PLACES, "gone"), 1)),
                 row(Evidence, finding="acme.weakness_map.heard", side="against", kind="reply", target="a-excerpt", review="excerpt", position=1)])
    store.write([row(Figure, finding="acme.weakness_map.heard", series="acme", x="2026-03", y=0.2, n=30)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "rapport.db", create=True) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def document(store: Store, tmp_path: Path) -> dict[str, Any]:
    [path] = export(store, "json", tmp_path / "out.json")
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def lines(store: Store, tmp_path: Path, table: str) -> list[dict[str, Any]]:
    [path] = export(store, "jsonl", tmp_path / "out.jsonl", table)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_the_schema_in_the_repository_is_the_tables_own() -> None:
    assert json.loads(exporter.SCHEMA.read_text(encoding="utf-8")) == exporter.schema(), "run: python -m enrich.export > enrich/export.schema.json"


def test_the_document_validates(document: dict[str, Any]) -> None:
    schema = json.loads(exporter.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(document)] == []


def test_the_schema_is_strict_and_describes_every_object() -> None:
    def walk(rule: Any) -> Iterator[dict[str, Any]]:
        if isinstance(rule, dict):
            yield rule
            for member in rule.values():
                yield from walk(member)
        elif isinstance(rule, list):
            for member in rule:
                yield from walk(member)

    objects = [r for r in walk(exporter.schema()) if r.get("type") == "object"]
    assert len(objects) > 12
    assert all(o["description"] and (o["additionalProperties"] is False or o["additionalProperties"] == {"type": "string"}) for o in objects)


def test_an_empty_study_gives_a_document_that_validates(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as empty:
        [path] = export(empty, "json", tmp_path / "out.json")
    document = json.loads(path.read_text())
    jsonschema.Draft202012Validator(exporter.schema()).validate(document)
    assert (document["study"], document["method"]["analysis"], document["findings"]) == (None, None, [])


def test_the_document_names_study_and_method(document: dict[str, Any]) -> None:
    assert document["study"] == {"id": "s", "title": "Payments", "client": "Acme", "period_from": None, "period_to": None, "created_at": DAY}
    assert document["method"]["analysis"] == {"id": "now", "as_of": DAY, "made_at": DAY, "code": "0.1+b", "lens": "l1", "seed": 7}
    assert document["method"]["steps"] == [{"name": "language", "version": "1", "texts": 4}, {"name": "themes", "version": "2-abc", "texts": 4}]
    assert [t["id"] for t in document["method"]["tags"]] == ["theme:heard-", "theme:value-"]
    assert document["method"]["definitions"]["findings.q"] == Finding.columns()["q"].metadata["doc"]
    assert document["companies"] == [{"id": "acme", "name": "Acme", "role": "rival", "aliases": ["ACME"], "domains": [], "accounts": []}]


def test_sources_say_what_was_gathered_and_private_ones_are_left_out(document: dict[str, Any]) -> None:
    assert [s["id"] for s in document["sources"]] == ["acme.excerpt", "acme.full", "acme.none"]
    full = document["sources"][1]
    assert full["counts"] == {"reviews": 4, "with_text": 3, "answered": 3, "replies": 3, "vanished": 1, "first_at": DAY, "last_at": DAY}
    assert (full["says_total"], full["replies_visible"], full["crawls"]) == (10, True, [{"outcome": "finished", "runs": 1, "problems": 1, "last": DAY}])
    assert (document["sources"][2]["replies_visible"], document["sources"][2]["counts"]["answered"]) == (None, None)


def test_evidence_quotes_only_what_may_be_shown(document: dict[str, Any]) -> None:
    evidence = document["findings"][0]["evidence"]
    assert [(e["target"], e["withheld"]) for e in evidence["for"]] == [("full", None), ("excerpt", None), ("none", "not published"), ("gone", "vanished")]
    full, excerpt, *withheld = (e["quote"] for e in evidence["for"])
    assert full["text"] == LONG and len(excerpt["text"]) <= 302 and withheld == [None, None]
    for said in (full, excerpt):
        [mark] = said["marks"]
        assert said["text"][mark["start"]:mark["end"]] == WORDS
    [against] = evidence["against"]
    assert against == {"kind": "reply", "target": "a-excerpt", "review": "excerpt", "tag": None, "source": "forum", "url": "https://forum.example/excerpt", "stars": 2, "created_at": DAY,
                       "role": "company", "replied_at": DAY, "seen_at": DAY, "quote": {"text": f"We are sorry. {WORDS}", "marks": []}, "withheld": None}


def test_findings_carry_their_figures_and_systems(document: dict[str, Any]) -> None:
    heard, zero = document["findings"]
    assert (heard["system"], heard["value"], heard["low"], heard["high"], heard["n"], heard["field_value"], heard["q"]) == (["a", "b"], 0.174, 0.13, 0.22, 310, 0.08, 0.01)
    assert heard["figures"] == [{"series": "acme", "x": "2026-03", "y": 0.2, "low": None, "high": None, "n": 30}]
    assert (zero["evidence"], zero["figures"]) == ({"for": [], "against": []}, [])


def test_limits_are_said(document: dict[str, Any]) -> None:
    assert document["limits"][3:] == [
        "1 private place is left out of this export and of every comparison.",
        "Acme on forum: no reply has been seen there, so it is not known whether the source shows any.",
        "Acme on forum: 1 run ended blocked.",
        "How well our reading finds these is not established, so figures that rest on them are indicative: Poor value.",
    ]


@pytest.mark.parametrize("format", exporter.FORMATS)
def test_nothing_private_or_vanished_leaves_in_any_format(store: Store, tmp_path: Path, format: str) -> None:
    store.execute("update reviews set text = 'PRIVATE ' || text, title = 'PRIVATE' where id = 'secret'")
    store.execute("update replies set text = 'PRIVATE' where review = 'secret'")
    store.execute("update mentions set words = 'PRIVATE' where target = 'secret'")
    store.execute("update labels set spans = '[[0, 7, \"PRIVATE\"]]' where target in ('secret', 'a-secret')")
    store.execute("update changes set old = 'PRIVATE', new = 'PRIVATE' where review = 'secret'")
    store.execute("update problems set what = 'PRIVATE' where id = 'b-secret'")
    store.execute("update pages set url = 'PRIVATE' where id = 'g-secret'")
    for sql in ("reviews set text = 'WITHHELD', title = 'WITHHELD'", "mentions set words = 'WITHHELD'", "labels set spans = '[[0, 8, \"WITHHELD\"]]'", "changes set old = 'WITHHELD', new = 'WITHHELD'"):
        store.execute(f"update {sql} where {'id' if 'reviews' in sql else 'target'} in ('none', 'gone') " + ("and what <> 'rated'" if "changes" in sql else ""))
    store.execute("update replies set text = 'WITHHELD' where review in ('none', 'gone') or id = 'a-hostile'")
    store.execute("update labels set spans = '[[0, 8, \"WITHHELD\"]]' where target = 'a-hostile'")
    store.execute("update changes set old = 'WITHHELD' where id = 'c-full'")
    store.execute("update templates set text = 'WITHHELD' where id in ('t-gone', 't-none')")
    paths = export(store, format, tmp_path / "out")
    said = " ".join(str(pq.read_table(p).to_pylist()) if format == "parquet" else p.read_text(encoding="utf-8") for p in paths)
    assert "PRIVATE" not in said and "acme.secret" not in said and "WITHHELD" not in said
    assert WORDS in said


def test_every_table_that_points_at_a_place_leaves_private_rows_out(store: Store, tmp_path: Path) -> None:
    """A new table is guarded by its columns; one that points at no place must be named here by a person."""
    open_to_all = {t.NAME for t in TABLES if not t.WORKING and exporter._public(t) == "1"}
    assert open_to_all == {"study", "companies", "tags", "cells", "waits", "analyses", "findings", "figures", "audits"}
    counts = {name: len(lines(store, tmp_path, name)) for name in ("reviews", "replies", "looks", "mentions", "labels", "changes", "template_uses", "evidence", "crawls", "problems", "pages")}
    assert counts == {"reviews": 6, "replies": 5, "looks": 11, "mentions": 4, "labels": 5, "changes": 5, "template_uses": 3, "evidence": 5, "crawls": 3, "problems": 3, "pages": 3}


def test_texts_in_tables_follow_the_rights_of_their_place(store: Store, tmp_path: Path) -> None:
    texts = {r["id"]: r["text"] for r in lines(store, tmp_path, "reviews")}
    assert (texts["full"], texts["none"], texts["gone"], texts["stars"], texts["hostile"]) == (LONG, None, None, None, HOSTILE)
    assert texts["excerpt"].endswith("…") and LONG.startswith(texts["excerpt"][:-1]) and 250 < len(texts["excerpt"]) <= 301
    assert {r["id"]: r["text"] is not None for r in lines(store, tmp_path, "replies")} == {"a-excerpt": True, "a-full": True, "a-gone": False, "a-hostile": False, "a-none": False}
    assert {r["target"]: r["words"] for r in lines(store, tmp_path, "mentions")} == {"full": WORDS, "excerpt": WORDS, "none": None, "gone": None}
    assert {r["target"]: r["spans"] for r in lines(store, tmp_path, "labels") if r["target"] in ("full", "none")} == {
        "full": json.dumps([[*SPAN, WORDS]]), "none": json.dumps([[*SPAN, None]])}
    assert {r["id"]: r["text"] for r in lines(store, tmp_path, "templates")} == {"t-gone": None, "t-none": None, "t-open": "template t-open"}


def test_a_change_shows_ratings_and_what_still_stands(store: Store, tmp_path: Path) -> None:
    changes = {r["id"]: (r["old"], r["new"]) for r in lines(store, tmp_path, "changes")}
    assert (changes["c-rated"], changes["c-old"], changes["c-none"], changes["c-full"]) == (("1", "4"), (None, None), (None, None), (None, LONG))


def test_csv_cannot_run_as_a_formula_and_keeps_the_rest(store: Store, tmp_path: Path) -> None:
    [path] = export(store, "csv", tmp_path / "out.csv", "reviews")
    with path.open(encoding="utf-8", newline="") as file:
        rows = {r["id"]: r for r in csv.DictReader(file)}
    assert list(rows["full"]) == list(Review.columns())
    assert (rows["hostile"]["text"], rows["full"]["text"], rows["none"]["text"], rows["full"]["stars"]) == (f"'{HOSTILE}", LONG, "", "2")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_each_beginning_of_a_formula_is_disarmed(start: str) -> None:
    assert exporter._harmless(start) == f"'{start}"


def test_numbers_are_not_disarmed() -> None:
    assert (exporter._harmless(-0.5), exporter._harmless("a=b"), exporter._harmless(None)) == (-0.5, "a=b", None)


def test_parquet_is_typed_and_described(store: Store, tmp_path: Path) -> None:
    [path] = export(store, "parquet", tmp_path / "out.parquet", "findings")
    read = pq.read_table(path)
    assert (read.schema.field("n").type, read.schema.field("value").type, read.schema.field("title").type) == (pa.int64(), pa.float64(), pa.string())
    assert read.schema.field("q").metadata == {b"description": Finding.columns()["q"].metadata["doc"].encode()}
    assert read.to_pylist() == lines(store, tmp_path, "findings")


def test_hostile_text_comes_back_as_it_was(store: Store, tmp_path: Path) -> None:
    [path] = export(store, "parquet", tmp_path / "out.parquet", "reviews")
    assert next(r["text"] for r in pq.read_table(path).to_pylist() if r["id"] == "hostile") == HOSTILE
    assert next(r["text"] for r in lines(store, tmp_path, "reviews") if r["id"] == "hostile") == HOSTILE


def test_a_folder_holds_every_public_table(store: Store, tmp_path: Path) -> None:
    paths = export(store, "csv", tmp_path / "tables")
    assert [p.name for p in paths] == [f"{t.NAME}.csv" for t in TABLES if not t.WORKING] and all(p.exists() for p in paths)
    assert sorted(p.name for p in (tmp_path / "tables").iterdir()) == sorted(p.name for p in paths)


@pytest.mark.parametrize("format", exporter.FORMATS)
def test_the_same_study_gives_the_same_bytes(store: Store, tmp_path: Path, format: str) -> None:
    one, other = (export(store, format, tmp_path / name) for name in ("one", "other"))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in other]


def test_rows_come_in_the_order_of_their_key(store: Store, tmp_path: Path) -> None:
    for table in (t for t in TABLES if not t.WORKING and not numbered(t)):
        keys = [tuple(r[k] for k in table.KEY) for r in lines(store, tmp_path, table.NAME)]
        assert keys == sorted(keys)


def test_without_a_place_it_goes_to_standard_output(store: Store, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert export(store, "jsonl", None, "companies") == []
    assert json.loads(capfdbinary.readouterr().out)["id"] == "acme"


@pytest.mark.parametrize(("format", "out", "table", "what", "cure"), [
    ("json", None, "reviews", "json is one document, not a table", "leave out --table, or take the table as rows: --format jsonl --table reviews"),
    ("csv", None, "reviewz", "there is no table 'reviewz' to export", "did you mean 'reviews'?"),
    ("csv", None, "wordings", "there is no table 'wordings' to export", None),
    ("csv", None, None, "several tables need a folder", "add --out FOLDER, or --table NAME for a single one"),
    ("xml", None, None, "there is no format 'xml'", "known: json, csv, jsonl, parquet"),
])
def test_what_will_not_do_is_refused_with_its_cure(store: Store, format: str, out: Path | None, table: str | None, what: str, cure: str | None) -> None:
    with pytest.raises(Mistake) as refused:
        export(store, format, out, table)
    assert refused.value.what == what and (cure is None or refused.value.cure == cure)


@pytest.mark.parametrize("format", exporter.FORMATS)
def test_an_export_that_fails_leaves_the_old_file(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    paths = export(store, format, tmp_path / "out")
    before = {p: p.read_bytes() for p in paths}

    def breaks(self: Store, sql: str, parameters: Any = ()) -> Iterable[Any]:
        if "from [findings]" in sql:
            raise sqlite3.OperationalError("disk I/O error")
        return whole(self, sql, parameters)

    whole = Store.rows
    store.execute("update companies set name = 'Acme Two'")
    monkeypatch.setattr(Store, "rows", breaks)
    with pytest.raises(sqlite3.OperationalError):
        export(store, format, tmp_path / "out")
    assert {p: p.read_bytes() for p in paths} == before
    assert list(tmp_path.rglob(".*.part")) == []


def test_a_place_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Mistake) as refused:
        export(store, "json", tmp_path / "file" / "out.json")
    assert refused.value.place == str(tmp_path / "file" / "out.json")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Fifty thousand reviews of 800 characters, each the evidence of one finding."""
    with Store(tmp_path_factory.mktemp("large") / "rapport.db", create=True) as store:
        fill(store)
        one, behind = review("m", "full", ""), row(Evidence, finding="acme.weakness_map.zero", side="for", kind="review", end=4)
        store.write(replace(one, id=f"m{i:05}", text=f"{i:05} {'y' * 800}") for i in range(50_000))  # type: ignore[type-var]
        store.write(replace(behind, target=f"m{i:05}", review=f"m{i:05}", start=0, position=i) for i in range(50_000))  # type: ignore[type-var]
        yield store


@pytest.mark.parametrize("format", exporter.FORMATS)
def test_fifty_thousand_rows_take_no_more_memory_than_one_batch(large: Store, tmp_path: Path, format: str) -> None:
    tracemalloc.start()
    [path] = export(large, format, tmp_path / "out", None if format == "json" else "reviews")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (12e6 if format == "parquet" else 5e6), f"{peak / 1e6:.1f} MB for 50,000 rows of 800 characters"
    if format == "json":
        assert len(json.loads(path.read_text())["findings"][1]["evidence"]["for"]) == 50_000
    elif format == "parquet":
        assert pq.read_metadata(path).num_rows == 50_006
    else:
        with path.open(encoding="utf-8", newline="" if format == "csv" else "\n") as file:
            assert sum(1 for _ in (csv.DictReader(file) if format == "csv" else file)) == 50_006
