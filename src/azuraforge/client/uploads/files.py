"""Reading and writing of local files. Failures are raised as ``FileUnusable``."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from azuraforge.client.errors import FileUnusable
from azuraforge.messages import Message

_CHECK_PATH = Message("check the path")
_PERMISSIONS = Message("check the permissions of the file and its folder")
_NEXT_STEPS: Mapping[int, Message] = {
    errno.ENOENT: _CHECK_PATH,
    errno.ENOTDIR: _CHECK_PATH,
    errno.EISDIR: Message("choose a file instead of a folder"),
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.ENOSPC: Message("free disk space, or write to another disk"),
    errno.EROFS: Message("write to another folder"),
}
_OTHER_FILE = Message("try another file")


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading in binary mode. Raises FileUnusable if it cannot be opened."""
    try:
        content = path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with content:
        yield content


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file atomically: it appears at ``path`` only when complete. Raises FileUnusable on failure."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        content = partial.open("wb")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with content:
            yield content
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _unreadable(path: Path, error: OSError) -> FileUnusable:
    if error.errno == errno.ENOENT:
        return FileUnusable(
            "the file {path!r} does not exist", where="{place}", next_step="{step}", **_facts(path, error)
        )
    return FileUnusable(
        "the file {path!r} cannot be read: {reason}", where="{place}", next_step="{step}", **_facts(path, error)
    )


def _unwritable(path: Path, error: OSError) -> FileUnusable:
    return FileUnusable(
        "the file {path!r} cannot be written: {reason}", where="{place}", next_step="{step}", **_facts(path, error)
    )


def _facts(path: Path, error: OSError) -> dict[str, object]:
    """Return the values of a FileUnusable error. For a relative path, the place is the current directory."""
    place = "" if path.is_absolute() else Message("in {folder}", {"folder": str(Path.cwd())})
    step = _NEXT_STEPS.get(error.errno or 0, _OTHER_FILE)
    return {"path": str(path), "reason": error.strerror or str(error), "place": place, "step": step}
