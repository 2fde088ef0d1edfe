"""Shapes of models: versions, aliases, gate policies, deployments and predictions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.datasets import DatasetSchema
from azuraforge.client.provenance import LearnedRows, Origin
from azuraforge.client.shapes import Shape, json_object


@dataclass(frozen=True, kw_only=True)
class ModelVersion(Shape):
    """One immutable version of a model, with the run, the data and the config that it came from."""

    model: str
    version: int
    content_hash: str
    plugin: str
    kind: str = ""
    run_id: str | None = None
    bytes: int = 0
    aliases: list[str] = field(default_factory=list)
    data_schema: DatasetSchema | None = None
    dataset_id: str | None = None
    dataset_fingerprint: str | None = None
    learned_from: LearnedRows = field(default_factory=LearnedRows)
    code_version: str | None = None
    seed: int | None = None
    parent_version: int | None = None
    metrics: dict[str, float | None] | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    config: dict[str, object] = field(default_factory=dict)
    dataset_version: int | None = None
    plugin_version: str | None = None
    weights_sha256: str | None = None
    imported: Origin | None = None


@dataclass(frozen=True, kw_only=True)
class ModelLive(Shape):
    """Live state of a model: scores and drift of its champion, and promotions that wait for approval.

    ``points`` is the number of judged points, and ``loss`` and ``naive_loss`` are their mean losses; None if there are
    none. ``drift`` is "alarm", "steady", "too_few" (values for a result), or None if it has not been checked.
    ``waiting`` contains the versions whose promotions wait.
    """

    run_id: str | None = None
    classes: bool = False
    points: int = 0
    loss: float | None = None
    naive_loss: float | None = None
    drift: str | None = None
    waiting: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Model(Shape):
    """A model. ``version_list`` contains its newest versions and those with an alias; in lists, it is empty.

    ``live`` is None unless a list was requested with it.
    """

    name: str
    id: str = ""
    target: str = ""
    unit: str = ""
    kind: str | None = None
    champion: int | None = None
    versions: int = 0
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    live: ModelLive | None = None
    version_list: list[ModelVersion] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class AliasChange(Shape):
    """A change of an alias, with its period (``at`` to ``until``), author and reason.

    ``said`` maps language codes to the reason if the platform wrote it. ``version`` is None if the alias was removed.
    The actions wait, approve, decline and replace concern a promotion that needs approval and do not move the alias.
    """

    alias: str
    version: int | None
    previous_version: int | None
    action: str
    reason: str
    by: str
    at: datetime
    until: datetime | None = None
    run_id: str | None = None
    said: dict[str, str] | None = None

    @property
    def waits(self) -> bool:
        """Whether this is a promotion that waits for another member's approval; the alias has not moved then."""
        return self.action == "wait"


@dataclass(frozen=True, kw_only=True)
class RollbackTarget(Shape):
    """Version to which a rollback of an alias would return; ``to_version`` is None if nothing can be rolled back.

    ``at`` and ``reason`` belong to the earlier move of the alias to ``to_version``.
    """

    alias: str
    from_version: int | None
    to_version: int | None
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Approval(Shape):
    """One member's approval of a promotion."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Promotion(Shape):
    """A promotion that waits, or waited, for approval by ``needed`` other members.

    ``state`` is waiting, approved, declined or replaced. ``may_approve`` is whether this client's person may approve
    it now. ``said`` maps language codes to the gate's reason; it is None if a person asked for the promotion.
    """

    model: str
    number: int
    alias: str
    version: int
    previous_version: int | None
    reason: str
    by: str
    at: datetime
    state: str
    needed: int = 1
    approvals: list[Approval] = field(default_factory=list)
    run_id: str | None = None
    said: dict[str, str] | None = None
    decided_by: str | None = None
    decided_reason: str | None = None
    decided_at: datetime | None = None
    may_approve: bool = False


@dataclass(frozen=True, kw_only=True)
class GuardedSlice(Shape):
    """A slice that a promotion must not worsen; empty ``values`` stand for all values of the key ``by``."""

    by: str
    margin: float = 0.1
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Measured(Shape):
    """Latency and size measured for a candidate; None if the policy does not limit them."""

    latency_ms: float | None = None
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class VerdictPolicy(Shape):
    """The policy that a verdict was based on. Number 0 is the platform's default policy."""

    number: int
    metric: str | None = None
    margin: float = 0.0
    margin_kind: str = "relative"
    slices: list[GuardedSlice] = field(default_factory=list)
    unknown_slices: str = "block"
    max_latency_ms: float | None = None
    max_bytes: int | None = None
    automatic: bool = True
    approvals: int = 0


@dataclass(frozen=True, kw_only=True)
class SliceRecord(Shape):
    """The gate's result for one guarded slice. ``low`` and ``high`` are None if the state is unknown."""

    name: str
    state: str
    targets: int = 0
    difference: float = 0.0
    relative_difference: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float = 0.0
    level: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GatePolicy(Shape):
    """The conditions of a model's promotion. Number 0 is the platform's default policy."""

    number: int
    metric: str | None = None
    margin: float = 0.0
    margin_kind: str = "relative"
    slices: list[GuardedSlice] = field(default_factory=list)
    max_latency_ms: float | None = None
    max_bytes: int | None = None
    automatic: bool = True
    approvals: int = 0
    unknown_slices: str = "block"
    reason: str | None = None
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PairCounts(Shape):
    """Numbers of compared pairs in which the deployed version was worse, equal or better.

    A difference of at most ``margin`` is tolerated. The deployed version is found to be worse once
    exp(``log_wealth``) reaches 1 / ``alpha``.
    """

    worse: int
    even: int
    better: int
    margin: float = 0.0
    log_wealth: float = 0.0
    alpha: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ExtremeLosses(Shape):
    """Test for extreme losses of the deployed version.

    ``beyond`` counts the pairs in which only its largest loss exceeds ``bound``, and ``within`` all others. ``bound``
    is the largest of the ``known`` losses of the alias's version; None while fewer than ``needed`` are known. ``share``
    is the maximum share of pairs in ``beyond`` that chance explains.
    """

    bound: float | None = None
    known: int = 0
    needed: int = 0
    share: float | None = None
    beyond: int = 0
    within: int = 0
    log_wealth: float = 0.0
    alpha: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Deployment(Shape):
    """A shadow or canary deployment next to an alias, with the paired comparison to the alias's version."""

    number: int
    alias: str
    mode: str
    version: int
    alongside: int
    share_percent: float
    state: str
    errors: PairCounts
    losses: PairCounts
    extremes: ExtremeLosses
    reason: str
    started_by: str
    started_at: datetime
    ended_reason: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    left_out: int = 0
    level: float | None = None
    overlapping: int = 0


@dataclass(frozen=True, kw_only=True)
class PredictionPoint(Shape):
    """A predicted value with its interval; ``low`` and ``high`` are None if the model has no intervals.

    For an image, ``label`` is the class and ``value`` its probability.
    """

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class Prediction(Shape):
    """A prediction as recorded in the ledger."""

    prediction_id: str
    model: str
    version: int
    plugin: str
    target: str
    unit: str
    origin: datetime
    predictions: list[PredictionPoint]
    interval: float | None = None
    run_id: str | None = None
    alias: str | None = None
    request_id: str | None = None
    latency_seconds: float | None = None
    series: str | None = None
    created_at: datetime | None = None
    new_series: bool = False
    missing_series: list[str] = field(default_factory=list)
    rows: int | None = None
    dataset_version: int | None = None
    trained_on: int | None = None
    newer_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class ClassProbability(Shape):
    """A class and its probability. The JSON key of ``name`` is ``class``."""

    name: str
    probability: float

    @classmethod
    def from_json(cls, answer: object) -> ClassProbability:
        """Build the object from JSON, as ``Shape.from_json`` does."""
        found = json_object(answer)
        return super().from_json({**found, "name": found.get("class")})


@dataclass(frozen=True, kw_only=True)
class PixelSize(Shape):
    """Height, width and number of channels of an image."""

    height: int
    width: int
    channels: int


@dataclass(frozen=True, kw_only=True)
class ImageAnswer(Shape):
    """The classes that a version predicts for an image, most probable first."""

    model: str
    version: int
    plugin: str
    classes: list[ClassProbability]
    run_id: str | None = None
    alias: str | None = None
    prediction_id: str = ""
    seen: str = ""
    size: PixelSize | None = None
