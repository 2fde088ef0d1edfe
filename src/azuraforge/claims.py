"""Temporary folders, each owned by one running process, so that folders of ended processes can be found and removed.

A folder is in use while a process holds the lock on the file ``<folder>.lock`` next to it. The kernel releases the lock
when the process ends for any reason. On a folder that several machines share, this works if the file system supports
``flock`` across machines (NFS version 4, CIFS and most cluster file systems); where locks are not supported, no folder
is removed.
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
    """A temporary folder of this process, ``folder``. The constructor creates it, and ``release`` removes it.

    The constructor raises OSError if the folder cannot be created.
    """

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
        """Remove the folder and release its lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            _lock_of(self.folder).unlink(missing_ok=True)
        os.close(self._lock)


def sweep(parent: Path) -> int:
    """Remove the folders in ``parent`` whose process has ended, and return how many were removed.

    Return 0 if ``parent`` cannot be read. Folders that cannot be locked are kept.
    """
    removed = 0
    try:
        entries = list(parent.iterdir())
    except OSError:
        return 0
    for folder in {path.with_name(path.name.removesuffix(_LOCK)) for path in entries}:
        # A process locks the file before it creates the folder, so a missing lock file means that no process owns the
        # folder.
        with contextlib.suppress(OSError), _lock_of(folder).open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(lock.fileno()), _lock_of(folder).stat()):
                continue  # the owner or another sweep removed the file before this lock was acquired
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
            _lock_of(folder).unlink(missing_ok=True)
    return removed


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _locked(path: Path) -> int:
    """Lock a file and return its descriptor, which stays open until ``release`` or the end of the process."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # file system without locks: other processes cannot lock either, so none removes the folder
            return lock
        except BaseException:
            os.close(lock)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        os.close(lock)  # a sweep removed the file after it was created and before it was locked
