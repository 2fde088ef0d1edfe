"""Series for the forecasters, small enough to be fitted many times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Schema, Table


def make_series(rows: int = 420, seed: int = 0, holes: bool = True) -> Table:
    """Daily, with a weekly cycle, memory, a trend, a feature that leads by one row, and some holes in the feature."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=rows)
    lead = rng.normal(size=rows)
    level = np.zeros(rows)
    for row in range(1, rows):
        level[row] = 0.7 * level[row - 1] + noise[row] + 0.8 * lead[row - 1]
    values = 50 + level + 3 * np.sin(2 * np.pi * np.arange(rows) / 7) + 0.01 * np.arange(rows)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    if holes:
        lead[rng.choice(rows, rows // 20, replace=False)] = np.nan
    frame = pl.DataFrame(
        {
            "at": pl.Series([start + timedelta(days=row) for row in range(rows)], dtype=pl.Datetime("us", "UTC")),
            "value": values,
            "lead": lead,
        }
    )
    return Table(frame, Schema("at", "value", ("lead",), "1d", 7, "Europe/Istanbul", "ppm"))


@pytest.fixture(scope="session")
def series() -> Table:
    return make_series()
