"""Cleanup of processes that a killed launcher leaves behind.

While the launcher runs, it kills a child's process group when the child ends, and adopts processes that left the group.
If the launcher itself is killed, its remaining processes are found in two ways. They run in the launcher's session,
unless they opened their own. And they inherit the launcher's environment, which contains a mark that identifies the
launcher and the process that owns it. A process with both its own session and its own environment is not found.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Collection

from azuraforge.processes.process_table import TABLE

#: Environment variable with a launcher's mark: ``<clock> <owner's pid> <start time of the owner> <random>``.
VARIABLE = "AZURAFORGE_LAUNCHER"
#: Time limit for repeated passes, since a fork bomb keeps forking.
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.001


def new_mark() -> str:
    """Return a mark for a new launcher that this process owns."""
    return f"{TABLE.clock} {os.getpid()} {TABLE.began(os.getpid())} {secrets.token_hex(8)}"


def end_left(mark: str, session: int | None) -> int:
    """Kill every process that a launcher left behind; return their number.

    Args:
        mark: mark of the launcher.
        session: pid of the launcher if it still runs or is unreaped, so that no other process can have the pid;
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

    The launcher calls this on systems where a process cannot adopt its orphaned descendants.

    Args:
        mark: mark of the launcher.
        groups: process groups of its children.
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
    """Return whether the owner named in a mark still runs; True if uncertain, to kill no process in use."""
    clock, pid, began, *_ = [*mark.split(" "), "", "", ""]
    if clock != TABLE.clock or not pid.isdigit() or not began:
        return True
    try:
        return TABLE.began(int(pid)) == began
    except ProcessLookupError:
        return False
    except OSError:  # out of descriptors, or no permission to read
        return True
