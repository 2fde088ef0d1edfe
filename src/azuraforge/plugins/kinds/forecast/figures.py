"""Figures of forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.shape import Shape


class NextValue(Shape):
    """A future value, with the ends of its interval if there is one."""

    at: str
    value: float
    low: float | None
    high: float | None


class HeldOutForecast(Shape):
    """Predictions of the test set one step ahead, next to the actual values."""

    horizon: int
    at: tuple[str, ...]
    actual: tuple[float | None, ...]
    predicted: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None


class ForecastFigure(Figure):
    """History, the next values, and the test set one step ahead.

    Of a panel it shows the first series, and ``more`` the next ones.
    """

    target: str
    unit: str
    frequency: str | None
    timezone: str
    contender: str
    history: tuple[tuple[str, float | None], ...] = Field(description="time and value of each row")
    next: tuple[NextValue, ...]
    interval: float | None = Field(description="coverage that the intervals promise; null: no intervals")
    refitted: bool = Field(
        default=False,
        description="a predictor that was refitted on every row after its verdict predicts the next values",
    )
    test: HeldOutForecast | None
    series: str | None = Field(default=None, description="name of the series; null: the only one")
    more: tuple[ForecastFigure, ...] = ()


class ErrorFigure(Figure):
    """Base of figures of errors: the candidate next to the best baseline."""

    contender: str
    baseline: str
    target: str
    unit: str


class ActualPredicted(ErrorFigure):
    """Actual values against predictions one step ahead."""

    horizon: int
    origins: int = Field(description="with a known actual value; fewer may be drawn")
    actual: tuple[float, ...]
    predicted: tuple[float, ...]
    baseline_predicted: tuple[float, ...]


class Histogram(Shape):
    """Counts between edges; there is one edge more than counts."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class NormalQuantiles(Shape):
    """Standardized errors over the quantiles of a normal distribution at the same rank."""

    normal: tuple[float, ...]
    error: tuple[float, ...]


class ErrorsOverTime(Shape):
    """Errors at their targets' times."""

    at: tuple[str, ...]
    error: tuple[float, ...]


class LjungBox(Shape):
    """The test of Ljung and Box: a small p means that the errors are correlated in time."""

    lags: int
    statistic: float
    p: float


class ResidualShape(Shape):
    """Errors one step ahead: their distribution, their course over time, and their autocorrelation."""

    horizon: int
    origins: int
    mean: float | None
    standard_deviation: float | None
    skewness: float | None
    excess_kurtosis: float | None
    histogram: Histogram
    qq: NormalQuantiles
    over_time: ErrorsOverTime
    autocorrelation: tuple[float, ...] = Field(description="at lags 1, 2, …")
    autocorrelation_bound: float | None = Field(description="within which 95 % of the lags of white noise lie")
    ljung_box: LjungBox | None


class Residuals(ResidualShape, ErrorFigure):
    """The candidate's errors one step ahead."""

    baseline_autocorrelation: tuple[float, ...]


class SliceError(Shape):
    """One slice of the targets."""

    value: int
    errors: int
    rmse: float
    baseline_rmse: float
    skill: float | None


class SliceErrors(Shape):
    """All slices by one key: horizon, hour, weekday, month or level."""

    by: str
    rows: tuple[SliceError, ...]


class ErrorSlices(ErrorFigure):
    """RMSE by slice."""

    slices: tuple[SliceErrors, ...]


class InputFigure(Figure):
    """Base of figures of inputs.

    ``rows_back``: how many rows before an origin inputs are taken from; ``left_out``: columns beyond the first ones.
    """

    contender: str
    target: str
    unit: str
    part: Literal["test"]
    rows_back: int
    left_out: tuple[str, ...]
    origins: int


class InputName(Shape):
    """An input: a column, or its values between two lags."""

    name: str
    column: str
    lags: tuple[int, int] | None


class InputImportance(InputName):
    """Increase of the RMSE if the input is another origin's: mean and spread over repeats, and share of the RMSE."""

    increase: float
    spread: float
    share: float | None


class Importance(InputFigure):
    """Permutation importance, the most important input first."""

    rmse: float
    repeats: int
    inputs: tuple[InputImportance, ...]


class InputContribution(InputName):
    """Mean absolute contribution of the input, and the mean disagreement between orders."""

    mean_absolute: float
    order_spread: float


class ShapleyExample(Shape):
    """One forecast and its contributions in the order of ``inputs``; ``background``: the forecast without them."""

    at: str
    forecast: float
    background: float
    contributions: tuple[float, ...]


class Shapley(InputFigure):
    """Shapley values, the largest contribution first."""

    horizon: int
    orders: int
    inputs: tuple[InputContribution, ...]
    examples: tuple[ShapleyExample, ...]


FIGURES: Mapping[str, type[Figure]] = {
    "forecast": ForecastFigure,
    "actual_predicted": ActualPredicted,
    "residuals": Residuals,
    "slices": ErrorSlices,
    "importance": Importance,
    "shapley": Shapley,
}
