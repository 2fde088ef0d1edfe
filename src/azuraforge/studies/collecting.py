"""Collection of results from trials whose runs have ended: complete, pruned or failed, each recorded once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, NotFound, UserError
from azuraforge.messages import Message
from azuraforge.pipelines.shapes import ScoredBaseline
from azuraforge.pipelines.summaries import TrialSummary
from azuraforge.runs.schemas import RunOut
from azuraforge.runs.service import RunService
from azuraforge.studies import store
from azuraforge.studies.events import StudyEvents, TrialMoved
from azuraforge.studies.objectives import best_report, scores_of
from azuraforge.studies.records import StoredBaseline
from azuraforge.studies.tables import Study, StudyTrial

#: Series with the validation loss of each epoch. All its points are read, because the best one's index is used.
EPOCH_SERIES, _MOST_EPOCHS = "validation_loss", 10_000
_MOST_REPORTS = 1000


class Curves:
    """Reader of metric series that trials report during training."""

    def __init__(self, runs: RunService) -> None:
        self._runs = runs

    def of(self, study: Study, trial: StudyTrial) -> list[float | None]:
        """Return the series that the study's pruner uses, one value per report; empty if there is none.

        A value is None if it is not finite. A series of more than 1,000 values is reduced.
        """
        return self.values(study, trial, study.pruner["series"], _MOST_REPORTS)

    def values(self, study: Study, trial: StudyTrial, series: str, most: int) -> list[float | None]:
        """Return a series of a trial's run, reduced to at most ``most`` values.

        The list is empty if the run no longer exists or has not logged the series.
        """
        try:
            found = self._runs.metrics(study.project_id, trial.run_id, [series], max_points=most)
        except NotFound:
            return []
        return found.series[0].values if found.series else []


class Collecting:
    """Recorder of the results of ended trials."""

    def __init__(self, database: Database, runs: RunService, emit: StudyEvents) -> None:
        self._database = database
        self._curves = Curves(runs)
        self._emit = emit

    def collect(self, study: Study, ended: Sequence[StudyTrial], runs: Mapping[str, RunOut]) -> None:
        """Record the results of trials whose runs have ended."""
        found = {trial.number: self._result(study, trial, runs.get(trial.run_id)) for trial in ended}

        def work(session: Session) -> None:
            locked = store.lock(session, study.id)
            if locked is None:
                return
            for number, (values, baselines) in found.items():
                trial = store.trial(session, study.id, number)
                if trial is None or trial.state != "running":
                    continue  # another scheduler was faster
                store.change(session, trial, **values, ended_at=store.clock(session))
                if baselines is not None and locked.baselines is None:
                    store.change(session, locked, baselines=baselines)
                ended = TrialMoved(trial=number, run_id=trial.run_id, trial_state=trial.state, scores=trial.scores)
                self._emit(session, locked, ended)
            crashpoint("trials_before_collected")

        self._database.write(study.project_id, work)

    def _result(
        self, study: Study, trial: StudyTrial, run: RunOut | None
    ) -> tuple[dict[str, object], list[StoredBaseline] | None]:
        """Return new values for the trial's row and, if its run scored them, the baselines."""
        if run is None:
            error = NotFound(
                "the trial's run no longer exists",
                where="run {run}",
                next_step="no action is needed: the study continues with other trials",
                code="run_gone",
                run=trial.run_id,
            ).to_dict()
            return {"state": "failed", "error": error, "cpu_seconds": None}, None
        curve = self._curves.of(study, trial)
        if trial.pruned_after is not None and run.state != "succeeded":
            curve = curve[: trial.pruned_after]
        # Epochs are counted in the series that early stopping uses, which may differ from the pruner's.
        best = best_report(self._curves.values(study, trial, EPOCH_SERIES, _MOST_EPOCHS), "minimize")
        values: dict[str, object] = {
            "curve": curve,
            "best_epoch": best,
            "cpu_seconds": _wall_seconds(run) * study.threads,
        }
        if run.state == "succeeded" and run.summary is not None:
            summary = TrialSummary.model_validate(run.summary)
            values.update(cpu_seconds=summary.cpu_seconds, metrics=summary.metrics)
            baselines = [_stored(each) for each in summary.baselines] if summary.baselines is not None else None
            if (scores := scores_of(summary.metrics, study.objectives)) is not None:
                return {**values, "state": "complete", "scores": scores}, baselines
            names = ", ".join(each["metric"] for each in study.objectives)
            error = UserError(
                "the trial's objectives ({metrics}) could not be computed",
                next_step="check the metrics of the trial's run",
                code="no_score",
                metrics=names,
            ).to_dict()
            return {**values, "state": "failed", "error": error}, baselines
        if trial.pruned_after is not None:
            return {**values, "state": "pruned"}, None
        if run.error is not None:
            return {**values, "state": "failed", "error": run.error.model_dump(exclude_none=True)}, None
        error = Conflict(
            "the trial's run was cancelled"
            if run.state == "cancelled"
            else "the trial's run ended without a result ({state})",
            where="run {run}",
            next_step="no action is needed: the study continues with other trials",
            code=run.state,
            state=Message(f"state.{run.state}"),
            run=run.id,
        ).to_dict()
        return {**values, "state": "failed", "error": error}, None


def _stored(baseline: ScoredBaseline) -> StoredBaseline:
    stored: StoredBaseline = {"name": baseline.name}
    if baseline.metrics is not None:
        stored["metrics"] = baseline.metrics
    if baseline.failed is not None:
        stored["failed"] = baseline.failed
    return stored


def _wall_seconds(run: RunOut) -> float:
    """Return the wall time of a run in seconds, an estimate of a trial's processor time if it was not measured."""
    if run.started_at is None or run.finished_at is None:
        return 0.0
    return max(0.0, math.ceil((run.finished_at - run.started_at).total_seconds() * 1000) / 1000)
