"""Interface that hands queued runs to workers: the embedded supervisor or a broker implements it."""

from __future__ import annotations

from typing import Protocol


class RunDispatch(Protocol):
    """Hand runs to workers. Lost, repeated and late calls are harmless: the database row decides."""

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        """Announce a queued run. Called after its commit; must return quickly."""
        ...

    def cancelled(self, project_id: str, run_id: str) -> None:
        """Announce a requested cancellation. Called after its commit; must return quickly."""
        ...
