"""Folders that transfer parts of the data between processes, and the measured time to read them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def fresh_folder(folder: Path) -> None:
    """Create an empty ``folder``, after deleting any files that an interrupted attempt left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


class Reading:
    """Total time that this process spent reading parts lazily; callers subtract it from the time of a pipeline.

    Attributes:
        seconds: total so far.
    """

    seconds = 0.0

    @classmethod
    @contextmanager
    def measured(cls) -> Iterator[None]:
        """Return a context manager that adds the duration of its block to ``seconds``."""
        started = time.perf_counter()
        try:
            yield
        finally:
            cls.seconds += time.perf_counter() - started
