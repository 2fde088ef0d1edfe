"""Reads what happened, from the rows of a dataset version; runs in a child, where frames may be loaded."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.processes.child import Child


def actuals(child: Child) -> dict[str, Any]:
    """The target's value at each time. Payload: ``dataset`` (path, schema, options, fingerprint), ``times`` (ISO 8601),
    ``series`` (which of several; None of one).

    Result: ``{"values": [number or None where no row is there or nothing was measured]}``.
    """
    import polars as pl

    from azuraforge.datasets.loading import load_version

    asked = child.payload["dataset"]
    schema = DatasetSchema(**asked["schema"])
    assert schema.time is not None  # the caller skips datasets without times
    frame = load_version(Path(asked["path"]), schema, asked["options"], asked["fingerprint"])
    if schema.series is not None:
        frame = frame.filter(pl.col(schema.series) == child.payload["series"])
    column = frame.get_column(schema.time).cast(pl.Datetime("us", "UTC"))
    wanted = [datetime.fromisoformat(at) for at in child.payload["times"]]
    times = pl.DataFrame({"at": pl.Series(wanted, dtype=pl.Datetime("us", "UTC"))}).with_row_index("order")
    truth = pl.DataFrame({"at": column, "value": frame.get_column(schema.target).cast(pl.Float64)})
    joined = times.join(truth.unique("at", keep="last"), on="at", how="left").sort("order")
    values = joined.get_column("value").to_list()
    return {"values": [value if value is not None and math.isfinite(value) else None for value in values]}
