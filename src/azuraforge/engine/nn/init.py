"""Initial values of parameters, with the same distributions as PyTorch's defaults."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.nn.module import Parameter
from azuraforge.engine.random import default_generator


def uniform(shape: tuple[int, ...], bound: float, generator: np.random.Generator | None = None) -> Parameter:
    """Return a float32 parameter drawn evenly from ``-bound … bound``."""
    source = generator if generator is not None else default_generator()
    return Parameter(source.uniform(-bound, bound, size=shape).astype(np.float32))


def fan_in_uniform(shape: tuple[int, ...], fan_in: int, generator: np.random.Generator | None = None) -> Parameter:
    """Return a parameter drawn from ``±1/sqrt(fan_in)``, PyTorch's default for Linear and convolutions.

    That is He et al.'s (2015) uniform initialisation with a = sqrt(5).
    """
    return uniform(shape, 1 / math.sqrt(max(fan_in, 1)), generator)


def constant(shape: tuple[int, ...], value: float) -> Parameter:
    """Return a float32 parameter filled with ``value``."""
    return Parameter(np.full(shape, value, dtype=np.float32))
