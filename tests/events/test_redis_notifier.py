"""The notifier between processes: rung here, heard there; Redis may go, and nothing but time is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from azuraforge.events.notifier import Notifier
from azuraforge.events.redis_notifier import RedisNotifier, answers
from azuraforge.events.service import EventLog
from tests.events.ticking import Tick
from tests.process_checks import Patience


@pytest.fixture
def make_notifier(valkey) -> Iterator[Callable[..., RedisNotifier]]:
    made: list[RedisNotifier] = []

    def make(**how) -> RedisNotifier:
        notifier = RedisNotifier(valkey.url, **how)
        made.append(notifier)
        notifier.start()
        return notifier

    yield make
    for notifier in made:
        notifier.stop()


def until(holds: Callable[[], bool], what: str, seconds: float = 15) -> None:
    patience = Patience(seconds)
    while not holds():
        assert not patience.over, what
        time.sleep(0.01)


async def rung(notifier: Notifier, stream: str, ring: Callable[[], None]) -> bool:
    with notifier.listen("p", stream) as subscription:
        ring()
        return await subscription.wait(60)


def test_a_ring_is_heard_in_another_process_and_at_once_in_this_one(make_notifier):
    ours, theirs = make_notifier(streams=True), make_notifier(streams=True)
    until(lambda: not ours.disconnected and not theirs.disconnected, "never subscribed")
    assert asyncio.run(rung(theirs, "run/a", lambda: ours.notify("p", "run/a")))
    assert asyncio.run(rung(ours, "run/a", lambda: ours.notify("p", "run/a")))

    async def another_stream() -> bool:
        with theirs.listen("p", "run/b") as subscription:
            ours.notify("p", "run/a")
            return await subscription.wait(0.3)

    assert not asyncio.run(another_stream())


def test_cancellations_reach_workers_only_and_no_reader(make_notifier):
    heard: list[tuple[str, str]] = []
    worker = make_notifier(on_cancel=lambda project_id, run_id: heard.append((project_id, run_id)))
    api = make_notifier(streams=True)
    until(lambda: not worker.disconnected and not api.disconnected, "never subscribed")
    api.notify("p", "run/a")
    api.notify_cancel("p", "a")
    until(lambda: bool(heard), "no cancellation came")
    assert heard == [("p", "a")]


def test_what_is_to_be_forgotten_is_heard_by_others_only(make_notifier):
    here, there = [], []
    ours = make_notifier(streams=True, on_forget=here.append)
    theirs = make_notifier(streams=True, on_forget=there.append)
    until(lambda: not ours.disconnected and not theirs.disconnected and here and there, "never subscribed")
    assert set(here) == set(there) == {None}, "who begins to hear may have missed something"
    here.clear()
    there.clear()
    ours.notify_forget("a")
    ours.notify("p", "run/a")
    until(lambda: bool(there), "never heard")
    assert there == ["a"]
    theirs.notify_forget("b")
    until(lambda: bool(here), "never heard")
    assert here == ["b"], "its own word came back to it"


def test_a_process_that_missed_messages_forgets_everything(make_notifier, valkey):
    there: list[str | None] = []
    ours, theirs = make_notifier(), make_notifier(streams=True, on_forget=there.append)
    until(lambda: not theirs.disconnected and bool(there), "never subscribed")
    valkey.kill()
    until(lambda: theirs.disconnected, "the end of Redis was not noticed")
    there.clear()
    ours.notify_forget("a")  # lost
    valkey.start()
    until(lambda: None in there, "what was lost meanwhile is remembered")


def test_who_rings_waits_for_nobody_and_readers_catch_up_when_redis_is_back(make_notifier, valkey):
    ours, theirs = make_notifier(streams=True), make_notifier(streams=True)
    until(lambda: not ours.disconnected and not theirs.disconnected, "never subscribed")
    assert theirs.patience_seconds == 10.0
    valkey.kill()
    until(lambda: theirs.disconnected, "the end of Redis was not noticed")
    assert theirs.patience_seconds < 2.0, "readers look by themselves meanwhile"
    assert not answers(valkey.url)
    for _ in range(1000):
        ours.notify("p", "run/a")

    async def wakes_when_it_is_back() -> bool:
        with theirs.listen("p", "run/a") as subscription:
            while await subscription.wait(0.3):
                pass  # rings of its losing Redis
            thread = threading.Thread(target=valkey.start)
            thread.start()
            woken = await subscription.wait(60)
            thread.join()
            return woken

    assert asyncio.run(wakes_when_it_is_back())
    until(lambda: not theirs.disconnected, "it does not hear again")
    assert answers(valkey.url)


def test_a_bell_without_redis_starts_and_stops(make_notifier, valkey):
    valkey.kill()
    notifier = make_notifier(streams=True)
    notifier.notify("p", "run/a")
    assert asyncio.run(rung(notifier, "run/a", lambda: notifier.notify("p", "run/a"))), "this process hears itself"
    patience = Patience(10)
    notifier.stop()
    assert not patience.over


def test_notifications_are_sent_before_the_end(make_notifier):
    listener = make_notifier(streams=True)
    until(lambda: not listener.disconnected, "never subscribed")

    async def last_words() -> bool:
        with listener.listen("p", "run/a") as subscription:
            dying = make_notifier()
            dying.notify("p", "run/a")
            dying.stop()
            return await subscription.wait(60)

    assert asyncio.run(last_words())


def test_a_follower_follows_what_another_process_writes(make_notifier, database, project_id):
    here, there = make_notifier(streams=True), make_notifier()
    until(lambda: not here.disconnected, "never subscribed")
    reader, writer = EventLog(database, here), EventLog(database, there)

    def write() -> None:
        for n in range(30):
            database.write(project_id, lambda session, n=n: writer.append(session, "run/x", Tick(n=n)))
            time.sleep(0.005)

    async def follow() -> list[int]:
        threading.Timer(0.3, write).start()  # when the follower has looked once, and sleeps
        seen: list[int] = []
        async for frame in reader.follow(project_id, "run/x", 0):
            seen.extend(event.seq for event in frame)
            if len(seen) >= 30:
                break
        return seen

    within = here.patience_seconds - 1  # until then only a ring can have woken it
    assert asyncio.run(asyncio.wait_for(follow(), within)) == list(range(1, 31))
