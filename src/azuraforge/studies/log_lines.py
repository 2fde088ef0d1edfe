"""What a study did, as lines in the log."""

from __future__ import annotations

from typing import Any

from azuraforge.database import Session
from azuraforge.events.service import EventLog
from azuraforge.studies.tables import Study


def study_stream(study_id: str) -> str:
    """The stream of everything that a study did."""
    return f"study/{study_id}"


class Teller:
    """Writes a line on the study's stream and on the project's."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def __call__(self, session: Session, study: Study, type_: str, **data: Any) -> None:
        """In the caller's transaction."""
        told = {"study_id": study.id, "name": study.name, "state": study.state, **data}
        for stream in (study_stream(study.id), "project"):
            self._events.append(session, study.project_id, stream, type_, told)

    def forget(self, session: Session, study: Study) -> None:
        """The study is purged, and its own stream with it."""
        self._events.forget(session, study.project_id, study_stream(study.id))
