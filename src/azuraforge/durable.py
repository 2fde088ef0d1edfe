"""Flushing of files and folders to disk, so that they survive a power failure."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

#: On macOS, fsync leaves data in the cache of the drive; this command empties that cache, too. Other systems lack it.
_EMPTY_CACHE: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def sync(descriptor: int) -> None:
    """Wait until the file or folder is written to the disk. Raises OSError if this fails."""
    if _EMPTY_CACHE is not None:
        with contextlib.suppress(OSError):  # network drives do not support it
            fcntl.fcntl(descriptor, _EMPTY_CACHE)
            return
    os.fsync(descriptor)


def sync_path(path: Path) -> None:
    """Open a file or folder and wait until it is written to the disk; see ``sync``."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
