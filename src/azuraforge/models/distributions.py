"""Stored and served distributions of a version's inputs and answers, and comparisons with newer ones."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape, Texts


class Distribution(Shape):
    """A reference's column: rows, effective rows, quantiles, and the shares of the bins between edges."""

    rows: int
    effective: float
    quantiles: list[float]
    edges: list[float]
    shares: list[float]


class Reference(Shape):
    """The distributions of a version's inputs and answers, and notes on those that could not be described."""

    columns: dict[str, Distribution]
    notes: list[Texts]
    errors: tuple[float, ...] = Field(
        default=(), description="mean absolute errors of forecasts of the test part that do not overlap, in order"
    )


class DriftColumn(Shape):
    """One column of the inputs, or the answers, compared with the rows that the version learned from."""

    name: str
    rows: int
    effective: float = Field(description="independent values that the rows are worth")
    psi: float | None = Field(description="population stability index: how large the shift is")
    ks: float | None = Field(description="the largest distance of the two distribution functions")
    p_value: float | None = Field(description="how probable such a distance is without a shift")
    drifted: bool | None = Field(description="both bounds are crossed; null: too few values to say")


class DriftThresholds(Shape):
    """Conditions of drift: ``psi`` reached and ``p_value`` below ``level``, which is ``alpha`` / columns."""

    psi: float
    alpha: float
    level: float
    least: int = Field(description="independent values below which nothing is said")


class DriftErrors(Shape):
    """Live errors compared with those of the test set, in the order of their forecasts."""

    forecasts: int = Field(description="judged forecasts that do not overlap")
    reference: int = Field(description="forecasts of the test part that they are compared with")
    reference_mean: float | None = Field(description="mean absolute error there; null: not known")
    mean: float | None = Field(description="mean absolute error of the judged forecasts")
    evidence: float = Field(description="that errors have become larger; an alarm begins at ``run_length``")
    run_length: int = Field(description="judged forecasts until a false alarm, on average, at least")
    drifted: bool
    since: datetime | None = Field(description="when the target was known that began the alarm")


class Detected(Shape):
    """The comparison of a window with a reference."""

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
