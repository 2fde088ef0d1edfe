"""Curves: sealed without loss, taken once, reduced without losing a spike."""

from __future__ import annotations

import math
import struct
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from azuraforge.runs.metrics import curves as metrics
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.schemas import MOST_MILLISECONDS
from azuraforge.runs.tables import MetricChunk, MetricPoint, MetricSeries

#: When the point of step 0 was logged.
TIME = 1_700_000_000_000

any_float = st.floats(allow_nan=True, allow_infinity=True, width=64)
rising_steps = st.sets(st.integers(-(2**62), 2**62), min_size=1, max_size=60).map(sorted)


def curve_of(values) -> metrics.Curve:
    steps = np.arange(len(values))
    return metrics.Curve(steps, np.array(values, float), steps + 1)


def bits(values) -> list[bytes]:
    return [struct.pack("d", value) for value in values]


@given(rising_steps, st.data())
def test_a_chunk_gives_back_every_bit(steps, data):
    values = data.draw(st.lists(any_float, min_size=len(steps), max_size=len(steps)))
    times = data.draw(st.lists(st.integers(0, MOST_MILLISECONDS), min_size=len(steps), max_size=len(steps)))
    chunk = metrics.encode(steps, values, times)
    back = metrics.decode(chunk.data)
    assert back.steps.tolist() == steps
    assert bits(back.values) == bits(values)
    assert back.times.tolist() == times
    numbers = [value for value in values if not math.isnan(value)]
    assert (chunk.low, chunk.high) == ((min(numbers), max(numbers)) if numbers else (None, None))
    assert (chunk.first_step, chunk.last_step, chunk.points) == (steps[0], steps[-1], len(steps))


@given(st.lists(any_float, min_size=1, max_size=400), st.integers(3, 60))
def test_fewer_points_keep_every_extreme_and_every_sort_of_gap(values, max_points):
    few = metrics.downsample(curve_of(values), max_points)
    shown_steps, shown = few.steps.tolist(), few.values.tolist()
    assert few.times.tolist() == [step + 1 for step in shown_steps], "each point keeps its own time"
    assert len(shown) <= max_points
    assert shown_steps == sorted(set(shown_steps))
    assert bits(shown) == bits(values[step] for step in shown_steps)
    numbers = [value for value in values if not math.isnan(value)]
    if numbers:
        visible = [value for value in shown if not math.isnan(value)]
        assert max(visible) == max(numbers)
        assert min(visible) == min(numbers)
    assert any(map(math.isnan, shown)) == any(map(math.isnan, values))


def test_one_spike_in_a_long_flat_curve_survives():
    values = [0.0] * 100_000
    values[70_123] = 9.0
    few = metrics.downsample(curve_of(values), 300)
    assert len(few) <= 300
    assert few.steps[few.values == 9.0].tolist() == [70_123]


def test_steps_that_do_not_rise_make_no_chunk():
    with pytest.raises(ValueError, match="rise"):
        metrics.encode([1, 1], [0.0, 0.0], [1, 2])
    with pytest.raises(ValueError, match="no chunk"):
        metrics.encode([], [], [])


def test_smooth_curves_cost_few_bytes():
    values = [1.0 / (1 + step) + 0.001 * math.sin(step) for step in range(1000)]
    times = [1_700_000_000_000 + 130 * step + step * 37 % 11 for step in range(1000)]
    assert len(metrics.encode(range(1000), values, times).data) < 10_000
    without = metrics.encode(range(1000), values, [metrics.UNKNOWN_TIME] * 1000)
    assert len(without.data) < 9_000


@pytest.fixture
def curve(make_stand):
    """Appends to and reads one curve of one run."""
    stand = make_stand(start=False)
    run = stand.create()

    class Curve:
        def add(self, points, attempt: int = 1, series: str = "loss", phase: str = "fit"):
            points = [(series, step, float(value), TIME + step) for step, value in points]
            written = stand.database.write(
                stand.project_id,
                lambda session: metric_store.append(session, run.id, attempt, phase, points),
            )
            return {name: [(step, value) for step, value, _ in taken] for name, taken in written.items()}

        def truncate(self, after_step, phase: str = "fit"):
            return stand.database.write(
                stand.project_id,
                lambda session: metric_store.truncate(session, run.id, phase, after_step),
            )

        def read(self, series: str = "loss") -> dict[int, float]:
            with stand.database.read(stand.project_id) as session:
                found = metric_store.read(session, run.id, series)
            assert found.times.tolist() == [TIME + step for step in found.steps.tolist()]
            return dict(zip(found.steps.tolist(), found.values.tolist(), strict=True))

        def described(self, series: str = "loss") -> tuple:
            about = select(MetricSeries.last_step, MetricSeries.last, MetricSeries.lowest, MetricSeries.highest)
            with stand.database.read(stand.project_id) as session:
                return tuple(session.execute(about.where(MetricSeries.series == series)).one())

        def rows(self) -> tuple[int, int]:
            with stand.database.read(stand.project_id) as session:
                return session.query(MetricPoint).count(), session.query(MetricChunk).count()

    return Curve()


def test_a_long_curve_is_sealed_in_thousands(curve):
    for start in range(0, 2500, 100):
        curve.add((step, step / 7) for step in range(start, start + 100))
    assert curve.rows() == (500, 2)
    assert curve.read() == {step: step / 7 for step in range(2500)}


def test_points_sent_twice_are_taken_once_even_when_sealed(curve):
    points = [(step, step) for step in range(1500)]
    curve.add(points)
    before = curve.rows()
    curve.add(points[400:1300])
    curve.add([(3, 99.0), (1200, 99.0)])
    assert curve.rows() == before
    assert curve.read() == dict(points)


def test_late_points_find_their_place_between_sealed_ones(curve):
    curve.add((step, step) for step in range(0, 2000, 2))
    curve.add((step, step) for step in range(1, 2000, 2))
    assert curve.read() == {step: step for step in range(2000)}
    curve.add((step, step) for step in range(2000, 3001))
    assert list(curve.read()) == list(range(3001))


def test_a_newer_attempt_replaces_a_point_and_an_older_one_does_not(curve):
    curve.add([(1, 1.0)], attempt=2)
    curve.add([(1, 2.0)], attempt=1)
    assert curve.read() == {1: 1.0}
    curve.add([(1, 3.0)], attempt=3)
    assert curve.read() == {1: 3.0}


def test_only_new_points_are_returned(curve):
    assert curve.add([(1, 1.0), (2, 2.0)], attempt=2) == {"loss": [(1, 1.0), (2, 2.0)]}
    assert curve.add([(2, 9.0), (3, 3.0), (3, 4.0)], attempt=2) == {"loss": [(3, 3.0)]}
    assert curve.add([(1, 9.0)], attempt=1) == {}
    assert curve.add([(1, 5.0)], attempt=3) == {"loss": [(1, 5.0)]}
    assert curve.add([]) == {}
    curve.add((step, step) for step in range(1500))
    assert curve.add([(7, 9.0), (1200, 9.0), (1500, 9.0)]) == {"loss": [(1500, 9.0)]}
    assert curve.read()[1500] == 9.0


def test_a_point_replaced_by_a_newer_attempt_is_counted_once(curve):
    for attempt in (1, 2, 3):
        curve.add(((step, attempt) for step in range(400)), attempt=attempt)
    assert curve.rows() == (400, 0)
    assert curve.read() == dict.fromkeys(range(400), 3.0)


@pytest.mark.parametrize("after", [0, 1, 998, 999, 1000, 1500, 1999, 2000, 2400, 2499])
def test_truncation_cuts_tail_and_chunks_alike(curve, after):
    curve.add((step, step) for step in range(2500))
    assert curve.truncate(after) == {"loss": 2499}
    assert list(curve.read()) == list(range(after + 1))
    curve.add(((step, -step) for step in range(after + 1, 2600)), attempt=2)
    assert curve.read() == {step: step if step <= after else -step for step in range(2600)}


def test_truncation_of_everything_begins_again(curve):
    curve.add((step, step) for step in range(1200))
    curve.truncate(None)
    assert curve.read() == {}
    curve.add([(5, 5.0)], attempt=2)
    assert curve.read() == {5: 5.0}


def test_truncation_leaves_the_curves_of_other_phases(curve):
    curve.add([(1, 1.0), (2, 2.0)], phase="fit")
    curve.add([(1, 1.0), (2, 2.0)], series="score", phase="judge")
    curve.truncate(1, phase="fit")
    assert list(curve.read()) == [1]
    assert list(curve.read("score")) == [1, 2]


def test_the_row_of_a_curve_knows_its_last_lowest_and_highest_value(curve):
    """Points arrive late, twice, from newer attempts and as NaN; curves are sealed and truncated in between."""
    random = Random(7)
    step = 0
    for attempt in range(1, 6):
        for _ in range(6):
            start = max(0, step - random.randint(0, 300))
            step = start + random.randint(1, 700)
            values = [random.choice((math.nan, random.gauss(0, 1 + step))) for _ in range(start, step)]
            curve.add(zip(range(start, step), values, strict=True), attempt)
            assert curve.described() == by_hand(curve.read())
        step = random.randint(0, step)
        curve.truncate(step)
        assert curve.described() == by_hand(curve.read())
    curve.add([(step + 1, -1e300), (step + 2, math.inf), (step + 3, math.nan)], 9)
    assert curve.described() == (step + 3, None, -1e300, math.inf)
    curve.add([(step + 1, 0.0), (step + 2, 0.0)], 10)
    assert curve.described() == by_hand(curve.read()), "a replaced value is an extreme no longer"
    curve.truncate(None)
    assert curve.described() == (None, None, None, None)


def by_hand(points: dict[int, float]):
    steps, values = list(points), list(points.values())
    numbers = [value for value in values if not math.isnan(value)]
    last = values[-1] if values and not math.isnan(values[-1]) else None
    return (steps[-1] if steps else None, last, min(numbers, default=None), max(numbers, default=None))
