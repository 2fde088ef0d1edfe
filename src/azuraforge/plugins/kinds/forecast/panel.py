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
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.evaluation import LeftOut, PartName
from azuraforge.plugins.contract.parts import Part, Rows, Split, Table
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import blocks, one_of, stack, times
from azuraforge.wording import fill

if TYPE_CHECKING:
    import polars as pl


Why = Literal["few_rows", "no_window", "constant", "ended"]
_NAMED = 8
Cut = Callable[[Table, Rows], Part]
CutTest = Callable[[Table, Rows], tuple[Part, Floats]]


def series_of(table: Table) -> Iterator[tuple[str, Table]]:
    """Each series that is not left out, as a table of its own."""
    column = str(table.schema.series)
    for name, first, stop in blocks(table.frame, column):
        if name not in table.left_out:
            yield name, Table(table.frame.slice(first, stop - first).drop(column), one_of(table.schema))


def own_rows(table: Table, rows: Rows) -> Iterator[tuple[str, Table, Rows]]:
    """Each series, and which of its own rows lie between the moments that ``rows`` of the panel name."""
    at = times(table.frame, table.schema)
    begin, end = at[rows.start], at[rows.stop - 1] + 1
    for name, one in series_of(table):
        start, stop = np.searchsorted(moments_of(one.frame, one.schema), [begin, end]).tolist()
        yield name, one, Rows(start, stop)


def cut_each(table: Table, rows: Rows, cut: Cut) -> Part:
    """One part out of what ``cut`` makes of each series."""
    parts: list[tuple[str, Part]] = []
    for name, one, own in own_rows(table, rows):
        with _named(name):
            parts.append((name, cut(one, own)))
    return stack(parts, table.schema)


def cut_each_test(table: Table, rows: Rows, cut: CutTest, most: int) -> tuple[Part, Floats]:
    """The held-out part of all series and its truth; beyond ``most`` origins every so many moments, of all series."""
    parts: list[tuple[str, Part]] = []
    truths: list[Floats] = []
    for name, one, own in own_rows(table, rows):
        with _named(name):
            part, truth = cut(one, own)
        parts.append((name, part))
        truths.append(truth)
    whole, truth = stack(parts, table.schema), np.concatenate(truths)
    at = moments_of(whole.frame, whole.schema)[whole.origins]
    stride = max(1, -(-len(at) // most))
    kept = np.isin(at, np.unique(at)[::stride])
    ahead = {column: values[kept] for column, values in whole.ahead.items()}
    return replace(whole, origins=whole.origins[kept], ahead=ahead), truth[kept]


def cut_each_future(table: Table, cut: Callable[[Table], Part]) -> Part:
    """One origin in each series: its own last row."""
    return stack([(name, cut(one)) for name, one in series_of(table)], table.schema)


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
        ended = [name for name, one, own in own_rows(table, ranges.test) if own.start == len(one)]
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
        message = f"{error.message}; {len(gone)} series that ended before the test part are left out ({named})"
        step = ", or ".join(filter(None, (error.next_step, "learn the series that ended from a dataset of their own")))
        told = {"where": error.where, "next_step": step, "code": error.error_code}
        raise InvalidInput(message, **told).with_details(error.details) from error


def left_out(table: Table, split: Split, horizon: int, cut: Cut, cut_test: CutTest) -> tuple[LeftOut, ...]:
    """Series that cannot be learned or judged: with fewer rows than ``split.needs``, or without a whole window.

    Raises InvalidInput where none is left.
    """
    found: dict[str, LeftOut] = {}
    parts: tuple[tuple[PartName, Rows], ...]
    parts = ("train", split.train), ("validation", split.validation), ("test", split.test)
    for part, rows in parts:
        for name, one, own in own_rows(replace(table, left_out=frozenset(found)), rows):
            needed = max(1 if split.partial else horizon, split.needs.get(part, 0))
            why: Why | None = _short(one, own, needed, part == "train")
            if why is None:
                try:
                    (cut_test if part == "test" else cut)(one, own)
                except InvalidInput:
                    why = "no_window"
            if why is not None:
                found[name] = LeftOut(series=name, part=part, why=why, rows=len(own), needed=needed)
    column = str(table.schema.series)
    names = [name for name, _, _ in blocks(table.frame, column)]
    if not set(names) - set(found):
        first = found[names[0]]
        raise InvalidInput(
            f"none of the {len(names)} series can be learned and judged; {first.series!r} "
            + fill("has {rows} [row|rows] in its {part} part", rows=first.rows, part=first.part)
            + f" and needs {first.needed}",
            where="split",
            next_step="choose a smaller window or horizon, or add longer series",
        )
    return tuple(found.values())


def _short(one: Table, own: Rows, needed: int, learned: bool) -> Why | None:
    if len(own) < needed:
        return "few_rows"
    if not learned:
        return None
    values = column_values(one.frame.head(own.stop), one.schema.target)
    known = values[np.isfinite(values)]
    return "constant" if not known.size or float(np.ptp(known)) == 0 else None


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Errors of one series say which."""
    try:
        yield
    except InvalidInput as error:
        error.where = ", ".join(filter(None, (f"series {name!r}", error.where)))
        raise
