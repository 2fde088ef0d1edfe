"""Normalisation layers."""

from __future__ import annotations

from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.tensor import Tensor


class LayerNorm(Module):
    """Bring the last axes of each example to mean 0 and variance 1, then scale and shift.

    Args:
        normalized_shape: shape of the axes to normalise over, or the size of the last one.
        eps: added to the variance.
        affine: learn a scale (``weight``) and a shift (``bias``).
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.weight = init.constant(self.normalized_shape, 1.0) if affine else None
        self.bias = init.constant(self.normalized_shape, 0.0) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape ``(…, *normalized_shape)``."""
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show the normalised shape."""
        return ", ".join(str(size) for size in self.normalized_shape)
