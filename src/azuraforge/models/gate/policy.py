"""The terms under which the gate judges a model's candidates. Database, API, verdict and bundle share these shapes.

The platform's own policy (number 0) is: better by more than noise in the task's own metric, no guarded slices, no
limits, promoted by the gate itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.bounds import MOST_COUNT, Name
from azuraforge.errors import InvalidInput

Metric = Literal["rmse", "mae", "log_loss", "error_rate"]
SliceKey = Literal["horizon", "hour", "weekday", "month", "class"]

#: Metrics that can judge a task; the first is its own. All are losses: less is better.
METRICS: Mapping[str, tuple[Metric, ...]] = {"forecast": ("rmse", "mae"), "classify": ("error_rate", "log_loss")}
#: Properties that can cut a task's targets into slices.
SLICE_KEYS: Mapping[str, tuple[SliceKey, ...]] = {
    "forecast": ("horizon", "hour", "weekday", "month"),
    "classify": ("class",),
}


class GuardedSlice(BaseModel):
    """Every value of a key is a slice in which no candidate may be worse, beyond noise, than by the margin.

    Attributes:
        by: the property that cuts the targets; hours, weekdays (Monday is 1) and months in the series' time zone.
        margin: relative; 0 allows nothing.
        values: the guarded values only, such as ``("7", "8")`` hours; empty: all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: SliceKey
    margin: float = Field(default=0.1, ge=0, le=10, description="relative: 0.1 allows 10 % worse, and noise beyond it")
    values: tuple[Name, ...] = Field(default=(), max_length=200, description="the guarded values; empty: all")


class PolicyTerms(BaseModel):
    """The conditions of a promotion. A term that is left out has the platform's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Metric | None = Field(default=None, description="null: the task's own (rmse, error_rate)")
    margin: float = Field(default=0.0, ge=0, le=1e12, description="by how much better, beyond noise, a winner must be")
    margin_kind: Literal["relative", "absolute"] = "relative"
    slices: tuple[GuardedSlice, ...] = Field(default=(), max_length=20)
    max_latency_ms: float | None = Field(
        default=None, gt=0, le=1e9, description="per prediction, measured while judging"
    )
    max_bytes: int | None = Field(default=None, ge=1, le=MOST_COUNT, description="of the predictor's files")
    automatic: bool = Field(default=True, description="false: the gate approves, a person promotes")
    unknown_slices: Literal["block", "pass"] = Field(
        default="block", description="effect of a guarded slice that holds too few rows to be known"
    )


class GatePolicy(PolicyTerms):
    """The terms of one model's gate. ``number`` counts the model's policies; 0 is the platform's own."""

    number: int = Field(default=0, ge=0)

    def metric_of(self, task: str) -> Metric:
        """Return the metric that judges a task of this kind.

        Example:
            >>> GatePolicy().metric_of("forecast")
            'rmse'
        """
        own = METRICS[task]
        return self.metric if self.metric in own else own[0]


class Measured(BaseModel):
    """Measurements of a candidate: milliseconds per prediction and the bytes of its files; None: not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: float | None = None
    bytes: int | None = None


#: The platform's own policy, and the absence of measurements.
PLATFORM, UNMEASURED = GatePolicy(), Measured()


def check_policy(policy: PolicyTerms, task: str) -> None:
    """Raises InvalidInput where a task of this kind cannot be judged under the policy."""
    if policy.metric is not None and policy.metric not in METRICS.get(task, get_args(Metric)):
        raise InvalidInput(
            f"a model that does {task!r} is not judged by {policy.metric!r}",
            where="metric",
            next_step=f"use one of {', '.join(METRICS[task])}, or leave it out",
        )
    seen: set[str] = set()
    for each in policy.slices:
        if each.by not in SLICE_KEYS.get(task, get_args(SliceKey)):
            raise InvalidInput(
                f"the targets of a model that does {task!r} cannot be cut by {each.by!r}",
                where="slices",
                next_step=f"use {', '.join(SLICE_KEYS[task])}",
            )
        if each.by in seen:
            raise InvalidInput(f"{each.by!r} is guarded twice", where="slices", next_step="name each key once")
        seen.add(each.by)
