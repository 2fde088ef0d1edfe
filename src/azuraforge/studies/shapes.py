"""Conversion of rows into API shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from azuraforge.runs.reads import AttemptSpan
from azuraforge.runs.schemas import RunError, RunOut
from azuraforge.studies.objectives import scores_of
from azuraforge.studies.pareto import pareto_front
from azuraforge.studies.records import StoredBaseline, StoredObjective
from azuraforge.studies.schemas import BaselineScore, Budget, StudyDetail, StudyOut, TrialOut
from azuraforge.studies.tables import Study, StudyTrial

_SAME = (
    "id", "name", "plugin", "task", "model", "dataset_id", "dataset_name", "dataset_version", "sampler", "objectives",
    "parallel", "state", "reason", "winner", "retrain_run_id", "created_at", "finished_at",
)  # fmt: skip
_MORE = (
    "config", "space", "pruner", "seed", "threads", "priority", "retrain", "warm_start_from", "deleted_at",
    "deleted_by",
)  # fmt: skip

Scored = Sequence[tuple[int, list[float]]]


_MOST_POINTS = 100


def trial_out(
    trial: StudyTrial, run: RunOut | None = None, span: AttemptSpan | None = None, *, curve: bool = False
) -> TrialOut:
    """Return a trial, with its intermediate values so far if ``curve`` is true.

    ``span`` are the run's attempts.
    """
    return TrialOut(
        number=trial.number,
        run_id=trial.run_id,
        run_state=run.state if run else None,
        state=trial.state,
        params=trial.params,
        scores=trial.scores,
        metrics=trial.metrics,
        reports=len(trial.curve),
        best_epoch=trial.best_epoch,
        curve=_reduced(trial.curve) if curve else None,
        cpu_seconds=trial.cpu_seconds,
        error=RunError.shown(trial.error),
        created_at=trial.created_at,
        started_at=span.started_at if span else None,
        ended_at=trial.ended_at,
        worker=span.worker if span else None,
    )


def _reduced(curve: Sequence[float | None]) -> list[list[float | None]]:
    """Return evenly spaced reports with their numbers, the last one included."""
    count = len(curve)
    few = min(count, _MOST_POINTS)
    numbers = [(index + 1) * count // few for index in range(few)]
    return [[number, curve[number - 1]] for number in numbers]


def study_out(
    row: Study, counts: Mapping[str, int], scored: Scored, best: StudyTrial | None, spent: tuple[float, float]
) -> StudyOut:
    """Return a study as shown in lists. ``spent``: seconds of running, and seconds of processor time."""
    return StudyOut.model_validate(_fields(row, counts, scored, best, spent))


def study_detail(
    row: Study,
    counts: Mapping[str, int],
    scored: Scored,
    best: StudyTrial | None,
    spent: tuple[float, float],
    *,
    counted: int,
    last_event_seq: int,
) -> StudyDetail:
    fields = _fields(row, counts, scored, best, spent)
    more = {name: getattr(row, name) for name in _MORE}
    return StudyDetail.model_validate({**fields, **more, "counted_trials": counted, "last_event_seq": last_event_seq})


def _fields(
    row: Study, counts: Mapping[str, int], scored: Scored, best: StudyTrial | None, spent: tuple[float, float]
) -> dict[str, object]:
    directions = [each["direction"] for each in row.objectives]
    return {
        **{name: getattr(row, name) for name in _SAME},
        "name": row.name,
        "budget": Budget(trials=row.budget_trials, seconds=row.budget_seconds, cpu_seconds=row.budget_cpu_seconds),
        "error": RunError.shown(row.error),
        "trials": counts,
        "best": trial_out(best) if best is not None else None,
        "baselines": [_baseline(each, row.objectives) for each in row.baselines or ()],
        "front": pareto_front(scored, directions) if len(directions) > 1 else [],
        "seconds": round(spent[0], 3),
        "cpu_seconds": round(spent[1], 3),
    }


def _baseline(stored: StoredBaseline, objectives: Sequence[StoredObjective]) -> BaselineScore:
    if "failed" in stored:
        return BaselineScore(name=stored["name"], scores=None, failed=stored["failed"])
    found = [scores_of(stored["metrics"], [each]) for each in objectives]
    scores = [each[0] if each else None for each in found]
    return BaselineScore(name=stored["name"], scores=scores, failed=None)
