"""Notifications that a stream has new events. They contain no data; if one is lost, readers are only delayed."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable

StreamKey = tuple[str, str]


class Notifier:
    """Notifier of readers in this process. Any thread may notify; readers wait in any event loop."""

    def __init__(self) -> None:
        # Re-entrant, since a signal handler may close the notifier in the thread that holds the lock.
        self._lock = threading.RLock()
        self._waiting: dict[StreamKey, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)
        self._closed = False
        self._subscribers: list[Callable[[str, str], None]] = []

    def subscribe(self, subscriber: Callable[[str, str], None]) -> None:
        """Call ``subscriber`` with project id and stream at each notification of this process.

        It must return immediately.
        """
        self._subscribers.append(subscriber)

    def notify(self, project_id: str, stream: str) -> None:
        """Wake all readers that wait for ``stream``."""
        for subscriber in self._subscribers:
            subscriber(project_id, stream)
        with self._lock:
            waiting = list(self._waiting.get((project_id, stream), ()))
        self._wake(waiting)

    def notify_forget(self, key: str) -> None:
        """Make other processes drop their cache entry ``key``. Does nothing here: there are no other processes."""

    def notify_all(self) -> None:
        """Wake all readers, because notifications may have been lost."""
        with self._lock:
            waiting = [waiter for waiters in self._waiting.values() for waiter in waiters]
        self._wake(waiting)

    def close(self) -> None:
        """Wake all readers and end their streams, because the process shuts down."""
        with self._lock:
            self._closed = True
        self.notify_all()

    @property
    def patience_seconds(self) -> float:
        """Maximum wait of a reader before it reads the database without a notification."""
        return 10.0

    @property
    def closed(self) -> bool:
        return self._closed

    def listen(self, project_id: str, stream: str) -> Subscription:
        """Return a subscription to a stream. Enter its context *before* reading, so that no notification is missed."""
        return Subscription(self, (project_id, stream))

    @staticmethod
    def _wake(waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # the loop is closed, so its reader has ended
                loop.call_soon_threadsafe(event.set)


class Subscription:
    """Subscription of one reader to one stream."""

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
        """Wait for a notification; return False if none arrives within ``timeout_seconds``.

        If the notifier is closed, return True immediately.
        """
        if self._notifier.closed:
            return True
        try:
            await asyncio.wait_for(self._event.wait(), timeout_seconds)
        except TimeoutError:
            return False
        self._event.clear()
        return True
