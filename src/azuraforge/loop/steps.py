"""The steps of one model's loop, built from typed reads of the packages that the loop depends on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azuraforge.datasets.reads import REGULAR, ObservedRow
from azuraforge.loop.schemas import (
    GateDecision,
    GateSummary,
    GateWhy,
    LoopStep,
    LoopTrigger,
    MissingAutomation,
    MissingKind,
)
from azuraforge.loop.triggers import Subject, Taking, Triggers
from azuraforge.models.events import PromotionState
from azuraforge.models.gate.policy import PolicyTerms
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.reads import MOST_FORECASTS, MOST_POINTS, ForecastRow, JudgedRow, ModelRow, VersionRow
from azuraforge.runs.reads import RunRow

#: Rows and requests are regular if the third newest is less than a week old or, for a slower series, less than four
#: row intervals old.
_WINDOW = timedelta(days=7)
_ROWS_OF_WINDOW = 4
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SECONDS |= {"mo": 2_678_400.0, "q": 8_035_200.0, "y": 31_622_400.0}
#: The time of a version and the end of its run come from two clocks; times this close belong to the same run.
_SAME = timedelta(minutes=1)
_PLATFORM = LoopTrigger(kind="platform")
#: The source name of uploaded files, which cannot be refreshed.
_FILE = "file"
_NOISE = ("not_better_than_best_baseline", "not_better_than_champion", "too_wide", "too_wide_without_champion")
#: Codes of verdict reasons, most important first, each group with its summary.
_WHY: tuple[tuple[tuple[str, ...], GateWhy], ...] = (
    (("column_knows_future", "pretraining_not_stated", "pretraining_overlaps", "promotion_withheld"), "withheld"),
    (("promotion_awaits_approval",), "awaits_approval"),
    (("slice_worse",), "slice_worse"),
    (("too_slow", "too_large", "latency_not_measured"), "limits"),
    (("worse_than_best_baseline",), "worse"),
    (_NOISE, "within_noise"),
    (
        (
            "too_few_origins",
            "too_few_pieces",
            "too_few_origins_without_champion",
            "too_few_pieces_without_champion",
            "too_few_origins_serves_unproven",
            "slice_unknown_blocks",
            "slice_few_pieces_blocks",
        ),
        "too_few",
    ),
)
_DECISIONS: Mapping[str, GateDecision] = {
    "promoted": "promoted",
    "approved": "approved",
    "baseline_promoted": "baseline",
    "kept": "refused",
    "not_comparable": "not_comparable",
}


@dataclass
class Facts:
    """All stored facts about one model's loop.

    ``dataset`` is the one that the model learns from; ``promotion`` is the state of the promotion that the newest
    verdict asked for, None if it asked for none.
    """

    model: ModelRow
    now: datetime
    learned: VersionRow | None = None
    dataset: ObservedRow | None = None
    forecast: ForecastRow | None = None
    judged: JudgedRow | None = None
    verdict: tuple[VerdictRecord, datetime] | None = None
    policy: PolicyTerms = field(default_factory=PolicyTerms)
    promotion: PromotionState | None = None
    runs: Mapping[str, RunRow] = field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """The model and its dataset, as automations name them."""
        names = frozenset({self.dataset.name, self.dataset.dataset_id}) if self.dataset else frozenset[str]()
        return Subject(self.model.name, names)

    def is_recent(self, at: datetime | None) -> bool:
        """Return whether ``at`` lies within the window in which rows and requests count as regular; False for None."""
        if at is None:
            return False
        step = _step(self.dataset.columns.frequency) if self.dataset is not None else None
        return self.now - at <= max(_WINDOW, _ROWS_OF_WINDOW * (step or timedelta(0)))


def steps(facts: Facts, triggers: Triggers) -> list[LoopStep]:
    """Return the six steps of a loop, in order."""
    first = observed(facts, triggers)
    return [
        first,
        predicted(facts, triggers),
        judged(facts, first),
        learned(facts, triggers),
        gate(facts),
        champion(facts, triggers),
    ]


def observed(facts: Facts, triggers: Triggers) -> LoopStep:
    """Return the step *observed*: a refresh added rows, or rows are sent regularly."""
    row = facts.dataset
    taking = triggers.of(facts.subject, "refresh")
    found = [each.trigger for each in taking]
    if row is not None and row.growth is not None and facts.is_recent(row.third_at):
        found.append(LoopTrigger(kind="arrivals"))
    step = LoopStep(name="observed", state="none", open=not found, triggers=found)
    if row is None:
        step.missing = None if found else _missing(facts, "append")
        return step
    step.state, step.at, step.version, step.dataset = "done", row.created_at, row.version, row.name
    step.count = row.growth.rows_added if row.growth is not None else row.rows
    if not found:
        step.missing = _missing(facts, "append" if row.source == _FILE else "refresh")
    running = _running(facts, "refresh", lambda run: run.dataset_id == row.dataset_id)
    return _with_attempts(step, facts, taking, running)


def predicted(facts: Facts, triggers: Triggers) -> LoopStep:
    """Return the step *predicted*: an automation or a regular request recorded a forecast in the ledger."""
    row = facts.forecast
    taking = triggers.of(facts.subject, "forecast")
    found = [each.trigger for each in taking]
    if row is not None and row.origins >= REGULAR and facts.is_recent(row.created_at):
        found.append(LoopTrigger(kind="requests"))
    step = LoopStep(name="predicted", state="none", open=not found, triggers=found)
    if not found:
        step.missing = _missing(facts, "forecast")
    if row is not None:
        step.state, step.at, step.version, step.prediction_id = "done", row.created_at, row.version, row.id
        step.count, step.counted_all = min(row.forecasts, MOST_FORECASTS), row.forecasts <= MOST_FORECASTS
    running = _running(facts, "forecast", lambda run: run.model == facts.model.name)
    return _with_attempts(step, facts, taking, running)


def judged(facts: Facts, first: LoopStep) -> LoopStep:
    """Return the step *judged*: new rows judge earlier forecasts, so it runs whenever *observed* does."""
    row = facts.judged
    is_open = first.open and not (row is not None and facts.is_recent(row.judged_at))
    step = LoopStep(name="judged", state="none", open=is_open, triggers=[] if is_open else [_PLATFORM])
    step.missing = first.missing if is_open else None
    if row is not None:
        step.state, step.at, step.prediction_id = "done", row.judged_at, row.prediction_id
        step.count, step.counted_all = min(row.points, MOST_POINTS), row.points <= MOST_POINTS
    return step


def learned(facts: Facts, triggers: Triggers) -> LoopStep:
    """Return the step *learned*: a version was trained on this platform."""
    row = facts.learned
    taking = triggers.of(facts.subject, "train")
    found = [each.trigger for each in taking]
    step = LoopStep(name="learned", state="none", open=not found, triggers=found)
    if not found:
        step.missing = _missing(facts, "train")
    if row is not None:
        step.state, step.at, step.version, step.run_id = "done", row.created_at, row.version, row.run_id
        step.count = row.version
    running = _running(facts, "train", lambda run: run.model == facts.model.name)
    return _with_attempts(step, facts, taking, running)


def gate(facts: Facts) -> LoopStep:
    """Return the step *gate*: the gate decides after each training run, so it is never open."""
    step = LoopStep(name="gate", state="none", open=False, triggers=[_PLATFORM])
    if facts.verdict is not None and facts.learned is not None:
        verdict, at = facts.verdict
        step.state, step.at, step.run_id, step.version = "done", at, facts.learned.run_id, facts.learned.version
        step.gate = _decided(summarised(verdict), verdict, facts.promotion)
    return step


def champion(facts: Facts, triggers: Triggers) -> LoopStep:
    """Return the step *champion*: a version was promoted, by the gate or, if the policy says so, by a person."""
    model = facts.model
    found = [each.trigger for each in triggers.of(facts.subject, "promote")]
    if facts.policy.approvals:
        found = []  # whatever asks for the promotion, another member has to approve it
    elif facts.policy.automatic:
        found.insert(0, _PLATFORM)
    step = LoopStep(name="champion", state="none", open=not found, triggers=found)
    if model.champion is None:
        step.missing = _without_champion(facts)
        return step
    if facts.policy.approvals:
        step.missing = _missing(facts, "approval")
    elif not found:
        step.missing = _missing(facts, "promotion")
    step.state, step.at, step.version, step.run_id = "done", model.since, model.champion, model.champion_run
    return step


def summarised(verdict: VerdictRecord) -> GateSummary:
    """Return the decision of a verdict, with its most important reason unless the candidate is proven better."""
    decision = _DECISIONS[verdict.decision]
    if decision == "promoted" and verdict.headline != "serves_unproven":
        return GateSummary(decision=decision, why=None, text=None)
    by_code = {reason.code: reason for reason in reversed(verdict.reasons)}
    for codes, why in _WHY:
        if reason := next((by_code[code] for code in codes if code in by_code), None):
            return GateSummary(decision=decision, why=why, text=reason.text)
    text = verdict.reasons[0].text if verdict.reasons else None
    return GateSummary(decision=decision, why=None if decision == "approved" else "other", text=text)


def _decided(summary: GateSummary, verdict: VerdictRecord, promotion: PromotionState | None) -> GateSummary:
    """Return the summary of a verdict that required approval with the members' decision, if there is one."""
    if not verdict.awaits_approval or promotion in (None, "waiting"):
        return summary
    if promotion == "approved":
        return GateSummary(decision="promoted", why=None, text=None)
    return GateSummary(decision="refused", why="not_approved", text=None)


def _running(facts: Facts, kind: str, is_of: Callable[[RunRow], bool]) -> RunRow | None:
    found = (run for run in facts.runs.values() if run.kind == kind and run.state == "running" and is_of(run))
    return next(found, None)


def _with_attempts(step: LoopStep, facts: Facts, taking: list[Taking], running: RunRow | None) -> LoopStep:
    """Return ``step``, marked as running, or as failed if an attempt after its last success failed."""
    if running is not None:
        step.state, step.at, step.run_id = "running", running.started_at, running.id
        return step
    for each in taking:
        attempt = each.last
        if attempt is None:
            continue
        run = facts.runs.get(attempt.run_id) if attempt.run_id is not None else None
        at = run.finished_at if run is not None else attempt.at
        failed = attempt.error if run is None else _failure(run)
        if failed is not None and at is not None and (step.at is None or at > step.at):
            step.state, step.at, step.error, step.run_id = "failed", at, failed, attempt.run_id
        elif run is not None and run.state == "succeeded" and step.run_id is None and at is not None:
            step.run_id = run.id if step.at is None or at >= step.at - _SAME else None
    return step


def _failure(run: RunRow) -> str | None:
    if run.state not in ("failed", "quarantined"):
        return None
    return str(run.error.get("message", run.state)) if run.error else run.state


def _without_champion(facts: Facts) -> MissingAutomation:
    """Return the command that trains or promotes a first version, since automations require a champion."""
    name, learned = shlex.quote(facts.model.name), facts.learned
    if learned is None:
        return MissingAutomation(what="version", command=f"azuraforge runs start --dataset DATASET --model {name}")
    command = f"azuraforge models promote {name} {learned.version} --reason WHY"
    return MissingAutomation(what="champion", command=command)


def _missing(facts: Facts, what: MissingKind) -> MissingAutomation:
    if facts.model.champion is None and what in ("refresh", "forecast", "train"):
        return _without_champion(facts)  # models keep-fresh requires a champion
    name = shlex.quote(facts.model.name)
    dataset = shlex.quote(facts.dataset.name if facts.dataset is not None else facts.model.name)
    commands: Mapping[MissingKind, str] = {
        "refresh": f"azuraforge models keep-fresh {name} --refresh daily",
        "append": f"azuraforge datasets add --append FILE --name {dataset}",
        "forecast": f"azuraforge models keep-fresh {name}",
        "train": f"azuraforge models keep-fresh {name} --retrain weekly",
        "approval": f"azuraforge models approve {name}",
        "promotion": f'azuraforge models set-policy {name} --reason "the gate promotes"',
    }
    return MissingAutomation(what=what, command=commands[what])


def _step(frequency: str | None) -> timedelta | None:
    """Return the longest interval between two rows at a frequency such as ``15m`` or ``1mo``; None if it is unknown."""
    parts = re.fullmatch(r"([0-9]+)([a-z]+)", frequency or "")
    return timedelta(seconds=int(parts[1]) * _SECONDS[parts[2]]) if parts and parts[2] in _SECONDS else None
