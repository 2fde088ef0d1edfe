"""Checks of the inputs of layers, and conversion of one or two integers to height and width."""

from __future__ import annotations

from operator import index

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.tensor import Tensor

Pair = tuple[int, int]


def expect_tensor(layer: str, x: Tensor) -> None:
    """Raise EngineError if the input is not a tensor."""
    if not isinstance(x, Tensor):
        raise EngineError(f"{layer} expects a Tensor, got {type(x).__name__}: wrap it in engine.Tensor(…)")


def expect_features(layer: str, x: Tensor, features: int, weight: Tensor) -> None:
    """Raise EngineError if the last axis or the dtype of the input does not match the layer's weights."""
    expect_tensor(layer, x)
    if not x.ndim or x.shape[-1] != features:
        raise EngineError(f"{layer} expects (…, {features}), got {shape_text(x.shape)}")
    expect_dtype(layer, x, weight)


def expect_dtype(layer: str, x: Tensor, weight: Tensor) -> None:
    """Raise EngineError if input and weights differ in dtype: silent promotion is slow and changes results."""
    if x.dtype != weight.dtype:
        raise EngineError(
            f"{layer} has {weight.dtype} weights, got {x.dtype} of shape {shape_text(x.shape)}: "
            f"use array.astype(numpy.{weight.dtype}) first"
        )


def pair(value: int | Pair) -> Pair:
    """Return ``(value, value)`` for one integer, two integers as they are. Raises EngineError for other values."""
    if isinstance(value, int):
        return (value, value)
    try:
        if isinstance(value, (tuple, list)):
            first, second = value
            return index(first), index(second)
        return index(value), index(value)
    except (TypeError, ValueError) as error:
        raise EngineError(f"expected one integer, or one each for height and width, got {value!r}") from error
