"""Cancellation of a request's work when its client disconnects."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Ending:
    """Cancellation handle of one request; any thread may call ``end`` to stop all work registered with ``guarding``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    def end(self) -> None:
        """Stop all registered work, and any work registered later."""
        with self._lock:
            self._ended = True
            ends = list(self._ends)
        for end in ends:
            end()

    @contextmanager
    def guarding(self, end: Callable[[], object]) -> Iterator[None]:
        """Call ``end`` if the request is cancelled during the block, or immediately if it was cancelled before."""
        with self._lock:
            self._ends.append(end)
            ended = self._ended
        try:
            if ended:
                end()
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


_ENDING: ContextVar[Ending | None] = ContextVar("ending", default=None)


def current_ending() -> Ending | None:
    """Return the cancellation handle of the current request, or None outside a request."""
    return _ENDING.get()


@contextmanager
def work_of_request(ending: Ending) -> Iterator[None]:
    """Make ``ending`` the current handle within the block, also in threads that inherit the block's context."""
    before = _ENDING.set(ending)
    try:
        yield
    finally:
        _ENDING.reset(before)


@contextmanager
def ended_with_request(end: Callable[[], object]) -> Iterator[None]:
    """Call ``end`` if the client of the current request disconnects during the block. No effect outside a request."""
    ending = _ENDING.get()
    with ending.guarding(end) if ending is not None else contextlib.nullcontext():
        yield
