"""What app code is handed while it learns: a run's context for the candidate, a quiet one for a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, JsonValue

from azuraforge.errors import InvalidInput
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
        """Return a folder of pretrained weights. Raises InvalidInput."""
        return pretrained_weights(self._pretrained, name)


@dataclass
class BaselineContext:
    """``RunContext`` of a baseline: it learns within seconds, so it neither reports nor keeps checkpoints."""

    config: BaseModel
    seed: int
    threads: int
    outputs: Path
    pretrained_folder: str | None = None

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

    def pretrained(self, name: str) -> Path:
        """Return a folder of pretrained weights. Raises InvalidInput."""
        return pretrained_weights(self.pretrained_folder, name)


def pretrained_weights(folder: str | None, name: str) -> Path:
    """Return the folder ``name`` inside ``folder``. Raises InvalidInput that lists what there is."""
    place = Path(folder) if folder is not None else None
    if place is not None and Path(name).name == name and name not in ("", ".", "..") and (place / name).is_dir():
        return place / name
    found = (
        sorted(each.name for each in place.iterdir() if each.is_dir()) if place is not None and place.is_dir() else []
    )
    raise InvalidInput(
        f"there are no pretrained weights named {name!r}; there are: {', '.join(found) or 'none'}",
        where="config: weights",
        next_step=f"ask the administrator to place them in {place / name}" if place is not None else "",
    )
