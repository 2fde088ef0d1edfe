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
    """A mark for one life of a launcher of this process; without a beginning (not on Linux) it never counts as dead."""
    began = _began(os.getpid()) if sys.platform == "linux" else ""
    return f"{os.getpid()}:{began}:{secrets.token_hex(8)}"


def end_marked(mark: str) -> int:
    """Kill every process with this mark; how many. For a launcher that has ended."""
    return _end(lambda found: found == mark)


def end_forgotten() -> int:
    """Kill every marked process whose launcher's owner is no more; how many. For the next that starts here."""
    return _end(lambda found: not _owner_lives(found))


def _end(wanted: Callable[[str], bool]) -> int:
    ended: set[int] = set()
    until = time.monotonic() + _PATIENCE_SECONDS
    while (left := {pid: mark for pid, mark in _marked() if wanted(mark)}) and time.monotonic() < until:
        for pid, mark in left.items():
            _kill(pid, mark)
        ended |= left.keys()
    return len(ended)


def _kill(pid: int, mark: str) -> None:
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        # From here on it is this process, even if it ends and its number is given to another.
        process = os.pidfd_open(pid)
        try:
            if _mark_of(str(pid)) == mark:
                signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)


def _marked() -> Iterator[tuple[int, str]]:
    if sys.platform != "linux":
        return
    ours = _namespace("self")
    for name in os.listdir(_PROC):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        mark = _mark_of(name)
        # In a container's own numbering the owner's pid says nothing to us.
        if mark is not None and ours and _namespace(name) == ours:
            yield int(name), mark


def _mark_of(name: str) -> str | None:
    try:
        variables = (_PROC / name / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or it is somebody else's
        return None
    prefix = f"{VARIABLE}=".encode()
    return next(
        (line.removeprefix(prefix).decode(errors="replace") for line in variables if line.startswith(prefix)), None
    )


def _owner_lives(mark: str) -> bool:
    """Whether the mark's process still runs. What cannot be known is taken for alive: a wrong guess would kill."""
    pid, _, rest = mark.partition(":")
    began = rest.partition(":")[0]
    if not pid.isdigit() or not began:
        return True
    try:
        return _began(int(pid)) == began
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:  # out of descriptors, or not allowed to look
        return True


def _began(pid: int) -> str:
    """When it began, in ticks since the machine's start: with the pid this names one process. Raises OSError."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]


def _namespace(name: str) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(_PROC / name / "ns" / "pid")
    return ""
