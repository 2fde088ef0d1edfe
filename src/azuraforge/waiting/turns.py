"""Queues with reserved threads for requests that wait for a child process.

The web server's thread pool serves everything else: sign-in, health checks, short database reads. Work that waits for
a child or the network would occupy those threads for minutes, so it runs here. A request takes a *turn*, waits in
line for one, or is rejected with 503 and ``Retry-After``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.requests import HTTPConnection, Request

from azuraforge.errors import TransientError
from azuraforge.messages import Message
from azuraforge.settings import ReadingSettings, ServerSettings
from azuraforge.waiting.ending import Ending, current_ending, work_of_request

T = TypeVar("T")
#: Maximum time in line, in seconds. Short calls, such as validating a config or reading rows for a chart, may wait
#: longer than the reading of a file: the client of a rejected upload still has the file and can send it again.
_ASKING_SECONDS = 60.0
_READING_SECONDS = 10.0
_HASHING_SECONDS = 5.0


@dataclass(frozen=True)
class Bounds:
    """Limits of one queue.

    Attributes:
        what: the kind of work, as the message key of the error: "reading", "child" or "password".
        at_once: maximum number of requests that run at the same time, over all projects.
        per_project: maximum number of requests of one project that run at the same time.
        in_line: maximum number of requests of one project that wait in line.
        patience_seconds: maximum time in line.
    """

    what: str
    at_once: int
    per_project: int
    in_line: int
    patience_seconds: float


class Turns:
    """Queue for one kind of work. Call its methods on the event loop only.

    Args:
        one_thread: whether all work runs in the same thread. The C library keeps freed memory per thread, so work that
            allocates much would otherwise add to the memory of each thread that ever executed it.
    """

    def __init__(self, bounds: Bounds, *, one_thread: bool = False) -> None:
        self.bounds = bounds
        self._thread = ThreadPoolExecutor(1, f"azuraforge_{bounds.what}") if one_thread else None
        self._running: Counter[str] = Counter()
        self._line: list[tuple[str, asyncio.Future[None]]] = []
        self._threads = CapacityLimiter(bounds.at_once)

    async def run(self, request: HTTPConnection, project_id: str, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread when it is the project's turn; stop its child processes if the client disconnects.

        Raises TransientError (503) if too many requests of the project are in line, if this one waits too long, or if
        its client disconnects while it waits.
        """
        async with ending_with_client(request) as ending, self._turn(project_id, ending):
            if self._thread is None:
                return await to_thread.run_sync(work, limiter=self._threads)
            done = asyncio.get_running_loop().run_in_executor(self._thread, copy_context().run, work)
            with CancelScope(shield=True):  # the turn ends with the work, as in the other threads
                await asyncio.wait([done])
            return done.result()

    @asynccontextmanager
    async def _turn(self, project_id: str, ending: Ending) -> AsyncIterator[None]:
        if self._free(project_id):
            self._running[project_id] += 1
        else:
            await self._stand_in_line(project_id, ending)
        try:
            yield
        finally:
            self._running[project_id] -= 1
            self._running += Counter()  # removes projects whose count is zero
            self._call_next()

    def refuse_if_full(self, project_id: str) -> None:
        """Raise TransientError if ``run`` would reject a request now. Call it before receiving a file."""
        standing = sum(project == project_id for project, _ in self._line)
        if not self._free(project_id) and standing >= self.bounds.in_line:
            raise self._busy()

    async def _stand_in_line(self, project_id: str, ending: Ending) -> None:
        self.refuse_if_full(project_id)
        turn = asyncio.get_running_loop().create_future()
        place = (project_id, turn)
        self._line.append(place)
        try:
            with ending.guarding(turn.cancel):
                await asyncio.wait_for(turn, self.bounds.patience_seconds)
        except TimeoutError:
            self._give_back(project_id, turn)
            raise self._busy() from None
        except asyncio.CancelledError:
            self._give_back(project_id, turn)
            if ending.ended:
                raise TransientError(
                    "the client closed the connection", next_step="send the request again", code="client_left"
                ) from None
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._line.remove(place)

    def _give_back(self, project_id: str, turn: asyncio.Future[None]) -> None:
        """Release a turn that was assigned just as its request was cancelled or timed out."""
        if turn.done() and not turn.cancelled():
            self._running[project_id] -= 1
            self._call_next()

    def _free(self, project_id: str) -> bool:
        return self._running.total() < self.bounds.at_once and self._running[project_id] < self.bounds.per_project

    def _call_next(self) -> None:
        for place in list(self._line):
            project_id, turn = place
            if not turn.done() and self._free(project_id):
                self._running[project_id] += 1
                self._line.remove(place)
                turn.set_result(None)

    def _busy(self) -> TransientError:
        return TransientError(
            "too many requests are already waiting for {what}",
            where="server",
            next_step="wait until other requests have ended, then send this one again",
            code="busy",
            what=Message(f"waiting.{self.bounds.what}"),
        )


class Waiting:
    """The queues of one server process: reading files and sources, short calls to children, and hashing passwords.

    Passwords have two queues with one thread each, so that attempts from unknown browsers delay no known browser.
    """

    def __init__(self, reading: ReadingSettings | None = None, asking: ServerSettings | None = None) -> None:
        reading, asking = reading or ReadingSettings(), asking or ServerSettings()
        self.reading = Turns(
            Bounds("reading", reading.at_once, reading.per_project, reading.per_project, _READING_SECONDS)
        )
        self.asking = Turns(
            Bounds(
                "child",
                asking.children_at_once,
                asking.children_per_project,
                asking.children_in_line,
                _ASKING_SECONDS,
            )
        )
        self.passwords = Turns(Bounds("password", 1, 1, 8, _HASHING_SECONDS), one_thread=True)
        self.known_passwords = Turns(Bounds("password", 1, 1, 32, _HASHING_SECONDS), one_thread=True)


def waiting_of(request: HTTPConnection) -> Waiting:
    """Return the application's queues; create them with default limits if the application has none."""
    state = request.app.state
    if not hasattr(state, "waiting"):
        state.waiting = Waiting()
    waiting: Waiting = state.waiting
    return waiting


def refuse_if_full(request: HTTPConnection, project_id: str) -> None:
    """Raise TransientError if the reading queue cannot accept another file of the project now."""
    waiting_of(request).reading.refuse_if_full(project_id)


async def read_in_turn(request: HTTPConnection, project_id: str, work: Callable[[], T]) -> T:
    """Wait for a turn, then return the result of ``work``, which reads a file or a source in a child process.

    Raises TransientError as ``Turns.run`` does.
    """
    return await waiting_of(request).reading.run(request, project_id, work)


async def ask_in_turn(request: HTTPConnection, project_id: str, work: Callable[[], T]) -> T:
    """Wait for a turn, then return the result of ``work``, which makes a short call to a child process.

    Raises TransientError as ``Turns.run`` does.
    """
    return await waiting_of(request).asking.run(request, project_id, work)


@asynccontextmanager
async def ending_with_client(request: HTTPConnection) -> AsyncIterator[Ending]:
    """Stop work started in the block if the client disconnects. Nested blocks share one handle."""
    if (present := current_ending()) is not None:
        yield present
        return
    ending = Ending()
    watcher = asyncio.create_task(_watch(request, ending)) if isinstance(request, Request) else None
    try:
        with work_of_request(ending):
            yield ending
    finally:
        if watcher is not None:
            watcher.cancel()


async def _watch(request: Request, ending: Ending) -> None:
    """Wait until the client disconnects, then stop the work. Requires that the request body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    ending.end()
