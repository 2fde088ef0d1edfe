"""Gradient clipping by norm or by value."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.tensor import Tensor

_CHUNK = 4096  # numbers; a fifth of the time that squares in float64 take
_LEAST, _MOST = 1e-20, 1e30


def clip_grad_norm_(params: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients together so that their joint Euclidean norm is at most ``max_norm``.

    Returns:
        The norm before clipping, the figure worth logging.

    Raises:
        EngineError: ``max_norm`` is not above 0, or the norm is NaN or infinite, so there is no direction to keep.
    """
    if not max_norm > 0:
        raise EngineError(f"max_norm must be above 0, got {max_norm}")
    gradients = [parameter._gradient for parameter in params if parameter._gradient is not None]
    with np.errstate(all="ignore"):
        total = sum([_square_sum(gradient) for gradient in gradients])
    if not _LEAST < total < _MOST:  # too small or large for squares in float32, or not a number at all
        total = sum([float(np.einsum("i,i", flat, flat, dtype=np.float64)) for flat in map(np.ravel, gradients)])
    norm = math.sqrt(total)
    if not math.isfinite(norm):
        raise EngineError(f"the norm of the gradients is {norm}: run under detect_anomaly() to find the op")
    if norm > max_norm:
        for gradient in gradients:
            gradient *= max_norm / (norm + 1e-6)
    return norm


def _square_sum(gradient: Array) -> float:
    """Return the sum of squares, in the gradient's dtype within chunks and in float64 across them for accuracy."""
    flat = gradient.reshape(-1)
    whole = flat.size - flat.size % _CHUNK
    rest, chunks = flat[whole:], flat[:whole].reshape(-1, _CHUNK)
    total = float(np.vecdot(rest, rest))
    return total + float(np.vecdot(chunks, chunks).sum(dtype=np.float64)) if whole else total


def clip_grad_value_(params: Iterable[Tensor], max_value: float) -> None:
    """Limit each element of each gradient to ``-max_value … max_value``.

    Raises:
        EngineError: ``max_value`` is not above 0.
    """
    if not max_value > 0:
        raise EngineError(f"max_value must be above 0, got {max_value}")
    for parameter in params:
        if parameter._gradient is not None:
            np.clip(parameter._gradient, -max_value, max_value, out=parameter._gradient)
