"""Training loop, and the state that must be stored to continue it bit for bit."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from azuraforge.engine.autograd import no_grad
from azuraforge.engine.data import Batches
from azuraforge.engine.errors import EngineError
from azuraforge.engine.io.fingerprint import hash_tensors
from azuraforge.engine.io.weights import load_safetensors, save_safetensors, write_whole
from azuraforge.engine.nn.module import Module
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.optim.averaging import MovingAverage
from azuraforge.engine.optim.clipping import clip_grad_norm_
from azuraforge.engine.optim.optimizer import Optimizer
from azuraforge.engine.random import default_generator, generator_state, restore_generator
from azuraforge.engine.tensor import Tensor
from azuraforge.engine.training.callbacks import BestCheckpoint, Callback

Loss = Callable[..., Tensor]  # (prediction, target) → scalar
FORMAT = "azuraforge.trainer/3"
_NUMBERS: dict[str, tuple[type, ...]] = {
    "epoch": (int,),
    "steps": (int,),
    "stop": (bool,),
    "epoch_loss": (float, int),
    "epoch_batches": (int,),
}


class StepSchedule(Protocol):
    """Protocol of a learning rate schedule that advances once per step."""

    def step(self) -> None:
        """Set the learning rate of the next step."""

    def state_dict(self) -> Any:
        """Return the state as JSON values."""

    def load_state_dict(self, state: Any) -> None:
        """Restore ``state``."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """Report of an optimizer step: its number from 1, its loss, the gradient norm (if clipped) and learning rate."""

    step: int
    loss: float
    gradient_norm: float | None
    lr: float


class Trainer:
    """Trainer of a model on batches of ``(*inputs, target)``.

    Args:
        model: model that is called with the inputs of a batch.
        optimizer: optimizer of the model's parameters.
        loss: function from ``(prediction, target)`` to a scalar tensor.
        batches: training batches; shuffled batches should have their own generator.
        schedule: learning rate schedule, advanced after each step.
        clip_norm: limit of the joint norm of the gradients.
        accumulate: number of batches whose gradients are averaged for one step, at least 1.
        average: a moving average to update after each step; validation uses its weights.
        generators: further random generators (of dropout layers, say) whose state must be resumed. The
            module-level one always is.
        callbacks: called after each step and epoch, in this order.

    >>> from azuraforge.engine import data, nn, optim
    >>> model = nn.Linear(3, 1)
    >>> examples = data.Arrays(np.ones((8, 3), np.float32), np.ones((8, 1), np.float32))
    >>> trainer = Trainer(model, optim.Adam(model.parameters()), nn.functional.mse_loss, data.Batches(examples, 4))
    >>> trainer.fit(epochs=2)["steps"]
    4.0
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss: Loss,
        batches: Batches,
        *,
        schedule: StepSchedule | None = None,
        clip_norm: float | None = None,
        accumulate: int = 1,
        average: MovingAverage | None = None,
        generators: Sequence[np.random.Generator] = (),
        callbacks: Sequence[Callback] = (),
    ) -> None:
        if accumulate < 1:
            raise EngineError(f"accumulate must be at least 1, got {accumulate}")
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.batches = batches
        self.schedule = schedule
        self.clip_norm = clip_norm
        self.accumulate = accumulate
        self.average = average
        self.generators = tuple(generators)
        self.callbacks = tuple(callbacks)
        self.epoch = 0  # epochs finished
        self.steps = 0  # optimizer steps taken
        self.total_epochs = 0
        self.stop = False  # a callback sets this to end training after the epoch
        self._epoch_loss = 0.0
        self._epoch_batches = 0

    def fit(
        self,
        epochs: int,
        validation: Iterable[tuple[Tensor, ...]] | None = None,
        max_steps: int | None = None,
        total_steps: int | None = None,
    ) -> dict[str, float]:
        """Train until ``epochs`` or ``total_steps`` are done in total, a callback stops it, or it is paused.

        Args:
            epochs: counted from the beginning, so that a resumed trainer is called with the same number.
            validation: batches for ``validation_loss`` after each epoch.
            max_steps: number of steps after which training pauses, possibly within an epoch; another call continues.
            total_steps: counted from the beginning like ``epochs``; the last epoch ends with them, after its evaluation
                on the validation batches.

        Returns:
            The metrics of the last finished epoch, and ``steps``.

        Raises:
            EngineError: the loss or the norm of the gradients became NaN or infinite, a batch has no target, or
                ``validation`` has no examples.
        """
        self.total_epochs = epochs
        last: dict[str, float] = {}
        limit = None if max_steps is None else self.steps + max_steps
        while self.epoch < epochs and not self.stop and not self._ended(total_steps):
            if not self._run_epoch(limit, total_steps):
                return {**last, "steps": float(self.steps)}
            last = self._finish_epoch(validation)
        self._restore_best()
        return {**last, "steps": float(self.steps)}

    def _ended(self, total_steps: int | None) -> bool:
        """Return whether all steps are done and the epoch in which they ended is finished."""
        return total_steps is not None and self.steps >= total_steps and not self._epoch_batches

    def _run_epoch(self, limit: int | None, total_steps: int | None) -> bool:
        """Train to the end of the epoch or of all steps; return ``False`` if the limit of steps was reached first."""
        if total_steps is not None and self.steps >= total_steps:
            return True
        if limit is not None and self.steps >= limit:
            return False
        self.model.train()
        pending: list[float] = []
        for batch in self.batches:
            if len(batch) < 2:
                raise EngineError("a training batch holds at least one input and a target")
            if not pending:
                self.optimizer.zero_grad()
            loss = self.loss(self.model(*batch[:-1]), batch[-1])
            value = loss.item()
            if not np.isfinite(value):
                raise EngineError(f"the loss became {value} at step {self.steps + 1}: try a lower learning rate")
            (loss if self.accumulate == 1 else loss * (1 / self.accumulate)).backward()
            pending.append(value)
            self._epoch_loss += value
            self._epoch_batches += 1
            # The last batches of an epoch may be fewer than accumulate; they still make a step.
            if len(pending) == self.accumulate or self.batches.at_start:
                self._step(sum(pending) / len(pending))
                pending = []
                if total_steps is not None and self.steps >= total_steps:
                    return True
                if limit is not None and self.steps >= limit and not self.batches.at_start:
                    return False
        return True

    def _step(self, loss: float) -> None:
        norm = None if self.clip_norm is None else clip_grad_norm_(self.optimizer.params, self.clip_norm)
        lr = self.optimizer.lr
        self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()
        if self.average is not None:
            self.average.update()
        self.steps += 1
        report = StepReport(self.steps, loss, norm, lr)
        for callback in self.callbacks:
            callback.after_step(self, report)

    def _finish_epoch(self, validation: Iterable[tuple[Tensor, ...]] | None) -> dict[str, float]:
        self.epoch += 1
        metrics = {"loss": self._epoch_loss / self._epoch_batches, "lr": self.optimizer.lr}
        self._epoch_loss, self._epoch_batches = 0.0, 0
        if validation is not None:
            metrics["validation_loss"] = self.evaluate(validation)
        for callback in self.callbacks:
            callback.after_epoch(self, metrics)
        return metrics

    def evaluate(self, batches: Iterable[tuple[Tensor, ...]]) -> float:
        """Return the mean loss per example over batches, in evaluation mode and with the averaged weights, if any.

        The model is in training mode afterwards.

        Raises:
            EngineError: there are no examples.
        """
        if self.average is not None:
            with self.average.applied():
                return self._mean_loss(batches)
        return self._mean_loss(batches)

    def _mean_loss(self, batches: Iterable[tuple[Tensor, ...]]) -> float:
        total, count = 0.0, 0
        self.model.eval()
        try:
            with no_grad():
                for batch in batches:
                    size = len(batch[-1])
                    total += self.loss(self.model(*batch[:-1]), batch[-1]).item() * size
                    count += size
        finally:
            self.model.train()
        if not count:
            raise EngineError("there are no examples to evaluate")
        return total / count

    def _restore_best(self) -> None:
        for callback in self.callbacks:
            if isinstance(callback, BestCheckpoint) and callback.restore and callback.weights:
                self.model.load_state_dict(callback.weights)

    # --- resume ---

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the state needed to continue: arrays by name, and the rest as JSON values."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"optimizer.{name}": value for name, value in self.optimizer.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, callback in enumerate(self.callbacks):
            tensors |= {f"callback.{index}.{name}": value for name, value in callback.tensors().items()}
        rest = {
            "format": FORMAT,
            "epoch": self.epoch,
            "steps": self.steps,
            "stop": self.stop,
            "epoch_loss": self._epoch_loss,
            "epoch_batches": self._epoch_batches,
            "batches": self.batches.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "random": [generator_state(one) for one in (default_generator(), *self.generators)],
            "callbacks": [callback.state_dict() for callback in self.callbacks],
        }
        return tensors, rest

    def load_state(self, tensors: Mapping[str, Array], rest: Mapping[str, Any]) -> None:
        """Restore the result of :meth:`state`; the trainer must be constructed in the same way.

        Raises:
            EngineError: the state is incomplete or belongs to another format, model, optimizer or set of callbacks;
                nothing is changed then.
        """
        tensors_before, rest_before = self.state()
        rest_before = copy.deepcopy(rest_before)
        try:
            self._check(rest)
            self._take(tensors, rest)
        except (EngineError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            self._take(tensors_before, rest_before)
            if isinstance(error, EngineError):
                raise
            raise EngineError(f"trainer state is incomplete or not of this trainer: {error!r}") from error

    def _check(self, rest: Mapping[str, Any]) -> None:
        if rest.get("format") != FORMAT:
            raise EngineError(f"trainer state has format {rest.get('format')!r}, expected {FORMAT!r}")
        for what, own in (("callbacks", self.callbacks), ("random", (None, *self.generators))):
            if len(rest[what]) != len(own):
                raise EngineError(f"trainer state has {len(rest[what])} {what}, this trainer {len(own)}")
        if (rest["schedule"] is None) != (self.schedule is None):
            raise EngineError("trainer state and this trainer differ in having a schedule")
        for name, kinds in _NUMBERS.items():
            if type(rest[name]) not in kinds:
                raise EngineError(f"trainer state has {rest[name]!r} as {name}")

    def _take(self, tensors: Mapping[str, Array], rest: Mapping[str, Any]) -> None:
        self.model.load_state_dict(_below(tensors, "model."))
        self.optimizer.load_state_dict(_below(tensors, "optimizer."))
        if self.average is not None:
            self.average.load_state_dict(_below(tensors, "average."))
        self.batches.load_state_dict(rest["batches"])
        if self.schedule is not None:
            lr = self.optimizer.lr
            self.schedule.load_state_dict(rest["schedule"])
            self.optimizer.lr = lr
        for generator, state in zip((default_generator(), *self.generators), rest["random"], strict=True):
            restore_generator(state, generator)
        for index, (callback, state) in enumerate(zip(self.callbacks, rest["callbacks"], strict=True)):
            callback.load_state_dict(state)
            callback.load_tensors(_below(tensors, f"callback.{index}."))
        self.epoch, self.steps, self.stop = rest["epoch"], rest["steps"], rest["stop"]
        self._epoch_loss, self._epoch_batches = rest["epoch_loss"], rest["epoch_batches"]

    def save(self, folder: str | Path) -> None:
        """Write the state to ``folder``, whole or not at all: ``trainer.json`` and the arrays that it names.

        The arrays are in a separate file, ``trainer-<hash>.safetensors``. The new state takes effect when
        ``trainer.json`` is replaced: a save that is interrupted earlier leaves the previous state.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        tensors, rest = self.state()
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        digest = hash_tensors(tensors)
        arrays = path / f"trainer-{digest[:16]}.safetensors"
        save_safetensors(arrays, tensors)
        content = {**rest, "arrays": {"file": arrays.name, "sha256": digest}}
        content["sha256"] = _digest(content)
        write_whole(path / "trainer.json", json.dumps(content).encode())
        for older in path.glob("trainer-*.safetensors"):
            if older != arrays:
                older.unlink(missing_ok=True)

    def load(self, folder: str | Path) -> None:
        """Restore the state that :meth:`save` wrote.

        Raises:
            EngineError: a file is missing, damaged or changed, the arrays do not match ``trainer.json``, or the state
                belongs to another trainer; nothing is changed then.
        """
        path = Path(folder) / "trainer.json"
        try:
            rest = json.loads(path.read_bytes())
            found = rest["format"]
            if found != FORMAT:
                raise EngineError(f"trainer state {str(path)!r} has format {found!r}, expected {FORMAT!r}")
            if rest.pop("sha256") != _digest(rest):
                raise EngineError(f"trainer state {str(path)!r} was changed or damaged; load another checkpoint")
            arrays, digest = path.parent / Path(rest["arrays"]["file"]).name, rest["arrays"]["sha256"]
        except EngineError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(f"trainer state {str(path)!r} cannot be read: {error!r}") from error
        tensors, _ = load_safetensors(arrays)
        if hash_tensors(tensors) != digest:
            raise EngineError(
                f"the arrays in {str(arrays)!r} are not those that trainer.json describes: a file was replaced or "
                "damaged; load another checkpoint"
            )
        self.load_state(tensors, rest)


def _digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of values as JSON, the same before they were written and after they were read."""
    return hashlib.sha256(json.dumps(json.loads(json.dumps(content)), sort_keys=True).encode()).hexdigest()


def _below(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
