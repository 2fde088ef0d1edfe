"""Untrusted zip archives of many files, checked as a whole before any file is unpacked.

No file is written to disk under a name from an archive. Runs only in child processes.
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
from azuraforge.messages import Message

MAX_ENTRIES = 200_000
#: Room for 200,000 entries with long names. Python reads the whole directory before its entries can be counted.
MAX_DIRECTORY_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 2 << 30
MAX_ENTRY_BYTES = 512 << 20
#: Maximum compression ratio: images and idx files stay below it; a zip bomb reaches a thousand.
MAX_RATIO = 200
_RATIO_COUNTS_FROM_BYTES = 16 << 20
#: Signatures of the end record and of the two ZIP64 records before it, and the size of all three with the longest
#: comment (64 KiB).
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LONGEST_END = (1 << 16) + 22 + 20 + 56
#: Files that operating systems create in folders and that are not data.
_LEFTOVERS = (".ds_store", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Entry:
    """A file in an archive: its path with ``/`` as separator, and its unpacked size in bytes."""

    path: str
    bytes: int
    info: zipfile.ZipInfo

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts


class Archive:
    """Zip archive that was checked for links, paths that leave it, a password, zip bombs and repeated names."""

    def __init__(self, file: zipfile.ZipFile, name: str) -> None:
        self._file = file
        self.name = name
        self.entries = _checked(file, name)

    def read(self, entry: Entry) -> bytes:
        """Return an entry's bytes. Raises InvalidInput if the entry is damaged or larger than the directory states."""
        try:
            with self._file.open(entry.info) as stream:
                data = stream.read(entry.bytes + 1)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError) as error:
            raise InvalidInput(
                "{path} in {name} cannot be unpacked: {reason}",
                where="{name}, {path}",
                next_step="the archive may be damaged; create it again",
                code="unreadable_file",
                path=entry.path,
                name=self.name,
                reason=error,
            ) from error
        if len(data) > entry.bytes:
            raise _refused(
                Message("{path!r} is larger than the archive states", {"path": entry.path}), self.name, "archive_bomb"
            )
        return data


@contextmanager
def open_archive(path: Path, name: str) -> Iterator[Archive]:
    """Open a zip and check its directory without unpacking any file. Raises InvalidInput if a check fails."""
    try:
        with path.open("rb") as opened:
            check_directory(opened, name)
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise InvalidInput(
            "the archive {name} cannot be read: {reason}",
            where="{name}",
            next_step="create the zip again; it may be incomplete or damaged",
            code="unreadable_file",
            name=name,
            reason=error,
        ) from error
    with file:
        yield Archive(file, name)


def check_directory(file: IO[bytes], name: str) -> None:
    """Raise InvalidInput if an archive's directory exceeds ``MAX_DIRECTORY_BYTES``, according to its end record.

    The file's position is reset to its start. A file that is not an archive is accepted, because opening it fails.
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
        raise _too_many(name)


def is_zip(path: Path) -> bool:
    """Return whether a file begins with the signature of a zip."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _checked(file: zipfile.ZipFile, name: str) -> list[Entry]:
    infos = file.infolist()
    if len(infos) > MAX_ENTRIES:
        raise _too_many(name)
    entries: list[Entry] = []
    seen: set[str] = set()
    total = 0
    for info in infos:
        path = _checked_path(info, name)
        if info.is_dir() or _is_leftover(path):
            continue
        if info.flag_bits & 1:
            raise _refused(
                Message("it has a password"),
                name,
                "encrypted_archive",
                Message("create the archive without a password"),
            )
        if path in seen:
            raise _refused(Message("it contains {path!r} twice", {"path": path}), name, "doubled_entry")
        seen.add(path)
        if info.file_size > MAX_ENTRY_BYTES:
            raise _refused(
                Message("{path!r} has more than {most} MiB", {"path": path, "most": MAX_ENTRY_BYTES >> 20}),
                name,
                "too_large",
            )
        if info.file_size > _RATIO_COUNTS_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise _refused(
                Message("{path!r} unpacks to {ratio} times its size or more", {"path": path, "ratio": MAX_RATIO}),
                name,
                "archive_bomb",
            )
        total += info.file_size
        entries.append(Entry(path, info.file_size, info))
    packed = sum(entry.info.compress_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise _refused(
            Message("it unpacks to more than {most} GiB", {"most": MAX_UNPACKED_BYTES >> 30}),
            name,
            "too_large",
            _ADD_A_PART,
        )
    if total > _RATIO_COUNTS_FROM_BYTES and total > MAX_RATIO * max(1, packed):
        raise _refused(
            Message("it unpacks to {ratio} times its size or more", {"ratio": MAX_RATIO}), name, "archive_bomb"
        )
    return entries


def _checked_path(info: zipfile.ZipInfo, name: str) -> str:
    path = info.orig_filename.replace("\\", "/")  # some Windows programs write backslashes
    shown = "".join(letter if letter.isprintable() else "?" for letter in path)[:120]
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(
            Message("{path!r} is a link", {"path": shown}),
            name,
            "link_in_archive",
            Message("add the files themselves to the archive instead of links"),
        )
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        raise _refused(Message("{path!r} is an absolute path", {"path": shown}), name, "path_outside", _OWN_NAME)
    if ".." in path.split("/") or "\0" in path:
        raise _refused(Message("{path!r} points outside the archive", {"path": shown}), name, "path_outside", _OWN_NAME)
    return str(PurePosixPath(path))


def _is_leftover(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or any(part.lower() in _LEFTOVERS or part.startswith("._") for part in parts)


_PACK_AGAIN = Message("correct the problem and create the archive again")
_ADD_A_PART = Message("add only a part of the data")
_OWN_NAME = Message("create the archive again with relative paths")


def _refused(why: Message, name: str, code: str, next_step: Message = _PACK_AGAIN) -> InvalidInput:
    return InvalidInput(
        "the archive {name} is refused: {why}",
        where="{name}",
        next_step="{step}",
        code=code,
        name=name,
        why=why,
        step=next_step,
    )


def _too_many(name: str) -> InvalidInput:
    return _refused(Message("it contains more than {most:,} files", {"most": MAX_ENTRIES}), name, "too_many_files")
