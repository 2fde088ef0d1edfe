"""An open-loop load generator: requests leave when the clock says so, however late the answers are.

It runs in a process of its own on plain sockets (one request at a time on each, kept alive) and costs about a tenth of
what the platform needs to answer. Arrivals are those of a Poisson process, drawn from a seed. A latency is counted
from the moment at which the request was *meant* to leave, so waiting for a free connection counts too.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import random
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

from benchmarks.stage import percentile

_CONNECTIONS = 128
#: How long after the last arrival answers are waited for; what is missing then is an error.
_LAST_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """One kind of request: its class in the mix, its weight, and the bytes that go out.

    Where ``numbered``, ``%d`` in the body is replaced by a number that was never used before.
    """

    kind: str
    weight: float
    method: str
    path: str
    body: str = ""
    numbered: bool = False


@dataclass
class Load:
    """What one stretch of load measured. Latencies in seconds, by the request's class."""

    rate: float
    seconds: float
    latencies: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    processor_share: float = 0.0
    #: How late requests left, in seconds: a generator that shares its cores is itself kept waiting.
    lateness: list[float] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return [latency for each in self.latencies.values() for latency in each]

    def p(self, share: float, kind: str | None = None) -> float:
        """A percentile in milliseconds; infinite where something failed and ``kind`` is not named."""
        values = self.all if kind is None else self.latencies.get(kind, [])
        return percentile(values, share) * 1e3 if values else float("inf")

    @property
    def failed(self) -> int:
        return sum(self.errors.values())


class _Connection(asyncio.Protocol):
    """Sends one request, collects one answer."""

    def __init__(self, generator: _Generator) -> None:
        self._generator = generator
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._needed = -1
        self._meant_at = 0.0
        self._kind = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has its methods, not its class
        self._generator.free(self)

    def send(self, kind: str, data: bytes, meant_at: float) -> None:
        self._kind, self._meant_at, self._received, self._needed = kind, meant_at, b"", -1
        assert self._transport is not None
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if self._needed < 0:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[:end].lower()
            start = head.find(b"content-length: ")
            length = int(head[start + 16 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            self._needed = end + 4 + length
        if len(self._received) >= self._needed:
            self._generator.done(self._kind, self._received[9:12].decode(), time.perf_counter() - self._meant_at)
            self._kind = ""
            self._generator.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._kind:
            self._generator.done(self._kind, "lost", 0.0)
        self._generator.gone(self)


class _Generator:
    def __init__(self, port: int, token: str, requests: Sequence[Request], load: Load, seed: int) -> None:
        self._port = port
        self._token = token
        self._requests = requests
        self._load = load
        self._chance = random.Random(seed)
        self._free: deque[_Connection] = deque()
        self._waiting: deque[tuple[str, bytes, float]] = deque()
        self._number = seed * 10_000_000
        self._open = 0
        self._stopping = False
        self.pending = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_CONNECTIONS):
            await self._connect()
        heads = [self._bytes(request) for request in self._requests]
        weights = [request.weight for request in self._requests]
        due = started = time.perf_counter() + 0.1
        while due < started + self._load.seconds:
            for index in self._chance.choices(range(len(heads)), weights, k=64):
                due += self._chance.expovariate(self._load.rate)
                while (left := due - time.perf_counter()) > 0:
                    await asyncio.sleep(left)
                self._send(self._requests[index], heads[index], due)
        until = loop.time() + _LAST_SECONDS
        while self.pending and loop.time() < until:
            await asyncio.sleep(0.05)
        self._stopping = True
        if self.pending:
            self._load.errors["no answer"] = self.pending

    def _send(self, request: Request, head: bytes, meant_at: float) -> None:
        data = head
        if request.numbered or request.body:
            self._number += 1
            body = (request.body % self._number if request.numbered else request.body).encode()
            data = head % len(body) + body
        self.pending += 1
        self._load.lateness.append(time.perf_counter() - meant_at)
        if self._free:
            self._free.popleft().send(request.kind, data, meant_at)
        else:
            self._waiting.append((request.kind, data, meant_at))

    def _bytes(self, request: Request) -> bytes:
        text = f"{request.method} /api/v1{request.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        text += f"Authorization: Bearer {self._token}\r\n"
        if request.body:
            text += "Content-Type: application/json\r\nContent-Length: %d\r\n"
        return (text + "\r\n").encode()

    async def _connect(self) -> None:
        self._open += 1
        with contextlib.suppress(OSError):  # who cannot connect gets no answer, and that is counted
            await asyncio.get_running_loop().create_connection(lambda: _Connection(self), "127.0.0.1", self._port)

    def free(self, connection: _Connection) -> None:
        if self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            self._free.append(connection)

    def done(self, kind: str, status: str, latency: float) -> None:
        self.pending -= 1
        if status[0] == "2":
            self._load.latencies.setdefault(kind, []).append(latency)
        else:
            self._load.errors[status] = self._load.errors.get(status, 0) + 1

    def gone(self, connection: _Connection) -> None:
        self._open -= 1
        if connection in self._free:
            self._free.remove(connection)
        if not self._stopping:
            self._again = asyncio.get_running_loop().create_task(self._connect())


def _main(
    port: int, token: str, requests: Sequence[Request], load: Load, seed: int, told: multiprocessing.Queue
) -> None:
    gc.disable()
    began = time.process_time()
    uvloop.run(_Generator(port, token, requests, load, seed).run())
    load.processor_share = (time.process_time() - began) / load.seconds if load.seconds else 0.0
    told.put(load)


def generate(port: int, token: str, requests: Sequence[Request], rate: float, seconds: float, seed: int = 1) -> Load:
    """Load for some seconds; returns once every answer came."""
    processes = multiprocessing.get_context("spawn")
    told = processes.Queue()
    arguments = (port, token, list(requests), Load(rate, seconds), seed, told)
    process = processes.Process(target=_main, args=arguments, daemon=True)
    process.start()
    load: Load = told.get(timeout=seconds + 60)
    process.join()
    if load.failed:
        print(f"at {rate:g}/s: {load.errors}", file=sys.stderr)
    return load
