"""The doorbell between processes, over Redis or Valkey Pub/Sub. It only rings: what happened stands in the database.

Rings are lost when Redis is away, and that is all that is lost. Who rings never waits for Redis; who listens looks
by itself meanwhile, and looks at once when Redis is back.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson

from azuraforge.events.bell import Bell
from azuraforge.telemetry import logger

_CHANNELS = {
    "stream": "azuraforge:bell:stream",
    "cancel": "azuraforge:bell:cancel",
    "forget": "azuraforge:bell:forget",
}
_CONNECT_SECONDS, _SOCKET_SECONDS, _HEALTH_SECONDS = 2.0, 5.0, 5
_BATCH = 1000
#: More rings than this waiting means that Redis hangs; they are forgotten, and everyone is woken later.
_MOST_WAITING = 20_000
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 1.0
_DEAF_PATIENCE_SECONDS = 1.0

log = logger("events")

CancelHeard = Callable[[str, str], None]
#: Called with a key, or with None: with whichever.
ForgetHeard = Callable[[str | None], None]


class RedisBell(Bell):
    """A bell that also rings, and is rung from, other processes.

    Args:
        url: of Redis or Valkey, such as ``redis://127.0.0.1:6379/0``.
        streams: hear the rings of other processes; for those with live readers.
        on_cancel: called with (project, run) when a running run is asked to stop, by whatever process; from a
            thread of the bell's own, it must be quick.
        on_forget: called with what another process said is to be forgotten, and with None where such a ring may
            have been lost; likewise from a thread of the bell's own.
    """

    def __init__(
        self,
        url: str,
        *,
        streams: bool = False,
        on_cancel: CancelHeard | None = None,
        on_forget: ForgetHeard | None = None,
    ) -> None:
        super().__init__()
        self._url = url
        self._origin = secrets.token_hex(4)
        self._on_cancel = on_cancel
        self._on_forget = on_forget
        wanted = {"stream": streams, "cancel": on_cancel is not None, "forget": on_forget is not None}
        self._hears = [_CHANNELS[kind] for kind, heard in wanted.items() if heard]
        self._rings: queue.SimpleQueue[tuple[str, str, str] | None] = queue.SimpleQueue()
        self._missed = False
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._tell, name="bell-ringer", daemon=True)]
        self._deaf = bool(self._hears)
        if self._hears:
            self._threads.append(threading.Thread(target=self._hear, name="bell-listener", daemon=True))

    @property
    def patience_seconds(self) -> float:
        """Shorter while other processes cannot be heard."""
        return _DEAF_PATIENCE_SECONDS if self._deaf else super().patience_seconds

    @property
    def deaf(self) -> bool:
        """Whether rings of other processes cannot be heard now."""
        return self._deaf

    def start(self) -> None:
        """Begin to ring and to listen."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send what was rung, for a moment at most, and end."""
        self._stopping.set()
        self._rings.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_SOCKET_SECONDS)

    def ring(self, project_id: str, stream: str) -> None:
        """Wake the readers of this process at once and tell the others."""
        super().ring(project_id, stream)
        self._put("stream", project_id, stream)

    def ring_cancel(self, project_id: str, run_id: str) -> None:
        """Tell the workers that a running run was asked to stop."""
        self._put("cancel", project_id, run_id)

    def ring_forget(self, key: str) -> None:
        """Tell the other processes that what they remember by ``key`` is no longer so."""
        self._put("forget", key, "")

    def _put(self, kind: str, project_id: str, name: str) -> None:
        if self._rings.qsize() < _MOST_WAITING:
            self._rings.put((kind, project_id, name))
        else:
            self._missed = True

    def _tell(self) -> None:
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
                        log.info("bell_rings_again")
                    self._missed, pause = False, _FIRST_PAUSE_SECONDS
                except Exception as error:  # whatever Redis says: readers look by themselves
                    if pause == _FIRST_PAUSE_SECONDS:
                        log.warning("bell_cannot_ring", reason=str(error))
                    self._missed = True
                    pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                    if self._stopping.wait(pause):
                        return

    def _gather(self, timeout_seconds: float | None) -> list[tuple[str, str, str]] | None:
        """Whatever was rung since, each once and in order; None at the end."""
        batch: dict[tuple[str, str, str], None] = {}
        with contextlib.suppress(queue.Empty):
            ring = self._rings.get(timeout=timeout_seconds)
            while ring is not None:
                batch[ring] = None
                if len(batch) == _BATCH:
                    break
                ring = self._rings.get_nowait()
            else:
                if not batch:
                    return None
                self._rings.put(None)  # these first
        return list(batch)

    def _hear(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                with contextlib.closing(connect(self._url)) as client, contextlib.closing(client.pubsub()) as ears:
                    ears.subscribe(*self._hears)
                    while not self._stopping.is_set():
                        message = ears.get_message(timeout=0.5)
                        if message is not None:
                            self._heard(message)
                            pause = _FIRST_PAUSE_SECONDS
            except Exception as error:
                if not self._deaf or pause == _FIRST_PAUSE_SECONDS:
                    log.warning("bell_cannot_hear", reason=str(error))
                self._deaf = True
                self.ring_all()  # so that readers look now, and then at the shorter pace
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _heard(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":  # also after a reconnection: rings may have been lost before it
            if self._deaf:
                log.info("bell_hears")
            self._deaf = False
            self.ring_all()
            self._forget(None)
            return
        if message["type"] != "message":
            return
        origin, *names = orjson.loads(message["data"])
        if message["channel"].decode() == _CHANNELS["cancel"]:
            if self._on_cancel is not None:
                self._on_cancel(*names)
        elif origin == self._origin:
            return  # rung here already
        elif message["channel"].decode() == _CHANNELS["forget"]:
            self._forget(names[0] if names else None)
        elif names:
            super().ring(names[0], names[1])
        else:
            self.ring_all()

    def _forget(self, key: str | None) -> None:
        if self._on_forget is not None:
            self._on_forget(key)


def connect(url: str) -> Any:
    """A client that never waits long. Connects with its first command."""
    import redis  # the extra `scaled`; the embedded platform does without
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_SOCKET_SECONDS,
        socket_keepalive=True,
        health_check_interval=_HEALTH_SECONDS,
        retry=Retry(NoBackoff(), 0),  # who calls decides when to try again
    )


def answers(url: str) -> bool:
    """Whether Redis or Valkey is there and takes this login."""
    import redis

    started = time.monotonic()
    try:
        with contextlib.closing(connect(url)) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        log.debug("broker_does_not_answer", reason=str(error), after_seconds=round(time.monotonic() - started, 2))
        return False
    return True
