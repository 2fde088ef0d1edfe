"""Stochastic gradient descent, with momentum (Polyak 1964) and Nesterov's form of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.optim.optimizer import Optimizer
from azuraforge.engine.tensor import Tensor


class SGD(Optimizer):
    """Gradient descent ``value -= lr * velocity``; the velocity is the gradient or its running sum.

    Args:
        params: the tensors to learn.
        lr: the learning rate.
        momentum: share of the velocity that is kept at each step; 0 is plain descent.
        nesterov: whether to use Nesterov's form, which looks ahead along the velocity; requires momentum.
        weight_decay: L2 penalty, added to the gradient.
    """

    state_names = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        if momentum < 0 or weight_decay < 0:
            raise EngineError(f"momentum and weight_decay must not be negative, got {momentum}, {weight_decay}")
        if nesterov and momentum == 0:
            raise EngineError("nesterov needs momentum above 0")
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def step(self) -> None:
        """Change the parameters along their gradients."""
        for part, _ in self._parts():
            values = self._values[part]
            gradient = self._gradients[part]
            velocity = self._state["momentum_buffer"][part]
            scratch = self._scratch[part]
            if self.weight_decay:
                gradient = gradient + values * values.dtype.type(self.weight_decay)
            if self.momentum:
                velocity *= self.momentum
                velocity += gradient
                gradient = gradient + velocity * self.momentum if self.nesterov else velocity
            np.multiply(gradient, values.dtype.type(self.lr), out=scratch)
            values -= scratch
