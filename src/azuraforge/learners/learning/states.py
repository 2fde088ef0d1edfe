"""Folders of states as one file. Imports no database.

The file is an uncompressed archive with sorted names and no times, so that equal states have equal bytes.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path, PurePosixPath

from azuraforge.errors import InvalidInput


def pack(folder: Path) -> bytes:
    """Return the files below ``folder`` as bytes. Raises InvalidInput if there is anything but files and folders."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            name = path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file():
                raise InvalidInput(
                    "the state of the learner contains {name!r}, which is not a file",
                    where="save",
                    next_step="write files only",
                    code="learner_broke_contract",
                    name=name,
                )
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return packed.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Write the files of ``pack`` into the new ``folder``. Raises ValueError for other bytes."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for entry in archive:
            place = PurePosixPath(entry.name)
            if not entry.isreg() or place.is_absolute() or ".." in place.parts:
                raise ValueError(f"{entry.name!r} is no file of a state")
            source = archive.extractfile(entry)
            assert source is not None
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read())
