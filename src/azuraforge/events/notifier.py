"""Notifications that a stream has grown. They carry no data, and a lost one costs time only."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable

StreamKey = tuple[str, str]


class Notifier:
    """Wakes readers: notified from any thread, waited for in any event loop."""

    def __init__(self) -> None:
        # Re-entrant: a signal handler closes the notifier on the thread that may just be holding it.
        self._lock = threading.RLock()
        self._waiting: dict[StreamKey, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)
        self._closed = False
        self._subscribers: list[Callable[[str, str], None]] = []

    def subscribe(self, subscriber: Callable[[str, str], None]) -> None:
        """Call ``subscriber`` with project and stream at each notification in this process; it must return at once."""
        self._subscribers.append(subscriber)

    def notify(self, project_id: str, stream: str) -> None:
        """Wake all readers that wait for ``stream``."""
        for subscriber in self._subscribers:
            subscriber(project_id, stream)
        with self._lock:
            waiting = list(self._waiting.get((project_id, stream), ()))
        self._wake(waiting)

    def notify_forget(self, key: str) -> None:
        """Make other processes drop what they cache under ``key``. In an embedded platform there are none."""

    def notify_all(self) -> None:
        """Wake all readers: notifications may have been lost."""
        with self._lock:
            waiting = [waiter for waiters in self._waiting.values() for waiter in waiters]
        self._wake(waiting)

    def close(self) -> None:
        """Wake all readers for good: streams end on shutdown."""
        with self._lock:
            self._closed = True
        self.notify_all()

    @property
    def patience_seconds(self) -> float:
        """Longest wait of a reader before it polls: a lost notification costs time, never data."""
        return 10.0

    @property
    def closed(self) -> bool:
        return self._closed

    def listen(self, project_id: str, stream: str) -> Subscription:
        """Start to listen; use as a context manager *before* reading, so that no notification is missed."""
        return Subscription(self, (project_id, stream))

    @staticmethod
    def _wake(waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # that loop has closed; its reader is gone
                loop.call_soon_threadsafe(event.set)


class Subscription:
    """One reader that waits for one stream."""

    def __init__(self, notifier: Notifier, key: StreamKey) -> None:
        self._notifier = notifier
        self._key = key
        self._event = asyncio.Event()
        self._entry = (asyncio.get_running_loop(), self._event)

    def __enter__(self) -> Subscription:
        with self._notifier._lock:
            self._notifier._waiting[self._key].add(self._entry)
        return self

    def __exit__(self, *_: object) -> None:
        with self._notifier._lock:
            waiters = self._notifier._waiting[self._key]
            waiters.discard(self._entry)
            if not waiters:
                del self._notifier._waiting[self._key]

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for a notification; False where none came within ``timeout_seconds``."""
        if self._notifier.closed:
            return True
        try:
            await asyncio.wait_for(self._event.wait(), timeout_seconds)
        except TimeoutError:
            return False
        self._event.clear()
        return True
