"""What brings queued runs to workers: the supervisor beside the API, or a broker."""

from __future__ import annotations

from typing import Protocol


class Carrier(Protocol):
    """Brings runs to workers. Lost, doubled and late calls are harmless: the row is the truth."""

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        """A run was queued. Called after its commit; must be quick."""
        ...

    def cancelled(self, project_id: str, run_id: str) -> None:
        """A running run was asked to stop. Called after the commit; must be quick."""
        ...
