"""The contract that every pipeline keeps, on a small series."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from azuraforge_theta import Theta

from azuraforge.plugins import Schema, Table
from azuraforge.testing import check_pipeline


def test_theta_keeps_the_contract() -> None:
    rng = np.random.default_rng(0)
    rows = 300
    values = 100 + 0.2 * np.arange(rows) + 5 * np.sin(2 * np.pi * np.arange(rows) / 7) + rng.normal(size=rows)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    at = pl.Series([start + timedelta(days=row) for row in range(rows)], dtype=pl.Datetime("us", "UTC"))
    table = Table(pl.DataFrame({"at": at, "sales": values}), Schema("at", "sales", frequency="1d", season=7))
    check_pipeline(Theta, table, {"horizon": 5})
