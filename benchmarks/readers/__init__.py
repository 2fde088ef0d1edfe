"""Readers of one live stream: WebSocket and server-sent events, cut off at will, each with a cursor of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks.stage import Stage

_AGAIN_SECONDS = 0.05


@dataclass
class Heard:
    """What one reader received, in the order in which it came."""

    numbers: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    connections: int = 0

    def take(self, event: dict[str, Any]) -> None:
        """Note an event, its delay from the database's clock, and its steps."""
        self.delays.append(time.time() - datetime.fromisoformat(event["at"]).timestamp())
        self.numbers.append(event["seq"])
        for pairs in event["data"].get("points", {}).values():
            self.steps.extend(int(step) for step, _ in pairs)

    @property
    def cursor(self) -> int:
        return self.numbers[-1] if self.numbers else 0


class Reader:
    """Reader that runs until it is stopped, over as many connections as needed."""

    def __init__(self, on: Stage, stream: str, kind: str) -> None:
        self.on = on
        self.stream = stream
        self.kind = kind
        self.heard = Heard()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def run(self) -> None:
        """Read; come back after each cut, refusal or restart."""
        read = self._websocket if self.kind == "WebSocket" else self._lines
        while not self._stopped:
            self._task = asyncio.create_task(read())
            with contextlib.suppress(
                OSError, EOFError, WebSocketException, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError
            ):
                await self._task
            if not self._stopped:
                await asyncio.sleep(_AGAIN_SECONDS)

    def cut(self) -> None:
        """Break the connection off without a goodbye."""
        if self._task is not None:
            self._task.cancel()

    def stop(self) -> None:
        """Break off and stay away."""
        self._stopped = True
        self.cut()

    async def _websocket(self) -> None:
        address = f"ws://127.0.0.1:{self.on.port}/api/v1/events/live?stream={self.stream}&after={self.heard.cursor}"
        headers = {"Authorization": f"Bearer {self.on.token}"}
        socket = await connect(address, additional_headers=headers, compression=None, ping_interval=None)
        self.heard.connections += 1
        try:
            while True:
                for event in orjson.loads(await socket.recv()):
                    self.heard.take(event)
        finally:
            socket.transport.abort()

    async def _lines(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.on.port)
        try:
            writer.write(
                f"GET /api/v1/events?stream={self.stream} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {self.on.token}\r\nLast-Event-ID: {self.heard.cursor}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head[:20]:
                raise OSError(head[:40])
            self.heard.connections += 1
            while size := int(await reader.readline(), 16):
                chunk = (await reader.readexactly(size + 2))[:-2]
                for line in chunk.split(b"\n"):
                    if line.startswith(b"data: "):
                        self.heard.take(orjson.loads(line[6:]))
        except ValueError as error:
            raise EOFError from error
        finally:
            writer.transport.abort()


def faults_in(heard: Heard, steps: int) -> tuple[int, int, int]:
    """Lost, doubled and out-of-order events of a reader who should have heard steps 1 to ``steps``, once each."""
    doubled = len(heard.steps) - len(set(heard.steps)) + len(heard.numbers) - len(set(heard.numbers))
    lost = len(set(range(1, steps + 1)) - set(heard.steps))
    ahead = sum(later <= earlier for earlier, later in pairwise(heard.numbers))
    behind = sum(later <= earlier for earlier, later in pairwise(heard.steps))
    return lost, doubled, max(ahead, behind)
