"""Exponential moving average of weights (Polyak and Juditsky 1992), often better than the last weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.nn.module import Module
from azuraforge.engine.ops.registry import Array


class MovingAverage:
    """Moving average ``decay * average + (1 - decay) * weights`` of the parameters and buffers of a module.

    Args:
        module: module whose weights are averaged.
        decay: share of the average that each update keeps; update number ``n`` keeps at most ``(1 + n) / (10 + n)``.

    >>> from azuraforge.engine import nn
    >>> layer = nn.Linear(2, 1)
    >>> average = MovingAverage(layer)
    >>> average.update()
    >>> with average.applied():
    ...     pass  # evaluate with the averaged weights; the trained ones come back afterwards
    """

    def __init__(self, module: Module, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise EngineError(f"decay must be at least 0 and below 1, got {decay}")
        self.module = module
        self.decay = decay
        self.updates = 0
        self._average = module.state_dict()

    def update(self) -> None:
        """Add the current weights of the module to the average; call this after each optimizer step."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, tensor in self.module._named_state():
            average, value = self._average[name], tensor.data
            if average.dtype.kind == "f":
                average += (value - average) * average.dtype.type(1 - decay)
            else:
                average[...] = value

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Run a block with the averaged weights in the module."""
        trained = self.module.state_dict()
        self.module.load_state_dict(self._average)
        try:
            yield
        finally:
            self.module.load_state_dict(trained)

    def state_dict(self) -> dict[str, Array]:
        """Return copies of the averaged weights, and ``updates``."""
        state = {f"average.{name}": value.copy() for name, value in self._average.items()}
        return {**state, "updates": np.array(self.updates)}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Restore ``state``. Raises EngineError if it belongs to another model, and changes nothing then."""
        wanted = {f"average.{name}" for name in self._average} | {"updates"}
        if set(state) != wanted:
            raise EngineError("the state of the moving average belongs to another model")
        for name, average in self._average.items():
            if np.shape(state[f"average.{name}"]) != average.shape:
                raise EngineError(f"the state of the moving average has another shape of {name}")
        self.updates = int(state["updates"])
        for name, average in self._average.items():
            average[...] = state[f"average.{name}"]
