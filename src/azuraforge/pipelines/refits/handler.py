"""Refit in the worker: predictors that become versions are fitted again on all rows, after the verdict.

The verdict applies to predictors that never saw the test set. The predictor that serves should also learn from the
newest rows, so a version contains both; see ``docs/decisions/0019``.
"""

from __future__ import annotations

from azuraforge.messages import LANGUAGES, Message
from azuraforge.pipelines.phases import execute_step
from azuraforge.pipelines.refits.shapes import EvaluatedLearner, RefitInput, RefitResult
from azuraforge.pipelines.shapes import FitInput, Learned, LearnedBaselines
from azuraforge.plugins.contract.sentences import filled, texts_of
from azuraforge.plugins.contract.shape import Texts
from azuraforge.runs.handlers import Job

STEP = "azuraforge.pipelines.refits.steps:refit"


def evaluated_learners(
    learner: FitInput, fitted: Learned, baselines: LearnedBaselines, winner: str | None
) -> tuple[EvaluatedLearner, ...]:
    """Return the learners that become versions: the candidate, and the baseline ``winner`` if there is one."""
    candidate = EvaluatedLearner(
        plugin=learner.plugin,
        config=learner.config,
        evaluated=f"{fitted.outputs}/predictor",
        weights_sha256=fitted.weights_sha256,
    )
    return (
        candidate,
        *(
            EvaluatedLearner(
                plugin=each.name,
                config=each.config,
                evaluated=f"{baselines.outputs}/{each.name}/predictor",
                weights_sha256=each.weights_sha256,
            )
            for each in baselines.baselines
            if each.name == winner
        ),
    )


def _not_refitted(name: str, reason: Texts) -> Texts:
    """Return the note on a predictor that could not be refitted."""
    note = Message("{name} could not be refitted, so the evaluated predictor makes the predictions: {reason}")
    return filled(texts_of(note), name=dict.fromkeys(LANGUAGES, name), reason=reason)


def refit(job: Job, wanted: RefitInput, *, share: float) -> RefitResult:
    """Execute the refit as a phase of the run, add its notes to the run, and return its result.

    If a refit fails, the evaluated predictor serves.
    """
    done = execute_step(job, "refit", STEP, wanted, RefitResult, share=share)
    for each in done.refitted:
        for note in each.notes:
            job.note(note)
        if each.failed is not None:
            job.note(_not_refitted(each.name, each.failed))
    return done
