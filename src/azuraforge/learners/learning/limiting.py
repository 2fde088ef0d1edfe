"""Time limit of a learner's code. Imports no database."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from azuraforge.errors import InvalidInput


@contextmanager
def time_limit(seconds: float, row: int) -> Iterator[None]:
    """Raise InvalidInput in the block after so many seconds; ``row`` is the last row before it.

    Works in the main thread only. Code that never returns to the interpreter is not interrupted.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise InvalidInput(
            "the learner did not answer within {seconds:g} seconds",
            where="after row {row}",
            next_step="repair the plugin, or create the learner with a larger timeout_seconds",
            code="learner_hangs",
            seconds=seconds,
            row=row,
        )

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
