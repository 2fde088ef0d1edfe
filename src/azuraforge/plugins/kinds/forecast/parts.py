"""Parts of a table, and their transfer between processes as folders.

The folder of a part contains ``frame.parquet``, ``origins.npy``, ``part.json`` and, if the receiver may know them,
``targets.npy``. The true values of the test set are stored in a separate *truth* folder, which pipelines never receive.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import LeftOut, PartSummary
from azuraforge.plugins.contract.part_folders import Reading, fresh_folder
from azuraforge.plugins.contract.parts import Part, Rows, Schema, Split, Table
from azuraforge.plugins.forecasting.covariates import ahead_of, part_at_end
from azuraforge.plugins.forecasting.following import following_times
from azuraforge.plugins.forecasting.totals import with_totals
from azuraforge.plugins.kinds.forecast.panels import cuts as panel_cuts
from azuraforge.plugins.kinds.forecast.panels import panel

if TYPE_CHECKING:
    import polars as pl

#: Maximum number of origins of a test set; longer test sets use every n-th row as an origin.
MAX_TEST_ORIGINS = 20_000
_ISO = "%Y-%m-%dT%H:%M:%SZ"


def check_split(split: Split, rows: int, *, horizon: int, gap: int = 0) -> None:
    """Raise InvalidInput if the parts of a split are too short, out of range or order, or not ``gap`` rows apart.

    Args:
        split: split to check.
        rows: number of rows of the table.
        horizon: minimum number of rows of a part, unless the split is ``partial``.
        gap: minimum number of rows between two parts.
    """
    named = [("train", split.train), ("validation", split.validation), ("test", split.test)]
    for name, part in named:
        if not 0 <= part.start < part.stop <= rows:
            values = {"part": name, "start": part.start, "stop": part.stop, "rows": rows}
            raise _bad_split(
                Message(
                    "the set {part!r} must be a range of at least one of the {rows} rows, not {start} to {stop}", values
                )
            )
        if not split.partial and len(part) < horizon:
            values = {"part": name, "rows": len(part), "horizon": horizon}
            raise _bad_split(
                Message("the set {part!r} has {rows} [row|rows], fewer than the horizon {horizon}", values)
            )
    for (earlier_name, earlier), (later_name, later) in itertools.pairwise(named):
        if later.start < earlier.stop:
            values = {"later": later_name, "row": later.start, "earlier": earlier_name}
            raise _bad_split(
                Message("the set {later!r} begins at row {row}, inside or before the set {earlier!r}", values)
            )
        if later.start - earlier.stop < gap:
            values = {"rows": later.start - earlier.stop, "earlier": earlier_name, "later": later_name, "gap": gap}
            raise _bad_split(
                Message(
                    "only {rows} [row separates|rows separate] the sets {earlier!r} and {later!r}; the config "
                    "requires a gap of {gap} [row|rows]",
                    values,
                )
            )


def _bad_split(problem: Message) -> InvalidInput:
    return InvalidInput(
        "the pipeline's split is invalid: {problem}",
        where="split",
        next_step="choose a smaller horizon, gap or share, or add a longer series",
        problem=problem,
    )


def targets_at(values: Floats, origins: Indices, horizon: int) -> Floats:
    """Return the values of the ``horizon`` rows after each origin, ``(origin, horizon)``.

    Example:
        >>> targets_at(np.arange(6.0), np.array([0, 2]), 3).tolist()
        [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]
    """
    return np.asarray(values[origins[:, None] + np.arange(1, horizon + 1)])


def _until(values: Floats, rows: Rows, horizon: int) -> Floats:
    """Return ``values`` up to the end of ``rows``, followed by ``horizon`` NaN."""
    return np.append(values[: rows.stop], np.full(horizon, np.nan))


def ahead_at(table: Table, columns: Sequence[str], origins: Indices, horizon: int) -> dict[str, Floats]:
    """Return column → values after each origin, ``(origin, horizon)``, NaN where a row or value is missing.

    Raises InvalidInput if ``table`` lacks a column.
    """
    return ahead_of(table.frame, columns, origins, horizon)


def cut_learning(
    table: Table, rows: Rows, horizon: int, known_ahead: Sequence[str] = (), *, partial: bool = False
) -> Part:
    """Return a training or validation part with the row range ``rows`` and all earlier rows as context.

    The frame ends with the part, so the pipeline cannot access later rows. Each origin has ``horizon`` known targets
    inside ``rows``; origins with a missing target are dropped. With ``partial``, an origin only needs one known target,
    and its other targets may be NaN. Raises InvalidInput if no origin is left; for a panel, if a series has none left.
    """
    if table.schema.series is not None:
        return panel_cuts.learning_part(table, rows, horizon, known_ahead, partial=partial)
    frame = table.frame.head(rows.stop)
    origins = np.arange(max(0, rows.start - 1), rows.stop - (1 if partial else horizon), dtype=np.int64)
    targets = targets_at(_until(_target(table), rows, horizon), origins, horizon)
    known = np.isfinite(targets)
    complete = known.any(axis=1) if partial else known.all(axis=1)
    if not complete.any():
        raise InvalidInput(
            "the rows {start} to {stop} contain no window of {horizon} known target values",
            where="column {target!r}",
            next_step="choose a shorter horizon, or a series with fewer missing values",
            horizon=horizon,
            start=rows.start,
            stop=rows.stop,
            target=table.schema.target,
        )
    origins, targets = origins[complete], targets[complete]
    ahead = ahead_at(table, known_ahead, origins, horizon)
    return Part(frame, table.schema, rows.start, horizon, origins, targets, ahead)


def cut_test(
    table: Table,
    rows: Rows,
    horizon: int,
    max_origins: int = MAX_TEST_ORIGINS,
    known_ahead: Sequence[str] = (),
    *,
    partial: bool = False,
) -> tuple[Part, Floats]:
    """Return the test set without targets, and its true values, ``(origin, horizon)``, NaN where missing.

    Every row is an origin, or every n-th row (of a panel: every n-th moment) if there are more than ``max_origins``;
    origins without a known true value are dropped. The frame contains the part's own rows, because they are history for
    later origins. With ``partial``, the last origins have fewer known true values than the horizon. Raises InvalidInput
    if no true value is known; for a panel, if none is known for a series.
    """
    if table.schema.series is not None:
        return panel_cuts.test_part(table, rows, horizon, known_ahead, max_origins, partial=partial)
    first, last = max(0, rows.start - 1), rows.stop - (1 if partial else horizon)
    stride = max(1, -(-(last - first) // max_origins))
    origins = np.arange(first, last, stride, dtype=np.int64)
    truth = targets_at(_until(_target(table), rows, horizon), origins, horizon)
    known = np.isfinite(truth).any(axis=1)
    if not known.any():
        raise InvalidInput(
            "the test set has no known target",
            where="column {target!r}, rows {start} to {stop}",
            next_step="choose a larger test share, or a series whose last rows have target values",
            target=table.schema.target,
            start=rows.start,
            stop=rows.stop,
        )
    truth = np.where(np.isfinite(truth), truth, np.nan)
    origins, truth = origins[known], truth[known]
    ahead = ahead_at(table, known_ahead, origins, horizon)
    return Part(table.frame.head(rows.stop), table.schema, rows.start, horizon, origins, ahead=ahead), truth


def cut_future(table: Table, horizon: int, known_ahead: Sequence[str] = ()) -> Part:
    """Return the part for the forecast after the last row, with one origin per series; see ``part_at_end``."""
    if table.schema.series is not None:
        return panel_cuts.future_part(table, horizon, known_ahead)
    return part_at_end(table.frame, table.schema, horizon, known_ahead)


def cut_after(part: Part, origin: int) -> Part:
    """Return ``part`` with only the origin ``origin``, a row of its frame, and without the later rows of any series.

    For a panel with groups, the other origins of the same moment are kept. Values of columns that are known in advance
    are kept too, because they were known at the origin.
    """
    origins = np.array([origin], dtype=np.int64)
    at = part.origins == origin
    ahead = {column: values[at] for column, values in part.ahead.items()}
    if part.schema.series is not None and part.schema.groups:
        times = part.frame.get_column(str(part.schema.time))
        known = times <= times[origin]
        at = (times.gather(part.origins) == times[origin]).to_numpy()
        rows = np.cumsum(known.to_numpy())[part.origins[at]] - 1
        ahead = {column: values[at] for column, values in part.ahead.items()}
        return Part(part.frame.filter(known), part.schema, 0, part.horizon, rows.astype(np.int64), ahead=ahead)
    if part.schema.series is not None:
        frame, row = panel.until(part.frame, str(part.schema.time), origin)
        return Part(frame, part.schema, 0, part.horizon, np.array([row], dtype=np.int64), ahead=ahead)
    start = min(part.start, origin + 1)
    return Part(part.frame.head(origin + 1), part.schema, start, part.horizon, origins, ahead=ahead)


def times_of(frame: pl.DataFrame, schema: Schema) -> list[str]:
    """Return the time of each row as ISO 8601 in UTC, or its number if the table has no time."""
    if schema.time is None:
        return [str(row) for row in range(frame.height)]
    import polars as pl

    column = frame.get_column(schema.time).cast(pl.Datetime("us", "UTC"))
    return column.dt.strftime(_ISO).to_list()


def range_of(table: Table, rows: Rows) -> PartSummary:
    """Return the summary of the part ``rows``: its first and last time, and its number of rows in all series."""
    if table.schema.series is None:
        ends = times_of(table.frame[[rows.start, rows.stop - 1]], table.schema)
        return PartSummary(rows=len(rows), start=ends[0], end=ends[1])
    moments = table.frame.select(table.schema.time).unique().sort(table.schema.time)
    ends = times_of(moments[[rows.start, rows.stop - 1]], table.schema)
    count = panel_cuts.own_rows(table, rows).counts.sum()
    return PartSummary(rows=int(count), start=ends[0], end=ends[1])


def future_times(frame: pl.DataFrame, schema: Schema, horizon: int) -> list[str]:
    """Return the times of the ``horizon`` rows after the last row of ``frame``, in the format of ``times_of``.

    Raises InvalidInput if they cannot be derived because ``frame`` has a single row and no frequency.
    """
    if schema.time is None:
        return [str(frame.height + step) for step in range(horizon)]
    return [at.strftime(_ISO) for at in following_times(frame, schema, horizon)]


def save_part(part: Part, folder: Path) -> None:
    """Write ``part`` into ``folder``, whose previous content is deleted."""
    fresh_folder(folder)
    part.frame.write_parquet(folder / "frame.parquet", compression="lz4")
    np.save(folder / "origins.npy", part.origins, allow_pickle=False)
    if part.targets is not None:
        np.save(folder / "targets.npy", part.targets, allow_pickle=False)
    for index, values in enumerate(part.ahead.values()):
        np.save(folder / f"ahead-{index}.npy", values, allow_pickle=False)
    fields = {"schema": asdict(part.schema), "start": part.start, "horizon": part.horizon, "ahead": list(part.ahead)}
    (folder / "part.json").write_bytes(orjson.dumps(fields))


class StoredPart(Part):
    """A part whose frame is read when it is first used, so that steps that need only targets do not load Polars."""

    def __getattr__(self, name: str) -> object:  # Python calls this only for attributes that are not set yet
        if name != "frame" or "_folder" not in self.__dict__:
            raise AttributeError(name)
        with Reading.measured():
            import polars as pl

            self.__dict__["frame"] = pl.read_parquet(self.__dict__["_folder"] / "frame.parquet")
        return self.__dict__["frame"]


def load_part(folder: Path | str) -> Part:
    """Return the part that ``save_part`` wrote; its targets are None if the folder contains none."""
    folder = Path(folder)
    fields = orjson.loads((folder / "part.json").read_bytes())
    targets = folder / "targets.npy"
    part = object.__new__(StoredPart)
    part.__dict__.update(
        _folder=folder,
        schema=Schema.of(DatasetSchema(**fields["schema"])),
        start=fields["start"],
        horizon=fields["horizon"],
        origins=np.load(folder / "origins.npy", allow_pickle=False),
        targets=np.load(targets, allow_pickle=False) if os.path.exists(targets) else None,
        ahead={
            column: np.load(folder / f"ahead-{index}.npy", allow_pickle=False)
            for index, column in enumerate(fields.get("ahead", ()))
        },
    )
    return part


def without_short_series(table: Table, split: Split, horizon: int) -> tuple[Table, tuple[LeftOut, ...]]:
    """Return the table with the unusable series of a panel marked as left out, and these series with the reasons.

    Raises InvalidInput if no series is usable.
    """
    if table.schema.series is None:
        return table, ()
    gone = panel.left_out(table, split, horizon)
    return replace(table, left_out=frozenset(each.series for each in gone)), gone


def learnable(table: Table, split: Split, horizon: int) -> tuple[Table, tuple[LeftOut, ...]]:
    """Return the result of ``without_short_series``, with the totals of declared groups added to the table.

    Raises InvalidInput if no series is usable.
    """
    table, gone = without_short_series(table, split, horizon)
    if not table.schema.groups:
        return table, gone
    whole = with_totals(table)
    gone = panel.left_out(whole, split, horizon)
    return replace(whole, left_out=frozenset(each.series for each in gone)), gone


def of_run(table: Table, left_out: Sequence[LeftOut]) -> Table:
    """Return the table to which the row ranges of a run refer.

    Series that ended before the test set are removed, because the ranges do not count their moments (see
    ``panel.split_of_those_that_go_on``); the other series in ``left_out`` are marked as left out.

    Args:
        table: dataset version.
        left_out: series that the run left out.
    """
    table = panel.without(table, [each.series for each in left_out if each.why == "ended"])
    return replace(table, left_out=frozenset(each.series for each in left_out))


def _target(table: Table) -> Floats:
    import polars as pl

    column = table.frame.get_column(table.schema.target).cast(pl.Float64).fill_null(float("nan"))
    return np.asarray(column.to_numpy(), dtype=np.float64)
