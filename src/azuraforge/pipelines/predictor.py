"""Predictor folders: fit, save, refit and hash."""

from __future__ import annotations

import hashlib
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from azuraforge.engine.io import hash_tensors, load_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.models.registry.folder import EVALUATED
from azuraforge.models.registry.inert import TYPES
from azuraforge.pipelines.shapes import Learned
from azuraforge.plugins.contract.part_folders import Reading, fresh_folder
from azuraforge.plugins.contract.pipeline import AnyPipeline, PartT, RunContext

PredictorT = TypeVar("PredictorT")


def learn(
    name: str, pipeline: AnyPipeline, run: RunContext[Any], train: PartT, validation: PartT, folder: Path
) -> Learned:
    """Fit a pipeline and save the predictor into ``folder``, replacing its contents.

    The ``seconds`` of the result exclude the time spent on reading the parts. Raises InvalidInput if the pipeline saves
    no files or files of types that a version may not contain.
    """
    predictor, seconds = _timed(lambda: pipeline.fit(run, train, validation), run.seed)
    return _saved(name, pipeline, predictor, seconds, folder)


def learn_again(
    name: str, pipeline: AnyPipeline, run: RunContext[Any], evaluated: Path, rows: PartT, folder: Path
) -> Learned | None:
    """Refit the predictor in ``evaluated`` on all rows and save it into ``folder``, replacing its contents.

    Return None if the pipeline does not refit. The evaluated predictor is copied to ``EVALUATED`` inside ``folder``,
    because a version contains both. Raises InvalidInput if the pipeline saves no files or files of types that a version
    may not contain.
    """
    predictor, seconds = _timed(lambda: pipeline.refit(run, pipeline.load(evaluated), rows), run.seed)
    if predictor is None:
        return None
    learned = _saved(name, pipeline, predictor, seconds, folder)
    shutil.copytree(evaluated, folder / EVALUATED)
    return learned


def _timed(learning: Callable[[], PredictorT], seed: int) -> tuple[PredictorT, float]:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    started, reading = time.perf_counter(), Reading.seconds
    predictor = learning()
    return predictor, time.perf_counter() - started - (Reading.seconds - reading)


def _saved(name: str, pipeline: AnyPipeline, predictor: object, seconds: float, folder: Path) -> Learned:
    fresh_folder(folder)
    pipeline.save(predictor, folder)
    return Learned(
        weights_sha256=hash_folder(folder, name),
        seconds=round(seconds, 3),
        trials=pipeline.trials(predictor),
        composition=pipeline.composition(predictor),
        pretraining=pipeline.pretraining(predictor),
    )


def hash_folder(folder: Path, name: str) -> str:
    """Return a SHA-256 over all tensors, the canonical JSON and the bytes of text files.

    Two predictors with equal hashes have bitwise equal tensors. Raises InvalidInput if the folder is empty, or contains
    links or files of other types than ``inert.TYPES``; ``name`` is the pipeline in the message.
    """
    tensors: dict[str, npt.NDArray[np.generic]] = {}
    documents: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() or path.suffix not in TYPES:
            raise InvalidInput(
                "save wrote {file!r}; a predictor consists of {types} files",
                where="save of {name}",
                next_step="store arrays with azuraforge.engine.io.save_safetensors and settings as JSON",
                file=relative,
                types=", ".join(TYPES),
                name=name,
            )
        if path.suffix == ".json":
            documents[relative] = orjson.loads(path.read_bytes())
        elif path.suffix == ".safetensors":
            tensors |= {f"{relative}/{key}": value for key, value in load_safetensors(path)[0].items()}
        else:
            documents[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
    if not tensors and not documents:
        raise InvalidInput(
            "save wrote no files", where="save of {name}", next_step="repair the plugin {name}", name=name
        )
    canonical = orjson.dumps(documents, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(hash_tensors(tensors).encode() + b"|" + canonical).hexdigest()
