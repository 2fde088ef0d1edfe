"""Conditions under which the gate promotes a model's candidates, shared by database, API, verdict and bundle.

The platform's default policy (number 0) requires a lead beyond noise in the task's own metric. It has no guarded slices
and no limits, and the gate promotes automatically.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.bounds import MOST_COUNT, Name
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.task_kind import TaskKindFacts


class GuardedSlice(BaseModel):
    """Key whose values divide the test set into slices in which no candidate may be worse by more than the margin.

    Attributes:
        by: property by which targets are divided; hours, weekdays (Monday is 1) and months in the series' time zone.
        margin: allowed relative deterioration, beyond noise; 0 allows none.
        values: guarded values, such as the hours ``("7", "8")``; empty for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Name
    margin: float = Field(
        default=0.1, ge=0, le=10, description="allowed relative deterioration beyond noise; 0.1 is 10 %"
    )
    values: tuple[Name, ...] = Field(
        default=(), max_length=200, description="guarded values of the property; empty for all"
    )


class PolicyTerms(BaseModel):
    """Conditions of a promotion. An omitted condition has the platform's default value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Name | None = Field(
        default=None, description="metric that the gate compares by; null for the first gate metric of the task kind"
    )
    margin: float = Field(
        default=0.0, ge=0, le=1e12, description="minimum improvement of a winner, beyond noise; see `margin_kind`"
    )
    margin_kind: Literal["relative", "absolute"] = "relative"
    slices: tuple[GuardedSlice, ...] = Field(default=(), max_length=20)
    max_latency_ms: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="maximum latency of a prediction in milliseconds, measured during evaluation; null for no limit",
    )
    max_bytes: int | None = Field(
        default=None,
        ge=1,
        le=MOST_COUNT,
        description="maximum size of the predictor's files in bytes; null for no limit",
    )
    automatic: bool = Field(
        default=True, description="whether the gate promotes; if false, it only approves and a person promotes"
    )
    approvals: Literal[0, 1, 2] = Field(
        default=0,
        description="number of other members who must approve a promotion, automatic or by hand, before it applies",
    )
    unknown_slices: Literal["block", "pass"] = Field(
        default="block", description="effect of a guarded slice with too few rows to be assessed"
    )


class GatePolicy(PolicyTerms):
    """Conditions of one model's gate. ``number`` counts the model's policies; 0 is the platform's default policy."""

    number: int = Field(default=0, ge=0)


class Measured(BaseModel):
    """Measurements of a candidate: milliseconds per prediction and bytes of its files; None if not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: float | None = None
    bytes: int | None = None


#: The platform's default policy, and an empty set of measurements.
PLATFORM, UNMEASURED = GatePolicy(), Measured()


def check_policy(policy: PolicyTerms, kind: TaskKindFacts) -> None:
    """Raise InvalidInput if a task of this kind cannot be evaluated under the policy, or if a slice key is repeated."""
    kind.gate_metric(policy.metric)
    keys = [key.name for key in kind.slices]
    seen: set[str] = set()
    for each in policy.slices:
        if each.by not in keys:
            raise InvalidInput(
                "the test set of the task kind {kind!r} cannot be sliced by {by!r}",
                where="slices",
                next_step="use one of these keys: {keys}" if keys else "remove the guarded slices",
                kind=kind.name,
                by=each.by,
                keys=", ".join(keys),
            )
        if each.by in seen:
            raise InvalidInput(
                "slice key {by!r} is listed twice", where="slices", next_step="list each key once", by=each.by
            )
        seen.add(each.by)
