"""Notifications between processes over Redis or Valkey Pub/Sub. They contain no data, which is in the database.

While Redis is unavailable, notifications are lost, but no data. Senders never wait for Redis. Readers poll the database
meanwhile, and read it immediately when Redis is available again.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from azuraforge.events.notifier import Notifier
from azuraforge.telemetry import logger

_CHANNELS = {
    "stream": "azuraforge:notifier:stream",
    "cancel": "azuraforge:notifier:cancel",
    "forget": "azuraforge:notifier:forget",
}
_CONNECT_SECONDS, _SOCKET_SECONDS, _HEALTH_SECONDS = 2.0, 5.0, 5
_BATCH = 1000
#: Maximum number of unsent notifications. If Redis hangs, further ones are dropped and all readers are woken later.
_MOST_WAITING = 20_000
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 1.0
_DISCONNECTED_PATIENCE_SECONDS = 1.0

if TYPE_CHECKING:  # the extra `scaled`
    from redis import Redis

log = logger("events")

OnCancel = Callable[[str, str], None]
#: Called with a cache key, or with None if any key may have changed.
OnForget = Callable[[str | None], None]


class RedisNotifier(Notifier):
    """Notifier that also sends notifications to other processes and receives theirs.

    Args:
        url: address of Redis or Valkey, such as ``redis://127.0.0.1:6379/0``.
        streams: whether to receive notifications about streams, which processes with live readers need.
        on_cancel: called with the project id and the run id when a process requests that a running run stop. It is
            called in a background thread and must return quickly.
        on_forget: called with the cache key from another process, or with None if such a notification may have been
            lost. It is called in a background thread too.
    """

    def __init__(
        self,
        url: str,
        *,
        streams: bool = False,
        on_cancel: OnCancel | None = None,
        on_forget: OnForget | None = None,
    ) -> None:
        super().__init__()
        self._url = url
        self._origin = secrets.token_hex(4)
        self._on_cancel = on_cancel
        self._on_forget = on_forget
        wanted = {"stream": streams, "cancel": on_cancel is not None, "forget": on_forget is not None}
        self._channels = [_CHANNELS[kind] for kind, is_wanted in wanted.items() if is_wanted]
        self._unsent: queue.SimpleQueue[tuple[str, str, str] | None] = queue.SimpleQueue()
        self._missed = False
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, name="notifier-sender", daemon=True)]
        self._disconnected = bool(self._channels)
        if self._channels:
            self._threads.append(threading.Thread(target=self._listen, name="notifier-listener", daemon=True))

    @property
    def patience_seconds(self) -> float:
        """Maximum wait of a reader before it reads the database; shorter while Redis is unavailable."""
        return _DISCONNECTED_PATIENCE_SECONDS if self._disconnected else super().patience_seconds

    @property
    def disconnected(self) -> bool:
        """Return whether notifications of other processes cannot be received now."""
        return self._disconnected

    def start(self) -> None:
        """Start the threads that send and receive notifications."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send the remaining notifications and end the threads, waiting a few seconds at most."""
        self._stopping.set()
        self._unsent.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_SOCKET_SECONDS)

    def notify(self, project_id: str, stream: str) -> None:
        """Wake the readers of this process immediately and notify other processes."""
        super().notify(project_id, stream)
        self._put("stream", project_id, stream)

    def notify_cancel(self, project_id: str, run_id: str) -> None:
        """Notify workers that cancellation of a running run was requested."""
        self._put("cancel", project_id, run_id)

    def notify_forget(self, key: str) -> None:
        """Make other processes drop their cache entry ``key``."""
        self._put("forget", key, "")

    def _put(self, kind: str, project_id: str, name: str) -> None:
        if self._unsent.qsize() < _MOST_WAITING:
            self._unsent.put((kind, project_id, name))
        else:
            self._missed = True

    def _send(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        with contextlib.closing(connect(self._url)) as client:
            while (batch := self._gather(pause if self._missed else None)) is not None:
                try:
                    pipe = client.pipeline(transaction=False)
                    if self._missed:
                        for kind in ("stream", "forget"):
                            pipe.publish(_CHANNELS[kind], orjson.dumps([self._origin]))
                    for kind, *names in batch:
                        pipe.publish(_CHANNELS[kind], orjson.dumps([self._origin, *names]))
                    pipe.execute()
                    if pause > _FIRST_PAUSE_SECONDS:
                        log.info("notifier_sends_again")
                    self._missed, pause = False, _FIRST_PAUSE_SECONDS
                except Exception as error:  # any error of Redis: readers poll meanwhile
                    if pause == _FIRST_PAUSE_SECONDS:
                        log.warning("notifier_cannot_send", reason=str(error))
                    self._missed = True
                    pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                    if self._stopping.wait(pause):
                        return

    def _gather(self, timeout_seconds: float | None) -> list[tuple[str, str, str]] | None:
        """Return the unsent notifications, in order and without duplicates; None if the notifier was stopped."""
        batch: dict[tuple[str, str, str], None] = {}
        with contextlib.suppress(queue.Empty):
            unsent = self._unsent.get(timeout=timeout_seconds)
            while unsent is not None:
                batch[unsent] = None
                if len(batch) == _BATCH:
                    break
                unsent = self._unsent.get_nowait()
            else:
                if not batch:
                    return None
                self._unsent.put(None)  # stop after this batch
        return list(batch)

    def _listen(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                with (
                    contextlib.closing(connect(self._url)) as client,
                    contextlib.closing(client.pubsub()) as channels,  # type: ignore[no-untyped-call]  # untyped in redis
                ):
                    channels.subscribe(*self._channels)
                    while not self._stopping.is_set():
                        message = channels.get_message(timeout=0.5)
                        if message is not None:
                            self._receive(message)
                            pause = _FIRST_PAUSE_SECONDS
            except Exception as error:
                if not self._disconnected or pause == _FIRST_PAUSE_SECONDS:
                    log.warning("notifier_cannot_receive", reason=str(error))
                self._disconnected = True
                self.notify_all()  # readers read now and then poll at the shorter interval
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _receive(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "subscribe":  # also after a reconnection; earlier notifications may be lost
            if self._disconnected:
                log.info("notifier_receives")
            self._disconnected = False
            self.notify_all()
            self._forget(None)
            return
        if message["type"] != "message":
            return
        origin, *names = orjson.loads(message["data"])
        if message["channel"].decode() == _CHANNELS["cancel"]:
            if self._on_cancel is not None:
                self._on_cancel(*names)
        elif origin == self._origin:
            return  # sent by this process
        elif message["channel"].decode() == _CHANNELS["forget"]:
            self._forget(names[0] if names else None)
        elif names:
            super().notify(names[0], names[1])
        else:
            self.notify_all()

    def _forget(self, key: str | None) -> None:
        if self._on_forget is not None:
            self._on_forget(key)


def connect(url: str) -> Redis:
    """Return a client with short timeouts. It connects when it sends its first command."""
    import redis  # from the extra `scaled`, which the embedded platform does not need
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_SOCKET_SECONDS,
        socket_keepalive=True,
        health_check_interval=_HEALTH_SECONDS,
        retry=Retry(NoBackoff(), 0),  # the caller decides when to retry
    )


def answers(url: str) -> bool:
    """Return whether Redis or Valkey is reachable and accepts the credentials in ``url``."""
    import redis

    started = time.monotonic()
    try:
        with contextlib.closing(connect(url)) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        log.debug("broker_does_not_answer", reason=str(error), after_seconds=round(time.monotonic() - started, 2))
        return False
    return True
