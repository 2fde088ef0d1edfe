"""Completion of shortened ids in request bodies. The platform itself completes ids in paths."""

from __future__ import annotations

from collections.abc import Callable

WHOLE_CHARACTERS = 16


def whole_id(given: str, find: Callable[[str], str]) -> str:
    """Return a complete id unchanged; complete a shorter one with ``find``.

    Example:
        >>> whole_id("abcdefghijklmnop", str.upper), whole_id("abcdef", str.upper)
        ('abcdefghijklmnop', 'ABCDEF')
    """
    return given if len(given.removesuffix("…")) >= WHOLE_CHARACTERS else find(given)
