"""Writing to the disk itself: what a power cut must not take."""

from __future__ import annotations

import contextlib
import fcntl
import os

#: On macOS fsync leaves data in the drive's own cache; this empties that cache too. Other systems have no such command.
_EMPTY_CACHE: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def sync(descriptor: int) -> None:
    """Wait until the file or folder lies on the disk. Raises OSError where it cannot be written."""
    if _EMPTY_CACHE is not None:
        with contextlib.suppress(OSError):  # network drives know no such command
            fcntl.fcntl(descriptor, _EMPTY_CACHE)
            return
    os.fsync(descriptor)
