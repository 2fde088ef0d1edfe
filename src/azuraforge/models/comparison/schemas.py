"""API shapes of comparisons of runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from azuraforge.plugins.contract.metric import Format
from azuraforge.plugins.contract.shape import Texts
from azuraforge.runs.schemas import RunOut


class Said(BaseModel):
    """Sentence in each language, with a code for programs."""

    code: str
    text: dict[str, str]


class MetricRow(BaseModel):
    """One metric of every run; the value of a run that lacks it is null.

    ``best`` and ``worst`` are indices into ``values``, set only if all evaluated runs used the same held-out rows.
    """

    metric: str
    title: Texts
    format: Format
    digits: int | None
    unit: str | None = Field(
        description="unit of the metric; null if the runs' targets have different units, see `ComparedRun.unit`"
    )
    lower_is_better: bool | None = Field(
        description="whether lower values are better; null if neither direction is, as for interval coverage"
    )
    values: list[float | None]
    alongside: list[float | None] = Field(description="value of each run's best baseline")
    best: list[int]
    worst: list[int]


class LoggedRow(BaseModel):
    """One logged metric of every run; the values of a run that lacks it, and infinite values, are null."""

    series: str
    last: list[float | None] = Field(description="value at the highest step")
    lowest: list[float | None]
    highest: list[float | None]


class JudgedRows(BaseModel):
    """Held-out rows on which at least one of the runs was evaluated."""

    dataset: str
    target: str
    horizon: int | None
    part: str = Field(description="first and last day, if known, and number of rows or origins")


class ConfigRow(BaseModel):
    """Setting in which the runs differ; the value of a run that lacks it is null."""

    name: str
    values: list[JsonValue]


class ComparedRun(BaseModel):
    """Run with the parts of its evaluation that a comparison shows, which are null without an evaluation.

    ``metric_series`` contains the names of the run's metric curves, as far as ``logged`` contains them.
    """

    run: RunOut
    contender: str | None
    best_baseline: str | None
    decision: str | None
    unit: str | None = Field(description="unit of the target; null if the run was not evaluated")
    rows: int | None = Field(
        description="index into `rows` of the comparison; scores of runs with different indices are not comparable; "
        "null if the run was not evaluated"
    )
    metric_series: list[str]


class ComparisonOut(BaseModel):
    """Runs in the requested order, their metrics, and the settings in which they differ."""

    runs: list[ComparedRun]
    same_rows: bool = Field(description="whether all evaluated runs used the same held-out rows")
    why_not: list[Said]
    rows: list[JudgedRows]
    metrics: list[MetricRow]
    logged: list[LoggedRow]
    logged_left_out: int = Field(description="number of logged metrics that are not listed because there are too many")
    config: list[ConfigRow]


class PairNumbers(BaseModel):
    """Numbers of a comparison of two models; null if the models cannot be compared."""

    metric: str | None = None
    relative_difference: float | None = Field(
        default=None, description="difference relative to b's error; null if that error is close to zero"
    )
    difference: float | None = Field(default=None, description="absolute difference, in the metric's unit")
    shown: dict[str, dict[str, str]] = Field(
        default={}, description="formatted `measure`, `change`, `low` and `high`, by language code"
    )
    low: float | None = Field(
        default=None,
        description="lower end of the confidence interval: of `relative_difference` for series, else of `difference`",
    )
    high: float | None = None
    level: float | None = None
    pieces: float | None = Field(default=None, description="effective number of independent origins")
    origins: int | None = None
    verdict: Literal["a_better", "b_better", "no_difference", "too_few"] | None = None


class PairOut(PairNumbers):
    """Comparison of two runs' models on the same held-out rows, by the gate's method.

    A negative difference means that ``a`` is better. If ``comparable`` is false, ``why_not`` states the reasons and
    there are no numbers.
    """

    a: str
    b: str
    comparable: bool
    why_not: list[Said]
