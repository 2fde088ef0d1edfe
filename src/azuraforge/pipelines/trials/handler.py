"""Trials of a study in the worker: split, fit, and score on the validation set.

A trial holds out, judges and promotes nothing, and never sees a row of the test set. This module loads no plugin code
and no data frames; child processes do (``steps.py``).
"""

from __future__ import annotations

from pathlib import Path

from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput
from azuraforge.pipelines.extra import TrialExtra
from azuraforge.pipelines.loop import rows_of
from azuraforge.pipelines.phases import ResultT, execute_step
from azuraforge.pipelines.shapes import (
    ScoredBaselines,
    ScoredTrial,
    SplitInput,
    StepInput,
    TrialInput,
    TrialSplit,
)
from azuraforge.pipelines.summaries import TrialSummary
from azuraforge.pipelines.trials.parts import StudyParts
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

STEPS = "azuraforge.pipelines.trials.steps"
_SHARES = {"split": 0.05, "baselines": 0.15, "fit": 0.8}


class TrialHandler(Handler):
    """Handler of one trial of a study; its scores are the run's summary."""

    kind = "trial"
    summary = TrialSummary
    extra = TrialExtra

    def __init__(self, datasets: DatasetService, catalogue: Catalogue, parts_folder: Path) -> None:
        self._datasets = datasets
        self._catalogue = catalogue
        self._parts = StudyParts(parts_folder)

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Raise InvalidInput, because only a study can create trials."""
        raise InvalidInput(
            "only a study can start a trial",
            where="kind",
            next_step="create a study with azuraforge studies create, or start a run of kind train",
        )

    def execute(self, job: Job) -> Finish:
        """Execute the phases of the trial.

        Raises InvalidInput if the run names no pipeline, dataset or study, and the errors of its phases.
        """
        run, extra = job.run, job.run.carries(TrialExtra)
        if run.dataset_id is None or run.plugin is None:
            raise InvalidInput(
                "a trial needs a pipeline and a dataset",
                where="run {run}",
                next_step="create the study again with --plugin and --dataset",
                run=run.id,
            )
        dataset = self._datasets.get(run.project_id, run.dataset_id, run.dataset_version)
        folder = str(self._catalogue.plugins_folder)
        split = self._split(
            job,
            extra,
            SplitInput(plugins_folder=folder, plugin=run.plugin, config=run.config, dataset=rows_of(dataset)),
        )
        wanted = TrialInput(
            plugins_folder=folder,
            plugin=run.plugin,
            config=run.config,
            pretrained_folder=str(self._catalogue.pretrained_folder),
            train=f"{split.outputs}/train",
            validation=f"{split.outputs}/validation",
            baselines=self._catalogue.task_kind(extra.task).baselines_of(run.plugin),
            scoring=split.outputs,
        )
        baselines = _phase(job, "baselines", wanted, ScoredBaselines).scored if extra.baselines else None
        fitted = _phase(job, "fit", wanted, ScoredTrial)
        summary = TrialSummary(
            study=extra.study,
            cpu_seconds=split.cpu_seconds + fitted.cpu_seconds,
            metrics=fitted.metrics,
            app_seconds=fitted.app_seconds,
        )
        if baselines is not None:
            summary.baselines = baselines
        return Finish(summary)

    def _split(self, job: Job, extra: TrialExtra, wanted: SplitInput) -> TrialSplit:
        """Return the parts of this trial: the study's shared parts if all trials of the study have the same rows."""
        project_id, study = job.run.project_id, extra.study_id
        if extra.same_parts and (found := self._parts.find(project_id, study)) is not None:
            return found.model_copy(update={"cpu_seconds": 0.0})
        split = _phase(job, "split", wanted, TrialSplit)
        if extra.same_parts:
            self._parts.keep(project_id, study, split)
        return split


def _phase(job: Job, name: str, wanted: StepInput, result: type[ResultT]) -> ResultT:
    return execute_step(job, name, f"{STEPS}:{name}", wanted, result, share=_SHARES[name])
