"""What a model's promotion needs: the terms under which the gate judges. Pure values; stored by ``policies.py``.

The platform's own policy (number 0) is: better by more than noise in the task's own metric, no guarded slices, no
limits, promoted by the gate itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from azuraforge.errors import InvalidInput

Metric = Literal["rmse", "mae", "log_loss", "error_rate"]
SliceKey = Literal["horizon", "hour", "weekday", "month", "class"]

#: What a task can be judged by; the first is its own. All are losses: less is better.
METRICS: Mapping[str, tuple[Metric, ...]] = {"forecast": ("rmse", "mae"), "classify": ("error_rate", "log_loss")}
#: What a task's targets can be cut by.
SLICE_KEYS: Mapping[str, tuple[SliceKey, ...]] = {
    "forecast": ("horizon", "hour", "weekday", "month"),
    "classify": ("class",),
}


@dataclass(frozen=True)
class GuardedSlice:
    """Every value of a key is a slice in which no candidate may be worse, beyond noise, than by ``margin`` (0.1: 10 %).

    Attributes:
        by: what the targets are cut by; hours, weekdays (Monday is 1) and months in the series' own time zone.
        margin: relative; 0 allows nothing.
        values: the guarded values only, such as ``("7", "8")`` hours; empty: all.
    """

    by: SliceKey
    margin: float = 0.1
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class GatePolicy:
    """The terms of one model's gate.

    Attributes:
        number: counts the model's policies; 0 is the platform's own.
        metric: None: the task's own, see ``METRICS``.
        margin: by how much better, beyond noise, whoever takes the title must be.
        margin_kind: ``relative`` (0.02: 2 %) or ``absolute`` (in the metric's unit).
        slices: where no candidate may be worse.
        max_latency_ms: milliseconds per prediction, at most; None: any.
        max_bytes: of the predictor's files, at most; None: any.
        unknown_slices: what a guarded slice does that holds too few rows to be known: ``block`` or ``pass``.
        automatic: whether a passed gate promotes; otherwise it sets the alias ``candidate`` and a person decides.
    """

    number: int = 0
    metric: Metric | None = None
    margin: float = 0.0
    margin_kind: Literal["relative", "absolute"] = "relative"
    slices: tuple[GuardedSlice, ...] = field(default=())
    max_latency_ms: float | None = None
    max_bytes: int | None = None
    automatic: bool = True
    unknown_slices: Literal["block", "pass"] = "block"

    def metric_of(self, task: str) -> Metric:
        """What a task of this kind is judged by.

        Example:
            >>> GatePolicy().metric_of("forecast")
            'rmse'
        """
        own = METRICS[task]
        return self.metric if self.metric in own else own[0]

    def to_dict(self) -> dict[str, Any]:
        """As it is stored, and as a verdict states it."""
        terms = asdict(self)
        terms["slices"] = [{**each, "values": list(each["values"])} for each in terms["slices"]]
        return terms

    @classmethod
    def from_dict(cls, terms: Mapping[str, Any]) -> GatePolicy:
        """What ``to_dict`` wrote; what a later release added has its default."""
        slices = tuple(
            GuardedSlice(each["by"], each["margin"], tuple(each["values"])) for each in terms.get("slices", ())
        )
        known = {name: terms[name] for name in cls.__dataclass_fields__ if name in terms and name != "slices"}
        return cls(**known, slices=slices)


@dataclass(frozen=True)
class Measured:
    """What was measured of a candidate: milliseconds per prediction and the bytes of its files; None: not measured."""

    latency_ms: float | None = None
    bytes: int | None = None


#: The platform's own policy, and what nobody measured.
PLATFORM, UNMEASURED = GatePolicy(), Measured()


def check_policy(policy: GatePolicy, task: str) -> None:
    """Raises InvalidInput where a task of this kind cannot be judged under the policy."""
    if policy.metric is not None and policy.metric not in METRICS.get(task, get_args(Metric)):
        raise InvalidInput(
            f"a model that does {task!r} is not judged by {policy.metric!r}",
            where="metric",
            next_step=f"use one of {', '.join(METRICS[task])}, or leave it out",
        )
    if not (math.isfinite(policy.margin) and policy.margin >= 0):
        raise InvalidInput("a margin is a number that is not negative", where="margin", next_step="use 0.02 for 2 %")
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
