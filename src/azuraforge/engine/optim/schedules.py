"""Learning rate schedules, which set the ``lr`` of an optimizer when they are created and at each ``step()``.

``state_dict`` returns JSON values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from azuraforge.engine.errors import EngineError
from azuraforge.engine.optim.optimizer import Optimizer


class Schedule:
    """Base class of schedules, which count steps and set the learning rate that :meth:`rate` returns."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.peak_lr = optimizer.lr
        self.steps = 0
        self.optimizer.lr = self.rate(0)

    def rate(self, step: int) -> float:
        """Return the learning rate of step ``step``, counted from 0."""
        raise NotImplementedError

    def step(self) -> None:
        """Set the learning rate of the next step; call this after ``optimizer.step()``."""
        self.steps += 1
        self.optimizer.lr = self.rate(self.steps)

    def state_dict(self) -> dict[str, float]:
        """Return the state as JSON values."""
        return {"steps": self.steps, "peak_lr": self.peak_lr}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Restore ``state``, a result of :meth:`state_dict`. Raises EngineError if an entry is missing."""
        try:
            self.steps = int(state["steps"])
            self.peak_lr = float(state["peak_lr"])
        except KeyError as error:
            raise EngineError(f"{type(self).__name__} state lacks {error}") from error
        self.optimizer.lr = self.rate(self.steps)


class WarmupCosine(Schedule):
    """Schedule that rises linearly over ``warmup_steps``, then falls along half a cosine to ``min_lr``.

    (Loshchilov and Hutter 2017, without restarts.) The peak is the optimizer's ``lr`` when this is made.

    Raises:
        EngineError: ``warmup_steps`` is negative or above ``total_steps``, or ``total_steps`` is below 1.
    """

    def __init__(self, optimizer: Optimizer, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> None:
        if not 0 <= warmup_steps <= total_steps or total_steps < 1:
            raise EngineError(f"warm-up of {warmup_steps} steps does not fit a total of {total_steps}")
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.min_lr = min_lr
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """Return the learning rate of step ``step``."""
        if step < self.warmup_steps:
            return self.peak_lr * (step + 1) / self.warmup_steps
        done = min(1.0, (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps))
        return self.min_lr + (self.peak_lr - self.min_lr) * (1 + math.cos(math.pi * done)) / 2


class OneCycle(Schedule):
    """Schedule that rises to ``max_lr`` along a cosine in the first ``rise`` share of the steps, then falls near zero.

    The first rate is ``max_lr / start_divisor``, and the last one is the first divided by ``final_divisor``. (Smith and
    Topin 2018; the same curve as PyTorch's OneCycleLR without its momentum cycle.)

    Raises:
        EngineError: ``total_steps`` is below 2, or ``rise`` is not between 0 and 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        rise: float = 0.3,
        start_divisor: float = 25.0,
        final_divisor: float = 1e4,
    ) -> None:
        if total_steps < 2 or not 0 < rise < 1:
            raise EngineError(f"one-cycle needs 2 steps or more and 0 < rise < 1, got {total_steps} and {rise}")
        self.total_steps = total_steps
        self.rise = rise
        self.start_divisor = start_divisor
        self.final_divisor = final_divisor
        optimizer.lr = max_lr
        super().__init__(optimizer)

    def rate(self, step: int) -> float:
        """Return the learning rate of step ``step``."""
        start = self.peak_lr / self.start_divisor
        top = self.rise * self.total_steps - 1
        if step <= top:
            return _cosine_between(start, self.peak_lr, step / top)
        done = min(1.0, (step - top) / (self.total_steps - 1 - top))
        return _cosine_between(self.peak_lr, start / self.final_divisor, done)


class Plateau:
    """Schedule that multiplies the rate by ``factor`` after more than ``patience`` steps without improvement.

    Args:
        optimizer: optimizer whose ``lr`` is set.
        factor: factor of the learning rate, above 0 and below 1.
        patience: number of steps without improvement that are tolerated.
        min_lr: lower limit of the learning rate.
        threshold: minimum relative decrease of the metric that counts as an improvement.
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 0.5, patience: int = 5, min_lr: float = 0.0,
        threshold: float = 1e-4,
    ) -> None:  # fmt: skip
        if not 0 < factor < 1:
            raise EngineError(f"factor must be between 0 and 1, got {factor}")
        self.optimizer = optimizer
        self.factor = factor
        self.patience = patience
        self.min_lr = min_lr
        self.threshold = threshold
        self.best: float | None = None
        self.bad_steps = 0

    def step(self, metric: float) -> None:
        """Update the learning rate with the metric of this step; lower is better."""
        if not math.isnan(metric) and (self.best is None or metric < self._limit(self.best)):
            self.best = float(metric)
            self.bad_steps = 0
            return
        self.bad_steps += 1
        if self.bad_steps > self.patience:
            self.optimizer.lr = max(self.min_lr, self.optimizer.lr * self.factor)
            self.bad_steps = 0

    def _limit(self, best: float) -> float:
        return best - abs(best) * self.threshold if math.isfinite(best) else best

    def state_dict(self) -> dict[str, float | None]:
        """Return the state as JSON values."""
        return {"best": self.best, "bad_steps": self.bad_steps, "lr": self.optimizer.lr}

    def load_state_dict(self, state: Mapping[str, float | None]) -> None:
        """Restore ``state``, a result of :meth:`state_dict`. Raises EngineError if an entry is missing."""
        if not {"best", "bad_steps", "lr"} <= set(state):
            raise EngineError(f"Plateau state lacks {sorted({'best', 'bad_steps', 'lr'} - set(state))}")
        best = state["best"]
        self.best = None if best is None else float(best)
        self.bad_steps = int(state["bad_steps"] or 0)
        self.optimizer.lr = float(state["lr"] or 0.0)


def _cosine_between(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2
