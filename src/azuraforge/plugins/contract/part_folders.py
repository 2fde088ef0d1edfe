"""Folders that transfer parts between processes, and the time that reading them takes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def fresh_folder(folder: Path) -> None:
    """Create an empty ``folder``; remove what an interrupted attempt left there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


class Reading:
    """Seconds of late reading of parts, which would otherwise count as an app's own time."""

    seconds = 0.0

    @classmethod
    @contextmanager
    def measured(cls) -> Iterator[None]:
        """Add the time spent in the block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            cls.seconds += time.perf_counter() - started
