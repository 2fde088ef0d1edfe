"""Celery brings two ids, and nothing else, to whoever wants one; it may be killed, doubled, lost, and may hang."""

from __future__ import annotations

import base64
import json
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from azuraforge.events.redis_notifier import RedisNotifier
from azuraforge.runs.broker import celery_app as broker
from azuraforge.runs.broker.consumer import Consumer
from azuraforge.runs.broker.dispatch import CeleryDispatch
from tests.process_checks import words_of


class Listening:
    """A consumer, and what it brought."""

    def __init__(self, url: str, **how) -> None:
        self.brought: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        queues = how.pop("queues", ["cpu"])
        self.consumer = Consumer(url, queues, lambda *ids: self.brought.put(ids), **how)
        self.consumer.start()

    def next(self, seconds: float = 30) -> tuple[str, str]:
        return self.brought.get(timeout=seconds)

    def is_silent(self, seconds: float = 1.0) -> bool:
        try:
            self.brought.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def child(self) -> psutil.Process:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for process in psutil.Process().children():
                if "azuraforge.runs.broker.consumer_child" in words_of(process):
                    return process
            time.sleep(0.05)
        raise AssertionError("no consumer was started")


@pytest.fixture
def listen(valkey) -> Iterator[Callable[..., Listening]]:
    made: list[Listening] = []

    def make(**how) -> Listening:
        made.append(Listening(valkey.url, **how))
        return made[-1]

    yield make
    for each in made:
        each.consumer.stop()


@pytest.fixture
def dispatch(valkey) -> Iterator[CeleryDispatch]:
    notifier = RedisNotifier(valkey.url)
    made = CeleryDispatch(valkey.url, notifier)
    made.start()
    yield made
    made.stop()


def waiting(valkey, name: str = "cpu") -> int:
    with valkey.client() as client:
        return client.llen(broker.queue_name(name))


def until(holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_message_holds_two_ids_in_json_and_nothing_else(valkey, dispatch):
    dispatch.submitted("project", "run", "gpu")
    until(lambda: waiting(valkey, "gpu") == 1, "nothing was sent")
    with valkey.client() as client:
        message = json.loads(client.lindex(broker.queue_name("gpu"), 0))
    assert message["content-type"] == "application/json"
    args, kwargs, embedded = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs, set(embedded.values())) == (["project", "run"], {}, {None})
    assert message["headers"]["eta"] is None
    assert message["headers"]["ignore_result"] is True


def test_no_message_is_taken_that_nobody_wants(valkey, dispatch, listen):
    busy, free = listen(), listen()
    for name in ("a", "b", "c"):
        dispatch.submitted("p", name, "cpu")
    until(lambda: waiting(valkey) == 3, "nothing was sent")
    assert busy.is_silent()
    free.consumer.want()
    assert free.next() == ("p", "a")
    assert free.is_silent(), "it wanted one"
    free.consumer.want()
    free.consumer.want()
    assert [free.next(), free.next()] == [("p", "b"), ("p", "c")]
    assert busy.is_silent(0.1)
    free.consumer.want()
    assert free.is_silent(0.1)
    dispatch.submitted("p", "d", "cpu")
    assert free.next() == ("p", "d"), "it also waits for what comes later"


def test_only_its_queues_are_heard(valkey, dispatch, listen):
    listening = listen(queues=["gpu", "io"])
    for _ in range(3):
        listening.consumer.want()
    for name in ("cpu", "io", "gpu"):
        dispatch.submitted("p", name, name)
    assert {listening.next(), listening.next()} == {("p", "io"), ("p", "gpu")}
    assert listening.is_silent()
    assert waiting(valkey, "cpu") == 1


def test_a_killed_consumer_is_started_again_and_still_wants_what_it_wanted(valkey, dispatch, listen):
    listening = listen()
    listening.consumer.want()
    killed = listening.child()
    killed.kill()
    dispatch.submitted("p", "a", "cpu")
    assert listening.next() == ("p", "a")
    assert listening.child().pid != killed.pid
    assert listening.is_silent(), "it wanted one"


def test_a_broker_that_comes_later_or_comes_back_is_found(valkey, listen):
    valkey.kill()
    notifier = RedisNotifier(valkey.url)
    dispatch = CeleryDispatch(valkey.url, notifier)
    dispatch.start()
    listening = listen(hangs_seconds=3600.0)  # nobody may need to be replaced for this
    listening.consumer.want()
    listening.consumer.want()
    dispatch.submitted("p", "lost", "cpu")  # forgotten: the row is the truth, a dispatcher sends it again
    time.sleep(1.5)
    for round_ in ("first", "second"):
        valkey.start()
        sent = 0

        def brought(round_: str = round_) -> bool:
            dispatch.submitted("p", round_, "cpu")
            return not listening.is_silent(0.2)

        until(brought, f"nothing came in the {round_} life of the broker ({sent})")
        valkey.kill()
    dispatch.stop()


def test_a_consumer_that_hangs_is_replaced(valkey, dispatch, listen):
    listening = listen(hangs_seconds=3.0)
    listening.consumer.want()
    stuck = listening.child()
    until(lambda: stuck.num_threads() > 1, "it never began")
    dispatch.submitted("p", "a", "cpu")
    assert listening.next() == ("p", "a"), "it works"
    os.kill(stuck.pid, signal.SIGSTOP)
    listening.consumer.want()
    dispatch.submitted("p", "b", "cpu")
    assert listening.next() == ("p", "b")
    assert listening.child().pid != stuck.pid


def test_a_consumer_that_lives_but_takes_nothing_is_replaced(valkey, dispatch, listen, tmp_path, monkeypatch):
    """Its loop turns and answers, but it no longer asks Redis: what older versions of kombu did."""
    marker = tmp_path / "deaf-once"
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        f"marker = {str(marker)!r}\n"
        "if 'azuraforge.runs.broker.consumer_child' in ' '.join(sys.orig_argv) and not os.path.exists(marker):\n"
        "    open(marker, 'w').close()\n"
        "    from kombu.transport.redis import MultiChannelPoller\n"
        "    MultiChannelPoller._register_BRPOP = lambda self, channel: None\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    listening = listen(hangs_seconds=3.0)
    listening.consumer.want()
    deaf = listening.child()
    dispatch.submitted("p", "a", "cpu")
    assert listening.next() == ("p", "a")
    assert marker.exists()
    assert listening.child().pid != deaf.pid


def test_the_consumer_ends_with_the_process_that_started_it(listen):
    listening = listen()
    child = listening.child()
    process = listening.consumer._process
    process.stdin.close()
    child.wait(120)
