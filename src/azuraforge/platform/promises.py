"""Checks of promises that depend on the operating system, with a warning for each that this machine cannot keep.

``docs/reliability.md`` explains for each promise how Linux and other systems keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

from azuraforge.processes.process_table import LINUX
from azuraforge.telemetry import logger

log = logger("platform")


def not_kept(*, linux: bool = LINUX) -> tuple[str, ...]:
    """Return the names of the promises that this machine cannot keep; the text of each is ``promise.<name>``.

    Args:
        linux: whether the platform's processes use features that only Linux provides.
    """
    found = []
    if not linux:
        found += ["detached", "stuck", "reading", "restore"]
    if not linux or not _descriptors_of_processes():
        found.append("certain")
    if not linux or not Path("/proc/self/smaps_rollup").exists():
        found.append("memory")
    return tuple(found)


def log_not_kept() -> None:
    """Log a warning for each promise that this machine cannot keep."""
    for name in not_kept():
        log.warning("promise_not_kept_here", promise=name, guide="docs/reliability.md")


def _descriptors_of_processes() -> bool:
    """Return whether processes can be referenced by file descriptors; old kernels and some sandboxes forbid it."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True
