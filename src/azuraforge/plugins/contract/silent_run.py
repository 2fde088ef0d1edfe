"""A run context that discards reports, for pipelines whose metrics, figures and checkpoints are not needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.pipeline import Checkpoint

ConfigT = TypeVar("ConfigT", bound=BaseModel)


@dataclass
class SilentRun(Generic[ConfigT]):
    """A ``RunContext`` that discards all reports, for baselines and members of ensembles.

    Subclasses may override methods to forward some of the reports.

    Attributes:
        config: validated config of the run.
        seed: seed of the run.
        threads: number of threads that the run may use.
        outputs: folder for files.
        pretrained_folder: parent of the folders of pretrained weights; None if none are available.
    """

    config: ConfigT
    seed: int
    threads: int
    outputs: Path
    pretrained_folder: str | None = None

    def log(self, step: int, **metrics: float) -> None:
        """Discard the metrics."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Discard the progress."""

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Write no checkpoint; an interrupted fit starts from the beginning."""

    def resume(self) -> Checkpoint | None:
        """Return None, because no checkpoints are written."""
        return None

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Discard the figure."""

    def note(self, markdown: str) -> None:
        """Discard the note."""

    def pretrained(self, name: str) -> Path:
        """Return the folder of the pretrained weights ``name``. Raises InvalidInput if it does not exist."""
        return pretrained_weights(self.pretrained_folder, name)


def pretrained_weights(folder: str | None, name: str) -> Path:
    """Return the folder of the pretrained weights ``name``, which is inside ``folder``.

    Raises InvalidInput if it does not exist or ``folder`` is None; the message lists the available weights.
    """
    place = Path(folder) if folder is not None else None
    if place is not None and Path(name).name == name and name not in ("", ".", "..") and (place / name).is_dir():
        return place / name
    found = (
        sorted(each.name for each in place.iterdir() if each.is_dir()) if place is not None and place.is_dir() else []
    )
    raise InvalidInput(
        "pretrained weights {name!r} do not exist; available: {found}",
        where="config.weights",
        next_step="ask the administrator to place the weights in {place}"
        if place is not None
        else "ask the administrator to set a folder for pretrained weights",
        name=name,
        place=str(place / name) if place is not None else "",
        found=", ".join(found) or "–",
    )
