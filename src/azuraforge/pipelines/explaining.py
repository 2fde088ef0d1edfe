"""After the verdict: what a run's errors look like and what its model leans on, as figures of the run.

Seen from the worker; the work is done in children (``residuals``, ``importance``, ``saliency``). An explanation that
fails leaves a note and ends nothing: the verdict stands without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from azuraforge.runs.handlers import Job

RESIDUALS = "azuraforge.pipelines.forecast.residuals:explain"
IMPORTANCE = "azuraforge.pipelines.forecast.importance:explain"
SALIENCY = "azuraforge.pipelines.classify.saliency:explain"
#: Of the run's progress, for each of the phases.
SHARE = 0.01


def explain_forecast(
    job: Job,
    *,
    learned: Mapping[str, Any],
    candidate: Mapping[str, Any],
    baselines: Sequence[Mapping[str, Any]],
    best_baseline: str,
    folders: Mapping[str, str],
    season: int,
) -> None:
    """Draw a forecaster's errors and its importances.

    Args:
        learned: plugin, plugins_folder, predictor and engine of the candidate.
        candidate: its name and the folder of its predictions.
        baselines: the same for those that predicted.
        folders: test and truth.
    """
    beside = next(each for each in baselines if each["name"] == best_baseline)
    sides = {
        role: {"name": each["name"], "predictions": each["predictions"]}
        for role, each in (("candidate", candidate), ("baseline", beside))
    }
    job.phase("residuals", RESIDUALS, {**sides, **folders, "season": season}, share=SHARE)
    answer = job.phase("importance", IMPORTANCE, {**learned, **folders, "season": season}, share=SHARE)
    if answer["problem"] is not None:
        job.note(f"The importance of the inputs could not be computed: {answer['problem']}")


def explain_classes(job: Job, *, learned: Mapping[str, Any], folders: Mapping[str, str]) -> None:
    """Draw where a classifier looks. ``learned`` and ``folders`` as in ``explain_forecast``."""
    answer = job.phase("saliency", SALIENCY, {**learned, **folders}, share=2 * SHARE)
    if answer["problem"] is not None:
        job.note(f"Where the classifier looks could not be computed: {answer['problem']}")
