"""Thread pool of the ops: one fork and one join per op, both outside Python (``kernels/fork.py``)."""

from __future__ import annotations

import os
import struct
import threading
import weakref
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from azuraforge.engine.backends.cpu.compiler import Kernel, Kernels
from azuraforge.engine.backends.cpu.kernels import fork
from azuraforge.engine.backends.cpu.memory import address
from azuraforge.engine.errors import EngineError

_FORMATS = {"p": "q", "i": "q", "f": "f4x"}
_TASK = slice(fork.TASK * 8, fork.TASK * 8 + 8)
_ARGUMENTS = fork.ARGUMENTS * 8
_MOST_REMEMBERED = 4096  # kinds of calls, a few hundred bytes each


class _Shares(NamedTuple):
    borders: list[int]
    task: bytes
    place: slice  # of the borders in the block that the threads share
    words: bytes  # the borders as they lie there


class Pool:
    """Pool of threads that wait for work in compiled code. The caller computes the first share itself."""

    def __init__(self, threads: int, kernels: Kernels) -> None:
        self.threads = threads
        self._calls: dict[str, tuple[struct.Struct, Callable[[bytes, int, int], None]]] = {}
        for name, call in kernels.shares.items():
            letters = kernels.signatures[name][:-2]
            self._calls[name] = struct.Struct("=" + "".join(_FORMATS[letter] for letter in letters)), call
        self._process = os.getpid()
        self._busy = threading.Lock()
        if threads > 1:
            raw = np.zeros(fork.WORDS + 16, np.int64)
            start = -address(raw) % 128 // 8
            self._words = raw[start : start + fork.WORDS]
            self._at = address(self._words)
            self._bytes = self._words.data.cast("B")
            self._fork = kernels["pool_fork"]
            self._shares: dict[tuple[str, int, int, int], _Shares | None] = {}
            self._tasks = kernels.tasks
            kernels["pool_prepare"](self._at)
            workers = [
                threading.Thread(
                    target=kernels["pool_serve"], args=(self._at, index, 0), name=f"engine-{index}", daemon=True
                )
                for index in range(1, threads)
            ]
            for worker in workers:
                worker.start()
            weakref.finalize(self, _stop, self._words, kernels["pool_fork"], workers, self._process).atexit = False

    def run(self, name: str, arguments: tuple[int | float, ...], count: int, least: int = 1, multiple: int = 1) -> None:
        """Call the kernel ``name`` with ``*arguments, begin, end`` so that the ranges cover ``0 … count``.

        Args:
            name: name of a kernel whose last parameters are ``begin`` and ``end``.
            arguments: arguments for its other parameters.
            count: number of items.
            least: minimum number of items per thread.
            multiple: number of which the beginning of each range is a multiple.

        Raises:
            EngineError: an argument is too large for the kernel's parameter.
        """
        form, call = self._calls[name]
        try:
            packed = form.pack(*arguments)
        except (struct.error, OverflowError) as error:
            raise EngineError(f"{name}: a number is too large for float32: {error}") from error
        if self.threads == 1:
            call(packed, 0, count)
            return
        key = (name, count, least, multiple)
        try:
            shares = self._shares[key]
        except KeyError:
            shares = self._remember(key)
        if shares is None:
            call(packed, 0, count)
            return
        # In a forked process the threads do not exist, and for a second caller they are busy. Both compute all shares
        # one after another, within the same borders, because these can decide in which order sums are formed.
        if self._process != os.getpid() or not self._busy.acquire(blocking=False):
            for begin, end in pairwise(shares.borders):
                call(packed, begin, end)
            return
        try:
            self._bytes[_TASK] = shares.task
            self._bytes[shares.place] = shares.words
            self._bytes[_ARGUMENTS : _ARGUMENTS + len(packed)] = packed
            self._fork(self._at, self.threads - 1)
        finally:
            self._busy.release()

    def _remember(self, key: tuple[str, int, int, int]) -> _Shares | None:
        """Compute and store the borders of the ranges for a kind of call; ``None`` if one thread computes it alone."""
        name, count, least, multiple = key
        parts = max(1, min(self.threads, count // max(least, 1)))
        shares = None
        if parts > 1:
            units = -(-count // multiple)
            borders = [min(count, units * part // parts * multiple) for part in range(parts)] + [count]
            words = borders + [count] * (self.threads - parts)
            place = slice(fork.BORDERS * 8, (fork.BORDERS + len(words)) * 8)
            task = struct.pack("=q", self._tasks[name])
            shares = _Shares(borders, task, place, struct.pack(f"={len(words)}q", *words))
        if len(self._shares) >= _MOST_REMEMBERED:
            self._shares.clear()
        self._shares[key] = shares
        return shares


def _stop(words: np.ndarray[tuple[int], np.dtype[np.int64]], call: Kernel, workers: list[threading.Thread],
          process: int) -> None:  # fmt: skip
    if process != os.getpid():
        return
    words[fork.STOPPING] = 1
    words[fork.BORDERS : fork.BORDERS + len(workers) + 2] = 0
    call(address(words), len(workers))
    for worker in workers:
        worker.join()
