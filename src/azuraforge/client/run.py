"""Shapes of runs: state, progress, attempts, artifacts and curves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.shapes import Shape

#: Final states, which a run leaves only if it is resumed.
ENDED = ("succeeded", "failed", "cancelled", "quarantined")


@dataclass(frozen=True, kw_only=True)
class Progress(Shape):
    """The progress of a run: ``share`` (0 to 1) of the whole run, ``done`` of ``total`` units in the current phase."""

    phase: str | None = None
    done: int = 0
    total: int = 0
    note: str = ""
    share: float = 0.0
    rate_per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunError(Shape):
    """The error of a failed run: message, place and next step."""

    code: str
    message: str
    where: str | None = None
    details: dict[str, object] | None = None
    next_step: str | None = None


@dataclass(frozen=True, kw_only=True)
class Attempt(Shape):
    """One attempt to execute a run: its worker, its times and how it ended."""

    attempt: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: str | None = None
    reason: str | None = None
    resumed_from_step: int | None = None
    worker: str = ""
    steps_recomputed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Artifact(Shape):
    """A file that a run produced."""

    name: str
    kind: str
    media_type: str
    bytes: int
    created_at: datetime | None = None
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LinkedRun(Shape):
    """A run that another run depends on, or that depends on it."""

    id: str
    name: str
    state: str


@dataclass(frozen=True, kw_only=True)
class StudyLink(Shape):
    """The study that started a run, as a trial or to retrain with a trial's config; ``trial`` is the trial's number."""

    id: str
    name: str
    trial: int


@dataclass(frozen=True, kw_only=True)
class RunScore(Shape):
    """A result of a run, with the best baseline's value for the same rows if there is one."""

    name: str
    value: float | None = None
    baseline: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunField(Shape):
    """A field of runs for filters: its operators, and its values if they are few."""

    name: str
    kind: str
    operators: list[str]
    values: list[str] = field(default_factory=list)
    sortable: bool = True


@dataclass(frozen=True, kw_only=True)
class RunFields(Shape):
    """Fields that filters, sort orders and columns can name.

    ``config`` and ``metrics`` are written as they are in a filter, after the prefix. ``more_metrics`` states whether
    there are other metrics than these.
    """

    fields: list[RunField]
    config: list[str]
    metrics: list[str]
    more_metrics: bool = False


@dataclass(frozen=True, kw_only=True)
class GroupColumn(Shape):
    """A metric in a group of runs; ``spread`` is the standard deviation, None for fewer than two runs."""

    name: str
    runs: int
    mean: float | None = None
    spread: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunGroup(Shape):
    """Runs with the same value of a config field; ``filter`` selects them."""

    value: object
    filter: str
    runs: int
    columns: list[GroupColumn] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RunGroups(Shape):
    """Groups of runs, the largest first; ``more`` states whether runs or groups were left out."""

    by: str
    groups: list[RunGroup]
    runs: int
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class BulkItem(Shape):
    """Result for one run of a request; ``error`` is None if the action succeeded."""

    id: str
    error: RunError | None = None


@dataclass(frozen=True, kw_only=True)
class Bulk(Shape):
    """Results for the runs of a request."""

    items: list[BulkItem]
    failed: int


@dataclass(frozen=True, kw_only=True)
class Run(Shape):
    """A run. ``get`` returns all fields.

    In lists, ``config`` and the fields after it, except ``dataset_id``, have their default values.
    """

    id: str
    kind: str
    name: str
    state: str
    plugin: str | None = None
    model: str | None = None
    dataset_name: str | None = None
    dataset_version: int | None = None
    attempt: int = 0
    cancel_requested: bool = False
    waiting_on: int = 0
    progress: Progress = field(default_factory=Progress)
    summary: dict[str, object] | None = None
    error: RunError | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    pinned: bool = False
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    tags: list[str] = field(default_factory=list)
    #: In lists: the most important results, and the requested columns by name.
    scores: list[RunScore] = field(default_factory=list)
    columns: dict[str, object] = field(default_factory=dict)
    note: str | None = None
    config: dict[str, object] = field(default_factory=dict)
    seed: int | None = None
    threads: int | None = None
    priority: int | None = None
    depends_on: list[LinkedRun] = field(default_factory=list)
    on_failure: str | None = None
    needed_by: list[LinkedRun] = field(default_factory=list)
    time_limit_seconds: float | None = None
    memory_limit_bytes: int | None = None
    parent: LinkedRun | None = None
    study: StudyLink | None = None
    dataset_fingerprint: str | None = None
    code_version: str | None = None
    environment: dict[str, object] | None = None
    bit_reproducible: bool | None = None
    attempts: list[Attempt] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    #: Unfinished computations after a successful run, such as explanations; ``wait`` does not wait for them.
    follow_ups: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    metric_series: list[str] = field(default_factory=list)
    metric_series_total: int = 0
    last_event_seq: int = 0
    dataset_id: str | None = None
    plugin_version: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, kw_only=True)
class Curve(Shape):
    """One metric over the steps of a run, downsampled in a way that keeps spikes.

    A value of None represents NaN or an infinity. ``times`` are milliseconds since 1970; None if not
    requested.
    """

    series: str
    steps: list[int]
    values: list[float | None]
    times: list[int | None] | None = None
    total_points: int = 0


@dataclass(frozen=True, kw_only=True)
class Series(Shape):
    """A curve without its points: its last, lowest and highest value; None represents NaN and infinities."""

    name: str
    phase: str
    points: int
    last_step: int | None = None
    last: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, kw_only=True)
class LogLine(Shape):
    """A line of a log; ``number`` starts at 0. ``level`` is None if the line states none."""

    number: int
    text: str
    level: str | None = None


@dataclass(frozen=True, kw_only=True)
class Log(Shape):
    """A part of an attempt's log; ``next`` is the number of the line at which to continue, None at the end.

    ``open`` states whether the attempt is running and may add lines.
    """

    attempt: int
    attempts: list[int] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    total_lines: int = 0
    bytes: int = 0
    next: int | None = None
    open: bool = False


@dataclass(frozen=True, kw_only=True)
class Preview(Shape):
    """The beginning of a file: ``text``, or ``columns`` and ``rows`` of a table; ``kind`` is ``none`` for others."""

    kind: str
    text: str | None = None
    columns: list[str] | None = None
    rows: list[list[str | None]] | None = None
    total_rows: int | None = None
    truncated: bool = False


def change_of(
    name: str | None,
    note: str | None,
    tags: Iterable[str] | None,
    add_tags: Iterable[str],
    remove_tags: Iterable[str],
) -> dict[str, object]:
    """Return the body of a change of a run; None leaves a field as it is."""
    changed = {"name": name, "note": note, "tags": None if tags is None else list(tags)}
    body: dict[str, object] = {key: value for key, value in changed.items() if value is not None}
    return {**body, "add_tags": list(add_tags), "remove_tags": list(remove_tags)}
