"""Inputs of the gate: contenders with their losses, the champion with the origins unseen by it, and guarded slices."""

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
    """A predictor and its losses, shape ``(row, column)``, NaN where the true value is missing.

    Losses along a series have the shape ``(origin, horizon)``, losses of independent examples ``(example, 1)``.
    ``metric`` states their kind and whether they are compared by their mean or by the root of it.
    """

    name: str
    losses: Floats
    metric: MetricFacts = field(kw_only=True)

    @property
    def score(self) -> float:
        """Metric over all known losses, lower is better; 0.0 if no loss is known."""
        known = self.losses[~np.isnan(self.losses)]
        mean = float(known.mean()) if known.size else 0.0
        return math.sqrt(mean) if self.pairing.mean == "root" else mean

    @property
    def pairing(self) -> Pairing:
        """The way the losses are compared. Raises ValueError if the metric does not state one."""
        if self.metric.pairing is None:
            raise ValueError(f"the gate cannot compare by {self.metric.name}")
        return self.metric.pairing

    @property
    def in_time(self) -> bool:
        """Return whether rows of losses follow one another in time."""
        return self.pairing.rows == "origins"

    def at(self, origins: NDArray[np.bool_]) -> Contender:
        """Return the contender restricted to the origins at which the mask ``origins`` is True, shape ``(origin,)``."""
        return Contender(self.name, self.losses[origins], metric=self.metric)

    def where(self, answered: NDArray[np.bool_]) -> Contender:
        """Return the contender with losses only where ``answered`` is true; NaN elsewhere.

        ``answered`` has the shape of the losses.
        """
        return Contender(self.name, np.where(answered, self.losses, np.nan), metric=self.metric)


@dataclass(frozen=True)
class Champion(Contender):
    """The current champion, evaluated on the candidate's test set.

    Attributes:
        unseen: shape ``(origin,)``, True where the champion learned from no target row of the origin.
        obstacle: reason with a code of ``comparability.INCOMPARABLE`` for which it cannot be compared; its losses are
            then not read. None if it can be compared.
        answered: in the shape of the losses, false where the champion has no prediction and the loss is NaN; None if it
            predicted everywhere.
        limit: reason that states where the champion has no prediction; None if it predicted everywhere.
    """

    unseen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    obstacle: Reason | None = None
    answered: NDArray[np.bool_] | None = None
    limit: Reason | None = None


@dataclass(frozen=True)
class Slice:
    """Part of the targets that must not get worse by more than ``margin`` (0.1: 10 % of the holder's score).

    ``mask`` is boolean in the shape of the losses, ``(origin, horizon)``.
    """

    name: str
    mask: NDArray[np.bool_]
    margin: float
