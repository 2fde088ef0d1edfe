"""The memory of a short child outside any run. The launcher's process imports this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.errors import InvalidInput


@dataclass(frozen=True)
class MemoryLimit:
    """The memory that a short child may allocate, and the setting that states it."""

    bytes: int
    setting: str

    def exceeded(self, where: str) -> InvalidInput:
        """Return the error for a child that needed more."""
        return InvalidInput(
            f"it needs more memory than the {self.bytes >> 20:,} MiB that are allowed",
            where=where,
            next_step=f"use less data, or let an administrator raise {self.setting}",
            code="memory_limit",
        )
