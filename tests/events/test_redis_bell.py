"""The doorbell between processes: rung here, heard there; Redis may go, and nothing but time is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from azuraforge.events.bell import Bell
from azuraforge.events.redis_bell import RedisBell, answers
from azuraforge.events.service import EventLog


@pytest.fixture
def make_bell(valkey) -> Iterator[Callable[..., RedisBell]]:
    made: list[RedisBell] = []

    def make(**how) -> RedisBell:
        bell = RedisBell(valkey.url, **how)
        made.append(bell)
        bell.start()
        return bell

    yield make
    for bell in made:
        bell.stop()


def until(holds: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


async def rung(bell: Bell, stream: str, ring: Callable[[], None]) -> bool:
    with bell.listen("p", stream) as ear:
        ring()
        return await ear.wait(3)


def test_a_ring_is_heard_in_another_process_and_at_once_in_this_one(make_bell):
    ours, theirs = make_bell(streams=True), make_bell(streams=True)
    until(lambda: not ours.deaf and not theirs.deaf, "never subscribed")
    assert asyncio.run(rung(theirs, "run/a", lambda: ours.ring("p", "run/a")))
    assert asyncio.run(rung(ours, "run/a", lambda: ours.ring("p", "run/a")))

    async def another_stream() -> bool:
        with theirs.listen("p", "run/b") as ear:
            ours.ring("p", "run/a")
            return await ear.wait(0.3)

    assert not asyncio.run(another_stream())


def test_cancellations_reach_workers_only_and_no_reader(make_bell):
    heard: list[tuple[str, str]] = []
    worker = make_bell(on_cancel=lambda project_id, run_id: heard.append((project_id, run_id)))
    api = make_bell(streams=True)
    until(lambda: not worker.deaf and not api.deaf, "never subscribed")
    api.ring("p", "run/a")
    api.ring_cancel("p", "a")
    until(lambda: bool(heard), "no cancellation came")
    assert heard == [("p", "a")]


def test_what_is_to_be_forgotten_is_heard_by_others_only(make_bell):
    here, there = [], []
    ours = make_bell(streams=True, on_forget=here.append)
    theirs = make_bell(streams=True, on_forget=there.append)
    until(lambda: not ours.deaf and not theirs.deaf and here and there, "never subscribed")
    assert set(here) == set(there) == {None}, "who begins to hear may have missed something"
    here.clear()
    there.clear()
    ours.ring_forget("a")
    ours.ring("p", "run/a")
    until(lambda: bool(there), "never heard")
    assert there == ["a"]
    theirs.ring_forget("b")
    until(lambda: bool(here), "never heard")
    assert here == ["b"], "its own word came back to it"


def test_whoever_could_not_hear_forgets_everything(make_bell, valkey):
    there: list[str | None] = []
    ours, theirs = make_bell(), make_bell(streams=True, on_forget=there.append)
    until(lambda: not theirs.deaf and bool(there), "never subscribed")
    valkey.kill()
    until(lambda: theirs.deaf, "the end of Redis was not noticed")
    there.clear()
    ours.ring_forget("a")  # lost
    valkey.start()
    until(lambda: None in there, "what was lost meanwhile is remembered")


def test_who_rings_waits_for_nobody_and_readers_catch_up_when_redis_is_back(make_bell, valkey):
    ours, theirs = make_bell(streams=True), make_bell(streams=True)
    until(lambda: not ours.deaf and not theirs.deaf, "never subscribed")
    assert theirs.patience_seconds == 10.0
    valkey.kill()
    until(lambda: theirs.deaf, "the end of Redis was not noticed")
    assert theirs.patience_seconds < 2.0, "readers look by themselves meanwhile"
    assert not answers(valkey.url)
    for _ in range(1000):
        ours.ring("p", "run/a")

    async def wakes_when_it_is_back() -> bool:
        with theirs.listen("p", "run/a") as ear:
            while await ear.wait(0.3):
                pass  # rings of its losing Redis
            thread = threading.Thread(target=valkey.start)
            thread.start()
            woken = await ear.wait(10)
            thread.join()
            return woken

    assert asyncio.run(wakes_when_it_is_back())
    until(lambda: not theirs.deaf, "it does not hear again")
    assert answers(valkey.url)


def test_a_bell_without_redis_starts_and_stops(make_bell, valkey):
    valkey.kill()
    bell = make_bell(streams=True)
    bell.ring("p", "run/a")
    assert asyncio.run(rung(bell, "run/a", lambda: bell.ring("p", "run/a"))), "this process hears itself"
    started = time.monotonic()
    bell.stop()
    assert time.monotonic() - started < 10


def test_what_was_rung_is_told_before_the_end(make_bell):
    listener = make_bell(streams=True)
    until(lambda: not listener.deaf, "never subscribed")

    async def last_words() -> bool:
        with listener.listen("p", "run/a") as ear:
            dying = make_bell()
            dying.ring("p", "run/a")
            dying.stop()
            return await ear.wait(3)

    assert asyncio.run(last_words())


def test_a_follower_follows_what_another_process_writes(make_bell, database, project_id):
    here, there = make_bell(streams=True), make_bell()
    until(lambda: not here.deaf, "never subscribed")
    reader, writer = EventLog(database, here), EventLog(database, there)

    def write() -> None:
        for n in range(30):
            database.write(
                project_id, lambda session, n=n: writer.append(session, project_id, "run/x", "tick", {"n": n})
            )
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
