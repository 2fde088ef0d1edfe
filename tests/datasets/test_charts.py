"""Rows of a chart are reduced without losing its ends."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.reading.charts import reduce_rows


@pytest.mark.parametrize("max_points", [2, 5, 9, 100])
def test_both_ends_stay_also_with_more_columns_than_points(max_points):
    noise = np.random.default_rng(3).normal(size=(1000, 8))
    frame = pl.DataFrame({"row": np.arange(1000), **{f"c{each}": noise[:, each] for each in range(8)}})
    rows = reduce_rows(frame, [f"c{each}" for each in range(8)], max_points)["row"].to_list()
    assert len(rows) <= max_points
    assert (rows[0], rows[-1]) == (0, 999)
    assert rows == sorted(set(rows))
