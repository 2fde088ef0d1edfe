"""The doorbell: tells sleeping readers that a stream has grown. It carries no data and may be lost harmlessly."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable

StreamKey = tuple[str, str]


class Bell:
    """Rung from any thread, waited for in any event loop."""

    def __init__(self) -> None:
        # Re-entrant: a signal handler closes the bell on the thread that may just be holding it.
        self._lock = threading.RLock()
        self._waiting: dict[StreamKey, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)
        self._closed = False
        self._subscribers: list[Callable[[str, str], None]] = []

    def subscribe(self, subscriber: Callable[[str, str], None]) -> None:
        """Call ``subscriber`` with project and stream at each ring in this process; it must return at once."""
        self._subscribers.append(subscriber)

    def ring(self, project_id: str, stream: str) -> None:
        """Wake everyone who waits for ``stream``."""
        for subscriber in self._subscribers:
            subscriber(project_id, stream)
        with self._lock:
            waiting = list(self._waiting.get((project_id, stream), ()))
        self._wake(waiting)

    def ring_forget(self, key: str) -> None:
        """Tell other processes that what they remember by ``key`` is no longer so. Alone, there are none."""

    def ring_all(self) -> None:
        """Wake everyone: rings may have been lost."""
        with self._lock:
            waiting = [waiter for waiters in self._waiting.values() for waiter in waiters]
        self._wake(waiting)

    def close(self) -> None:
        """Wake everyone for good: streams end on shutdown."""
        with self._lock:
            self._closed = True
        self.ring_all()

    @property
    def patience_seconds(self) -> float:
        """How long a reader may sleep before it looks by itself: a lost ring costs time, never data."""
        return 10.0

    @property
    def closed(self) -> bool:
        return self._closed

    def listen(self, project_id: str, stream: str) -> Ear:
        """Start to listen; use as a context manager *before* reading, so that no ring falls between."""
        return Ear(self, (project_id, stream))

    @staticmethod
    def _wake(waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # that loop has closed; its reader is gone
                loop.call_soon_threadsafe(event.set)


class Ear:
    """One listener of one stream."""

    def __init__(self, bell: Bell, key: StreamKey) -> None:
        self._bell = bell
        self._key = key
        self._event = asyncio.Event()
        self._entry = (asyncio.get_running_loop(), self._event)

    def __enter__(self) -> Ear:
        with self._bell._lock:
            self._bell._waiting[self._key].add(self._entry)
        return self

    def __exit__(self, *_: object) -> None:
        with self._bell._lock:
            waiters = self._bell._waiting[self._key]
            waiters.discard(self._entry)
            if not waiters:
                del self._bell._waiting[self._key]

    async def wait(self, timeout_seconds: float) -> bool:
        """Sleep until rung; False after ``timeout_seconds`` of silence."""
        if self._bell.closed:
            return True
        try:
            await asyncio.wait_for(self._event.wait(), timeout_seconds)
        except TimeoutError:
            return False
        self._event.clear()
        return True
