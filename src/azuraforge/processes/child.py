"""Child side of a run: the object that is passed to an entry point ``"package.module:function"``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.errors import InvalidInput
from azuraforge.messages.stored import StoredText, text_to_json
from azuraforge.plugins.contract.pipeline import Checkpoint
from azuraforge.processes import backend
from azuraforge.processes.failures import sayable
from azuraforge.processes.frames import SavedCheckpoint, Start
from azuraforge.processes.messages import Inbox, Message, message_frame, sent
from azuraforge.processes.outbox import Outbox
from azuraforge.processes.points import MAX_STEP
from azuraforge.processes.sealed_folders import problem_with, write_sealed
from azuraforge.strict_json import JsonObject

P = TypeVar("P", bound=BaseModel)

#: Maximum wait until a checkpoint is reported, so that the worker knows it even if this process dies soon.
_FLUSH_SECONDS = 5.0


class Child:
    """Interface of an entry point to the platform.

    Methods return immediately, except ``checkpoint`` and ``resume``, which access the disk, and ``receive``.

    Attributes:
        payload: input from the worker; contains only JSON values.
        seed: seed of the run.
        threads: number of threads that the engine may use (BLAS libraries use one).
    """

    def __init__(self, start: Start, outbox: Outbox, inbox: Inbox | None = None) -> None:
        self.payload: Mapping[str, object] = start["payload"]
        self.seed = start.get("seed", 0)
        self.threads = start.get("threads", 1)
        self._outputs = start.get("outputs")
        self._checkpoints = start.get("checkpoints")
        self._saved: Sequence[SavedCheckpoint] = start.get("saved", ())
        self._environment: JsonObject = start.get("environment", {})
        self._kernels_folder = start.get("kernels_folder")
        self._outbox = outbox
        self._inbox = inbox
        self._begun = self._checkpoints is None  # a call outside a run has nothing to resume

    def asked(self, shape: type[P]) -> P:
        """Return the payload as an instance of ``shape``. Raises pydantic's ValidationError if it does not fit."""
        return shape.model_validate(self.payload)

    @property
    def outputs(self) -> Path:
        """Folder for the phase's output files, hashed when the entry point returns and verified before use.

        Raises RuntimeError outside a run.
        """
        if self._outputs is None:
            raise RuntimeError("this child runs outside a run and has no outputs")
        return Path(self._outputs)

    def use_engine(self, made_with: Mapping[str, JsonValue] | None = None) -> JsonObject:
        """Set the engine's backend that is recorded for this run; call it before any computation with the engine.

        If ``made_with`` is given, set the available backend that is most similar to it instead. Return backend,
        instruction_set, threads and kernels. Raises TransientError if the run's kernels cannot be loaded.
        """
        if made_with is not None:
            return backend.choose_nearest(made_with, self._kernels_folder)
        return backend.choose(self._environment, self._kernels_folder)

    def log(self, step: int, **metrics: float) -> None:
        """Record one point of each named series at ``step``; NaN and infinities are allowed.

        Raises InvalidInput if a value is not a number, or if the step or a name cannot be stored.
        """
        self._begin(None)
        try:
            numbers = {series: float(value) for series, value in metrics.items()}
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidInput(
                "a metric is not a number: {error}",
                next_step="log only numbers",
                where="step {step}",
                error=error,
                step=step,
            ) from error
        self._outbox.point(_whole("step", step), numbers)

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` units of this phase are complete.

        Raises InvalidInput if ``done`` or ``total`` is not a number or exceeds 64 bits.
        """
        self._outbox.progress(_whole("done", done), _whole("total", total), str(note))

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Write a checkpoint atomically and durably, then report it to the worker.

        ``save`` writes the files into the folder that it receives. Raises InvalidInput if ``step`` cannot be stored,
        StorageError if the disk is full or not writable, and RuntimeError outside a run. Errors of ``save`` propagate.
        """
        if self._checkpoints is None:
            raise RuntimeError("this child runs outside a run and keeps no checkpoints")
        self._begin(None)
        step = _whole("step", step)
        if abs(step) > MAX_STEP:
            raise InvalidInput(
                "a step must be between -2^62 and 2^62; this one is {step}",
                next_step="count steps from 0",
                where="checkpoint()",
                step=step,
            )
        folder = Path(self._checkpoints) / str(step)
        if folder.exists():  # an earlier checkpoint of the same step
            shutil.rmtree(folder)
        sealed = write_sealed(folder, save, {"step": step, "environment": self._environment})
        crashpoint("checkpoint_before_told")
        saved = {"step": step, "folder": str(folder), "sha256": sealed.sha256, "bytes": sealed.bytes}
        self._outbox.message(sent("checkpoint", saved))
        self._outbox.flush(_FLUSH_SECONDS)

    def resume(self) -> Checkpoint | None:
        """Return the newest intact checkpoint, or None if there is none.

        Metric points after the checkpoint are deleted; without a checkpoint, all points of the phase.
        """
        skipped: list[dict[str, JsonValue]] = []
        for saved in self._saved:
            problem = problem_with(Path(saved["folder"]), saved["sha256"])
            if problem is None:
                self._begin(saved["step"], skipped)
                self._outbox.flush(_FLUSH_SECONDS)  # so that it is reported even if the child dies soon
                return Checkpoint(saved["step"], Path(saved["folder"]))
            skipped.append({"step": saved["step"], "problem": text_to_json(problem)})
        self._begin(None, skipped)
        return None

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Attach the data of a figure. Raises InvalidInput if it is not JSON."""
        try:
            self._outbox.message(sent("figure", {"name": sayable(str(name)), "data": dict(data)}))
        except (TypeError, ValueError) as error:
            shown = sayable(str(name))
            raise InvalidInput(
                "the figure {shown!r} is not JSON: {error}",
                next_step="pass only lists, dictionaries, strings and numbers",
                where="figure()",
                shown=shown,
                error=error,
            ) from error

    def note(self, markdown: StoredText) -> None:
        """Add a paragraph to the run's report; a message is translated when the report is shown."""
        self._outbox.message(sent("note", {"markdown": sayable(text_to_json(markdown))}))

    def send(self, name: str, body: BaseModel) -> None:
        """Send a message that the run's handler has registered; it is recorded in a fenced transaction."""
        self._outbox.message(message_frame(name, body))

    def receive(self, timeout_seconds: float | None = None) -> Message | None:
        """Wait for the worker's next message, such as a reply, and return it; None after ``timeout_seconds``.

        If ``timeout_seconds`` is None, wait without limit. Raises RuntimeError outside a run.
        """
        if self._inbox is None:
            raise RuntimeError("this child runs outside a run and receives no messages")
        return self._inbox.receive(timeout_seconds)

    def _begin(self, step: int | None, skipped: Sequence[Mapping[str, JsonValue]] = ()) -> None:
        """Report once, before the first point, the step from which this attempt continues (None: from the start)."""
        if not self._begun:
            self._begun = True
            self._outbox.message(sent("resumed", {"step": step, "skipped": skipped}))


def _whole(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            "{name} is not a whole number: {error}",
            where="{name}",
            next_step="pass an integer",
            name=name,
            error=error,
        ) from error
