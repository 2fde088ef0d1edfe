"""Who stands before the gate: losses by name, the champion with what it has seen, and guarded parts of the targets."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from azuraforge.models.gate.bootstrap import Floats
from azuraforge.models.gate.policy import Metric
from azuraforge.models.gate.reasons import Reason

#: What a contender's losses are compared by: ``rmse`` of squared and ``mae`` of absolute errors along a series; the
#: others are means over independent examples, ``error_rate`` of losses that are 0 or 1.
SERIES_METRICS: tuple[Metric, ...] = ("rmse", "mae")


@dataclass(frozen=True)
class Contender:
    """A forecaster and its losses: ``(origin, horizon)`` squared errors, NaN where the true value is missing.

    A classifier's losses are ``(example, 1)``, with another ``metric``.
    """

    name: str
    losses: Floats
    metric: Metric = field(default="rmse", kw_only=True)

    @property
    def score(self) -> float:
        """The metric over everything that is known, lower is better; 0.0 where nothing is."""
        known = self.losses[~np.isnan(self.losses)]
        mean = float(known.mean()) if known.size else 0.0
        return math.sqrt(mean) if self.metric == "rmse" else mean

    def at(self, origins: NDArray[np.bool_]) -> Contender:
        """The same contender on some of the origins."""
        return Contender(self.name, self.losses[origins], metric=self.metric)

    def where(self, answered: NDArray[np.bool_]) -> Contender:
        """The same contender without the losses that another could not make."""
        return Contender(self.name, np.where(answered, self.losses, np.nan), metric=self.metric)


@dataclass(frozen=True)
class Champion(Contender):
    """The present champion on the candidate's test part.

    Attributes:
        unseen: ``(origin,)`` True where no target row was learned from by the champion, see ``unseen_origins``.
        obstacle: why it cannot be compared (a reason with a code of ``reasons.INCOMPARABLE``); losses are not read.
        answered: in the shape of the losses, False where it could say nothing and its losses are NaN; None: everywhere.
        limit: the reason that tells of it.
    """

    unseen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    obstacle: Reason | None = None
    answered: NDArray[np.bool_] | None = None
    limit: Reason | None = None


@dataclass(frozen=True)
class Slice:
    """A part of the targets that must not get worse by more than ``margin`` (0.1: by 10 % of the holder's score).

    ``mask`` is ``(origin, horizon)`` of bool, in the shape of the losses.
    """

    name: str
    mask: NDArray[np.bool_]
    margin: float
