"""Fully connected layer."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.tensor import Tensor


class Linear(Module):
    """Fully connected layer ``y = x @ weight.T + bias``.

    Args:
        in_features: size of the last axis of the input.
        out_features: size of the last axis of the output.
        bias: whether to add a learnt offset.
        generator: source of the first weights; the module-level one by default.

    Shapes:
        input ``(…, in_features)``, output ``(…, out_features)``; weight ``(out_features, in_features)``,
        bias ``(out_features,)``.

    >>> Linear(8, 2)(Tensor(np.zeros((32, 60, 8), np.float32))).shape
    (32, 60, 2)
    """

    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, generator: np.random.Generator | None = None
    ) -> None:
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise EngineError(f"Linear sizes must be at least 1, got {in_features} and {out_features}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = init.fan_in_uniform((out_features, in_features), in_features, generator)
        self.bias = init.fan_in_uniform((out_features,), in_features, generator) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(…, in_features)`` to ``(…, out_features)``."""
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return both sizes as text for ``repr``."""
        return f"{self.in_features} → {self.out_features}" + ("" if self.bias is not None else ", bias=False")
