"""Limits for points of a curve: allowed steps and names of series."""

from __future__ import annotations

#: Maximum absolute value of a step: the difference of any two steps must fit into 64 bits.
MAX_STEP = 2**62 - 1
SERIES_CHARACTERS = 200


def problem_with_series(name: object) -> str | None:
    """Return why ``name`` is not a valid name of a series; None if it is valid.

    Example:
        >>> problem_with_series("loss"), problem_with_series("")
        (None, 'it is empty')
    """
    if not isinstance(name, str):
        return "it is no text"
    if not name:
        return "it is empty"
    if len(name) > SERIES_CHARACTERS:
        return f"it has {len(name)} characters; {SERIES_CHARACTERS} are allowed"
    if "\0" in name or (not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name)):
        return "it holds a character that cannot be stored"
    return None
