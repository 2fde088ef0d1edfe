"""Data of a pipeline: a table, its split into row ranges, the parts of the table, and predictions for a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the API and the supervisor never load NumPy and Polars; children do
    import polars as pl

    from azuraforge.plugins.contract.arrays import Floats, Indices
    from azuraforge.plugins.contract.dataset_schema import DatasetSchema


@dataclass(frozen=True)
class Rows:
    """A half-open range of rows, ``start <= row < stop``."""

    start: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.start)


@dataclass(frozen=True)
class Schema:
    """Meaning of the columns of a table.

    Attributes:
        time: name of the column of times, which are in UTC; None for rows without time.
        target: name of the column to predict.
        features: names of the other columns to learn from.
        frequency: distance of two rows as a Polars duration such as ``"1h"``, ``"1d"`` or ``"1mo"``; None if it
            varies, as for trading days.
        season: number of rows in the strongest cycle (24 for hours, 7 for days, 52 for weeks, 12 for months, 5 for
            trading days); 1 if there is none.
        timezone: time zone in which calendar features are computed.
        unit: unit of the target; may be empty.
        rhythm_timezone: time zone in which the distance of rows is constant, such as UTC for a logger that writes at
            midnight UTC; None if it is ``timezone``.
        month_end: whether the rows are dated on the last day of their months.
        series: name of the column that identifies the series of a panel (see ``forecasting.panels``); None for a single
            series.
        available_after: column → when its values become known. Rows of a table contain only values that were known at
            their time (see ``forecasting.availability``).
        groups: groups of a panel's series for which totals are forecast (see ``contract.groups``).
    """

    time: str | None
    target: str
    features: tuple[str, ...] = ()
    frequency: str | None = None
    season: int = 1
    timezone: str = "UTC"
    unit: str = ""
    rhythm_timezone: str | None = None
    month_end: bool = False
    series: str | None = None
    available_after: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: DatasetSchema) -> Schema:
        """Return the fields of ``schema`` that pipelines receive."""
        return cls(**{each.name: getattr(schema, each.name) for each in fields(cls)})


@dataclass(frozen=True)
class Table:
    """A dataset version as pipelines receive it.

    Attributes:
        frame: rows in order of time; for a panel, series by series. The target is null in rows without a measurement;
            such rows are never targets of a part.
        schema: meaning of the columns.
        left_out: names of a panel's series that no part contains.
    """

    frame: pl.DataFrame
    schema: Schema
    left_out: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return self.frame.height

    @property
    def moments(self) -> int:
        """Number of rows in time: the number of rows, or for a panel the number of distinct times of all series."""
        if self.schema.series is None or self.schema.time is None:
            return self.frame.height
        return self.frame.get_column(self.schema.time).n_unique()


@dataclass(frozen=True)
class Split:
    """Row ranges of the parts. The platform checks that they are disjoint, ordered and inside the table.

    Attributes:
        train, validation, test: range of each part. For a panel, the ranges count its distinct times, so that every
            series is split at the same times.
        needs: part name → minimum number of rows that a series of a panel must have in this part; a series with fewer
            rows is left out.
        partial: whether every row of a part is an origin, even if its horizon extends beyond the part. The targets
            beyond the part are then NaN.
    """

    train: Rows
    validation: Rows
    test: Rows
    needs: Mapping[str, int] = field(default_factory=dict)
    partial: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the table: earlier rows as context, followed by the part's own rows.

    The rows of a panel are ordered by series; ``forecasting.panels.each`` yields the part of each series.

    Attributes:
        frame: context rows followed by the part's own rows, in order of time; for a panel, series by series.
        schema: meaning of the columns.
        start: index in ``frame`` of the first own row; earlier rows are inputs, never targets. 0 for a panel.
        horizon: number of rows predicted from each origin; 0 for tasks without time.
        origins: ``(origin,)`` indices into ``frame``. Rows up to and including ``origins[i]`` are known when the rows
            ``origins[i] + 1 … origins[i] + horizon`` are predicted.
        targets: ``(origin, horizon)`` true values in the unit of the target; None if the receiver of the part must not
            know them, as for the test set and for live requests.
        ahead: column → ``(origin, horizon)`` values after each origin of columns that the run's config declares as
            known in advance, such as a price list or a planned outage; NaN where a value is missing. They are passed
            separately because the use of any later row of ``frame`` counts as a leak.
    """

    frame: pl.DataFrame
    schema: Schema
    start: int
    horizon: int
    origins: Indices
    targets: Floats | None = None
    ahead: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.origins)


@dataclass(frozen=True)
class Predictions:
    """Predictions of a predictor for a part.

    Attributes:
        point: ``(origin, horizon)`` expected values in the unit of the target.
        quantiles: level → ``(origin, horizon)`` quantiles, for example ``{0.05: …, 0.95: …}``; may be empty.
        base: ``(origin, horizon)`` point forecasts before the platform reconciled them; None if it did not.
    """

    point: Floats
    quantiles: dict[float, Floats] = field(default_factory=dict)
    base: Floats | None = None
