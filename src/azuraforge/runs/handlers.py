"""What another room registers so that its kind of run can be carried. ``runs/`` itself knows no kind of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # children import this file for its shapes, and need no database
    from azuraforge.database import Session
    from azuraforge.runs.schemas import RunRequest


@dataclass(frozen=True)
class PreparedRun:
    """A request, validated and made canonical: what the run's row will say."""

    name: str
    plugin: str | None
    config: dict[str, Any]
    dataset_id: str | None = None
    dataset_name: str | None = None
    dataset_version: int | None = None
    dataset_fingerprint: str | None = None
    model: str | None = None
    plugin_version: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ClaimedRun:
    """A run in the hands of one attempt."""

    id: str
    project_id: str
    attempt: int
    kind: str
    name: str
    plugin: str | None
    plugin_version: str | None
    config: dict[str, Any]
    seed: int
    threads: int
    dataset_id: str | None
    dataset_name: str | None
    dataset_version: int | None
    dataset_fingerprint: str | None
    model: str | None
    extra: dict[str, Any]
    code_version: str  # of the first attempt; empty until that fixes it
    time_limit_seconds: float | None
    memory_limit_bytes: int | None
    environment: dict[str, Any] | None  # of the first attempt


@dataclass(frozen=True)
class Finish:
    """How a run succeeded. ``commit`` runs inside the fenced transaction that sets ``succeeded``; it must be short
    and may raise an ``AzuraError``, which then fails the run and writes nothing else."""

    summary: dict[str, Any]
    commit: Callable[[Session], None] | None = None


class Job(Protocol):
    """What a handler works with; ``runs.job`` is the real one."""

    run: ClaimedRun
    folder: Path

    def phase(
        self,
        name: str,
        entry: str,
        payload: dict[str, Any],
        *,
        share: float,
    ) -> dict[str, Any]:
        """One child to its end: its result plus ``{"outputs": "<absolute path>"}``.

        A phase that ended in an earlier attempt is not run again while its payload is the same and its outputs
        verify. ``share`` is this phase's part (0 … 1) of the whole run's progress.
        """
        ...

    def check(self) -> None:
        """Raise where the run was cancelled or replaced, or the worker is stopping."""
        ...

    def artifact(self, name: str, path: Path, media_type: str, kind: str) -> None:
        """Copy a file into the artifact store and list it with the run."""
        ...

    def figure(self, name: str, data: Mapping[str, Any]) -> None:
        """Attach data to be drawn."""
        ...

    def note(self, markdown: str) -> None:
        """Add a paragraph to the run's report."""
        ...


class Handler(Protocol):
    """One kind of run."""

    @property
    def kind(self) -> str: ...

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Validate a request before the run exists; raises UserError. Called in the API, may call children."""
        ...

    def execute(self, job: Job) -> Finish:
        """Carry one attempt, in a thread of the worker. Errors leave as they are; see ``failures``."""
        ...
