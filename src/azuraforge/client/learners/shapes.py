"""Shapes of learners: their state, scores, timeline and answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Learner(Shape):
    """A learner with its state: ``new``, ``starting``, ``online``, ``error``, ``stopped`` or ``ended``.

    ``seq`` is the number of the last committed row, and ``lag_rows`` the number of rows that follow it. ``problem`` is
    the reason of the state ``error``, by language code.
    """

    id: str
    name: str
    feed: str
    feed_id: str
    plugin: str
    task: str
    state: str
    config: dict[str, object] = field(default_factory=dict)
    plan: dict[str, object] = field(default_factory=dict)
    retention: dict[str, object] = field(default_factory=dict)
    timeout_seconds: float = 300
    memory_limit_bytes: int = 0
    copied_from: str | None = None
    copied_seq: int | None = None
    run_id: str | None = None
    problem: dict[str, str] | None = None
    attempts: int = 0
    seq: int = 0
    lag_rows: int = 0
    at: datetime | None = None
    answers: int = 0
    outcomes: int = 0
    facts: int = 0
    states: int = 0
    bytes: int = 0
    committed_at: datetime | None = None
    last_event_seq: int = 0
    created_by: str | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class LearnerScore(Shape):
    """A metric with a 95 % interval; ``low`` and ``high`` are None where the result is not yet known."""

    metric: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Contender(Shape):
    """The learner or one of its baselines. ``difference`` is the learner's metric minus this one's."""

    name: str
    baseline: bool
    scores: list[LearnerScore] = field(default_factory=list)
    difference: LearnerScore | None = None


@dataclass(frozen=True, kw_only=True)
class LearnerScores(Shape):
    """Scores of a learner and its baselines on the same outcomes, best first.

    ``better`` states whether the learner is better than the best baseline; None means that it is not yet known.
    """

    ranked_by: str
    higher_is_better: bool
    outcomes: int
    effective: float
    hours: int
    contenders: list[Contender] = field(default_factory=list)
    better: bool | None = None


@dataclass(frozen=True, kw_only=True)
class LearnerHour(Shape):
    """The ranking metric of one hour."""

    at: datetime
    outcomes: int
    learner: float | None = None
    baselines: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LearnerHours(Shape):
    """The ranking metric hour by hour, oldest first."""

    metric: str
    hours: list[LearnerHour] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LearnerState(Shape):
    """A saved state; an archive is kept longer."""

    seq: int
    fact: int
    at: datetime
    archive: bool
    sha256: str
    bytes: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class LearnerNotice(Shape):
    """An entry of the timeline, such as a note, a drift alarm or the response to a command."""

    seq: int
    at: datetime
    kind: str
    body: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LearnerFact(Shape):
    """An input that is not a row. ``seq`` and ``at`` are None until the learner has processed it."""

    number: int
    kind: str
    name: str
    body: dict[str, object] = field(default_factory=dict)
    seq: int | None = None
    at: datetime | None = None
    created_by: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LearnerTimeline(Shape):
    """The newest states, notices and facts of a learner, newest first."""

    states: list[LearnerState] = field(default_factory=list)
    notices: list[LearnerNotice] = field(default_factory=list)
    facts: list[LearnerFact] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LearnerAnswer(Shape):
    """An answer of the ledger; ``outcome``, ``known_at`` and the losses are None until the outcome is known."""

    seq: int
    at: datetime
    key: str
    answer: list[float] | None = None
    outcome: float | None = None
    known_at: datetime | None = None
    loss: float | None = None
    baseline_losses: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LearnerAnswers(Shape):
    """Answers of rows, oldest first. ``next`` is the ``after`` of the following rows; None if there are none."""

    answers: list[LearnerAnswer] = field(default_factory=list)
    next: int | None = None
