"""What a case of an op consists of, and how it is drawn: values, shapes, layouts in memory, gradients wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

LAYOUTS = ("plain", "fortran", "reversed", "stepped", "shifted")


def lay_out(array: np.ndarray, layout: str) -> np.ndarray:
    """Return an array of the same values that lies in memory in another way."""
    if layout == "plain" or not array.ndim:
        return array.copy()
    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "reversed":
        back = (slice(None, None, -1),) * array.ndim
        return array[back].copy()[back]
    if layout == "repeated":
        return np.broadcast_to(array[:1].copy(), array.shape)
    if layout == "stepped":
        wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), 7, array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    flat = np.empty(array.size + 1, array.dtype)  # "shifted": one element off any border of vectors
    flat[1:] = array.reshape(-1)
    return flat[1:].reshape(array.shape)


@dataclass
class Input:
    """Values that float32 holds exactly, and how they lie in memory."""

    values: np.ndarray
    layout: str = "plain"

    @property
    def real(self) -> bool:
        return self.values.dtype.kind == "f"


@dataclass
class Case:
    """One application of an op; ``used`` outputs get a gradient."""

    inputs: list[Input | None]
    attributes: dict[str, Any]
    needs: list[bool]
    used: list[bool]
    layout: str
    offer: bool
    seed: int
    absolute: bool = False

    def __str__(self) -> str:
        inputs = ["none" if one is None else f"{one.values.shape} {one.layout}" for one in self.inputs]
        gradient = f"gradient {self.layout}, wanted {self.needs}, used {self.used}, buffers {self.offer}"
        return f"{'; '.join(inputs)}; {self.attributes}; {gradient}; seed {self.seed}"

    @property
    def empty(self) -> bool:
        return any(one is not None and 0 in one.values.shape for one in self.inputs)

    def arrays(self, dtype, values=None) -> list[np.ndarray | None]:
        result: list[np.ndarray | None] = []
        for index, one in enumerate(self.inputs):
            if one is None:
                result.append(None)
                continue
            array = one.values if values is None else values[index]
            layout = "plain" if values is not None and one.layout == "repeated" else one.layout
            result.append(lay_out(array.astype(dtype) if one.real else array, layout))
        return result

    def options(self, dtype) -> dict[str, Any]:
        real = lambda value: isinstance(value, np.ndarray) and value.dtype.kind == "f"  # noqa: E731
        return {key: value.astype(dtype) if real(value) else value for key, value in self.attributes.items()}

    def mix(self, outputs) -> list[np.ndarray | None]:
        rng = np.random.default_rng(self.seed)
        drawn = [rng.normal(size=output.shape).astype(np.float32).astype(output.dtype) for output in outputs]
        if self.absolute:
            drawn = [np.abs(one) for one in drawn]
        wanted = [*self.used, *[False] * (len(outputs) - len(self.used))]
        return [lay_out(one, self.layout) if used else None for one, used in zip(drawn, wanted, strict=True)]

    def of_absolute_values(self) -> Case:
        """Return the case with absolute inputs, whose gradients of outputs are absolute too."""
        inputs = [Input(np.abs(one.values), one.layout) if one is not None and one.real else one for one in self.inputs]
        return replace(self, inputs=inputs, absolute=True)

    def _values(self) -> list[Any]:
        return [None if one is None else one.values for one in self.inputs]

    def shifted(self, index: int, step: np.ndarray) -> list[Any]:
        values = self._values()
        values[index] = values[index] + step
        return values

    def replaced(self, index: int, position: tuple[int, ...], value: float) -> list[Any]:
        values = self._values()
        values[index] = values[index].copy()
        values[index][position] = value
        return values

    def moved_by_a_rounding(self) -> list[Any]:
        rng = np.random.default_rng(self.seed)
        move = lambda one: one.values * (1 + 2.0**-23 * rng.uniform(-1, 1, one.values.shape))  # noqa: E731
        return [None if one is None else move(one) if one.real else one.values for one in self.inputs]


class Draw:
    """Draws what a case consists of. ``smooth``: no equal values, where derivatives do not exist."""

    def __init__(self, data: st.DataObject, smooth: bool = False) -> None:
        self.take, self.smooth = data.draw, smooth
        self.rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))

    def pick(self, *options: Any) -> Any:
        return self.take(st.sampled_from(options))

    def yes(self) -> bool:
        return bool(self.pick(False, True))

    def size(self, least: int = 1) -> int:
        """A size around the widths of vectors; 0 now and then where ``least`` allows."""
        if least == 0 and self.pick(1, 1, 1, 1, 0) == 0:
            return 0
        return int(self.pick(1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 50))

    def small(self, least: int = 1) -> int:
        return int(self.pick(*[size for size in (1, 2, 3, 5, 0) if size >= least]))

    def shape(self, least_dims: int = 0, most_dims: int = 4, wide: bool = True) -> tuple[int, ...]:
        side = self.pick(1, 1, 1, 0)
        shape = self.take(hnp.array_shapes(min_dims=max(least_dims, 1), max_dims=most_dims, min_side=side, max_side=4))
        if least_dims == 0 and self.pick(0, 0, 0, 1):
            return ()
        return (*shape[:-1], self.size()) if wide and shape[-1] and self.yes() else shape

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        return np.asarray(self.rng.normal(size=shape) * scale).astype(np.float32).astype(np.float64)

    def positive(self, *shape: int) -> np.ndarray:
        return (np.abs(self.normal(*shape)) + 0.25).astype(np.float32).astype(np.float64)

    def exact(self, *shape: int) -> np.ndarray:
        """Small whole numbers, whose sums of products no order of adding rounds: equal ones are equal everywhere."""
        return self.normal(*shape) if self.smooth else self.rng.integers(-2, 3, shape).astype(np.float64)

    def spread(self, *shape: int, axis: int) -> np.ndarray:
        """Numbers whose variance along ``axis`` is not small, so that dividing by it loses no digits."""
        return (np.argsort(self.rng.random(shape), axis=axis) + self.normal(*shape) * 0.25).astype(np.float32)

    def axis(self, dims: int) -> int:
        return int(self.take(st.integers(-dims, dims - 1)))

    def case(self, *inputs: Any, outputs: int = 1, plain: tuple[int, ...] = (), **attributes: Any) -> Case:
        """Put a case together: layouts, which gradients are wanted, which outputs are used."""
        layouts = LAYOUTS if self.smooth else (*LAYOUTS, "repeated")
        items: list[Input | None] = []
        for index, values in enumerate(inputs):
            if values is None:
                items.append(None)
                continue
            values = np.asarray(values)
            layout = "plain" if index in plain else self.pick("plain", *layouts)
            if layout == "repeated" and values.ndim:
                values = np.broadcast_to(values[:1], values.shape).copy()
            items.append(Input(values, layout))
        real = [one is not None and one.real for one in items]
        needs = [one and self.pick(True, True, False) for one in real]
        used = [self.pick(True, True, False) for _ in range(outputs)]
        return Case(
            items, attributes, needs if any(needs) else real, used if any(used) else [True] * outputs,
            self.pick("plain", *layouts[:5]), self.yes(), int(self.rng.integers(2**31)),
        )  # fmt: skip
