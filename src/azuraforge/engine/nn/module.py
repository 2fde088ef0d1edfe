"""Base class of layers and models, which own parameters and contain other modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.tensor import Tensor


class Parameter(Tensor):
    """Tensor that a module learns; ``parameters()`` returns those assigned to attributes of the module."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad=requires_grad)


class Module:
    """Base class of all layers and models. Subclasses implement ``__init__`` and ``forward``.

    Parameters, modules and buffers assigned to attributes are registered under the name of the attribute. The names
    in ``state_dict`` (``"encoder.weight"``) are therefore the same as in PyTorch.

    >>> class Double(Module):
    ...     def forward(self, x: Tensor) -> Tensor:
    ...         return x * 2
    >>> Double()(Tensor([3.0])).item()
    6.0
    """

    training: bool

    def __new__(cls, *arguments: Any, **options: Any) -> Module:
        """Create a module and store its constructor arguments for ``io.architecture``."""
        self = object.__new__(cls)
        object.__setattr__(self, "_made_from", (arguments, options))
        return self

    def __init__(self) -> None:
        self._made_from: tuple[tuple[Any, ...], dict[str, Any]]
        self._parameters: dict[str, Parameter]
        self._buffers: dict[str, Tensor]
        self._modules: dict[str, Module]
        for name, value in (("_parameters", {}), ("_buffers", {}), ("_modules", {}), ("training", True)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            registries = (self._parameters, self._buffers, self._modules)
        except AttributeError:
            raise EngineError(f"{type(self).__name__}.__init__ must call super().__init__() first") from None
        if isinstance(value, Parameter):
            home: dict[str, Any] | None = self._parameters
        elif isinstance(value, Module):
            home = self._modules
        elif isinstance(value, Tensor) and name in self._buffers:
            home = self._buffers
        else:
            home = None
        for registry in registries:
            if registry is not home:
                registry.pop(name, None)
        if home is not None:
            home[name] = value
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            registry.pop(name, None)
        object.__delattr__(self, name)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Register a parameter under a name, or ``None`` for one that this layer does not have."""
        setattr(self, name, parameter)

    def register_buffer(self, name: str, values: Tensor | Array) -> None:
        """Register values that belong to the state but are not learnt, such as running means."""
        buffer = values if isinstance(values, Tensor) else Tensor(values)
        self._buffers[name] = buffer
        object.__setattr__(self, name, buffer)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; every module implements its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    # --- walking the tree ---

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module and each module inside it once, with their dotted names, outer modules first."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            inner = [(f"{name}.{key}" if name else key, child) for key, child in module._modules.items()]
            stack.extend(reversed(inner))

    def modules(self) -> Iterator[Module]:
        """Yield this module and all inside it."""
        return (module for _, module in self.named_modules())

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside this one."""
        return iter(self._modules.values())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield each parameter once with its dotted name, in the order of definition."""
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, parameter in module._parameters.items():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield (f"{prefix}.{name}" if prefix else name), parameter

    def parameters(self) -> Iterator[Parameter]:
        """Yield each parameter once."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Yield each buffer with its dotted name."""
        for prefix, module in self.named_modules():
            for name, buffer in module._buffers.items():
                yield (f"{prefix}.{name}" if prefix else name), buffer

    def parameter_count(self) -> int:
        """Return the number of learned values of this module."""
        return sum(parameter.size for parameter in self.parameters())

    # --- mode ---

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all inside it to training (dropout active) or, with ``False``, to evaluation."""
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Module:
        """Switch this module and all inside it to evaluation."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Clear the gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self, needed: bool = True) -> Module:
        """Freeze (``False``) or thaw all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad = needed
        return self

    def astype(self, dtype: Any) -> Module:
        """Change all parameters and floating point buffers to ``dtype``; call this before creating an optimizer."""
        for _, tensor in (*self.named_parameters(), *self.named_buffers()):
            if tensor.dtype.kind == "f":
                tensor.set_gradient_buffer(None)
                tensor.grad = None
                tensor.data = tensor.data.astype(dtype)
        return self

    # --- state ---

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        for prefix, module in self.named_modules():
            for name, tensor in (*module._parameters.items(), *module._buffers.items()):
                yield (f"{prefix}.{name}" if prefix else name), tensor

    def state_dict(self) -> dict[str, Array]:
        """Return copies of all parameters and buffers by dotted name."""
        return {name: np.array(tensor.data, order="C") for name, tensor in self._named_state()}

    def load_state_dict(self, state: Mapping[str, Array], *, strict: bool = True) -> None:
        """Copy values by name into the parameters and buffers; if any value does not fit, nothing changes.

        Args:
            state: arrays by dotted names, as returned by :meth:`state_dict`.
            strict: whether missing and unknown names raise an error; if false, only common names are loaded.

        Raises:
            EngineError: names (if ``strict``), shapes or kinds of dtype differ, or a value is NaN.
        """
        own = dict(self._named_state())
        missing = [name for name in own if name not in state]
        foreign = [name for name in state if name not in own]
        if strict and (missing or foreign):
            parts = [f"missing {_first(missing)}"] if missing else []
            parts += [f"not known here {_first(foreign)}"] if foreign else []
            raise EngineError(f"weights do not belong to this {type(self).__name__}: {'; '.join(parts)}")
        shared = [(name, tensor, np.asarray(state[name])) for name, tensor in own.items() if name in state]
        for name, tensor, array in shared:
            if array.shape != tensor.shape:
                raise EngineError(
                    f"{name} has shape {shape_text(tensor.shape)}, the weights to load {shape_text(array.shape)}"
                )
            if (array.dtype.kind == "f") != (tensor.dtype.kind == "f"):
                raise EngineError(f"{name} holds {tensor.dtype}, the weights to load {array.dtype}")
            if array.dtype.kind == "f" and np.isnan(array).any():
                raise EngineError(f"{name} in the weights to load is not a number in some place")
        for _, tensor, array in shared:
            np.copyto(tensor.data, array, casting="same_kind")
            tensor.changed_in_place()

    # --- how it reads ---

    def extra_repr(self) -> str:
        """Return the text in the parentheses of ``repr``; layers override it."""
        return ""

    def __repr__(self) -> str:
        head = f"{type(self).__name__}({self.extra_repr()})"
        count = self.parameter_count()
        if count:
            head += f"  # {count:,} parameters"
        lines = [head]
        for name, child in self._modules.items():
            inner = repr(child).split("\n")
            lines.append(f"  {name}: {inner[0]}")
            lines.extend(f"  {line}" for line in inner[1:])
        return "\n".join(lines)


def _first(names: list[str], limit: int = 4) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + more
