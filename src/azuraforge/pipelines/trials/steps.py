"""Steps of a trial, each executed in a separate child process; they build on ``pipelines/steps.py``.

The child processes of a trial have access only to train and validation rows. The scores are the platform's metrics on
the validation set, predicted from its origins as a training run predicts the test set.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from azuraforge.pipelines import steps
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.data import read_dataset
from azuraforge.pipelines.shapes import (
    ScoredBaseline,
    ScoredBaselines,
    ScoredTrial,
    SplitInput,
    TrialInput,
    TrialSplit,
    asked,
)
from azuraforge.plugins.contract.part_folders import Reading
from azuraforge.plugins.contract.sentences import reason_of


def split(child: Child) -> TrialSplit:
    """Write the train and validation sets, and the data that scores trials. ``SplitInput`` → ``TrialSplit``."""
    wanted = asked(SplitInput, child.payload)
    found, config = steps.split_dataset(wanted, child.outputs)
    _, kind = steps.load_pipeline(wanted.plugin, wanted.plugins_folder)
    table = kind.table(read_dataset(wanted.dataset), wanted.dataset.meaning)
    kind.prepare_scoring(table, found, config, child.outputs)
    return TrialSplit(**found.model_dump(), cpu_seconds=_cpu_seconds())


def fit(child: Child) -> ScoredTrial:
    """Fit the trial's pipeline, save it, load it again and score it. ``TrialInput`` → ``ScoredTrial``."""
    wanted = asked(TrialInput, child.payload)
    fitted = steps.learn_candidate(child, wanted)
    folder = child.outputs / "predictor"
    started, reading = time.perf_counter(), Reading.seconds
    metrics = _score(wanted, wanted.plugin, folder)
    sizes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    metrics = {**metrics, "fit_seconds": fitted.seconds, "bytes": float(sizes)}
    scoring = time.perf_counter() - started - (Reading.seconds - reading)
    return ScoredTrial(
        **dict(fitted),
        metrics=metrics,
        app_seconds=round(fitted.seconds + scoring, 3),
        cpu_seconds=_cpu_seconds(),
    )


def baselines(child: Child) -> ScoredBaselines:
    """Fit and score every baseline on the same rows. ``TrialInput`` → ``ScoredBaselines``."""
    wanted = asked(TrialInput, child.payload)
    scored: list[ScoredBaseline] = []
    for each in steps.learn_baselines(child, wanted).baselines:
        if each.failed is not None:
            scored.append(ScoredBaseline(name=each.name, failed=each.failed))
            continue
        try:
            metrics = _score(wanted, each.name, child.outputs / each.name / "predictor")
            scored.append(ScoredBaseline(name=each.name, metrics=metrics))
        except Exception as error:
            scored.append(ScoredBaseline(name=each.name, failed=reason_of(error)))
    return ScoredBaselines(scored=tuple(scored))


def _score(wanted: TrialInput, name: str, folder: Path) -> dict[str, float | None]:
    pipeline, kind = steps.load_pipeline(name, wanted.plugins_folder)
    predictor = pipeline.load(folder)
    return kind.score(name, lambda part: pipeline.predict(predictor, part), Path(wanted.scoring))


def _cpu_seconds() -> float:
    """Return the processor time in seconds of this process and all its ended child processes."""
    used = os.times()
    return round(used.user + used.system + used.children_user + used.children_system, 3)
