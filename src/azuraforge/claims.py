"""Temporary folders that belong to one living process, so that another knows which ones the dead left.

A folder counts as in use while somebody holds the lock of the file ``<folder>.lock`` next to it. The kernel releases it
when the process ends, however it ends. On a folder that several machines share, this holds as far as ``flock`` does
(NFS version 4, CIFS and most cluster file systems); where a lock cannot be asked for, nothing is removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from pathlib import Path

_LOCK = ".lock"


class Claim:
    """A folder of this process; it is made at once and removed by ``release``."""

    def __init__(self, parent: Path) -> None:
        self.folder = parent / secrets.token_hex(8)
        while True:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # another process found the parent empty and removed it
                self._lock = _locked(_lock_of(self.folder))
                break
        try:
            self.folder.mkdir(mode=0o700)
        except BaseException:  # such as a full disk
            self.release()
            raise

    def release(self) -> None:
        """Remove the folder and give the lock up."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            _lock_of(self.folder).unlink(missing_ok=True)
        os.close(self._lock)


def sweep(parent: Path) -> int:
    """Remove the folders below ``parent`` whose process has ended; returns how many."""
    removed = 0
    try:
        entries = list(parent.iterdir())
    except OSError:
        return 0
    for folder in {path.with_name(path.name.removesuffix(_LOCK)) for path in entries}:
        # The file is locked before its folder is made: without one, no process claims the folder.
        with contextlib.suppress(OSError), _lock_of(folder).open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(lock.fileno()), _lock_of(folder).stat()):
                continue  # its owner or another sweep removed the file before it was locked here
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
            _lock_of(folder).unlink(missing_ok=True)
    return removed


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _locked(path: Path) -> int:
    """Lock a file and return its descriptor, which stays open until the process ends or calls ``release``."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # no locks here: no other process can ask for one either, so none removes the folder
            return lock
        except BaseException:
            os.close(lock)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        os.close(lock)  # a sweep removed the file between its making and its locking
