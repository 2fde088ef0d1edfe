"""Handlers: other packages register one for each kind of run, since ``runs/`` itself knows no kind of work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from azuraforge.errors import InvalidInput
from azuraforge.messages.stored import StoredText
from azuraforge.runs.schemas import RunRequest, RunSummary, StudyLink
from azuraforge.strict_json import JsonObject

if TYPE_CHECKING:  # children import this file for its shapes, and need no database
    from azuraforge.database import Session
    from azuraforge.events.body import EventBody
    from azuraforge.events.service import EventLog
    from azuraforge.runs.lease import Held
    from azuraforge.runs.progress import ProgressMeter

C = TypeVar("C", bound="RunExtra")
M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)


class RunExtra(BaseModel):
    """Data of a run in addition to its config. A handler whose runs have more data defines a subclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: StudyLink | None = None


@dataclass(frozen=True)
class PreparedRun:
    """A validated request in canonical form: the content of the run's row."""

    name: str
    plugin: str | None
    config: JsonObject
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
    config: JsonObject
    seed: int
    threads: int
    dataset_id: str | None
    dataset_name: str | None
    dataset_version: int | None
    dataset_fingerprint: str | None
    model: str | None
    extra: Mapping[str, JsonValue]  # as it is stored; see ``carries``
    code_version: str  # of the first attempt; empty until it is fixed
    time_limit_seconds: float | None
    memory_limit_bytes: int | None
    environment: JsonObject | None  # of the first attempt

    def carries(self, shape: type[C]) -> C:
        """Return the run's data. Raises InvalidInput if other code stored it in another shape."""
        try:
            return shape.model_validate(self.extra)
        except ValidationError as error:
            raise InvalidInput(
                "the stored request of the run does not fit {shape}: {error}",
                where="run {id}",
                next_step="start the run again",
                shape=shape.__name__,
                error=error,
                id=self.id,
            ) from None


@dataclass(frozen=True)
class FollowUp:
    """A computation after the success of a run, in a child of low priority; see ``execution.follow_ups``.

    Its child attaches figures and notes to the run, and reads files of the run's work folder, which is kept until all
    follow-ups have ended. Its outcome changes nothing else.

    Attributes:
        name: unique within the run.
        entry: ``module:function`` of the child.
        payload: input of the child.
        problem: the note if it fails, by language code, with ``{problem}``.
    """

    name: str
    entry: str
    payload: JsonObject
    problem: dict[str, str]


@dataclass(frozen=True)
class Finish:
    """A successful end. ``commit`` runs inside the fenced transaction that sets ``succeeded``; it must be short
    and may raise an ``AzuraError``, which then fails the run and writes nothing else. ``follow_ups`` begin after it.
    ``timed``: the clock decided part of the result, so that another execution may differ in some bits."""

    summary: RunSummary
    commit: Callable[[Session], None] | None = None
    follow_ups: Sequence[FollowUp] = ()
    timed: bool = False


@dataclass(frozen=True)
class PhaseResult(Generic[R]):
    """The result of a phase, and the folder of files that its child wrote."""

    value: R
    outputs: Path


class ChildSettings(BaseModel):
    """Settings with which every child of an attempt computes."""

    seed: int
    threads: int
    environment: JsonObject
    kernels_folder: str | None


class Job(Protocol):
    """The side of an attempt that a handler uses; ``execution.job`` implements it."""

    run: ClaimedRun
    folder: Path

    def phase(
        self,
        name: str,
        entry: str,
        payload: BaseModel,
        *,
        share: float,
        result: type[R],
        secrets: Mapping[str, str] | None = None,
    ) -> PhaseResult[R]:
        """Run one child to its end. Its entry point reads ``child.asked(Shape)`` and returns an instance of ``result``.

        A phase that ended in an earlier attempt is not run again while its payload is the same and its outputs
        verify. ``share`` is this phase's part (0 … 1) of the whole run's progress. ``secrets`` reach the child as the
        field of that name, over the pipe alone: no row, log or hash holds them.
        """
        ...

    def child_settings(self) -> ChildSettings:
        """Return the settings with which the children of every phase compute; known once the first phase has begun."""
        ...

    def check(self) -> None:
        """Raise if the run was cancelled or replaced, or the worker is stopping."""
        ...

    def artifact(self, name: str, path: Path, media_type: str, kind: str) -> None:
        """Copy a file into the artifact store and list it with the run."""
        ...

    def figure(self, name: str, data: Mapping[str, JsonValue]) -> None:
        """Attach data of a figure."""
        ...

    def note(self, markdown: StoredText) -> None:
        """Add a paragraph to the run's report; a message is translated when the report is shown."""
        ...


@dataclass(frozen=True)
class Received:
    """The circumstances in which a child's message is stored: the fenced transaction, the run and its phase.

    Attributes:
        folder: the run's work folder.
        progress: turns the progress of the phase into that of the run.
        superfluous: folders, relative to ``folder``, that are removed once the transaction is committed.
    """

    session: Session
    events: EventLog
    held: Held
    phase: str
    folder: Path
    progress: ProgressMeter
    superfluous: list[str]

    @property
    def project_id(self) -> str:
        return self.held.project_id

    @property
    def run_id(self) -> str:
        return self.held.run_id

    @property
    def attempt(self) -> int:
        return self.held.attempt

    def report(self, body: EventBody) -> None:
        """Append an event to the run's stream."""
        self.events.append(self.session, f"run/{self.run_id}", body)


#: Characters of a validation error that a run keeps.
_SHOWN = 2000


@dataclass(frozen=True)
class MessageKind(Generic[M]):
    """A kind of message that children of one kind of run send with ``child.send``.

    ``record`` is called in the fenced transaction that stores everything else the child sent at the same time, so that
    outputs, state and position are committed together or not at all. The shape that it returns is sent to the child
    once that is committed. It must be short; an ``AzuraError`` fails the run and nothing is written.
    ``recording.BUILT_IN`` holds the messages that every child may send.
    """

    name: str
    shape: type[M]
    record: Callable[[Received, M], BaseModel | None]

    def read(self, received: Received, fields: Mapping[str, object]) -> BaseModel | None:
        """Validate a message, record it and return the answer. Raises InvalidInput for another shape."""
        try:
            body = self.shape.model_validate(fields)
        except ValidationError as error:
            raise InvalidInput(
                "the message {name!r} is malformed: {error}",
                next_step="correct the plugin",
                where="child.send()",
                name=self.name,
                error=str(error)[:_SHOWN],
            ) from None
        return self.record(received, body)


class RegisteredMessage(Protocol):
    """A ``MessageKind`` of any shape."""

    @property
    def name(self) -> str: ...

    def read(self, received: Received, fields: Mapping[str, object]) -> BaseModel | None: ...


class Handler(ABC):
    """One kind of run. A package registers it as an item of ``runs.package.HANDLERS``.

    Attributes:
        kind: its name: lower-case letters, digits, ``_``, ``.`` and ``-``; at most 40 characters.
        extra: the shape of what its runs carry besides their config.
        summary: the shape of its runs' summaries; its package lists the same one in ``Package.summaries``.
        messages: what its children may send besides metrics, checkpoints and the like.
    """

    kind: ClassVar[str]
    extra: ClassVar[type[RunExtra]] = RunExtra
    summary: ClassVar[type[RunSummary]]
    messages: Sequence[RegisteredMessage] = ()

    @abstractmethod
    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Validate a request before the run exists; raises UserError. Called in the API, may call children."""

    @abstractmethod
    def execute(self, job: Job) -> Finish:
        """Execute one attempt in a thread of the worker. Errors pass through unchanged; see ``failures``."""


def by_kind(handlers: Iterable[Handler]) -> dict[str, Handler]:
    """Return handlers by kind. Raises ValueError if two have the same kind."""
    found: dict[str, Handler] = {}
    for handler in handlers:
        if handler.kind in found:
            raise ValueError(f"two handlers are registered for runs of kind {handler.kind!r}")
        found[handler.kind] = handler
    return found
