"""Interface for notifying workers, implemented by the embedded supervisor and by the broker's dispatch."""

from __future__ import annotations

from typing import Protocol


class RunDispatch(Protocol):
    """Notifier of workers. Lost, repeated and late calls are harmless, since the database row is authoritative."""

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        """Announce a queued run. Called after its commit; must return quickly."""
        ...

    def cancelled(self, project_id: str, run_id: str) -> None:
        """Announce a requested cancellation. Called after its commit; must return quickly."""
        ...
