"""Several series at once, of very different sizes, that share a pattern."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from azuraforge.plugins import Schema, Table

START = datetime(2020, 1, 1, tzinfo=UTC)
SCHEMA = Schema("at", "value", ("lead",), "1d", 7, "Europe/Istanbul", "pieces", series="shop")


def make_panel(rows: int = 260, seed: int = 0, sizes: tuple[float, ...] = (1.0, 30.0, 1000.0), late: int = 40) -> Table:
    """Daily shops whose sales follow the week, their own past and a feature; the last shop opens ``late`` days later.

    A panel's rows stand shop by shop.
    """
    rng = np.random.default_rng(seed)
    frames = []
    for number, size in enumerate(sizes):
        first = late if number == len(sizes) - 1 else 0
        noise, lead = rng.normal(size=rows), rng.normal(size=rows)
        level = np.zeros(rows)
        for row in range(1, rows):
            level[row] = 0.7 * level[row - 1] + noise[row] + 0.8 * lead[row - 1]
        values = size * (20 + level + 3 * np.sin(2 * np.pi * np.arange(rows) / 7))
        frame = pl.DataFrame(
            {
                "shop": [f"shop-{number}"] * rows,
                "at": pl.Series([START + timedelta(days=row) for row in range(rows)], dtype=pl.Datetime("us", "UTC")),
                "value": values,
                "lead": lead,
            }
        )
        frames.append(frame.slice(first))
    return Table(pl.concat(frames), SCHEMA)
