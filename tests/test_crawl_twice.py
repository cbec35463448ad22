"""A place that is crawled three times while it changes: what was edited, what came late and what went are dated changes, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

import pytest

from enrich import crawling, tables
from enrich.store import Store
from tests.local_site import HTML, JSON, Answer, served

STUDY = """title = "Shops"
[[companies]]
name = "Acme"
accounts = ["acme_care"]
[[companies.sources]]
source = "schema_org"
url = "http://{host}/reviews"
[[companies.sources]]
source = "discourse"
url = "http://{host}/forum"
"""
MARCH = "2026-03-{:02d}T10:00:00Z"


@dataclass
class Said:
    id: int
    text: str
    answers: dict[int, str] = field(default_factory=dict)      # id to text
    version: int = 1


@dataclass
class Site:
    """Three customers, who say the same on a page and in a forum."""

    said: list[Said] = field(default_factory=lambda: [
        Said(1, "They charged me twice.", {11: "We will look into it."}), Said(2, "Nobody answers my letters."), Said(3, "The parcel came broken.", {31: "Please send us a picture."})])

    def answer(self, path: str) -> Answer:
        body = self.respond(path)
        return 404 if body is None else 200, HTML if path == "/reviews" else JSON, body or ""

    def respond(self, path: str) -> str | None:
        match path.partition("?")[0].split("/")[1:]:
            case ["robots.txt"]:
                return "User-agent: *\nAllow: /\n"
            case ["reviews"]:
                return f"<!doctype html><html><body><h1>Acme</h1>{''.join(map(_marked, self.said))}</body></html>"
            case ["forum", "latest.json"]:
                topics = [{"id": s.id, "title": f"Topic {s.id}", "archetype": "regular", "created_at": MARCH.format(s.id)} for s in self.said]
                return json.dumps({"users": [], "topic_list": {"topics": topics if "page" not in path else []}})
            case ["forum", "t", name]:
                return next((_topic(s) for s in self.said if f"{s.id}.json" == name), None)
        return None


def _marked(said: Said) -> str:
    answers = "".join(f'<div class="owner-response"><span>Response from the owner</span><time datetime="{MARCH.format(20)}">20 March 2026</time><p>{escape(a)}</p></div>' for a in said.answers.values())
    return (f'<article itemscope itemtype="https://schema.org/Review" id="review_{said.id}" data-review-id="{said.id}"><p itemprop="reviewBody">{escape(said.text)}</p>'
            f'<span itemprop="author">Ann {said.id}</span><meta itemprop="datePublished" content="{MARCH.format(said.id)}">'
            f'<span itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating"><meta itemprop="ratingValue" content="1"></span>{answers}</article>')


def _topic(said: Said) -> str:
    posts = [(said.id * 100, f"ann{said.id}", said.text, said.version)] + [(id, "acme_care", text, 1) for id, text in said.answers.items()]
    return json.dumps({"id": said.id, "title": f"Topic {said.id}", "slug": f"topic-{said.id}", "post_stream": {"stream": [p[0] for p in posts], "posts": [
        {"id": id, "post_number": n, "post_type": 1, "username": name, "cooked": f"<p>{escape(text)}</p>", "created_at": MARCH.format(said.id if n == 1 else 20),
         "updated_at": MARCH.format(25 if version > 1 else said.id), "version": version, "topic_id": said.id} for n, (id, name, text, version) in enumerate(posts, 1)]}})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store after three rounds; the site changes after the first."""
    folder, site = tmp_path_factory.mktemp("shops"), Site()
    with pytest.MonkeyPatch.context() as patch, served(site.answer) as host:
        patch.setenv("RAPPORT_KEYS", str(folder / "keys"))
        (folder / "study.toml").write_text(STUDY.format(host=host))
        (folder / ".demo-host").write_text(host)
        for round in range(3):
            if round == 1:
                site.said[0].text, site.said[0].version = "They charged me twice, and paid it back.", 2
                site.said[1].answers = {21: "Sorry for the wait."}
                site.said[2].answers = {}
            for spider in ("schema_org", "discourse"):
                assert crawling.crawl(spider, {"DOWNLOAD_DELAY": "0"}, study=str(folder)) == 0
    with Store(folder / "rapport.db") as opened:
        yield opened


@pytest.mark.parametrize(("spider", "title"), [("schema_org", ""), ("discourse", "Topic 1\n")])
def test_every_change_is_written_down_with_what_it_was_before_and_after(store: Store, spider: str, title: str) -> None:
    changes = store.rows("select x.what, x.old, x.new, x.cause from changes x join crawls k on k.id = x.crawl join profiles p on p.id = k.profile where p.spider = ? order by k.rowid, x.what", (spider,))
    assert list(changes) == [
        ("appeared", None, "Sorry for the wait.", "source"),
        ("edited", f"{title}They charged me twice.", f"{title}They charged me twice, and paid it back.", "source"),
        ("missing", "Please send us a picture.", None, "source"),
        ("vanished", "Please send us a picture.", None, "source"),
    ]


def test_every_change_lies_between_two_looks(store: Store) -> None:
    looks = {spider: [row[0] for row in store.rows("select g.seen_at from pages g join crawls k on k.id = g.crawl join profiles p on p.id = k.profile where p.spider = ? and g.url not like '%page=%' order by 1", (spider,))]
             for spider in ("schema_org", "discourse")}
    for spider, what, before, noticed, began, ended in store.rows(
            "select p.spider, x.what, x.not_before, x.noticed_at, k.started_at, k.finished_at from changes x join crawls k on k.id = x.crawl join profiles p on p.id = k.profile"):
        assert before in looks[spider] and noticed in looks[spider], what
        assert before < began <= noticed <= ended, what


def test_nothing_is_lost_and_nothing_doubled(store: Store) -> None:
    assert store.one("select count(*) from reviews") == 6
    replies = [(r.text, store.get(tables.Look, "reply", r.id).gone_at is not None) for r in store.read(tables.Reply, "1 order by profile, text")]  # type: ignore[union-attr]
    assert replies == [("Please send us a picture.", True), ("Sorry for the wait.", False), ("We will look into it.", False)] * 2


def test_every_round_tells_what_came_and_what_changed(store: Store) -> None:
    rounds = store.rows("select p.spider, k.outcome, k.reviews, k.replies, k.new_reviews, k.new_replies, k.changes, k.problems from crawls k join profiles p on p.id = k.profile order by p.spider, k.rowid")
    each = [("finished", 3, 2, 3, 2, 0, 0), ("finished", 3, 2, 0, 1, 3, 0), ("finished", 3, 2, 0, 0, 1, 0)]
    assert list(rounds) == [(spider, *r) for spider in ("discourse", "schema_org") for r in each]
