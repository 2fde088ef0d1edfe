"""Inputs and outputs of the loop: facts, and commits with blocks of answers and outcomes.

Times are microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydantic import JsonValue

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.rows import Keys

FactKind: TypeAlias = Literal["command", "result", "others", "absence"]


@dataclass(frozen=True)
class Fact:
    """A numbered input that is not a row. It is processed after the row ``seq``.

    Attributes:
        number: number of the fact; facts of one learner are numbered without gaps.
        seq: number of the last row before it.
        at: event time; timers that are due up to this time fire first.
        kind: kind of the fact.
        name: name of the action, of the request whose result it is, of the followed learner, or of the silent feed.
        body: request of the action, result, answer, or time up to which the silence is accepted.
        folder: folder of a result's files; empty if it has none.
    """

    number: int
    seq: int
    at: int
    kind: FactKind
    name: str
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    folder: str = ""


@dataclass(frozen=True)
class Answered:
    """Answers of consecutive origins.

    Attributes:
        seq, at, key: ``(answer,)`` number, time and key of the origin; ``key`` indexes ``Block.keys``.
        answer: ``(answer, width)``; NaN if the learner abstained.
        baselines: ``(answer, baseline, width)``; NaN if the baseline has no answer yet.
    """

    seq: Indices
    at: Indices
    key: Keys
    answer: Floats
    baselines: Floats


@dataclass(frozen=True)
class Judged:
    """Outcomes that became known, in the order in which they did.

    Attributes:
        seq, key: ``(outcome,)`` number and key of the origin.
        known_seq, known_at: ``(outcome,)`` number and time of the input that made the outcome known.
        outcome: ``(outcome,)``; NaN if it is void: the outcome is missing or interpolated, so nothing is judged.
        losses: ``(outcome, 1 + baseline)`` of the learner and the baselines; NaN without an answer.
    """

    seq: Indices
    key: Keys
    known_seq: Indices
    known_at: Indices
    outcome: Floats
    losses: Floats


@dataclass(frozen=True)
class Block:
    """The answers and outcomes of the inputs from ``first`` to ``last``, both included."""

    first: int
    last: int
    keys: tuple[str, ...]
    baselines: tuple[str, ...]
    answered: Answered
    judged: Judged


@dataclass(frozen=True)
class HourScores:
    """The sums of scores of one hour so far, which replace an earlier record of the same hour.

    Attributes:
        hour: start of the hour.
        sums: ``(1 + baseline, sum)``; the columns are those of ``OnlineKind.sums``.
        independent: number of outcomes in this hour that share no rows.
    """

    hour: int
    sums: Floats
    independent: int


@dataclass(frozen=True)
class Requested:
    """A run that the learner, or the loop for a challenger, requests. ``seq`` makes repeated requests equal."""

    seq: int
    at: int
    name: str
    kind: str
    body: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Notice:
    """An event of the learner's timeline: a note, a logged metric, a drift alarm, or the response to a command."""

    seq: int
    at: int
    kind: Literal["note", "metrics", "drift", "low_accuracy", "response", "absence"]
    body: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Commit:
    """Everything that must be stored in one transaction before the loop may go on for long.

    Attributes:
        seq: number of the last row that is included.
        at: event time of the loop.
        fact: number of the last fact that is included.
        block: answers and outcomes; None if there are none.
        scores: hours whose sums changed.
        requests, notices: outputs of the learner, in order.
        timers: next time at which each timer is due.
        state_due, archive_due: whether a state, or an archive, is to be saved at this commit.
    """

    seq: int
    at: int
    fact: int
    block: Block | None
    scores: tuple[HourScores, ...]
    requests: tuple[Requested, ...]
    notices: tuple[Notice, ...]
    timers: Mapping[str, int]
    state_due: bool
    archive_due: bool
