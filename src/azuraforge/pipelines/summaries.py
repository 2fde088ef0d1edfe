"""Summaries of training runs, trials and agent runs."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from azuraforge.models.gate.record import Decision, Headline
from azuraforge.pipelines.shapes import ScoredBaseline
from azuraforge.runs.schemas import RunSummary, StudyLink


class TrainSummary(RunSummary):
    """The summary of a training run: the gate's verdict and the candidate's metrics on the test set.

    ``ranked_by`` is the metric that ranks the contenders, and ``baseline_metrics`` are those of ``best_baseline``.
    ``study``, ``trials`` and ``retrained`` are set for the winner of a study, ``refitted_sha256`` if the serving
    predictor was refitted on all rows, and ``approved_version`` if the promotion needs a person's approval.
    """

    kind: Literal["train"] = "train"
    model: str
    decision: Decision
    headline: Headline
    approved: str | None
    champion: str
    winner: str
    best_baseline: str
    metrics: dict[str, float | None]
    weights_sha256: str
    failed_baselines: list[str]
    ranked_by: str | None = None
    baseline_metrics: dict[str, float | None] | None = None
    refitted_sha256: str | None = None
    version: int | None = None
    champion_version: int | None = None
    approved_version: int | None = None
    study: StudyLink | None = None
    trials: int | None = None
    retrained: bool | None = None


class TrialSummary(RunSummary):
    """The summary of a trial: the metrics on the rows that score it, and the seconds that it took.

    ``cpu_seconds`` is the processor time of its child processes, without that of the baselines. ``app_seconds`` is the
    time of fitting and scoring. ``baselines`` is null unless the trial scores the baselines, too.
    """

    kind: Literal["trial"] = "trial"
    study: StudyLink | None
    metrics: dict[str, float | None]
    cpu_seconds: float
    app_seconds: float
    baselines: tuple[ScoredBaseline, ...] | None = None


class AgentSummary(RunSummary):
    """The summary of an agent run. ``result`` is null if ``truncated``; a long result is only in ``result.json``.

    ``bytes`` is the size of ``result.json``.
    """

    kind: Literal["agent"] = "agent"
    result: JsonValue
    truncated: bool
    bytes: int


SUMMARIES: tuple[type[RunSummary], ...] = (TrainSummary, TrialSummary, AgentSummary)
