"""A later crawl reads what is new, looks again at what may still change, and costs little beside the first; a full one finds what has vanished."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from enrich import crawling, study, tables
from enrich.ledger import Run, register
from enrich.records import Page, Rating, Reply, Review, When
from enrich.store import Store
from tests.local_site import JSON, TEXT, Answer, served

NOW = datetime.now(UTC)
PER_PAGE = 30
STUDY = """title = "Shops"
[[companies]]
name = "Acme"
accounts = ["acme_care"]
[[companies.sources]]
source = "discourse"
url = "http://{host}/forum"
"""


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class Topic:
    id: int
    asked: float                                           # days ago
    answered: float | None = None
    text: str = "The parcel never came."

    @property
    def last(self) -> float:
        return self.asked if self.answered is None else self.answered


@dataclass
class Forum:
    """A forum as Discourse serves it: topics by activity, with how many posts they have and when the last one came."""

    topics: dict[int, Topic] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        body = self.respond(path)
        return 404 if body is None else 200, TEXT if path == "/robots.txt" else JSON, body or ""

    def respond(self, path: str) -> str | None:
        place, _, query = path.partition("?")
        if place == "/robots.txt":
            return "User-agent: *\nAllow: /\n"
        self.asked.append(path)
        if place == "/forum/latest.json":
            page = int(query.removeprefix("page=") or 0)
            shown = sorted(self.topics.values(), key=lambda t: t.last)[page * PER_PAGE:][:PER_PAGE]
            return json.dumps({"users": [], "topic_list": {"per_page": PER_PAGE, "topics": [
                {"id": t.id, "title": f"Topic {t.id}", "archetype": "regular", "posts_count": 1 + (t.answered is not None), "created_at": days_ago(t.asked), "last_posted_at": days_ago(t.last)} for t in shown]}})
        topic = self.topics.get(int(place.removeprefix("/forum/t/").removesuffix(".json")))
        return self._topic(topic) if topic else None

    @staticmethod
    def _topic(topic: Topic) -> str:
        posts = [(topic.id * 100, "ann", topic.text, topic.asked)] + ([(topic.id * 100 + 1, "acme_care", "It is on its way.", topic.answered)] if topic.answered is not None else [])
        return json.dumps({"id": topic.id, "title": f"Topic {topic.id}", "slug": "topic", "post_stream": {"stream": [p[0] for p in posts], "posts": [
            {"id": id, "post_number": n, "post_type": 1, "username": name, "cooked": f"<p>{text}</p>", "created_at": days_ago(when), "updated_at": days_ago(when), "version": 1, "topic_id": topic.id}
            for n, (id, name, text, when) in enumerate(posts, 1)]}})


@dataclass
class Rounds:
    """What the forum was asked for in each crawl."""

    folder: Path
    forum: Forum

    def crawl(self, **arguments: str) -> list[str]:
        self.forum.asked.clear()
        assert crawling.crawl("discourse", {"DOWNLOAD_DELAY": "0"}, study=str(self.folder), **arguments) == 0
        return list(self.forum.asked)


@pytest.fixture
def rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rounds]:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    forum = Forum({t.id: t for t in [*(Topic(n, 400 + n, 399 + n) for n in range(1, 41)), *(Topic(n, 600 + n) for n in range(41, 71))]})
    with served(forum.answer) as host:
        (tmp_path / "study.toml").write_text(STUDY.format(host=host))
        (tmp_path / ".demo-host").write_text(host)
        yield Rounds(tmp_path, forum)


def test_a_later_crawl_reads_only_what_the_list_says_has_changed(rounds: Rounds) -> None:
    assert len(rounds.crawl()) == 4 + 70                                     # 70 topics on three pages, and the empty one after them
    topics = rounds.forum.topics
    topics[71], topics[60].answered = Topic(71, 200), 150                    # a new one, and a late answer to an old one
    again = rounds.crawl()
    assert sorted(again) == ["/forum/latest.json", "/forum/latest.json?page=1", "/forum/t/60.json", "/forum/t/71.json"]
    with Store(rounds.folder / "rapport.db") as store:
        runs = list(store.rows("select outcome, whole, requests, skipped, new_reviews, new_replies from crawls order by rowid"))
        assert runs == [("finished", 1, 74, 0, 70, 40), ("finished", 0, 4, 58, 1, 1)]
        assert list(store.rows("select what, review from changes")) == [("appeared", store.one("select id from reviews where source_id = '60'"))]
        # who is still unanswered was unanswered until now, though nobody asked for the topic itself
        assert store.one("select count(*) from looks k join reviews r on r.id = k.target where k.kind = 'review' and k.still_at > k.last_seen") == 29
    assert rounds.crawl() == ["/forum/latest.json"]


def test_what_may_still_change_is_looked_at_again_by_itself(rounds: Rounds) -> None:
    rounds.forum.topics |= {80: Topic(80, 5), 81: Topic(81, 200, 60), 82: Topic(82, 60), 83: Topic(83, 200, 120)}
    rounds.crawl()
    rounds.forum.topics[80].text = "The parcel came late."                   # an edit, which no list tells
    assert sorted(rounds.crawl()) == ["/forum/latest.json", "/forum/t/80.json", "/forum/t/81.json", "/forum/t/82.json"]
    with Store(rounds.folder / "rapport.db") as store:
        assert list(store.rows("select what, new from changes")) == [("edited", "Topic 80\nThe parcel came late.")]


def test_a_topic_whose_own_page_is_gone_has_vanished(rounds: Rounds) -> None:
    rounds.forum.topics[80] = Topic(80, 5)
    rounds.crawl()
    del rounds.forum.topics[80]
    assert "/forum/t/80.json" in rounds.crawl()
    with Store(rounds.folder / "rapport.db") as store:
        assert list(store.rows("select x.what, r.source_id from changes x join reviews r on r.id = x.target")) == [("vanished", "80")]
        assert list(store.rows("select outcome from crawls order by rowid")) == [("finished",), ("finished",)]


def test_a_full_crawl_finds_what_has_vanished_and_takes_a_broken_list_for_none(rounds: Rounds) -> None:
    rounds.crawl()
    del rounds.forum.topics[70]
    rounds.crawl()
    with Store(rounds.folder / "rapport.db") as store:
        assert store.one("select count(*) from changes") == 0                # the list was not read to its end: nothing is known of what is not on it
    rounds.crawl(full="1")
    with Store(rounds.folder / "rapport.db") as store:
        assert list(store.rows("select x.what, r.source_id from changes x join reviews r on r.id = x.target")) == [("vanished", "70")]
    for n in range(1, 31):
        del rounds.forum.topics[n]
    rounds.crawl(full="1")
    with Store(rounds.folder / "rapport.db") as store:
        assert store.one("select count(*) from changes") == 1
        assert store.one("select what from problems order by rowid desc") == "the list was read to its end, but does not show 30 of 69 known reviews: too many to be taken as vanished"


def test_a_list_of_reviews_is_left_where_all_are_known_and_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "study.toml").write_text('title = "T"\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "steam"\nid = "1"\n')
    made = study.load(tmp_path)
    profile = made.companies[0].profile(made.companies[0].sources[0])

    def review(id: str, days: float, answered: float | None = None, text: str = "Fun", stars: float = 1.0) -> Review:
        return Review(id, text, rating=Rating(str(stars), stars), created=When.at(NOW - timedelta(days=days)), replies=[Reply("Thanks", created=When.at(NOW - timedelta(days=answered)))] if answered else [])

    def page(*reviews: Review) -> Page:
        return Page(profile, "u", NOW - timedelta(seconds=5), 200, "h", 1, list(reviews))

    with Store(made.database, create=True) as store:
        register(store, made)
        store.execute("update profiles set replies_visible = 1")
        old = [review("a", 500, 400), review("b", 800)]
        run = Run.begin(store, made, profile, imported=False)
        assert run.whole and not run.settled(page(*old))
        run.take(page(*old, review("c", 100, 50), review("d", 200)))
        run.finish("finished")
        run = Run.begin(store, made, profile, imported=False)
        assert not run.whole and run.settled(page(*old))
        for changed in (review("a", 500, 400, "Not fun"), review("b", 800, stars=0.0), review("b", 800, 1), review("e", 900), review("c", 100, 50), review("d", 200), review("a", 500)):
            assert not run.settled(page(*old, changed)), changed
        store.execute("update profiles set replies_visible = 0")
        assert Run.begin(store, made, profile, imported=False).settled(page(review("d", 200)))
        assert store.one("select count(*) from reviews") == 4 and isinstance(store.get(tables.Profile, profile), tables.Profile)
