"""Supervisor of the consumer process: starts it when the broker is reachable and kills it when it hangs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from azuraforge.events.redis_notifier import answers, connect
from azuraforge.processes.launcher import PASSED_ON
from azuraforge.runs.broker import celery_app as broker
from azuraforge.settings import Queue
from azuraforge.telemetry import logger

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 2.0
_WATCH_SECONDS = 2.0
#: A consumer has hung if, for this long, it sends no heartbeat or takes no message although one is requested and waits.
_HANGS_SECONDS = 15.0

log = logger("runs")


class Consumer:
    """Receiver of broker messages, which takes one message for each call of ``want``.

    Args:
        url: address of the broker.
        queues: names of the queues to receive from.
        on_message: called with the project id and the run id, in a background thread; must return quickly.
        hangs_seconds: time without a heartbeat or a requested message after which the consumer process is killed.
    """

    def __init__(
        self,
        url: str,
        queues: Sequence[Queue],
        on_message: Callable[[str, str], None],
        *,
        hangs_seconds: float = _HANGS_SECONDS,
    ) -> None:
        self._url = url
        self._queues = queues
        self._on_message = on_message
        self._hangs_seconds = hangs_seconds
        self._lock = threading.Lock()
        self._wanted = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._lived_at = self._took_at = 0.0
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, name="consumer-keeper", daemon=True),
            threading.Thread(target=self._watch, name="consumer-watch", daemon=True),
        ]

    def start(self) -> None:
        """Start receiving messages as soon as the broker is reachable."""
        for thread in self._threads:
            thread.start()

    def want(self) -> None:
        """Request one more message."""
        with self._lock:
            self._wanted += 1
            self._write(b"+")

    def stop(self) -> None:
        """Stop receiving messages and end the consumer process."""
        self._stopping.set()
        self.end()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_WATCH_SECONDS + 5)

    def end(self) -> None:
        """Kill the consumer process; unless ``stop`` was called, a new one is started."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        away = False
        while not self._stopping.is_set():
            if not answers(self._url):
                if not away:
                    log.warning("broker_away", note="this worker waits for the broker; its running runs continue")
                away = True
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                continue
            if away:
                log.info("broker_back")
            away, pause = False, _FIRST_PAUSE_SECONDS
            started = time.monotonic()
            status = self._listen()
            if not self._stopping.is_set():
                log.warning("consumer_ended", status=status, after_seconds=round(time.monotonic() - started, 1))
                self._stopping.wait(_FIRST_PAUSE_SECONDS)

    def _listen(self) -> int:
        """Run one consumer process until it exits and return its exit status."""
        command = [sys.executable, "-P", "-m", "azuraforge.runs.broker.consumer_child"]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_variables(),
            bufsize=0,
            start_new_session=True,  # Ctrl-C must reach only this process, which then stops the child
        )
        assert process.stdout is not None
        with process:
            with self._lock:
                self._process = process
                self._lived_at = self._took_at = time.monotonic()
                # Sent over the pipe, since the URL may contain a password and every user can read command lines.
                self._write(orjson.dumps({"url": self._url, "queues": list(self._queues)}) + b"\n")
                self._write(b"+" * self._wanted)
                if self._stopping.is_set():
                    process.kill()
            for line in process.stdout:
                self._hear(line.decode().split())
            with self._lock:
                self._process = None
            process.kill()
        return process.returncode

    def _hear(self, words: list[str]) -> None:
        self._lived_at = time.monotonic()
        if len(words) != 2:
            return  # "ready" or a heartbeat
        with self._lock:
            self._took_at = self._lived_at
            self._wanted -= 1
        self._on_message(*words)

    def _watch(self) -> None:
        looked_at = time.monotonic()
        stuck_since: float | None = None
        with contextlib.closing(connect(self._url)) as client:
            while not self._stopping.wait(_WATCH_SECONDS):
                slept, looked_at = time.monotonic() - looked_at, time.monotonic()
                with self._lock:
                    running, wanted, took_at = self._process is not None, self._wanted, self._took_at
                    if (
                        slept > _WATCH_SECONDS + self._hangs_seconds / 2
                    ):  # this process was suspended itself; the child may be healthy
                        self._lived_at, stuck_since = looked_at, None
                    self._write(b"?")
                    silent_seconds = looked_at - self._lived_at
                if not (running and wanted and self._some_wait(client)) or (stuck_since and took_at > stuck_since):
                    stuck_since = None
                elif stuck_since is None:
                    stuck_since = looked_at
                if running and silent_seconds > self._hangs_seconds:
                    self._give_up("it gave no sign of life", silent_seconds)
                elif stuck_since is not None and looked_at - stuck_since > self._hangs_seconds:
                    self._give_up("it took no message though some wait", looked_at - stuck_since)
                    stuck_since = None

    def _some_wait(self, client: Any) -> bool:
        try:
            return any(client.llen(broker.queue_name(queue)) for queue in self._queues)
        except Exception:  # the broker is unavailable, which is not the consumer's fault
            return False

    def _give_up(self, reason: str, seconds: float) -> None:
        log.error("consumer_hangs", reason=reason, for_seconds=round(seconds, 1))
        self.end()

    def _write(self, said: bytes) -> None:
        """Write to the consumer process. The caller must hold the lock."""
        if self._process is not None and self._process.stdin is not None and said:
            with contextlib.suppress(OSError):  # the process has just ended; the next one receives the request
                self._process.stdin.write(said)


def _variables() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}
