"""Memory limits of child processes. The launcher imports this module, so it imports little itself."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from azuraforge.errors import InvalidInput


@dataclass(frozen=True)
class MemoryLimit:
    """Maximum memory of a short-lived child in bytes, and the name of the setting that defines it."""

    bytes: int
    setting: str

    def exceeded(self, where: str) -> InvalidInput:
        """Return the error for a child that exceeded the limit."""
        return InvalidInput(
            "the process needs more than the allowed {bytes:,} MiB of memory",
            where="{place}",
            next_step="use less data, or ask an administrator to raise {setting}",
            code="memory_limit",
            bytes=self.bytes >> 20,
            place=where,
            setting=self.setting,
        )


@contextmanager
def bounded_growth(most_bytes: int) -> Iterator[None]:
    """Limit the growth of this process's data memory to ``most_bytes`` within the block. Only Linux enforces it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = min((each for each in (soft, hard) if each != resource.RLIM_INFINITY), default=resource.RLIM_INFINITY)
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as statm:
        bounded = int(statm.read().split()[5]) * resource.getpagesize() + most_bytes
        limit = bounded if limit == resource.RLIM_INFINITY else min(limit, bounded)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
