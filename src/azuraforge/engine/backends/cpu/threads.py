"""Sharing one op's work among threads: one fork and one join per op, all of it outside Python (``kernels/fork.py``)."""

from __future__ import annotations

import os
import struct
import threading
import weakref
from itertools import pairwise

import numpy as np

from azuraforge.engine.backends.cpu.compiler import Kernel, Kernels
from azuraforge.engine.backends.cpu.kernels import fork
from azuraforge.engine.backends.cpu.memory import address

_FORMATS = {"p": "q", "i": "q", "f": "f4x"}


class Pool:
    """Threads that wait for work in compiled code. The caller takes the first share; one thread is no pool at all."""

    def __init__(self, threads: int, kernels: Kernels) -> None:
        self.threads = threads
        self._kernels = kernels
        self._process = os.getpid()
        self._busy = threading.Lock()
        if threads > 1:
            raw = np.zeros(fork.WORDS + 16, np.int64)
            start = -address(raw) % 128 // 8
            self._words = raw[start : start + fork.WORDS]
            self._at = address(self._words)
            self._forms = {
                name: struct.Struct("=" + "".join(_FORMATS[letter] for letter in signature[:-2]))
                for name, signature in kernels.signatures.items()
                if name in kernels.tasks
            }
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
            name: a kernel whose last parameters are ``begin`` and ``end``.
            arguments: its other parameters.
            count: how many items there are.
            least: items below which a thread is not worth its start.
            multiple: ranges begin at multiples of this.
        """
        parts = 1 if self.threads == 1 else max(1, min(self.threads, count // max(least, 1)))
        if parts == 1:
            self._kernels[name](*arguments, 0, count)
            return
        units = -(-count // multiple)
        borders = [min(count, units * part // parts * multiple) for part in range(parts)] + [count]
        # A fork of the process leaves the threads behind; a second caller finds them busy. Both do all shares
        # themselves, one by one: the same bits, since a share's borders can decide in which order sums are formed.
        if self._process != os.getpid() or not self._busy.acquire(blocking=False):
            for begin, end in pairwise(borders):
                self._kernels[name](*arguments, begin, end)
            return
        try:
            words = self._words
            words[fork.BORDERS : fork.BORDERS + parts + 1] = borders
            words[fork.BORDERS + parts + 1 : fork.BORDERS + self.threads + 1] = count
            words[fork.TASK] = self._kernels.tasks[name]
            self._forms[name].pack_into(words.data, fork.ARGUMENTS * 8, *arguments)
            self._kernels["pool_fork"](self._at, self.threads - 1)
        finally:
            self._busy.release()


def _stop(words: np.ndarray[tuple[int], np.dtype[np.int64]], call: Kernel, workers: list[threading.Thread],
          process: int) -> None:  # fmt: skip
    if process != os.getpid():
        return
    words[fork.STOPPING] = 1
    words[fork.BORDERS : fork.BORDERS + len(workers) + 2] = 0
    call(address(words), len(workers))
    for worker in workers:
        worker.join()
