"""Worker threads reserved for one kind of work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class OwnThreads:
    """Pool of at most ``count`` threads per event loop, independent of the threads that serve routes."""

    def __init__(self, name: str, count: int) -> None:
        self._count = count
        self._limiter: RunVar[CapacityLimiter] = RunVar(f"azuraforge_{name}")

    async def run(self, work: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
        """Return ``work(*arguments)``, executed as soon as a thread of the pool is free."""
        return await to_thread.run_sync(work, *arguments, limiter=self._of_loop())

    def _of_loop(self) -> CapacityLimiter:
        try:
            return self._limiter.get()
        except LookupError:
            made = CapacityLimiter(self._count)
            self._limiter.set(made)
            return made
