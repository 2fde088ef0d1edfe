"""Reads what happened, from the rows of a dataset version; runs in a child, where frames may be loaded."""

from __future__ import annotations

import math

from azuraforge.models.answers import Actuals, ActualsInput
from azuraforge.processes.child import Child


def actuals(child: Child) -> Actuals:
    """Return the target's value at each time. ``ActualsInput`` → ``Actuals``.

    A total's value is known where those of its series are.
    """
    import polars as pl

    from azuraforge.datasets.loading import load_version
    from azuraforge.plugins.contract.parts import Schema
    from azuraforge.plugins.forecasting.totals import with_totals_of
    from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import hierarchy_learned

    asked = child.asked(ActualsInput)
    schema = asked.meaning
    assert schema.time is not None  # the caller skips datasets without times
    frame = load_version(asked.paths, schema, asked.options, asked.fingerprint)
    if schema.series is not None:
        if asked.learned_by is not None and (hierarchy := hierarchy_learned(asked.learned_by)) is not None:
            frame = with_totals_of(frame, Schema.of(schema), hierarchy)
        frame = frame.filter(pl.col(schema.series) == asked.series)
    column = frame.get_column(schema.time).cast(pl.Datetime("us", "UTC"))
    times = pl.DataFrame({"at": pl.Series(asked.times, dtype=pl.Datetime("us", "UTC"))}).with_row_index("order")
    truth = pl.DataFrame({"at": column, "value": frame.get_column(schema.target).cast(pl.Float64)})
    joined = times.join(truth.unique("at", keep="last"), on="at", how="left").sort("order")
    values = joined.get_column("value").to_list()
    return Actuals(values=tuple(value if value is not None and math.isfinite(value) else None for value in values))
