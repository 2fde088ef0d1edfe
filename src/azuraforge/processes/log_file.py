"""Log file of a child's output, with a bounded size."""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path

HEAD_BYTES = 512 * 1024
TAIL_BYTES = 512 * 1024
_LONGEST_LINE = 64 * 1024


class LogFile:
    """File with the first and the last half megabyte of the output, and the number of bytes omitted between them.

    The constructor raises OSError if the file cannot be created. Later errors of the disk are ignored.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = b""
        self._written = 0
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._dropped = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    def write(self, data: bytes) -> None:
        """Add a part of the output."""
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > _LONGEST_LINE:
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            self._keep(line + b"\n")

    def end_line(self) -> None:
        """End the last line if it lacks a newline."""
        if self._partial:
            self._keep(self._partial + b"\n")
            self._partial = b""

    def close(self) -> None:
        """Write the last part of the output to the file. Later output is appended."""
        if self._dropped:
            self._append(b"\n... %d bytes left out ...\n\n" % self._dropped)
        self._append(b"".join(self._tail))
        self._tail.clear()
        self._tail_bytes = self._dropped = 0

    def _append(self, data: bytes) -> None:
        with contextlib.suppress(OSError), self.path.open("ab") as file:  # a full disk must not end a run here
            file.write(data)

    def _keep(self, line: bytes) -> None:
        if not self._tail and self._written + len(line) <= HEAD_BYTES:
            self._append(line)
            self._written += len(line)
            return
        self._tail.append(line)
        self._tail_bytes += len(line)
        while self._tail_bytes > TAIL_BYTES and len(self._tail) > 1:
            gone = len(self._tail.popleft())
            self._tail_bytes -= gone
            self._dropped += gone
