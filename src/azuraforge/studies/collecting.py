"""What became of trials whose runs have ended: complete, pruned or failed, each told once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, NotFound, UserError
from azuraforge.runs.schemas import RunOut
from azuraforge.runs.service import RunService
from azuraforge.studies import store
from azuraforge.studies.log_lines import Teller
from azuraforge.studies.objectives import best_report, scores_of
from azuraforge.studies.tables import Study, StudyTrial

#: One point for each epoch, the loss on the validation part; the number of the best one counts, so none is left out.
EPOCH_SERIES, _MOST_EPOCHS = "validation_loss", 10_000
_MOST_REPORTS = 1000


class Curves:
    """What trials report while they learn."""

    def __init__(self, runs: RunService) -> None:
        self._runs = runs

    def of(self, study: Study, trial: StudyTrial) -> list[float | None]:
        """The series that the study's pruner looks at, one value for each report."""
        return self.values(study, trial, study.pruner["series"], _MOST_REPORTS)

    def values(self, study: Study, trial: StudyTrial, series: str, most: int) -> list[float | None]:
        """Any series of a trial's run; nothing where the run is gone, or never told of it."""
        try:
            told = self._runs.metrics(study.project_id, trial.run_id, [series], max_points=most)
        except NotFound:
            return []
        return told.series[0].values if told.series else []


class Collecting:
    """Takes the results of trials in."""

    def __init__(self, database: Database, runs: RunService, tell: Teller) -> None:
        self._database = database
        self._curves = Curves(runs)
        self._tell = tell

    def collect(self, study: Study, ended: Sequence[StudyTrial], runs: Mapping[str, RunOut]) -> None:
        """Trials whose runs have ended: complete, pruned or failed, each told once."""
        found = {trial.number: self._outcome(study, trial, runs.get(trial.run_id)) for trial in ended}

        def work(session: Session) -> None:
            locked = store.lock(session, study.id)
            if locked is None:
                return
            for number, values in found.items():
                trial = store.trial(session, study.id, number)
                if trial is None or trial.state != "running":
                    continue  # another scheduler was faster
                baselines = values.pop("baselines", None)
                store.change(session, trial, **values, ended_at=store.clock(session))
                if baselines is not None and locked.baselines is None:
                    store.change(session, locked, baselines=baselines)
                self._tell(
                    session, locked, "study.trial", trial=number, run_id=trial.run_id, trial_state=trial.state,
                    scores=trial.scores,
                )  # fmt: skip
            crashpoint("trials_before_collected")

        self._database.write(study.project_id, work)

    def _outcome(self, study: Study, trial: StudyTrial, run: RunOut | None) -> dict[str, Any]:
        if run is None:
            error = NotFound("the trial's run is gone", where=f"run {trial.run_id}", code="run_gone").to_dict()
            return {"state": "failed", "error": error, "cpu_seconds": None}
        curve = self._curves.of(study, trial)
        if trial.pruned_after is not None and run.state != "succeeded":
            curve = curve[: trial.pruned_after]
        # Whatever the pruner looks at: epochs are counted by the series that early stopping goes by.
        best = best_report(self._curves.values(study, trial, EPOCH_SERIES, _MOST_EPOCHS), "minimize")
        common: dict[str, Any] = {"curve": curve, "best_epoch": best, "cpu_seconds": _wall_seconds(run) * study.threads}
        if run.state == "succeeded" and run.summary is not None:
            metrics: Any = run.summary["metrics"]
            common["cpu_seconds"] = run.summary["cpu_seconds"]
            common["metrics"] = metrics
            if (baselines := run.summary.get("baselines")) is not None:
                common["baselines"] = baselines
            if (scores := scores_of(metrics, study.objectives)) is not None:
                return {**common, "state": "complete", "scores": scores}
            names = ", ".join(each["metric"] for each in study.objectives)
            error = UserError(f"its objectives ({names}) could not be computed", code="no_score").to_dict()
            return {**common, "state": "failed", "error": error}
        if trial.pruned_after is not None:
            return {**common, "state": "pruned"}
        if run.error is not None:
            return {**common, "state": "failed", "error": run.error.model_dump(exclude_none=True)}
        error = Conflict(f"its run was {run.state}", where=f"run {run.id}", code=run.state).to_dict()
        return {**common, "state": "failed", "error": error}


def _wall_seconds(run: RunOut) -> float:
    """What a trial that left no measurement is counted with: its time on one thread."""
    if run.started_at is None or run.finished_at is None:
        return 0.0
    return max(0.0, math.ceil((run.finished_at - run.started_at).total_seconds() * 1000) / 1000)
