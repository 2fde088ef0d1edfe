"""Time limit for a function call in this process."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable

#: Seconds after which the interruption is repeated, because the function may suppress it, for example in ``__del__``.
_AGAIN_SECONDS = 0.1
_LEAST_SECONDS = 1e-3


class _OutOfTime(BaseException):
    """Interruption of a call; not an ``Exception``, so that the function does not catch it as one of its errors."""


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Call ``work`` and interrupt it after ``seconds``; return whether it finished. Errors of ``work`` are raised.

    The interruption is an exception inside ``work``, raised between two Python instructions, so a call of compiled code
    finishes first. Only the main thread receives signals; in any other thread, ``work`` is not interrupted.
    """
    if math.isinf(seconds) or threading.current_thread() is not threading.main_thread():
        work()
        return True
    open_ = True

    def interrupt(*_: object) -> None:
        if open_:
            raise _OutOfTime

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, _LEAST_SECONDS), _AGAIN_SECONDS)
        work()
        open_ = False
    except _OutOfTime:
        return False
    finally:
        open_ = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return True
