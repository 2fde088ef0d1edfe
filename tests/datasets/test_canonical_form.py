"""The fingerprint: what it depends on and what not; a version on disk."""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.reading.canonical import fingerprint, write_parquet
from azuraforge.datasets.reading.delimited import read_delimited
from azuraforge.datasets.reading.reader import _prepare
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import StorageError
from azuraforge.plugins import DatasetSchema

# Changing this constant orphans every dataset that users have: raise the format's number instead.
STORED = "b753ea0889153728c78bb91887caa45d75dd8630ab4dc845502e03b4184ad041"

COLUMNS = ["time", "y", "a", "b", "c"]
ROWS = [
    (
        f"2024-01-{1 + index // 24:02}T{index % 24:02}:00",
        f"{index % 9}.25",
        str(index % 5),
        str(index % 7),
        f"{index % 3}",
    )
    for index in range(48)
]


def prepared(columns: list[str], rows: list[tuple[str, ...]], **options: object):
    places = [COLUMNS.index(name) for name in columns]
    text = "\n".join(",".join(row[place] for place in places) for row in rows)
    table = read_delimited(",".join(columns) + "\n" + text, "f", None, {})
    return _prepare(table, FileOptions.model_validate({"time": "time", "target": "y"} | options), [])


def test_the_fingerprint_is_the_one_of_earlier_releases():
    assert prepared(COLUMNS, ROWS).fingerprint == STORED


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), st.permutations(COLUMNS))
def test_order_of_rows_and_columns_does_not_matter(chance: random.Random, columns):
    rows = list(ROWS)
    chance.shuffle(rows)
    assert prepared(columns, rows).fingerprint == STORED


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 47), st.integers(1, 4))
def test_any_changed_value_changes_it(row, column):
    rows = [list(item) for item in ROWS]
    rows[row][column] = "1000.5"
    assert prepared(COLUMNS, [tuple(item) for item in rows]).fingerprint != STORED


@pytest.mark.parametrize(
    "options",
    [
        {"unit": "K"},
        {"season": 5},
        {"timezone": "Europe/Istanbul"},
        {"exclude": ["a"]},
        {"target": "a"},
        {"duplicates": "mean"},
        {"gaps": "keep"},
        {"missing": "drop"},
        {"missing_values": {"a": [99]}},
    ],
)
def test_what_shapes_the_meaning_changes_it(options):
    assert prepared(COLUMNS, ROWS, **options).fingerprint != STORED


def test_how_the_file_was_written_does_not():
    assert prepared(COLUMNS, ROWS, separator=",", time_format="%Y-%m-%dT%H:%M", decimal=".").fingerprint == STORED
    assert prepared(COLUMNS, ROWS, strict=True, name="other").fingerprint == STORED


def test_negative_zero_is_zero():
    frame = pl.DataFrame({"y": [0.0, -0.0]})
    schema = DatasetSchema(target="y")
    assert fingerprint(frame, schema, {}) == fingerprint(pl.DataFrame({"y": [-0.0, 0.0]}), schema, {})


def test_a_version_comes_back_as_it_was_and_a_changed_one_is_refused(tmp_path):
    made = prepared(COLUMNS, ROWS)
    path = tmp_path / "rows.parquet"
    write_parquet(made.frame, path)
    loaded = load_version([path], made.schema, made.options, made.fingerprint)
    assert loaded.equals(made.frame)
    made.frame.with_columns(pl.col("a") + 1).write_parquet(path)
    with pytest.raises(StorageError, match="have changed since they were stored"):
        load_version([path], made.schema, made.options, made.fingerprint)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StorageError, match="cannot be read"):
        load_version([path], made.schema, made.options, made.fingerprint)


def test_a_write_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        write_parquet(prepared(COLUMNS, ROWS).frame, tmp_path / "file" / "rows.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@contextmanager
def files_of_one_kibibyte() -> Iterator[None]:
    """No file of this process may grow further, as on a full disk. Not a fixture: the runner's own output may be a
    file too, and it writes before fixtures end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_text("old")
    with files_of_one_kibibyte(), pytest.raises(StorageError, match="cannot be written") as caught:
        write_parquet(pl.DataFrame({"y": pl.Series(range(5000)).shuffle(seed=1)}), path)
    assert "free some space" in caught.value.next_step
    assert [(item.name, item.read_text()) for item in tmp_path.iterdir()] == [("rows.parquet", "old")]
