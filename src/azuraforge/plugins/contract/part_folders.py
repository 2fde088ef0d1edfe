"""Folders in which parts travel between processes, and the time that reading them takes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def fresh_folder(folder: Path) -> None:
    """Make an empty ``folder``; what an interrupted attempt left there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


class Reading:
    """Seconds that this process spent reading parts late, inside what is measured as an app's own time."""

    seconds = 0.0

    @classmethod
    @contextmanager
    def measured(cls) -> Iterator[None]:
        """Count the time inside."""
        started = time.perf_counter()
        try:
            yield
        finally:
            cls.seconds += time.perf_counter() - started
