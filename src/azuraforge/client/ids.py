"""Shortened ids in the body of a request; in a path the platform completes them."""

from __future__ import annotations

from collections.abc import Callable

WHOLE_CHARACTERS = 16


def whole_id(given: str, find: Callable[[str], str]) -> str:
    """Return a complete id as it is, and let ``find`` ask the platform for a shorter one.

    Example:
        >>> whole_id("abcdefghijklmnop", str.upper), whole_id("abcdef", str.upper)
        ('abcdefghijklmnop', 'ABCDEF')
    """
    return given if len(given.removesuffix("…")) >= WHOLE_CHARACTERS else find(given)
