"""The split of a panel: every series is split at the same moments.

The row ranges of a panel's split count its distinct times. No part contains rows of any series that are later than its
end, so one series cannot reveal the future of another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Flags
from azuraforge.plugins.contract.evaluation import LeftOut, PartName
from azuraforge.plugins.contract.parts import Rows, Split, Table
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks, consecutive, one_of
from azuraforge.plugins.kinds.forecast.panels.cuts import OwnRows, own_rows, windows

if TYPE_CHECKING:
    import polars as pl


Why = Literal["few_rows", "no_window", "constant", "ended"]
_NAMED = 8


def series_of(table: Table) -> Iterator[tuple[str, Table]]:
    """Yield the name and the separate table of each series that is not left out."""
    column = str(table.schema.series)
    found, bare, schema = Blocks.of(table.frame, column), table.frame.drop(column), one_of(table.schema)
    for name, first, stop in zip(found.names, found.first.tolist(), found.stop.tolist(), strict=True):
        if name not in table.left_out:
            yield name, Table(bare.slice(first, stop - first), schema)


def until(frame: pl.DataFrame, column: str, row: int) -> tuple[pl.DataFrame, int]:
    """Return ``frame`` without the rows of any series that are later than row ``row``, and the new index of that row.

    ``column`` is the name of the column of times.
    """
    at = frame.get_column(column)
    known = at <= at[row]
    return frame.filter(known), int(known.head(row).sum())


def without(table: Table, names: Collection[str]) -> Table:
    """Return ``table`` without the rows of the series ``names``, so that their times do not count in the split."""
    import polars as pl

    if not names:
        return table
    return replace(table, frame=table.frame.filter(~pl.col(str(table.schema.series)).is_in(list(names))))


def split_of_those_that_go_on(
    table: Table, split: Callable[[Table], Split]
) -> tuple[Table, Split, tuple[LeftOut, ...]]:
    """Split a table; for a panel, without the series that end before the test set.

    The times of a series that ended long ago would otherwise count in the ranges, although no other series may have
    rows there. Removing a series moves the ranges, so the split is repeated until all series have rows in the test set.

    Returns the table without the removed series, its split, and the removed series. Raises the errors of ``split``; an
    InvalidInput is extended by the names of the removed series.
    """
    gone: list[LeftOut] = []
    while True:
        with told_of(gone):
            ranges = split(table)
        if table.schema.series is None or not 0 <= ranges.test.start < ranges.test.stop <= table.moments:
            return table, ranges, ()  # ``check_split`` reports invalid ranges
        own = own_rows(table, ranges.test)
        ended = [own.names[place] for place in np.flatnonzero(own.start == own.length).tolist()]
        if not ended:
            return table, ranges, tuple(gone)
        gone += [
            LeftOut(series=name, part="test", why="ended", rows=0, needed=ranges.needs.get("test", 1)) for name in ended
        ]
        table = without(table, ended)


@contextmanager
def told_of(gone: Sequence[LeftOut]) -> Iterator[None]:
    """Return a context manager that adds the series that ended before the test set, and a remedy, to InvalidInput."""
    try:
        yield
    except InvalidInput as error:
        if not gone:
            raise
        named = ", ".join(each.series for each in gone[:_NAMED]) + (" …" if len(gone) > _NAMED else "")
        message, place, step = error.parts()
        own = Message("use a separate dataset for the series that ended")
        raise InvalidInput(
            "{message}; {count} series that ended before the test set [is|are] excluded ({named})",
            where="{place}",
            next_step="{step}, or {own}" if step.template else "{own}",
            code=error.error_code,
            details=error.details,
            message=message,
            place=place,
            step=step,
            own=own,
            count=len(gone),
            named=named,
        ) from error


def left_out(table: Table, split: Split, horizon: int) -> tuple[LeftOut, ...]:
    """Return the series of a panel that a run leaves out, with the reasons.

    These are series with fewer rows in a part than ``split.needs`` or the horizon requires, without a usable origin, or
    with a constant target in the training set. Raises InvalidInput if no series remains.
    """
    found: dict[str, LeftOut] = {}
    parts: tuple[tuple[PartName, Rows], ...]
    parts = ("train", split.train), ("validation", split.validation), ("test", split.test)
    for part, rows in parts:
        rest = replace(table, left_out=frozenset(found))
        needed = max(1 if split.partial else horizon, split.needs.get(part, 0))
        made = windows(rest, rows, horizon, partial=split.partial)
        usable = made.judged if split.partial or part == "test" else made.complete
        few, none = made.own.counts < needed, made.counts(usable) == 0
        still = _unchanging(rest, made.own) if part == "train" else np.zeros(len(few), dtype=bool)
        why: Why
        for place in np.flatnonzero(few | none | still).tolist():
            why = "few_rows" if few[place] else "constant" if still[place] else "no_window"
            name, own = made.own.names[place], int(made.own.counts[place])
            found[name] = LeftOut(series=name, part=part, why=why, rows=own, needed=needed)
    column = str(table.schema.series)
    names = Blocks.of(table.frame, column).names
    if not set(names) - set(found):
        if all(each.why == "constant" for each in found.values()):
            raise InvalidInput(
                "each of the {count} series is constant in the training set, so there is nothing to learn",
                where="column {target!r}",
                next_step="choose another target, or smaller validation and test shares",
                code="constant_target",
                count=len(names),
                target=table.schema.target,
            )
        first = found[names[0]]
        raise InvalidInput(
            "none of the {count} series can be learned and evaluated; {series!r} has {rows:,} [row|rows] in the "
            "set {part!r} and needs {needed:,}",
            where="split",
            next_step="choose a smaller window or horizon, or add longer series",
            count=len(names),
            series=first.series,
            rows=first.rows,
            part=first.part,
            needed=first.needed,
        )
    return tuple(found.values())


def _unchanging(table: Table, own: OwnRows) -> Flags:
    """Return a ``(series,)`` mask of the series whose known targets up to ``own.stop`` are all equal, or missing."""
    values = column_values(table.frame, table.schema.target)
    size = np.maximum(own.stop, 1)
    begins = np.cumsum(size) - size
    known = values[consecutive(own.first, size)]
    lowest, highest = (np.asarray(find.reduceat(known, begins)) for find in (np.fmin, np.fmax))
    return np.asarray(~(highest > lowest))
