"""Events of studies, which are appended to the stream ``study/<id>`` and to the project's stream."""

from __future__ import annotations

from typing import Literal

from azuraforge.database import Session
from azuraforge.events.body import EventBody
from azuraforge.events.service import EventLog
from azuraforge.studies.tables import Study


class StudyEvent(EventBody):
    """Base of all events of studies; ``StudyEvents`` sets the fields."""

    study_id: str = ""
    name: str = ""
    state: str = ""


class StudyChanged(StudyEvent):
    """Event of a study that was created, paused, resumed, deleted or restored, or became inactive (``study.rests``)."""

    type: Literal["study.created", "study.paused", "study.resumed", "study.rests", "study.deleted", "study.restored"]
    by: str | None = None


class StudyEnded(StudyEvent):
    """Event of a study that has ended."""

    type: Literal["study.ended"] = "study.ended"
    reason: str


class StudyRetrained(StudyEvent):
    """Event of a queued run that retrains a trial's config."""

    type: Literal["study.retrained"] = "study.retrained"
    trial: int
    run_id: str


class TrialMoved(StudyEvent):
    """Event of a trial that has started or ended."""

    type: Literal["study.trial"] = "study.trial"
    trial: int
    run_id: str
    trial_state: str
    scores: list[float] | None


EVENTS: tuple[type[EventBody], ...] = (StudyChanged, StudyEnded, StudyRetrained, TrialMoved)


def study_stream(study_id: str) -> str:
    """Return the name of a study's event stream."""
    return f"study/{study_id}"


class StudyEvents:
    """Writer of events to the study's stream and to the project's."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def __call__(self, session: Session, study: Study, body: StudyEvent) -> None:
        """Append the event in the caller's transaction, with the study's id, name and state."""
        body.study_id, body.name, body.state = study.id, study.name, study.state
        for stream in (study_stream(study.id), "project"):
            self._events.append(session, stream, body)

    def forget(self, session: Session, study: Study) -> None:
        """Delete the stream of a purged study."""
        self._events.forget(session, study_stream(study.id))
