"""Announcements of new dataset versions to other packages, in the process that added them."""

from __future__ import annotations

from collections.abc import Callable


class Additions:
    """Subscribers that are called with a project's and a dataset's id when a version was added."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[str, str], None]] = []

    def subscribe(self, subscriber: Callable[[str, str], None]) -> None:
        """Call ``subscriber`` at each addition. It must be quick, for the request waits."""
        self._subscribers.append(subscriber)

    def announce(self, project_id: str, dataset_id: str) -> None:
        """Call all subscribers."""
        for subscriber in self._subscribers:
            subscriber(project_id, dataset_id)
