"""Activations as modules, for use in :class:`~azuraforge.engine.nn.Sequential`."""

from __future__ import annotations

from azuraforge.engine.nn import functional
from azuraforge.engine.nn.module import Module
from azuraforge.engine.tensor import Tensor


class ReLU(Module):
    """Activation ``max(x, 0)``."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.relu(x)


class LeakyReLU(Module):
    """Activation ``x`` above zero and ``negative_slope * x`` below."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the slope as text for ``repr``."""
        return str(self.negative_slope)


class Tanh(Module):
    """Activation by the hyperbolic tangent."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.tanh(x)


class Sigmoid(Module):
    """Activation ``1 / (1 + exp(-x))``."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.sigmoid(x)


class GELU(Module):
    """Activation ``x`` times the normal distribution function of ``x`` (Hendrycks and Gimpel 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.gelu(x)


class SiLU(Module):
    """Activation ``x * sigmoid(x)``."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.silu(x)


class Softplus(Module):
    """Activation ``log(1 + exp(x))``."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element; the shape is unchanged."""
        return functional.softplus(x)


class Softmax(Module):
    """Activation ``exp(x) / sum(exp(x))`` along an axis."""

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        """Apply softmax along the axis; the shape is unchanged."""
        return functional.softmax(x, self.axis)

    def extra_repr(self) -> str:
        """Return the axis as text for ``repr``."""
        return f"axis={self.axis}"
