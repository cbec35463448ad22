"""The site that strategists browse, tried in process on a small store of known content."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from datasette.app import Datasette

from enrich import words
from enrich.conclude import conclude
from enrich.evidence import MOST
from enrich.field import Compared
from enrich.lens import System, Term, lens
from enrich.mistakes import Mistake
from enrich.published import VIEWS
from enrich.rights import shown
from enrich.serve import ROOT, SITE, command, readme_line
from enrich.stats import Estimate
from enrich.store import Store
from enrich.tables import (
    Analysis,
    Cell,
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
from tests import worlds

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
LONG = "Nobody answered me for weeks. " + "I wrote again, and again, and heard not one word from them about my money. " * 12 + "The very last word is zanzibar."


def blank(table: type[Table], **known: Any) -> Any:
    """A row with what matters here, and zero or nothing everywhere else."""
    needs = {name: (0 if kind is int else 0.0 if kind is float else "") for name, kind in table.types().items()}
    hints = table.__annotations__
    return table(**{name: known.get(name, None if "None" in str(hints[name]) else empty) for name, empty in needs.items()})


def fill(path: Path) -> Path:
    """Three companies; texts that may be quoted in full, by excerpt or not at all, one private, one vanished, one hostile."""
    with Store(path, create=True) as store:
        store.write([blank(Study, id="s", title="Payments in 2026", client="Cedar", created_at="2026-03-01T00:00:00Z")])
        store.write(Company(i, n, r, "[]", "[]", "[]") for i, n, r in (("cedar", "Cedar", "client"), ("nettle", "Nettle", "rival"), ("sorrel", "Sorrel", "rival"), ("gone", "Gone Ltd", "removed")))
        store.write(blank(Profile, id=i, company=c, spider="schema_org", source=s, key=i, url=f"https://{s}.example/{c}", audience="customer", population="whole", publish=p, private=x, replies_visible=v, says_total=t)
                    for i, c, s, p, x, v, t in (("p-full", "nettle", "forum", "full", 0, 1, 9), ("p-part", "nettle", "store", "excerpt", 0, 1, None), ("p-none", "nettle", "shop", "none", 0, 1, None),
                                                ("p-own", "nettle", "secretsource", "excerpt", 1, 1, None), ("p-mute", "sorrel", "board", "excerpt", 0, 0, None), ("p-cedar", "cedar", "store", "excerpt", 0, 1, None)))
        texts = {"whole": ("p-full", LONG), "part": ("p-part", LONG), "none": ("p-none", "Unquotable words about quicksilver."), "own": ("p-own", "Confidential words about quicksilver."),
                 "gone": ("p-part", "Vanished words about quicksilver."), "evil": ("p-part", f"Nobody answered me {HOSTILE}"), "mute": ("p-mute", "They never call back."), "cedar": ("p-cedar", "They called back the same day.")}
        store.write(blank(Review, id=f"r-{i}", profile=p, company="sorrel" if p == "p-mute" else "cedar" if p == "p-cedar" else "nettle", source=p[2:], audience="customer", text=t, text_key=i, raw_hash=i, stars=1,
                          rating=0.0, created_at=f"2026-01-0{n}T10:00:00Z", created_precision="second", created_kind="created", url=f"https://{p[2:]}.example/{i}" if i != "evil" else "javascript:alert(1)")
                    for n, (i, (p, t)) in enumerate(texts.items(), 1))
        store.write(blank(Reply, id=f"a-{i}", review=f"r-{i}", profile=texts[i][0], company="nettle", position=1, role="company", role_basis="source", text=t, text_key=i, raw_hash=i, created_at="2026-01-09T10:00:00Z",
                          created_precision="second") for i, t in (("whole", "We are sorry, and will pay it back."), ("none", "Unquotable answer about cinnabar."), ("evil", f"Thank you {HOSTILE}"), ("gone", "An answer about cinnabar.")))
        store.write(Look(k, i, "2026-01-10T00:00:00Z", "2026-02-01T00:00:00Z", 2, None, 0, g) for k, i, g in
                    (*(("review", f"r-{i}", "2026-02-02T00:00:00Z" if i == "gone" else None) for i in texts), ("reply", "a-whole", None)))
        store.write([Tag("theme:heard-", "theme", "heard", "-", "Being heard", "The customer says that nobody listened or answered.", 44, 0.81, 0.6),
                     Tag("theme:value-", "theme", "value", "-", "Value", "The customer says that it was not worth it.", 3, None, None)])
        store.write(blank(Mention, id=0, kind="review", target=f"r-{i}", review=f"r-{i}", company="nettle", tag="theme:heard-", start=0, end=15, words=texts[i][1][:15], step="themes", version="1") for i in ("whole", "part", "none", "gone", "own", "evil"))
        store.write([blank(Label, kind="review", target="r-whole", name="language", value="en", basis="text", step="language", version="1"),
                     blank(Label, kind="review", target="r-whole", name="sentiment", value=None, basis="absence", step="sentiment", version="1")])
        store.write([blank(Change, id=f"c-{i}", kind="review", target=f"r-{i}", review=f"r-{i}", company="nettle", what="edited", old=f"Old words of {i} about vermilion.", new="New words.", noticed_at="2026-02-01T00:00:00Z", cause="source") for i in ("whole", "none", "own", "gone")])
        store.write([blank(Template, id="t", company="nettle", text="We are sorry, [customer].", uses=2, complaints=2), blank(Template, id="t-none", company="nettle", text="Unquotable template about cinnabar.", uses=2)])
        store.write([TemplateUse("a-whole", "t", 1.0), TemplateUse("a-none", "t-none", 1.0)])
        store.write(blank(Cell, company=c, source="store", audience="customer", kind="review", day="2026-01-02", stars=1, language="en", tag=t, n=n) for c, t, n in (("nettle", "", 40), ("nettle", "theme:heard-", 20), ("cedar", "", 40)))
        store.write([blank(Crawl, id="k", profile="p-part", started_at="2026-02-01T00:00:00Z", finished_at="2026-02-01T00:01:00Z", outcome="finished", reviews=4),
                     blank(Crawl, id="k-own", profile="p-own", started_at="2026-02-01T00:00:00Z", outcome="finished")])
        store.write([blank(Problem, id="x", crawl="k", at="2026-02-01T00:00:00Z", place="file.csv, row 7", what="the rating is not a number", cure="mend the row", count=1),
                     blank(Problem, id="x-own", crawl="k-own", at="2026-02-01T00:00:00Z", place="secretsource, row 1", what="no date", count=1)])
        store.write([Analysis("new", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z", "0.1", "abc", 1, 1), Analysis("old", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "0.1", "abc", 1, 0)])
        store.write(findings())
        store.write(blank(Evidence, id=0, finding="nettle.weakness_map.heard-minus", side="for", kind="review", target=f"r-{i}", review=f"r-{i}", start=0, end=15, position=n) for n, i in enumerate(("whole", "part", "none", "own", "gone", "evil")))
        store.write(blank(Evidence, id=0, finding="nettle.weakness_map.heard-minus", side="against", kind="reply", target="a-whole", review="r-whole", start=7, end=12, position=1) for _ in range(1))
        store.write(Figure("nettle.responsiveness.7", s, str(h), y, y - 0.05, y + 0.05, 40) for s, up in (("Nettle", 0.3), ("the others", 0.6)) for h, y in ((0, 0.05), (24, up - 0.1), (72, up), (168, up + 0.1), (720, up + 0.2)))
        store.write(Figure("nettle.weakness_map.heard-minus", s, f"2025-{m:02}", y + m / 60, None, None, 20 + m) for s, y in (("Nettle", 0.4), ("the others", 0.25)) for m in range(1, 13))
        store.write([blank(Profile, id="p-gone", company="gone", spider="table", source="store", key="g", audience="customer", population="whole", publish="excerpt", private=0)])
    return path


def findings() -> list[Finding]:
    def finding(id: str, company: str, measure: str, slice: str, title: str, sentence: str, verdict: str, **known: Any) -> Finding:
        return blank(Finding, **{"id": id, "analysis": "new", "company": company, "system": ",".join([*lens().systems][:2]), "measure": measure, "slice": slice, "title": title, "sentence": sentence, "verdict": verdict, "unit": "share", **known})

    return [
        finding("nettle.weakness_map.heard-minus", "nettle", "weakness_map", "theme:heard-", "Being heard", "In 54 of 100 public reviews customers say that Nettle did not listen; of the other companies' 100 it is about 30.", "weakness",
                value=0.54, low=0.5, high=0.58, n=310, hits=167, field_value=0.3, field_low=0.27, field_high=0.33, field_n=900, difference=0.24, difference_low=0.19, difference_high=0.29, p=0.0001, q=0.0004, rank=58.9, direction="worse", dropped=0.1),
        finding("cedar.weakness_map.heard-minus", "cedar", "weakness_map", "theme:heard-", "Being heard", "In 12 of 100 public reviews customers say that Cedar did not listen; of the other companies' 100 it is about 42.", "strength",
                value=0.12, low=0.09, high=0.15, n=410, hits=49, field_value=0.42, field_n=620, difference=-0.3, difference_low=-0.35, difference_high=-0.25, q=0.0001, rank=100.0, direction="better"),
        finding("nettle.weakness_map.value-minus", "nettle", "weakness_map", "theme:value-", "Value", "In 9 of 100 public reviews customers say that Nettle was not worth it.", "indicative", value=0.09, low=0.06, high=0.12, n=310, why="accuracy not established: 3 of 30 annotated texts"),
        finding("nettle.responsiveness.7", "nettle", "responsiveness", "answered within 7 days", "Answered within a week", "Of 100 customers who complained about Nettle, about 40 were answered within a week (likely 35 to 45).", "lead",
                value=0.4, low=0.35, high=0.45, n=200, field_value=0.7, field_n=300, difference=-0.3, difference_low=-0.36, difference_high=-0.01, rank=2.0, why="about 120 more reviews would settle it"),
        finding("sorrel.responsiveness.7", "sorrel", "responsiveness", "answered within 7 days", "Answered within a week", "Whether Sorrel answers cannot be said: its source does not show replies.", "not available", why="the source hides replies"),
        blank(Finding, id="nettle.old", analysis="old", company="nettle", title="An outdated finding", sentence="Outdated.", verdict="weakness", unit="share", measure="weakness"),
    ]


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("study") / "rapport.db")


@pytest.fixture
async def site(database: Path) -> AsyncIterator[Datasette]:
    yield await serving(database)


async def serving(database: Path) -> Datasette:
    """The site in process, with its settings."""
    import yaml

    site = Datasette([str(database)], metadata=yaml.safe_load((SITE / "metadata.yaml").read_text()), template_dir=str(SITE / "templates"), plugins_dir=str(SITE / "plugins"),
                     static_mounts=[("static", str(SITE / "static"))], settings=json.loads((SITE / "settings.json").read_text()))
    await site.invoke_startup()
    return site


async def text(site: Datasette, path: str, status: int = 200) -> str:
    answer = await site.client.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text[-2000:]}"
    return answer.text


PAGES = ["/", "/company/nettle", "/company/sorrel", "/finding/nettle.weakness_map.heard-minus", "/finding/sorrel.responsiveness.7", "/review/r-whole", "/review/r-evil", "/review/r-none", "/review/r-gone",
         "/method", "/status", "/coverage", "/search", "/search?q=answered", *(f"/system/{s}" for s in lens().systems)]
TABLES_SHOWN = ["findings", "companies", "tags", "analyses", "figures", *VIEWS]
QUERIES = ["passed_over", "who_says?theme=heard", "theme_by_month?tag=theme:heard-", "stars_by_month", "late_or_lost", "findings_with_a_verdict"]
SECRETS = ("quicksilver", "cinnabar", "Confidential", "secretsource", "vermilion about", "Unquotable", "Vanished words", "Gone Ltd")
ADDRESSES = re.compile(r"""(?:src|href|action)=["']?([^"' >]+)""")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_there_as_html_and_as_json(site: Datasette, path: str) -> None:
    page = await text(site, path)
    address, _, query = path.partition("?")
    data = json.loads(await text(site, f"{address}.json{'?' + query if query else ''}"))
    assert "</html>" in page
    assert data["study"]["title"] == "Payments in 2026"
    assert "This page as JSON" in page


@pytest.mark.parametrize("path", ["/company/nobody", "/finding/none", "/system/z", "/review/none", "/review/r-own", "/company/gone/x"])
async def test_what_is_not_there_or_private_is_not_found(site: Datasette, path: str) -> None:
    await text(site, path, 404)


async def test_an_address_that_the_page_prints_for_its_json_opens_it(site: Datasette) -> None:
    for path in PAGES:
        printed = re.search(r'<a href="([^"]+)">This page as JSON', await text(site, path))
        assert printed
        assert json.loads(await text(site, printed[1].replace("&amp;", "&")))["study"]


async def test_no_page_loads_or_runs_anything_from_elsewhere(site: Datasette) -> None:
    for path in [*PAGES, *(f"/rapport/{t}" for t in (*TABLES_SHOWN, *QUERIES)), "/rapport"]:
        page = await text(site, path)
        for tag in re.findall(r"<(?:script|link|img|iframe|form|source)\b[^>]*>", page):
            assert all(a.startswith(("/", "http://localhost/")) or a == "data:," for a in ADDRESSES.findall(tag)), f"{path}: {tag}"
        answer = await site.client.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.headers["content-security-policy"]
    ours = (await site.client.get("/")).headers["content-security-policy"]
    assert "unsafe" not in ours


async def test_what_the_static_folder_holds_has_its_licences_and_asks_nobody(site: Datasette) -> None:
    folder = SITE / "static" / "vega"
    assert sorted(p.name for p in folder.glob("*.js")) == sorted(p.name.replace("LICENSE", "min.js") for p in folder.glob("*.LICENSE"))
    for path in ("static/charts.js", "static/rapport.css", *(f"static/vega/{p.name}" for p in folder.glob("*.js"))):
        await text(site, f"/{path}")
    assert not re.search(r"https?://(?!vega\.github\.io/schema/)", (SITE / "static" / "charts.js").read_text() + (SITE / "static" / "rapport.css").read_text())


async def test_hostile_text_is_shown_and_not_run(site: Datasette) -> None:
    for path in ("/review/r-evil", "/finding/nettle.weakness_map.heard-minus", "/company/nettle", "/search?q=owned", "/rapport/published_reviews", "/rapport/published_replies", "/rapport/published_mentions", "/rapport/passed_over"):
        page = await text(site, path)
        assert "<script>document" not in page and "<img src=x" not in page, path
        assert 'href="javascript' not in page, path
    assert "&lt;script&gt;" in await text(site, "/review/r-evil")
    assert "&lt;script&gt;" in await text(site, "/search?q=owned")


async def test_what_a_source_does_not_allow_is_nowhere(site: Datasette) -> None:
    for path in PAGES:
        address, _, query = path.partition("?")
        for page in (await text(site, path), await text(site, f"{address}.json{'?' + query if query else ''}")):
            assert not [s for s in SECRETS if s in page], path
    for table in (*TABLES_SHOWN, *QUERIES):
        name, _, query = table.partition("?")
        for form in ("", ".json", ".csv"):
            page = await text(site, f"/rapport/{name}{form}?{query}")
            assert not [s for s in SECRETS if s in page and not (s == "Gone Ltd" and name == "companies")], table


async def test_search_does_not_tell_what_words_an_unquotable_text_holds(site: Datasette) -> None:
    for word in ("quicksilver", "cinnabar", "secretsource"):
        found = json.loads(await text(site, f"/search.json?q={word}"))
        assert (found["total"], found["results"]) == (0, [])
        assert "<blockquote" not in await text(site, f"/search?q={word}")
    for table in ("published_reviews", "published_replies"):
        assert json.loads(await text(site, f"/rapport/{table}.json?_search=quicksilver"))["rows"] == []
        assert json.loads(await text(site, f"/rapport/{table}.json?_search=cinnabar"))["rows"] == []


async def test_search_finds_words_beyond_the_excerpt_and_marks_them(site: Datasette) -> None:
    found = json.loads(await text(site, "/search.json?q=zanzibar"))
    assert {r["review"]: len(r["quote"]["text"]) <= 302 for r in found["results"]} == {"r-whole": False, "r-part": True}
    assert all([r["quote"]["text"][a:b] for a, b in r["quote"]["marks"]] == ["zanzibar"] for r in found["results"])
    assert "<mark>zanzibar</mark>" in await text(site, "/search?q=zanzibar")
    table = json.loads(await text(site, "/rapport/published_reviews.json?_search=zanzibar&_shape=array"))
    assert {r["id"] for r in table} == {"r-whole", "r-part"}


async def test_search_takes_any_signs_that_a_person_may_type(site: Datasette) -> None:
    for query in ('"', "a AND", "(", "*", "NEAR(", "' or 1=1 --", "\x00", "é", HOSTILE):
        assert "owned'</script>" not in await text(site, f"/search?q={quote(query)}")


@pytest.mark.parametrize("table", ["reviews", "replies", "mentions", "labels", "changes", "templates", "pages", "looks", "profiles", "reviews_fts", "replies_fts", "reviews_fts_data", "replies_fts_content",
                                   "sqlite_master", "Reviews", "crawls", "problems", "evidence", "study"])
async def test_a_raw_table_is_refused(site: Datasette, table: str) -> None:
    for path in (f"/rapport/{table}", f"/rapport/{table}.json", f"/rapport/{table}.csv?_stream=on", f"/rapport/{table}/r-none", f"/rapport/{table}/1"):
        assert (await site.client.get(path)).status_code in (403, 404), path


async def test_no_sql_of_a_visitor_is_run_and_the_file_is_not_given_away(site: Datasette) -> None:
    for path in ("/rapport?sql=select+text+from+reviews", "/rapport.json?sql=select+1", "/rapport/published_reviews?_where=1=1", "/rapport/published_reviews.json?_where=1", "/rapport.db", "/_memory?sql=select+1"):
        assert (await site.client.get(path)).status_code in (400, 403, 404), path


async def test_the_views_show_what_the_one_rule_allows(site: Datasette) -> None:
    published = {r["id"]: r["text"] for r in json.loads(await text(site, "/rapport/published_reviews.json?_shape=array"))}
    assert published == {"r-whole": LONG, "r-part": shown(LONG, "excerpt", None), "r-evil": f"Nobody answered me {HOSTILE}", "r-mute": "They never call back.", "r-cedar": "They called back the same day."}


async def test_every_shown_table_says_what_each_of_its_columns_means(site: Datasette) -> None:
    for table in TABLES_SHOWN:
        data = json.loads(await text(site, f"/rapport/{table}.json"))
        meant = site.metadata(database="rapport", table=table)["columns"]
        assert {c: bool(meant.get(c)) for c in data["columns"]} == dict.fromkeys(data["columns"], True), table
        assert site.metadata("title", database="rapport", table=table, fallback=False), table
        page = await text(site, f"/rapport/{table}")
        assert meant[data["columns"][0]] in page or quote(meant[data["columns"][0]]) in page or "column-descriptions" in page


async def test_facets_of_every_table_are_columns_of_it(site: Datasette) -> None:
    for table in TABLES_SHOWN:
        wanted = site.metadata("facets", database="rapport", table=table, fallback=False) or []
        data = json.loads(await text(site, f"/rapport/{table}.json"))
        assert sorted(data["facet_results"]) == sorted(wanted), table
    reviews = json.loads(await text(site, "/rapport/published_reviews.json"))["facet_results"]["answered"]["results"]
    assert {r["value"]: r["count"] for r in reviews} == {"yes": 2, "not yet seen": 2, "not available": 1}


@pytest.mark.parametrize("query", QUERIES)
async def test_every_kept_query_runs_and_answers(site: Datasette, query: str) -> None:
    name, _, given = query.partition("?")
    data = json.loads(await text(site, f"/rapport/{name}.json?{given}&_shape=objects"))
    assert data["ok"] and (data["rows"] or name == "late_or_lost"), data.get("error")
    await text(site, f"/rapport/{name}?{given}")


async def test_a_number_typed_into_a_query_counts_as_a_number(site: Datasette) -> None:
    assert json.loads(await text(site, "/rapport/passed_over.json?stars=1&_shape=array"))
    assert json.loads(await text(site, "/rapport/passed_over.json?stars=0&_shape=array")) == []


async def test_home_says_first_what_was_found_in_words_without_statistics(site: Datasette) -> None:
    page = await text(site, "/")
    short = page[page.index("In short"):page.index("The companies side by side")]
    said = re.sub(r"<[^>]+>", " ", short)
    assert "In 54 of 100 public reviews customers say that Nettle did not listen" in said
    assert "Of 100 customers who complained about Nettle, about 40 were answered within a week (likely 35 to 45)." in said
    assert not re.search(r"\bq\b|\bp\b|interval|significan|Kaplan|hazard|%", said)
    assert "outdated" not in page.lower()


async def test_home_puts_the_weightiest_first_and_every_company_beside_the_others(site: Datasette) -> None:
    home = json.loads(await text(site, "/.json"))
    assert [f["id"] for f in home["top"]] == ["cedar.weakness_map.heard-minus", "nettle.weakness_map.heard-minus"]
    assert {c["id"]: (c["reviews"], c["replies"], c["counts"]["weakness"], c["counts"]["strength"]) for c in home["companies"]} == \
        {"nettle": (5, 4, 1, 0), "sorrel": (1, 0, 0, 0), "cedar": (1, 0, 0, 1)}
    assert home["reviews"] == 7


async def test_an_accusation_is_never_called_a_weakness(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        store.execute("update findings set verdict = 'accusation' where id = 'nettle.weakness_map.heard-minus'")
    site = await serving(database)
    worse = re.search(r'/company/nettle">.*?data-label="Does worse"[^>]*>(.*?)</td>', await text(site, "/"), re.DOTALL)
    assert worse and " ".join(re.sub(r"<[^>]+>", " ", worse[1]).split()) == "Being heard (an accusation) 54 % the others 30 %"
    assert "No weakness was found" in await text(site, "/company/nettle")


async def test_home_shows_at_a_glance_where_each_company_is_weak_and_who_answers(site: Datasette) -> None:
    page = await text(site, "/")
    rows = {row[0]: [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.DOTALL)]
            for row in re.findall(r'<th scope="row"><a href="/company/(\w+)">(.*?)</tr>', page[page.index("side by side"):page.index("What stands out")], re.DOTALL)}
    assert rows == {
        "nettle": ["Being heard 54 % the others 30 %", "nothing clear", "40 % 35 to 45 % of 200 lead: not settled", "what employees say"],
        "sorrel": ["nothing clear", "nothing clear", "not available", "what employees say, whether it answers"],
        "cedar": ["nothing clear", "Being heard 12 % the others 42 %", "not available", "what employees say, whether it answers"]}


async def test_findings_alike_leave_room_for_other_companies(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        first = findings()[0]
        store.write(replace(first, id=f"nettle.reply_quality.{n}", measure="reply_quality", slice=f"move:{n}", title=f"Move {n}", sentence=f"Move {n}.", rank=900.0 + n) for n in range(20))
        store.write([replace(first, id="sorrel.weakness_map.heard-minus", company="sorrel", rank=1.0)])
    home = json.loads(await text(await serving(database), "/.json"))
    assert [f["id"] for f in home["top"]] == ["nettle.reply_quality.19", "cedar.weakness_map.heard-minus", "nettle.weakness_map.heard-minus", "sorrel.weakness_map.heard-minus"]
    assert home["more"] == 19
    assert [f["id"] for f in home["sentences"]] == ["nettle.reply_quality.19", "cedar.weakness_map.heard-minus", "sorrel.weakness_map.heard-minus", "nettle.responsiveness.7"]


async def test_a_place_where_nearly_all_is_answered_may_lack_the_unanswered(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        store.write(blank(Review, id=f"f-{n:03}", profile="p-cedar", company="cedar", source="store", audience="customer", text="Fine.", raw_hash="", created_kind="created") for n in range(120))
        store.write(blank(Reply, id=f"fa-{n:03}", review=f"f-{n:03}", profile="p-cedar", company="cedar", position=1, role="company", role_basis="source", text="Thanks.", raw_hash="") for n in range(120))
    limits = json.loads(await text(await serving(database), "/.json"))["limits"]
    assert [said.partition(":")[0] for said in limits if "Nearly every" in said] == ["Nearly every gathered review has an answer for Cedar on Store"]


async def test_what_is_not_available_is_said_and_never_zero(site: Datasette) -> None:
    home = json.loads(await text(site, "/.json"))
    assert any(said.startswith("What employees say is not available") for said in home["limits"])
    assert any("Sorrel on Board" in said for said in home["limits"])
    row = re.search(r"<tr>\s*<th[^>]*><a href=\"/company/sorrel\">.*?</tr>", await text(site, "/"), re.DOTALL)
    assert row and "not available" in row[0] and "0 %" not in row[0]
    assert "not available" in await text(site, "/finding/sorrel.responsiveness.7")
    assert "What employees say is not available" in await text(site, "/coverage") or "employee" in await text(site, "/coverage")
    assert "what employees say is not available" in await text(site, "/company/sorrel")


async def test_a_finding_opens_its_evidence_with_the_words_marked_and_what_speaks_against_it(site: Datasette) -> None:
    page = await text(site, "/finding/nettle.weakness_map.heard-minus")
    for needed in ("<mark>Nobody answered</mark>", "<mark>sorry</mark>", "Counter-evidence", "The company answered", 'href="https://full.example/whole"', "fetched <time datetime=\"2026-02-01T00:00:00Z\">1 Feb 2026</time>", "8 days later", "q under 0.001", "+24 points",
                   "No public reply when last seen", "no public reply is not no reply", "annotators agree with about 81", "The source allows counts, but no quotes".lower()[4:]):
        assert needed in page, needed
    data = json.loads(await text(site, "/finding/nettle.weakness_map.heard-minus.json"))
    assert [(i["id"], bool(i["quote"])) for i in data["sides"][0]["items"]] == [("r-whole", True), ("r-part", True), ("r-none", False), ("r-gone", False), ("r-evil", True)]
    assert data["hidden"] == 2


async def test_a_tag_of_unknown_accuracy_is_called_so(site: Datasette) -> None:
    assert "Accuracy not established" in await text(site, "/finding/nettle.weakness_map.value-minus")


async def test_every_finding_on_every_page_can_be_opened(site: Datasette) -> None:
    for path in PAGES:
        for to in set(re.findall(r'href="(/(?:finding|company|review|system|rapport)[^"]*)"', await text(site, path))):
            await text(site, to.replace("&amp;", "&"))


async def test_every_finding_of_a_whole_study_has_a_page_that_opens_its_evidence(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        worlds.write(store)
        conclude(store, worlds.Words())
        behind = dict(store.rows("select f.id, count(distinct e.review) from findings f left join evidence e on e.finding = f.id and e.side = 'for' group by f.id"))
    site = await serving(tmp_path / "rapport.db")
    assert behind and any(behind.values())
    for id, texts in behind.items():
        page, data = await text(site, f"/finding/{quote(id)}"), json.loads(await text(site, f"/finding/{quote(id)}.json"))
        shown = data["sides"][0]
        assert (shown["total"], len(shown["items"])) == (texts, min(texts, 8)), id
        assert page.count('<article class="review">') == sum(len(s["items"]) for s in data["sides"]), id
        assert all(f"/review/{i['id']}" in page for i in shown["items"]), id


async def test_much_evidence_comes_in_pages(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        store.write(blank(Review, id=f"m-{n:02}", profile="p-full", company="nettle", source="forum", audience="customer", text="Nobody answered.", raw_hash="", created_kind="created") for n in range(20))
        store.write(blank(Evidence, id=0, finding="cedar.weakness_map.heard-minus", side="for", kind="review", target=f"m-{n:02}", review=f"m-{n:02}", start=0, end=6, position=n) for n in range(20))
    site = await serving(database)
    pages = [json.loads(await text(site, f"/finding/cedar.weakness_map.heard-minus.json?for={n}"))["sides"][0] for n in (1, 2, 3)]
    assert [[i["id"] for i in p["items"]] for p in pages] == [[f"m-{n:02}" for n in range(s, min(s + 8, 20))] for s in (0, 8, 16)]
    assert "Page 2 of 3" in await text(site, "/finding/cedar.weakness_map.heard-minus?for=2")
    for typed in ("0", "-3", "x", "²", "99", "9" * 40):
        await text(site, f"/finding/cedar.weakness_map.heard-minus?for={typed}")


async def test_a_system_maps_its_own_terms_to_figures_and_says_what_is_not_measured(site: Datasette, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = [Term(term="being heard", tags=["heard"]), Term(term="answered at once", figures=["responsiveness"]), Term(term="kept its word", tags=["promise"]), Term(term="hard to leave", tags=["value"], figures=["value"]),
             Term(term="a voice", tags=["staff_heard"]), Term(term="where it happens", tags=["phone"])]
    monkeypatch.setitem(lens().systems, "z", System(id="z", title="A sixth way", question="Who listens?", measures=["weakness_map", "reply_quality"], terms=terms))
    data = json.loads(await text(site, "/system/z.json"))
    assert [[(r["title"], sorted(r["by_company"])) for r in t["rows"]] for t in data["terms"]] == [[("Being heard", ["cedar", "nettle"])], [("Answered within a week", ["nettle", "sorrel"])], [], [("Value", ["nettle"])], [], []]
    assert [t["said"] for t in data["terms"]][2:] == [["No figure in this study: Promises."], ["No figure in this study: value."],
                                                      ["Not available, for want of employee reviews that may be shown: Staff are heard."], ["Looked for in the texts, but not counted as a figure yet: On the phone."]]
    page = await text(site, "/system/z")
    for needed in ("A sixth way", "Who listens?", "No figure in this study: Promises", "No figure in this study.", "not available", "of 310"):
        assert needed in page, needed


async def test_a_review_shows_its_dialogue_its_tags_and_its_changes(site: Datasette) -> None:
    page = await text(site, "/review/r-whole")
    for needed in ("<mark>Nobody answered</mark>", "We are sorry, and will pay it back.", "The customer says that nobody listened or answered.", "was edited", "Old words of whole about vermilion.", "no signal"):
        assert needed in page, needed


async def test_a_store_without_an_analysis_says_so(tmp_path: Path) -> None:
    with Store(tmp_path / "rapport.db", create=True) as store:
        store.write([blank(Study, id="s", title="New", created_at="2026-03-01T00:00:00Z"), ])
    site = await serving(tmp_path / "rapport.db")
    assert "Nothing has been concluded yet" in await text(site, "/")
    for path in ("/method", "/status", "/coverage", "/search?q=x"):
        await text(site, path)


METHOD = (
    "every other company counts the same", "source by source and month by month", "weighed as the company's own texts fall on them", "left out of the comparison", "2 points, and 1.25 times", "not against zero",
    "tests with p over 0.5 are set aside", "Benjamini and Hochberg", "5 in 100", "two-way clusters", "Fewer than 30 texts, or fewer than 20 days or 20 authors", "Wilson", "Newcombe", "Kaplan and Meier", "Turnbull",
    "until it was last seen", "measured from the last edit", "one or two stars", "no stars", "replies to complaints", "Fewer than 30 annotated texts", "more than 50 of 100 texts tagged so are wrongly tagged",
    "not carried into the ranges, unless people audited it", "within 7 days counts once", "names of other people in free text cannot all be recognised", "no public reply is not no reply", "a public page", "Program", "Vocabulary")


async def test_the_method_page_states_every_choice(site: Datasette) -> None:
    said = " ".join(re.sub(r"<[^>]+>", "", await text(site, "/method")).split())
    assert [choice for choice in METHOD if choice not in said] == []


async def test_an_import_whose_ground_is_not_stated_is_said_to_be_one(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        store.execute("update profiles set url = null, spider = 'table' where id = 'p-part'")
        store.execute("update profiles set url = null, spider = 'saved_page', basis = 'bought from a panel' where id = 'p-cedar'")
        store.write([blank(Done, kind="review", target="r-whole", text_key="k", versions="language=1,themes=2.abc")])
    page = await text(await serving(database), "/method")
    grounds = re.findall(r'On what ground">([^<]+)<', page)
    assert grounds.count("an import; study.toml states no ground for it; not automated by us") == 1 and "bought from a panel; not automated by us" in grounds and "a public page" in grounds
    assert "lawful" not in page
    assert "bought from a panel" in page
    assert "1 text: language 1, themes 2.abc" in page


def test_shares_are_said_so_that_a_range_is_one_and_nothing_is_said_twice() -> None:
    def compared(value: float, low: float, high: float) -> Compared:
        return Compared(Estimate(value, low, high, 100, 9.0, 100, 30), None, None, 0, 0.0, ())

    assert [words.beside(compared(*c), "the others") for c in ((0.0, 0.0, 0.045), (1.0, 0.9, 1.0), (0.44, 0.34, 0.55), (0.008, 0.006, 0.011), (0.01, 0.01, 0.01))] == [
        "(likely 0 to 5 in 100)", "(likely 90 to 100 in 100)", "(about 44 in 100, likely 34 to 55)", "(about 1 in 100, likely 0.6 to 1.1)", "(about 1 in 100, likely 1)"]


def test_figures_are_written_as_people_read_them() -> None:
    look = runpy.run_path(str(SITE / "plugins" / "rapport_look.py"))
    figure, interval, difference = look["figure"], look["interval"], look["difference"]
    assert [figure(0.0002), figure(0.995), figure(0.99999), figure(0.0), figure(0.044), figure(None), figure(5.2, "hours"), figure(209, "hours"), figure(0.0001, "p"), figure(0.031, "p")] == [
        "under 0.1\u202f%", "99.5\u202f%", "over 99.9\u202f%", "0\u202f%", "4.4\u202f%", look["NOT_AVAILABLE"], "5.2 hours", "8.7 days", "p under 0.001", "p 0.031"]
    assert [interval(30, 48, "hours"), interval(40, 234, "hours"), interval(0.1, 0.2)] == ["30 to 48 hours", "1.7 to 9.8 days", "10 to 20\u202f%"]
    assert (difference(-0.38, bare=True), difference(-0.29)) == ("\u221238", "\u221229 points")


async def test_evidence_that_is_a_choice_says_so(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        store.write(blank(Review, id=f"m-{n:02}", profile="p-full", company="nettle", source="forum", audience="customer", text="Nobody answered.", raw_hash="", created_kind="created") for n in range(MOST))
        store.write(blank(Evidence, id=0, finding="cedar.weakness_map.heard-minus", side="for", kind="review", target=f"m-{n:02}", review=f"m-{n:02}", start=0, end=6, position=n) for n in range(MOST))
    site = await serving(database)
    assert f"{MOST} texts, chosen from the newest" in await text(site, "/finding/cedar.weakness_map.heard-minus")
    assert "chosen from the newest" not in await text(site, "/finding/nettle.weakness_map.heard-minus")


async def test_an_address_that_is_nothing_is_answered_in_plain_words(site: Datasette) -> None:
    assert "There is no such page" in await text(site, "/nothing", 404)
    assert "There is no company nobody in this study." in await text(site, "/company/nobody", 404)


def test_what_cannot_be_served_is_named_with_its_cure(tmp_path: Path, database: Path) -> None:
    with pytest.raises(Mistake, match="there is no store yet"):
        command(tmp_path / "rapport.db")
    other = tmp_path / "other.db"
    other.write_bytes(database.read_bytes())
    with pytest.raises(Mistake, match="call the file rapport.db"):
        command(other)


@pytest.mark.parametrize("how", ["serve", "readme"])
def test_both_ways_of_serving_pass_every_setting(database: Path, how: str) -> None:
    line = command(database) if how == "serve" else shlex.split(readme_line(str(database)))
    if how == "readme":
        line[0] = str(Path(sys.executable).with_name("datasette"))
    answer = subprocess.run([*line, "--get", "/-/settings.json"], cwd=ROOT, capture_output=True, text=True, check=True)
    served = json.loads(answer.stdout)
    wanted = json.loads((SITE / "settings.json").read_text())
    assert {k: served[k] for k in wanted} == wanted


def test_the_readme_shows_the_line_that_serves_a_study() -> None:
    options = readme_line().removeprefix("datasette rapport.db ")
    assert options in " ".join((ROOT / "README.md").read_text().replace("\\\n", "").split()), f"README.md must hold this line:\n{readme_line()}"


async def test_a_move_that_is_the_whole_reply_does_not_drown_the_words_of_others(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        said = "We are sorry, and will pay it back."
        store.write(blank(Mention, id=0, kind="reply", target="a-whole", review="r-whole", company="nettle", tag=f"move:{t}", start=a, end=b, words=said[a:b], step="moves", version="1") for t, a, b in (("generic", 0, 35), ("apologises", 7, 12)))
    page = await text(await serving(database), "/review/r-whole")
    assert "We are <mark>sorry</mark>, and will pay it back." in page
    assert re.findall(r'data-label="Words">(?:<mark>)?([^<]+)', page) == ["Nobody answered", "the whole text", "sorry"]


async def test_a_wait_that_half_never_reach_is_called_so(tmp_path: Path) -> None:
    database = fill(tmp_path / "rapport.db")
    with Store(database) as store:
        store.write([blank(Finding, id="nettle.responsiveness.median-wait", analysis="new", company="nettle", measure="responsiveness", slice="median wait", title="Time until half are answered", sentence="Fewer than half.", verdict="figure", unit="hours", n=200)])
    page = await text(await serving(database), "/finding/nettle.responsiveness.median-wait")
    assert "not reached" in page and "Difference" not in page


async def test_a_sentence_says_how_much_of_the_company_it_leaves_out(site: Datasette) -> None:
    page = await text(site, "/company/nettle")
    assert "What is behind it</a> · 10 in 100 of its texts left out: no other company's beside them in their month" in page.replace("&#39;", "'")
    assert "left out" not in await text(site, "/company/cedar")
