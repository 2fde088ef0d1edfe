"""JSON for models of River: an allow-listed alternative to pickle.

An object is written as the parts that its ``__reduce_ex__`` returns. Only classes of River and a few of the standard
library are read back, and only classes are called, so a state cannot run code of other packages. References between
objects, and cycles, are kept. The bytes are the same for the same model if ``PYTHONHASHSEED`` is fixed.
"""

from __future__ import annotations

import base64
import copyreg
import importlib
import math
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from azuraforge.errors import InvalidInput

_PACKAGES = ("river", "_river_rust")
_OTHERS = {
    *(("builtins", name) for name in ("float", "int", "bool", "str", "list", "dict", "set", "tuple", "frozenset")),
    *(("collections", name) for name in ("defaultdict", "deque", "Counter", "OrderedDict")),
    ("functools", "partial"),
    ("random", "Random"),
    ("statistics", "NormalDist"),
}
_DEPTH = 20_000


def encode(model: object) -> dict[str, Any]:
    """Return a model as JSON. Raises InvalidInput if it contains an object that is not allowed.

    Example:
        >>> decode(encode({"a": [1, (2.5, None)], "b": {3}}))
        {'a': [1, (2.5, None)], 'b': {3}}
    """
    writer = _Writer()
    with _Deep():
        root = writer.write(model)
    return {"root": root, "nodes": writer.nodes}


def decode(state: dict[str, Any]) -> Any:
    """Return the model that ``encode`` described. Raises InvalidInput if it names a class that is not allowed."""
    with _Deep():
        return _Reader(state["nodes"]).read(state["root"])


class _Deep:
    """A context in which trees may be as deep as River grows them."""

    def __enter__(self) -> None:
        self._before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self._before, _DEPTH))

    def __exit__(self, *_: object) -> None:
        sys.setrecursionlimit(self._before)


def _refused(name: str) -> InvalidInput:
    return InvalidInput(
        "a state of River cannot contain {name}",
        where="state of the learner",
        next_step="restore a state that this version of the platform wrote",
        code="not_allowed_in_state",
        name=name,
    )


def _path_of(value: Any) -> list[str]:
    module, name = str(getattr(value, "__module__", "")), str(getattr(value, "__qualname__", ""))
    if module.partition(".")[0] not in _PACKAGES and (module, name) not in _OTHERS:
        raise _refused(f"{module}.{name}")
    return [module, name]


def _found(path: list[str]) -> Any:
    module, name = path
    if module.partition(".")[0] not in _PACKAGES and (module, name) not in _OTHERS:
        raise _refused(f"{module}.{name}")
    try:
        value: Any = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise _refused(f"{module}.{name}") from error
    if getattr(value, "__module__", None) != module:
        raise _refused(f"{module}.{name}")
    return value


def _draws_samples(value: Any) -> bool:
    """Return whether ``value`` is a distribution: it has an unseeded generator of samples, which trees never draw."""
    return type(value).__module__.startswith("river.proba.")


class _Writer:
    """One encoding: nodes in the order in which objects are first met."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self._known: dict[int, tuple[int, object]] = {}  # keeps the objects, so that their ids stay unique

    def write(self, value: Any) -> Any:
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"f": repr(value)}
        known = self._known.get(id(value))
        if known is None:
            number = len(self.nodes)
            self._known[id(value)] = (number, value)
            self.nodes.append(None)
            self.nodes[number] = self._node(value)
            return {"r": number}
        return {"r": known[0]}

    def _node(self, value: Any) -> list[Any]:
        kind = type(value)
        if kind in (list, tuple, set, frozenset):
            return [kind.__name__, [self.write(each) for each in value]]
        if kind is dict:
            return ["dict", self._pairs(value.items())]
        if kind is bytes:
            return ["bytes", base64.b64encode(value).decode()]
        if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
            raw = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
            return ["array" if isinstance(value, np.ndarray) else "number", value.dtype.str, list(value.shape), raw]
        if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
            return ["named", *_path_of(value)]
        return self._object(value)

    def _object(self, value: Any) -> list[Any]:
        reduced = value.__reduce_ex__(4)
        if isinstance(reduced, str):
            raise _refused(reduced)
        make, args, state, items, pairs = (*reduced, None, None, None)[:5]
        if _draws_samples(value):
            state = {name: each for name, each in state.items() if name != "_rng"}
        if make is copyreg.__newobj__:  # type: ignore[attr-defined]  # missing in typeshed
            how, made = "new", args[0]
            args = args[1:]
        elif isinstance(make, type):
            how, made = "call", make
        else:
            raise _refused(f"{getattr(make, '__module__', '')}.{getattr(make, '__qualname__', make)}")
        return [
            how,
            _path_of(made),
            [self.write(each) for each in args],
            self.write(state),
            None if items is None else [self.write(each) for each in items],
            None if pairs is None else self._pairs(pairs),
        ]

    def _pairs(self, pairs: Any) -> list[Any]:
        return [[self.write(name), self.write(each)] for name, each in pairs]


class _Reader:
    """One decoding. A node is built when it is first referred to."""

    def __init__(self, nodes: list[Any]) -> None:
        self._nodes = nodes
        self._built: dict[int, Any] = {}

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "f" in value:
            return float(value["f"])
        number = value["r"]
        if number not in self._built:
            node = self._nodes[number]
            build: Callable[[int, list[Any]], Any] = getattr(self, f"_build_{node[0]}")
            self._built[number] = build(number, node)
        return self._built[number]

    def _build_list(self, number: int, node: list[Any]) -> Any:
        made = self._built[number] = []
        made.extend(self.read(each) for each in node[1])
        return made

    def _build_tuple(self, number: int, node: list[Any]) -> Any:
        return tuple(self.read(each) for each in node[1])

    def _build_set(self, number: int, node: list[Any]) -> Any:
        return {self.read(each) for each in node[1]}

    def _build_frozenset(self, number: int, node: list[Any]) -> Any:
        return frozenset(self.read(each) for each in node[1])

    def _build_dict(self, number: int, node: list[Any]) -> Any:
        made: dict[Any, Any] = {}
        self._built[number] = made
        for name, each in node[1]:
            made[self.read(name)] = self.read(each)
        return made

    def _build_bytes(self, number: int, node: list[Any]) -> Any:
        return base64.b64decode(node[1])

    def _build_array(self, number: int, node: list[Any]) -> Any:
        return np.frombuffer(base64.b64decode(node[3]), np.dtype(node[1])).reshape(node[2]).copy()

    def _build_number(self, number: int, node: list[Any]) -> Any:
        return np.frombuffer(base64.b64decode(node[3]), np.dtype(node[1]))[0]

    def _build_named(self, number: int, node: list[Any]) -> Any:
        return _found(node[1:])

    def _build_new(self, number: int, node: list[Any]) -> Any:
        kind = self._class(node[1])
        made = self._built[number] = kind.__new__(kind, *(self.read(each) for each in node[2]))
        return self._filled(made, node)

    def _build_call(self, number: int, node: list[Any]) -> Any:
        made = self._built[number] = self._class(node[1])(*(self.read(each) for each in node[2]))
        return self._filled(made, node)

    def _class(self, path: list[str]) -> Any:
        kind = _found(path)
        if not isinstance(kind, type):
            raise _refused(".".join(path))
        return kind

    def _filled(self, made: Any, node: list[Any]) -> Any:
        state = self.read(node[3])
        if _draws_samples(made):
            made._rng = random.Random(0)  # noqa: S311  # no secrets
        if state is not None:
            if hasattr(made, "__setstate__"):
                made.__setstate__(state)
            else:
                fields, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
                for part in (fields, slots):
                    for name, each in (part or {}).items():
                        setattr(made, name, each)
        for each in node[4] or ():
            made.append(self.read(each))
        for name, each in node[5] or ():
            made[self.read(name)] = self.read(each)
        return made
