"""Data of a pipeline: a table, its split into row ranges, and the parts cut from it."""

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

    ``frequency`` is a Polars duration such as ``"1h"``, ``"1d"`` or ``"1mo"``, or None if rows have no
    fixed distance (trading days, for example). ``season`` is the number of rows in the strongest natural
    cycle (24 for hours, 7 for days, 52 for weeks, 12 for months; 5 for trading days) and 1 if there is none.
    ``timezone`` is the zone in which calendar features are read; times themselves are UTC. Days, months and opening
    hours follow one another in ``rhythm_timezone`` (None: the same zone; a logger may write at midnight UTC wherever
    it stands). With ``month_end`` the rows stand on the last days of their months. ``series`` is the column that tells
    the series of a panel apart (``panels.py``); None if all rows are of one series. ``available_after`` says of
    columns when their values become known; a table's rows already hold what was known at their time
    (``forecasting.availability``). ``groups`` says which series of a panel add up to totals (``contract.groups``).
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
        """Return the meaning of a dataset version's columns as app code sees it."""
        return cls(**{each.name: getattr(schema, each.name) for each in fields(cls)})


@dataclass(frozen=True)
class Table:
    """A dataset version as app code sees it: ``frame`` in order of time, and its schema.

    The target is null in rows without a measurement; no part has these rows among its targets. A panel's rows stand
    series by series, each in order of time; those ``left_out`` are not cut into parts.
    """

    frame: pl.DataFrame
    schema: Schema
    left_out: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return self.frame.height

    @property
    def moments(self) -> int:
        """Number of successive rows: all rows, or for a panel the distinct times of all series."""
        if self.schema.series is None or self.schema.time is None:
            return self.frame.height
        return self.frame.get_column(self.schema.time).n_unique()


@dataclass(frozen=True)
class Split:
    """Row ranges only; the platform checks them (disjoint, ordered, inside the table) and cuts the parts.

    Of a panel the ranges count its different times, so that every series is cut at the same moments. ``needs`` says how
    many rows a series must have in a part, by the part's name; one that has fewer is left out. With ``partial`` every
    row of a part is an origin although its horizon may reach past the part: targets beyond it are unknown (NaN).
    """

    train: Rows
    validation: Rows
    test: Rows
    needs: Mapping[str, int] = field(default_factory=dict)
    partial: bool = False


@dataclass(frozen=True)
class Part:
    """A cut of the table: earlier rows as context, then the part's own rows.

    A part of a panel holds such rows series by series; ``panels.each`` gives the part of each.

    Attributes:
        frame: context rows first, then own rows, in order of time.
        start: index in ``frame`` of the first own row; rows before it are inputs, never targets. Of a panel 0.
        horizon: number of rows predicted from each origin; 0 for tasks without time.
        origins: ``(origin,)`` indices into ``frame``; everything up to and including row ``origins[i]``
            is known when predicting rows ``origins[i] + 1 … origins[i] + horizon``.
        targets: ``(origin, horizon)`` true values in the target's unit; None where they are not known
            to the code that receives the part (test, live).
        ahead: column → ``(origin, horizon)``: the values after each origin of the columns that the run's config calls
            known in advance (a price list, a planned outage), NaN where one is missing. They are separate because the
            frame's later rows are no input: any use of these counts as a leak.
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
        point: ``(origin, horizon)`` the expected value, in the target's unit.
        quantiles: level → ``(origin, horizon)``, for example ``{0.05: …, 0.95: …}``; may be empty.
        base: ``(origin, horizon)`` the point forecasts before the platform reconciled them; None: it did not.
    """

    point: Floats
    quantiles: dict[float, Floats] = field(default_factory=dict)
    base: Floats | None = None
