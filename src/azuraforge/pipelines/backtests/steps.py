"""The steps of a backtest, each the entry point of a child of its own; ``backtest`` tells how they follow one another.

The child that learns is given the fold's train and validation rows and nothing else; the rows to predict are written
after it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.errors import one_line
from azuraforge.pipelines.baselines import baseline_config
from azuraforge.pipelines.contexts import BaselineContext, Child
from azuraforge.pipelines.forecast.metrics import measure, seasonal_scale, skill
from azuraforge.pipelines.forecast.panel_judging import Panel, series_scales
from azuraforge.pipelines.forecast.parts import (
    cut_learning,
    cut_test,
    load_part,
    of_run,
    range_of,
    read_table,
    save_part,
    without_short_series,
)
from azuraforge.pipelines.forecast.predictions import load_predictions, predict_checked, save_predictions
from azuraforge.pipelines.forecast.probabilistic import score
from azuraforge.pipelines.predictor import learn
from azuraforge.plugins.contract.parts import Rows, Split, Table
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.forecasting.channels import column_values


def cut(child: Child) -> dict[str, Any]:
    """Write a fold's train and validation parts. Payload: dataset, fold, horizon, known_ahead, needs (``Split``),
    ended (those of the run's ``left_out`` whose moments its ranges do not count)."""
    payload, table = child.payload, _table(child.payload)
    for name in ("train", "validation"):
        part = cut_learning(table, Rows(*payload["fold"][name]), payload["horizon"], payload["known_ahead"])
        save_part(part, child.outputs / name)
    return {}


def fit(child: Child) -> dict[str, Any]:
    """Learn the candidate and every baseline. Payload: plugin, config, plugins_folder, baselines, train, validation.

    Outputs: ``<name>/predictor/``. Result: ``{"learned": [{name, seconds} | {name, failed}]}``. A baseline that fails
    is listed; the candidate's failure ends the run.
    """
    payload, beside = child.payload, child.payload["baselines"]
    train, validation = load_part(payload["train"]), load_part(payload["validation"])
    names = [payload["plugin"], *beside["names"]]
    learned: list[dict[str, Any]] = []
    for done, name in enumerate(names):
        child.progress(done, len(names), name)
        given = payload["config"] if not done else baseline_config(beside["task"], beside["config"])
        try:
            pipeline = load_plugin("pipeline", name, payload.get("plugins_folder"))()
            files = child.outputs / name / "files"
            files.mkdir(parents=True, exist_ok=True)
            run = _Quiet(parse_config(pipeline.Config, given, name), child.seed, child.threads, files, child)
            if pipeline.uses_engine:
                child.use_engine()
            made = learn(name, pipeline, run, train, validation, child.outputs / name / "predictor")
            learned.append({"name": name, "seconds": made.to_dict()["seconds"]})
        except Exception as error:
            if not done:
                raise
            learned.append({"name": name, "failed": one_line(error)})
    child.progress(len(names), len(names))
    return {"learned": learned}


def hold(child: Child) -> dict[str, Any]:
    """Write the rows to predict, without what came after them, and apart from them the truth. Payload: as ``cut``.

    Outputs: ``test/``, ``truth.npy``. Result: ``{"parts": {part: {rows, start, end}}}``.
    """
    payload, table = child.payload, _table(child.payload)
    part, truth = cut_test(
        table, Rows(*payload["fold"]["test"]), payload["horizon"], known_ahead=payload["known_ahead"]
    )
    save_part(part, child.outputs / "test")
    np.save(child.outputs / "truth.npy", truth, allow_pickle=False)
    return {"parts": {name: range_of(table, Rows(*ends)) for name, ends in payload["fold"].items()}}


def predict(child: Child) -> dict[str, Any]:
    """Load and predict. Payload: plugins_folder, test, predictors (folder), learned.

    Outputs: ``<name>.npz``. Result: ``{"predicted": [{name} | {name, failed}]}``; the first is the candidate.
    """
    payload = child.payload
    part, folder = load_part(payload["test"]), Path(payload["predictors"])
    found: list[dict[str, Any]] = []
    for done, each in enumerate(payload["learned"]):
        name = each["name"]
        child.progress(done, len(payload["learned"]), name)
        try:
            pipeline = load_plugin("pipeline", name, payload.get("plugins_folder"))()
            if pipeline.uses_engine:
                child.use_engine()
            predictor = pipeline.load(folder / name / "predictor")
            made = predict_checked(name, lambda asked, p=pipeline, x=predictor: p.predict(x, asked), part)  # type: ignore[misc]
            save_predictions(made, child.outputs / f"{name}.npz")
            found.append({"name": name})
        except Exception as error:
            if not done:
                raise
            found.append({"name": name, "failed": one_line(error)})
    return {"predicted": found}


def judge(child: Child) -> dict[str, Any]:
    """Measure every fold, and the mean and spread over the folds. Payload: candidate, season, horizon, folds.

    Result: ``{"backtest": {candidate, horizon, folds: [{parts, contenders, failed}], contenders}}``; in the last, per
    contender: the mean and the standard deviation of RMSE, MASE and coverage over the folds it stood in, and in how
    many of them the candidate's RMSE was lower.
    """
    folds = [_judged(fold, child.payload["season"]) for fold in child.payload["folds"]]
    candidate = child.payload["candidate"]
    names = list(dict.fromkeys(each["name"] for fold in folds for each in fold["contenders"]))
    rows = [_over_folds(name, candidate, folds) for name in names]
    rows.sort(key=lambda row: (row["rmse"]["mean"] is None, row["rmse"]["mean"] or 0.0))
    return {"backtest": {"candidate": candidate, "horizon": child.payload["horizon"], "folds": folds,
                         "contenders": rows}}  # fmt: skip


class _Quiet(BaselineContext):
    """A run's context that tells only how far it is: a fold has no curves and no checkpoints of its own."""

    def __init__(self, config: Any, seed: int, threads: int, outputs: Path, child: Child) -> None:
        super().__init__(config, seed, threads, outputs)
        self._child = child

    def progress(self, done: int, total: int, note: str = "") -> None:
        """The run's progress within this phase."""
        self._child.progress(done, total, note)


def _judged(fold: Mapping[str, Any], season: int) -> dict[str, Any]:
    truth = np.load(fold["truth"], allow_pickle=False)
    train = load_part(fold["train"])
    scale, panel = None, None
    if train.schema.series is None:
        scale = seasonal_scale(column_values(train.frame, train.schema.target)[train.start :], season)
    else:
        panel = Panel.of(load_part(fold["test"]), series_scales(train, season))
    seconds = {each["name"]: each["seconds"] for each in fold["learned"]}
    contenders: list[dict[str, Any]] = []
    for each in fold["predicted"]:
        if "failed" in each:
            continue
        made = load_predictions(Path(fold["predictions"]) / f"{each['name']}.npz")
        scores, _ = score(truth, made)
        measured = measure(truth, made, scale)[0] if panel is None else panel.measure(truth, made)[0]
        metrics = {**measured, "crps": scores["crps"], "width": scores["width"]}
        contenders.append({"name": each["name"], "metrics": metrics, "seconds": seconds[each["name"]]})
    others = [each["metrics"]["rmse"] for each in contenders[1:] if each["metrics"]["rmse"] is not None]
    for each in contenders:
        each["metrics"]["skill"] = skill(each["metrics"]["rmse"], min(others) if others else None)
    return {"parts": fold["parts"], "contenders": contenders, "failed": fold["failed"]}


def _over_folds(name: str, candidate: str, folds: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name}
    for metric in ("rmse", "mase", "coverage"):
        known = [value for fold in folds if (value := _value(fold, name, metric)) is not None]
        spread = float(np.std(known, ddof=1)) if len(known) > 1 else None
        row[metric] = {"mean": float(np.mean(known)) if known else None, "deviation": spread, "folds": len(known)}
    pairs = [(_value(fold, candidate, "rmse"), _value(fold, name, "rmse")) for fold in folds]
    row["beaten_in"] = None if name == candidate else sum(
        ours is not None and theirs is not None and ours < theirs for ours, theirs in pairs
    )  # fmt: skip
    return row


def _value(fold: Mapping[str, Any], name: str, metric: str) -> float | None:
    found = next((each for each in fold["contenders"] if each["name"] == name), None)
    return None if found is None else found["metrics"][metric]


def _table(payload: Mapping[str, Any]) -> Table:
    """The dataset; of a panel without the series that have too little in a part of this fold."""
    parts = {name: Rows(*ends) for name, ends in payload["fold"].items()}
    split = Split(**parts, needs=payload.get("needs", {}))
    table = of_run(read_table(**payload["dataset"]), payload.get("ended", ()))
    return without_short_series(table, split, payload["horizon"])[0]
