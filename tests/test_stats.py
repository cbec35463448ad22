"""The formulas: against lifelines, against direct computation, and against studies whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from enrich import field, stats
from tests.bench import worlds

HOURS = np.array([24.0, 72.0, 168.0])


def _waits(n: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    delay, watched = rng.exponential(100, n), rng.uniform(20, 400, n)
    lo = np.round(np.minimum(delay, watched), 1)
    return lo, np.where(delay <= watched, lo, np.inf)


def _rows(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return np.ones(n), np.full(n, 1 / n), np.arange(n), np.full(n, -1)


def test_exact_waits_give_kaplan_and_meiers_curve() -> None:
    lo, hi = _waits()
    theirs = KaplanMeierFitter().fit(lo, np.isfinite(hi))
    ours = stats.curve(lo, hi, np.ones(len(lo)))
    np.testing.assert_allclose(ours.answered(HOURS), 1 - theirs.predict(HOURS).to_numpy(), atol=1e-9)
    assert ours.median() == theirs.median_survival_time_


def test_a_count_weighs_as_much_as_so_many_rows() -> None:
    lo, hi = _waits(100)
    many = np.arange(100) % 3 + 1.0
    once = stats.curve(np.repeat(lo, many.astype(int)), np.repeat(hi, many.astype(int)), np.ones(int(many.sum())))
    np.testing.assert_allclose(stats.curve(lo, hi, many).answered(HOURS), once.answered(HOURS), atol=1e-9)


def test_waits_in_intervals_give_turnbulls_curve() -> None:
    lo, hi = _waits(150)
    low, high = np.maximum(0, lo - 30), hi + 20
    theirs = KaplanMeierFitter().fit_interval_censoring(low, high).survival_function_
    np.testing.assert_allclose(stats.curve(low, high, np.ones(150)).answered(HOURS), [1 - theirs.loc[:h].iloc[-1, 0] for h in HOURS], atol=0.002)


def test_exact_waits_among_intervals_give_the_likeliest_curve() -> None:
    lo, hi = _waits(150)
    wide = (np.arange(150) % 3 == 0) & np.isfinite(hi)
    low, high = np.where(wide, np.maximum(0, lo - 60), lo), np.where(wide, hi + 40, hi)
    places = np.unique(np.concatenate((low, high[np.isfinite(high)])))
    open_ = np.isinf(high)[:, None]
    may = np.hstack((np.where(open_, places > low[:, None], (places >= low[:, None]) & (places <= high[:, None])), open_)).astype(float)
    mass = np.full(may.shape[1], 1 / may.shape[1])
    for _ in range(5000):
        mass = (may * mass / (may @ mass)[:, None]).mean(axis=0)
    np.testing.assert_allclose(stats.curve(low, high, np.ones(150)).answered(HOURS), [mass[:-1][places <= h].sum() for h in HOURS], atol=1e-4)


def test_no_answer_is_claimed_beyond_what_was_watched() -> None:
    ours = stats.curve(np.array([10.0, 50.0]), np.array([10.0, np.inf]), np.ones(2))
    assert ours.at(24) == 0.5
    assert np.isnan(ours.at(72))
    assert ours.median() == 10.0


def test_where_nobody_was_answered_the_curve_is_flat_and_its_interval_is_not_empty() -> None:
    lo, hi = np.full(40, 500.0), np.full(40, np.inf)
    _, found = stats.answered(lo, hi, *_rows(40), HOURS)
    assert found.value.tolist() == [0, 0, 0]
    assert 0.05 < found.high[0] < 0.15


def test_the_error_of_a_curve_is_greenwoods_where_reviews_are_unrelated() -> None:
    lo, hi = _waits(2000)
    fitted = KaplanMeierFitter().fit(lo, np.isfinite(hi))
    events = fitted.event_table
    at = events[(events.index <= 168) & (events.observed > 0)]
    greenwood = float(fitted.predict(168)) ** 2 * (at.observed / (at.at_risk * (at.at_risk - at.observed))).sum()
    _, found = stats.answered(lo, hi, *_rows(2000), HOURS)
    value, size = found.value[2], found.size[2]
    assert value * (1 - value) / size == pytest.approx(greenwood, rel=0.01)
    spread, _ = stats.bootstrap(lo, hi, np.ones(2000), np.arange(2000), HOURS, seed=3, times=1000)
    assert spread[2] == pytest.approx(greenwood, rel=0.15)


def test_the_bootstrap_is_the_same_for_the_same_seed() -> None:
    lo, hi = _waits()
    first, again = (stats.bootstrap(lo, hi, np.ones(400), np.arange(400) // 4, HOURS, seed=5) for _ in range(2))
    assert first[0].tolist() == again[0].tolist()
    assert first[1] == again[1]


def test_two_way_variance_is_day_plus_author_less_both() -> None:
    rng = np.random.default_rng(2)
    day, author, errors = rng.integers(0, 40, 300), rng.integers(0, 60, 300), rng.normal(size=(300, 2))

    def by(groups: list[tuple[int, ...]]) -> np.ndarray:
        sums: dict[tuple[int, ...], np.ndarray] = {}
        for group, error in zip(groups, errors, strict=True):
            sums[group] = sums.get(group, np.zeros(2)) + error
        return np.square(list(sums.values())).sum(axis=0)

    direct = by([(d,) for d in day]) + by([(a,) for a in author]) - by(list(zip(day, author, strict=True)))
    assert (direct > by([(d,) for d in day])).any()
    np.testing.assert_allclose(stats.clustered(errors, day, author), np.maximum(direct, by([(d,) for d in day])))


def test_an_author_of_one_review_need_not_be_told_apart() -> None:
    rng = np.random.default_rng(3)
    day, author, errors = rng.integers(0, 20, 100), np.arange(100), rng.normal(size=(100, 1))
    author[:10] = 0
    np.testing.assert_allclose(stats.clustered(errors, day, author), stats.clustered(errors, day, np.where(author == 0, 0, -1)))


def test_a_share_of_unrelated_texts_has_wilsons_interval() -> None:
    hits = (np.arange(400) < 80).astype(float)[:, None]
    n, weights, day, author = _rows(400)
    found = stats.share(hits, n, weights, np.full((400, 1), 0.2), day, author).at(0)
    assert (found.value, round(found.low, 3), round(found.high, 3), found.n, found.clusters) == (0.2, 0.164, 0.242, 400, 400)


def test_few_texts_or_few_days_are_too_few() -> None:
    def found(texts: int, days: int) -> stats.Estimate:
        n, weights, _, author = _rows(texts)
        return stats.share(np.zeros((texts, 1)), n, weights, np.zeros((texts, 1)), np.arange(texts) % days, author).at(0)

    assert [found(30, 20).enough, found(29, 29).enough, found(200, 19).enough] == [True, False, False]


def _estimate(value: float, n: int) -> stats.Estimate:
    return stats.bounded(np.array([value]), np.array([value * (1 - value) / n]), np.array([float(n)]), 200, n=n, clusters=200).at(0)


def test_a_difference_within_the_margin_has_a_large_p_however_many_texts_show_it() -> None:
    found = stats.difference(_estimate(0.11, 100_000), _estimate(0.10, 100_000))
    assert (found.clear_of_zero, found.beyond, found.settled_by) == (True, False, None)
    assert found.p > 0.99


def test_a_difference_of_points_that_is_no_difference_of_ratio_is_not_beyond_the_margin() -> None:
    found = stats.difference(_estimate(0.45, 100_000), _estimate(0.40, 100_000))
    assert (found.clear_of_zero, found.beyond) == (True, False)


def test_the_ratio_is_that_of_the_rarer_outcome() -> None:
    assert stats.difference(_estimate(0.95, 2000), _estimate(0.80, 2000)).beyond
    assert stats.difference(_estimate(0.80, 2000), _estimate(0.95, 2000)).beyond


def test_a_difference_turned_round_is_the_same_difference() -> None:
    one, other = stats.difference(_estimate(0.2, 300), _estimate(0.1, 600)), stats.difference(_estimate(0.1, 600), _estimate(0.2, 300))
    assert (one.value, one.low, one.high, one.p) == pytest.approx((-other.value, -other.high, -other.low, other.p))


def test_more_texts_settle_what_few_leave_open() -> None:
    few = stats.difference(_estimate(0.2, 100), _estimate(0.12, 400))
    assert few.settled_by is not None
    times = few.settled_by * 1.2
    many = stats.difference(_estimate(0.2, int(100 * times)), _estimate(0.12, int(400 * times)))
    assert (few.beyond, many.beyond and many.p < 0.05) == (False, True)


def test_tests_well_inside_the_margin_do_not_count_as_tries() -> None:
    assert stats.adjust(np.array([0.01, 0.02, 0.3])).tolist() == pytest.approx([0.06, 0.06, 0.6])
    assert stats.adjust(np.array([0.01, 0.02, *[0.99] * 50])).tolist() == pytest.approx([0.04, 0.04, *[1.0] * 50])
    assert stats.adjust(np.zeros(0)).tolist() == []


def test_the_field_is_the_others_equally_weighted_on_the_companys_mix_of_months() -> None:
    rows = worlds.laid_out([("a", "s", "2025-01-01", "", 10), ("a", "s", "2025-02-01", "", 30), ("a", "s", "2025-03-01", "", 10), ("b", "s", "2025-01-02", "", 100),
                              ("b", "s", "2025-02-02", "", 50), ("c", "s", "2025-01-02", "", 10)])
    found = field.shares(rows, np.array([[5.0], [3.0], [9.0], [50.0], [10.0], [1.0]]), "a")[0]
    assert found.other is not None
    assert (found.own.value, found.own.n, found.hits, found.dropped) == (8 / 40, 40, 8, pytest.approx(0.2))
    assert found.other.value == pytest.approx(0.25 * (0.5 + 0.1) / 2 + 0.75 * 0.2)


def test_a_company_without_others_beside_it_keeps_its_figure() -> None:
    rows = worlds.laid_out([("a", "s", "2025-01-01", "", 10), ("b", "t", "2025-01-01", "", 10)])
    found = field.shares(rows, np.array([[5.0], [3.0]]), "a")[0]
    assert (found.own.value, found.other, found.difference, found.dropped) == (0.5, None, None, 1.0)


def test_curves_that_do_not_cross_get_the_log_rank_test_of_lifelines() -> None:
    rng = np.random.default_rng(4)
    rows = worlds.waits(rng, {"a": (0.9, 1.0), "b": (0.4, 5.0)}, reviews=100)
    found = field.answering(rows, "a", draw=False)
    assert found is not None and found.apart is not None
    a = rows.company == 0
    theirs = logrank_test(rows.lo[a], rows.lo[~a], np.isfinite(rows.hi[a]), np.isfinite(rows.hi[~a]))
    assert found.apart == (pytest.approx(theirs.p_value), True)


def test_curves_that_cross_get_none() -> None:
    found = field.answering(worlds.waits(np.random.default_rng(5), {"a": (0.3, 1.0), "b": (0.9, 6.0)}, reviews=400, window=420), "a", draw=False)
    assert found is not None and found.apart is None


def test_the_slow_who_answer_all_stand_above_the_fast_who_answer_few_but_not_on_the_first_day() -> None:
    above = {h: x.mean() for h, x in worlds.ordering(20, 1).items()}
    assert above == {"1d": 1.0, "7d": 0.0, "30d": 0.0}


def test_crawls_of_different_windows_agree_on_the_share_answered_within_a_week() -> None:
    found = {w: worlds.within_seven(w, 40, int(w)) for w in (14, 30, 120)}
    for w in (14, 30):
        error = 3.5 * np.hypot(found[w].std(), found[120].std()) / np.sqrt(40)
        assert abs(found[w].mean() - found[120].mean()) < error


def test_the_interval_of_the_share_answered_covers_the_truth() -> None:
    assert worlds.covering_waits(200, 100, 1).mean() >= 0.9


def test_no_difference_is_named_where_there_is_none() -> None:
    named = worlds.naming(worlds.World(sources=(0.5, 1.0, 2.5)), 20, 1, lambda v: any(x in ("weakness", "strength") for x in v.values()))
    assert named.mean() <= 0.05


@pytest.mark.parametrize("world", [worlds.World(angry=60), worlds.World(viral=100)], ids=["one angry author", "one viral day"])
def test_one_author_and_one_day_make_no_weakness(world: worlds.World) -> None:
    assert worlds.naming(world, 10, 2, lambda v: v["c0", 0] == "weakness").mean() == 0


def test_a_planted_difference_is_found() -> None:
    assert worlds.naming(worlds.World(planted=0.2), 30, 3, lambda v: v["c0", 0] == "weakness").mean() >= 0.7
