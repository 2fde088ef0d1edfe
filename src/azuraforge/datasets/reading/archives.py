"""Untrusted zip archives of many files: checked as a whole before anything is unpacked.

Nothing is ever written to disk under a name from an archive. Runs in children only.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from azuraforge.errors import InvalidInput

MAX_ENTRIES = 200_000
#: An archive's directory: 200,000 entries with long names. Python reads it whole before it can be counted.
MAX_DIRECTORY_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 2 << 30
MAX_ENTRY_BYTES = 512 << 20
#: The highest compression ratio: pictures and idx files hardly exceed it; a zip bomb reaches a thousand.
MAX_RATIO = 200
_RATIO_COUNTS_FROM_BYTES = 16 << 20
#: Size of the record at an archive's end with a comment of 64 KiB, and of the ZIP64 records before it.
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LONGEST_END = (1 << 16) + 22 + 20 + 56
#: Files that programs leave in folders, which are not part of the data.
_LEFTOVERS = (".ds_store", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its path in it, with ``/``, and its size unpacked."""

    path: str
    bytes: int
    info: zipfile.ZipInfo

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts


class Archive:
    """A checked archive: no links, no paths outside, no password, no bomb, no repeated name."""

    def __init__(self, file: zipfile.ZipFile, name: str) -> None:
        self._file = file
        self.name = name
        self.entries = _checked(file, name)

    def read(self, entry: Entry) -> bytes:
        """Return an entry's bytes, never more than the archive's directory announced."""
        try:
            with self._file.open(entry.info) as stream:
                data = stream.read(entry.bytes + 1)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError) as error:
            raise InvalidInput(
                f"{entry.path} in {self.name} cannot be unpacked: {error}",
                where=f"{self.name}, {entry.path}",
                next_step="the archive may be damaged; pack it again",
                code="unreadable_file",
            ) from error
        if len(data) > entry.bytes:
            raise _refused(f"{entry.path} is larger than its archive says", self.name, "archive_bomb")
        return data


@contextmanager
def open_archive(path: Path, name: str) -> Iterator[Archive]:
    """Open a zip and check everything that can be checked without unpacking it. Raises InvalidInput."""
    try:
        with path.open("rb") as opened:
            check_directory(opened, name)
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise InvalidInput(
            f"the archive {name} cannot be read: {error}",
            where=name,
            next_step="it may be cut off or damaged; pack it again as a zip",
            code="unreadable_file",
        ) from error
    with file:
        yield Archive(file, name)


def check_directory(file: IO[bytes], name: str) -> None:
    """Raise InvalidInput if an archive's directory is larger than any that is read; its size stands at the end.

    Leaves the file at its start. A file that is no archive passes; opening it reports that.
    """
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _LONGEST_END)
    file.seek(start)
    tail = file.read(_LONGEST_END)
    file.seek(0)
    plain = len(tail) - 22
    found = plain if tail[plain:].startswith(_END) and tail.endswith(b"\0\0") else tail.rfind(_END)
    if found < 0 or len(tail) < found + 16:
        return
    (directory,) = struct.unpack_from("<I", tail, found + 12)
    if tail[max(0, found - 20) :].startswith(_LOCATOR_64):  # Python then uses the ZIP64 records
        at = tail.rfind(_END_64, 0, found)
        directory = struct.unpack_from("<Q", tail, at + 40)[0] if at >= 0 else size
    if min(directory, size) > MAX_DIRECTORY_BYTES:
        raise _refused(f"it holds more than {MAX_ENTRIES:,} files", name, "too_many_files")


def is_zip(path: Path) -> bool:
    """Return whether a file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _checked(file: zipfile.ZipFile, name: str) -> list[Entry]:
    infos = file.infolist()
    if len(infos) > MAX_ENTRIES:
        raise _refused(f"it holds more than {MAX_ENTRIES} files", name, "too_many_files")
    entries: list[Entry] = []
    seen: set[str] = set()
    total = 0
    for info in infos:
        path = _checked_path(info, name)
        if info.is_dir() or _is_leftover(path):
            continue
        if info.flag_bits & 1:
            raise _refused("it is locked by a password", name, "encrypted_archive", "pack it without a password")
        if path in seen:
            raise _refused(f"it holds {path!r} twice", name, "doubled_entry")
        seen.add(path)
        if info.file_size > MAX_ENTRY_BYTES:
            raise _refused(f"{path!r} has more than {MAX_ENTRY_BYTES >> 20} MiB", name, "too_large")
        if info.file_size > _RATIO_COUNTS_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise _refused(f"{path!r} unpacks to {MAX_RATIO} times its size and more", name, "archive_bomb")
        total += info.file_size
        entries.append(Entry(path, info.file_size, info))
    packed = sum(entry.info.compress_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise _refused(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB", name, "too_large", "add a part of it")
    if total > _RATIO_COUNTS_FROM_BYTES and total > MAX_RATIO * max(1, packed):
        raise _refused(f"it unpacks to {MAX_RATIO} times its size and more", name, "archive_bomb")
    return entries


def _checked_path(info: zipfile.ZipInfo, name: str) -> str:
    path = info.orig_filename.replace("\\", "/")  # some Windows programs write backslashes
    shown = "".join(letter if letter.isprintable() else "?" for letter in path)[:120]
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(f"{shown!r} is a link", name, "link_in_archive", "pack the files themselves")
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        raise _refused(f"{shown!r} is an absolute path", name, "path_outside", "pack the folder by its own name")
    if ".." in path.split("/") or "\0" in path:
        raise _refused(f"{shown!r} points outside the archive", name, "path_outside", "pack the folder by its own name")
    return str(PurePosixPath(path))


def _is_leftover(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or any(part.lower() in _LEFTOVERS or part.startswith("._") for part in parts)


def _refused(why: str, name: str, code: str, next_step: str = "pack it again without that") -> InvalidInput:
    return InvalidInput(f"the archive {name} is refused: {why}", where=name, next_step=next_step, code=code)
