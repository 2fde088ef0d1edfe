"""Whether a champion is worse than a baseline beyond noise: the rule, on points as the ledger holds them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from azuraforge.models.predictions.seasons import SeasonBack
from azuraforge.models.predictions.standing import standing_of
from azuraforge.models.predictions.store import JudgedPoint
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAILY = DatasetSchema(target="load", time="at", frequency="1d", season=7)


def days(
    count: int,
    horizon: int,
    error: Callable[[int], float],
    actual: Callable[[int], float] = lambda day: float(day % 7),
    *,
    version: int = 2,
    series: str | None = None,
) -> list[JudgedPoint]:
    """One forecast a day; the naive one repeats the origin's value, the model misses by ``error``."""
    found = []
    for origin in range(count):
        for step in range(1, horizon + 1):
            at, day = BEGIN + timedelta(days=origin + step), origin + step
            naive = abs(actual(day) - actual(origin))
            id_ = f"{version}-{series}-{origin}"
            values = (id_, version, step, BEGIN + timedelta(days=origin), at, series, actual(day), error(day), naive)
            found.append(JudgedPoint(*values, question=id_))
    return sorted(found, key=lambda each: each.target_at)


def test_a_champion_that_beats_both_baselines_is_not_worse():
    found = standing_of(2, DAILY, days(120, 3, lambda day: 0.0))
    assert found.worse_than is None
    assert [each.baseline for each in found.baselines] == ["naive", "seasonal_naive"]
    assert all(each.evidence < 0.5 for each in found.baselines)


def test_the_seasonal_naive_forecast_shows_what_the_naive_one_hides():
    """The week repeats exactly. A model that misses by 0.5 beats the naive forecast and loses to the seasonal one."""
    found = standing_of(2, DAILY, days(60, 1, lambda day: 0.5))
    assert found.worse_than == "seasonal_naive"
    naive, seasonal = found.baselines
    assert naive.evidence < 0.3
    assert naive.loss == 0.5 < naive.baseline_loss
    assert (seasonal.baseline_loss, seasonal.forecasts) == (0.0, 60 - 7)


def test_a_change_is_seen_within_weeks_although_a_good_year_came_before():
    change = 365
    noise = random.Random(1)
    weather = {day: noise.gauss(0, 1) + (20 if day > change else 0) for day in range(500)}

    def rule(count: int) -> str | None:
        def error(day: int) -> float:
            return 0.4 if day <= change else 8.0

        return standing_of(2, DAILY, days(count, 1, error, weather.__getitem__)).worse_than

    assert rule(change) is None
    assert rule(change + 30) is not None


@pytest.mark.parametrize("horizon", [1, 7])
def test_equally_good_forecasts_raise_no_alarm(horizon: int):
    """Champion and naive forecast miss alike, for 400 days, in 25 repetitions: one false alarm at most on average."""
    alarms = 0
    for seed in range(25):
        noise = random.Random(seed)
        values = [noise.gauss(0, 1) for _ in range(420)]
        other = [noise.gauss(0, 1) for _ in range(420)]
        points = days(400, horizon, lambda day: 0.0, values.__getitem__)
        same = [each._replace(loss=abs(each.actual - other[(each.origin_at - BEGIN).days])) for each in points]
        schema = DAILY.model_copy(update={"season": 1})
        alarms += standing_of(2, schema, same).worse_than is not None
    assert alarms <= 2


def test_overlapping_targets_repeated_questions_and_other_versions_count_once():
    points = days(30, 3, lambda day: 1.0)
    again = [each._replace(prediction_id="again") for each in points]
    other = days(30, 3, lambda day: 99.0, version=1)
    found = standing_of(2, DAILY, sorted([*points, *again, *other], key=lambda each: each.target_at))
    assert found.baselines[0].forecasts == 10
    assert found.baselines[0].loss == 1.0


def test_series_at_the_same_times_are_one_observation_and_weigh_the_same():
    large = days(40, 1, lambda day: 1000.0, lambda day: 1e4 * (day % 7), series="large")
    small = days(40, 1, lambda day: 0.0, lambda day: 0.01 * (day % 7), series="small")
    schema = DAILY.model_copy(update={"series": "shop"})
    naive = standing_of(2, schema, sorted([*large, *small], key=lambda each: each.target_at)).baselines[0]
    assert naive.forecasts == 40
    assert naive.evidence < 0.3


def test_nothing_judged_is_no_standing():
    found = standing_of(2, DAILY, [])
    assert (found.worse_than, found.baselines) == (None, [])


def test_a_season_back_follows_the_wall_clock_and_never_passes_the_origin():
    local = SeasonBack.of(DAILY.model_copy(update={"timezone": "Europe/Istanbul"}))
    at = datetime(2026, 1, 4, 21, tzinfo=UTC)  # midnight there
    assert local.before(at, at - timedelta(days=1)) == datetime(2025, 12, 29)
    assert local.before(at, at - timedelta(days=8)) == datetime(2025, 12, 22)
    berlin = SeasonBack.of(DAILY.model_copy(update={"timezone": "Europe/Berlin"}))
    summer = datetime(2026, 3, 29, 22, tzinfo=UTC)  # 30 March, after the clocks changed
    assert berlin.before(summer, summer - timedelta(days=1)) == datetime(2026, 3, 23)
    monthly = SeasonBack.of(DAILY.model_copy(update={"frequency": "1mo", "season": 12}))
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    assert monthly.before(leap, leap - timedelta(days=29)) == datetime(2027, 2, 28)
    assert monthly.before(leap, leap - timedelta(days=400)) == datetime(2026, 2, 28)
    assert SeasonBack.of(DAILY.model_copy(update={"frequency": None})).before(at, at) is None


def test_what_cannot_be_divided_is_no_difference():
    points = [each._replace(loss=0.0, naive_loss=0.0) for each in days(5, 1, lambda day: 0.0)]
    found = standing_of(2, DAILY, points).baselines[0]
    assert found.evidence < 0.5
    assert math.isfinite(found.loss)
