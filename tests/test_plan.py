"""`rapport plan`: what a study takes, from how many reviews are expected, and the smallest difference that its own test would find."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from enrich import cli, plan, stats, tables
from enrich import study as studies
from enrich.ledger import register
from enrich.lens import lens
from enrich.store import Store

POLICY = {"rival": "crawl", "why": None, "instead": None, "delay": 1.5, "per_day": None}
SOURCE = {"file": False, "limits": "", "per_request": 100, "own_page": False, "newest_first": True, "by_activity": False, "tells_changes": False, "replies_visible": True, "population": None, "policy": POLICY}
CATALOGUE: dict[str, dict[str, Any]] = {
    "steam": SOURCE, "forum": SOURCE | {"per_request": 30, "own_page": True, "by_activity": True}, "issues": SOURCE | {"tells_changes": True, "policy": POLICY | {"per_day": 300}},
    "feed": SOURCE | {"replies_visible": False, "newest_first": False, "limits": "the newest 500"},
    "store": SOURCE | {"policy": POLICY | {"rival": "opt-in", "why": "no public interface", "instead": "import a file"}},
    "own": SOURCE | {"population": "chosen"},
    "table": SOURCE | {"file": True, "per_request": None}, "saved_page": SOURCE | {"file": True, "per_request": None, "replies_visible": None}}
SITES = {"indeed": {"title": "Indeed", "hosts": ["indeed.com"], "audience": "employee", "replies_visible": True, "per_page": 20, "limits": "without a login some texts are folded"},
         "maps": {"title": "Maps", "hosts": ["google."], "audience": "customer", "replies_visible": True, "per_page": None, "limits": ""},
         "play": {"title": "Play", "hosts": ["play.google.com"], "audience": "customer", "replies_visible": True, "per_page": 40, "limits": ""}}


def made(folder: Path, **companies: list[dict[str, Any]]) -> studies.Study:
    """A study whose companies have these sources."""
    text = 'title = "Tides"\nperiod = { from = 2024-01-01, to = 2026-01-01 }\n'
    for name, sources in companies.items():
        text += f'[[companies]]\nname = "{name}"\n' + "".join("[[companies.sources]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in s.items()) for s in sources)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return studies.load(folder)


def one(folder: Path, known: tuple[int | None, int] | None = None, refused: dict[str, Any] | None = None, **source: Any) -> plan.Place:
    study = made(folder, Acme=[source])
    [place] = plan.places(study, CATALOGUE, SITES, refused or {}, {study.companies[0].profile(study.companies[0].sources[0]): known} if known else {})
    return place


@pytest.mark.parametrize(("known", "expected", "found"), [
    (None, None, (None, None)), (None, 900, (900, "as study.toml says")), ((1000, 400), 900, (1000, "as the source says")), ((None, 400), 900, (400, "as gathered so far")),
    ((10, 400), None, (400, "as gathered so far")), ((None, 0), 900, (900, "as study.toml says"))])
def test_how_many_reviews_are_expected_is_told_by_the_source_then_by_what_is_stored_then_by_the_study(
        tmp_path: Path, known: tuple[int | None, int] | None, expected: int | None, found: tuple[int | None, str | None]) -> None:
    place = one(tmp_path, known, source="steam", id="1", **({"expected": expected} if expected else {}))
    assert (place.expected, place.basis) == found
    assert (place.first is None) == (expected is None and known is None)


def test_requests_are_those_of_the_list_and_of_the_reviews_own_pages_and_hours_those_of_their_pauses(tmp_path: Path) -> None:
    steam, forum = one(tmp_path, source="steam", id="1", expected=1001), one(tmp_path, source="forum", url="https://forum.example", expected=90)
    assert (steam.how, steam.first, steam.hours) == ("crawl", 11, round(11 * 1.5 / 3600, 3)) and forum.first == 3 + 90
    assert all(p.second is not None and p.first is not None and p.second < p.first for p in (steam, forum))


@pytest.mark.parametrize(("about", "reviews", "days", "both"), [
    ({}, 1200, 730, (12, 7)),                                                          # new ones, and a year of unanswered ones
    ({"replies_visible": False}, 1200, 730, (12, 1)),                                  # new ones, and those of the last month
    ({"tells_changes": True}, 12_000, 730, (120, 10)),                                 # what was written or touched in a month
    ({"newest_first": False}, 1200, 730, (12, 13)),                                    # the whole list again
    ({"per_request": 30, "own_page": True, "by_activity": True}, 730, 730, (25 + 730, 2 + 120)),
    ({}, 1, 730, (1, 1)),
])
def test_a_later_crawl_asks_for_what_is_new_and_what_may_still_change(about: dict[str, Any], reviews: int, days: int, both: tuple[int, int]) -> None:
    assert plan.requests(reviews, days, SOURCE | about) == both


def test_a_site_that_allows_so_many_requests_a_day_takes_days(tmp_path: Path) -> None:
    study = made(tmp_path, Acme=[{"source": "issues", "id": "a", "expected": 20_000}], Bolt=[{"source": "issues", "id": "b", "expected": 20_000}])
    found = list(plan.places(study, CATALOGUE, SITES, {}, {}))
    assert [p.hours for p in found] == [round(200 * 1.5 / 3600, 3)] * 2
    assert plan.total(found)["hours"] == 24                                            # 400 requests to one site, 300 a day


def test_what_is_not_crawled_says_why_what_may_be_done_instead_and_how_many_pages_that_is(tmp_path: Path) -> None:
    url = "https://play.google.com/store/apps/details?id=x"
    place = one(tmp_path, source="feed", url=url, expected=81, refused={url: {"refused": "it forbids programs", "instead": "save pages"}})
    assert (place.how, place.why, place.instead, place.first, place.pages, place.counts) == ("not crawled", "it forbids programs", "save pages", None, 3, False)
    off, on = one(tmp_path, source="store", id="x", expected=100), one(tmp_path, source="store", id="x", expected=100, opt_in=True)
    assert (off.how, off.why, off.first) == ("not crawled", "no public interface", None) and (on.how, on.why, on.first) == ("crawl", "no public interface", 1)


def test_what_is_private_or_hand_picked_enters_no_comparison(tmp_path: Path) -> None:
    assert one(tmp_path, source="steam", id="1").counts
    assert not any(p.counts for p in (one(tmp_path, source="steam", id="1", private=True), one(tmp_path, source="steam", id="1", population="chosen"), one(tmp_path, source="own", id="1")))


def test_pages_that_a_person_saves_are_counted_by_how_many_reviews_their_site_shows(tmp_path: Path) -> None:
    saved = one(tmp_path, source="saved_page", files="*.html", origin="indeed", expected=333)
    assert (saved.how, saved.pages, saved.first) == ("by hand", 17, None)
    assert one(tmp_path, source="saved_page", files="*.html", origin="maps", expected=333).pages is None
    assert (one(tmp_path, source="table", files="a.csv", collected_at="2026-01-01", expected=333).how, one(tmp_path, source="table", files="a.csv").pages) == ("file", None)


def test_the_field_is_weighed_as_findings_weigh_it(tmp_path: Path) -> None:
    def there(company: str, source: str, expected: int) -> plan.Place:
        return plan.Place(company, source, source, "x", "customer", "crawl", None, None, expected, None, None, None, None, None, None, None, True, True, source, None)

    found = [there("Acme", "steam", 300), there("Acme", "forum", 100), there("Acme", "alone", 900), there("Bolt", "steam", 600), there("Cord", "steam", 200), there("Cord", "forum", 50)]
    own, others, sizes = plan.beside("Acme", found)
    assert (own, others) == (400, 850) and sizes
    weights = [0.75 / 2 / 600] * 600 + [0.75 / 2 / 200] * 200 + [0.25 / 50] * 50
    assert sizes == pytest.approx((400 / plan.DESIGN, stats.effective(np.array(weights)) / plan.DESIGN))
    assert plan.beside("Bolt", [there("Bolt", "steam", 600), there("Acme", "forum", 5)]) == (600, 0, None)


@pytest.mark.parametrize(("base", "sign", "own", "other"), [(0.5, -1, 600, 1600), (0.1, 1, 600, 1600), (0.1, 1, 4000, 9000), (0.5, -1, 150, 150)])
def test_the_smallest_difference_is_found_by_the_studys_own_test_in_four_of_five_studies(base: float, sign: int, own: int, other: int) -> None:
    level = stats.KEPT * stats.LEVEL / 150
    gap = plan.smallest(base, sign, own, other, level)
    assert gap is not None

    def power(gap: float) -> float:
        random = np.random.default_rng(7)
        draws = zip(random.binomial(own, base + sign * gap, 600) / own, random.binomial(other, base, 600) / other, strict=True)
        return float(np.mean([sign * (a - b) > 0 and plan._named(plan._estimate(a, own), plan._estimate(b, other), level) for a, b in draws]))

    assert 0.72 <= power(gap) <= 0.88 and power(0.6 * gap) < 0.5


def test_more_reviews_find_smaller_differences_and_more_comparisons_larger_ones() -> None:
    gaps = [plan.smallest(0.1, 1, n, 4 * n, 0.0002) for n in (100, 400, 1600, 6400)]
    assert all(a and b and a > b for a, b in pairwise(gaps))
    loose, strict = plan.smallest(0.1, 1, 400, 1600, 0.01), plan.smallest(0.1, 1, 400, 1600, 0.0001)
    assert loose and strict and loose < strict
    assert plan.smallest(0.1, 1, 10, 1000, 0.01) is None                               # too few for any verdict
    assert plan.smallest(0.5, -1, 25, 25, 1e-9) is None                                # nor would all or nothing be named


def test_comparisons_are_counted_once_for_a_pair_and_only_where_readings_are_established(tmp_path: Path) -> None:
    def study(*names: str, **more: Any) -> int:
        made_ = made(tmp_path, **{n: [{"source": "steam", "id": n, "expected": 100} | more] for n in names})
        return plan.comparisons(made_, list(plan.places(made_, CATALOGUE, SITES, {}, {})), lens())

    themes = sum(1 for t in lens().of("theme", "customer") if t.speaks and lens().established(t.id))
    assert study("Acme", "Bolt") == study("Acme") and study("Acme", "Bolt", "Cord") == 3 * study("Acme") > 3 * (themes + plan.HEADLINES)
    assert study("Acme", replies_visible=False) == themes


def test_the_command_tells_people_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_KEYS", str(tmp_path / "keys"))
    study = made(tmp_path, Acme=[{"source": "steam", "id": "1", "expected": 2000}, {"source": "schema_org", "url": "https://www.trustpilot.com/review/acme.example", "expected": 50}],
                 Bolt=[{"source": "steam", "id": "2"}, {"source": "apple", "id": "3"}])
    with Store(study.database, create=True) as store:
        register(store, study)
        profile = store.get(tables.Profile, study.companies[1].profile(study.companies[1].sources[0]))
        assert profile
        store.execute("update profiles set says_total = 3000 where id = ?", (profile.id,))
    run = CliRunner().invoke(cli.main, ["plan", "--study", str(tmp_path)])
    assert run.exit_code == 0, run.output
    said = run.output
    assert "steam, 2: crawled; 3,000 reviews, as the source says; 30 requests" in said and "Bolt on apple, 3" in said and "expected = N" in said
    assert "not crawled" in said and "instead: import" in said and "a theme that one in ten names" in said and "How this is counted" in said
    told = json.loads(CliRunner().invoke(cli.main, ["plan", "--json", "--study", str(tmp_path)]).output)
    assert [p["first"] for p in told["places"]] == [20, None, 30, None] and told["total"]["requests"] == 50
    assert [(d["company"], d["reviews"], d["others"], d["why"]) for d in told["detectable"]] == [("Acme", 2000, 3000, None), ("Bolt", 3000, 2000, None)]
    assert all(5 < d["theme"] < d["answered"] < 30 for d in told["detectable"])


def test_nothing_known_is_not_said_to_cost_nothing_and_who_has_no_place_is_named(tmp_path: Path) -> None:
    study = made(tmp_path, Acme=[{"source": "steam", "id": "1"}], Bolt=[])
    said = "\n".join(plan.lines(plan.plan(study, None)))
    assert "What it takes all together is not known yet." in said and "0 requests" not in said
    assert "Bolt\n  no place in study.toml: nothing will be gathered about it" in said


def test_what_saved_pages_of_a_site_cannot_give_is_said_with_how_many_they_are(tmp_path: Path) -> None:
    said = "\n".join(plan.lines(plan.plan(made(tmp_path, Acme=[{"source": "schema_org", "url": "https://www.trustpilot.com/review/acme.example", "expected": 1200}]), None)))
    assert "60 pages to save by hand" in said and "limits: without an account ten pages of a list" in said and "without scripts" not in said


def test_a_study_that_says_nothing_of_numbers_is_told_what_would_tell_them(tmp_path: Path) -> None:
    made_ = made(tmp_path, Acme=[{"source": "steam", "id": "1"}], Bolt=[{"source": "feed", "id": "2", "expected": 100}])
    found = list(plan.places(made_, CATALOGUE, SITES, {}, {}))
    whys = {d.company: d.why for d in plan.detectable(made_, found, lens())}
    assert whys == {"Acme": "nobody has said yet how many reviews are expected", "Bolt": "no other company has a known number of reviews on the same source"}


def test_without_a_first_day_reviews_are_spread_over_years_and_a_short_period_over_a_month_at_least(tmp_path: Path) -> None:
    text = '\n[[companies]]\nname = "Acme"\n[[companies.sources]]\nsource = "steam"\nid = "1"\nexpected = 100000\n'
    seconds = []
    for period in ("", f"period = {{ from = {date.today() - timedelta(days=1)} }}", f"period = {{ from = {date.today() - timedelta(days=365)} }}"):
        (tmp_path / "study.toml").write_text(f'title = "T"\n{period}{text}', encoding="utf-8")
        seconds += [p.second or 0 for p in plan.places(studies.load(tmp_path), CATALOGUE, SITES, {}, {})]
    years, day, year = seconds
    assert years < year <= day <= 2000
