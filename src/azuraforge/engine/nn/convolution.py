"""Convolution and pooling layers, channels first as in PyTorch."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.checks import Pair, pair
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.tensor import Tensor


class Conv2d(Module):
    """Convolution of images ``(batch, in, height, width)``; weight ``(out, in / groups, kernel, kernel)``.

    Args:
        in_channels, out_channels: channels before and after, both multiples of ``groups``.
        kernel_size, stride, padding, dilation: one number, or one each for height and width.
        groups: number of groups of channels that are convolved separately.
        bias: whether to add a learnt offset per channel.
        generator: source of the first weights; the module-level one by default.
    """

    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
        bias: bool = True,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair(kernel_size)
        self.stride = pair(stride)
        self.padding = pair(padding)
        self.dilation = pair(dilation)
        self.groups = groups
        _check("Conv2d", in_channels, out_channels, groups, (*self.kernel_size, *self.stride, *self.dilation))
        _check_padding("Conv2d", *self.padding)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        fan_in = math.prod(shape[1:])
        self.weight = init.fan_in_uniform(shape, fan_in, generator)
        self.bias = init.fan_in_uniform((out_channels,), fan_in, generator) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, in, height, width)`` to ``(batch, out, height', width')``."""
        return functional.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """Return channels and window as text for ``repr``."""
        return f"{self.in_channels} → {self.out_channels}, kernel={self.kernel_size}"


class Conv1d(Module):
    """Convolution of sequences ``(batch, in, time)``; weight ``(out, in / groups, kernel)``. As Conv2d."""

    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        _check("Conv1d", in_channels, out_channels, groups, (kernel_size, stride, dilation))
        _check_padding("Conv1d", padding)
        shape = (out_channels, in_channels // groups, kernel_size)
        fan_in = math.prod(shape[1:])
        self.weight = init.fan_in_uniform(shape, fan_in, generator)
        self.bias = init.fan_in_uniform((out_channels,), fan_in, generator) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, in, time)`` to ``(batch, out, time')``."""
        return functional.conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """Return channels and window as text for ``repr``."""
        return f"{self.in_channels} → {self.out_channels}, kernel={self.kernel_size}"


class _Pool(Module):
    def __init__(self, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        if min(*pair(kernel_size), *pair(self.stride)) < 1:
            raise EngineError(f"{type(self).__name__} window and stride must be at least 1")
        _check_padding(type(self).__name__, *pair(padding))

    def extra_repr(self) -> str:
        """Return the window as text for ``repr``."""
        return f"{self.kernel_size}, stride={self.stride}"


class MaxPool2d(_Pool):
    """Max-pooling: the largest element of each window."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, channel, height, width)`` to ``(batch, channel, height', width')``."""
        return functional.max_pool2d(x, self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Pool):
    """Average pooling: the mean of each window; padding counts as zeros."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, channel, height, width)`` to ``(batch, channel, height', width')``."""
        return functional.avg_pool2d(x, self.kernel_size, self.stride, self.padding)


class MaxPool1d(_Pool):
    """Max-pooling of sequences: the largest element of each window."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, channel, time)`` to ``(batch, channel, time')``."""
        return functional.max_pool1d(x, pair(self.kernel_size)[1], pair(self.stride)[1], pair(self.padding)[1])


class AvgPool1d(_Pool):
    """Average pooling of sequences: the mean of each window; padding counts as zeros."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, channel, time)`` to ``(batch, channel, time')``."""
        return functional.avg_pool1d(x, pair(self.kernel_size)[1], pair(self.stride)[1], pair(self.padding)[1])


class Flatten(Module):
    """Module that joins all axes from ``start_axis`` on into one."""

    def __init__(self, start_axis: int = 1) -> None:
        super().__init__()
        self.start_axis = start_axis

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, a, b, …)`` to ``(batch, a * b * …)``."""
        return x.flatten(self.start_axis)


def _check_padding(layer: str, *padding: int) -> None:
    if min(padding) < 0:
        raise EngineError(f"{layer} padding must not be negative, got {min(padding)}")


def _check(layer: str, in_channels: int, out_channels: int, groups: int, sizes: tuple[int, ...]) -> None:
    if min(in_channels, out_channels, groups, *sizes) < 1:
        raise EngineError(f"{layer} channels, groups, kernel, stride and dilation must be at least 1")
    if in_channels % groups or out_channels % groups:
        raise EngineError(f"{layer} channels {in_channels} and {out_channels} are not multiples of {groups} groups")
