"""Backups as single files: a ZIP archive of a manifest and the database's contents, verified by a hash."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from azuraforge.durable import sync, sync_path
from azuraforge.errors import Conflict, InvalidInput, StorageError

_MANIFEST, _CONTENTS = "manifest.json", "database"


class Manifest(BaseModel):
    """Description of a backup. ``rows`` counts the rows of each table; ``bytes`` and ``sha256`` describe the contents.

    ``artifacts`` are the artifact files of the data home with their sizes in bytes; None if they were not listed.
    """

    format: Literal["azuraforge-backup-1"] = "azuraforge-backup-1"
    created_at: datetime
    azuraforge: str
    dialect: str
    revision: str
    rows: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], int]
    bytes: int
    sha256: str
    artifacts: dict[str, int] | None = None


def refuse_existing(target: Path) -> None:
    """Raise Conflict if the file exists, because backups are never overwritten."""
    if target.exists():
        raise Conflict(
            "the file already exists",
            where="{place}",
            next_step="choose another file name, or delete the existing file",
            place=str(target),
        )


def write(target: Path, contents: Path, manifest: Manifest, draft: Path) -> None:
    """Write the backup file atomically, readable only by its owner.

    ``draft`` is the path of a temporary file on the file system of ``target``. Raises Conflict if ``target`` exists,
    and StorageError if it cannot be written.
    """
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as made:
                made.writestr(_MANIFEST, manifest.model_dump_json(indent=2))
                made.write(contents, _CONTENTS)
            file.flush()
            sync(file.fileno())
        _place(draft, target)
    except OSError as error:
        raise not_written(error, target) from error
    finally:
        draft.unlink(missing_ok=True)


def _place(draft: Path, target: Path) -> None:
    """Rename the complete file durably; on failure, no file remains at ``target``."""
    try:
        os.link(draft, target)  # unlike a rename, this fails if the target was created meanwhile
    except FileExistsError:
        refuse_existing(target)
        raise  # a broken symbolic link
    except OSError:  # a file system without hard links
        refuse_existing(target)
        os.replace(draft, target)
    try:
        sync_path(target.parent)
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def not_written(error: OSError, target: Path) -> StorageError:
    """Return the error for a backup that could not be written."""
    return StorageError(
        "the backup could not be written: {reason}",
        where="{place}",
        next_step="free disk space, or choose another folder",
        reason=error.strerror,
        place=str(target),
    )


def read(source: Path) -> Manifest:
    """Return the manifest of a backup. Raises InvalidInput if the file is not a backup."""
    try:
        with zipfile.ZipFile(source) as made:
            return Manifest.model_validate_json(made.read(_MANIFEST))
    except FileNotFoundError:
        raise InvalidInput(
            "the file does not exist", next_step="check the path", where="{place}", place=str(source)
        ) from None
    except (OSError, zipfile.BadZipFile, KeyError, ValidationError) as error:
        raise InvalidInput(
            "the file is not an AzuraForge backup",
            where="{place}",
            next_step="use a file written by `azuraforge database backup`",
            place=str(source),
        ) from error


def extract(source: Path, target: Path) -> Manifest:
    """Extract the contents to ``target``, and return the manifest.

    Raises InvalidInput if the file is not a backup or its contents do not match the manifest, and StorageError if
    ``target`` cannot be written.
    """
    manifest = read(source)
    try:
        with zipfile.ZipFile(source) as made, made.open(_CONTENTS) as packed, target.open("wb") as unpacked:
            while chunk := packed.read(1 << 20):
                unpacked.write(chunk)
    except (KeyError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise _damaged(source) from error
    except OSError as error:
        raise StorageError(
            "the backup could not be unpacked: {reason}",
            next_step="free disk space",
            where="{place}",
            reason=error.strerror,
            place=str(target),
        ) from error
    if fingerprint(target) != (manifest.bytes, manifest.sha256):
        raise _damaged(source)
    return manifest


def fingerprint(path: Path) -> tuple[int, str]:
    """Return the size in bytes and the SHA-256 of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(source: Path) -> InvalidInput:
    return InvalidInput(
        "the backup is damaged", where="{place}", next_step="use another copy of the file", place=str(source)
    )
