"""A model as known on a day: exactly what stood then, over what happened since."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azuraforge.database import Database
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.answers import PredictionInputs
from azuraforge.models.as_of.schemas import AsOfOut
from azuraforge.models.as_of.service import AsOf
from tests.filling_models import HOUR, Rows

DAY = 24 * HOUR
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def rows(database: Database, project_id: str) -> Rows:
    return Rows(database, project_id)


def as_of(rows: Rows, at: datetime, **more: Any) -> AsOfOut:
    return AsOf(rows.database).show(rows.project_id, "shop", at, **more)


def filled(rows: Rows) -> dict[str, str]:
    """Two champions, a forecast of each, two outcomes of the first; returns the forecasts."""
    data = rows.dataset("shop-data", START + 4 * DAY, versions=5, every=DAY)
    rows.model("shop", START)
    for number in (1, 2):
        rows.version("shop", number, START + number * DAY, "shop-data", dataset_version=number)
    rows.promote("shop", 1, 1, START + DAY)
    rows.promote("shop", 2, 2, START + 3 * DAY)
    inputs = PredictionInputs(rows=50, dataset_id=data, dataset_version=2, dataset_fingerprint="f" * 64)
    lines = {
        "first": rows.forecast("shop", 1, START + 2 * DAY, [1.0, 2.0, 3.0], continues=data, inputs=inputs),
        "second": rows.forecast("shop", 2, START + 4 * DAY, [9.0], continues=data),
    }
    for step in (1, 2):
        rows.outcome("shop", 1, lines["first"], step, START + 2 * DAY + step * HOUR, 1.75)
    return lines


def test_champion_forecast_and_data_of_a_moment_over_what_then_happened(rows: Rows) -> None:
    lines = filled(rows)
    then = as_of(rows, START + 2 * DAY + 5 * HOUR)
    assert then.holder is not None
    assert (then.state, then.holder.version, then.holder.until) == ("held", 1, START + 3 * DAY)
    assert then.data is not None
    assert (then.data.name, then.data.version, then.data.added_at) == ("shop-data", 3, START + 2 * DAY)
    assert then.learned_from is not None
    assert then.learned_from.version == 1
    forecast = then.forecast
    assert forecast is not None
    assert (forecast.prediction_id, forecast.version, forecast.made_at) == (lines["first"], 1, START + 2 * DAY)
    assert forecast.data is not None
    assert (forecast.data.version, forecast.known) == (2, 2)
    assert [(point.value, point.low, point.high, point.actual) for point in forecast.points] == [
        (1.0, 0.0, 2.0, 1.75),
        (2.0, 1.0, 3.0, 1.75),
        (3.0, 2.0, 4.0, None),
    ]
    assert then.timezone == "Europe/Istanbul"


def test_the_forecast_that_stood_may_be_of_the_champion_before(rows: Rows) -> None:
    lines = filled(rows)
    then = as_of(rows, START + 3 * DAY + HOUR)
    assert then.holder is not None
    assert then.holder.version == 2
    assert then.forecast is not None
    assert (then.forecast.prediction_id, then.forecast.version) == (lines["first"], 1)


def test_moments_are_inclusive(rows: Rows) -> None:
    lines = filled(rows)
    moment, before = START + 2 * DAY, START + 2 * DAY - timedelta(microseconds=1)
    then = as_of(rows, moment).forecast
    assert then is not None
    assert then.prediction_id == lines["first"]
    assert as_of(rows, before).forecast is None
    turn = START + 3 * DAY
    assert [as_of(rows, at).holder.version for at in (turn - timedelta(microseconds=1), turn)] == [1, 2]  # type: ignore[union-attr]


def test_before_the_model_before_its_first_champion_without_one_and_in_the_future(rows: Rows) -> None:
    filled(rows)
    rows.promote("shop", 3, 1, START + DAY, alias="canary-home")
    rows.promote("shop", 4, 1, START + 2 * DAY, "remove", alias="canary-home")
    before = as_of(rows, START - DAY)
    assert (before.state, before.holder, before.forecast, before.data) == ("before_model", None, None, None)
    first = as_of(rows, START + HOUR)
    assert (first.state, first.holder, first.forecast) == ("before_first", None, None)
    assert first.data is not None
    assert first.data.version == 1
    assert as_of(rows, START + DAY + HOUR, alias="canary-home").state == "held"
    assert as_of(rows, START + 2 * DAY, alias="canary-home").state == "removed"
    with pytest.raises(InvalidInput, match="is in the future") as refused:
        as_of(rows, datetime.now(UTC) + HOUR)
    assert refused.value.error_code == "in_the_future"
    with pytest.raises(NotFound):
        AsOf(rows.database).show(rows.project_id, "none", START)


def test_only_what_callers_received_about_this_series_counts(rows: Rows) -> None:
    lines = filled(rows)
    at, data = START + 2 * DAY + HOUR, rows.ids["shop-data"]
    north = rows.forecast(
        "shop", 1, START + 2 * DAY + timedelta(minutes=1), [5.0], continues=data,
        inputs=PredictionInputs(rows=1, series="north"),
    )  # fmt: skip
    rows.forecast("shop", 2, at, [7.0], continues=data, pair_id=lines["first"])  # kept, never given
    rows.forecast("shop", 2, at, [7.0], continues=data, alias=None)  # a version that was named
    rows.forecast("shop", 1, at, [7.0])  # rows of the caller
    newest = as_of(rows, at).forecast
    assert newest is not None
    assert (newest.prediction_id, newest.series) == (north, "north")
    assert as_of(rows, at, series="south").forecast is None
    chosen = as_of(rows, at, series="north").forecast
    assert chosen is not None
    assert chosen.prediction_id == north


def test_every_moment_equals_a_replay_of_the_history(rows: Rows) -> None:
    """Champions and forecasts in random order; what is shown equals what a list of all changes gives."""
    chance = random.Random(7)
    data = rows.dataset("shop-data", START, versions=1)
    rows.model("shop", START)
    for number in (1, 2, 3):
        rows.version("shop", number, START, "shop-data")
    moves: list[tuple[datetime, int]] = []
    given: list[tuple[datetime, str]] = []
    at = START
    for seq in range(1, 13):
        at += timedelta(minutes=chance.randint(1, 300))
        if seq % 3 == 1:
            moves.append((at, chance.choice([1, 2, 3])))
            rows.promote("shop", seq, moves[-1][1], at, chance.choice(["promote", "rollback"]))
        else:
            given.append((at, rows.forecast("shop", moves[-1][1], at, [1.0], continues=data)))
    for _ in range(15):
        moment = START + (at - START) * chance.random()
        then = as_of(rows, moment)
        holder = [version for when, version in moves if when <= moment]
        stood = [line for when, line in given if when <= moment]
        assert (then.holder.version if then.holder else None) == (holder[-1] if holder else None)
        assert (then.forecast.prediction_id if then.forecast else None) == (stood[-1] if stood and holder else None)
