"""Work in this process with a time limit."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable

#: Seconds after which an interruption that the work has swallowed (in ``__del__``, for example) is repeated.
_AGAIN_SECONDS = 0.1
_LEAST_SECONDS = 1e-3


class _OutOfTime(BaseException):
    """Interruption of work; not an ``Exception``, so that the work does not handle it as its own error."""


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Call ``work`` and return whether it ended within ``seconds``; otherwise it is interrupted.

    The interruption is an exception inside ``work``. It comes between two steps of Python code, so a call of compiled
    code ends first. Outside of the main thread, which alone receives signals, nothing is interrupted.
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
