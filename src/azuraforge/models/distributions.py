"""Stored shapes of a version's reference distributions and of drift checks."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape, Texts


class Distribution(Shape):
    """Distribution of one column of a reference.

    Attributes:
        rows: number of values.
        effective: number of independent values with the same information.
        quantiles: evenly spaced quantiles, or all values in ascending order if they are few.
        edges: inner edges of the bins.
        shares: share of the values in each bin.
    """

    rows: int
    effective: float
    quantiles: list[float]
    edges: list[float]
    shares: list[float]


class Reference(Shape):
    """Distributions of a version's inputs and predictions, and notes on columns that could not be described."""

    columns: dict[str, Distribution]
    notes: list[Texts]
    errors: tuple[float, ...] = Field(
        default=(),
        description="mean absolute errors of forecasts of the test set with non-overlapping targets, in time order",
    )


class DriftColumn(Shape):
    """One column of the inputs, or the predictions, compared with its reference."""

    name: str
    rows: int
    effective: float = Field(description="effective number of independent values among the rows")
    psi: float | None = Field(
        description="population stability index between reference and window; null if there are too few values"
    )
    ks: float | None = Field(
        description="Kolmogorov-Smirnov statistic: largest distance between the distribution functions; null if unknown"
    )
    p_value: float | None = Field(description="probability of at least this distance without drift; null if unknown")
    drifted: bool | None = Field(
        description="whether both PSI and p-value cross their thresholds; null if there are too few values"
    )


class DriftThresholds(Shape):
    """Thresholds of drift: a column has drifted if its PSI reaches ``psi`` and its p-value is below ``level``.

    ``level`` is ``alpha`` divided by the number of columns.
    """

    psi: float
    alpha: float
    level: float
    least: int = Field(description="minimum effective number of independent values for a result")


class DriftErrors(Shape):
    """Comparison of the errors of judged forecasts with the errors on the test set."""

    forecasts: int = Field(description="number of judged forecasts with non-overlapping targets")
    reference: int = Field(description="number of test set forecasts that they are compared with")
    reference_mean: float | None = Field(description="mean absolute error of the test set forecasts; null if unknown")
    mean: float | None = Field(description="mean absolute error of the judged forecasts; null if there are none")
    evidence: float = Field(
        description="evidence that errors have increased; an alarm is raised once it reaches `run_length`"
    )
    run_length: int = Field(description="minimum average number of judged forecasts before a false alarm")
    drifted: bool
    since: datetime | None = Field(
        description="time at which the outcome that raised the alarm became known; null without an alarm"
    )


class Detected(Shape):
    """Result of comparing a window of predictions with a reference."""

    columns: list[DriftColumn]
    alarm: bool
    enough: bool
    thresholds: DriftThresholds


class DriftReport(Detected):
    """Result of a drift check over the newest ``lines`` ledger entries, made from ``first_at`` to ``last_at``.

    ``enough`` is false if no column has enough values for a result.
    """

    lines: int
    first_at: datetime | None
    last_at: datetime | None
    notes: list[Texts] = Field(description="columns that could not be compared, with the reasons, by language code")
    errors: DriftErrors | None = Field(
        default=None,
        description="comparison of live errors with those of the test set; null if no forecast has been judged",
    )
