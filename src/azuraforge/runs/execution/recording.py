"""What a child says becomes rows and events: points, progress, checkpoints, notes, figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session
from azuraforge.errors import InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.processes import usage
from azuraforge.processes.frames import Frame, unspell
from azuraforge.processes.messages import MESSAGE, message_frame
from azuraforge.runs import store
from azuraforge.runs.execution.progress import ProgressMeter
from azuraforge.runs.handlers import MessageKind, Received
from azuraforge.runs.lease import Held, fenced_update
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.transitions import run_stream

#: How many checkpoints of a phase are kept: the newest may turn out to be damaged.
KEPT_CHECKPOINTS = 3


class Recorder:
    """Stores one batch of frames of one phase; the caller's transaction is fenced."""

    def __init__(
        self,
        events: EventLog,
        held: Held,
        folder: Path,
        meter: ProgressMeter,
        phase: str,
        messages: Mapping[str, MessageKind[Any]] | None = None,
    ) -> None:
        self._events = events
        self._messages = messages or {}
        self._held = held
        self._folder = folder
        self._meter = meter
        self._phase = phase
        self._old: list[str] = []
        self._answers: list[Frame] = []

    def record(self, session: Session, frames: list[Frame]) -> None:
        """Store frames in the order in which they were sent."""
        self._old, self._answers = [], []
        handlers = {
            "metrics": self._metrics,
            "progress": self._progress,
            "checkpoint": self._checkpoint,
            "resumed": self._resumed,
            "note": self._note,
            "figure": self._figure,
            "usage": self._usage,
            MESSAGE: self._message,
        }
        for frame in frames:
            handlers[frame["type"]](session, frame)

    @property
    def superfluous(self) -> list[str]:
        """Folders of checkpoints whose rows the batch removed; free them once it is committed."""
        return self._old

    @property
    def answers(self) -> list[Frame]:
        """Frames that answer the batch; send them once it is committed."""
        return self._answers

    def _message(self, session: Session, frame: Frame) -> None:
        kind = self._messages.get(frame["name"])
        if kind is None:
            known = ", ".join(self._messages) or "none"
            raise InvalidInput(
                f"this kind of run has no message {frame['name']!r}", where="child.send()", next_step=f"known: {known}"
            )
        received = Received(session, self._held.project_id, self._held.run_id, self._held.attempt, self._phase)
        try:
            body = kind.shape.model_validate(frame["data"])
        except ValidationError as error:
            raise InvalidInput(f"the message {kind.name!r} is malformed: {error}", where="child.send()") from None
        if (answer := kind.record(received, body)) is not None:
            self._answers.append(message_frame(kind.name, answer))

    def _tell(self, session: Session, type_: str, data: dict[str, Any]) -> None:
        self._events.append(session, self._held.project_id, run_stream(self._held.run_id), type_, data)

    def _metrics(self, session: Session, frame: Frame) -> None:
        points = [(series, step, unspell(value)) for series, step, value in frame["points"]]
        written = metric_store.append(session, self._held.run_id, self._held.attempt, self._phase, points)
        if written:
            data = {"points": metric_store.shown(written), "attempt": self._held.attempt}
            self._tell(session, "run.metrics", data)

    def _usage(self, session: Session, frame: Frame) -> None:
        written = metric_store.append(session, self._held.run_id, self._held.attempt, usage.PHASE, frame["points"])
        if written:
            data = {"points": metric_store.shown(written), "attempt": self._held.attempt}
            self._tell(session, "run.metrics", data)

    def _progress(self, session: Session, frame: Frame) -> None:
        progress = self._meter.update(frame["done"], frame["total"], frame["note"])
        fenced_update(session, self._held, progress=progress)
        self._tell(session, "run.progress", progress)

    def _checkpoint(self, session: Session, frame: Frame) -> None:
        key = {
            "project_id": self._held.project_id,
            "run_id": self._held.run_id,
            "phase": self._phase,
            "attempt": self._held.attempt,
            "step": frame["step"],
        }
        folder = str(Path(frame["folder"]).relative_to(self._folder))
        values = {"folder": folder, "sha256": frame["sha256"], "bytes": frame["bytes"]}
        store.save_checkpoint(session, key, values)
        crashpoint("checkpoint_before_commit")
        if store.note_furthest_step(session, self._held.run_id, self._phase, frame["step"]):
            fenced_update(session, self._held, deaths=0)
        for row in store.checkpoints(session, self._held.run_id, self._phase)[KEPT_CHECKPOINTS:]:
            store.delete_checkpoint(session, row)
            self._old.append(row.folder)

    def _resumed(self, session: Session, frame: Frame) -> None:
        step: int | None = frame["step"]
        last = metric_store.truncate(session, self._held.run_id, self._phase, step)
        for skipped in frame["skipped"]:
            text = f"Checkpoint {skipped['step']} was skipped: {skipped['problem']}."
            store.add_note(session, self._held.run_id, self._held.attempt, text)
            self._tell(session, "run.note", {"markdown": text})
        if last or step is not None:
            furthest = max(last.values(), default=step or 0)
            recomputed = max(0, furthest - (step or 0))
            store.note_resumption(session, self._held.run_id, self._held.attempt, step, recomputed)
        if last:
            after = -1 if step is None else step
            data = {"after_step": after, "attempt": self._held.attempt, "series": sorted(last)}
            self._tell(session, "run.metrics_truncated", data)

    def _note(self, session: Session, frame: Frame) -> None:
        store.add_note(session, self._held.run_id, self._held.attempt, frame["markdown"])
        self._tell(session, "run.note", {"markdown": frame["markdown"]})

    def _figure(self, session: Session, frame: Frame) -> None:
        store.save_figure(session, self._held.run_id, frame["name"], frame["data"])
        self._tell(session, "run.figure", {"name": frame["name"]})
