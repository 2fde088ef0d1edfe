"""Turns of requests that wait for children: bounds, order, fairness between projects, the end of a client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from starlette.requests import HTTPConnection, Request

from azuraforge.errors import TransientError
from azuraforge.waiting.ending import Ending, ended_with_request
from azuraforge.waiting.turns import Bounds, Turns


def turns(at_once: int = 4, per_project: int = 2, in_line: int = 2, patience: float = 60.0) -> Turns:
    return Turns(Bounds("something", at_once, per_project, in_line, patience))


CONNECTION = HTTPConnection({"type": "http"})


class Work:
    """Work in a thread that goes on until it is released; it notes who began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.release = threading.Event()

    def of(self, name: str) -> Callable[[], str]:
        def work() -> str:
            self.began.append(name)
            assert self.release.wait(60)
            return name

        return work


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0)


def test_work_that_allocates_much_runs_in_one_thread() -> None:
    """Each thread keeps what it freed: 19 MiB for a password."""

    async def scene() -> None:
        line = Turns(Bounds("something", 1, 1, 40, 60.0), one_thread=True)
        others = turns(at_once=4, per_project=4, in_line=40)
        mixed = [each.run(CONNECTION, "a", threading.get_ident) for _ in range(20) for each in (line, others)]
        found = await asyncio.gather(*mixed)
        assert len(set(found[::2])) == 1
        assert set(found[::2]).isdisjoint(found[1::2])

    asyncio.run(scene())


def test_a_project_has_its_turns_and_its_line_and_no_more() -> None:
    async def scene() -> None:
        line, work = turns(), Work()
        tasks = [asyncio.create_task(line.run(CONNECTION, "a", work.of(f"a{n}"))) for n in range(4)]
        await until(lambda: len(work.began) == 2)
        with pytest.raises(TransientError) as caught:
            await line.run(CONNECTION, "a", work.of("a4"))
        assert (caught.value.error_code, caught.value.status) == ("busy", 503)
        with pytest.raises(TransientError):
            line.refuse_if_full("a")
        line.refuse_if_full("b")
        other = asyncio.create_task(line.run(CONNECTION, "b", work.of("b0")))  # another project need not wait
        await until(lambda: "b0" in work.began)
        assert set(work.began) == {"a0", "a1", "b0"}  # threads begin in any order
        work.release.set()
        assert await asyncio.gather(*tasks, other) == ["a0", "a1", "a2", "a3", "b0"]

    asyncio.run(scene())


def test_patience_ends_and_leaves_the_line() -> None:
    async def scene() -> None:
        line, work = turns(per_project=1, in_line=1, patience=0.01), Work()
        first = asyncio.create_task(line.run(CONNECTION, "a", work.of("first")))
        await until(lambda: bool(work.began))
        for _ in range(3):  # one place in line, which each gives back
            with pytest.raises(TransientError, match="too many"):
                await line.run(CONNECTION, "a", work.of("late"))
        work.release.set()
        assert await first == "first"
        assert await line.run(CONNECTION, "a", work.of("next")) == "next"
        assert "late" not in work.began

    asyncio.run(scene())


def test_a_turn_that_comes_as_patience_ends_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """From Python 3.12 on, ``wait_for`` raises TimeoutError although the turn has come."""

    async def wait_for(turn: asyncio.Future[None], _seconds: float) -> None:
        await turn
        raise TimeoutError

    async def scene() -> None:
        line, work = turns(at_once=1, per_project=1), Work()
        first = asyncio.create_task(line.run(CONNECTION, "a", work.of("first")))
        await until(lambda: bool(work.began))
        with monkeypatch.context() as patched:
            patched.setattr(asyncio, "wait_for", wait_for)
            late = asyncio.create_task(line.run(CONNECTION, "a", work.of("late")))
            await asyncio.sleep(0)
            work.release.set()
            with pytest.raises(TransientError):
                await late
        assert await first == "first"
        assert await line.run(CONNECTION, "a", work.of("next")) == "next"

    asyncio.run(asyncio.wait_for(scene(), 60))


def test_an_error_and_a_cancelled_request_give_their_turns_back() -> None:
    async def scene() -> None:
        line, work = turns(at_once=1, per_project=1, in_line=5), Work()

        def fail() -> None:
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await line.run(CONNECTION, "a", fail)
        first = asyncio.create_task(line.run(CONNECTION, "a", work.of("first")))
        await until(lambda: bool(work.began))
        waiting = asyncio.create_task(line.run(CONNECTION, "b", work.of("cancelled")))
        last = asyncio.create_task(line.run(CONNECTION, "c", work.of("last")))
        await asyncio.sleep(0)
        waiting.cancel()
        work.release.set()
        assert await asyncio.gather(first, last) == ["first", "last"]
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert work.began == ["first", "last"]

    asyncio.run(scene())


def test_a_client_that_leaves_ends_its_work_and_its_place_in_line() -> None:
    async def scene() -> None:
        line, gone = turns(per_project=1), [asyncio.Event(), asyncio.Event()]
        ended, begun = threading.Event(), threading.Event()

        def request(of: asyncio.Event) -> Request:
            async def receive() -> dict[str, str]:
                await of.wait()
                return {"type": "http.disconnect"}

            return Request({"type": "http"}, receive)

        def work() -> str:
            with ended_with_request(ended.set):
                begun.set()
                assert ended.wait(120)
            return "ended"

        first = asyncio.create_task(line.run(request(gone[0]), "a", work))
        await until(begun.is_set)
        second = asyncio.create_task(line.run(request(gone[1]), "a", pytest.fail))
        await asyncio.sleep(0)
        gone[1].set()
        with pytest.raises(TransientError) as caught:
            await second
        assert caught.value.error_code == "client_left"
        assert not ended.is_set()
        gone[0].set()
        assert await first == "ended"

    asyncio.run(scene())


def test_what_is_guarded_after_the_end_is_ended_at_once() -> None:
    ending, ended = Ending(), []
    with ending.guarding(lambda: ended.append("before")):
        ending.end()
    with ending.guarding(lambda: ended.append("after")):
        pass
    assert ended == ["before", "after"]
