"""Events of a study."""

from __future__ import annotations

from azuraforge.database import Session
from azuraforge.events.service import EventLog
from azuraforge.studies.tables import Study


def study_stream(study_id: str) -> str:
    """Return the name of a study's stream."""
    return f"study/{study_id}"


class StudyEvents:
    """Writes a line on the study's stream and on the project's."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def __call__(self, session: Session, study: Study, type_: str, **data: object) -> None:
        """Append the event in the caller's transaction."""
        fields = {"study_id": study.id, "name": study.name, "state": study.state, **data}
        for stream in (study_stream(study.id), "project"):
            self._events.append(session, stream, type_, fields)

    def forget(self, session: Session, study: Study) -> None:
        """Delete the stream of a study that is purged."""
        self._events.forget(session, study_stream(study.id))
