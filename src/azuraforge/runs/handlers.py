"""Interface of handlers. Other packages register one for each kind of run; ``runs`` itself defines no kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from azuraforge.errors import InvalidInput
from azuraforge.messages.stored import StoredText
from azuraforge.runs.dry_runs.schemas import PlannedPart
from azuraforge.runs.schemas import RunRequest, RunSummary, StudyLink
from azuraforge.strict_json import JsonObject

if TYPE_CHECKING:  # child processes import this module for its shapes and need no database
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
    """Validated request in canonical form, from which the run's row is made.

    Attributes:
        standing: whether the run does not end. It gets the queue ``standing``, a thread instead of a slot, no time
            limit, and continues from its last state when it exceeds its memory limit.
        memory_limit_bytes: memory limit if the request states none; the platform's limit still applies.
        parts: shown in a dry run only.
    """

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
    standing: bool = False
    memory_limit_bytes: int | None = None
    parts: tuple[PlannedPart, ...] = ()


@dataclass(frozen=True)
class ClaimedRun:
    """Run as claimed for one attempt."""

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
    extra: Mapping[str, JsonValue]  # as stored; ``carries`` validates it
    code_version: str  # code version of the first attempt; empty before it
    time_limit_seconds: float | None
    memory_limit_bytes: int | None
    environment: JsonObject | None  # environment of the first attempt
    created_by: str | None = None  # id of the person who started the run; None if unknown
    standing: bool = False  # whether the run does not end

    def carries(self, shape: type[C]) -> C:
        """Return the run's extra data as ``shape``. Raises InvalidInput if the stored data does not fit the shape."""
        try:
            return shape.model_validate(self.extra)
        except ValidationError as error:
            raise InvalidInput(
                "the stored data of the run does not match {shape}: {error}",
                where="run {id}",
                next_step="start the run again",
                shape=shape.__name__,
                error=error,
                id=self.id,
            ) from None


@dataclass(frozen=True)
class FollowUp:
    """Computation after the success of a run, in a low-priority child process; see ``execution.follow_ups``.

    The child attaches figures and notes to the run and may read the run's work folder, which is kept until all
    follow-ups have ended. Nothing else depends on its outcome.

    Attributes:
        name: name of the follow-up, unique within the run.
        entry: entry point of the child, ``module:function``.
        payload: input of the entry point.
        problem: note for the report if the computation fails, by language code; ``{problem}`` is replaced by the
            reason.
    """

    name: str
    entry: str
    payload: JsonObject
    problem: dict[str, str]


@dataclass(frozen=True)
class Finish:
    """Successful end of a run.

    Attributes:
        summary: key results of the run.
        commit: called in the fenced transaction that sets the state ``succeeded``; must be short. If it raises an
            error, the transaction is rolled back and the attempt ends with this error.
        follow_ups: computations that start after the success is committed.
        timed: whether the result depends on elapsed time, so that a repetition may not be bit-identical.
    """

    summary: RunSummary
    commit: Callable[[Session], None] | None = None
    follow_ups: Sequence[FollowUp] = ()
    timed: bool = False


@dataclass(frozen=True)
class PhaseResult(Generic[R]):
    """Result of a phase, and the folder with the files that its child wrote."""

    value: R
    outputs: Path


class ChildSettings(BaseModel):
    """Settings that all child processes of an attempt share."""

    seed: int
    threads: int
    environment: JsonObject
    kernels_folder: str | None


class Job(Protocol):
    """Interface of an attempt for its handler; ``execution.job`` implements it.

    Methods that write to the database raise Replaced if the attempt no longer holds the run, and Cancelled or Draining
    if it must stop while the database is unavailable.
    """

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
        """Run one child process to completion and return its result.

        The entry point reads its input with ``child.asked(Shape)`` and returns an instance of ``result``. A phase that
        an earlier attempt completed is not repeated if its payload is unchanged and its outputs are intact.

        Raises the error that the child reports; ChildDied or LauncherDied if the child ends without a result;
        Cancelled, Replaced or Draining if the attempt must stop; UserError if it exceeds a limit; and ValueError if
        ``name`` is not valid or the child's result does not match ``result``.

        Args:
            name: name of the phase, unique within the run: lower-case letters, digits, ``_``, ``.`` and ``-``.
            entry: entry point of the child, ``module:function``.
            payload: input of the entry point.
            share: share of the run's progress that the phase accounts for, from 0 to 1.
            result: shape of the result.
            secrets: values sent to the child in the payload field ``secrets``; never stored, logged or hashed.
        """
        ...

    def child_settings(self) -> ChildSettings:
        """Return the settings that all child processes share. Available once the first phase has started."""
        ...

    def check(self) -> None:
        """Raise Cancelled, Replaced or Draining if the attempt must stop."""
        ...

    def artifact(self, name: str, path: Path, media_type: str, kind: str) -> None:
        """Copy a file into the artifact store and add it to the run's artifacts.

        Raises StorageError if the file cannot be read or stored.
        """
        ...

    def figure(self, name: str, data: Mapping[str, JsonValue]) -> None:
        """Attach the data of a figure to the run, replacing an earlier figure of the same name."""
        ...

    def note(self, markdown: StoredText) -> None:
        """Add a paragraph to the run's report; a message is translated when the report is shown."""
        ...

    def send(self, name: str, body: BaseModel) -> None:
        """Send a message to the child of the current phase, which reads it with ``child.receive``. Thread-safe."""
        ...


@dataclass(frozen=True)
class Received:
    """Context in which a child's message is recorded: the fenced transaction, the run and its phase.

    Attributes:
        folder: the run's work folder.
        progress: meter that converts the progress of the phase into that of the run.
        superfluous: folders, relative to ``folder``, that are deleted after the commit.
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

    def committed(self) -> None:
        """Reset the run's counts of deaths and transient failures, because this transaction commits progress."""
        from azuraforge.runs.lease import fenced_update

        fenced_update(self.session, self.held, deaths=0, transient_failures=0)


#: Maximum number of characters of a validation error that is stored with a run.
_SHOWN = 2000


@dataclass(frozen=True)
class MessageKind(Generic[M]):
    """Kind of message that children of one kind of run send with ``child.send``.

    ``record`` is called in the fenced transaction that stores the child's whole batch of messages, so that outputs,
    state and position are committed together or not at all. The model that it returns, if any, is sent to the child
    after the commit. ``record`` must be short; if it raises an error, the batch is not stored and the attempt ends with
    this error. ``recording.BUILT_IN`` contains the messages that every child may send.
    """

    name: str
    shape: type[M]
    record: Callable[[Received, M], BaseModel | None]

    def read(self, received: Received, fields: Mapping[str, object]) -> BaseModel | None:
        """Validate and record a message; return the reply or None. Raises InvalidInput if the message is malformed."""
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
    """Interface of a ``MessageKind`` of any shape."""

    @property
    def name(self) -> str: ...

    def read(self, received: Received, fields: Mapping[str, object]) -> BaseModel | None: ...


class Handler(ABC):
    """Handler of one kind of run. A package registers an instance in ``runs.package.HANDLERS``.

    Attributes:
        kind: name of the kind: lower-case letters, digits, ``_``, ``.`` and ``-``; at most 40 characters.
        extra: shape of the data that its runs have in addition to their config.
        summary: shape of its runs' summaries, which the package must also list in ``Package.summaries``.
        messages: messages that its children may send in addition to the built-in ones.
    """

    kind: ClassVar[str]
    extra: ClassVar[type[RunExtra]] = RunExtra
    summary: ClassVar[type[RunSummary]]
    messages: Sequence[RegisteredMessage] = ()

    @abstractmethod
    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Validate a request before the run is created. Raises UserError if it is not valid.

        The API process calls this method; it may start child processes.
        """

    @abstractmethod
    def execute(self, job: Job) -> Finish:
        """Execute one attempt in a worker thread. Errors must propagate unchanged; see ``processes.failures``."""


def by_kind(handlers: Iterable[Handler]) -> dict[str, Handler]:
    """Return handlers by kind. Raises ValueError if two have the same kind."""
    found: dict[str, Handler] = {}
    for handler in handlers:
        if handler.kind in found:
            raise ValueError(f"two handlers are registered for runs of kind {handler.kind!r}")
        found[handler.kind] = handler
    return found
