"""Callbacks of training: metrics, early stopping, best weights, progress."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array

if TYPE_CHECKING:
    from azuraforge.engine.training.trainer import StepReport, Trainer


class Callback:
    """Base class of callbacks, whose methods the trainer calls; subclasses override the methods they need.

    State on which later decisions depend belongs in ``state_dict`` (JSON values) and ``tensors`` (arrays), which are
    part of the trainer's state.
    """

    def after_step(self, trainer: Trainer, report: StepReport) -> None:
        """Handle the end of an optimizer step."""

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Handle the metrics of an epoch: ``loss``, ``lr``, and ``validation_loss`` if there is validation."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a resumed training needs, as JSON values."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore ``state``, a result of :meth:`state_dict`."""

    def tensors(self) -> dict[str, Array]:
        """Return the arrays that a resumed training needs, by name."""
        return {}

    def load_tensors(self, tensors: Mapping[str, Array]) -> None:
        """Restore the arrays that :meth:`tensors` returned."""


class History(Callback):
    """Callback that stores the metrics of every epoch, including the learning rate, in ``epochs``."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Store the metrics of the epoch."""
        self.epochs.append(dict(metrics))

    def state_dict(self) -> dict[str, Any]:
        """Return the metrics of all epochs so far."""
        return {"epochs": self.epochs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the metrics of all epochs."""
        self.epochs = [dict(one) for one in state["epochs"]]


class _Watch(Callback):
    """Best value so far of one metric, lower is better."""

    def __init__(self, metric: str, min_delta: float = 0.0) -> None:
        self.metric = metric
        self.min_delta = min_delta
        self.best: float | None = None
        self.best_epoch = -1

    def _improved(self, trainer: Trainer, metrics: Mapping[str, float]) -> bool:
        if self.metric not in metrics:
            known = ", ".join(sorted(metrics))
            raise EngineError(f"{type(self).__name__} watches {self.metric!r}; this training has {known}")
        value = metrics[self.metric]
        if math.isnan(value):
            return False  # no value is less than NaN, so as the best value it would remain forever
        if self.best is not None and not value < self.best - self.min_delta:
            return False
        self.best, self.best_epoch = value, trainer.epoch
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and its epoch."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the best value and its epoch."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]


class EarlyStopping(_Watch):
    """Callback that stops training if a metric has not fallen by ``min_delta`` for more than ``patience`` epochs."""

    def __init__(self, patience: int = 5, metric: str = "validation_loss", min_delta: float = 0.0) -> None:
        super().__init__(metric, min_delta)
        self.patience = patience
        self.bad_epochs = 0

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Count epochs without improvement, and stop the trainer if there are too many.

        Raises EngineError if the epoch has no such metric.
        """
        self.bad_epochs = 0 if self._improved(trainer, metrics) else self.bad_epochs + 1
        if self.bad_epochs > self.patience:
            trainer.stop = True

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the count."""
        return {**super().state_dict(), "bad_epochs": self.bad_epochs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the best value and the count."""
        super().load_state_dict(state)
        self.bad_epochs = state["bad_epochs"]


class BestCheckpoint(_Watch):
    """Callback that stores the weights of the best epoch in memory and restores them when training ends."""

    def __init__(self, metric: str = "validation_loss", restore: bool = True) -> None:
        super().__init__(metric)
        self.restore = restore
        self.weights: dict[str, Array] = {}

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Copy the weights if this epoch is the best so far. Raises EngineError if it has no such metric."""
        if self._improved(trainer, metrics):
            self.weights = trainer.model.state_dict()

    def tensors(self) -> dict[str, Array]:
        """Return the best weights."""
        return self.weights

    def load_tensors(self, tensors: Mapping[str, Array]) -> None:
        """Restore the copy of the best weights."""
        self.weights = dict(tensors)


class Progress(Callback):
    """Callback that writes a line per epoch: epoch, loss, validation loss, learning rate, time left."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self._began: float | None = None
        self._first_epoch = 0

    def after_step(self, trainer: Trainer, report: StepReport) -> None:
        """Record the time of the first step."""
        if self._began is None:
            self._began = time.monotonic()
            self._first_epoch = trainer.epoch

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Write the line of the epoch."""
        done = trainer.epoch - self._first_epoch
        spent = time.monotonic() - (self._began if self._began is not None else time.monotonic())
        left = spent / max(done, 1) * max(trainer.total_epochs - trainer.epoch, 0)
        values = "  ".join(f"{name} {value:.5g}" for name, value in metrics.items())
        self.stream.write(f"epoch {trainer.epoch}/{trainer.total_epochs}  {values}  {left:.0f} s left\n")
