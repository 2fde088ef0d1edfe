"""Client for the search and the event log of a project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azuraforge.client.events import Event
from azuraforge.client.http.connection import Connection
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape, json_list, json_object


@dataclass(frozen=True, kw_only=True)
class Found(Shape):
    """A run, study, model or dataset that matches a search."""

    kind: str
    id: str
    name: str
    created_at: datetime
    state: str | None = None


class Events:
    """Event log of the project."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
        self, stream: str = "project", *, type: str | None = None, since: int = 0, limit: int | None = None
    ) -> list[Event]:
        """Return the events of a stream, newest first.

        Args:
            stream: name of the stream: ``project``, ``run/<id>`` …
            type: beginning of the events' type, such as ``run.``; None for all.
            since: only events with a greater number.
            limit: maximum number of events; None for all.
        """
        return listed(self._connection, "/events/history", Event, limit, stream=stream, type=type, since=since)


def search(connection: Connection, text: str, limit: int = 8) -> list[Found]:
    """Return the items whose name contains ``text`` or whose id begins with it, at most ``limit`` of each kind."""
    found = json_object(connection.get("/search", q=text, limit=limit))
    return [Found.from_json(each) for each in json_list(found["found"])]
