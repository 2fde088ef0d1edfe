"""In-memory run context for testing a plugin without a platform."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from azuraforge.plugins.contract.pipeline import Checkpoint
from azuraforge.plugins.contract.silent_run import pretrained_weights

ConfigT = TypeVar("ConfigT", bound=BaseModel)


class MemoryRun(Generic[ConfigT]):
    """A ``RunContext`` and ``AgentContext`` that records all calls in memory and writes checkpoints to folders.

    Args:
        config: the pipeline's config, or the agent's request.
        folder: parent folder of outputs and checkpoints.
        seed: the random seed of the run.
        resume_from: the checkpoint that ``resume`` returns.
        pretrained: parent folder of pretrained weights.

    Attributes:
        metrics: ``(step, {series: value})`` in order.
        progressed: ``(done, total, note)`` in order.
        checkpoints: every checkpoint written, oldest first; of several at one step, only the newest.
        figures: data of the figures, by name.
        notes: Markdown paragraphs in order.
    """

    def __init__(
        self,
        config: ConfigT,
        folder: Path,
        *,
        seed: int = 7,
        resume_from: Checkpoint | None = None,
        pretrained: Path | None = None,
    ) -> None:
        self.config = config
        self.seed = seed
        self.threads = 1
        self.outputs = folder / "outputs"
        self.outputs.mkdir(parents=True, exist_ok=True)
        self.metrics: list[tuple[int, dict[str, float]]] = []
        self.progressed: list[tuple[int, int, str]] = []
        self.checkpoints: list[Checkpoint] = []
        self.figures: dict[str, Mapping[str, Any]] = {}
        self.notes: list[str] = []
        self._folder = folder
        self._resume_from = resume_from
        self._pretrained = pretrained

    def pretrained(self, name: str) -> Path:
        """Return the folder of the pretrained weights ``name``. Raises InvalidInput if they are not available."""
        return pretrained_weights(None if self._pretrained is None else str(self._pretrained), name)

    def log(self, step: int, **metrics: float) -> None:
        """Record the values of metrics at a step."""
        self.metrics.append((step, {name: float(value) for name, value in metrics.items()}))

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Record the progress."""
        self.progressed.append((done, total, note))

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Write a checkpoint folder; replace an earlier checkpoint of the same step."""
        target = self._folder / "checkpoints" / f"{step:09d}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        save(target)
        self.checkpoints = [each for each in self.checkpoints if each.step != step] + [Checkpoint(step, target)]

    def resume(self) -> Checkpoint | None:
        """Return the checkpoint passed to the constructor, or None."""
        return self._resume_from

    def figure(self, name: str, data: Mapping[str, Any]) -> None:
        """Record a figure."""
        self.figures[name] = data

    def note(self, markdown: str) -> None:
        """Record a Markdown paragraph."""
        self.notes.append(markdown)
