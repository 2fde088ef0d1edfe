"""Folders of pretrained weights, written by the tests: a tiny Chronos-Bolt whose answers its authors' code computed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open

from azuraforge.engine.io import save_safetensors

VECTORS = Path(__file__).with_name("chronos_vectors.safetensors")


@dataclass(frozen=True)
class Reference:
    """One tiny model: its config, its weights, and the answers of the authors' code by steps ahead."""

    config: dict[str, Any]
    weights: dict[str, NDArray[np.float32]]
    contexts: NDArray[np.float64]
    answers: dict[int, NDArray[np.float32]]

    def write(self, folder: Path, **stated: object) -> Path:
        """Write the files that a hub publishes, and what is stated of the pretraining."""
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(self.config))
        save_safetensors(folder / "model.safetensors", self.weights)
        if stated:
            (folder / "pretraining.json").write_text(json.dumps(stated))
        return folder


def reference(name: str) -> Reference:
    """Return one of the models in the file of vectors: ``plain`` or ``gated``."""
    with safe_open(VECTORS, "np") as file:
        config = json.loads(file.metadata()["configs"])[name]
        held = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # not a mapping
    mine, answers = f"{name}.weights.", f"{name}.answer."
    return Reference(
        config,
        {key.removeprefix(mine): value for key, value in held.items() if key.startswith(mine)},
        held["contexts"].astype(np.float64),
        {int(key.removeprefix(answers)): value for key, value in held.items() if key.startswith(answers)},
    )


@pytest.fixture(scope="session", params=["plain", "gated"])
def each_reference(request: pytest.FixtureRequest) -> Reference:
    return reference(request.param)


@pytest.fixture(scope="session")
def tiny() -> Reference:
    return reference("plain")
