"""Contract suite for image classifiers: no leakage, reproducible, resumable, and unchanged by saving."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from azuraforge.errors import AzuraError
from azuraforge.pipelines.predictor import hash_folder, learn
from azuraforge.plugins.contract.pipeline import Checkpoint
from azuraforge.plugins.kinds.classify.parts import LEARNED_IMAGES, check_image_split, image_part
from azuraforge.plugins.kinds.classify.predictions import classify_checked, guard_each_alone
from azuraforge.plugins.vision.config import ImagePart, ImagePipeline, ImageTable, content_hashes
from azuraforge.testing.contract import ContractBroken, accepted, check_search, check_shape, require
from azuraforge.testing.memory import MemoryRun


def check_classifier(
    plugin: type[ImagePipeline[Any, Any]],
    table: ImageTable,
    config: BaseModel | Mapping[str, Any],
    *,
    seed: int = 7,
    most_resumes: int = 3,
) -> None:
    """Check an image classifier's contract on one table. Choose few images and a small config: it is fitted repeatedly.

    Args:
        plugin: the pipeline class.
        table: labelled images to train and test on.
        config: the config as a user would write it.
        seed: the random seed of every fit.
        most_resumes: maximum number of checkpoints to resume from, spread evenly.

    Raises:
        ContractBroken: a rule is broken; the message names it.
        InvalidInput: ``config`` is not valid.
    """
    check_shape("pipeline", plugin)
    check_search(plugin.Config)
    parsed = accepted("pipeline", plugin, config)
    name = plugin.__name__
    with tempfile.TemporaryDirectory(prefix="contract-") as place:
        folder = Path(place)
        try:
            labels = table.labels
            split = plugin().split(table, parsed)
            check_image_split(split, labels, content_hashes(table.frame.get_column("image").to_list()))
            train, validation = (image_part(table, rows, labels) for rows in (split.train, split.validation))
            test = image_part(table, split.test, None)

            def fit(home: Path, resume_from: Checkpoint | None = None) -> tuple[str, MemoryRun[Any]]:
                run = MemoryRun(parsed, home, seed=seed, resume_from=resume_from)
                return learn(name, plugin(), run, train, validation, home / "predictor").weights_sha256, run

            sha256, run = fit(folder / "first")
            saved = folder / "first" / "predictor"
            _check_predictions(name, plugin, saved, test, seed)
            _check_saving(name, plugin, saved, sha256, folder)
            require(fit(folder / "again")[0] == sha256, f"{name}: the same seed gave another predictor")
            steps = (
                np.linspace(0, len(run.checkpoints) - 1, min(most_resumes, len(run.checkpoints))).round().astype(int)
            )
            for number in np.unique(steps).tolist():
                checkpoint = run.checkpoints[number]
                require(
                    fit(folder / f"resumed{number}", checkpoint)[0] == sha256,
                    f"{name}: resumed from the checkpoint at step {checkpoint.step}, it ends at other bits",
                )
        except AzuraError as error:
            raise ContractBroken(f"{name}: {error}") from error


def _check_predictions(
    name: str, plugin: type[ImagePipeline[Any, Any]], saved: Path, test: ImagePart, seed: int
) -> None:
    """Check that probabilities have the right shape, images are independent, and two loads predict the same bits."""
    found = []
    for _ in range(2):
        pipeline = plugin()
        predictor = pipeline.load(saved)
        found.append(classify_checked(name, lambda part: pipeline.predict(predictor, part), test))  # noqa: B023
        guard_each_alone(name, lambda part: pipeline.predict(predictor, part), test, found[-1], seed)  # noqa: B023
    require(
        found[0].probabilities.tobytes() == found[1].probabilities.tobytes(),
        f"{name}: two loads of one folder predict different bits",
    )


def _check_saving(name: str, plugin: type[ImagePipeline[Any, Any]], saved: Path, sha256: str, folder: Path) -> None:
    """Check that saving a loaded predictor writes the same files."""
    pipeline, copy = plugin(), folder / "copy"
    copy.mkdir()
    pipeline.save(pipeline.load(saved), copy)
    require(not (copy / LEARNED_IMAGES).exists(), f"{name}: {LEARNED_IMAGES} is the platform's to write")
    require(hash_folder(copy, name) == sha256, f"{name}: save after load writes another predictor")
