"""Turns of requests that wait for a child process, in threads of their own and bounded in number.

The web server's thread pool serves everything else: sign-in, health, short reads of the database. Work that waits for
a child or for the network would occupy it for minutes, so it waits here: a request takes a *turn*, stands in line for
one, or is answered with 503 and ``Retry-After``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection, Request

from azuraforge.errors import TransientError
from azuraforge.messages import Message
from azuraforge.settings import ReadingSettings, ServerSettings
from azuraforge.waiting.ending import Ending, current_ending, work_of_request

T = TypeVar("T")
#: A short question (validating a config, drawing rows) waits this long for its turn, reading a file less: the client
#: holds an uploaded file, which it can send again.
_ASKING_SECONDS = 60.0
_READING_SECONDS = 10.0


@dataclass(frozen=True)
class Bounds:
    """Bounds of one kind of waiting.

    Attributes:
        what: the work, for the error: "reading a dataset".
        at_once: requests at work, of all projects.
        per_project: of these, of one project.
        in_line: requests of one project that may stand in line.
        patience_seconds: longest time in line.
    """

    what: str
    at_once: int
    per_project: int
    in_line: int
    patience_seconds: float


class Turns:
    """Queue for one kind of work. Use it from the event loop only."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._running: Counter[str] = Counter()
        self._line: list[tuple[str, asyncio.Future[None]]] = []
        self._threads = CapacityLimiter(bounds.at_once)

    async def run(self, request: HTTPConnection, project_id: str, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread when it is the project's turn; end its children if the client leaves.

        Raises TransientError (503) where too many requests of the project wait already, or for too long.
        """
        async with ending_with_client(request) as ending, self._turn(project_id, ending):
            return await to_thread.run_sync(work, limiter=self._threads)

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
            self._running += Counter()  # drops the zeros
            self._call_next()

    def refuse_if_full(self, project_id: str) -> None:
        """Raise TransientError where ``run`` would do so at once: before a file is received that nothing can read."""
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
        """Return a turn that came in the moment in which its task was cancelled, or lost its patience."""
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
    """Both kinds of waiting of one server process."""

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


def waiting_of(request: HTTPConnection) -> Waiting:
    """Return the application's waiting; with default bounds if the application has no settings."""
    state = request.app.state
    if not hasattr(state, "waiting"):
        state.waiting = Waiting()
    waiting: Waiting = state.waiting
    return waiting


def refuse_if_full(request: HTTPConnection, project_id: str) -> None:
    """Raise TransientError where no further file of the project can be read now."""
    waiting_of(request).reading.refuse_if_full(project_id)


async def read_in_turn(request: HTTPConnection, project_id: str, work: Callable[[], T]) -> T:
    """Wait for a turn, then run ``work``, which reads a file or a source in a child."""
    return await waiting_of(request).reading.run(request, project_id, work)


async def ask_in_turn(request: HTTPConnection, project_id: str, work: Callable[[], T]) -> T:
    """Wait for a turn, then run ``work``, which asks a child a short question."""
    return await waiting_of(request).asking.run(request, project_id, work)


@asynccontextmanager
async def ending_with_client(request: HTTPConnection) -> AsyncIterator[Ending]:
    """Attribute work in the block to the request, and end it if the client leaves. May be nested."""
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
    """Wait for the client to leave; the request's body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    ending.end()
