"""Base of all optimizers, which store all parameters in one flat buffer.

Values, gradients and moments of all parameters are views into a few long vectors, so that one step is a
handful of operations over a vector instead of a loop over parameters. Backward writes straight into the
gradient buffer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.tensor import Tensor

_ALIGNMENT_BYTES = 64  # a cache line, and a full AVX-512 register


def aligned_zeros(size: int, dtype: np.dtype[np.generic]) -> Array:
    """Return an array of zeros that begins at a cache line."""
    raw = np.zeros(size * dtype.itemsize + _ALIGNMENT_BYTES, dtype=np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT_BYTES
    return raw[start : start + size * dtype.itemsize].view(dtype)


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: the tensors to learn, all of one dtype; tensors that require no gradient are left out.
        lr: the learning rate; it may be set at any time, which is what schedules do.

    Raises:
        EngineError: no tensor is left, a tensor is the result of an op, the dtypes differ, or an option is out of
            range.
    """

    # Names of the per-element state vectors that a subclass keeps, as they appear in ``state_dict``.
    state_names: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        self.params = _distinct(params)
        if not self.params:
            raise EngineError(f"{type(self).__name__} got no parameters")
        if not lr >= 0:
            raise EngineError(f"learning rate must not be negative, got {lr}")
        dtypes = {parameter.dtype for parameter in self.params}
        if len(dtypes) > 1:
            names = ", ".join(sorted(dtype.name for dtype in dtypes))
            raise EngineError(f"{type(self).__name__} needs parameters of one dtype, got {names}")
        self.lr = float(lr)
        self._dtype = dtypes.pop()
        self._slices = self._layout()
        size = self._slices[-1].stop
        self._everything = slice(0, size)
        self._values = aligned_zeros(size, self._dtype)
        self._gradients = aligned_zeros(size, self._dtype)
        self._scratch = aligned_zeros(size, self._dtype)
        self._state = {name: aligned_zeros(size, self._dtype) for name in self.state_names}
        self._steps = [0] * len(self.params)
        self._views: list[Array] = []
        self._adopt()

    def _layout(self) -> list[slice]:
        slices = []
        start = 0
        for parameter in self.params:
            slices.append(slice(start, start + parameter.size))
            # Each parameter begins on a cache line; the gaps stay zero.
            per_line = _ALIGNMENT_BYTES // self._dtype.itemsize
            start = -(-(start + parameter.size) // per_line) * per_line
        return slices

    def _adopt(self) -> None:
        """Move values and gradients of the parameters into the flat buffers."""
        self._views = []
        for parameter, part in zip(self.params, self._slices, strict=True):
            if parameter.size != part.stop - part.start or parameter.dtype != self._dtype:
                raise EngineError(
                    f"{type(self).__name__} was made for a parameter of {part.stop - part.start} numbers of "
                    f"{self._dtype}, which now is {shape_text(parameter.shape)} {parameter.dtype}: make a new optimizer"
                )
            home = self._values[part].reshape(parameter.shape)
            np.copyto(home, parameter.data)
            parameter.data = home
            self._views.append(home)
            parameter.set_gradient_buffer(self._gradients[part].reshape(parameter.shape))

    def _owns_all(self) -> bool:
        """Return whether all values are still stored in the flat buffers; another optimizer may have moved them."""
        for parameter, view in zip(self.params, self._views, strict=True):  # noqa: SIM110 - half the time of all()
            if parameter.data is not view:
                return False
        return True

    def zero_grad(self) -> None:
        """Clear the gradients."""
        for parameter in self.params:
            parameter._gradient = None

    def step(self) -> None:
        """Change the parameters along their gradients; those without a gradient stay as they are."""
        raise NotImplementedError

    def _parts(self) -> list[tuple[slice, int]]:
        """Return the ranges of the flat buffers to update, each with its step count.

        There is one range over everything in the usual case that every parameter has a gradient.
        """
        if not self._owns_all():
            self._adopt()
        missing = False
        steps = self._steps
        for index, parameter in enumerate(self.params):
            gradient = parameter._gradient
            if gradient is None:
                missing = True
                continue
            if gradient is not parameter._gradient_buffer:
                # Copy a gradient that the user assigned into the flat buffer.
                np.copyto(self._gradients[self._slices[index]].reshape(parameter.shape), gradient)
            steps[index] += 1
            parameter._version[0] += 1
        if not missing and steps.count(steps[0]) == len(steps):
            return [(self._everything, steps[0])]
        together = zip(self._slices, steps, self.params, strict=True)
        return [(part, step) for part, step, parameter in together if parameter._gradient is not None]

    def state_dict(self) -> dict[str, Array]:
        """Return the learning rate, the step counts and the state vectors as a flat dictionary of arrays."""
        state = {"lr": np.array(self.lr), "steps": np.array(self._steps, dtype=np.int64)}
        for name, flat in self._state.items():
            state[name] = np.concatenate([flat[part] for part in self._slices])
        return state

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Continue from a state of an optimizer of the same kind over parameters of the same sizes.

        Raises:
            EngineError: names or sizes differ; nothing is changed then.
        """
        kind = type(self).__name__
        sizes = {"lr": 1, "steps": len(self.params)}
        sizes |= dict.fromkeys(self._state, sum(parameter.size for parameter in self.params))
        if set(state) != set(sizes):
            raise EngineError(f"{kind} state holds {sorted(state)}, expected {sorted(sizes)}")
        for name, size in sizes.items():
            if np.size(state[name]) != size:
                raise EngineError(f"{kind} state {name!r} holds {np.size(state[name])} numbers, expected {size}")
            if np.asarray(state[name]).dtype.kind not in "fiu":
                raise EngineError(f"{kind} state {name!r} holds {np.asarray(state[name]).dtype}, expected numbers")
        self.lr = float(np.asarray(state["lr"]).item())
        self._steps = [int(step) for step in np.ravel(state["steps"])]
        for name, flat in self._state.items():
            start, given = 0, np.ravel(state[name])
            for parameter, part in zip(self.params, self._slices, strict=True):
                flat[part] = given[start : start + parameter.size]
                start += parameter.size


def _distinct(params: Iterable[Tensor]) -> list[Tensor]:
    result: list[Tensor] = []
    seen: set[int] = set()
    for parameter in params:
        if not isinstance(parameter, Tensor):
            raise EngineError(f"an optimizer takes tensors, got {type(parameter).__name__}")
        if parameter.node is not None:
            raise EngineError("an optimizer takes leaf tensors, got the result of an op")
        if parameter.requires_grad and id(parameter) not in seen:
            seen.add(id(parameter))
            result.append(parameter)
    return result
