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
        default=(), description="mean absolute errors of forecasts of the test part that do not overlap, in order"
    )


class DriftColumn(Shape):
    """One column of the inputs, or the predictions, compared with its reference."""

    name: str
    rows: int
    effective: float = Field(description="independent values that the rows are worth")
    psi: float | None = Field(description="population stability index: how large the shift is")
    ks: float | None = Field(description="the largest distance of the two distribution functions")
    p_value: float | None = Field(description="how probable such a distance is without a shift")
    drifted: bool | None = Field(description="both bounds are crossed; null: too few values to say")


class DriftThresholds(Shape):
    """Thresholds of drift: a column has drifted if its PSI reaches ``psi`` and its p-value is below ``level``.

    ``level`` is ``alpha`` divided by the number of columns.
    """

    psi: float
    alpha: float
    level: float
    least: int = Field(description="independent values below which nothing is said")


class DriftErrors(Shape):
    """Comparison of the errors of judged forecasts with the errors on the test set."""

    forecasts: int = Field(description="judged forecasts that do not overlap")
    reference: int = Field(description="forecasts of the test part that they are compared with")
    reference_mean: float | None = Field(description="mean absolute error there; null: not known")
    mean: float | None = Field(description="mean absolute error of the judged forecasts")
    evidence: float = Field(description="that errors have become larger; an alarm begins at ``run_length``")
    run_length: int = Field(description="judged forecasts until a false alarm, on average, at least")
    drifted: bool
    since: datetime | None = Field(description="when the target was known that began the alarm")


class Detected(Shape):
    """Result of comparing a window of predictions with a reference."""

    columns: list[DriftColumn]
    alarm: bool
    enough: bool
    thresholds: DriftThresholds


class DriftReport(Detected):
    """Result of a drift check over the newest ledger entries."""

    lines: int
    first_at: datetime | None
    last_at: datetime | None
    notes: list[Texts] = Field(description="what could not be compared, and why, by language code")
    errors: DriftErrors | None = Field(default=None, description="null: no forecast is judged yet")
