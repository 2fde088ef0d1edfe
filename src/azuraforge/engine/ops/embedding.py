"""Lookup of rows in a table, one by one or reduced in bags."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, register

Gradients = tuple[Array | None, ...]


def check_indices(name: str, indices: Array, rows: int) -> None:
    """Raise EngineError if an index is outside the table."""
    if indices.size and (indices.min() < 0 or indices.max() >= rows):
        raise EngineError(f"{name} has {rows} rows, got indices from {indices.min()} to {indices.max()}")


def _embedding(context: Context, weight: Array, indices: Array, *, padding_index: int | None) -> Array:
    # weight (rows, width), indices (…) → (…, width)
    check_indices("Embedding", indices, weight.shape[0])
    context.saved = (weight.shape, indices, padding_index)
    return weight[indices]


def _embedding_vjp(context: Context, gradient: Array) -> Gradients:
    shape, indices, padding_index = context.saved
    result = np.zeros(shape, dtype=gradient.dtype)
    np.add.at(result, indices, gradient)
    if padding_index is not None:
        result[padding_index] = 0
    return result, None


def _embedding_bag(context: Context, weight: Array, indices: Array, offsets: Array, *, mode: str) -> Array:
    # weight (rows, width), indices (total,), offsets (bags,): where each bag starts → (bags, width)
    check_indices("EmbeddingBag", indices, weight.shape[0])
    bags = offsets.size
    ends = np.append(offsets[1:], indices.size)
    sizes = ends - offsets
    if bags and (offsets[0] != 0 or (sizes < 0).any()):
        raise EngineError("EmbeddingBag offsets must begin at 0 and never fall")
    bag_of = np.repeat(np.arange(bags), sizes)
    rows = weight[indices]
    result = np.zeros((bags, weight.shape[1]), dtype=weight.dtype)
    chosen = None
    if mode == "max":
        result.fill(-np.inf)
        np.maximum.at(result, bag_of, rows)
        result[sizes == 0] = 0
        chosen = _first_equal(rows == result[bag_of], bag_of)
    else:
        np.add.at(result, bag_of, rows)
        if mode == "mean":
            result /= np.maximum(sizes, 1)[:, None]
    context.saved = (weight.shape, indices, bag_of, sizes, chosen, mode)
    return result


def _first_equal(equal: Array, bag_of: Array) -> Array:
    """Return ``equal`` with only its first true position kept for each bag and column."""
    result = np.zeros_like(equal)
    taken: set[tuple[int, int]] = set()
    for position, column in zip(*np.nonzero(equal), strict=True):
        key = (int(bag_of[position]), int(column))
        if key not in taken:
            taken.add(key)
            result[position, column] = True
    return result


def _embedding_bag_vjp(context: Context, gradient: Array) -> Gradients:
    shape, indices, bag_of, sizes, chosen, mode = context.saved
    if mode == "mean":
        gradient = gradient / np.maximum(sizes, 1)[:, None].astype(gradient.dtype)
    rows = gradient[bag_of]
    if chosen is not None:
        rows = rows * chosen
    result = np.zeros(shape, dtype=gradient.dtype)
    np.add.at(result, indices, rows)
    return result, None, None


register("embedding", _embedding, _embedding_vjp, contracts.embedding)
register("embedding_bag", _embedding_bag, _embedding_bag_vjp, contracts.embedding_bag)
