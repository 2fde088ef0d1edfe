"""Events of runs, on the stream ``run/<id>`` and on the project's stream."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.runs.schemas import AnySummary, RunError, RunProgress, RunState
from azuraforge.strict_json import JsonObject

#: Step and value of a point; null represents NaN and infinities.
EventPoint = tuple[int, float | None]


class RunStateChanged(EventBody):
    """Change of a run's state, or a cancellation request.

    ``run_id``, ``kind``, ``name`` and ``model`` are set on the project's stream only.
    """

    type: Literal["run.state"] = "run.state"
    run_id: str | None = None
    kind: str | None = None
    name: str | None = None
    model: str | None = None
    state: RunState
    attempt: int
    cancel_requested: bool
    reason: str | None = None


class RunWaits(EventBody):
    """Change of the number of runs that a queued run waits for."""

    type: Literal["run.waiting"] = "run.waiting"
    waiting_on: int


class RunEnvironment(EventBody):
    """Execution environment of an attempt."""

    type: Literal["run.environment"] = "run.environment"
    attempt: int
    environment: JsonObject
    bit_reproducible: bool


class PhaseBegan(EventBody):
    """Start of a phase of an attempt."""

    type: Literal["run.phase"] = "run.phase"
    name: str
    index: int
    count: int | None


class PhaseEnded(EventBody):
    """End of a phase of an attempt, with its duration and its CPU time."""

    type: Literal["run.phase_ended"] = "run.phase_ended"
    name: str
    seconds: float
    cpu_seconds: float | None


class RunProgressed(EventBody, RunProgress):
    """Progress of a run."""

    type: Literal["run.progress"] = "run.progress"


class MetricsLogged(EventBody):
    """New points of curves. ``times`` are milliseconds since 1970, or null if the logging time is unknown."""

    type: Literal["run.metrics"] = "run.metrics"
    points: dict[str, list[EventPoint]]
    times: dict[str, list[int | None]]
    attempt: int


class MetricsTruncated(EventBody):
    """Removal of all points after ``after_step``, from which an attempt resumed; -1 if all points were removed."""

    type: Literal["run.metrics_truncated"] = "run.metrics_truncated"
    after_step: int
    attempt: int
    series: list[str]


class NoteAdded(EventBody):
    """Paragraph that was added to a run's report."""

    type: Literal["run.note"] = "run.note"
    markdown: str


class FigureAttached(EventBody):
    """Attachment of a figure to a run, or replacement of its data."""

    type: Literal["run.figure"] = "run.figure"
    name: str


class RunFinished(EventBody):
    """End of a run: the last event of its stream unless the run is resumed."""

    type: Literal["run.finished"] = "run.finished"
    state: RunState
    summary: AnySummary | None
    error: RunError | None


class RunFollowedUp(EventBody):
    """End of all follow-up computations of a succeeded run."""

    type: Literal["run.followed_up"] = "run.followed_up"
    run_id: str
    kind: str
    name: str
    model: str | None
    state: RunState


class RunEdited(EventBody):
    """Change of a run's name, tags or note. ``run_id`` is set on the project's stream only, ``note`` on the run's."""

    type: Literal["run.edited"] = "run.edited"
    run_id: str | None = None
    name: str
    tags: list[str]
    note: str | None = None


class RunAdvanced(EventBody):
    """Progress of a run on the stream ``runs`` of all runs, one event for each percent."""

    type: Literal["run.advanced"] = "run.advanced"
    run_id: str
    progress: RunProgress


class ArtifactAdded(EventBody):
    """Addition of a file to an external run, or replacement of its content."""

    type: Literal["run.artifact"] = "run.artifact"
    name: str
    kind: str
    media_type: str
    bytes: int


class RunsMoved(EventBody):
    """Deletion, restoration, pinning or unpinning of runs."""

    type: Literal["run.deleted", "run.restored", "run.pinned", "run.unpinned"]
    run_ids: list[str]
    by: str | None = None


EVENTS: tuple[type[EventBody], ...] = (
    RunStateChanged,
    RunWaits,
    RunEnvironment,
    PhaseBegan,
    PhaseEnded,
    RunProgressed,
    MetricsLogged,
    MetricsTruncated,
    NoteAdded,
    FigureAttached,
    RunFinished,
    RunFollowedUp,
    RunsMoved,
    RunEdited,
    RunAdvanced,
    ArtifactAdded,
)
