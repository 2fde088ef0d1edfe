"""Parts of a panel, computed for all series at once with arrays over rows instead of a loop over series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.parts import Part, Rows, Table
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks, consecutive, times


@dataclass(frozen=True)
class OwnRows:
    """The rows of each series of a panel in one range of moments, without the series that are left out.

    Attributes:
        names: ``(series,)`` names.
        first: ``(series,)`` index of the series' first row in the table's frame.
        length: ``(series,)`` number of all rows of the series.
        start, stop: ``(series,)`` half-open range of the rows between the moments, relative to ``first``.
    """

    names: list[str]
    first: Indices
    length: Indices
    start: Indices
    stop: Indices

    @property
    def counts(self) -> Indices:
        """Number of rows of each series in the range of moments, ``(series,)``."""
        return np.asarray(self.stop - self.start)


def own_rows(table: Table, rows: Rows) -> OwnRows:
    """Return the rows of each series in the range ``rows``, which counts the distinct times of the panel."""
    moments = moments_of(table.frame, table.schema)
    at = times(table.frame, table.schema)
    blocks = Blocks.of(table.frame, str(table.schema.series))
    before = [_counted(moments < end, blocks) for end in (at[rows.start], at[rows.stop - 1] + 1)]
    kept = np.array([name not in table.left_out for name in blocks.names], dtype=bool)
    names = [name for name, here in zip(blocks.names, kept.tolist(), strict=True) if here]
    return OwnRows(names, blocks.first[kept], blocks.sizes[kept], before[0][kept], before[1][kept])


@dataclass(frozen=True)
class Windows:
    """The origins of all series of a part, with the values of the rows after them.

    Attributes:
        own: rows of each series in the part.
        taken: ``(row,)`` indices of the table's rows that the part's frame contains: all rows up to ``own.stop``.
        origins: ``(origin,)`` indices into the part's frame.
        source: ``(origin,)`` indices of the same rows in the table's frame.
        owners: ``(origin,)`` index in ``own`` of each origin's series.
        targets: ``(origin, horizon)`` values of the rows after each origin; NaN where unknown or beyond the part.
    """

    own: OwnRows
    taken: Indices
    origins: Indices
    source: Indices
    owners: Indices
    targets: Floats

    def kept(self, chosen: Flags) -> Windows:
        """Return the windows with only the origins for which the ``(origin,)`` mask ``chosen`` is True."""
        origins, source, owners = self.origins[chosen], self.source[chosen], self.owners[chosen]
        return replace(self, origins=origins, source=source, owners=owners, targets=self.targets[chosen])

    @property
    def complete(self) -> Flags:
        """``(origin,)`` mask of the origins whose targets are all known."""
        return np.asarray(np.isfinite(self.targets).all(axis=1))

    @property
    def judged(self) -> Flags:
        """``(origin,)`` mask of the origins with at least one known target, which can be evaluated."""
        return np.asarray(np.isfinite(self.targets).any(axis=1))

    def counts(self, chosen: Flags) -> Indices:
        """Return the number of origins of each series for which the ``(origin,)`` mask ``chosen`` is True."""
        return np.bincount(self.owners[chosen], minlength=len(self.own.names)).astype(np.int64)

    def part(self, table: Table, known_ahead: Sequence[str], targets: Floats | None) -> Part:
        """Return the part with these origins.

        Args:
            table: panel.
            known_ahead: names of the columns that are known in advance.
            targets: ``(origin, horizon)`` targets; None if the receiver of the part must not know them.
        """
        ends = (self.own.first + self.own.length)[self.owners]
        read = {name: column_values(table.frame, name) for name in known_ahead}
        ahead = {name: _ahead(values, self.source, ends, self.horizon) for name, values in read.items()}
        return Part(table.frame[self.taken], table.schema, 0, self.horizon, self.origins, targets, ahead)

    @property
    def horizon(self) -> int:
        """Number of rows predicted from each origin."""
        return int(self.targets.shape[1])


def windows(table: Table, rows: Rows, horizon: int, *, partial: bool) -> Windows:
    """Return the origins of each series whose targets are inside the part.

    Args:
        table: panel.
        rows: range of the part, which counts the distinct times of the panel.
        horizon: number of rows predicted from each origin.
        partial: whether only the first target has to be inside the part; the targets beyond it are NaN.
    """
    own = own_rows(table, rows)
    begins = np.cumsum(own.stop) - own.stop
    low = np.maximum(0, own.start - 1)
    counts = np.maximum(own.stop - (1 if partial else horizon) - low, 0)
    owners = np.repeat(np.arange(len(own.names)), counts)
    within = consecutive(low, counts)
    taken, source = consecutive(own.first, own.stop), own.first[owners] + within
    values = column_values(table.frame, table.schema.target)
    targets = _ahead(values, source, (own.first + own.stop)[owners], horizon)
    return Windows(own, taken, begins[owners] + within, source, owners, targets)


def learning_part(table: Table, rows: Rows, horizon: int, known_ahead: Sequence[str], *, partial: bool) -> Part:
    """Return the training or validation part of a panel; see ``parts.cut_learning``.

    Raises InvalidInput if a series has no usable origin.
    """
    found = windows(table, rows, horizon, partial=partial)
    usable = found.judged if partial else found.complete
    _refuse_none(
        found, usable, Message("the series has no window of {horizon} known target values", {"horizon": horizon})
    )
    found = found.kept(usable)
    return found.part(table, known_ahead, found.targets)


def test_part(
    table: Table, rows: Rows, horizon: int, known_ahead: Sequence[str], most: int, *, partial: bool
) -> tuple[Part, Floats]:
    """Return the test set of a panel, and its true values, ``(origin, horizon)``; see ``parts.cut_test``.

    If there are more than ``most`` origins, only the origins at every n-th moment are used. Raises InvalidInput if a
    series has no known target.
    """
    found = windows(table, rows, horizon, partial=partial)
    _refuse_none(found, found.judged, Message("the test set has no known target"))
    found = found.kept(found.judged)
    at = moments_of(table.frame, table.schema)[found.source]
    stride = max(1, -(-len(at) // most))
    if stride > 1:
        found = found.kept(np.isin(at, np.unique(at)[::stride]))
    return found.part(table, known_ahead, None), found.targets


def future_part(table: Table, horizon: int, known_ahead: Sequence[str]) -> Part:
    """Return the part for the forecast after the last row, with one origin per series.

    The origin is the last row of the series; if columns are known in advance, it is the last row with a known target,
    if there is one.
    """
    own = own_rows(table, Rows(0, table.moments))
    last = own.length - 1
    if known_ahead:
        measured = np.isfinite(column_values(table.frame, table.schema.target))
        newest = np.maximum.accumulate(np.where(measured, np.arange(len(measured)), -1))[own.first + last] - own.first
        last = np.where(newest >= 0, newest, last)
    size = last + 1
    source = own.first + last
    ends = own.first + own.length
    ahead = {name: _ahead(column_values(table.frame, name), source, ends, horizon) for name in known_ahead}
    frame = table.frame[consecutive(own.first, size)]
    return Part(frame, table.schema, 0, horizon, np.cumsum(size) - 1, ahead=ahead)


def _ahead(values: Floats, origins: Indices, ends: Indices, horizon: int) -> Floats:
    """Return the values after each origin, ``(origin, horizon)``; NaN from the row ``ends`` of its series on."""
    rows = origins[:, None] + np.arange(1, horizon + 1)
    return np.where(rows < ends[:, None], values[np.minimum(rows, len(values) - 1)], np.nan)


def _counted(flags: Flags, blocks: Blocks) -> Indices:
    """Return the number of flagged rows of each series, ``(series,)``."""
    total = np.append(0, np.cumsum(flags))
    return np.asarray(total[blocks.stop] - total[blocks.first], dtype=np.int64)


def _refuse_none(found: Windows, usable: Flags, problem: Message) -> None:
    empty = np.flatnonzero(found.counts(usable) == 0)
    if len(empty):
        raise InvalidInput(
            "{problem}",
            where="series {series!r}",
            next_step="choose a shorter horizon, or a series with fewer missing values",
            problem=problem,
            series=found.own.names[int(empty[0])],
        )
