"""Backends, which compute ops. A backend is a table from op name to :class:`~azuraforge.engine.ops.registry.Op`.

``reference`` is the complete and readable NumPy code in ``ops/``. Another backend overrides the
ops that it speeds up and takes the rest from the reference: a missing kernel is slow, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import OPS, Op

# The same dictionary for the life of the process: ``set_backend`` refills it, so callers may keep a reference.
active: dict[str, Op] = OPS.copy()
# Optimizer steps over flat buffers that the backend does faster than the optimizer's own code, by name.
updates: dict[str, Callable[..., None]] = {}
_name = "reference"


def backend() -> str:
    """Return the name of the backend in use."""
    return _name


def backend_info() -> dict[str, str | int]:
    """Return the settings that make runs reproducible bit for bit: backend, instruction set, threads, kernel hash.

    >>> backend_info()["backend"]
    'reference'
    """
    if _name == "reference":
        return {"backend": "reference", "instruction_set": "numpy", "threads": 1, "kernels": ""}
    from azuraforge.engine.backends import cpu

    return {"backend": _name, **cpu.info()}


def prepare_kernels(
    *,
    instruction_set: str | None = None,
    cache: str | PathLike[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Fill the cache of compiled kernels without choosing the backend; returns at once if it is already filled.

    Raises:
        EngineError: the cpu backend cannot run here with this instruction set.
    """
    from azuraforge.engine.backends import cpu

    cpu.prepare(instruction_set, cache, progress)


def set_backend(
    name: str,
    *,
    threads: int = 1,
    instruction_set: str | None = None,
    cache: str | PathLike[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Choose the backend of every op that runs from now on; open graphs keep the one they began with.

    Args:
        name: ``reference`` (NumPy) or ``cpu`` (SIMD kernels, compiled on first use).
        threads: number of threads of the cpu backend. Results are the same bits for the same number of threads.
        instruction_set: ``avx512``, ``avx2`` or ``portable``; the best one of this CPU by default.
        cache: folder for compiled kernels; ``$AZURAFORGE_KERNEL_CACHE`` or the user's cache by default.
        progress: function that receives a message when kernels must be compiled.

    Raises:
        EngineError: no backend has this name, or it cannot run here with these settings.
    """
    global _name
    faster: dict[str, Callable[..., None]] = {}
    if name == "reference":
        table = dict(OPS)
    elif name == "cpu":
        from azuraforge.engine.backends import cpu

        table, faster = cpu.load(threads, instruction_set, cache, progress)
    else:
        raise EngineError(f"unknown backend {name!r}: choose 'reference' or 'cpu'")
    active.update(table)
    updates.clear()
    updates.update(faster)
    _name = name
