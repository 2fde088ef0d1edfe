"""The events of studies, on the stream ``study/<id>`` and on the project's."""

from __future__ import annotations

from typing import Literal

from azuraforge.database import Session
from azuraforge.events.body import EventBody
from azuraforge.events.service import EventLog
from azuraforge.studies.tables import Study


class StudyEvent(EventBody):
    """The fields of every event of a study; ``StudyEvents`` sets them."""

    study_id: str = ""
    name: str = ""
    state: str = ""


class StudyChanged(StudyEvent):
    """A study was created, paused, resumed, moved into the trash or out of it, or has nothing to start."""

    type: Literal["study.created", "study.paused", "study.resumed", "study.rests", "study.deleted", "study.restored"]
    by: str | None = None


class StudyEnded(StudyEvent):
    """A study has ended."""

    type: Literal["study.ended"] = "study.ended"
    reason: str


class StudyRetrained(StudyEvent):
    """A run was queued that trains the config of a trial again."""

    type: Literal["study.retrained"] = "study.retrained"
    trial: int
    run_id: str


class TrialMoved(StudyEvent):
    """A trial was started or has ended."""

    type: Literal["study.trial"] = "study.trial"
    trial: int
    run_id: str
    trial_state: str
    scores: list[float] | None


EVENTS: tuple[type[EventBody], ...] = (StudyChanged, StudyEnded, StudyRetrained, TrialMoved)


def study_stream(study_id: str) -> str:
    """Return the name of a study's stream."""
    return f"study/{study_id}"


class StudyEvents:
    """Writes a line on the study's stream and on the project's."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def __call__(self, session: Session, study: Study, body: StudyEvent) -> None:
        """Append the event in the caller's transaction."""
        body.study_id, body.name, body.state = study.id, study.name, study.state
        for stream in (study_stream(study.id), "project"):
            self._events.append(session, stream, body)

    def forget(self, session: Session, study: Study) -> None:
        """Delete the stream of a study that is purged."""
        self._events.forget(session, study_stream(study.id))
