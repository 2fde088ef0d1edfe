"""Reads what happened, from the rows of a dataset version; runs in a child, where frames may be loaded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from azuraforge.models.answers import Actual, Actuals, ActualsInput, AskedTimes
from azuraforge.processes.child import Child

if TYPE_CHECKING:
    import polars as pl

Values = dict[datetime, Actual]


def actuals(child: Child) -> Actuals:
    """Return the target's value at each time. ``ActualsInput`` → ``Actuals``.

    Only the segments that hold the times are read; for totals all of them, since a total depends on where each series
    begins.
    """
    import polars as pl

    from azuraforge.datasets.loading import read_values

    wanted = child.asked(ActualsInput)
    meaning = wanted.meaning
    assert meaning.time is not None  # the caller skips datasets without times
    moments = [at for each in wanted.asked for at in each.times]
    has_totals = any(each.total_of is not None for each in wanted.asked)
    named = None if has_totals else {each.series for each in wanted.asked if each.series is not None}
    span = None if has_totals else (min(moments), max(moments))
    frame = read_values(wanted.files, meaning, span, named)
    series = pl.lit(None, pl.String) if meaning.series is None else pl.col(meaning.series).cast(pl.String)
    present = meaning.incumbent
    present_columns = [
        pl.lit(None, pl.Float64).alias("present"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("made_at"),
    ]
    if present is not None:
        moment = pl.col(present.made_at).cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        present_columns = [pl.col(present.forecast).alias("present"), moment.alias("made_at")]
    frame = frame.select(
        series.alias("series"),
        pl.col(meaning.time).cast(pl.Datetime("us", "UTC")).alias("at"),
        pl.col(meaning.target).cast(pl.Float64).alias("value"),
        *present_columns,
    )
    own = frame.filter(pl.col("at").is_in(pl.Series(sorted(set(moments)), dtype=pl.Datetime("us", "UTC")).implode()))
    values = _values(own)
    return Actuals(values=tuple(tuple(_of(each, frame, values)) for each in wanted.asked))


def _of(asked: AskedTimes, frame: pl.DataFrame, values: dict[str | None, Values]) -> Iterable[Actual | None]:
    if asked.total_of is None:
        own = values.get(asked.series, {})
        return (own.get(at) for at in asked.times)
    return _total(asked, frame, values)


def _total(asked: AskedTimes, frame: pl.DataFrame, values: dict[str | None, Values]) -> Iterable[Actual | None]:
    """The sum of the series that the version learned, as ``forecasting.totals`` has it: unknown where a series that has
    begun has no value."""
    import polars as pl

    from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import hierarchy_learned

    assert asked.total_of is not None
    hierarchy = hierarchy_learned(asked.total_of)
    members: Sequence[str] = () if hierarchy is None else hierarchy.totals.get(str(asked.series), ())
    rows = frame.filter(pl.col("series").is_in(list(members)))
    begins: dict[str, datetime] = dict(rows.group_by("series").agg(pl.col("at").min()).iter_rows())
    for at in asked.times:
        begun = [values.get(name, {}).get(at) for name, first in begins.items() if first <= at]
        known = [each.value for each in begun if each is not None]
        yield Actual(value=math.fsum(known)) if known and len(known) == len(begun) else None


def _values(frame: pl.DataFrame) -> dict[str | None, Values]:
    found: dict[str | None, Values] = {}
    for name, at, value, present, made_at in frame.iter_rows():
        if value is not None and math.isfinite(value):
            found.setdefault(name, {})[at] = Actual(value=value, present=present, made_at=made_at)
    return found
