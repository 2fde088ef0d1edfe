"""Callbacks of the engine's trainer that report to a run, write its checkpoints and keep the best weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from azuraforge.engine.ops.registry import Array
from azuraforge.engine.optim import MovingAverage
from azuraforge.engine.training import Callback, StepReport, Trainer
from azuraforge.plugins.contract.pipeline import RunContext

_POINTS_PER_RUN = 400
_CHECKPOINT_STEPS = 200


class BestAverage(Callback):
    """Callback that keeps the averaged weights of the epoch with the lowest validation loss, in ``weights``.

    The validation loss is computed with the moving average of the weights, so the averaged weights are kept instead of
    the weights of the last step. The caller loads ``weights`` into the network after training.

    Attributes:
        best: lowest validation loss so far; None before the first evaluation.
        epoch: epoch that reached it; 0 for the initial weights.
        weights: averaged weights of that epoch, by name.
    """

    def __init__(self, average: MovingAverage) -> None:
        self.average = average
        self.best: float | None = None
        self.epoch = 0
        self.weights: dict[str, Array] = {}

    def consider(self, trainer: Trainer, value: float) -> None:
        """Keep the current averaged weights if ``value`` is the lowest validation loss so far."""
        if self.best is None or value < self.best:
            self.best, self.epoch = value, trainer.epoch
            with self.average.applied():
                self.weights = trainer.model.state_dict()

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Keep the averaged weights if the epoch's validation loss is the lowest so far.

        Raises KeyError if training has no validation set.
        """
        self.consider(trainer, metrics["validation_loss"])

    def state_dict(self) -> dict[str, object]:
        """Return the lowest validation loss and the epoch that reached it."""
        return {"best": self.best, "epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the lowest validation loss and its epoch."""
        self.best, self.epoch = state["best"], state["epoch"]

    def tensors(self) -> dict[str, Array]:
        """Return the weights with the lowest validation loss, by name."""
        return self.weights

    def load_tensors(self, tensors: Mapping[str, Array]) -> None:
        """Restore the weights with the lowest validation loss."""
        self.weights = dict(tensors)


class Reporter(Callback):
    """Callback that logs metrics, reports progress and writes checkpoints.

    It must be the last callback, so that a checkpoint includes the state of all others.

    Args:
        run: run that receives the metrics, the progress and the checkpoints.
        total_steps: maximum number of optimizer steps, after which training ends.
    """

    def __init__(self, run: RunContext[BaseModel], total_steps: int) -> None:
        self.run = run
        self.total_steps = total_steps
        self.every = max(1, total_steps // _POINTS_PER_RUN)

    def after_step(self, trainer: Trainer, report: StepReport) -> None:
        """Log the loss and report the progress every ``total_steps // 400`` steps, at each step of a short run.

        Also write a checkpoint every 200 steps, except at the end of an epoch, where ``after_epoch`` writes it.
        """
        if report.step % self.every == 0:
            self.run.log(report.step, loss=report.loss)
            self.run.progress(min(report.step, self.total_steps), self.total_steps, f"epoch {trainer.epoch + 1}")
        # At the end of an epoch the validation loss is not known yet; ``after_epoch`` writes that checkpoint.
        ends = trainer.batches.at_start or report.step >= self.total_steps
        if report.step % _CHECKPOINT_STEPS == 0 and not ends:
            self.run.checkpoint(report.step, trainer.save)

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Log the epoch's losses and learning rate, report progress and write a checkpoint."""
        checked = {name: metrics[name] for name in ("validation_loss",) if name in metrics}
        self.run.log(trainer.steps, loss=metrics["loss"], **checked, learning_rate=metrics["lr"])
        self.run.progress(min(trainer.steps, self.total_steps), self.total_steps, f"epoch {trainer.epoch}")
        self.run.checkpoint(trainer.steps, trainer.save)
