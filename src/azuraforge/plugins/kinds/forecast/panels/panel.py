"""A panel cut into parts: every series at the same moments, and none of it after them.

The rows of a panel's split count its different times. What one series does after a cut is seen through no other.
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
    """Each series that is not left out, as a table of its own."""
    column = str(table.schema.series)
    found, bare, schema = Blocks.of(table.frame, column), table.frame.drop(column), one_of(table.schema)
    for name, first, stop in zip(found.names, found.first.tolist(), found.stop.tolist(), strict=True):
        if name not in table.left_out:
            yield name, Table(bare.slice(first, stop - first), schema)


def until(frame: pl.DataFrame, column: str, row: int) -> tuple[pl.DataFrame, int]:
    """``frame`` without what any series did after the time of ``row``, and where that row stands then."""
    at = frame.get_column(column)
    known = at <= at[row]
    return frame.filter(known), int(known.head(row).sum())


def without(table: Table, names: Collection[str]) -> Table:
    """``table`` without the rows of some series, so that their moments are not counted."""
    import polars as pl

    if not names:
        return table
    return replace(table, frame=table.frame.filter(~pl.col(str(table.schema.series)).is_in(list(names))))


def split_of_those_that_go_on(
    table: Table, split: Callable[[Table], Split]
) -> tuple[Table, Split, tuple[LeftOut, ...]]:
    """Row ranges that count the moments of the series that reach into the test part, and which others there are.

    A series that ended long ago would otherwise stretch the ranges over moments at which no other has rows. Without it
    the ranges move, so that it is asked again until none is left behind. Raises what ``split`` raises, with the names.
    """
    gone: list[LeftOut] = []
    while True:
        with told_of(gone):
            ranges = split(table)
        if table.schema.series is None or not 0 <= ranges.test.start < ranges.test.stop <= table.moments:
            return table, ranges, ()  # ranges that are wrong are told by ``check_split``
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
    """Errors say which series ended before the test part, and what to do about them."""
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
    """Series that cannot be learned or judged: with fewer rows than ``split.needs``, or without a whole window.

    Raises InvalidInput where none is left.
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
            "none of the {count} series can be learned and evaluated; {series!r} has {rows:,} [row|rows] in part "
            "{part!r} and needs {needed:,}",
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
    """``(series,)``: whether the known targets up to the end of the own rows are all the same, or there are none."""
    values = column_values(table.frame, table.schema.target)
    size = np.maximum(own.stop, 1)
    begins = np.cumsum(size) - size
    known = values[consecutive(own.first, size)]
    lowest, highest = (np.asarray(find.reduceat(known, begins)) for find in (np.fmin, np.fmax))
    return np.asarray(~(highest > lowest))
