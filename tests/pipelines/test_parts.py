"""Cutting: no target of one part is ever seen by another, and windows that touch two parts are dropped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Rows, Schema, Split, Table
from azuraforge.plugins.kinds.forecast.parts import (
    check_split,
    cut_after,
    cut_future,
    cut_learning,
    cut_test,
    future_times,
    load_part,
    save_part,
)


def counted(rows: int) -> Table:
    """A table whose target is its own row number, so that a value tells where it came from."""
    return Table(pl.DataFrame({"value": np.arange(rows, dtype=np.float64)}), Schema(time=None, target="value"))


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, Split, int, int]:
    horizon, gap = draw(st.integers(1, 9)), draw(st.integers(0, 6))
    start = draw(st.integers(0, 5))
    lengths = [draw(st.integers(horizon, horizon + 40)) for _ in range(3)]
    train = Rows(start, start + lengths[0] + 1)
    first = train.stop + gap + draw(st.integers(0, 3))
    validation = Rows(first, first + lengths[1])
    second = validation.stop + gap + draw(st.integers(0, 3))
    test = Rows(second, second + lengths[2])
    return test.stop + draw(st.integers(0, 5)), Split(train, validation, test), horizon, gap


@given(splits())
@settings(max_examples=200, deadline=None)
def test_no_target_of_the_test_part_is_in_what_learning_sees(case: tuple[int, Split, int, int]) -> None:
    rows, split, horizon, gap = case
    table = counted(rows)
    check_split(split, rows, horizon=horizon, gap=gap)
    train = cut_learning(table, split.train, horizon)
    validation = cut_learning(table, split.validation, horizon)
    test, truth = cut_test(table, split.test, horizon)
    judged = set(truth.ravel().tolist())
    for part, own in ((train, split.train), (validation, split.validation)):
        assert part.targets is not None
        assert not judged & set(part.frame["value"].to_list())
        assert not judged & set(part.targets.ravel().tolist())
        # Every target lies in the part's own rows, and no whole window of them was lost.
        assert set(part.targets.ravel().tolist()) == set(range(max(own.start, 1), own.stop))
        assert part.frame.height == own.stop
    assert test.targets is None
    assert judged == set(range(max(split.test.start, 1), split.test.stop))
    assert not set(validation.targets.ravel().tolist()) & set(train.frame["value"].to_list())  # type: ignore[union-attr]
    for origin, window in zip(test.origins, truth, strict=True):
        assert window.tolist() == [origin + step for step in range(1, horizon + 1)]


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        (Split(Rows(0, 50), Rows(40, 60), Rows(60, 100)), "the set 'validation' begins at row 40, inside"),
        (Split(Rows(0, 50), Rows(52, 60), Rows(58, 100)), "the set 'test' begins at row 58, inside"),
        (Split(Rows(60, 100), Rows(0, 30), Rows(30, 60)), "the set 'validation' begins at row 0"),
        (Split(Rows(0, 50), Rows(50, 60), Rows(62, 100)), "only 0 rows separate the sets 'train' and 'validation'"),
        (Split(Rows(0, 50), Rows(52, 60), Rows(62, 101)), "one of the 100 rows, not 62 to 101"),
        (Split(Rows(-1, 50), Rows(52, 60), Rows(62, 100)), "one of the 100 rows, not -1 to 50"),
        (Split(Rows(0, 50), Rows(52, 60), Rows(98, 100)), "the set 'test' has 2 rows, fewer than the horizon 3"),
        (Split(Rows(0, 0), Rows(52, 60), Rows(62, 100)), "the set 'train' must be a range of at least one"),
    ],
)
def test_an_unusable_split_is_refused(split: Split, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as caught:
        check_split(split, 100, horizon=3, gap=2)
    assert caught.value.next_step


def test_windows_with_a_missing_target_are_not_learned_from_and_not_judged() -> None:
    values = np.arange(30, dtype=np.float64)
    values[[5, 25]] = np.nan
    table = Table(pl.DataFrame({"value": values}), Schema(time=None, target="value"))
    train = cut_learning(table, Rows(0, 15), 2)
    assert not {3, 4} & set(train.origins.tolist())
    test, truth = cut_test(table, Rows(20, 30), 2)
    assert np.isnan(truth).sum() == 2
    assert len(test.origins) == 9
    empty = Table(pl.DataFrame({"value": np.full(30, np.nan)}), Schema(time=None, target="value"))
    with pytest.raises(InvalidInput, match="contain no window of 2 known target values"):
        cut_learning(empty, Rows(0, 15), 2)
    with pytest.raises(InvalidInput, match="no known target"):
        cut_test(empty, Rows(15, 30), 2)


def test_a_long_test_part_is_walked_with_a_stride() -> None:
    test, _ = cut_test(counted(1000), Rows(100, 1000), 5, max_origins=100)
    assert len(test.origins) <= 100
    assert set(np.diff(test.origins).tolist()) == {9}


def test_a_cut_part_has_no_later_rows() -> None:
    test, _ = cut_test(counted(100), Rows(60, 100), 5)
    cut = cut_after(test, 70)
    assert cut.frame["value"].to_list() == list(range(71))
    assert (cut.start, cut.origins.tolist()) == (60, [70])
    future = cut_future(counted(100), 5)
    assert (future.frame.height, future.origins.tolist(), future.start) == (100, [99], 100)


def test_a_part_comes_back_as_it_was_written(tmp_path: Path) -> None:
    part = cut_learning(counted(50), Rows(10, 50), 4)
    save_part(part, tmp_path / "train")
    save_part(part, tmp_path / "train")  # an interrupted attempt may have left the folder there
    back = load_part(tmp_path / "train")
    assert back.frame.equals(part.frame)
    assert back.schema == part.schema
    assert (back.start, back.horizon) == (part.start, part.horizon)
    assert np.array_equal(back.origins, part.origins)
    assert back.targets is not None
    assert np.array_equal(back.targets, part.targets)  # type: ignore[arg-type]
    test, _ = cut_test(counted(50), Rows(30, 50), 4)
    save_part(test, tmp_path / "test")
    assert load_part(tmp_path / "test").targets is None
    assert not (tmp_path / "test" / "targets.npy").exists()


@pytest.mark.parametrize(
    ("frequency", "timezone", "times", "expected"),
    [
        ("15m", "UTC", ["2024-01-31T23:00"], ["2024-01-31T23:15:00Z", "2024-01-31T23:30:00Z"]),
        ("1mo", "UTC", ["2024-01-31T00:00"], ["2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"]),
        # Midnight in Budapest is 23:00 UTC in winter and 22:00 in summer.
        ("1d", "Europe/Budapest", ["2024-03-29T23:00"], ["2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"]),
        # Trading days: Thursday and Friday are followed by Monday.
        (
            None,
            "UTC",
            ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"],
            ["2024-01-08T00:00:00Z", "2024-01-09T00:00:00Z"],
        ),
    ],
)
def test_the_times_of_the_future(frequency: str | None, timezone: str, times: list[str], expected: list[str]) -> None:
    at = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in times]
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC"))})
    schema = Schema(time="at", target="value", frequency=frequency, timezone=timezone)
    assert future_times(frame, schema, 2) == expected


def test_rows_that_nobody_measured_are_no_truth(tmp_path: Path) -> None:
    """Two days are missing at the end of 1000 hours; they come as rows, and nobody is judged by them."""
    hours = [f"2024-01-{1 + hour // 24:02} {hour % 24:02}:00,{hour},{hour % 7}" for hour in range(31 * 24)]
    lines = ["time,y,x", *hours[:600], *hours[624:700], *hours[710:]]
    file = tmp_path / "holes.csv"
    file.write_text("\n".join(lines))
    prepared = read_file(file, "holes.csv", FileOptions(time="time", target="y", features=["x"])).prepared
    table = Table(prepared.frame, Schema.of(prepared.schema))
    assert len(table) == len(hours)
    test, truth = cut_test(table, Rows(580, len(table)), 3)
    rows = test.origins[:, None] + np.arange(1, 4)
    assert np.array_equal(np.isnan(truth), ((rows >= 600) & (rows < 624)) | ((rows >= 700) & (rows < 710)))
    assert np.array_equal(truth[~np.isnan(truth)], rows[~np.isnan(truth)])
    learning = cut_learning(table, Rows(0, 650), 3)
    aims = learning.origins[:, None] + np.arange(1, 4)
    assert not ((aims >= 600) & (aims < 624)).any()
