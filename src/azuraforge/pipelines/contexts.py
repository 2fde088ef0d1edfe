"""What app code is handed while it learns: a run's context for the candidate, a quiet one for a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, JsonValue

from azuraforge.plugins.contract.pipeline import Checkpoint
from azuraforge.strict_json import JsonObject


class Child(Protocol):
    """The child side of a run (``runs.child.Child``), as the steps see it."""

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
    def note(self, markdown: str) -> None: ...


class CandidateContext:
    """``RunContext`` of the pipeline that a run is about: everything goes to the run."""

    def __init__(self, child: Child, config: BaseModel, outputs: Path) -> None:
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


@dataclass
class BaselineContext:
    """``RunContext`` of a baseline: it learns within seconds, so it neither reports nor keeps checkpoints."""

    config: BaseModel
    seed: int
    threads: int
    outputs: Path

    def log(self, step: int, **metrics: float) -> None:
        """The run's curves belong to the candidate."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Progress over all baselines is told by the step."""

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """After an interruption a baseline starts anew."""

    def resume(self) -> Checkpoint | None:
        """Nothing to resume from."""
        return None

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Figures belong to the candidate."""

    def note(self, markdown: str) -> None:
        """Notes belong to the candidate."""
