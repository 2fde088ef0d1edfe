"""Every op of the engine in NumPy: importing this package fills the registry."""

from azuraforge.engine.ops import (
    activation,
    arithmetic,
    attention,
    classification,
    convolution,
    embedding,
    linear,
    loss,
    normalization,
    recurrent,
    reduction,
    shape,
)
from azuraforge.engine.ops.registry import OPS, Array, Context, Op, register

__all__ = [
    "OPS", "Array", "Context", "Op", "activation", "arithmetic", "attention", "classification", "convolution",
    "embedding", "linear", "loss", "normalization", "recurrent", "reduction", "register", "shape",
]  # fmt: skip
