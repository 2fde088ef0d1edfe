"""Messages between a run's child and the handler of its kind: named objects of the kind's own shapes.

A child sends one with ``child.send`` and reads those of the worker with ``child.receive``.
"""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from azuraforge.processes.frames import Frame

#: The type of the frames that hold messages.
MESSAGE = "message"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Message:
    """A message as it arrived."""

    name: str
    data: JsonValue

    def read(self, shape: type[M]) -> M:
        """Return the message in its shape. Raises pydantic's ValidationError where it has another one."""
        return shape.model_validate(self.data)


def message_frame(name: str, body: BaseModel) -> Frame:
    """Return the frame of a message."""
    return {"type": MESSAGE, "name": name, "data": body.model_dump(mode="json")}


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
        return Message(frame["name"], frame["data"])
