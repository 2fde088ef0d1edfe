"""Log file of a child's output, with a bounded size and without secrets."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

#: Maximum size of the first part of a log; a million lines of ordinary length fit.
HEAD_BYTES = 128 * 1024 * 1024
TAIL_BYTES = 512 * 1024
_LONGEST_LINE = 64 * 1024
#: Text that replaces a secret.
HIDDEN = b"[secret]"
#: Shorter values are not replaced, since they occur in ordinary text.
_SHORTEST_SECRET = 6


class LogFile:
    """File with the first 128 MiB and the last half megabyte of the output.

    The number of bytes omitted between them is stated in the file. Complete lines are readable at once, except those of
    the last part, which are written at the end.

    The constructor raises OSError if the file cannot be created. Later errors of the disk are ignored.

    Args:
        head_bytes: maximum size of the first part.
    """

    def __init__(self, path: Path, head_bytes: int = HEAD_BYTES) -> None:
        self.path = path
        self._head_bytes = head_bytes
        self._partial = b""
        self._written = 0
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._dropped = 0
        self._secrets: tuple[bytes, ...] = ()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    def hide(self, secrets: Iterable[str]) -> None:
        """Replace these values in all later lines; values of fewer than six characters are not replaced."""
        parts = {line.strip() for secret in secrets for line in secret.splitlines()}
        forms = {form for part in parts for form in (part, quote(part, safe=""))}
        known = {form.encode(errors="surrogatepass") for form in forms if len(form) >= _SHORTEST_SECRET}
        self._secrets = tuple(sorted({*self._secrets, *known}, key=len, reverse=True))

    def write(self, data: bytes) -> None:
        """Add a part of the output."""
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > _LONGEST_LINE:
            lines.append(self._partial)
            self._partial = b""
        self._keep(lines)

    def end_line(self) -> None:
        """End the last line if it lacks a newline."""
        if self._partial:
            self._keep([self._partial])
            self._partial = b""

    def close(self) -> None:
        """Write the last part of the output to the file. Later output is appended."""
        if self._dropped:
            self._append(b"\n... %d bytes left out ...\n\n" % self._dropped)
        self._append(b"".join(self._tail))
        self._tail.clear()
        self._tail_bytes = self._dropped = 0

    def _append(self, data: bytes) -> None:
        if data:
            with contextlib.suppress(OSError), self.path.open("ab") as file:  # a full disk must not end a run here
                file.write(data)

    def _keep(self, lines: list[bytes]) -> None:
        """Write lines in one batch as long as the first part has space for them, and keep the others in memory."""
        head: list[bytes] = []
        for each in lines:
            line = self._without_secrets(each) + b"\n"
            if not self._tail and self._written + len(line) <= self._head_bytes:
                head.append(line)
                self._written += len(line)
            else:
                self._keep_last(line)
        self._append(b"".join(head))

    def _keep_last(self, line: bytes) -> None:
        self._tail.append(line)
        self._tail_bytes += len(line)
        while self._tail_bytes > TAIL_BYTES and len(self._tail) > 1:
            gone = len(self._tail.popleft())
            self._tail_bytes -= gone
            self._dropped += gone

    def _without_secrets(self, line: bytes) -> bytes:
        for secret in self._secrets:
            if secret in line:
                line = line.replace(secret, HIDDEN)
        return line
