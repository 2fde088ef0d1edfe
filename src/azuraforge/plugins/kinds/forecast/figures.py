"""Figures of the task kind "forecast": the forecast itself, residuals, and the importance of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.shape import Shape


class NextValue(Shape):
    """The forecast of one row after the last row, with the ends of its interval if there is one."""

    at: str
    value: float
    low: float | None
    high: float | None


class HeldOutForecast(Shape):
    """Predictions one row ahead on the test set, with the actual values and the ends of the interval.

    ``at`` contains the times of the targets.
    """

    horizon: int
    at: tuple[str, ...]
    actual: tuple[float | None, ...]
    predicted: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None


class ForecastFigure(Figure):
    """The forecast of a series: history, forecasts of the next rows, and predictions one row ahead on the test set.

    For a panel, this is the figure of the first series, and ``more`` contains the figures of further series.
    """

    target: str
    unit: str
    frequency: str | None
    timezone: str
    contender: str
    history: tuple[tuple[str, float | None], ...] = Field(description="time and value of each history row")
    next: tuple[NextValue, ...]
    interval: float | None = Field(description="nominal coverage of the intervals; null if there are none")
    refitted: bool = Field(
        default=False,
        description="whether the next values are predicted by a predictor refitted on all rows after its verdict",
    )
    test: HeldOutForecast | None
    series: str | None = Field(default=None, description="name of the series; null if there is only one")
    more: tuple[ForecastFigure, ...] = ()


class ErrorFigure(Figure):
    """Base class of figures that show the errors of the candidate and of the best baseline."""

    contender: str
    baseline: str
    target: str
    unit: str


class ActualPredicted(ErrorFigure):
    """Actual values against predictions one row ahead."""

    horizon: int
    origins: int = Field(description="number of origins with a known actual value; the figure may show fewer points")
    actual: tuple[float, ...]
    predicted: tuple[float, ...]
    baseline_predicted: tuple[float, ...]


class Histogram(Shape):
    """Histogram: the number of values between each pair of neighbouring edges; there is one more edge than counts."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


class NormalQuantiles(Shape):
    """Points of a normal QQ plot: standardised errors against the normal quantiles of their rank."""

    normal: tuple[float, ...]
    error: tuple[float, ...]


class ErrorsOverTime(Shape):
    """Errors with the times of their targets."""

    at: tuple[str, ...]
    error: tuple[float, ...]


class LjungBox(Shape):
    """The test of Ljung and Box for autocorrelation; a small p-value indicates that the errors are autocorrelated.

    ``lags`` is the number of tested lags.
    """

    lags: int
    statistic: float
    p: float


class ResidualShape(Shape):
    """Errors one row ahead: their distribution, their course over time, and their autocorrelation.

    A statistic is null if there are too few errors for it, or if all errors are equal. ``origins`` is the number of
    errors.
    """

    horizon: int
    origins: int
    mean: float | None
    standard_deviation: float | None
    skewness: float | None
    excess_kurtosis: float | None
    histogram: Histogram
    qq: NormalQuantiles
    over_time: ErrorsOverTime
    autocorrelation: tuple[float, ...] = Field(description="autocorrelation of the errors at lags 1, 2, …")
    autocorrelation_bound: float | None = Field(
        description="95 % bound of the autocorrelation of white noise; null if undefined"
    )
    ljung_box: LjungBox | None


class Residuals(ResidualShape, ErrorFigure):
    """The candidate's errors one row ahead, with the autocorrelation of the best baseline's errors."""

    baseline_autocorrelation: tuple[float, ...]


class SliceError(Shape):
    """The RMSE of the candidate and of the best baseline in one slice of the targets.

    ``value`` identifies the slice, such as the hour; ``errors`` is its number of errors.
    """

    value: int
    errors: int
    rmse: float
    baseline_rmse: float
    skill: float | None


class SliceErrors(Shape):
    """The slices of one key: ``by`` is horizon, hour, weekday, month or level."""

    by: str
    rows: tuple[SliceError, ...]


class ErrorSlices(ErrorFigure):
    """RMSE by slice, for the candidate and the best baseline."""

    slices: tuple[SliceErrors, ...]


class InputFigure(Figure):
    """Base class of figures about the inputs of the candidate.

    Attributes:
        rows_back: number of rows up to the origin that the inputs cover.
        left_out: names of the columns that are not examined because there are too many.
        origins: number of examined origins.
    """

    contender: str
    target: str
    unit: str
    part: Literal["test"]
    rows_back: int
    left_out: tuple[str, ...]
    origins: int


class InputName(Shape):
    """An input: a whole column (``lags`` is null), or its values from the first to the second lag, in rows."""

    name: str
    column: str
    lags: tuple[int, int] | None


class InputImportance(InputName):
    """The permutation importance of an input.

    ``increase`` is the mean increase of the RMSE, in the unit of the target, if the input is replaced by the same input
    of another origin; ``spread`` is its standard deviation over repeats, ``share`` its ratio to the RMSE.
    """

    increase: float
    spread: float
    share: float | None


class Importance(InputFigure):
    """Permutation importance of the inputs, in descending order; ``rmse`` is the error with the original inputs."""

    rmse: float
    repeats: int
    inputs: tuple[InputImportance, ...]


class InputContribution(InputName):
    """The mean absolute Shapley value of an input in the unit of the target, with its uncertainty.

    ``order_spread`` is the mean absolute difference between an order of the inputs and its reverse.
    """

    mean_absolute: float
    order_spread: float


class ShapleyExample(Shape):
    """The Shapley values of one forecast: its contributions, in the order of ``Shapley.inputs``.

    ``background`` is the mean forecast with inputs of other origins; with the contributions it adds up to ``forecast``.
    """

    at: str
    forecast: float
    background: float
    contributions: tuple[float, ...]


class Shapley(InputFigure):
    """Shapley values of the inputs, in descending order of their mean absolute value.

    ``orders`` is the number of sampled orders of the inputs, each used forwards and backwards.
    """

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
