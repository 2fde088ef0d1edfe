"""Packing of a folder into one zip file for an upload."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from azuraforge.client.uploads.files import reading

#: The earliest date of the zip format. A fixed date makes the bytes reproducible.
_DAY = (1980, 1, 1, 0, 0, 0)


@contextmanager
def as_one_file(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name and content of a file, or of a temporary zip file with all files of a folder except hidden ones.

    The zip file is not compressed, because images and gzip files would not shrink. Raises FileUnusable if a file cannot
    be read.
    """
    if not path.is_dir():
        with reading(path) as content:
            yield path.name, content
        return
    with tempfile.TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            for file in _files(path):
                info = zipfile.ZipInfo(file.relative_to(path).as_posix(), _DAY)
                with reading(file) as content, archive.open(info, "w", force_zip64=True) as entry:
                    while chunk := content.read(1 << 20):
                        entry.write(chunk)
        packed.seek(0)
        yield f"{path.resolve().name}.zip", packed


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(place) / name
