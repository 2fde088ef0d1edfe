"""Judging answers when their outcomes are known: losses, scores, and drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from azuraforge.learners.loop.commit import HourScores
from azuraforge.learners.loop.drift_watch import Alarm, DriftWatch
from azuraforge.learners.loop.plan import Plan
from azuraforge.learners.loop.scoring import Scores
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.contract.rows import Keys


@dataclass(frozen=True)
class Verdict:
    """The result of judging outcomes.

    Attributes:
        losses: ``(outcome, 1 + baseline)``; NaN without an answer.
        hours: hours whose sums changed.
        alarms: position of the outcome → alarms of the drift tests.
        low: positions of the first outcomes after an hour whose accuracy was below the plan's threshold, with it.
    """

    losses: Floats
    hours: list[HourScores]
    alarms: dict[int, tuple[Alarm, ...]]
    low: dict[int, float]


class Judge:
    """The judge of one learner and of the baselines of its task kind.

    Baselines are judged on the outcomes for which the learner has an answer, so that all scores have the same rows.
    """

    def __init__(self, plan: Plan, kind: OnlineKind) -> None:
        self._kind, self._classes = kind, len(plan.classes)
        self._overlap = plan.target.ahead_us or plan.target.overlap
        self._by_time = plan.target.ahead_us is not None
        self._low = plan.accuracy_below if any(each.name == "accuracy" for each in kind.metrics) else None
        self._metric = kind.gate_metric(None)
        contenders = 1 + len(kind.baselines)
        self.scores = Scores(contenders, len(kind.sums(self._classes)))
        binary = self._metric.pairing is not None and self._metric.pairing.binary
        self._drift = None if plan.drift is None else DriftWatch(plan.drift, binary)
        self._last: dict[int, int] = {}
        self._hour: HourScores | None = None

    def judge(
        self, place: Indices, at: Indices, key: Keys, known_at: Indices, outcome: Floats, answer: Floats, others: Floats
    ) -> Verdict:
        """Judge outcomes that are not void, in the order in which they became known.

        Args:
            place, at, key: ``(outcome,)`` number within the key, time and key of each origin.
            known_at: ``(outcome,)`` time at which the outcome became known.
            outcome: ``(outcome,)``.
            answer: ``(outcome, width)`` of the learner.
            others: ``(outcome, baseline, width)``.
        """
        kind, contenders = self._kind, 1 + others.shape[1]
        answered = ~np.isnan(answer[:, 0])
        losses = np.full((len(outcome), contenders), np.nan)
        tallies = np.zeros((len(outcome), *self.scores.total.shape))
        for number in range(contenders):
            said = answer if number == 0 else others[:, number - 1]
            valid = answered & ~np.isnan(said[:, 0])
            here, truth = np.ascontiguousarray(said[valid]), outcome[valid]
            losses[valid, number] = kind.losses(here, truth, self._metric)
            tallies[valid, number] = kind.tally(here, truth, self._classes)
        independent = self._independent(at if self._by_time else place, key, answered)
        hours = self.scores.add(known_at, tallies, independent)
        return Verdict(losses, hours, self._watched(losses[:, 0], independent), self._lows(hours, known_at))

    def _independent(self, position: Indices, key: Keys, answered: Flags) -> Flags:
        """Return which outcomes share no rows with the earlier ones for which this is also true."""
        if self._overlap == 1 and not self._by_time:
            return answered
        found = np.zeros(len(position), np.bool_)
        last, overlap = self._last, self._overlap
        for number, (where, of, said) in enumerate(
            zip(position.tolist(), key.tolist(), answered.tolist(), strict=True)
        ):
            if said and where >= last.get(of, -overlap) + overlap:
                last[of] = where
                found[number] = True
        return found

    def _watched(self, losses: Floats, independent: Flags) -> dict[int, tuple[Alarm, ...]]:
        found: dict[int, tuple[Alarm, ...]] = {}
        if self._drift is None:
            return found
        update = self._drift.update
        for number in np.flatnonzero(independent).tolist():
            alarms = update(float(losses[number]))
            if alarms:
                found[number] = alarms
        return found

    def _lows(self, hours: list[HourScores], known_at: Indices) -> dict[int, float]:
        found: dict[int, float] = {}
        if self._low is None or not hours:
            return found
        before = [self._hour] if self._hour is not None and self._hour.hour != hours[0].hour else []
        ended = [*before, *hours[:-1]]
        starts = [each.hour for each in hours][len(hours) - len(ended) :]
        for hour, following in zip(ended, starts, strict=True):
            accuracy = float(self._kind.scores(hour.sums[0], self._classes)["accuracy"])
            if accuracy < self._low:
                found[int(np.searchsorted(known_at, following))] = accuracy
        self._hour = hours[-1]
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the scores as arrays."""
        found = self.scores.arrays()
        if self._hour is not None:
            found["hour"] = self._hour.sums
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the rest of the state as JSON."""
        return {
            "last": sorted(self._last.items()),
            "drift": None if self._drift is None else self._drift.to_json(),
            "hour": None if self._hour is None else [self._hour.hour, self._hour.independent],
        }

    def restore(self, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
        """Restore what ``arrays`` and ``to_json`` returned."""
        self.scores.restore(arrays)
        self._last = dict(state["last"])
        if self._drift is not None and state["drift"] is not None:
            self._drift.restore(state["drift"])
        if state["hour"] is not None:
            hour, independent = state["hour"]
            self._hour = HourScores(hour, arrays["hour"].copy(), independent)
