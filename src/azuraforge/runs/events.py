"""The events of runs, on the stream ``run/<id>`` and on the project's."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.runs.schemas import AnySummary, RunError, RunProgress, RunState
from azuraforge.strict_json import JsonObject

#: Step and value of a point; null stands for NaN and the infinities.
EventPoint = tuple[int, float | None]


class RunStateChanged(EventBody):
    """A run changed its state, was claimed or was asked to stop. The project's stream names the run too."""

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
    """A run with dependencies waits for fewer runs."""

    type: Literal["run.waiting"] = "run.waiting"
    waiting_on: int


class RunEnvironment(EventBody):
    """The environment that an attempt computes with."""

    type: Literal["run.environment"] = "run.environment"
    attempt: int
    environment: JsonObject
    bit_reproducible: bool


class PhaseBegan(EventBody):
    """A phase of an attempt began."""

    type: Literal["run.phase"] = "run.phase"
    name: str
    index: int
    count: int | None


class PhaseEnded(EventBody):
    """A phase of an attempt ended, with the time that it took."""

    type: Literal["run.phase_ended"] = "run.phase_ended"
    name: str
    seconds: float
    cpu_seconds: float | None


class RunProgressed(EventBody, RunProgress):
    """The progress of a run."""

    type: Literal["run.progress"] = "run.progress"


class MetricsLogged(EventBody):
    """Points of curves, and the milliseconds since 1970 at which each was logged, null where unknown."""

    type: Literal["run.metrics"] = "run.metrics"
    points: dict[str, list[EventPoint]]
    times: dict[str, list[int | None]]
    attempt: int


class MetricsTruncated(EventBody):
    """Points after a step are invalid: an attempt resumed from a checkpoint of that step. -1: all points."""

    type: Literal["run.metrics_truncated"] = "run.metrics_truncated"
    after_step: int
    attempt: int
    series: list[str]


class NoteAdded(EventBody):
    """A paragraph was added to a run's report."""

    type: Literal["run.note"] = "run.note"
    markdown: str


class FigureAttached(EventBody):
    """Data of a figure was attached to a run, or replaced."""

    type: Literal["run.figure"] = "run.figure"
    name: str


class RunFinished(EventBody):
    """The end of a run: the last event of an attempt that nothing resumes."""

    type: Literal["run.finished"] = "run.finished"
    state: RunState
    summary: AnySummary | None
    error: RunError | None


class RunFollowedUp(EventBody):
    """The computations that follow a success have ended."""

    type: Literal["run.followed_up"] = "run.followed_up"
    run_id: str
    kind: str
    name: str
    model: str | None
    state: RunState


class RunsMoved(EventBody):
    """Runs were moved into the trash, restored, pinned or unpinned."""

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
)
