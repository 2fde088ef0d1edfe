"""Consumer process: a Celery worker that writes one line for each broker message.

Start it with ``python -m azuraforge.runs.broker.consumer_child``. It is a separate process so that faults between
Celery and the broker do not affect runs: it can be killed and restarted at any time. It neither accesses the database
nor executes runs.

    standard input    one line of JSON with url and queues; then "+" to request a message, "?" to request a heartbeat
    standard output   "ready", then "<project> <run>" for each message and "." for each "?", one per line

It takes only requested messages, so that no message waits here while another worker has a free slot. It exits when
its input ends or the connection to the broker is lost.
"""

from __future__ import annotations

import os
import sys
import threading
from types import MethodType
from typing import Any

import orjson

from azuraforge.runs.broker import celery_app as broker

_READ_BYTES = 4096


def main() -> int:
    given = orjson.loads(_first_line())
    wanted = _Wanted()
    threading.Thread(target=wanted.read_input, daemon=True).start()
    app = broker.make_app(given["url"])
    app.task(name=broker.TASK, ignore_result=True)(wanted.take)
    app.steps["consumer"].add(_gate_of(wanted))
    worker = app.WorkController(
        pool="solo",  # each task only writes one line
        concurrency=1,
        queues=[broker.queue_name(queue) for queue in given["queues"]],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        ready_callback=lambda _: _say("ready"),
    )
    worker.start()
    return int(worker.exitcode or 0)


class _Wanted:
    """Number of requested messages that have not arrived yet. Only Celery's thread uses the count."""

    def __init__(self) -> None:
        self._count = 0
        self.waking, self._wake = os.pipe()

    def __bool__(self) -> bool:
        return self._count > 0

    def take(self, project_id: str, run_id: str) -> None:
        """Write the line for a message. Celery calls this method as its task."""
        self._count -= 1
        _say(f"{project_id} {run_id}")

    def hear(self) -> None:
        """Process the requests that ``read_input`` passed on. Called by Celery's event loop."""
        said = os.read(self.waking, _READ_BYTES)
        self._count += said.count(b"+")
        for _ in range(said.count(b"?")):
            _say(".")

    def read_input(self) -> None:
        """Pass standard input on to Celery's thread. Exit the process when the input ends, even if Celery hangs."""
        while said := os.read(0, _READ_BYTES):
            os.write(self._wake, said)
        os._exit(0)


def _gate_of(wanted: _Wanted) -> type:
    from celery import bootsteps
    from celery.worker.consumer.tasks import Tasks

    class Gate(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """Boot step that lets Celery read from Redis only while a message is requested."""

        requires = (Tasks,)

        def start(self, consumer: Any) -> None:
            qos = consumer.task_consumer.channel.qos
            may_consume = qos.can_consume
            qos.can_consume = MethodType(lambda _: bool(wanted) and may_consume(), qos)

        def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
            hub.add_reader(wanted.waking, wanted.hear)

    return Gate


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        line += byte
    return line


def _say(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode())
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
