"""Blocks of the ledger as bytes: columns of answers and outcomes in safetensors. Imports no database."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors.numpy import save

from azuraforge.learners.loop.commit import Answered, Block, Judged

PartT = TypeVar("PartT", Answered, Judged)

_DTYPES = {"I64": np.int64, "I32": np.int32, "F64": np.float64}
#: The only field of a file's metadata, because safetensors writes several fields in random order.
_META = "block"


def encode(block: Block) -> bytes:
    """Return the bytes of a block; equal blocks have equal bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    for part, columns in (("answered", block.answered), ("judged", block.judged)):
        for field in fields(columns):
            column = getattr(columns, field.name)
            dtype = np.int32 if field.name == "key" else np.float64 if column.dtype.kind == "f" else np.int64
            arrays[f"{part}.{field.name}"] = np.ascontiguousarray(column, dtype)
    about = {"first": block.first, "last": block.last, "keys": block.keys, "baselines": block.baselines}
    return save(dict(sorted(arrays.items())), metadata={_META: orjson.dumps(about).decode()})


def decode(content: bytes) -> Block:
    """Return the block of ``encode``. Raises ValueError or KeyError for other bytes."""
    length = int.from_bytes(content[:8], "little")
    header = orjson.loads(content[8 : 8 + length])
    about = orjson.loads(header.pop("__metadata__")[_META])
    arrays: dict[str, NDArray[Any]] = {}
    for name, found in header.items():
        start, end = found["data_offsets"]
        part = content[8 + length + start : 8 + length + end]
        arrays[name] = np.frombuffer(part, _DTYPES[found["dtype"]]).reshape(found["shape"])

    def columns(part: str, kind: type[PartT]) -> PartT:
        return kind(**{field.name: arrays[f"{part}.{field.name}"] for field in fields(kind)})

    return Block(
        about["first"],
        about["last"],
        tuple(about["keys"]),
        tuple(about["baselines"]),
        columns("answered", Answered),
        columns("judged", Judged),
    )


def cut(block: Block, first: int, last: int) -> Block:
    """Return the answers of the rows ``first`` to ``last``, and the outcomes that became known at these rows."""
    answered, judged = block.answered, block.judged
    return Block(
        max(first, block.first),
        min(last, block.last),
        block.keys,
        block.baselines,
        _taken(answered, (answered.seq >= first) & (answered.seq <= last)),
        _taken(judged, (judged.known_seq >= first) & (judged.known_seq <= last)),
    )


def joined(blocks: list[Block]) -> Block:
    """Return consecutive blocks as one. Keys of a learner keep their numbers, so the last block knows all."""
    answered, judged = [each.answered for each in blocks], [each.judged for each in blocks]
    return Block(
        blocks[0].first,
        blocks[-1].last,
        blocks[-1].keys,
        blocks[-1].baselines,
        Answered(
            **{one.name: np.concatenate([getattr(each, one.name) for each in answered]) for one in fields(Answered)}
        ),
        Judged(**{one.name: np.concatenate([getattr(each, one.name) for each in judged]) for one in fields(Judged)}),
    )


def first_difference(stored: Block, computed: Block) -> tuple[int, str] | None:
    """Return the row and the column of the first entry that differs in its bits; None if all are equal."""
    found: list[tuple[int, str]] = []
    pairs: tuple[tuple[Answered | Judged, Answered | Judged, str], ...] = (
        (stored.answered, computed.answered, "seq"),
        (stored.judged, computed.judged, "known_seq"),
    )
    for one, other, at in pairs:
        rows = min(len(getattr(one, at)), len(getattr(other, at)))
        for field in fields(one):
            a, b = getattr(one, field.name)[:rows], getattr(other, field.name)[:rows]
            differs = (_bits(a) != _bits(b)).reshape(rows, -1).any(axis=1).nonzero()[0].tolist() if rows else []
            if differs:
                found.append((int(getattr(one, at)[differs[0]]), field.name))
        longer = one if len(getattr(one, at)) > rows else other
        if len(getattr(longer, at)) > rows:
            found.append((int(getattr(longer, at)[rows]), "rows"))
    return min(found, default=None)


def _bits(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array).view(np.int64) if array.dtype == np.float64 else array


def _taken(columns: PartT, chosen: NDArray[np.bool_]) -> PartT:
    return type(columns)(**{field.name: getattr(columns, field.name)[chosen] for field in fields(columns)})
