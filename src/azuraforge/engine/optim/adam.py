"""Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from azuraforge.engine import backends
from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.optim.optimizer import Optimizer
from azuraforge.engine.tensor import Tensor


class Adam(Optimizer):
    """Adam, whose steps are scaled by running means of the gradient and of its square.

    Args:
        params: the tensors to learn.
        lr: the learning rate.
        betas: decay of the two running means.
        eps: added to the denominator.
        weight_decay: L2 penalty, added to the gradient.
    """

    state_names = ("exp_avg", "exp_avg_sq")
    decoupled = False

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not (0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise EngineError(f"betas must be at least 0 and below 1, got {betas}")
        if eps < 0 or weight_decay < 0:
            raise EngineError(f"eps and weight_decay must not be negative, got {eps} and {weight_decay}")
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        super().__init__(params, lr)

    def step(self) -> None:
        """Change the parameters along their gradients."""
        for part, step in self._parts():
            self._update(
                self._values[part],
                self._gradients[part],
                self._state["exp_avg"][part],
                self._state["exp_avg_sq"][part],
                self._scratch[part],
                step,
            )

    def _update(self, values: Array, gradient: Array, mean: Array, square: Array, scratch: Array, step: int) -> None:
        beta_1, beta_2 = self.betas
        faster = backends.updates.get("adam")
        if faster is not None and values.dtype == np.float32:
            decay = self.lr * self.weight_decay if self.decoupled else 0.0
            faster(
                values,
                gradient,
                mean,
                square,
                keep=1 - decay,
                penalty=0.0 if self.decoupled else self.weight_decay,
                betas=self.betas,
                step_size=self.lr / (1 - beta_1**step),
                root=1 / math.sqrt(1 - beta_2**step),
                eps=self.eps,
            )
            return
        if self.weight_decay and self.decoupled:
            values *= 1 - self.lr * self.weight_decay
        elif self.weight_decay:
            gradient = gradient + values * values.dtype.type(self.weight_decay)
        # mean += (1 - beta_1) * (gradient - mean); square = beta_2 * square + (1 - beta_2) * gradient²
        np.subtract(gradient, mean, out=scratch)
        scratch *= 1 - beta_1
        mean += scratch
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - beta_2
        square *= beta_2
        square += scratch
        np.sqrt(square, out=scratch)
        scratch *= 1 / math.sqrt(1 - beta_2**step)
        scratch += self.eps
        np.divide(mean, scratch, out=scratch)
        scratch *= self.lr / (1 - beta_1**step)
        values -= scratch


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights directly instead of joining the gradient."""

    decoupled = True

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
