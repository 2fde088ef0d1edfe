"""Totals of a panel's groups, added to the panel as further series.

A total is the sum of series that a run learns. It has a row at each moment at which all its series that have begun have
a row. A series that has not begun counts as zero. A series that has ended also ends the total, whose value would
otherwise be a guess. If a value of a series is unknown, so is the total. A covariate of a total is the mean of the
known values of its series.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.groups import TOTAL, Groups, total_names
from azuraforge.plugins.contract.parts import Part, Schema, Table
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks, consecutive
from azuraforge.plugins.forecasting.reconciliation import Hierarchy, hierarchy_of

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.plugins.contract.arrays import Flags


def with_totals(table: Table) -> Table:
    """Return a panel with the totals of its groups; the same table if no groups are declared."""
    if not table.schema.groups:
        return table
    blocks = Blocks.of(table.frame, str(table.schema.series))
    hierarchy = hierarchy_of(table.schema.groups, [name for name in blocks.names if name not in table.left_out])
    return replace(table, frame=with_totals_of(table.frame, table.schema, hierarchy))


def with_totals_of(frame: pl.DataFrame, schema: Schema, hierarchy: Hierarchy) -> pl.DataFrame:
    """Return the rows of a panel, followed by the rows of the totals in ``hierarchy``."""
    import polars as pl

    blocks = Blocks.of(frame, str(schema.series))
    place = {name: number for number, name in enumerate(blocks.names)}
    moments = moments_of(frame, schema)
    numbers = {name: column_values(frame, name) for name in frame.columns if name not in (schema.series, schema.time)}
    frames = [frame]
    for total, members in hierarchy.totals.items():
        chosen = np.array([place[name] for name in members if name in place], dtype=np.int64)
        if not len(chosen):
            continue
        rows = consecutive(blocks.first[chosen], blocks.sizes[chosen])
        at, which = np.unique(moments[rows], return_inverse=True)
        begun = np.searchsorted(np.sort(moments[blocks.first[chosen]]), at, side="right")
        whole = np.bincount(which) == begun  # false after the end of any series
        columns = {
            name: _sum(values[rows], which) if name == schema.target else _mean(values[rows], which)
            for name, values in numbers.items()
        }
        columns = {name: values[whole] for name, values in columns.items()}
        columns_of = {str(schema.series): pl.Series([total] * int(whole.sum()), dtype=pl.String)}
        columns_of[str(schema.time)] = pl.Series(at[whole]).cast(frame.schema[str(schema.time)])
        columns_of |= {name: pl.Series(values).fill_nan(None) for name, values in columns.items()}
        frames.append(pl.DataFrame(columns_of).select(frame.columns))
    return pl.concat(frames)


def with_other_series(
    panel: pl.DataFrame, schema: Schema, hierarchy: Hierarchy, series: str, one: Part
) -> tuple[Part, int]:
    """Return a part with one origin per series and total, all at one moment, and the index of the requested origin.

    Args:
        panel: rows of a dataset with its totals.
        schema: schema of the panel.
        hierarchy: series and totals to predict; others are left out.
        series: name of the requested series or total.
        one: part of the requested series, whose only origin determines the moment.
    """
    import polars as pl

    moment = int(moments_of(one.frame, one.schema)[int(one.origins[0])])
    moments = moments_of(panel, schema)
    names = panel.get_column(str(schema.series))
    learned = names.is_in(list(hierarchy.names)).to_numpy()
    later = panel.filter(pl.Series(learned))
    at = moments[learned]
    blocks = Blocks.of(later, str(schema.series))
    origins = np.flatnonzero(at == moment).astype(np.int64)
    owners = blocks.of_rows(origins)
    place = int(np.flatnonzero(owners == blocks.names.index(series))[0])
    ends = blocks.stop[owners]
    ahead = {}
    for column, values in one.ahead.items():
        rows = origins[:, None] + np.arange(1, one.horizon + 1)
        known = column_values(later, column)
        ahead[column] = np.where(rows < ends[:, None], known[np.minimum(rows, len(known) - 1)], np.nan)
        ahead[column][place] = values[0]
    kept = at <= moment
    rows_kept = (np.cumsum(kept) - 1)[origins].astype(np.int64)
    return Part(later.filter(pl.Series(kept)), schema, 0, one.horizon, rows_kept, ahead=ahead), place


def missing_from_total(
    panel: pl.DataFrame, schema: Schema, hierarchy: Hierarchy, total: str, now: Groups, moment: int
) -> tuple[str, ...]:
    """Return the series that belong to a total but are not part of its forecast, sorted by name.

    These are the series of the dataset that a run did not learn, and learned series that have no row at ``moment``.

    Args:
        panel: rows of a dataset with its totals.
        schema: schema of the panel.
        hierarchy: series and totals that the version learned.
        total: name of a total of ``hierarchy``.
        now: groups of the dataset version that ``panel`` contains.
        moment: time of the forecast's origin, in microseconds UTC.
    """
    learned = frozenset(hierarchy.totals[total])
    blocks = Blocks.of(panel, str(schema.series))
    moments = moments_of(panel, schema)
    # A series that ended earlier adds nothing to the rows ahead.
    going_on = {
        name for name, stop in zip(blocks.names, blocks.stop.tolist(), strict=True) if moments[stop - 1] >= moment
    }
    own = [name for name in blocks.names if name not in hierarchy.totals]
    belong = (
        frozenset(hierarchy_of(now, own).totals.get(total, ())) if now else frozenset(own if total == TOTAL else ())
    )
    return tuple(sorted((belong & going_on) - learned | learned - going_on))


def own_origins(part: Part) -> Flags | None:
    """Return an ``(origin,)`` mask of the origins that belong to series rather than totals; None without totals."""
    if part.schema.series is None or not part.schema.groups:
        return None
    blocks = Blocks.of(part.frame, part.schema.series)
    totals = frozenset(total_names(part.schema.groups))
    own = np.array([name not in totals for name in blocks.names], dtype=bool)
    return np.asarray(own[blocks.of_rows(part.origins)])


def at_same_moment(part: Part, index: int) -> Indices:
    """Return the positions of the origins that are predicted together with the origin at ``index``.

    With groups, these are all origins at the same moment; otherwise only ``index`` itself.
    """
    if part.schema.series is None or not part.schema.groups:
        return np.array([index], dtype=np.int64)
    moments = moments_of(part.frame, part.schema)[part.origins]
    return np.flatnonzero(moments == moments[index]).astype(np.int64)


def _sum(values: Floats, which: Indices) -> Floats:
    return np.asarray(np.bincount(which, weights=values), dtype=np.float64)


def _mean(values: Floats, which: Indices) -> Floats:
    known = np.isfinite(values)
    counts = np.bincount(which, weights=known)
    total = np.bincount(which, weights=np.where(known, values, 0.0))
    return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
