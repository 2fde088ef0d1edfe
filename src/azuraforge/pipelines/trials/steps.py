"""The steps of a trial, each the entry point of a child of its own; see ``steps.py`` for those that they build on.

The children of a trial are given train and validation rows only. The scores are the platform's own metrics on the
validation part, predicted from its origins as the test part is predicted in a training run.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.pipelines import steps
from azuraforge.pipelines.classify import metrics as classification
from azuraforge.pipelines.classify.parts import is_images, load_images
from azuraforge.pipelines.classify.predictions import classify_checked
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.forecast.metrics import measure, seasonal_scale
from azuraforge.pipelines.forecast.panel_judging import Panel, series_scales
from azuraforge.pipelines.forecast.parts import StoredPart, cut_test, load_part, of_run, read_table, save_part
from azuraforge.pipelines.forecast.predictions import predict_checked
from azuraforge.plugins.contract.parts import Floats, Part, Rows
from azuraforge.plugins.discovery.loading import load_plugin


def split(child: Child) -> dict[str, Any]:
    """As ``steps.split``, and the validation part once more as a part to be predicted. Payload: as there.

    Result: as there, and ``scale``, MASE's denominator (of a panel one for each series): no trial need read a frame for
    the sake of its scores.
    """
    found = steps.split(child)
    if is_images(child.payload["dataset"]["schema"]):
        return {**found, "cpu_seconds": _cpu_seconds()}
    table = read_table(**child.payload["dataset"])
    table = of_run(table, found.get("left_out", ()))
    ahead = child.payload["config"].get("known_ahead") or ()
    part, truth = cut_test(table, Rows(*found["ranges"]["validation"]), found["horizon"], known_ahead=ahead)
    save_part(part, child.outputs / "asked")
    np.save(child.outputs / "truth.npy", truth, allow_pickle=False)
    train = load_part(child.outputs / "train")
    if train.schema.series is None:
        scale: Any = seasonal_scale(_target(train)[train.start :], found["season"])
    else:
        scale = series_scales(train, found["season"])
    return {**found, "scale": scale, "cpu_seconds": _cpu_seconds()}


def fit(child: Child) -> dict[str, Any]:
    """Learn, save, load again and score. Payload: as ``steps.fit``, and scoring (folder of ``split``), scale, task.

    Result: as ``steps.fit``, with ``metrics`` and ``cpu_seconds``.
    """
    fitted = steps.fit(child)
    folder = child.outputs / "predictor"
    started, reading = time.perf_counter(), StoredPart.reading_seconds
    metrics = _score(child, child.payload["plugin"], folder)
    sizes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    metrics = {**metrics, "fit_seconds": fitted["seconds"], "bytes": float(sizes)}
    scoring = time.perf_counter() - started - (StoredPart.reading_seconds - reading)
    seconds = round(fitted["seconds"] + scoring, 3)
    return {**fitted, "metrics": metrics, "app_seconds": seconds, "cpu_seconds": _cpu_seconds()}


def baselines(child: Child) -> dict[str, Any]:
    """Learn and score every baseline on the same rows. Payload: as ``steps.fit_baselines`` and ``fit`` here.

    Result: ``{"scored": [{"name", "metrics"} | {"name", "failed"}]}``.
    """
    scored: list[dict[str, Any]] = []
    for each in steps.fit_baselines(child)["baselines"]:
        if "failed" in each:
            scored.append({"name": each["name"], "failed": each["failed"]})
            continue
        try:
            metrics = _score(child, each["name"], child.outputs / each["name"] / "predictor")
            scored.append({"name": each["name"], "metrics": metrics})
        except Exception as error:
            scored.append({"name": each["name"], "failed": f"{type(error).__name__}: {error}"[:300]})
    return {"scored": scored}


def _score(child: Child, name: str, folder: Path) -> dict[str, Any]:
    scoring = Path(child.payload["scoring"])
    pipeline = load_plugin("pipeline", name, child.payload.get("plugins_folder"))()
    predictor = pipeline.load(folder)

    def answer(part: Any) -> Any:
        return pipeline.predict(predictor, part)

    if child.payload["task"] == "classify":
        labelled = load_images(child.payload["validation"])
        classes = classify_checked(name, answer, replace(labelled, labels=None))
        names = labelled.schema.classes
        assert labelled.labels is not None
        return dict(classification.measure(labelled.labels, classes.probabilities, classes.uncalibrated, names))
    asked = load_part(scoring / "asked")
    truth = np.load(scoring / "truth.npy", allow_pickle=False)
    predictions = predict_checked(name, answer, asked)
    scale = child.payload["scale"]
    if asked.schema.series is not None:
        return dict(Panel.of(asked, scale).measure(truth, predictions)[0])
    overall, _ = measure(truth, predictions, scale)
    return dict(overall)


def _target(part: Part) -> Floats:
    import polars as pl

    column = part.frame.get_column(part.schema.target).cast(pl.Float64).fill_null(float("nan"))
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _cpu_seconds() -> float:
    """Of this child and all that it started."""
    used = os.times()
    return round(used.user + used.system + used.children_user + used.children_system, 3)
