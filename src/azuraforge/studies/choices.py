"""Checks of the sampler and the pruner that a study requests."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.errors import InvalidInput
from azuraforge.studies.records import Params, StoredObjective, StoredPruner
from azuraforge.studies.schemas import Pruner, StudyRequest
from azuraforge.studies.space import Dimension


def check_sampler(request: StudyRequest, objectives: Sequence[StoredObjective]) -> None:
    """Raise InvalidInput if the sampler or the pruner does not support the objectives or a warm start."""
    if request.sampler == "cmaes" and len(objectives) > 1:
        raise InvalidInput("cmaes supports only one objective", where="sampler", next_step="choose the sampler tpe")
    if request.pruner.name != "none" and len(objectives) > 1:
        raise InvalidInput(
            "a study with several objectives cannot prune trials, because no single curve shows which trial is worse",
            where="pruner",
            next_step="choose the pruner none",
        )
    if request.warm_start_from and request.sampler not in ("tpe", "cmaes"):
        raise InvalidInput(
            "the sampler {sampler} does not learn from trials and cannot start from earlier ones",
            where="warm_start_from",
            next_step="choose the sampler tpe or cmaes",
            sampler=request.sampler,
        )


def pruner_of(asked: Pruner, space: dict[str, Dimension], config: Params) -> StoredPruner:
    """Return the pruner in its stored form.

    Raises InvalidInput for hyperband if neither ``most_reports`` nor ``epochs`` gives the number of reports of a trial.
    """
    most = asked.most_reports
    if asked.name == "hyperband" and most is None:
        epochs = space["epochs"].ends() if "epochs" in space else [config.get("epochs")]
        known = [int(value) for value in epochs if isinstance(value, int | float)]
        if not known:
            raise InvalidInput(
                "hyperband needs the number of reports of a complete trial, but this config has no field epochs",
                where="pruner.most_reports",
                next_step="set most_reports, or choose the pruner median",
            )
        most = max(2, *known)
    return {
        "name": asked.name,
        "series": asked.series,
        "direction": asked.direction,
        "startup_trials": asked.startup_trials,
        "warmup_reports": asked.warmup_reports,
        "most_reports": most,
        "reduction_factor": asked.reduction_factor,
    }
