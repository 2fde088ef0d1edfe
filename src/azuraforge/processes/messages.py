"""Messages between a run's child and the handler of its kind: named objects of the kind's own shapes.

A child sends one with ``child.send`` and reads those of the worker with ``child.receive``.
"""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from azuraforge.processes.frames import Frame
from azuraforge.strict_json import JsonObject

#: Types of the frames that end a child's work.
ENDS = ("result", "error")

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Message:
    """A message as it arrived."""

    name: str
    data: JsonObject

    def read(self, shape: type[M]) -> M:
        """Return the message in its shape. Raises pydantic's ValidationError where it has another one."""
        return shape.model_validate(self.data)


def message_frame(name: str, body: BaseModel) -> Frame:
    """Return the frame of a message: its name as the frame's type, then the fields of its body.

    Raises ValueError for a name that ends a child's work, and for a body with a field ``type``.
    """
    fields: Frame = body.model_dump(mode="json")
    if name in ENDS or "type" in fields:
        raise ValueError(f"the message {name!r} cannot be sent: its name, or its field 'type', is the platform's own")
    return {"type": name, **fields}


def fields_of(frame: Frame) -> Frame:
    """Return the fields of the message that a frame holds."""
    return {name: value for name, value in frame.items() if name != "type"}


class Inbox:
    """The messages that the worker sent to this child, in their order."""

    def __init__(self, frames: queue.SimpleQueue[Frame]) -> None:
        self._frames = frames

    def receive(self, timeout_seconds: float | None) -> Message | None:
        """Wait for the next message; None where none came in time."""
        try:
            frame = self._frames.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        return Message(frame["type"], fields_of(frame))
