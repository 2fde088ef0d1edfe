"""Random numbers: one module-level generator that ``manual_seed`` resets, and its state as JSON values.

Every random layer also accepts its own ``numpy.random.Generator``; a run that must resume bit for bit
stores the state of each generator it uses next to its weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge.engine.errors import EngineError

_default = np.random.Generator(np.random.PCG64())


def default_generator() -> np.random.Generator:
    """Return the generator that layers use by default."""
    return _default


def manual_seed(seed: int) -> np.random.Generator:
    """Reset the module-level generator to ``seed`` and return it.

    The generator object stays the same, so layers that already use it follow the new seed.

    >>> _ = manual_seed(7); first = default_generator().random()
    >>> _ = manual_seed(7); first == default_generator().random()
    True
    """
    _default.bit_generator.state = np.random.PCG64(seed).state
    return _default


def generator_state(generator: np.random.Generator | None = None) -> dict[str, Any]:
    """Return the state of ``generator`` (default: the module-level one) as values that JSON can hold."""
    state: dict[str, Any] = dict((generator or _default).bit_generator.state)
    return state


def restore_generator(state: dict[str, Any], generator: np.random.Generator | None = None) -> None:
    """Set ``generator`` (default: the module-level one) back to a state from :func:`generator_state`.

    Raises:
        EngineError: the state belongs to another kind of generator or is incomplete.
    """
    target = generator or _default
    try:
        target.bit_generator.state = state
    except (KeyError, TypeError, ValueError) as error:
        kind = type(target.bit_generator).__name__
        raise EngineError(f"random state does not fit a {kind} generator: {error}") from error
