"""``python -m benchmarks.stage.watched api …``: the platform's own command with a watch on its requests.

It reports where the time of each request goes (waiting for a connection, for the database, for its turn on the event
loop), how late the loop is and whether its thread was computing meanwhile, and how long garbage was looked for.
SIGUSR1 starts again; SIGUSR2 writes the measurements since to ``$AZURAFORGE_BENCH_WATCH``. It costs about 30 µs a
request.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from azuraforge.cli.main import main
from azuraforge.database.pipeline import Pipeline
from azuraforge.platform import http

_LOOK_SECONDS = 0.005
_LATE_SECONDS = 0.02
_PHASES = ("before the database", "for a connection", "on its way", "for the answer", "for its turn", "after")

_marks: ContextVar[list[float] | None] = ContextVar("marks", default=None)


class Watch:
    """Measurements since the last start."""

    def __init__(self) -> None:
        self.begin()
        self._collecting_since = 0.0

    def begin(self, *_: object) -> None:
        self.requests: list[tuple[str, float, list[float]]] = []
        self.late: list[tuple[float, float, float]] = []
        self.looks: list[float] = []
        self.collected: list[tuple[int, float]] = []

    def collecting(self, phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_since = time.perf_counter()
        else:
            self.collected.append((about["generation"], time.perf_counter() - self._collecting_since))

    async def look(self) -> None:
        """Measure the loop's delay, and whether its thread (or another one with the interpreter) computed meanwhile."""
        while True:
            began, thread, process = time.perf_counter(), time.thread_time(), time.process_time()
            await asyncio.sleep(_LOOK_SECONDS)
            late = time.perf_counter() - began - _LOOK_SECONDS
            self.looks.append(late)
            if late > _LATE_SECONDS:
                self.late.append((late, time.thread_time() - thread, time.process_time() - process))

    def write(self, *_: object) -> None:
        told = {
            "requests": len(self.requests),
            "phases_ms": self._phases(),
            "loop_late_ms": _quantiles(self.looks),
            "late_loops": len(self.late),
            "late_loops_ms": sum(each[0] for each in self.late) * 1e3,
            "its_thread_computed_ms": sum(each[1] for each in self.late) * 1e3,
            "its_process_computed_ms": sum(each[2] for each in self.late) * 1e3,
            "latest_loops_ms": [[round(1e3 * part, 1) for part in each] for each in sorted(self.late)[-5:]],
            "collections_ms": {
                str(generation): _quantiles([took for of, took in self.collected if of == generation])
                for generation in range(3)
            },
        }
        Path(os.environ["AZURAFORGE_BENCH_WATCH"]).write_text(json.dumps(told, indent=1))

    def _phases(self) -> dict[str, dict[str, float]]:
        """Mean milliseconds of each part of a request: of all of them, and of the slowest hundredth.

        What asks a second time (curves) does so in the last part.
        """
        asked = sorted((each for each in self.requests if len(each[2]) == len(_PHASES) + 1), key=lambda each: each[1])
        return {
            name: _means([marks for _, _, marks in some])
            for name, some in (("all", asked), ("slowest 1 %", asked[-max(1, len(asked) // 100) :]))
            if some
        }


def _means(all_marks: list[list[float]]) -> dict[str, float]:
    return {
        phase: round(sum(marks[n + 1] - marks[n] for marks in all_marks) / len(all_marks) * 1e3, 3)
        for n, phase in enumerate(_PHASES)
    }


def _quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {"count": 0}
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    found = {name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in at.items()}
    return {"count": len(ordered), **{name: round(value * 1e3, 2) for name, value in found.items()}}


class Timeline:
    """Marks when a request came in, and when its answer was handed to the server."""

    def __init__(self, app: Any, watch: Watch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        marks = [time.perf_counter()]
        token = _marks.set(marks)
        try:
            await self.app(scope, receive, send)
        finally:
            _marks.reset(token)
            marks.append(time.perf_counter())
            self.watch.requests.append((scope["path"], marks[-1] - marks[0], marks))


def _mark() -> None:
    marks = _marks.get()
    if marks is not None and len(marks) < len(_PHASES):
        marks.append(time.perf_counter())


def install(watch: Watch) -> None:
    """Put the watch around the server and the database's questions."""
    made, started = http.HttpServer.__init__, http.HttpServer.startup

    def make(self: Any, application: Any, *more: Any) -> None:
        made(self, Timeline(application, watch), *more)

    async def startup(self: Any, sockets: Any = None) -> None:
        await started(self, sockets)
        self.looking = asyncio.get_running_loop().create_task(watch.look())

    http.HttpServer.__init__ = make  # type: ignore[method-assign]
    http.HttpServer.startup = startup  # type: ignore[method-assign]
    _install_on_questions()
    gc.callbacks.append(watch.collecting)
    signal.signal(signal.SIGUSR1, watch.begin)
    signal.signal(signal.SIGUSR2, watch.write)


def _install_on_questions() -> None:
    from azuraforge.database.fast_reads_postgres import PostgresReader

    asks, sends, takes, answers = PostgresReader._take_place, Pipeline._send, Pipeline._take, Pipeline._answer
    arrived: dict[int, float] = {}

    async def take_place(self: Any) -> None:
        _mark()
        await asks(self)
        _mark()

    def send(self: Any, statements: Any) -> Any:
        found = sends(self, statements)
        _mark()
        return found

    def take(self: Any, results: Any) -> bool:
        ended: bool = takes(self, results)
        if ended:
            arrived[id(self)] = time.perf_counter()
        return ended

    async def answer(self: Any) -> Any:
        found = await answers(self)
        marks = _marks.get()
        if marks is not None and len(marks) < len(_PHASES):
            marks.append(arrived.pop(id(self), time.perf_counter()))
        _mark()
        return found

    wrapped: dict[str, Callable[..., Any]] = {"_send": send, "_take": take, "_answer": answer}
    for name, function in wrapped.items():
        setattr(Pipeline, name, function)
    PostgresReader._take_place = take_place  # type: ignore[method-assign]


if __name__ == "__main__":
    install(Watch())
    main()
