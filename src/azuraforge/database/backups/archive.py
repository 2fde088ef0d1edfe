"""A backup in one file: a ZIP of a manifest and the database's contents, protected by their hash."""

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
    """Contents of a backup. ``rows`` counts every table, ``artifacts`` are files of the data home and their sizes."""

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
    """Raise Conflict where a file of this name already exists: no backup is ever overwritten."""
    if target.exists():
        raise Conflict(
            "a file of this name already exists",
            where="{place}",
            next_step="name another file, or remove it",
            place=str(target),
        )


def write(target: Path, contents: Path, manifest: Manifest, draft: Path) -> None:
    """Write the file, readable for its owner only. It appears complete or not at all.

    ``draft`` is on the same file system. Raises Conflict if a file of this name already exists, StorageError if it
    cannot be written.
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
    """Rename the finished file durably, or leave no file of this name."""
    try:
        os.link(draft, target)  # unlike a rename, it fails where a file of this name appeared meanwhile
    except FileExistsError:
        refuse_existing(target)
        raise  # a link that points nowhere
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
    """Return the error of a backup for which there is no space."""
    return StorageError(
        "the backup could not be written: {reason}",
        where="{place}",
        next_step="free space, or name another folder",
        reason=error.strerror,
        place=str(target),
    )


def read(source: Path) -> Manifest:
    """Return the manifest of a backup. Raises InvalidInput for a file that is no backup."""
    try:
        with zipfile.ZipFile(source) as made:
            return Manifest.model_validate_json(made.read(_MANIFEST))
    except FileNotFoundError:
        raise InvalidInput(
            "there is no such file", next_step="check the path", where="{place}", place=str(source)
        ) from None
    except (OSError, zipfile.BadZipFile, KeyError, ValidationError) as error:
        raise InvalidInput(
            "this is not a backup of AzuraForge",
            where="{place}",
            next_step="use a file of `azuraforge database backup`",
            place=str(source),
        ) from error


def extract(source: Path, target: Path) -> Manifest:
    """Extract the contents. Raises InvalidInput if they do not match the manifest."""
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
            next_step="free space",
            where="{place}",
            reason=error.strerror,
            place=str(target),
        ) from error
    if fingerprint(target) != (manifest.bytes, manifest.sha256):
        raise _damaged(source)
    return manifest


def fingerprint(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(source: Path) -> InvalidInput:
    return InvalidInput(
        "the backup is damaged", where="{place}", next_step="use another copy of the file", place=str(source)
    )
