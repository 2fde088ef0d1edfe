"""Inputs of the gate: losses by name, the champion with the rows it has learned from, and guarded parts of the
targets."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from azuraforge.models.gate.losses import Floats
from azuraforge.models.gate.reasons import Reason
from azuraforge.plugins.contract.metric import MetricFacts, Pairing


@dataclass(frozen=True)
class Contender:
    """A predictor and its losses ``(row, column)``, NaN where the true value is missing.

    ``metric`` says what they are and how they are compared: ``(origin, horizon)`` losses along a series, or
    ``(example, 1)`` losses of independent examples; by their mean, or by its root.
    """

    name: str
    losses: Floats
    metric: MetricFacts = field(kw_only=True)

    @property
    def score(self) -> float:
        """The metric over all known losses, lower is better; 0.0 if none is known."""
        known = self.losses[~np.isnan(self.losses)]
        mean = float(known.mean()) if known.size else 0.0
        return math.sqrt(mean) if self.pairing.mean == "root" else mean

    @property
    def pairing(self) -> Pairing:
        """The way it is compared. Raises ValueError if the metric does not state one."""
        if self.metric.pairing is None:
            raise ValueError(f"the gate cannot compare by {self.metric.name}")
        return self.metric.pairing

    @property
    def in_time(self) -> bool:
        """True if rows of losses follow one another in time."""
        return self.pairing.rows == "origins"

    def at(self, origins: NDArray[np.bool_]) -> Contender:
        """Return the contender restricted to some of the origins."""
        return Contender(self.name, self.losses[origins], metric=self.metric)

    def where(self, answered: NDArray[np.bool_]) -> Contender:
        """Return the contender without the losses that another could not make."""
        return Contender(self.name, np.where(answered, self.losses, np.nan), metric=self.metric)


@dataclass(frozen=True)
class Champion(Contender):
    """The present champion on the candidate's test set.

    Attributes:
        unseen: ``(origin,)`` True where the champion learned from no target row, see ``unseen_origins``.
        obstacle: reason that it cannot be compared, a code of ``comparability.INCOMPARABLE``; losses are not read.
        answered: in the shape of the losses, False where it has no prediction and losses are NaN; None: everywhere.
        limit: the reason that states this.
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
