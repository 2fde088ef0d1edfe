"""The loop of a learner: it takes rows and facts, and yields what must be committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from azuraforge.errors import InvalidInput
from azuraforge.learners.loop import clock as timers
from azuraforge.learners.loop.baselines import Baselines
from azuraforge.learners.loop.checkpoints import Checkpoints
from azuraforge.learners.loop.clock import Clock
from azuraforge.learners.loop.commit import Answered, Commit, Fact, Judged, Notice, Requested
from azuraforge.learners.loop.context import LoopContext, no_secret
from azuraforge.learners.loop.examples import Matured, Rows, outcomes_for
from azuraforge.learners.loop.inputs import BoundFeatures, Inputs, Prepared, passes_of
from azuraforge.learners.loop.judging import Judge, Verdict
from azuraforge.learners.loop.origins import OpenOrigins
from azuraforge.learners.loop.outputs import Outputs
from azuraforge.learners.loop.plan import SECOND, Plan
from azuraforge.learners.loop.reactions import react
from azuraforge.learners.loop.waiting import Waiting
from azuraforge.learners.loop.writing import save
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.contract.online.learner import AnyLearner, Steps, time_of
from azuraforge.plugins.contract.rows import RowKind, Span

_STATE, _ARCHIVE = ":state", ":archive"


class PrematureOutcome(AssertionError):
    """Raised when an outcome would be delivered before it can be known, which is an error of the platform."""


class Loop:
    """The loop of one learner, from its beginning or from a saved state (``saving.load``).

    Args:
        plan: plan of the learner.
        learner: instance of the plugin.
        config: validated config of the learner.
        kind: task kind of the learner.
        features: feature sets in the order of the plan.
        secrets: returns the value of a secret that the config names.
        fresh: whether to start the learner; False if a saved state is loaded next.
    """

    def __init__(
        self,
        plan: Plan,
        learner: AnyLearner,
        config: BaseModel,
        kind: OnlineKind,
        features: Sequence[BoundFeatures] = (),
        *,
        secrets: Callable[[str], str] = no_secret,
        fresh: bool = True,
    ) -> None:
        plan.check(kind)
        self.plan, self.learner, self.kind = plan, learner, kind
        self.seq = self.fact = 0
        self.passes = 0
        self.clock = Clock()
        self.clock.set(_STATE, every=plan.state_every_seconds * SECOND, kind=timers.CHECKPOINT)
        self.clock.set(_ARCHIVE, every=plan.archive_every_seconds * SECOND, kind=timers.CHECKPOINT)
        classes = len(plan.classes)
        self.width = kind.width(classes)
        self.inputs = Inputs(plan, features)
        self.origins = OpenOrigins(len(self.inputs.names), len(kind.baselines), self.width)
        self.outcomes = outcomes_for(plan.target)
        self.baselines = Baselines(kind, classes)
        self.waiting = Waiting(plan.buffer, len(self.inputs.names))
        self.judge = Judge(plan, kind)
        self.context = LoopContext(config, plan.seed, self.inputs.names, plan.classes, self.clock, secrets)
        self.checkpoints = Checkpoints(plan.state_rows)
        self.void = self.skipped = 0
        self._outputs = Outputs()
        self._first = 1
        if fresh:
            learner.run = self.context
            learner.start(self.context)

    # -- inputs

    def take(self, span: Span, *, live: bool = False) -> Iterator[Commit]:
        """Process rows and yield commits; the caller stores each, and the state if it is due, before the next.

        A replay commits when a state is due; ``flush`` commits the rest. Live, every row is committed. Rows that were
        processed before are skipped. Raises InvalidInput if a row is missing or a plugin breaks its contract.
        """
        span = self._new_rows(span)
        if not len(span):
            return
        passes = passes_of(span, self.passes)
        if self.clock.now < 0 and passes[-1] > 0:
            self.clock.reach(int(span.at[np.flatnonzero(passes > 0)[0]]))
        start, rows = 0, len(span)
        while start < rows:
            due = self.clock.next_due()
            stop = rows if due is None else int(np.searchsorted(passes, due, side="right"))
            if stop <= start:
                yield from self._fire(int(passes[start]) - 1)
                continue
            stop = min(stop, start + 1) if live else stop
            self._step(span.cut(start, stop), passes[start:stop])
            start = stop
            if live:
                yield self._commit()

    def take_fact(self, fact: Fact) -> Iterator[Commit]:
        """Process a fact and yield commits. Raises ValueError if a fact is missing or does not follow the last row."""
        if fact.number <= self.fact:
            return
        if fact.number != self.fact + 1 or fact.seq != self.seq:
            raise ValueError(f"fact {fact.number} after row {fact.seq} does not follow {self.fact} after {self.seq}")
        at = max(fact.at, self.clock.now)
        yield from self._fire(at - 1)
        yield from self._fire(at, timers.LEARNER)
        self.clock.reach(at)
        self.fact, self.checkpoints.changed = fact.number, True
        self.context.seq = self.seq
        react(fact, self.learner, self.context)
        yield self._commit()

    def close(self) -> Iterator[Commit]:
        """Process the end of the feed, at which labels become known, and yield the last commit."""
        matured = self.outcomes.close()
        if len(matured.id):
            self._close(matured)
            self.checkpoints.changed = True
        yield self._commit(state_due=self.checkpoints.changed)

    def stop(self) -> Iterator[Commit]:
        """Yield a commit at which a state and an archive are saved, because the learner stops here."""
        yield self._commit(state_due=True, archive_due=True)

    def flush(self) -> Iterator[Commit]:
        """Yield a commit of what the last commit does not include, if there is anything."""
        if self._outputs or self._first <= self.seq:
            yield self._commit()

    def _new_rows(self, span: Span) -> Span:
        if not len(span):
            return span
        skip = max(0, self.seq + 1 - int(span.seq[0]))
        if skip < len(span) and int(span.seq[skip]) != self.seq + 1:
            raise InvalidInput(
                "row {expected} of the feed is missing; the next one is {found}",
                where="feed",
                next_step="restore the feed's segments from a backup",
                code="row_missing",
                expected=self.seq + 1,
                found=int(span.seq[skip]),
            )
        return span.cut(min(skip, len(span)), len(span))

    # -- timers

    def _fire(self, until: int, kind: int | None = None) -> Iterator[Commit]:
        """Fire the timers that are due up to ``until``; with ``kind``, only while the next one is of that class."""
        saves, state = self.checkpoints, False
        while kind is None or self.clock.next_kind() == kind:
            due = self.clock.pop(until)
            if due is None:
                break
            if due.kind == timers.LEARNER:
                self._fire_learner(due.name, due.at)
                continue
            state, saves.archive = True, saves.archive or due.name == _ARCHIVE
            if self.clock.next_due() != due.at:
                if saves.due(self.seq) and saves.keeps(due.at, saves.archive, until):
                    yield self._commit(state_due=True, archive_due=saves.archive)
                elif saves.due(self.seq):
                    saves.saved(self.seq, saves.archive)
                state = False
        assert not state

    def _fire_learner(self, name: str, at: int) -> None:
        self.context.seq = self.seq
        self.checkpoints.changed = True
        self.learner.fire(name, time_of(at))
        self._collect()

    # -- one step: any number of rows between two timers

    def _step(self, span: Span, passes: Indices) -> None:
        rows = self.inputs.prepare(span, passes)
        asked = np.flatnonzero(rows.asked)
        self.skipped += int(np.count_nonzero((rows.kind == RowKind.ROW) & (rows.key >= 0) & ~rows.asked))
        first = self.origins.add(
            rows.seq[asked], rows.at[asked], rows.key[asked], rows.place[asked], rows.features[asked]
        )
        ids = np.full(len(span), -1, np.int64)
        ids[asked] = np.arange(first, first + len(asked))
        matured = self.outcomes.advance(Rows(rows.at, passes, rows.key, rows.kind, rows.value, ids))
        self._refuse_premature(matured, rows)
        valid = self._valid(matured.outcome)
        known = Matured(matured.step[valid], matured.id[valid], matured.outcome[valid])
        known_key = self.origins.column("key", known.id)
        others = self.baselines.advance(asked, rows.key[asked], known.step, known_key, known.outcome)
        times = _times(known, rows, passes)
        answers = self._advance_learner(rows, passes, known, times)
        self.origins.answer(first, answers, others)
        verdict = self._judge(known, times)
        judged = self._judged(matured, valid, verdict.losses, rows.seq[matured.step], _times(matured, rows, passes))
        answered = Answered(rows.seq[asked], rows.at[asked], rows.key[asked], answers, others)
        self._outputs.add(answered, judged, verdict.hours)
        self._notify(verdict, rows.seq[known.step], times)
        self.origins.close(matured.id)
        self.seq, self.passes = int(span.seq[-1]), int(passes[-1])
        self.clock.reach(max(self.clock.now, self.passes - int(rows.kind[-1] == RowKind.TICK)))
        self.context.seq = self.seq
        self.checkpoints.changed = True
        self._collect()

    def _valid(self, outcome: Floats) -> np.ndarray:
        valid = np.isfinite(outcome)
        if self.plan.classes:  # a code that the feed's schema does not know is no class
            valid &= (outcome >= 0) & (outcome < len(self.plan.classes)) & (outcome == np.floor(outcome))
        self.void += int(np.count_nonzero(~valid))
        return valid

    def _refuse_premature(self, matured: Matured, rows: Prepared) -> None:
        """Raise PrematureOutcome unless every outcome is as far ahead of its origin as the target states."""
        target = self.plan.target
        counted = np.isfinite(matured.outcome)
        step, ids = matured.step[counted], matured.id[counted]
        if target.ahead_us is not None:
            early = rows.passes[step] < self.origins.column("at", ids) + target.ahead_us
        else:
            early = rows.seq[step] <= self.origins.column("seq", ids)
            if target.ahead_rows:
                early |= rows.place[step] < self.origins.column("place", ids) + target.ahead_rows
        if early.any():
            number = int(np.flatnonzero(early)[0])
            origin = int(self.origins.column("seq", ids[number : number + 1])[0])
            raise PrematureOutcome(f"the outcome of row {origin} came at row {int(rows.seq[step[number]])}, too early")

    def _advance_learner(self, rows: Prepared, passes: Indices, known: Matured, times: Indices) -> Floats:
        added = {name: self.origins.column(name, known.id) for name in ("seq", "at", "key", "features")}
        added["outcome"], added["known_at"] = known.outcome, times
        learned, until = self.waiting.take(added, known.step, len(rows.seq))

        def enter(step: int) -> None:
            while (due := self.clock.next_due()) is not None and due < passes[step]:
                fired = self.clock.pop(due)
                assert fired is not None
                self.learner.fire(fired.name, time_of(fired.at))
            self.clock.now = max(self.clock.now, int(passes[step]) - int(rows.kind[step] == RowKind.TICK))
            self.context.seq = int(rows.seq[step])

        steps = Steps(
            keys=tuple(self.inputs.keys),
            seq=rows.seq,
            at=rows.at,
            key=rows.key,
            features=rows.features,
            asked=rows.asked,
            until=until,
            learned_seq=learned["seq"],
            learned_at=learned["at"],
            learned_key=learned["key"],
            learned_features=learned["features"],
            outcome=learned["outcome"],
            known_at=learned["known_at"],
            enter=enter,
        )
        answers = np.asarray(self.learner.advance(steps, self.width), dtype=np.float64)
        expected = (int(np.count_nonzero(rows.asked)), self.width)
        due = self.clock.next_due()
        fault: str | None = None
        if answers.shape != expected:
            fault = f"answers of the shape {answers.shape} instead of {expected}"
        elif len(answers):
            partly = np.isnan(answers).any(axis=1) & ~np.isnan(answers).all(axis=1)
            fault = "an answer is partly NaN" if partly.any() else self.kind.fault(answers, len(self.plan.classes))
        if fault is None and due is not None and due < passes[-1]:
            fault = "it set a timer that is due within rows over which it had advanced"
        if fault is not None:
            raise InvalidInput(
                "the learner broke its contract: {fault}",
                where="rows {first} to {last}",
                next_step="repair the plugin; azuraforge.testing.check_learner finds the fault",
                code="learner_broke_contract",
                fault=fault,
                first=int(rows.seq[0]),
                last=int(rows.seq[-1]),
            )
        return answers

    # -- judging and outputs

    def _judge(self, known: Matured, known_at: Indices) -> Verdict:
        column = self.origins.column
        return self.judge.judge(
            column("place", known.id),
            column("at", known.id),
            column("key", known.id),
            known_at,
            known.outcome,
            column("answer", known.id),
            column("baselines", known.id),
        )

    def _judged(
        self, matured: Matured, valid: np.ndarray, losses: Floats, known_seq: Indices, known_at: Indices
    ) -> Judged:
        spread = np.full((len(matured.id), losses.shape[1]), np.nan)
        spread[valid] = losses
        column = self.origins.column
        outcome = np.where(valid, matured.outcome, np.nan)
        return Judged(column("seq", matured.id), column("key", matured.id), known_seq, known_at, outcome, spread)

    def _notify(self, verdict: Verdict, seq: Indices, at: Indices) -> None:
        for number, alarms in verdict.alarms.items():
            body = {each.test: each.mean for each in alarms}
            self._outputs.notices.append(Notice(int(seq[number]), int(at[number]), "drift", body))
        for number, accuracy in verdict.low.items():
            body = {"accuracy": accuracy}
            self._outputs.notices.append(Notice(int(seq[number]), int(at[number]), "low_accuracy", body))

    def _close(self, matured: Matured) -> None:
        """Judge and learn what becomes known when the feed closes."""
        valid = self._valid(matured.outcome)
        known = Matured(matured.step[valid], matured.id[valid], matured.outcome[valid])
        now = np.full(len(matured.id), max(0, self.clock.now), np.int64)
        key = self.origins.column("key", known.id)
        none = np.zeros(0, np.int64)
        self.baselines.advance(none, none.astype(np.int32), known.step, key, known.outcome)
        verdict = self._judge(known, now[valid])
        seq = np.full(len(matured.id), self.seq, np.int64)
        judged = self._judged(matured, valid, verdict.losses, seq, now)
        nothing = Answered(none, none, none.astype(np.int32), np.zeros((0, self.width)), np.zeros((0, 0, self.width)))
        self._outputs.add(nothing, judged, verdict.hours)
        added = {name: self.origins.column(name, known.id) for name in ("seq", "at", "key", "features")}
        added["outcome"], added["known_at"] = known.outcome, now[valid]
        learned, _ = self.waiting.take(added, known.step, 1)
        count = len(learned["seq"])
        if count:
            steps = Steps(
                keys=tuple(self.inputs.keys),
                seq=seq[:1],
                at=now[:1],
                key=np.zeros(1, np.int32),
                features=np.zeros((1, len(self.inputs.names))),
                asked=np.zeros(1, np.bool_),
                until=np.array([count]),
                learned_seq=learned["seq"],
                learned_at=learned["at"],
                learned_key=learned["key"],
                learned_features=learned["features"],
                outcome=learned["outcome"],
                known_at=learned["known_at"],
            )
            self.learner.advance(steps, self.width)
        self.origins.close(matured.id)
        self._collect()

    def resume_after(self, seq: int) -> None:
        """Begin the next block after the row ``seq``, for a loaded state."""
        self._first = seq + 1

    def _collect(self) -> None:
        """Move what the learner put into its context to the outputs."""
        self._outputs.notices += self.context.notices
        self._outputs.requests += self.context.requests
        self.context.notices, self.context.requests = [], []

    def _commit(self, *, state_due: bool = False, archive_due: bool = False) -> Commit:
        self._collect()
        outputs = self._outputs
        block = outputs.block(self._first, self.seq, tuple(self.inputs.keys), self.kind.baselines, self.width)
        # Alarms precede the learner's own notices of the same row, however many rows were processed at once.
        notices = sorted(outputs.notices, key=lambda each: (each.seq, each.kind not in ("drift", "low_accuracy")))
        requests: tuple[Requested, ...] = tuple(outputs.requests)
        outputs.notices, outputs.requests, self._first = [], [], self.seq + 1
        if state_due:
            self.checkpoints.saved(self.seq, archive_due)
        due = {name: at for name, at in self.clock.timers().items() if not name.startswith(":")}
        place = (self.seq, max(0, self.clock.now), self.fact)
        return Commit(*place, block, outputs.hours(), requests, tuple(notices), due, state_due, archive_due)

    @property
    def pending(self) -> bool:
        """Whether there are outputs that no commit includes yet; a state may not be saved then."""
        return bool(self._outputs)

    def save(self, folder: Path) -> None:
        """Write the state into the empty ``folder``. Raises ValueError if there are outputs to commit first."""
        save(self, folder)


def _times(matured: Matured, rows: Prepared, passes: Indices) -> Indices:
    """Return the event time at which each outcome became known."""
    times: Indices = np.maximum(passes[matured.step] - (rows.kind[matured.step] == RowKind.TICK), 0)
    return times
