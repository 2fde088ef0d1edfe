"""Readiness answers although its check hangs or fails."""

from __future__ import annotations

import threading

import anyio

from azuraforge.server.health import Readiness


def test_a_check_that_hangs_counts_as_failed_and_is_asked_once():
    go, calls = threading.Event(), []

    def ready() -> bool:
        calls.append(1)
        return go.wait(60)

    async def ask() -> None:
        readiness = Readiness(ready, seconds=0.05)
        assert not await readiness.check()
        assert not await readiness.check()
        assert len(calls) == 1
        go.set()
        with anyio.fail_after(60):
            while not await readiness.check():
                pass

    anyio.run(ask)


def test_a_check_that_raises_counts_as_failed():
    def ready() -> bool:
        raise OSError("the database is gone")

    assert not anyio.run(Readiness(ready).check)
