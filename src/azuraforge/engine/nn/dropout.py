"""Dropout (Srivastava et al. 2014)."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.nn import functional
from azuraforge.engine.nn.module import Module
from azuraforge.engine.tensor import Tensor


class Dropout(Module):
    """Dropout: each element is set to zero with probability ``p`` in training and unchanged in evaluation.

    Args:
        p: the probability, 0 to 1.
        generator: source of the choices; the module-level one by default.
    """

    def __init__(self, p: float = 0.5, generator: np.random.Generator | None = None) -> None:
        super().__init__()
        functional.check_dropout(p)
        self.p = p
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Apply dropout; in training, the kept elements are scaled by ``1 / (1 - p)``."""
        return functional.dropout(x, self.p, self.training, self.generator)

    def extra_repr(self) -> str:
        """Return the probability as text for ``repr``."""
        return f"p={self.p}"
