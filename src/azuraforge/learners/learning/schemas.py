"""Request and response bodies of learners."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from azuraforge.learners.feeds.shapes import FieldName
from azuraforge.learners.learning.retention import Retention
from azuraforge.learners.loop.plan import DriftPlan, FeatureSet, Plan, Target
from azuraforge.paging import Page
from azuraforge.runs.schemas import StorableObject, StorableText

LearnerRunState = Literal["new", "starting", "online", "error", "stopped", "ended"]
LearnerName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class LearnerRequest(BaseModel):
    """Request for a learner."""

    model_config = ConfigDict(extra="forbid")

    name: LearnerName = Field(description="name: lower-case letters, digits, '-', '_' and '.'")
    feed: StorableText = Field(max_length=100, description="name or id of the feed")
    plugin: StorableText = Field(max_length=200, description="name of the learner's plugin")
    config: StorableObject = Field(default_factory=dict, description="config of the plugin")
    target: Target = Field(description="the quantity that is predicted")
    inputs: list[FieldName] = Field(
        default_factory=list, max_length=1000, description="columns of the feed that are features as they are"
    )
    features: list[FeatureSet] = Field(default_factory=list, max_length=100, description="feature sets")
    keys: list[FieldName] = Field(
        default_factory=list, max_length=1000, description="keys to learn from; empty for all keys"
    )
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    buffer: int = Field(default=1, ge=1, le=1_000_000, description="number of outcomes after which the learner learns")
    state_every_seconds: int = Field(
        default=3600, ge=1, le=31_536_000, description="distance of saved states in event time"
    )
    archive_every_seconds: int = Field(
        default=21_600, ge=1, le=31_536_000, description="distance of archives in event time"
    )
    state_rows: int = Field(default=32, ge=1, le=1_000_000, description="least number of rows between two states")
    retention: Retention = Field(default=Retention(), description="states that are kept; ages are in event time")
    memory_limit_bytes: int = Field(
        default=1 << 30,
        ge=64 << 20,
        le=1 << 40,
        description="memory of the learner's process; beyond it, the process restarts from the last state",
    )
    timeout_seconds: float = Field(
        default=300, gt=0, le=86_400, description="time in which the learner must process the rows up to a commit"
    )
    drift: DriftPlan | None = Field(default=DriftPlan(), description="settings of the drift tests; null for none")
    suspicious_above: float | None = Field(
        default=None, description="score beyond which a promotion waits until a person confirms it"
    )
    accuracy_below: float | None = Field(
        default=None, description="hourly accuracy below which a notice is recorded; null for none"
    )


class LearnerOut(BaseModel):
    """A learner with its state."""

    id: str
    name: str
    feed: str = Field(description="name of the feed")
    feed_id: str
    plugin: str
    task: str
    config: dict[str, JsonValue]
    plan: Plan
    retention: Retention
    timeout_seconds: float
    memory_limit_bytes: int
    state: LearnerRunState
    copied_from: str | None = Field(description="id of the learner from whose state it was copied")
    copied_seq: int | None = Field(description="row of that state")
    run_id: str | None
    problem: dict[str, str] | None = Field(description="reason of the state error, by language")
    attempts: int = Field(description="attempts of its present run; more than one if it was restarted")
    seq: int = Field(description="number of the last row that is committed")
    lag_rows: int = Field(description="rows of the feed that are not committed yet")
    at: datetime | None = Field(description="event time; null before the first row")
    answers: int
    outcomes: int
    facts: int
    states: int = Field(description="number of saved states")
    bytes: int = Field(description="size of its states and of its ledger")
    committed_at: datetime | None
    last_event_seq: int = Field(description="sequence number of the last event of its stream")
    created_by: str | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None


class CopyRequest(BaseModel):
    """Request for a learner that continues from a saved state of another one."""

    model_config = ConfigDict(extra="forbid")

    name: LearnerName = Field(description="name of the new learner")
    seq: int | None = Field(default=None, ge=0, le=2**63 - 1, description="row of the state; null for the newest state")


class LearnerPage(Page[LearnerOut]):
    """A page of learners, newest first."""


class LearnerScore(BaseModel):
    """A metric of a contender, with a 95 % interval; null where the result is not yet known."""

    metric: str
    value: float | None
    low: float | None
    high: float | None


class Contender(BaseModel):
    """The learner or one of its baselines, judged on the same outcomes."""

    name: str
    baseline: bool
    scores: list[LearnerScore]
    difference: LearnerScore | None = Field(
        description="the learner's metric minus this one's, with the interval on the same hours; null for the learner"
    )


class LearnerScores(BaseModel):
    """Prequential scores: each outcome was judged before the learner saw it.

    ``better`` states whether the learner is better than the best baseline; null means that it is not yet known.
    """

    ranked_by: str
    higher_is_better: bool
    outcomes: int = Field(description="judged outcomes")
    effective: float = Field(description="effective number of outcomes: those that share rows count once")
    hours: int
    contenders: list[Contender] = Field(description="best first")
    better: bool | None


class HourOut(BaseModel):
    """The ranking metric of one hour."""

    at: datetime
    outcomes: int
    learner: float | None
    baselines: dict[str, float | None]


class LearnerHours(BaseModel):
    """The ranking metric hour by hour, oldest first."""

    metric: str
    hours: list[HourOut]


class StateOut(BaseModel):
    """A saved state."""

    seq: int
    fact: int
    at: datetime
    archive: bool
    sha256: str
    bytes: int
    created_at: datetime


class NoticeOut(BaseModel):
    """An entry of the timeline."""

    seq: int
    at: datetime
    kind: str
    body: dict[str, JsonValue]


class FactOut(BaseModel):
    """An input that is not a row; ``seq`` and ``at`` are null until the learner has processed it."""

    number: int
    seq: int | None
    at: datetime | None
    kind: str
    name: str
    body: dict[str, JsonValue]
    created_by: str | None
    created_at: datetime


class LearnerTimeline(BaseModel):
    """The newest states, notices and facts of a learner, newest first."""

    states: list[StateOut]
    notices: list[NoticeOut]
    facts: list[FactOut]


class CommandRequest(BaseModel):
    """A command of the learner's own; ``azuraforge plugins show`` lists its actions."""

    model_config = ConfigDict(extra="forbid")

    action: StorableText = Field(min_length=1, max_length=200)
    body: StorableObject = Field(default_factory=dict)


class AnswerOut(BaseModel):
    """One answer of the ledger with its outcome, once it is known."""

    seq: int
    at: datetime
    key: str
    answer: list[float] | None
    outcome: float | None
    known_at: datetime | None
    loss: float | None
    baseline_losses: dict[str, float | None]


class LearnerAnswers(BaseModel):
    """Answers of rows, oldest first. ``next`` is the ``after`` of the following rows; null if there are none."""

    answers: list[AnswerOut]
    next: int | None
