"""Predictor folders: learning one, saving it, hashing it, reading it back in another process."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from azuraforge.engine.io import hash_tensors, load_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.models.registry.inert import TYPES
from azuraforge.pipelines.classify.parts import keep_learned
from azuraforge.pipelines.forecast.parts import StoredPart, fresh_folder
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import AnyPipeline, RunContext
from azuraforge.plugins.vision.config import ImagePart


@dataclass(frozen=True)
class Learned:
    """What a fit left behind: the hash of weights and preprocessing, and how long it took."""

    weights_sha256: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return {"weights_sha256": self.weights_sha256, "seconds": round(self.seconds, 3)}


def learn(
    name: str,
    pipeline: AnyPipeline,
    run: RunContext[Any],
    train: Part | ImagePart,
    validation: Part | ImagePart,
    folder: Path,
) -> Learned:
    """Fit and save into ``folder``. ``seconds`` covers this attempt only, and not the reading of the parts."""
    random.seed(run.seed)
    np.random.seed(run.seed % 2**32)
    started, reading = time.perf_counter(), StoredPart.reading_seconds
    predictor = pipeline.fit(run, train, validation)
    seconds = time.perf_counter() - started - (StoredPart.reading_seconds - reading)
    fresh_folder(folder)
    pipeline.save(predictor, folder)
    learned = Learned(hash_folder(folder, name), seconds)
    if isinstance(train, ImagePart) and isinstance(validation, ImagePart):
        keep_learned(train, validation, folder)  # lineage, so outside the hash of what was learned
    return learned


def hash_folder(folder: Path, name: str) -> str:
    """SHA-256 over all tensors and the canonical preprocessing JSON: what "bit for bit" compares.

    Raises InvalidInput where the folder is empty or holds files of other types than ``inert.TYPES``.
    """
    tensors: dict[str, Any] = {}
    documents: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() or path.suffix not in TYPES:
            raise InvalidInput(
                f"save wrote {relative!r}; a predictor is made of {', '.join(TYPES)} files only",
                where=f"save of {name}",
                next_step="store arrays with azuraforge.engine.io.save_safetensors and settings as JSON",
            )
        if path.suffix == ".json":
            documents[relative] = orjson.loads(path.read_bytes())
        elif path.suffix == ".safetensors":
            tensors |= {f"{relative}/{key}": value for key, value in load_safetensors(path)[0].items()}
        else:
            documents[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
    if not tensors and not documents:
        raise InvalidInput("save wrote nothing", where=f"save of {name}", next_step=f"repair the plugin {name}")
    canonical = orjson.dumps(documents, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(hash_tensors(tensors).encode() + b"|" + canonical).hexdigest()
