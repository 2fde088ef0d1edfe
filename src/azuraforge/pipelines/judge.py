"""Evaluation step: the task kind measures every contender, and the gate decides. ``judge`` imports no pipelines.

``explain`` runs after the run's success and draws figures that explain the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from azuraforge.messages import Message
from azuraforge.models.gate.comparability import incomparable
from azuraforge.models.gate.contenders import Champion, Contender, Slice
from azuraforge.models.gate.policy import GuardedSlice
from azuraforge.models.gate.reasons import Reason
from azuraforge.models.gate.record import Value
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.shapes import (
    ExplainInput,
    ExplainResult,
    ExplanationStep,
    JudgeInput,
    JudgeResult,
    asked,
)
from azuraforge.pipelines.steps import load_pipeline, use_engine
from azuraforge.plugins.contract.evaluation import INCUMBENT, SuspiciousColumn
from azuraforge.plugins.contract.judging import Contest, ExplainCase, JudgeCase, Remark, SplitResult
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.pipeline import Answer
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.contract.sentences import filled, reason_of
from azuraforge.plugins.contract.task_kind import AnyTaskKind
from azuraforge.plugins.discovery.loading import load_task_kind
from azuraforge.processes.failures import sentence_of
from azuraforge.strict_json import JsonObject


def judge(child: Child) -> JudgeResult:
    """Measure the contenders, decide and rank. ``JudgeInput`` → ``JudgeResult``; writes ``errors.npz``.

    A figure that cannot be drawn is omitted with a note.
    """
    wanted = asked(JudgeInput, child.payload)
    kind = load_task_kind(wanted.task, wanted.plugins_folder)
    referee = kind.judge(
        JudgeCase(
            candidate=wanted.candidate,
            baselines=wanted.baselines,
            champion=wanted.champion,
            truth=Path(wanted.truth),
            test=Path(wanted.test),
            future=Path(wanted.future),
            train=Path(wanted.train),
            split=wanted.split,
            seed=wanted.seed,
        )
    )
    metric = kind.gate_metric(wanted.policy.metric or referee.metric())
    contest = referee.contest(metric, [each.by for each in wanted.policy.slices])
    verdict = _decide(wanted, metric, contest, serves_unproven=_serves_unproven(wanted, kind))
    judged = referee.evaluate(metric, verdict.best_baseline, verdict.champion, child.outputs)
    evaluation = judged.evaluation.model_copy(
        update={
            "failed": wanted.failed,
            "comparisons": tuple(each.scores() for each in verdict.comparisons),
            "composition": None if wanted.composition is None else wanted.composition.measured(referee.members()),
            "pretraining": wanted.pretraining,
        }
    )
    first = evaluation.contenders[0].role == "candidate"
    figures: dict[str, JsonObject] = {}
    for name, figure in judged.figures.items():
        try:
            figures.update(kind.drawn({name: figure}))
        except Exception as error:  # a failing figure of a plugin must not prevent the verdict
            problem = sentence_of(error)
            child.note(Message("The figure {name} was omitted: {problem}", {"name": name, "problem": problem}))
    return JudgeResult(
        evaluation=evaluation,
        verdict=verdict.record(candidate_first=first),
        figures=figures,
        explanations=_phases(kind, judged.explanations),
    )


def explain(child: Child) -> ExplainResult:
    """Draw the figures of one explanation. ``ExplainInput`` → ``ExplainResult``.

    A failure adds a note, and its reason is the result's ``problem``.
    """
    wanted = asked(ExplainInput, child.payload)
    try:
        kind = load_task_kind(wanted.task, wanted.plugins_folder)
        case = ExplainCase(
            candidate=wanted.candidate,
            baseline=wanted.baseline,
            test=Path(wanted.test),
            truth=Path(wanted.truth),
            split=wanted.split,
            seed=child.seed,
            answer=None if wanted.predictor is None else _answer(child, wanted, Path(wanted.predictor)),
            progress=child.progress,
        )
        figures = kind.drawn(kind.explain(wanted.explanation, case))
    except Exception as error:
        reason = reason_of(error)
        child.note(filled(wanted.problem, problem=reason))
        return ExplainResult(problem=reason)
    for name, data in figures.items():
        child.figure(name, data)
    return ExplainResult(figures=tuple(figures))


def _answer(child: Child, wanted: ExplainInput, folder: Path) -> Answer[Any, Any]:
    pipeline, _ = load_pipeline(wanted.candidate.name, wanted.plugins_folder)
    use_engine(child, pipeline)
    predictor = pipeline.load(folder)
    return lambda part: pipeline.predict(predictor, part)


def _phases(kind: AnyTaskKind, names: tuple[str, ...]) -> tuple[ExplanationStep, ...]:
    known = {each.name: each for each in kind.explanations}
    return tuple(
        ExplanationStep(name=name, problem=known[name].problem, app_code=known[name].app_code) for name in names
    )


def _decide(wanted: JudgeInput, metric: MetricFacts, contest: Contest, *, serves_unproven: bool) -> Verdict:
    def contender(name: str) -> Contender:
        return Contender(name, contest.losses[name], metric=metric)

    suspicions = [_suspicion(each) for each in contest.suspicious if each.blocks]
    names = [wanted.candidate.name, *(each.name for each in wanted.baselines)]
    return decide(
        contender(wanted.candidate.name),
        [contender(each.name) for each in wanted.baselines],
        _champion(wanted, metric, contest),
        horizon=contest.horizon,
        season=contest.season,
        trials=wanted.trials,
        earlier_uses=wanted.earlier_uses,
        seed=wanted.seed,
        slices=guarded_slices(wanted.policy.slices, contest),
        policy=wanted.policy,
        measured=wanted.measured,
        suspicions=suspicions,
        blind=[name for name in names if suspicions and not _reads_columns(name, wanted.plugins_folder)],
        incumbent=None if contest.incumbent is None else Contender(INCUMBENT, contest.incumbent, metric=metric),
        doubts=pretraining_doubts(wanted.pretraining, wanted.split),
        serves_unproven=serves_unproven,
    )


def _serves_unproven(wanted: JudgeInput, kind: AnyTaskKind) -> bool:
    """Return whether the candidate combines several members, and the task kind serves it without proof."""
    found = wanted.composition
    return wanted.candidate.name in kind.serves_unproven and found is not None and found.rule != "single"


def _reads_columns(name: str, plugins_folder: str | None) -> bool:
    pipeline, _ = load_pipeline(name, plugins_folder)
    return pipeline.reads_columns


def _suspicion(column: SuspiciousColumn) -> Reason:
    spoken: dict[str, Value] = {f"evidence_{language}": text for language, text in column.text.items()}
    figures: dict[str, Value] = {
        "kind": column.kind,
        "rows_ahead": column.rows_ahead,
        "share": column.share,
        "rows": column.rows,
    }
    return Reason("column_knows_future", {"column": column.column, **figures, **spoken})


def pretraining_doubts(pretraining: Pretraining | None, split: SplitResult) -> list[Reason]:
    """Return reasons why the score of pretrained weights may be too good: their data may contain the test set.

    The list is empty without pretrained weights, or if their data is stated to end before the test set begins.
    """
    if pretraining is None:
        return []
    start, name = split.parts["test"].start, pretraining.name
    if pretraining.until is None:
        return [Reason("pretraining_not_stated", {"name": name})]
    until = pretraining.until.isoformat()
    if start is None or datetime.fromisoformat(start).date() <= pretraining.until:
        return [Reason("pretraining_overlaps", {"name": name, "until": until})]
    return []


def _champion(wanted: JudgeInput, metric: MetricFacts, contest: Contest) -> Champion | None:
    if wanted.champion is None:
        return None
    losses: NDArray[np.float64] = contest.losses.get(wanted.champion.name, np.empty((0, 0)))
    obstacle = contest.obstacle
    return Champion(
        wanted.champion.name,
        losses,
        contest.unseen,
        None if obstacle is None else incomparable(obstacle.code, **_values(obstacle)),
        contest.answered,
        None if contest.limit is None else Reason(contest.limit.code, _values(contest.limit)),
        metric=metric,
    )


def guarded_slices(guarded: Sequence[GuardedSlice], contest: Contest) -> list[Slice]:
    """Return the slices that a policy guards, in the policy's order, each with its margin."""
    return [
        Slice(f"{each.key} {each.value}", each.mask, one.margin)
        for one in guarded
        for each in contest.slices
        if each.key == one.by and (not one.values or each.value in one.values)
    ]


def _values(remark: Remark) -> dict[str, bool | int | float | str | None]:
    return {name: value if _plain(value) else str(value) for name, value in remark.params.items()}  # type: ignore[misc]


def _plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
