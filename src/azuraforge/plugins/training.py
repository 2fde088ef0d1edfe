"""Callbacks that connect the engine's trainer to a run: points, progress, checkpoints, the best weights."""

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
    """Keep the averaged weights with the best validation loss; restore them when training ends.

    Validation looks at the moving average of the weights, so these are kept, not the last step's.
    """

    def __init__(self, average: MovingAverage) -> None:
        self.average = average
        self.best: float | None = None
        self.epoch = 0
        self.weights: dict[str, Array] = {}

    def consider(self, trainer: Trainer, value: float) -> None:
        """Keep the present weights if ``value`` is the lowest so far."""
        if self.best is None or value < self.best:
            self.best, self.epoch = value, trainer.epoch
            with self.average.applied():
                self.weights = trainer.model.state_dict()

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Consider the epoch's validation loss."""
        self.consider(trainer, metrics["validation_loss"])

    def state_dict(self) -> dict[str, object]:
        """Return the lowest value, and the epoch that reached it."""
        return {"best": self.best, "epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the lowest value and its epoch."""
        self.best, self.epoch = state["best"], state["epoch"]

    def tensors(self) -> dict[str, Array]:
        """Return the best weights."""
        return self.weights

    def load_tensors(self, tensors: Mapping[str, Array]) -> None:
        """Restore the best weights."""
        self.weights = dict(tensors)


class Reporter(Callback):
    """Callback that reports points and progress, and writes checkpoints. It must be the last callback, so that a
    checkpoint includes the others' state.

    Args:
        run: the run that receives the reports.
        total_steps: optimizer steps in all; training stops there.
    """

    def __init__(self, run: RunContext[BaseModel], total_steps: int) -> None:
        self.run = run
        self.total_steps = total_steps
        self.every = max(1, total_steps // _POINTS_PER_RUN)

    def after_step(self, trainer: Trainer, report: StepReport) -> None:
        """Report points and progress at intervals; write a checkpoint in the middle of a long epoch."""
        if report.step % self.every == 0:
            self.run.log(report.step, loss=report.loss)
            self.run.progress(min(report.step, self.total_steps), self.total_steps, f"epoch {trainer.epoch + 1}")
        # At the end of an epoch the trainer has not computed the validation loss yet; that checkpoint follows.
        ends = trainer.batches.at_start or report.step >= self.total_steps
        if report.step % _CHECKPOINT_STEPS == 0 and not ends:
            self.run.checkpoint(report.step, trainer.save)

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Report one point, with the validation loss if there is one, and write a checkpoint."""
        checked = {name: metrics[name] for name in ("validation_loss",) if name in metrics}
        self.run.log(trainer.steps, loss=metrics["loss"], **checked, learning_rate=metrics["lr"])
        self.run.progress(min(trainer.steps, self.total_steps), self.total_steps, f"epoch {trainer.epoch}")
        self.run.checkpoint(trainer.steps, trainer.save)
