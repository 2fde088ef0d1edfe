"""A run that reports nothing: what a pipeline is given whose curves, figures and checkpoints are not kept."""

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
    """A ``RunContext`` that keeps nothing: of a baseline, of a member of an ensemble. Subclasses pass some of it on.

    Attributes:
        outputs: a folder for files.
        pretrained_folder: where folders of pretrained weights lie; None: there are none for this run.
    """

    config: ConfigT
    seed: int
    threads: int
    outputs: Path
    pretrained_folder: str | None = None

    def log(self, step: int, **metrics: float) -> None:
        """Log nothing."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report nothing."""

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Keep nothing: after an interruption the learning starts again."""

    def resume(self) -> Checkpoint | None:
        """Return None: there is no checkpoint."""
        return None

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Draw nothing."""

    def note(self, markdown: str) -> None:
        """Note nothing."""

    def pretrained(self, name: str) -> Path:
        """Return a folder of pretrained weights. Raises InvalidInput where there is none of this name."""
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
        "pretrained weights {name!r} do not exist; available are: {found}",
        where="config.weights",
        next_step="ask the administrator to place them in {place}"
        if place is not None
        else "ask the administrator to set a folder for pretrained weights",
        name=name,
        place=str(place / name) if place is not None else "",
        found=", ".join(found) or "–",
    )
