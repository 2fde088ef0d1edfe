"""Writing to the disk itself: what a power cut must not take."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

#: On macOS fsync leaves data in the drive's own cache; this empties that cache too. Other systems have no such command.
_EMPTY_CACHE: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def sync(descriptor: int) -> None:
    """Wait until the file or folder lies on the disk. Raises OSError where it cannot be written."""
    if _EMPTY_CACHE is not None:
        with contextlib.suppress(OSError):  # network drives know no such command
            fcntl.fcntl(descriptor, _EMPTY_CACHE)
            return
    os.fsync(descriptor)


def sync_path(path: Path) -> None:
    """``sync`` for a file or folder that is not open."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
