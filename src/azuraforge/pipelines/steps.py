"""The steps of a bounded learning run, each the entry point of a child of its own.

    validate   (before the run exists) does the series carry this config?
    split      app code names row ranges; train and validation are cut and written
    fit        sees train and validation, nothing else
    fit_baselines
    hold_out   only now the test part, the future part and (apart from them) the truth are written
    predict    in a fresh process: load, predict test and future, guard against looking into the future
    predict_baselines, predict (of the champion)
    judge      the platform computes every metric, and the gate decides

A payload holds JSON only; files are named by path. ``dataset`` is what ``read_table`` takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from azuraforge.errors import InvalidInput, one_line
from azuraforge.pipelines.backtests.handler import folds_of
from azuraforge.pipelines.baselines import BASELINES, baseline_config
from azuraforge.pipelines.classify import judging as class_judging
from azuraforge.pipelines.classify import parts as image_parts
from azuraforge.pipelines.classify.predictions import (
    GUARDED_IMAGES,
    affordable_images,
    classify_checked,
    guard_each_alone,
    save_classes,
)
from azuraforge.pipelines.contexts import BaselineContext, CandidateContext, Child
from azuraforge.pipelines.forecast import judging, panel
from azuraforge.pipelines.forecast.parts import (
    check_split,
    cut_future,
    cut_learning,
    cut_test,
    load_part,
    of_run,
    range_of,
    read_table,
    save_part,
    without_short_series,
)
from azuraforge.pipelines.forecast.predictions import (
    GUARDED_ORIGINS,
    affordable_origins,
    guard_against_future,
    predict_checked,
    predict_known,
    save_predictions,
)
from azuraforge.pipelines.forecast.refit import refit_split
from azuraforge.pipelines.latency import latency_ms, one_image, one_origin
from azuraforge.pipelines.predictor import Learned, learn
from azuraforge.plugins.contract.parts import Rows, Split, Table
from azuraforge.plugins.contract.pipeline import Pipeline
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.forecasting.panels import UNKNOWN_SERIES


def validate(child: Child) -> dict[str, Any]:
    """Cut the parts without writing them, so that a series that is too short is refused before a run exists.

    Payload: plugin, plugins_folder, config, dataset. Result: as ``split``, and the canonical ``config``.
    """
    _, config = _pipeline(child.payload["plugin"], child.payload)
    return {**_split(child, None), "config": config.model_dump(mode="json")}


def split(child: Child) -> dict[str, Any]:
    """Write the train and validation parts. Payload: plugin, plugins_folder, config, dataset, refit (``refit.py``).

    Result: ``{"ranges": {part: [start, stop]}, "parts": {part: {rows, start, end}}, "horizon", "season"}``; of a panel
    ranges of its different times, and ``left_out`` (``panel.LeftOut``).
    """
    return _split(child, child.outputs)


def fit(child: Child) -> dict[str, Any]:
    """Learn and save. Payload: plugin, plugins_folder, config, train, validation (folders).

    Outputs: ``predictor/`` and ``files/``. Result: weights_sha256, seconds, engine (see ``_use_engine``).
    """
    name = child.payload["plugin"]
    pipeline, config = _pipeline(name, child.payload)
    files = child.outputs / "files"
    files.mkdir(parents=True, exist_ok=True)
    run = CandidateContext(child, config, files)
    train, validation = (image_parts.load_any(child.payload[part]) for part in ("train", "validation"))
    made_with = _use_engine(child, pipeline)
    learned = learn(name, pipeline, run, train, validation, child.outputs / "predictor")
    return {**learned.to_dict(), "engine": made_with}


def fit_baselines(child: Child) -> dict[str, Any]:
    """Learn every baseline. Payload: names, task, plugins_folder, config, train, validation.

    Outputs: ``<name>/predictor/``. Result: ``{"baselines": […]}`` with name, config, weights_sha256, seconds and engine
    of each, or its name and why it ``failed``. One that fails is listed with its reason and does not end the run.
    """
    train, validation = (image_parts.load_any(child.payload[part]) for part in ("train", "validation"))
    config = baseline_config(child.payload["task"], child.payload["config"])
    names = child.payload["names"]
    found: list[dict[str, Any]] = []
    for done, name in enumerate(names):
        child.progress(done, len(names), name)
        try:
            pipeline, checked = _pipeline(name, {**child.payload, "config": config})
            outputs = child.outputs / name / "files"
            outputs.mkdir(parents=True, exist_ok=True)
            run = BaselineContext(checked, child.seed, child.threads, outputs)
            made_with = _use_engine(child, pipeline)
            learned: Learned = learn(name, pipeline, run, train, validation, child.outputs / name / "predictor")
            described = {"config": checked.model_dump(mode="json"), "engine": made_with, **learned.to_dict()}
            found.append({"name": name, **described})
        except Exception as error:
            found.append({"name": name, "failed": one_line(error)})
    child.progress(len(names), len(names))
    return {"baselines": found}


def hold_out(child: Child) -> dict[str, Any]:
    """Write the test part without targets, the future part, and the truth. Payload: dataset, ranges, horizon,
    known_ahead (columns that this run or the champion calls known in advance), left_out (of the split).

    Outputs: ``test/``, ``future/``, ``truth/``. Result: ``{"origins": n}``. Of images: see ``hold_out_images``.
    """
    if image_parts.is_images(child.payload["dataset"]["schema"]):
        return image_parts.hold_out_images(child.payload["dataset"], child.payload["rows"], child.outputs)
    table = read_table(**child.payload["dataset"])
    table = of_run(table, child.payload.get("left_out", ()))
    horizon = child.payload["horizon"]
    ahead = child.payload.get("known_ahead", ())
    test, truth = cut_test(table, Rows(*child.payload["ranges"]["test"]), horizon, known_ahead=ahead)
    save_part(test, child.outputs / "test")
    save_part(cut_future(table, horizon, ahead), child.outputs / "future")
    judging.save_truth(child.outputs / "truth", table, test, truth)
    return {"origins": len(test.origins)}


def predict(child: Child) -> dict[str, Any]:
    """Load what ``save`` wrote and predict. Payload: plugin, plugins_folder, predictor, test, future, guard, tolerant,
    engine (what a version was made with; otherwise the run's own).

    Outputs: ``test.npz``, ``future.npz``. Result: ``problem``, ``latency_ms``, the median time of one answer, and at
    how many origins (or images) it was ``guarded``, a number that depends on the rows alone. With ``tolerant`` (the
    champion's turn) a failure is the result's ``problem``; otherwise it ends the run. Of a panel the champion is asked
    for the series that it learned: the others are ``unknown``, NaN in ``test.npz``, and ``none_of`` counts them where
    it learned none.
    """
    name = child.payload["plugin"]
    try:
        answered = _predict(child, name, child.payload, child.outputs, guard=child.payload.get("guard", True))
    except Exception as error:
        if not child.payload.get("tolerant", False):
            raise
        none_of = None
        if isinstance(error, InvalidInput) and error.error_code == UNKNOWN_SERIES:
            none_of = error.details.get("count")
        return {"problem": one_line(error), "latency_ms": None, "guarded": 0, "none_of": none_of}
    return {"problem": None, **answered}


def predict_baselines(child: Child) -> dict[str, Any]:
    """Predict with every baseline. Payload: baselines ``[{name, predictor}]``, plugins_folder, test, future.

    Outputs: ``<name>/test.npz``, ``<name>/future.npz``. Result: ``{"baselines": [{name} | {name, failed}]}``.
    """
    asked = child.payload["baselines"]
    found: list[dict[str, Any]] = []
    for done, fields in enumerate(asked):
        child.progress(done, len(asked), fields["name"])
        try:
            outputs = child.outputs / fields["name"]
            outputs.mkdir(parents=True, exist_ok=True)
            _predict(child, fields["name"], {**child.payload, **fields}, outputs, thorough=False)
            found.append({"name": fields["name"]})
        except Exception as error:
            found.append({"name": fields["name"], "failed": one_line(error)})
    child.progress(len(asked), len(asked))
    return {"baselines": found}


def judge(child: Child) -> dict[str, Any]:
    """Compute every metric and ask the gate. Payload and result: see ``judging.Case``, ``class_judging.ClassCase``."""
    if child.payload.get("task") == "classify":
        fields = {name: child.payload[name] for name in child.payload if name != "task"}
        return class_judging.judge_classes(class_judging.ClassCase(**fields), child.outputs)
    return judging.judge(judging.Case(**child.payload), child.outputs)


def _split(child: Child, folder: Path | None) -> dict[str, Any]:
    name = child.payload["plugin"]
    pipeline, config = _pipeline(name, child.payload)
    _check_fit(name, pipeline, child.payload["dataset"]["schema"])
    if pipeline.kind == "classify":
        refit = bool(child.payload.get("refit"))
        return image_parts.cut_images(pipeline, config, child.payload["dataset"], folder, refit=refit)
    table = read_table(**child.payload["dataset"])
    horizon, gap = int(getattr(config, "horizon", 1)), int(getattr(config, "gap", 0))
    table, ranges, ended = panel.split_of_those_that_go_on(table, lambda each: pipeline.split(each, config))
    chosen: dict[str, Any] = {}
    if child.payload.get("refit"):
        chosen = {"chosen_by": [ranges.validation.start, ranges.validation.stop]}
        ranges = refit_split(ranges, horizon=horizon, gap=gap)
    check_split(ranges, table.moments, horizon=horizon, gap=gap)
    whole = table
    with panel.told_of(ended):
        table, left_out = without_short_series(table, ranges, horizon)
    for part_name, rows in (("train", ranges.train), ("validation", ranges.validation)):
        part = cut_learning(table, rows, horizon, getattr(config, "known_ahead", ()))
        if folder is not None:
            save_part(part, folder / part_name)
    cut_test(table, ranges.test, horizon)  # refuses a test part that nobody could be judged by
    named = {"train": ranges.train, "validation": ranges.validation, "test": ranges.test}
    asked = {part: [rows.start, rows.stop] for part, rows in named.items()}
    if folds := int(getattr(config, "backtest_folds", 0)):
        known = chosen.get("chosen_by", asked["validation"])
        chosen |= _check_folds(whole, asked, ranges.needs, int(known[0]), count=folds, horizon=horizon, gap=gap)
    several = {}
    if table.schema.series is not None:
        gone = [asdict(each) for each in (*ended, *left_out)]
        several = {"left_out": gone, "needs": dict(ranges.needs)}
    return {
        **several,
        **chosen,
        "ranges": asked,
        "parts": {part: range_of(table, rows) for part, rows in named.items()},
        "horizon": horizon,
        "season": int(getattr(config, "season", None) or table.schema.season),
    }


def _check_folds(
    table: Table, ranges: Mapping[str, list[int]], needs: Mapping[str, int], choice: int, **asked: int
) -> dict[str, bool]:
    """Refuse more backtest folds than the series carry, in all or, of a panel, in any one fold.

    Result: ``folds_before``, whether a study's winner can have all of its folds before the rows that chose it.
    """

    def check(until: int | None) -> None:
        for number, fold in enumerate(folds_of(ranges, **asked, until=until), 1):
            try:
                split = Split(Rows(*fold.train), Rows(*fold.validation), Rows(*fold.test), needs)
                without_short_series(table, split, asked["horizon"])
            except InvalidInput as error:
                raise InvalidInput(
                    f"backtest fold {number} of {asked['count']} cannot be carried: {error.message}",
                    where="config: backtest_folds",
                    next_step="choose fewer folds or a shorter horizon, or add longer series",
                ) from error

    check(None)
    try:
        check(choice)
    except InvalidInput:
        return {"folds_before": False}
    return {"folds_before": True}


def _check_fit(name: str, pipeline: Pipeline[Any, Any], schema: Mapping[str, Any]) -> None:
    """Refuse a forecaster of images and a classifier of a series."""
    images = image_parts.is_images(schema)
    if images != (pipeline.kind == "classify"):
        has, needs = ("images", "a series") if images else ("a series", "images")
        raise InvalidInput(
            f"the dataset holds {has}, and {name} ({pipeline.kind}) learns from {needs}",
            where="dataset",
            next_step=f"choose a dataset of {needs.removeprefix('a ')}, or another pipeline",
            code="other_kind",
        )
    if schema.get("series") is not None and not pipeline.several_series:
        raise InvalidInput(
            f"the dataset holds several series, and {name} learns one",
            where="dataset",
            next_step="choose forecasting.lstm, gru, tcn, attention, ridge or a naive one, or add one series by itself",
            code="several_series",
        )


def _predict(
    child: Child, name: str, fields: Mapping[str, Any], outputs: Path, *, guard: bool = True, thorough: bool = True
) -> dict[str, Any]:
    """Write the predictions of a predictor. Result: ``latency_ms`` of one answer, and ``guarded``.

    Not ``thorough``, as for a baseline: the guard tries three origins (or images), and no latency is measured.
    """
    pipeline = _instance(name, fields)
    _use_engine(child, pipeline, fields.get("engine"))
    predictor = pipeline.load(Path(fields["predictor"]))

    def answer(part: Any) -> Any:
        return pipeline.predict(predictor, part)

    if pipeline.kind == "classify":
        images = image_parts.load_images(child.payload["test"])
        classes = classify_checked(name, answer, images)
        most = affordable_images(images) if thorough else GUARDED_IMAGES
        tried = guard_each_alone(name, answer, images, classes, child.seed, most) if guard else 0
        save_classes(classes, outputs / "test.npz")
        return {"latency_ms": latency_ms(answer, images, one_image) if thorough else None, "guarded": tried}
    test = load_part(child.payload["test"])
    if fields.get("tolerant"):
        predictions, unknown = predict_known(name, answer, test)
        if unknown:
            save_predictions(predictions, outputs / "test.npz")
            return {"latency_ms": None, "guarded": 0, "unknown": unknown}
    else:
        predictions = predict_checked(name, answer, test)
    most = affordable_origins(test) if thorough else GUARDED_ORIGINS
    tried = guard_against_future(name, answer, test, predictions, child.seed, most) if guard else 0
    future = load_part(child.payload["future"])
    save_predictions(predictions, outputs / "test.npz")
    save_predictions(predict_checked(name, answer, future), outputs / "future.npz")
    return {"latency_ms": latency_ms(answer, test, one_origin) if thorough else None, "guarded": tried}


def _use_engine(
    child: Child, pipeline: Pipeline[Any, Any], made_with: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Choose the engine's backend before app code computes with it. None for a pipeline that does not.

    Else backend, instruction_set and threads. The kernels' hash stands in the run's environment only: a version's
    address must not change with each release of ours.
    """
    if not pipeline.uses_engine:
        return None
    chosen = child.use_engine(made_with)
    return {name: chosen[name] for name in ("backend", "instruction_set", "threads")}


def _instance(name: str, payload: Mapping[str, Any]) -> Pipeline[Any, Any]:
    plugin = load_plugin("pipeline", name, payload.get("plugins_folder"))
    if plugin.kind not in BASELINES:
        raise InvalidInput(
            f"pipelines of the task {plugin.kind!r} cannot be judged yet; known: {', '.join(BASELINES)}",
            where=f"pipeline {name}",
        )
    instance: Pipeline[Any, Any] = plugin()
    return instance


def _pipeline(name: str, payload: Mapping[str, Any]) -> tuple[Pipeline[Any, Any], BaseModel]:
    pipeline = _instance(name, payload)
    return pipeline, parse_config(pipeline.Config, payload["config"], name)
