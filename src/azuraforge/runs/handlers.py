"""Handlers: other packages register one for each kind of run, since ``runs/`` itself knows no kind of work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, overload

from pydantic import BaseModel, ConfigDict, ValidationError

from azuraforge.errors import InvalidInput
from azuraforge.runs.schemas import RunRequest, StudyLink

if TYPE_CHECKING:  # children import this file for its shapes, and need no database
    from azuraforge.database import Session

C = TypeVar("C", bound="RunExtra")
M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)


class RunExtra(BaseModel):
    """What a run carries for its kind besides its config. A handler whose runs carry more states its own subclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: StudyLink | None = None


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
    extra: RunExtra = field(default_factory=RunExtra)


@dataclass(frozen=True)
class ClaimedRun:
    """A run that one attempt executes."""

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
    extra: Mapping[str, Any]  # as it is stored; see ``carries``
    code_version: str  # of the first attempt; empty until that fixes it
    time_limit_seconds: float | None
    memory_limit_bytes: int | None
    environment: dict[str, Any] | None  # of the first attempt

    def carries(self, shape: type[C]) -> C:
        """Return what the run carries. Raises InvalidInput where it was stored by other code in another shape."""
        try:
            return shape.model_validate(self.extra)
        except ValidationError as error:
            raise InvalidInput(
                f"what the run carries does not fit {shape.__name__}: {error}",
                where=f"run {self.id}",
                next_step="start the run again",
            ) from None


@dataclass(frozen=True)
class Finish:
    """How a run succeeded. ``commit`` runs inside the fenced transaction that sets ``succeeded``; it must be short
    and may raise an ``AzuraError``, which then fails the run and writes nothing else."""

    summary: dict[str, Any]
    commit: Callable[[Session], None] | None = None


@dataclass(frozen=True)
class PhaseResult(Generic[R]):
    """The result of a phase, and the folder of files that its child wrote."""

    value: R
    outputs: Path


class Job(Protocol):
    """The side of an attempt that a handler uses; ``execution.job`` implements it."""

    run: ClaimedRun
    folder: Path

    @overload
    def phase(self, name: str, entry: str, payload: dict[str, Any], *, share: float) -> dict[str, Any]: ...

    @overload
    def phase(self, name: str, entry: str, payload: BaseModel, *, share: float, result: type[R]) -> PhaseResult[R]: ...

    def phase(
        self,
        name: str,
        entry: str,
        payload: BaseModel | dict[str, Any],
        *,
        share: float,
        result: type[R] | None = None,
    ) -> PhaseResult[R] | dict[str, Any]:
        """Run one child to its end. Its entry point reads ``child.asked(Shape)`` and returns an instance of ``result``.

        Without shapes, payload and result are dictionaries, and the result also has ``{"outputs": "<absolute path>"}``.
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


@dataclass(frozen=True)
class Received:
    """The circumstances in which a child's message is stored: the fenced transaction, the run and its phase."""

    session: Session
    project_id: str
    run_id: str
    attempt: int
    phase: str


@dataclass(frozen=True)
class MessageKind(Generic[M]):
    """A kind of message that children of one kind of run send with ``child.send``.

    ``record`` is called in the fenced transaction that stores everything else the child sent at the same time, so that
    outputs, state and position are committed together or not at all. What it returns is sent to the child once that is
    committed. It must be short; an ``AzuraError`` fails the run and nothing is written.
    """

    name: str
    shape: type[M]
    record: Callable[[Received, M], BaseModel | None]


class Handler(ABC):
    """One kind of run. A package registers it as an item of ``runs.package.HANDLERS``.

    Attributes:
        kind: its name: lower-case letters, digits, ``_``, ``.`` and ``-``; at most 40 characters.
        extra: the shape of what its runs carry besides their config.
        messages: what its children may send besides metrics, checkpoints and the like.
    """

    kind: ClassVar[str]
    extra: ClassVar[type[RunExtra]] = RunExtra
    messages: Sequence[MessageKind[Any]] = ()

    @abstractmethod
    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Validate a request before the run exists; raises UserError. Called in the API, may call children."""

    @abstractmethod
    def execute(self, job: Job) -> Finish:
        """Execute one attempt, in a thread of the worker. Errors leave as they are; see ``failures``."""


def by_kind(handlers: Iterable[Handler]) -> dict[str, Handler]:
    """Return handlers by kind. Raises ValueError where two claim the same one."""
    found: dict[str, Handler] = {}
    for handler in handlers:
        if handler.kind in found:
            raise ValueError(f"two handlers are registered for runs of kind {handler.kind!r}")
        found[handler.kind] = handler
    return found
