"""Artifact store: content-addressed files, one folder per project.

Files are never modified. They are deleted when no run refers to them any longer (``trash.py``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from azuraforge.crashpoints import crashpoint
from azuraforge.database import new_id
from azuraforge.durable import sync
from azuraforge.errors import StorageError
from azuraforge.messages import Message
from azuraforge.processes.failures import storage_error

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Stored:
    """SHA-256 and size in bytes of a stored file."""

    sha256: str
    bytes: int


class ArtifactStore:
    """Store of files at ``root/<project>/files/<first two digits>/<sha256>``.

    Example:
        >>> import tempfile
        >>> store = ArtifactStore(Path(tempfile.mkdtemp()))
        >>> stored = store.put_bytes("p1", b"hello")
        >>> store.path("p1", stored.sha256).read_bytes()
        b'hello'
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_file(self, project_id: str, source: Path) -> Stored:
        """Copy a file into the store atomically. Identical content is stored once; symbolic links are not followed.

        Raises StorageError if the file cannot be read or stored, for example because the disk is full.
        """
        draft = self.draft(project_id)
        try:
            descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                while chunk := file.read(_CHUNK):
                    draft.write(chunk)
            return draft.place()
        except OSError as error:
            raise self.readable(error) from error
        finally:
            draft.discard()

    def put_bytes(self, project_id: str, content: bytes) -> Stored:
        """Store ``content`` atomically. Raises StorageError if it cannot be written."""
        draft = self.draft(project_id)
        try:
            draft.write(content)
            return draft.place()
        finally:
            draft.discard()

    def draft(self, project_id: str) -> Draft:
        """Start a file whose content arrives in parts. Raises StorageError if it cannot be written."""
        return Draft(self, project_id)

    def path(self, project_id: str, sha256: str) -> Path:
        """Return the path for a SHA-256 address, whether or not the file exists."""
        return self.folder(project_id) / sha256[:2] / sha256

    def folder(self, project_id: str) -> Path:
        """Return the folder that contains a project's files."""
        return self.root / project_id / "files"

    def addresses(self, project_id: str) -> list[str]:
        """Return the SHA-256 addresses of all stored files of a project."""
        return [path.name for path in self.folder(project_id).glob("??/*")]

    def present(self, project_id: str, sha256: str, size: int) -> Path:
        """Return the path of a file of this size, without reading it. Raises StorageError if there is none."""
        path = self.path(project_id, sha256)
        try:
            found = path.stat().st_size
        except OSError as error:
            raise _unreadable(path, error) from error
        if found != size:
            raise _changed(path)
        return path

    def verify(self, project_id: str, sha256: str) -> Path:
        """Verify a file's hash and return its path. Raises StorageError if the file is unreadable or was modified."""
        path = self.path(project_id, sha256)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(path, error) from error
        if found != sha256:
            raise _changed(path)
        return path

    def place(self, project_id: str, draft: Path, stored: Stored) -> Stored:
        """Move a complete draft to its address. Raises OSError if it cannot be moved."""
        final = self.path(project_id, stored.sha256)
        final.parent.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            if final.stat().st_size == stored.bytes:
                os.utime(final)  # marks the file as recently used: its row is not written yet
                return stored
        draft.chmod(0o400)
        crashpoint("artifact_before_placed")
        os.replace(draft, final)
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            sync(folder)
        finally:
            os.close(folder)
        return stored

    def readable(self, error: OSError) -> StorageError:
        """Return an error of the file system as an error for users."""
        found = storage_error(error, Message("an artifact"), str(self.root))
        return found or StorageError(
            "an artifact could not be stored: {reason}",
            next_step="check the disk, then try again",
            where="{place}",
            reason=error.strerror,
            place=str(self.root),
        )


class Draft:
    """File of the store that is being written. Each method raises StorageError if the file cannot be written."""

    def __init__(self, store: ArtifactStore, project_id: str) -> None:
        self._store = store
        self._project_id = project_id
        self._digest, self._size = hashlib.sha256(), 0
        folder = store.folder(project_id)
        self._path = folder / f".incoming-{new_id()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")
        except OSError as error:
            raise store.readable(error) from error

    def write(self, chunk: bytes) -> None:
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._store.readable(error) from error
        self._digest.update(chunk)
        self._size += len(chunk)

    def place(self) -> Stored:
        """Add the file to the store, and return its address."""
        try:
            self._file.flush()
            sync(self._file.fileno())
            self._file.close()
            return self._store.place(self._project_id, self._path, Stored(self._digest.hexdigest(), self._size))
        except OSError as error:
            raise self._store.readable(error) from error

    def discard(self) -> None:
        """Remove the draft, unless it was placed."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def _unreadable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        "an artifact cannot be read: {reason}",
        next_step="check the disk, or restore the file from a backup",
        where="{place}",
        reason=error.strerror,
        place=str(path),
    )


def _changed(path: Path) -> StorageError:
    return StorageError(
        "an artifact was changed on disk",
        where="{place}",
        next_step="restore the file from a backup",
        place=str(path),
    )
