"""Files of this machine that are sent to the platform or written here; failures as ``FileUnusable``."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from azuraforge.client.errors import FileUnusable

_NEXT_STEPS = {
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file, not a folder",
    errno.EACCES: "check the permissions of the file and its folder",
    errno.EPERM: "check the permissions of the file and its folder",
    errno.ENOSPC: "free space on the disk, or write to another one",
    errno.EROFS: "write to another folder",
}


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read its bytes. Raises FileUnusable if it cannot be opened."""
    try:
        content = path.open("rb")
    except OSError as error:
        raise _unusable(path, "read", error) from error
    with content:
        yield content


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that appears complete or not at all. Raises FileUnusable if it cannot be written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        content = partial.open("wb")
    except OSError as error:
        raise _unusable(path, "written", error) from error
    try:
        with content:
            yield content
        partial.replace(path)
    except OSError as error:
        raise _unusable(path, "written", error) from error
    finally:
        partial.unlink(missing_ok=True)


def _unusable(path: Path, verb: str, error: OSError) -> FileUnusable:
    if error.errno == errno.ENOENT and verb == "read":
        what = f"the file {str(path)!r} does not exist"
    else:
        what = f"the file {str(path)!r} cannot be {verb}: {error.strerror or error}"
    where = "" if path.is_absolute() else f"in {Path.cwd()}"
    return FileUnusable(what, where=where, next_step=_NEXT_STEPS.get(error.errno or 0, "try another file"))
