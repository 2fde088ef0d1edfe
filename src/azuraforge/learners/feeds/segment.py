"""Files of rows: a span as safetensors, addressed by the SHA-256 of its bytes. Imports no database."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors.numpy import save

from azuraforge.durable import sync_path
from azuraforge.errors import StorageError
from azuraforge.learners.feeds.files import path_of
from azuraforge.plugins.contract.rows import Span

__all__ = ["decode", "encode", "joined", "path_of", "read", "write"]

_DTYPES = {"I64": np.int64, "I32": np.int32, "U8": np.uint8, "F64": np.float64}
#: The only field of a file's metadata; safetensors writes several fields in random order, which changes the hash.
_META = "span"


def encode(span: Span) -> bytes:
    """Return the bytes of a span; equal spans have equal bytes."""
    arrays: dict[str, NDArray[Any]] = {
        "at": np.ascontiguousarray(span.at, np.int64),
        "key": np.ascontiguousarray(span.key, np.int32),
        "kind": np.ascontiguousarray(span.kind, np.uint8),
        "received": np.ascontiguousarray(span.received, np.int64),
        "seq": np.ascontiguousarray(span.seq, np.int64),
        "values": np.ascontiguousarray(span.values, np.float64),
    }
    names = {"columns": span.columns, "keys": span.keys}
    return save(arrays, metadata={_META: orjson.dumps(names).decode()})


def decode(content: bytes) -> Span:
    """Return the span of ``encode``. Raises ValueError or KeyError for other bytes."""
    length = int.from_bytes(content[:8], "little")
    header = orjson.loads(content[8 : 8 + length])
    names = orjson.loads(header["__metadata__"][_META])

    def array(name: str) -> NDArray[Any]:
        found = header[name]
        start, end = found["data_offsets"]
        return np.frombuffer(content[8 + length + start : 8 + length + end], _DTYPES[found["dtype"]]).reshape(
            found["shape"]
        )

    return Span(
        tuple(names["columns"]),
        tuple(names["keys"]),
        array("seq"),
        array("at"),
        array("key"),
        array("kind"),
        array("received"),
        array("values"),
    )


def write(span: Span, folder: Path) -> str:
    """Write a span into ``folder`` and return its address; durable when it returns. Raises OSError if this fails."""
    content = encode(span)
    address = hashlib.sha256(content).hexdigest()
    target = path_of(folder, address)
    if target.exists():
        return address
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{address}.{uuid.uuid4().hex}"
    try:
        draft.write_bytes(content)
        sync_path(draft)
        draft.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync_path(folder)
    return address


def read(path: Path) -> Span:
    """Read a segment and verify its bytes. Raises StorageError if it is missing or has changed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(
            "the rows of the feed cannot be read: {reason}",
            where="{place}",
            next_step="restore the file from a backup",
            reason=error.strerror,
            place=str(path),
        ) from error
    if hashlib.sha256(content).hexdigest() != path.stem:
        raise StorageError(
            "the rows of the feed have changed since they were stored",
            where="{place}",
            next_step="restore the file from a backup",
            place=str(path),
        )
    return decode(content)


def joined(spans: Sequence[Span]) -> Span:
    """Return consecutive spans of one feed as one."""
    if len(spans) == 1:
        return spans[0]
    return Span(
        spans[0].columns,
        spans[0].keys,
        np.concatenate([each.seq for each in spans]),
        np.concatenate([each.at for each in spans]),
        np.concatenate([each.key for each in spans]),
        np.concatenate([each.kind for each in spans]),
        np.concatenate([each.received for each in spans]),
        np.concatenate([each.values for each in spans]),
    )
