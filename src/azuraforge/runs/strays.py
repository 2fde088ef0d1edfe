"""Ends what a killed launcher left behind.

A child's group ends with the child, and what left its group falls to the launcher. Where the launcher itself is
killed, what left the groups falls to nobody. But every process that a launcher forked, and what those started, still
carries the environment that the launcher was given, and there stands a mark: whose launcher it was, and which one.

On Linux only; elsewhere nothing is found.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

#: The variable that holds a launcher's mark: ``<owner's pid>:<when the owner began>:<random>``.
VARIABLE = "AZURAFORGE_LAUNCHER"
#: A fork bomb forks while we kill: look again until nothing is left, but not for ever.
_PATIENCE_SECONDS = 2.0
_PROC = Path("/proc")


def new_mark() -> str:
    """A mark for one life of a launcher of this process."""
    return f"{os.getpid()}:{_began(os.getpid())}:{secrets.token_hex(8)}"


def end_marked(mark: str) -> int:
    """Kill every process with this mark; how many. For a launcher that has ended."""
    return _end(lambda found: found == mark)


def end_forgotten() -> int:
    """Kill every marked process whose launcher's owner is no more; how many. For the next that starts here."""
    return _end(lambda found: not _owner_lives(found))


def _end(wanted: Callable[[str], bool]) -> int:
    ended: set[int] = set()
    until = time.monotonic() + _PATIENCE_SECONDS
    while (left := {pid for pid, mark in _marked() if wanted(mark)}) and time.monotonic() < until:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended |= left
    return len(ended)


def _marked() -> Iterator[tuple[int, str]]:
    if sys.platform != "linux":
        return
    ours = _namespace("self")
    prefix = f"{VARIABLE}=".encode()
    for name in os.listdir(_PROC):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            variables = (_PROC / name / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or it is somebody else's
            continue
        mark = next((line.removeprefix(prefix) for line in variables if line.startswith(prefix)), None)
        # In a container's own numbering the owner's pid says nothing to us.
        if mark is not None and _namespace(name) == ours:
            yield int(name), mark.decode(errors="replace")


def _owner_lives(mark: str) -> bool:
    pid, _, rest = mark.partition(":")
    return pid.isdigit() and _began(int(pid)) == rest.partition(":")[0]


def _began(pid: int) -> str:
    """When it began, in ticks since the machine's start: with the pid this names one process. Empty: it is gone."""
    with contextlib.suppress(OSError):
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    return ""


def _namespace(name: str) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(_PROC / name / "ns" / "pid")
    return ""
