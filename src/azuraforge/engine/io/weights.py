"""Named arrays in the safetensors format: a length, a JSON header, raw little-endian bytes.

Layout: 8 bytes header length, the header (``{name: {dtype, shape, data_offsets}, "__metadata__": {…}}``), the
data. The safetensors library checks on reading that offsets, shapes and file size agree.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as storage

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array

#: On macOS fsync leaves data in the drive's own cache; this empties that cache too. Other systems have no such command.
_EMPTY_CACHE: int | None = getattr(fcntl, "F_FULLFSYNC", None)
_DTYPES = frozenset(
    ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool")
)


def save_safetensors(
    path: str | os.PathLike[str], tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> None:
    """Write named arrays and text metadata to ``path``, completely or not at all.

    Args:
        path: the file; it appears under this name only when complete and synced to disk.
        tensors: arrays of numbers or booleans, by name.
        metadata: texts stored in the header, by name.

    Raises:
        EngineError: a dtype or a metadata value cannot be stored.
        OSError: the disk is full or the folder cannot be written; nothing is left behind.
    """
    arrays = {}
    for name, array in tensors.items():
        values = np.asarray(array)
        if values.dtype.name not in _DTYPES:
            raise EngineError(f"{name!r} holds {values.dtype}, which safetensors cannot store")
        arrays[name] = np.array(values, dtype=values.dtype.newbyteorder("="), order="C")
    for key, text in (metadata or {}).items():
        if not isinstance(text, str):
            raise EngineError(f"metadata {key!r} must be text, got {type(text).__name__}")
    write_whole(Path(path), storage.save(arrays, dict(metadata) if metadata else None))


def load_safetensors(
    path: str | os.PathLike[str], *, refuse_nan: bool = False
) -> tuple[dict[str, Array], dict[str, str]]:
    """Read named arrays and metadata; the arrays are writable copies.

    Args:
        path: the file.
        refuse_nan: whether to raise EngineError if a floating point array contains NaN or infinity.

    Returns:
        The arrays by name, sorted, and the metadata (empty if none).

    Raises:
        EngineError: the file is missing, truncated, inconsistent or not a safetensors file.
        OSError: the file exists but cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise EngineError(f"weights file {os.fspath(path)!r} does not exist") from None
    except IsADirectoryError:
        raise EngineError(f"weights file {os.fspath(path)!r} is a folder") from None
    where = f"weights file {os.fspath(path)!r}"
    try:
        loaded = storage.load(content)
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"{where} is truncated or is not a valid safetensors file ({error})") from error
    tensors = {name: np.array(loaded[name]) for name in sorted(loaded)}
    if refuse_nan:
        for name, array in tensors.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise EngineError(f"{where}: {name!r} holds NaN or infinity")
    return tensors, header.get("__metadata__", {})


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely or not at all: write it under another name, sync it, then rename it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)  # as the process's umask allows
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            _sync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The new name, too, must outlast a power failure before anything that refers to it is written.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        _sync(folder)
    finally:
        os.close(folder)


def _sync(descriptor: int) -> None:
    if _EMPTY_CACHE is not None:
        with contextlib.suppress(OSError):  # network drives know no such command
            fcntl.fcntl(descriptor, _EMPTY_CACHE)
            return
    os.fsync(descriptor)
