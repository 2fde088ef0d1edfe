"""Worker of the scaled platform: execution slots, and a consumer that requests one message for each free slot."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.runs.broker.consumer import Consumer
from azuraforge.runs.execution.slots import Slots
from azuraforge.runs.execution.standing import StandingRuns
from azuraforge.runs.execution.worker import Worker
from azuraforge.settings import Queue

#: Interval at which a worker looks for due runs without end.
LOOK_SECONDS = 1.0


class QueueWorker:
    """Executor of the runs of ``queues``, at most ``concurrency`` at a time, and of up to ``standing`` without end.

    A message wakes a slot, which claims the first due run of its queues and continues until no run is due. The
    database alone therefore determines order and fairness, and superfluous messages have no effect. Runs without end
    have no messages: the worker looks for them every ``LOOK_SECONDS``.
    """

    def __init__(
        self, worker: Worker, broker_url: str, queues: Sequence[Queue], concurrency: int, standing: int
    ) -> None:
        self._worker = worker
        self._standing = StandingRuns(worker, standing, LOOK_SECONDS)
        self._consumer = Consumer(broker_url, queues, lambda _project_id, _run_id: self._slots.call())
        self._slots = Slots(lambda: worker.run_one(queues=queues), self._consumer.want, concurrency)

    def start(self) -> None:
        """Start heartbeats, the execution of queued runs and follow-ups, and the receipt of messages."""
        self._worker.start()
        self._slots.start()
        self._standing.start()
        self._consumer.start()

    def stop(self) -> None:
        """Requeue the running runs and stop claiming runs."""
        self._worker.drain()  # first, so that an unresponsive broker cannot delay it
        self._standing.stop()
        self._consumer.stop()
        self._slots.stop()
