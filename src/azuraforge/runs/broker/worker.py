"""Worker of the scaled platform: slots, and a consumer that requests one message for each free slot."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.runs.broker.consumer import Consumer
from azuraforge.runs.execution.slots import Slots
from azuraforge.runs.execution.worker import Worker
from azuraforge.settings import Queue


class QueueWorker:
    """Executes runs of ``queues``, at most ``concurrency`` at once.

    A message wakes a slot, which takes whatever is due first in its queues, and goes on until nothing is. So the
    database alone decides on order and fairness, and a message too many finds nothing to do.
    """

    def __init__(self, worker: Worker, broker_url: str, queues: Sequence[Queue], concurrency: int) -> None:
        self._worker = worker
        self._consumer = Consumer(broker_url, queues, lambda _project_id, _run_id: self._slots.call())
        self._slots = Slots(lambda: worker.run_one(queues=queues), self._consumer.want, concurrency)

    def start(self) -> None:
        """Look for queued runs, then listen to the broker."""
        self._worker.start()
        self._slots.start()
        self._consumer.start()

    def stop(self) -> None:
        """Requeue running runs at once and take no more."""
        self._worker.drain()  # first: a broker that hangs must not delay it
        self._consumer.stop()
        self._slots.stop()
