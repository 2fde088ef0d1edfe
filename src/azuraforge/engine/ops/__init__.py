"""Every op of the engine in NumPy: importing this package fills the registry."""

from azuraforge.engine.ops import activation, arithmetic, linear, loss, normalization, recurrent, reduction, shape
from azuraforge.engine.ops.registry import OPS, Array, Context, Op, register

__all__ = [
    "OPS", "Array", "Context", "Op", "activation", "arithmetic", "linear", "loss", "normalization", "recurrent",
    "reduction", "register", "shape",
]  # fmt: skip
