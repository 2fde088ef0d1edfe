"""Modules that contain other modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from azuraforge.engine.nn import functional
from azuraforge.engine.nn.activation import ReLU
from azuraforge.engine.nn.checks import pair
from azuraforge.engine.nn.convolution import Conv2d, MaxPool2d
from azuraforge.engine.nn.linear import Linear
from azuraforge.engine.nn.module import Module


class Sequential(Module):
    """Sequence of modules; each receives the output of the previous one.

    >>> from azuraforge.engine import nn
    >>> print(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)))
    Sequential()  # 49 parameters
      0: Linear(4 → 8)  # 40 parameters
      1: ReLU()
      2: Linear(8 → 1)  # 9 parameters
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__()
        for index, module in enumerate(modules):
            setattr(self, str(index), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: int) -> Module:
        return list(self._modules.values())[index]

    def forward(self, x: Any) -> Any:
        """Return the output of the last module."""
        modules = list(self._modules.values())
        index, count = 0, len(modules)
        while index < count:
            module: Any = modules[index]
            kind = type(module)
            if kind is Linear and _is_linear_relu(modules[index : index + 2]):
                x = functional.linear_relu(x, module.weight, module.bias)
                index += 2
            elif kind is Conv2d and _is_conv_relu_pool(modules[index : index + 3]):
                x = functional.conv_relu_pool(x, module.weight, module.bias, module.padding)
                index += 3
            else:
                x = module(x)
                index += 1
        return x


def _is_linear_relu(modules: list[Module]) -> bool:
    """Return whether two modules are exactly the pair that one op computes, with ``forward`` not replaced."""
    return type(modules[-1]) is ReLU and not any("forward" in module.__dict__ for module in modules)


def _is_conv_relu_pool(modules: list[Module]) -> bool:
    """Return whether three modules are exactly the chain that one op computes faster, with the same result."""
    if [type(module) for module in modules] != [Conv2d, ReLU, MaxPool2d]:
        return False
    if any("forward" in vars(module) for module in modules):
        return False  # a caller, such as ``summary``, observes each module
    convolution: Any = modules[0]
    pool: Any = modules[2]
    return bool(
        convolution.stride == convolution.dilation == (1, 1)
        and convolution.groups == 1
        and pair(pool.kernel_size) == pair(pool.stride) == (2, 2)
        and pair(pool.padding) == (0, 0)
    )


class ModuleList(Module):
    """List of modules whose parameters are registered; it has no ``forward``."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> None:
        """Add a module at the end."""
        setattr(self, str(len(self._modules)), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: int) -> Module:
        return list(self._modules.values())[index]


class Residual(Module):
    """Residual connection ``x + inner(x)`` (He et al. 2016)."""

    def __init__(self, inner: Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        """Return ``x + inner(x)``."""
        return x + self.inner(x)
