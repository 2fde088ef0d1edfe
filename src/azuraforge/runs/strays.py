"""Ends the processes that a killed launcher leaves behind.

A child's group ends with the child, and a process that left its group falls to the launcher. Where the launcher itself
is killed, two traces are left. Everything that its children started runs in the launcher's session, unless it opened
one of its own. And everything carries the environment that the launcher was given, which holds a mark: the process that
owns the launcher, and which launcher it is. A process that has both a session and an environment of its own is not
found.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable

from azuraforge.runs.process_table import TABLE, ProcessTable

#: The variable that holds a launcher's mark: ``<owner's pid>:<start time of the owner>:<random>``.
VARIABLE = "AZURAFORGE_LAUNCHER"
#: A fork bomb forks while we kill: repeat until nothing is left, but not for ever.
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.001


def new_mark(table: ProcessTable = TABLE) -> str:
    """A mark for one launcher of this process."""
    return f"{os.getpid()}:{table.began(os.getpid())}:{secrets.token_hex(8)}"


def end_left(mark: str, session: int | None, table: ProcessTable = TABLE) -> int:
    """Kill every process that a launcher left; return how many.

    Args:
        mark: the launcher's.
        session: the launcher's pid. Only while the ended launcher is not reaped, so that no other process can have the
            number; otherwise None.
    """

    def left(pid: int) -> bool:
        if session is not None and table.session(pid) == session:
            return True
        return table.variable(pid, VARIABLE) == mark

    return _end(left, table)


def end_forgotten(table: ProcessTable = TABLE) -> int:
    """Kill every marked process whose launcher's owner has ended; return how many."""

    def forgotten(pid: int) -> bool:
        mark = table.variable(pid, VARIABLE)
        return mark is not None and not _owner_lives(mark, table)

    return _end(forgotten, table)


def _end(wanted: Callable[[int], bool], table: ProcessTable) -> int:
    ended: set[int] = set()
    until = time.monotonic() + _PATIENCE_SECONDS
    while (left := {pid for pid in table.living() if wanted(pid)}) and time.monotonic() < until:
        for pid in left:
            table.kill_if(pid, wanted)
        ended |= left
        time.sleep(_PAUSE_SECONDS)
    return len(ended)


def _owner_lives(mark: str, table: ProcessTable = TABLE) -> bool:
    """Return whether the mark's process still runs. In doubt it does: a wrong guess would kill."""
    pid, _, rest = mark.partition(":")
    began = rest.partition(":")[0]
    if not pid.isdigit() or not began:
        return True
    try:
        return table.began(int(pid)) == began
    except ProcessLookupError:
        return False
    except OSError:  # out of descriptors, or not allowed to look
        return True
