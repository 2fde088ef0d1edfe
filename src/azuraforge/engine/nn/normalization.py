"""Normalisation layers."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.autograd import apply_many
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.checks import expect_dtype
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.tensor import Tensor


class LayerNorm(Module):
    """Layer normalisation: mean 0 and variance 1 over the last axes of each example, then scale and shift.

    Args:
        normalized_shape: shape of the axes to normalise over, or the size of the last one.
        eps: added to the variance.
        affine: whether to learn a scale (``weight``) and a shift (``bias``).
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
        """Normalise ``(…, *normalized_shape)``; the shape is unchanged."""
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the normalised shape as text for ``repr``."""
        return ", ".join(str(size) for size in self.normalized_shape)


class _BatchNorm(Module):
    """Batch normalisation: mean 0 and variance 1 of each channel over the batch; running statistics in evaluation.

    Args:
        num_features: number of channels.
        eps: added to the variance.
        momentum: weight of a batch in the running statistics.
        affine: whether to learn a scale (``weight``) and a shift (``bias``).
    """

    weight: Parameter | None
    bias: Parameter | None
    dims: tuple[int, ...]
    layout: str

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = init.constant((num_features,), 1.0) if affine else None
        self.bias = init.constant((num_features,), 0.0) if affine else None
        self.register_buffer("running_mean", np.zeros(num_features, np.float32))
        self.register_buffer("running_var", np.ones(num_features, np.float32))
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each channel, along axis 1; the shape is unchanged."""
        kind = type(self).__name__
        if x.ndim not in self.dims or x.shape[1] != self.num_features:
            layout = self.layout.format(self.num_features)
            raise EngineError(f"{kind} expects {layout}, got {shape_text(x.shape)}")
        mean, variance = self._buffers["running_mean"], self._buffers["running_var"]
        for running in (mean, variance):
            if running.shape != (self.num_features,):
                raise EngineError(
                    f"{kind} expects running statistics ({self.num_features},), got {shape_text(running.shape)}"
                )
        if self.training:
            count = x.size // max(self.num_features, 1)
            if count < 2:
                raise EngineError(
                    f"{kind} needs more than one value per channel in training, got {shape_text(x.shape)}"
                )
            output, batch_mean, batch_variance = apply_many("batch_norm", x, self.weight, self.bias, eps=self.eps)
            for running, batch in ((mean, batch_mean.data), (variance, batch_variance.data * (count / (count - 1)))):
                running.data += running.dtype.type(self.momentum) * (batch.astype(running.dtype) - running.data)
                running.changed_in_place()
            self._buffers["num_batches_tracked"].data += 1
            return output
        if self.weight is not None:
            expect_dtype(kind, x, self.weight)
        shape = (1, -1, *([1] * (x.ndim - 2)))
        scale = Tensor(1 / np.sqrt(variance.data + variance.dtype.type(self.eps)))
        if self.weight is not None:
            scale = scale * self.weight
        shift = Tensor(mean.data) * scale
        result = x * scale.reshape(*shape) - shift.reshape(*shape)
        return result if self.bias is None else result + self.bias.reshape(*shape)

    def extra_repr(self) -> str:
        """Return the channels as text for ``repr``."""
        return str(self.num_features)


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of ``(batch, channel)`` or ``(batch, channel, time)`` (Ioffe and Szegedy 2015)."""

    dims = (2, 3)
    layout = "(batch, {0}) or (batch, {0}, time)"


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of ``(batch, channel, height, width)``."""

    dims = (4,)
    layout = "(batch, {0}, height, width)"
