"""Reader of actual values from the rows of a dataset version, for a child process that may load data frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from azuraforge.models.answers import Actual, Actuals, ActualsInput, AskedTimes, PresentForecast
from azuraforge.processes.child import Child

if TYPE_CHECKING:
    import polars as pl

Values = dict[datetime, Actual]
Said = dict[tuple[str | None, datetime], list[PresentForecast]]


def actuals(child: Child) -> Actuals:
    """Return the actual value of each requested series at each time; None if it is unknown.

    The input is an ``ActualsInput``. Only the span of the requested times is read; totals require all rows, since a
    total depends on where each series begins.
    """
    import polars as pl

    from azuraforge.datasets.loading import present_forecasts, read_values

    wanted = child.asked(ActualsInput)
    meaning = wanted.meaning
    assert meaning.time is not None  # the caller skips datasets without times
    moments = [at for each in wanted.asked for at in each.times]
    has_totals = any(each.total_of is not None for each in wanted.asked)
    named = None if has_totals else {each.series for each in wanted.asked if each.series is not None}
    span = None if has_totals else (min(moments), max(moments))
    frame = read_values(wanted.files, meaning, span, named)
    series = pl.lit(None, pl.String) if meaning.series is None else pl.col(meaning.series).cast(pl.String)
    present = None if wanted.incumbent is None or meaning.incumbent is None else str(meaning.incumbent.file)
    file = None if wanted.incumbent is None or present is None else (wanted.incumbent, present)
    forecasts = present_forecasts(frame, meaning, file)
    frame = frame.select(
        series.alias("series"),
        pl.col(meaning.time).cast(pl.Datetime("us", "UTC")).alias("at"),
        pl.col(meaning.target).cast(pl.Float64).alias("value"),
    )
    asked_at = pl.col("at").is_in(pl.Series(sorted(set(moments)), dtype=pl.Datetime("us", "UTC")).implode())
    values, said = _values(frame.filter(asked_at)), _said(None if forecasts is None else forecasts.filter(asked_at))
    return Actuals(values=tuple(tuple(_of(each, frame, values, said)) for each in wanted.asked))


def _of(
    asked: AskedTimes, frame: pl.DataFrame, values: dict[str | None, Values], said: Said
) -> Iterable[Actual | None]:
    if asked.total_of is None:
        own = values.get(asked.series, {})
        found: Iterable[Actual | None] = (own.get(at) for at in asked.times)
    else:
        found = _total(asked, frame, values)
    for at, actual in zip(asked.times, found, strict=True):
        present = said.get((asked.series, at), ())
        yield None if actual is None else actual.model_copy(update={"present": tuple(present)})


def _total(asked: AskedTimes, frame: pl.DataFrame, values: dict[str | None, Values]) -> Iterable[Actual | None]:
    """Yield the sum of the member series at each time, as in ``forecasting.totals``.

    The sum is None if a series that has begun has no value.
    """
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
    for name, at, value in frame.iter_rows():
        if value is not None and math.isfinite(value):
            found.setdefault(name, {})[at] = Actual(value=value)
    return found


def _said(forecasts: pl.DataFrame | None) -> Said:
    """Return the incumbent forecasts by series and time, each list in the order in which they were made."""
    found: Said = {}
    if forecasts is not None:
        for name, at, value, made_at in forecasts.sort("made_at", maintain_order=True).iter_rows():
            found.setdefault((name, at), []).append(PresentForecast(value=value, made_at=made_at))
    return found
