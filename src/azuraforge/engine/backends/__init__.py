"""Where ops are computed. A backend is a table from op name to :class:`~azuraforge.engine.ops.registry.Op`.

``reference`` is the NumPy code in ``ops/``, complete and clear, the oracle. Another backend overrides the
ops that it speeds up and takes the rest from the reference: a missing kernel is slow, never wrong.
"""

from __future__ import annotations

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import OPS, Op

# One dictionary for the life of the process: ``set_backend`` refills it, so callers may hold on to it.
active: dict[str, Op] = OPS.copy()
_name = "reference"


def backend() -> str:
    """Return the name of the backend in use."""
    return _name


def set_backend(name: str) -> None:
    """Choose the backend of every op that runs from now on; open graphs keep the one they began with.

    Raises:
        EngineError: no backend has this name.
    """
    global _name
    if name != "reference":
        raise EngineError(f"unknown backend {name!r}: choose 'reference'")
    active.clear()
    active.update(OPS)
    _name = name
