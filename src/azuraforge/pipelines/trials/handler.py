"""Trials of a study, seen from the worker: split → fit → score on the validation part.

Nothing is held out, judged or promoted here: no trial ever sees a row of the test part. No app code and no frame is
loaded; children do that (``trial_steps.py``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput
from azuraforge.pipelines.baselines import baselines_of
from azuraforge.pipelines.extra import TrialExtra
from azuraforge.pipelines.loop import rows_of
from azuraforge.pipelines.trials.parts import StudyParts
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

STEPS = "azuraforge.pipelines.trials.steps"
_SHARES = {"split": 0.05, "baselines": 0.15, "fit": 0.8}


class TrialHandler(Handler):
    """One config tried for a study; its scores are the run's summary."""

    kind = "trial"
    extra = TrialExtra

    def __init__(self, datasets: DatasetService, plugins_folder: Path, parts_folder: Path) -> None:
        self._datasets = datasets
        self._plugins_folder = plugins_folder
        self._parts = StudyParts(parts_folder)

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Refuses: a trial means something inside its study only."""
        raise InvalidInput(
            "a trial is started by its study", where="kind", next_step="azuraforge studies create, or start a train run"
        )

    def execute(self, job: Job) -> Finish:
        """Execute the phases of the trial."""
        run = job.run
        if run.dataset_id is None or run.plugin is None:
            raise InvalidInput("a trial needs a pipeline and a dataset", where=f"run {run.id}")
        dataset = self._datasets.get(run.project_id, run.dataset_id, run.dataset_version)
        learner = {"plugins_folder": str(self._plugins_folder), "plugin": run.plugin, "config": run.config}
        split = self._split(job, run.carries(TrialExtra), {**learner, "dataset": rows_of(dataset)})
        extra = run.carries(TrialExtra)
        task = extra.task
        parts = {
            **{part: f"{split['outputs']}/{part}" for part in ("train", "validation")},
            "scoring": split["outputs"],
            "scale": split.get("scale"),
            "task": task,
        }
        summary: dict[str, Any] = {"study": extra.model_dump()["study"], "cpu_seconds": split["cpu_seconds"]}
        if extra.baselines:
            names = list(baselines_of(task, run.plugin))
            beside = {**run.config, "horizon": split["horizon"]} if split["horizon"] else run.config
            payload = {**learner, "config": beside, "names": names, **parts}
            scored = job.phase("baselines", f"{STEPS}:baselines", payload, share=_SHARES["baselines"])
            summary["baselines"] = scored["scored"]
        fitted = job.phase("fit", f"{STEPS}:fit", {**learner, **parts}, share=_SHARES["fit"])
        summary["cpu_seconds"] += fitted["cpu_seconds"]
        summary["metrics"], summary["app_seconds"] = fitted["metrics"], fitted["app_seconds"]
        return Finish(summary)

    def _split(self, job: Job, extra: TrialExtra, payload: dict[str, Any]) -> dict[str, Any]:
        """The parts of this trial; where all trials of the study have the same ones, the first that needs them cuts."""
        study, shared = extra.study_id, extra.same_parts
        if shared and (found := self._parts.find(job.run.project_id, study)) is not None:
            return {**found, "cpu_seconds": 0.0}
        split = job.phase("split", f"{STEPS}:split", payload, share=_SHARES["split"])
        if shared:
            self._parts.keep(job.run.project_id, study, split)
        return split
