"""Checkpoints of a loop: when a state is due, and whether it is an archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def always(at: int, archive: bool, until: int) -> bool:
    """Keep every state."""
    return True


@dataclass
class Checkpoints:
    """What happened since the last state.

    Attributes:
        rows: least number of rows between two states.
        seq: number of the row after which the last state was due.
        changed: whether anything happened since then.
        archive: whether the next state is an archive.
        keeps: whether a state of an event time (microseconds), which may be an archive, is worth being saved; nothing
            happens before ``until``. One that is not counts as saved, so that later states have the same bytes.
    """

    rows: int
    seq: int = 0
    changed: bool = False
    archive: bool = False
    keeps: Callable[[int, bool, int], bool] = always

    def due(self, seq: int) -> bool:
        """Return whether a state is due at a checkpoint after the row ``seq``."""
        return self.changed and seq - self.seq >= self.rows

    def saved(self, seq: int, archive: bool) -> None:
        """Record that a state was saved after the row ``seq``."""
        self.seq, self.changed, self.archive = seq, False, self.archive and not archive
