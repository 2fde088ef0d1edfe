"""Cleanup of processes that a killed launcher leaves behind.

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
from collections.abc import Callable, Collection

from azuraforge.processes.process_table import TABLE

#: The variable that holds a launcher's mark: ``<clock> <owner's pid> <start time of the owner> <random>``.
VARIABLE = "AZURAFORGE_LAUNCHER"
#: Time limit for repeated passes: a fork bomb forks while we kill.
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.001


def new_mark() -> str:
    """Return a new mark for one launcher of this process."""
    return f"{TABLE.clock} {os.getpid()} {TABLE.began(os.getpid())} {secrets.token_hex(8)}"


def end_left(mark: str, session: int | None) -> int:
    """Kill every process that a launcher left; return their number.

    Args:
        mark: the launcher's.
        session: the launcher's pid. Only while it runs or is not reaped, so that no other process can have the number;
            otherwise None.
    """

    def left(pid: int) -> bool:
        place = TABLE.place(pid)
        if place is not None and session is not None and place.session == session:
            return True
        return TABLE.variable(pid, VARIABLE) == mark

    return _end(left)


def end_detached(mark: str, groups: Collection[int]) -> int:
    """Kill the launcher's processes that left their group and whose parent has ended; return their number.

    For systems where no process can be the reaper of its descendants. Called by the launcher.

    Args:
        mark: the launcher's.
        groups: the groups of its children.
    """

    def detached(pid: int) -> bool:
        place = TABLE.place(pid)
        if place is None or place.group in groups or place.parent == os.getpid():
            return False
        return TABLE.variable(pid, VARIABLE) == mark and TABLE.variable(place.parent, VARIABLE) != mark

    return _end(detached)


def end_forgotten() -> int:
    """Kill every marked process whose launcher's owner has ended; return their number."""

    def forgotten(pid: int) -> bool:
        mark = TABLE.variable(pid, VARIABLE)
        return mark is not None and not _owner_lives(mark)

    return _end(forgotten)


def _end(wanted: Callable[[int], bool]) -> int:
    ended: set[int] = set()
    until = time.monotonic() + _PATIENCE_SECONDS
    while (left := {pid for pid in TABLE.living() if wanted(pid)}) and time.monotonic() < until:
        for pid in left:
            TABLE.kill_if(pid, wanted)
        ended |= left
        time.sleep(_PAUSE_SECONDS)
    return len(ended)


def _owner_lives(mark: str) -> bool:
    """Return whether the mark's process still runs; True if uncertain, as a wrong guess would kill it."""
    clock, pid, began, *_ = [*mark.split(" "), "", "", ""]
    if clock != TABLE.clock or not pid.isdigit() or not began:
        return True
    try:
        return TABLE.began(int(pid)) == began
    except ProcessLookupError:
        return False
    except OSError:  # out of descriptors, or no permission to read
        return True
