"""What a child printed, kept in a file that cannot grow without bound."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

HEAD_BYTES = 512 * 1024
TAIL_BYTES = 512 * 1024
_SHORTEST_SECRET = 4
_LONGEST_LINE = 64 * 1024


def redactor(secrets: Mapping[str, str]) -> Callable[[bytes], bytes]:
    """A function that replaces each secret value, plain or as JSON spells it."""
    values: set[bytes] = set()
    for value in secrets.values():
        if len(value) >= _SHORTEST_SECRET:
            values |= {value.encode(), orjson.dumps(value)[1:-1]}
    ordered = sorted(values, key=len, reverse=True)

    def redact(data: bytes) -> bytes:
        for value in ordered:
            data = data.replace(value, b"[redacted]")
        return data

    return redact


class LogFile:
    """Keeps the first half megabyte and the last, and says how much is missing between them.

    Lines are complete before they are redacted, so that a secret is never cut in two.
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

    def write(self, data: bytes, redact: Callable[[bytes], bytes]) -> None:
        """Add output as it comes."""
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > _LONGEST_LINE:
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            self._keep(redact(line) + b"\n")

    def end_line(self, redact: Callable[[bytes], bytes]) -> None:
        """The writer is gone: what it left without a newline is a line."""
        if self._partial:
            self._keep(redact(self._partial) + b"\n")
            self._partial = b""

    def close(self) -> None:
        """Put the tail behind the head. What is written afterwards is appended."""
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
