"""Which targets a policy guards, and how long one answer takes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from azuraforge.models.gate.policy import GuardedSlice
from azuraforge.pipelines.judge import guarded_slices
from azuraforge.pipelines.latency import latency_ms
from azuraforge.plugins.contract.judging import Contest, SliceMask
from azuraforge.plugins.contract.parts import Part, Schema
from azuraforge.plugins.kinds.classify.judging import class_slices
from azuraforge.plugins.kinds.classify.kind import Classify
from azuraforge.plugins.kinds.forecast.kind import Forecast
from azuraforge.plugins.kinds.forecast.slices import series_slices
from azuraforge.plugins.vision.config import ImagePart, ImageSchema


def _part(timezone: str = "UTC", timed: bool = True) -> Part:
    """Ten days of hours from Monday, 2026-01-05 00:00 UTC; three hours ahead of every origin."""
    at = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=hour) for hour in range(240)]
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "load": np.arange(240.0)})
    schema = Schema(time="at" if timed else None, target="load", timezone=timezone)
    return Part(frame, schema, 0, 3, np.arange(236), ahead={"price": np.zeros((236, 3))})


def _cut(part: Part, by: str) -> dict[str, np.ndarray]:
    return {f"{each.key} {each.value}": each.mask for each in series_slices([by], part)}


def test_targets_are_cut_by_their_own_time() -> None:
    hours = _cut(_part(), by="hour")
    assert list(hours) == [f"hour {hour}" for hour in range(24)]
    assert np.array_equal(sum(mask.astype(int) for mask in hours.values()), np.ones((236, 3)))
    assert hours["hour 1"][0].tolist() == [True, False, False]  # an hour after midnight, and then two and three
    assert list(_cut(_part(), by="weekday")) == [f"weekday {day}" for day in range(1, 8)]
    assert list(_cut(_part(), by="month")) == ["month 1"]
    istanbul = _cut(_part("Europe/Istanbul"), by="hour")
    assert istanbul["hour 4"][0].tolist() == [True, False, False]
    steps = _cut(_part(timed=False), by="horizon")
    assert list(steps) == ["horizon 1", "horizon 2", "horizon 3"]
    assert steps["horizon 1"].sum(axis=0).tolist() == [236, 0, 0]
    assert _cut(_part(timed=False), by="hour") == {}


def test_classes_are_cut_by_the_truth() -> None:
    found = class_slices(["class"], np.array([0, 1, 0, 1]), ["cat", "dog", "owl"])
    assert [(each.key, each.value, each.mask[:, 0].tolist()) for each in found] == [
        ("class", "cat", [True, False, True, False]),
        ("class", "dog", [False, True, False, True]),
    ]
    assert class_slices(["hour"], np.array([0, 1]), ["cat", "dog"]) == []


def test_a_policy_guards_the_values_that_it_names_each_with_its_margin() -> None:
    masks = tuple(SliceMask("class", name, np.ones((2, 1), dtype=bool)) for name in ("cat", "dog", "owl"))
    contest = Contest(losses={}, slices=masks, unseen=np.zeros(2, dtype=bool))
    guarded = (GuardedSlice(by="class", margin=0.0, values=("cat", "dog")),)
    found = guarded_slices(guarded, contest)
    assert [(each.name, each.margin) for each in found] == [("class cat", 0.0), ("class dog", 0.0)]


def test_latency_is_that_of_one_answer() -> None:
    asked: list[tuple[int, int]] = []

    def answer(part: Part) -> None:
        asked.append((len(part), part.ahead["price"].shape[0]))
        time.sleep(0.01)

    assert latency_ms(answer, _part(), Forecast().alone) >= 10
    assert asked == [(1, 1)] * len(asked)
    assert len(asked) > 10
    pixels = np.zeros((1, 2, 2, 1), dtype=np.uint8)
    images = ImagePart(pixels, None, ("a",), ImageSchema(2, 2, 1, ("x", "y")))
    assert latency_ms(len, images, Classify().alone) >= 0
