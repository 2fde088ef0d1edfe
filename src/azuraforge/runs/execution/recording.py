"""Messages that every child may send, and the recorder that turns a batch of messages into rows and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, FailFast, JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session
from azuraforge.errors import InvalidInput, InvalidValue
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.messages.stored import StoredText, in_language, text_from_json
from azuraforge.processes.frames import SentMessage, unspell
from azuraforge.processes.messages import message_frame
from azuraforge.processes.points import problem_with_series
from azuraforge.processes.resources import usage
from azuraforge.runs import store
from azuraforge.runs.events import FigureAttached, MetricsTruncated, NoteAdded, RunAdvanced, RunProgressed
from azuraforge.runs.handlers import MessageKind, Received, RegisteredMessage
from azuraforge.runs.lease import Held, fenced_update
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.progress import ProgressMeter
from azuraforge.runs.schemas import MOST_NOTE, RunProgress, Step, Time
from azuraforge.runs.transitions import RUNS_STREAM

#: Number of checkpoints kept for each phase, since the newest may be damaged.
KEPT_CHECKPOINTS = 3


def _series(name: str) -> str:
    if problem := problem_with_series(name):
        raise InvalidValue("a series cannot have this name: {problem}", problem=problem)
    return name


Series = Annotated[str, AfterValidator(_series)]


class Metrics(BaseModel):
    """Points of curves: series, step, value, and logging time in milliseconds since 1970."""

    points: Annotated[list[tuple[Series, Step, float | Literal["NaN", "Infinity", "-Infinity"], Time]], FailFast()]


class Progress(BaseModel):
    """Progress of a phase."""

    done: int
    total: int
    note: str


class Saved(BaseModel):
    """Checkpoint that the child has written to disk."""

    step: int
    folder: Path
    sha256: str
    bytes: int


class Skipped(BaseModel):
    """Checkpoint that was skipped because it is damaged."""

    step: int
    problem: JsonValue


class Resumed(BaseModel):
    """Step from which the attempt continues (None: from the start), and the checkpoints that were skipped."""

    step: int | None
    skipped: Annotated[list[Skipped], FailFast()]


class Note(BaseModel):
    """Paragraph for the run's report: a text, or a message that is translated when the report is shown."""

    markdown: JsonValue


class Figure(BaseModel):
    """Name and data of a figure."""

    name: str
    data: dict[str, object]


def _metrics(received: Received, body: Metrics) -> None:
    _points(received, received.phase, body)


def _usage(received: Received, body: Metrics) -> None:
    _points(received, usage.PHASE, body)


def _points(received: Received, phase: str, body: Metrics) -> None:
    points = [(series, step, unspell(value), at) for series, step, value, at in body.points]
    held = received.held
    written = metric_store.append(received.session, held.run_id, held.attempt, phase, points)
    if written:
        received.report(metric_store.event(written, held.attempt))


def _progress(received: Received, body: Progress) -> None:
    before = received.progress.percent
    progress = received.progress.update(body.done, body.total, body.note[:MOST_NOTE])
    fenced_update(received.session, received.held, progress=progress)
    received.report(RunProgressed.model_validate(progress))
    if received.progress.percent != before:
        shown = RunProgress.model_validate(progress)
        received.events.append(received.session, RUNS_STREAM, RunAdvanced(run_id=received.run_id, progress=shown))


def _checkpoint(received: Received, body: Saved) -> None:
    session, held = received.session, received.held
    key = {
        "project_id": held.project_id,
        "run_id": held.run_id,
        "phase": received.phase,
        "attempt": held.attempt,
        "step": body.step,
    }
    inside = Path("checkpoints") / received.phase / str(held.attempt)
    if body.folder.parent != received.folder / inside or body.folder.name == "..":
        raise InvalidInput(
            "a checkpoint is outside the folder of its phase",
            next_step="save checkpoints with the run's checkpoint()",
            where="child.send()",
        )
    folder = str(inside / body.folder.name)
    store.save_checkpoint(session, key, {"folder": folder, "sha256": body.sha256, "bytes": body.bytes})
    crashpoint("checkpoint_before_commit")
    if store.note_furthest_step(session, held.run_id, received.phase, body.step):
        fenced_update(session, held, deaths=0)
    for row in store.checkpoints(session, held.run_id, received.phase)[KEPT_CHECKPOINTS:]:
        store.delete_checkpoint(session, row)
        received.superfluous.append(row.folder)


def _resumed(received: Received, body: Resumed) -> None:
    session, run_id, attempt = received.session, received.run_id, received.attempt
    last = metric_store.truncate(session, run_id, received.phase, body.step)
    for skipped in body.skipped:
        _note(
            received,
            Message(
                "The checkpoint of step {step} was skipped: {problem}.",
                {"step": skipped.step, "problem": text_from_json(skipped.problem)},
            ),
        )
    if last or body.step is not None:
        furthest = max(last.values(), default=body.step or 0)
        store.note_resumption(session, run_id, attempt, body.step, max(0, furthest - (body.step or 0)))
    if last:
        after = -1 if body.step is None else body.step
        received.report(MetricsTruncated(after_step=after, attempt=attempt, series=sorted(last)))


def _noted(received: Received, body: Note) -> None:
    _note(received, text_from_json(body.markdown))


def _note(received: Received, markdown: StoredText) -> None:
    store.add_note(received.session, received.run_id, received.attempt, markdown)
    received.report(NoteAdded(markdown=in_language(markdown, "en")))


def _figure(received: Received, body: Figure) -> None:
    store.save_figure(received.session, received.run_id, body.name, body.data)
    received.report(FigureAttached(name=body.name))


#: Messages that runs of every kind may send; a handler adds others in ``Handler.messages``.
BUILT_IN: tuple[RegisteredMessage, ...] = (
    MessageKind("metrics", Metrics, _metrics),
    MessageKind("usage", Metrics, _usage),
    MessageKind("progress", Progress, _progress),
    MessageKind("checkpoint", Saved, _checkpoint),
    MessageKind("resumed", Resumed, _resumed),
    MessageKind("note", Note, _noted),
    MessageKind("figure", Figure, _figure),
)


def by_name(own: Iterable[RegisteredMessage] = ()) -> dict[str, RegisteredMessage]:
    """Return the built-in messages and those of ``own`` by name. Raises ValueError if two have the same name."""
    found: dict[str, RegisteredMessage] = {}
    for kind in (*BUILT_IN, *own):
        if kind.name in found:
            raise ValueError(f"two messages are registered as {kind.name!r}")
        found[kind.name] = kind
    return found


class Recorder:
    """Recorder of a phase's messages in the caller's fenced transaction."""

    def __init__(
        self,
        events: EventLog,
        held: Held,
        folder: Path,
        meter: ProgressMeter,
        phase: str,
        messages: Mapping[str, RegisteredMessage],
    ) -> None:
        self._events = events
        self._held = held
        self._folder = folder
        self._meter = meter
        self._phase = phase
        self._messages = messages
        self._superfluous: list[str] = []
        self._answers: list[SentMessage] = []

    def record(self, session: Session, frames: Sequence[SentMessage]) -> None:
        """Store a batch of messages in order. Raises InvalidInput for an unknown or malformed message."""
        self._superfluous, self._answers = [], []
        received = Received(
            session, self._events, self._held, self._phase, self._folder, self._meter, self._superfluous
        )
        for frame in frames:
            kind = self._messages.get(frame["name"])
            if kind is None:
                raise InvalidInput(
                    "this kind of run has no message named {name!r}",
                    where="child.send()",
                    next_step="use one of: {messages}",
                    name=frame["name"][:100],
                    messages=", ".join(self._messages),
                )
            if (answer := kind.read(received, frame["data"])) is not None:
                self._answers.append(message_frame(kind.name, answer))

    @property
    def superfluous(self) -> list[str]:
        """Folders of checkpoints whose rows the batch deleted; delete the folders after the commit."""
        return self._superfluous

    @property
    def answers(self) -> list[SentMessage]:
        """Replies to the batch; send them after the commit."""
        return self._answers
