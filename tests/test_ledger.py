"""The ledger: what is known is never overwritten silently, and everything can be taken in twice."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from enrich import records, study, tables
from enrich.enrichment import enrich
from enrich.ledger import Run, register
from enrich.mistakes import Mistake
from enrich.store import Store, unusable

STUDY = """
title = "Two shops"
client = "Ours"
[[companies]]
name = "Ours"
[[companies]]
name = "Theirs"
[[companies.sources]]
source = "discourse"
url = "https://forum.theirs.example"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> study.Study:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "study.toml").write_text(STUDY)
    return study.load(tmp_path)


def look(study_: study.Study, day: int, *reviews: records.Review, imported: bool = False, status: int | None = 200, url: str = "https://forum.theirs.example/latest.json") -> tables.Crawl:
    """One run that brings some reviews on a day of May."""
    company = study_.companies[1]
    with Store(study_.database, create=True) as store:
        register(store, study_)
        run = Run.begin(store, study_, company.profile(company.sources[0]), imported=imported)
        run.take(records.Page(run.profile.id, url, datetime(2026, 5, day, tzinfo=UTC), status, "h", 1, list(reviews)))
        run.finish("finished")
        return run.row


def review(text: str | None = "Nobody answers my letters.", stars: int = 1, replies: list[records.Reply] | None = None, **more: object) -> records.Review:
    rating = records.Rating(str(stars), (stars - 1) / 4)
    made = {"id": "7", "author": "Ada Bell", "created": records.When.at(datetime(2026, 4, 1)), **more}
    return records.Review(text=text, rating=rating, replies=replies or [], **made)  # type: ignore[arg-type]


def answer(text: str = "Dear Ada, we are sorry. Regards, Tom", day: int = 3) -> records.Reply:
    return records.Reply(text, created=records.When.at(datetime(2026, 4, day)))


def changes(study_: study.Study) -> list[tuple[str, str, str, str | None, str]]:
    with Store(study_.database) as store:
        return [(c.kind, c.what, c.cause, c.not_before, c.noticed_at) for c in store.read(tables.Change, "1 order by noticed_at, kind, what")]


def test_an_edit_a_late_reply_and_a_vanished_reply_are_dated_changes_and_nothing_is_lost(place: study.Study) -> None:
    look(place, 1, review())
    look(place, 5, review("Nobody answers. Update: still nobody.", stars=2, replies=[answer()]))
    look(place, 9, review("Nobody answers. Update: still nobody.", stars=2))
    look(place, 12, review("Nobody answers. Update: still nobody.", stars=2))
    assert changes(place) == [
        ("reply", "appeared", "source", "2026-05-01T00:00:00Z", "2026-05-05T00:00:00Z"),
        ("review", "edited", "source", "2026-05-01T00:00:00Z", "2026-05-05T00:00:00Z"),
        ("review", "rated", "source", "2026-05-01T00:00:00Z", "2026-05-05T00:00:00Z"),
        ("reply", "missing", "source", "2026-05-05T00:00:00Z", "2026-05-09T00:00:00Z"),
        ("reply", "vanished", "source", "2026-05-05T00:00:00Z", "2026-05-12T00:00:00Z"),
    ]
    with Store(place.database) as store:
        assert [r.text for r in store.read(tables.Reply)] == ["Dear [customer], we are sorry. Regards, [staff]"]
        assert [(c.old, c.new) for c in store.read(tables.Change, "what = 'edited'")] == [("Nobody answers my letters.", "Nobody answers. Update: still nobody.")]
        assert [(look.last_seen, look.gone_at) for look in store.read(tables.Look, "kind = 'reply'")] == [("2026-05-05T00:00:00Z", "2026-05-12T00:00:00Z")]
        assert store.one("select last_seen from looks where kind = 'review'") == "2026-05-12T00:00:00Z"


def test_a_reply_that_missed_one_look_has_not_vanished(place: study.Study) -> None:
    look(place, 1, review(replies=[answer()]))
    look(place, 2, review())
    look(place, 3, review(replies=[answer()]))
    assert [c[1] for c in changes(place)] == ["missing"]


def test_two_pages_of_one_run_are_one_look(place: study.Study) -> None:
    look(place, 1, review(replies=[answer()]))
    company = place.companies[1]
    with Store(place.database) as store:
        run = Run.begin(store, place, company.profile(company.sources[0]), imported=False)
        for _ in range(3):
            run.take(records.Page(run.profile.id, "u", datetime.now(UTC), 200, "h", 1, [review()]))
            time.sleep(1.1)
    assert [c[1] for c in changes(place)] == ["missing"]


def test_a_page_that_could_not_be_stored_is_counted_and_named(place: study.Study) -> None:
    company = place.companies[1]
    with Store(place.database, create=True) as store:
        register(store, place)
        run = Run.begin(store, place, company.profile(company.sources[0]), imported=False)
        run.lose(records.Page(run.profile.id, "https://forum.theirs.example/p", datetime.now(UTC), 200, "h", 1), KeyError("x"))
        run.finish("finished")
        assert store.one("select problems from crawls") == 1
        assert [(p.place, p.what) for p in store.read(tables.Problem)] == [("https://forum.theirs.example/p", "could not be stored: KeyError")]


def test_a_vanished_reply_that_comes_back_has_returned(place: study.Study) -> None:
    for day, replies in ((1, [answer()]), (2, []), (3, []), (4, [answer()])):
        look(place, day, review(replies=replies))
    assert [c[1] for c in changes(place)] == ["missing", "vanished", "returned"]


def test_a_record_whose_replies_come_later_does_not_make_them_vanish(place: study.Study) -> None:
    look(place, 1, review(replies=[answer()]))
    look(place, 2, review(complete=False))
    look(place, 3, review(complete=False))
    assert changes(place) == []


def test_the_same_look_twice_changes_nothing(place: study.Study) -> None:
    look(place, 1, review(replies=[answer()]))
    with Store(place.database) as store:
        before = [list(store.rows(f"select * from {t}")) for t in ("reviews", "replies", "looks", "changes")]
    again = look(place, 1, review(replies=[answer()]))
    with Store(place.database) as store:
        assert [list(store.rows(f"select * from {t}")) for t in ("reviews", "replies", "looks", "changes")] == before
    assert (again.reviews, again.new_reviews, again.new_replies, again.changes) == (1, 0, 0, 0)


def test_an_older_file_read_after_a_newer_one_overwrites_nothing(place: study.Study) -> None:
    look(place, 9, review("New words."))
    look(place, 2, review("Old words."), imported=True)
    with Store(place.database) as store:
        assert store.one("select text from reviews") == "New words."
        assert store.one("select first_seen || ' ' || last_seen from looks") == "2026-05-02T00:00:00Z 2026-05-09T00:00:00Z"


def test_a_change_of_masking_is_told_from_a_change_at_the_source(place: study.Study) -> None:
    look(place, 1, review("Ada here: nobody answers."))
    with Store(place.database) as store:
        store.execute("update reviews set text = 'Ada here: nobody answers.'")       # as an older version would have left it
    look(place, 2, review("Ada here: nobody answers."))
    assert [(c[1], c[2]) for c in changes(place)] == [("edited", "masking")]


def test_people_never_reach_the_database(place: study.Study) -> None:
    look(place, 1, review("Ada Bell here, ada@bell.example, +44 20 7946 0958. Spoke to Tom from customer service.",
                          replies=[answer("Hi Ada, call me. Regards, Tom Reed")]))
    raw = b"".join(p.read_bytes() for p in place.folder.glob("rapport.db*"))
    for name in (b"Ada", b"Bell", b"bell.example", b"7946", b"Tom", b"Reed"):
        assert name not in raw


def test_a_review_whose_page_is_gone_has_vanished_and_is_kept(place: study.Study) -> None:
    look(place, 1, review(url="https://forum.theirs.example/t/7"))
    look(place, 2, status=404, url="https://forum.theirs.example/t/7")
    assert [(c[0], c[1]) for c in changes(place)] == [("review", "vanished")]
    with Store(place.database) as store:
        assert store.one("select count(*) from reviews") == 1


def test_reviews_without_an_id_keep_theirs_when_their_text_is_edited(place: study.Study) -> None:
    look(place, 1, review("First.", id=None), review("Second.", id=None))
    look(place, 2, review("First, edited.", id=None), review("Second.", id=None))
    with Store(place.database) as store:
        assert sorted(store.rows("select text, derived_id from reviews")) == [("First, edited.", 1), ("Second.", 1)]
    assert [c[1] for c in changes(place)] == ["edited"]


def test_placeholder_names_are_no_author(place: study.Study) -> None:
    look(place, 1, review(author="A Google user"))
    with Store(place.database) as store:
        assert store.one("select author from reviews") is None


def test_a_text_too_long_to_be_a_review_is_refused_by_name_and_the_rest_goes_in(place: study.Study) -> None:
    row = look(place, 1, review("x" * 200_000), review("Fine.", id="8"))
    with Store(place.database) as store:
        assert [r.text for r in store.read(tables.Review)] == ["Fine."]
        assert [p.what for p in store.read(tables.Problem)] == ["its text has 200,000 characters: what is longer than 100,000 is no review"]
    assert row.problems == 1


def test_a_database_of_another_program_is_refused(place: study.Study) -> None:
    with sqlite3.connect(place.database) as other:
        other.execute("create table recipes (id)")
    with pytest.raises(Mistake, match="another program"):
        Store(place.database, create=True)
    with sqlite3.connect(place.database) as other:
        assert other.execute("select name from sqlite_master").fetchall() == [("recipes",)]


def test_a_run_that_was_killed_is_marked_interrupted_by_the_next(place: study.Study) -> None:
    look(place, 1, review())
    with Store(place.database) as store:
        store.execute("update crawls set outcome = 'running'")
    look(place, 2, review())
    with Store(place.database) as store:
        assert sorted(c.outcome for c in store.read(tables.Crawl)) == ["finished", "interrupted"]


def test_a_full_disk_is_told_and_keeps_what_was_stored(place: study.Study) -> None:
    look(place, 1, review())
    company = place.companies[1]
    with Store(place.database) as store:
        run = Run.begin(store, place, company.profile(company.sources[0]), imported=False)
        store.db.execute(f"pragma max_page_count = {store.one('pragma page_count')}")
        page = records.Page(run.profile.id, "u", datetime(2026, 5, 2, tzinfo=UTC), 200, "h", 1, [review("Words. " * 500, id=str(i)) for i in range(500)])
        with pytest.raises(sqlite3.OperationalError) as error:
            run.take(page)
        assert "the disk is full; what was stored before is kept" in str(unusable(place.database, error.value))
    look(place, 3, review(), review("More.", id="8"))
    with Store(place.database) as store:
        assert store.one("select count(*) from reviews") == 2


def test_without_the_studys_key_nothing_is_taken_in(place: study.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look(place, 1, review())
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "elsewhere"))
    with pytest.raises(Mistake, match="key of this study"):
        look(place, 2, review())


def test_a_place_that_leaves_the_study_is_kept_but_no_longer_counted(place: study.Study) -> None:
    look(place, 1, review())
    (place.folder / "study.toml").write_text(STUDY.replace("https://forum.theirs.example", "https://new.theirs.example"))
    with Store(place.database) as store:
        register(store, study.load(place.folder))
        assert sorted(store.rows("select url, private from profiles")) == [("https://forum.theirs.example", 1), ("https://new.theirs.example", 0)]
        assert store.one("select count(*) from reviews") == 1


def test_a_new_column_is_added_to_a_store_that_lacks_it_and_its_data_stays(place: study.Study) -> None:
    look(place, 1, review())
    with sqlite3.connect(place.database) as old:
        old.execute("alter table reviews drop column country")
        old.execute("alter table reviews add column abandoned text default 'kept'")
    with Store(place.database) as store:
        assert list(store.rows("select country, abandoned from reviews")) == [(None, "kept")]


def test_a_reply_of_another_role_or_time_has_its_day_counted_again(place: study.Study) -> None:
    look(place, 1, review(replies=[replace(answer(), role="customer")]))
    with Store(place.database) as store:
        store.execute("delete from stale")
    look(place, 1, review(replies=[answer()]))
    with Store(place.database) as store:
        assert list(store.rows("select * from stale")) == [("theirs", "2026-04-01")]


def test_a_record_that_says_less_takes_nothing_away(place: study.Study) -> None:
    look(place, 1, review(replies=[answer()]))
    look(place, 2, replace(review(replies=[replace(answer(), created=None)]), rating=None, created=None))
    with Store(place.database) as store:
        assert list(store.rows("select rating_raw, rating, stars, created_at, created_precision from reviews")) == [("1", 0.0, 1, "2026-04-01T00:00:00Z", "second")]
        assert list(store.rows("select created_at, created_until, created_precision from replies")) == [("2026-04-03T00:00:00Z", "2026-04-03T00:00:00Z", "second")]


def test_a_vanished_review_that_comes_back_has_returned(place: study.Study) -> None:
    url = "https://forum.theirs.example/t/7"
    look(place, 1, review(url=url))
    look(place, 2, status=404, url=url)
    look(place, 3, review(url=url))
    assert [c[1] for c in changes(place)] == ["vanished", "returned"]
    with Store(place.database) as store:
        assert store.one("select gone_at from looks") is None


def test_half_a_character_costs_neither_its_review_nor_its_page(place: study.Study) -> None:
    row = look(place, 1, review("Half an emoji \ud83d here", author="Ad\ud83d", replies=[records.Reply("So\ud83drry.", id="\ud83d1")]), review("Fine.", id="\ud83d8", title="x \ud83d"))
    with Store(place.database) as store:
        assert sorted(store.rows("select text, source_id from reviews")) == [("Half an emoji  here", "7"), ("x\nFine.", "8")]
        assert list(store.rows("select text, source_id from replies")) == [("Sorry.", "1")]
    assert row.problems == 0


def test_a_review_without_an_id_that_is_two_weeks_old_is_the_same_a_day_later(place: study.Study) -> None:
    for day in (1, 2):
        now = datetime(2026, 5, day, tzinfo=UTC)
        look(place, day, review(id=None, created=records.When(now - timedelta(days=21), now - timedelta(days=10), "interval")))
    with Store(place.database) as store:
        assert store.one("select count(*) from reviews") == 1


def test_a_reply_that_comes_after_its_review_is_masked_with_the_customers_name(place: study.Study) -> None:
    with Store(place.database, create=True) as store:
        register(store, place)
        run = Run.begin(store, place, place.companies[1].profile(place.companies[1].sources[0]), imported=False)
        for reviews, replies in (([review(complete=False)], []), ([], [records.Reply("As Ada was told, nothing can be done.", review="7", id="2")])):
            run.take(records.Page(run.profile.id, "u", datetime(2026, 5, 1, tzinfo=UTC), 200, "h", 1, reviews, replies))
        assert [r.text for r in store.read(tables.Reply)] == ["As [customer] was told, nothing can be done."]


def test_what_is_masked_now_does_not_stay_in_the_ledger(place: study.Study) -> None:
    look(place, 1, review("Ada here: nobody answers."))
    with Store(place.database) as store:
        store.execute("update reviews set text = 'Ada here: nobody answers.'")
    look(place, 2, review("Ada here: nobody answers."))
    with Store(place.database) as store:
        assert list(store.rows("select what, cause, old, new from changes")) == [("edited", "masking", None, None)]


def test_other_days_that_hung_on_what_a_review_was_are_counted_again(place: study.Study) -> None:
    look(place, 1, review("The same words."), review("The same words.", id="8", author="Bo Lind", created=records.When.at(datetime(2026, 4, 2))),
         review("Other words.", id="9", created=records.When.at(datetime(2026, 4, 9))))
    with Store(place.database) as store:
        store.execute("delete from stale")
    look(place, 1, review("Quite other words."))
    with Store(place.database) as store:
        assert list(store.rows("select day from stale order by 1")) == [("2026-04-01",), ("2026-04-02",), ("2026-04-09",)]


def test_reviews_of_a_file_that_left_the_study_stay_with_the_later_file_of_the_same_place(place: study.Study) -> None:
    def two(*files: str) -> study.Study:
        sources = "".join(f'[[companies.sources]]\nsource = "table"\norigin = "shop"\nfiles = "{f}"\ncollected_at = 2026-05-01\n' for f in files)
        (place.folder / "study.toml").write_text(f'title = "One"\n[[companies]]\nname = "Ours"\n[[companies]]\nname = "Theirs"\n{sources}')
        return study.load(place.folder)

    look(two("january.csv"), 1, review(), imported=True)
    look(two("february.csv"), 2, review(), imported=True)
    with Store(place.database) as store:
        assert list(store.rows("select p.key, p.private from reviews r join profiles p on p.id = r.profile")) == [("february.csv", 0)]
        assert store.one("select count(*) from reviews") == 1


def test_a_place_whose_audience_is_put_right_speaks_for_it_from_then_on(place: study.Study) -> None:
    look(place, 1, review("Management lies to its people."))
    with Store(place.database) as store:
        enrich(store)
        (place.folder / "study.toml").write_text(f'{STUDY}audience = "employee"\n')
        register(store, study.load(place.folder))
        assert enrich(store).read == 1
        assert {a for (a,) in store.rows("select audience from reviews union select audience from cells")} == {"employee"}


def test_two_may_write_at_once(place: study.Study) -> None:
    look(place, 1, review())
    with Store(place.database) as store:
        with store.atomic():
            store.one("select count(*) from reviews")
            other = Thread(target=look, args=(place, 2, review("Other words.")))
            other.start()
            other.join(0.3)
            store.execute("update study set title = 'Ours'")
        other.join()
        assert (store.one("select count(*) from crawls"), store.one("select text from reviews")) == (2, "Other words.")


def test_a_name_in_a_column_of_dates_is_not_told_in_public(place: study.Study) -> None:
    with Store(place.database, create=True) as store:
        register(store, place)
        run = Run.begin(store, place, place.companies[1].profile(place.companies[1].sources[0]), imported=True)
        said = ["'at': 'Ada Bell' is not a date", "'31/31/2026' is not a date", "\"Ada O'Bell\" is not a rating; the review is taken without a rating"]
        run.take(records.Page(run.profile.id, "u", datetime(2026, 5, 1, tzinfo=UTC), 200, "h", 1, problems=[records.Problem("file.csv, row 7", what) for what in said]))
        assert [p.what for p in store.read(tables.Problem)] == ["'at': what stands there is not a date", "'31/31/2026' is not a date", "what stands there is not a rating; the review is taken without a rating"]


def test_an_id_that_comes_twice_in_one_look_is_told_and_is_no_edit(place: study.Study) -> None:
    run = look(place, 1, review("Nobody answers."), review("Somebody answers."), review("Nobody answers."))
    with Store(place.database) as store:
        assert store.one("select text from reviews") == "Nobody answers." and changes(place) == []
        assert (run.problems, store.one("select what from problems")) == (1, "its id came before with other words: the first stands")


def test_the_beginning_of_a_known_text_is_no_edit(place: study.Study) -> None:
    whole = "Nobody answers my letters, and I have written three of them since January."
    look(place, 1, review(whole))
    look(place, 2, review("Nobody answers my letters, and I have written…"))
    with Store(place.database) as store:
        assert (store.one("select text from reviews"), changes(place)) == (whole, [])
    look(place, 3, review(whole + " Still nothing."))
    assert [(what, cause) for _, what, cause, *_ in changes(place)] == [("edited", "source")]


def test_a_review_that_is_dated_after_it_was_seen_is_told(place: study.Study) -> None:
    late = [review(id=str(n), created=records.When.at(datetime(2026, 5, n))) for n in (3, 4, 5)]
    assert look(place, 3, *late[:2]).problems == 0, "a day is between the clocks of two countries"
    assert look(place, 3, *late).problems == 1
    with Store(place.database) as store:
        assert store.one("select what from problems") == "1 review is dated after the day of being seen: how long an answer took, or was waited for, cannot be right"


def test_letters_that_can_be_read_now_are_no_edit_of_the_customer(place: study.Study) -> None:
    look(place, 1, review("The clerk was unh\ufffdflich to me."))
    look(place, 5, review("The clerk was unhöflich to me."))
    assert [(what, cause) for _, what, cause, _, _ in changes(place)] == [("edited", "parser")]


def test_a_place_below_its_minimum_is_a_problem_of_every_look_until_it_shows_enough(place: study.Study) -> None:
    place.path.write_text(f"{STUDY}minimum = 2\n")
    short = study.load(place.path)
    assert [look(short, day, *(review(id=str(n)) for n in range(shown))).problems for day, shown in ((1, 2), (5, 1), (9, 1), (12, 3))] == [0, 1, 1, 0]
