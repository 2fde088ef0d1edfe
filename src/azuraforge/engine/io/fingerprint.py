"""Fingerprint of weights: equal tensors have the same hash on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from azuraforge.engine.ops.registry import Array


def hash_tensors(tensors: Mapping[str, Array]) -> str:
    """Return the SHA-256, in hex, over name, dtype, shape and bytes of each tensor, sorted by name.

    Bytes are little-endian in C order, so memory layout does not matter; a single changed bit does.

    >>> hash_tensors({"w": np.zeros(2, np.float32)}) == hash_tensors({"w": np.zeros(3, np.float32)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        array = np.asarray(tensors[name])
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        encoded = name.encode()
        # The length in front keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(f"{len(encoded)}:".encode() + encoded)
        digest.update(f"|{array.dtype.name}|{array.shape}|".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()
