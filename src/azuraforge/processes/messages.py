"""Messages between a run's child and its handler: named objects whose shapes the handler defines.

A child sends messages with ``child.send`` and receives those of the worker with ``child.receive``.
"""

from __future__ import annotations

import queue
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from azuraforge.processes.frames import SentMessage, ToChild

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Message:
    """A received message."""

    name: str
    data: Mapping[str, object]

    def read(self, shape: type[M]) -> M:
        """Return the message's data as ``shape``. Raises pydantic's ValidationError if it does not fit."""
        return shape.model_validate(self.data)


def sent(name: str, data: Mapping[str, object]) -> SentMessage:
    """Return the frame of a message."""
    return {"type": "message", "name": name, "data": data}


def message_frame(name: str, body: BaseModel) -> SentMessage:
    """Return the frame of a message whose fields are those of ``body``."""
    return sent(name, body.model_dump(mode="json"))


class Inbox:
    """Queue of the worker's messages to this child."""

    def __init__(self, frames: queue.SimpleQueue[ToChild]) -> None:
        self._frames = frames

    def receive(self, timeout_seconds: float | None) -> Message | None:
        """Wait for the next message and return it; None if none arrives within ``timeout_seconds`` (None: no limit).

        Raises ValueError if another kind of frame arrives.
        """
        try:
            frame = self._frames.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if frame["type"] != "message":
            raise ValueError(f"a child that has begun receives messages; a frame {frame['type']!r} is none")
        return Message(frame["name"], frame["data"])
