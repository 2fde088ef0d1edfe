"""Events of learners, which are appended to the stream ``learner/<id>`` and, except progress, to the project's."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody


class LearnerChanged(EventBody):
    """Event of a learner that was created, started, stopped, deleted or restored."""

    type: Literal["learner.created", "learner.started", "learner.stopped", "learner.deleted", "learner.restored"]
    learner_id: str
    name: str
    run_id: str | None = None
    by: str | None = None


class LearnerProgressed(EventBody):
    """Event of commits of a learner, at most one per second."""

    type: Literal["learner.progress"] = "learner.progress"
    learner_id: str
    seq: int
    answers: int
    outcomes: int


EVENTS: tuple[type[EventBody], ...] = (LearnerChanged, LearnerProgressed)


def learner_stream(learner_id: str) -> str:
    """Return the name of a learner's event stream."""
    return f"learner/{learner_id}"
