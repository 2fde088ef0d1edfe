"""Runs that reach their workers through Celery, on a real Valkey: messages come and go, the row decides."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil
import pytest

from azuraforge.events.redis_notifier import RedisNotifier
from azuraforge.events.service import EventLog
from azuraforge.runs.broker import celery_app as broker
from azuraforge.runs.broker import dispatcher
from azuraforge.runs.broker.dispatch import CeleryDispatch
from azuraforge.runs.broker.dispatcher import Dispatcher
from azuraforge.runs.broker.worker import QueueWorker
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import RunService
from azuraforge.settings import QUEUES
from tests.process_checks import words_of


class Carried:
    """What an API process and a scheduler process hold, and workers as they come."""

    def __init__(self, stand, url: str) -> None:
        self.stand = stand
        self.url = url
        self.notifier = RedisNotifier(url)
        self.dispatch = CeleryDispatch(url, self.notifier)
        self.events = EventLog(stand.database, self.notifier)
        self.service = RunService(
            stand.database, self.events, [stand.handler], stand.artifacts, self.dispatch, stand.settings
        )
        self.dispatcher = Dispatcher(stand.database, self.dispatch, url, [stand.handler.kind])
        self._ends: list[Callable[[], None]] = [self.dispatch.stop, self.notifier.stop, self.dispatcher.close]
        self.notifier.start()
        self.dispatch.start()

    def work(self, concurrency: int = 1, queues=QUEUES, standing: int = 1) -> QueueWorker:
        worker = self.stand.new_worker()
        notifier = RedisNotifier(self.url, on_cancel=lambda _project_id, run_id: worker.notice_cancel(run_id))
        carrying = QueueWorker(worker, self.url, queues, concurrency, standing)
        notifier.start()
        carrying.start()
        self._ends[:0] = [carrying.stop, notifier.stop]
        return carrying

    def create(self, *, plugin: str | None = None, **config):
        return self.service.create(self.stand.project_id, RunRequest(config=config, plugin=plugin), "someone")

    def wait(self, run_id: str, until=None, seconds: float = 120):
        """Poll the run, and dispatch as schedulers do."""
        holds = until or (lambda run: run.state in ("succeeded", "failed", "cancelled", "quarantined"))
        deadline = time.monotonic() + seconds
        while not holds(run := self.stand.get(run_id)):
            assert time.monotonic() < deadline, f"still {run.state}: {run}"
            self.dispatcher.dispatch()
            time.sleep(0.05)
        return run

    def close(self) -> None:
        for end in self._ends:
            end()


@pytest.fixture
def make_carried(make_stand, valkey) -> Iterator[Callable[..., Carried]]:
    made: list[Carried] = []

    def make(**runs) -> Carried:
        made.append(Carried(make_stand(start=False, **runs), valkey.url))
        return made[-1]

    yield make
    for each in made:
        each.close()


def waiting(valkey, queue: str = "cpu") -> int:
    with valkey.client() as client:
        return client.llen(broker.queue_name(queue))


def until(holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def listening(count: int = 1) -> list[psutil.Process]:
    """The consumers, once each of them has asked Redis."""
    found: list[psutil.Process] = []

    def all_listen() -> bool:
        found[:] = [each for each in psutil.Process().children() if _listens(each)]
        return len(found) == count

    until(all_listen, "no consumer listens")
    return found


def _listens(process: psutil.Process) -> bool:
    try:
        return "azuraforge.runs.broker.consumer_child" in words_of(process) and process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


def test_a_run_starts_without_a_dispatcher_and_all_its_messages_are_used_up(make_carried, valkey):
    carried = make_carried()
    carried.work(concurrency=2)
    runs = [carried.create(steps=3, number=number) for number in range(5)]
    for run in runs:
        assert carried.stand.wait(run.id).state == "succeeded"
    until(lambda: waiting(valkey) == 0, "messages that nobody takes")
    assert all(len(carried.stand.get(run.id).attempts) == 1 for run in runs)


def test_messages_may_be_doubled_for_nothing(make_carried, valkey):
    carried = make_carried()
    run = carried.create(steps=20, pause=0.01)
    for _ in range(20):
        carried.dispatch.submitted(carried.stand.project_id, run.id, "cpu")
        carried.dispatch.submitted("nobody", "nothing", "cpu")
    until(lambda: waiting(valkey) == 41, "not everything was sent")
    carried.work(concurrency=2)
    carried.work(concurrency=1)
    assert len(carried.stand.wait(run.id).attempts) == 1
    until(lambda: waiting(valkey) == 0, "messages that nobody takes")
    assert len(carried.stand.get(run.id).attempts) == 1


def test_a_message_that_dies_with_its_consumer_is_sent_again(make_carried, valkey):
    carried = make_carried()
    worker = carried.work()
    (consumer,) = listening()
    carried.stand.wait(carried.create(steps=1).id)
    until(lambda: worker._consumer._wanted == 1, "its slot does not sleep")
    consumer.send_signal(signal.SIGSTOP)
    run = carried.create(steps=1, number=2)
    time.sleep(1)
    with valkey.client() as client:  # where Redis had not handed it over yet
        client.flushall()
    consumer.kill()
    listening()
    time.sleep(0.5)
    assert carried.stand.get(run.id).state == "queued", "nobody told"
    assert carried.wait(run.id).state == "succeeded"


def test_runs_that_wait_for_long_cost_no_more_messages(make_carried, valkey, monkeypatch):
    monkeypatch.setattr(dispatcher, "MOST_WAITING", 10)
    monkeypatch.setattr(dispatcher, "AGAIN_SECONDS", 3600.0)
    carried = make_carried()
    runs = [carried.create(number=number) for number in range(15)]
    until(lambda: waiting(valkey) == len(runs), "nothing was sent")
    assert carried.dispatcher.dispatch() == 0, "each has its message"
    with valkey.client() as client:
        client.flushall()
    assert carried.dispatcher.dispatch() == 10
    until(lambda: waiting(valkey) == 10, "nothing was sent again")
    other = Dispatcher(carried.stand.database, carried.dispatch, carried.url, [carried.stand.handler.kind])
    assert [carried.dispatcher.dispatch(), other.dispatch()] == [0, 0]
    with valkey.client() as client:
        client.ltrim(broker.queue_name("cpu"), 0, 5)
    assert other.dispatch() == 4, "as many as are missing"
    until(lambda: waiting(valkey) == 10, "nothing was sent again")
    with valkey.client() as client:
        client.flushall()
    assert carried.dispatcher.dispatch() == 0, "they may be on their way"
    monkeypatch.setattr(dispatcher, "AGAIN_SECONDS", 0.0)
    assert carried.dispatcher.dispatch() == 10
    other.close()


def test_a_run_goes_to_the_queue_of_its_plugin_or_kind(make_carried, valkey):
    carried = make_carried(queues={"my.net": "gpu", "train": "io"})
    gpu, io = carried.create(plugin="my.net", steps=1), carried.create(steps=1)
    until(lambda: [waiting(valkey, name) for name in ("cpu", "gpu", "io")] == [0, 1, 1], "other queues were meant")
    carried.work(queues=["io"])
    assert carried.wait(io.id).state == "succeeded"
    # A message in the wrong queue makes nobody take what is not for it.
    carried.dispatch.submitted(carried.stand.project_id, gpu.id, "io")
    until(lambda: waiting(valkey, "io") == 0, "nobody took it")
    time.sleep(0.3)
    assert carried.stand.get(gpu.id).state == "queued"
    carried.work(queues=["gpu", "cpu"])
    assert carried.wait(gpu.id).state == "succeeded"


def test_a_cancellation_reaches_the_worker_by_the_bell(make_carried):
    # A beat would tell after an hour.
    carried = make_carried(beat_seconds=3600.0, lease_seconds=4 * 3600.0)
    worker = carried.work()
    run = carried.create(steps=2000, pause=0.02)
    carried.stand.wait(run.id, lambda run: run.progress.done > 3)
    carried.service.cancel(carried.stand.project_id, run.id)
    assert carried.stand.wait(run.id).state == "cancelled"
    worker._worker._stopping.set()


def test_a_drained_worker_puts_its_run_back_and_another_goes_on(make_carried):
    carried = make_carried()
    first = carried.work()
    run = carried.create(steps=300, every=10, pause=0.02)
    carried.stand.wait(run.id, lambda run: run.progress.done > 25)
    first.stop()
    assert carried.stand.get(run.id).state == "queued"
    carried.work()
    run = carried.wait(run.id)
    assert [attempt.ended_as for attempt in run.attempts] == ["drained", "succeeded"]
    assert run.attempts[1].resumed_from_step >= 20


def test_runs_that_come_while_the_broker_is_away_start_when_it_is_back(make_carried, valkey):
    carried = make_carried()
    carried.work()
    listening()
    valkey.kill()
    runs = [carried.create(steps=2, number=number) for number in range(3)]
    assert carried.dispatcher.dispatch() == 0
    assert {carried.stand.get(run.id).state for run in runs} == {"queued"}
    valkey.start()
    for run in runs:
        run = carried.wait(run.id)
        assert (run.state, len(run.attempts)) == ("succeeded", 1)


def test_a_run_without_end_starts_without_a_message_and_takes_no_slot(make_carried, valkey, monkeypatch):
    carried = make_carried()
    prepare = carried.stand.handler.prepare

    def endless(project_id, request):
        return replace(prepare(project_id, request), standing=request.plugin == "endless")

    monkeypatch.setattr(carried.stand.handler, "prepare", endless)
    carried.work(concurrency=1, standing=1)
    run = carried.create(plugin="endless", phases=["hang"])
    carried.stand.wait(run.id, lambda run: run.state == "running")
    assert waiting(valkey, "standing") == 0
    assert carried.wait(carried.create(steps=1).id).state == "succeeded"
    carried.service.cancel(carried.stand.project_id, run.id)
    assert carried.wait(run.id).state == "cancelled"
