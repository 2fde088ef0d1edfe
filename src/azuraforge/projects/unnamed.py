"""Tracking of files that no row uses.

A file to which no row refers may belong to a newer database than the open one. It is therefore removed only after it
has been unused for the whole grace period. The times at which files were first found unused are stored next to the
files, where the restore of a database does not change them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

import orjson

from azuraforge.database import new_id
from azuraforge.telemetry import logger

#: Name of the file with the times at which a folder's entries were first found unused.
SIGHTINGS = ".unnamed.json"

log = logger("projects")


def outlasted(folder: Path, unnamed: Iterable[str], older_than_seconds: float) -> list[str]:
    """Record the entries of ``folder`` that no row uses; return those unused for at least ``older_than_seconds``.

    The record of an entry is deleted when the entry is returned or used again.
    """
    before, at = _read(folder), time.time()
    seen = {name: min(before.get(name, at), at) for name in unnamed}
    over = [name for name, first in seen.items() if at - first >= older_than_seconds]
    waiting = {name: first for name, first in seen.items() if at - first < older_than_seconds}
    if waiting != before:
        try:
            _write(folder, waiting)
        except OSError as error:
            log.warning("sightings_not_written", folder=str(folder), reason=error.strerror)
    return over


def _read(folder: Path) -> dict[str, float]:
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        return {str(name): float(first) for name, first in orjson.loads((folder / SIGHTINGS).read_bytes()).items()}
    return {}


def _write(folder: Path, seen: dict[str, float]) -> None:
    if not seen:
        (folder / SIGHTINGS).unlink(missing_ok=True)
        return
    draft = folder / f"{SIGHTINGS}.{new_id()}"
    try:
        draft.write_bytes(orjson.dumps(seen))
        draft.replace(folder / SIGHTINGS)
    finally:
        draft.unlink(missing_ok=True)
