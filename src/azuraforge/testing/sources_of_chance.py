"""A check of source code: no wall clock and no unseeded randomness."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from azuraforge.testing.contract import require

_CLOCKS = {
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")),
    *(f"time.{name}" for name in ("process_time", "process_time_ns", "localtime", "gmtime", "ctime")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    "azuraforge.clock.utc_now",
    "polars.datetime.now",
}
_CHANCE = {"os.urandom", "uuid.uuid1", "uuid.uuid4", "random.SystemRandom"}
#: Functions that are deterministic if they have a seed as an argument.
_SEEDED = {
    "random.Random",
    "numpy.random.default_rng",
    "numpy.random.RandomState",
    "numpy.random.SeedSequence",
    *(f"numpy.random.{name}" for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")),
}
_ALLOWED = {"numpy.random.Generator", "numpy.random.BitGenerator"}


def check_sources(plugin: type[object]) -> None:
    """Check the modules that define a plugin and its base classes in the same package.

    Raises ContractBroken that names the module, the line and the call.
    """
    package = plugin.__module__.partition(".")[0]
    seen = set()
    for kind in plugin.__mro__:
        module = inspect.getmodule(kind)
        if module is None or module.__name__ in seen or module.__name__.partition(".")[0] != package:
            continue
        if module.__name__.startswith("azuraforge.plugins.contract"):
            continue
        seen.add(module.__name__)
        try:
            source = inspect.getsource(module)
        except OSError:
            continue
        for line, name in unpredictable(source):
            require(False, f"{module.__name__}, line {line}: {name} depends on the clock or on unseeded chance")


def unpredictable(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each use of a clock or of unseeded randomness in Python source.

    Example:
        >>> list(unpredictable("import numpy as np\\nnp.random.default_rng(3)\\nnp.random.default_rng()"))
        [(3, 'numpy.random.default_rng without a seed')]
        >>> list(unpredictable("from time import time as t\\nx = t"))
        [(2, 'time.time')]
    """
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                names[each.asname or each.name.partition(".")[0]] = (
                    each.name if each.asname else each.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                names[each.asname or each.name] = f"{node.module}.{each.name}"
    called: dict[int, ast.Call] = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if id(node) in inner or not isinstance(node, ast.Attribute | ast.Name):
            continue
        name = _dotted(node, names)
        if name is None:
            continue
        if name in _SEEDED:
            call = called.get(id(node))
            if call is not None and not call.args and not call.keywords:
                yield node.lineno, f"{name} without a seed"
        elif name in _CLOCKS or name in _CHANCE or name.startswith("secrets.") or _global_chance(name):
            yield node.lineno, name


def _global_chance(name: str) -> bool:
    """Return whether ``name`` is a function of a module's own generator, such as ``random.random``."""
    if name in _ALLOWED:
        return False
    return name.startswith("numpy.random.") or (name.startswith("random.") and name != "random.Random")


def _dotted(node: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, names)
        return None if inner is None else f"{inner}.{node.attr}"
    return None
