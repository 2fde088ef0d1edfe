"""Run contexts of pipelines during training. Baselines get a ``SilentRun``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, JsonValue

from azuraforge.messages.stored import StoredText
from azuraforge.plugins.contract.pipeline import Checkpoint
from azuraforge.plugins.contract.silent_run import pretrained_weights
from azuraforge.strict_json import JsonObject


class Child(Protocol):
    """Protocol of the child process (``processes.child.Child``) that the steps use."""

    payload: JsonObject
    seed: int
    threads: int

    @property
    def outputs(self) -> Path: ...
    def use_engine(self, made_with: Mapping[str, JsonValue] | None = None) -> JsonObject: ...
    def log(self, step: int, **metrics: float) -> None: ...
    def progress(self, done: int, total: int, note: str = "") -> None: ...
    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None: ...
    def resume(self) -> Checkpoint | None: ...
    def figure(self, name: str, data: Mapping[str, object]) -> None: ...
    def note(self, markdown: StoredText) -> None: ...


class CandidateContext:
    """``RunContext`` of the run's own pipeline, which forwards all reports to the run."""

    def __init__(self, child: Child, config: BaseModel, outputs: Path, pretrained: str | None) -> None:
        self.config = config
        self.seed = child.seed
        self.threads = child.threads
        self.outputs = outputs
        self.log = child.log
        self.progress = child.progress
        self.checkpoint = child.checkpoint
        self.resume = child.resume
        self.figure = child.figure
        self.note = child.note
        self._pretrained = pretrained

    def pretrained(self, name: str) -> Path:
        """Return the folder of pretrained weights with this name. Raises InvalidInput if it does not exist."""
        return pretrained_weights(self._pretrained, name)
