"""The end of a request's work when its client leaves."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Ending:
    """The end of a request's work, from another thread: what it started is ended when the client leaves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    def end(self) -> None:
        """End all guarded work, and any that is guarded later."""
        with self._lock:
            self._ended = True
            ends = list(self._ends)
        for end in ends:
            end()

    @contextmanager
    def guarding(self, end: Callable[[], object]) -> Iterator[None]:
        """Call ``end`` if the request ends within the block; at once if it has ended already."""
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
    """Return the ending of the request whose work this is; None outside a request."""
    return _ENDING.get()


@contextmanager
def work_of_request(ending: Ending) -> Iterator[None]:
    """Attribute work in the block, also in threads that inherit its context, to the request of ``ending``."""
    before = _ENDING.set(ending)
    try:
        yield
    finally:
        _ENDING.reset(before)


@contextmanager
def ended_with_request(end: Callable[[], object]) -> Iterator[None]:
    """Call ``end`` if the client of the current request leaves within the block. Outside a request: no effect."""
    ending = _ENDING.get()
    with ending.guarding(end) if ending is not None else contextlib.nullcontext():
        yield
