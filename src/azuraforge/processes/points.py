"""Limits for points of a curve: allowed steps and names of series."""

from __future__ import annotations

from azuraforge.messages import Message

#: Maximum absolute value of a step: the difference of any two steps must fit into 64 bits.
MAX_STEP = 2**62 - 1
SERIES_CHARACTERS = 200


def problem_with_series(name: object) -> Message | None:
    """Return why ``name`` is not a valid name of a series; None if it is valid.

    Example:
        >>> problem_with_series("loss"), str(problem_with_series(""))
        (None, 'it is empty')
    """
    if not isinstance(name, str):
        return Message("it is not text")
    if not name:
        return Message("it is empty")
    if len(name) > SERIES_CHARACTERS:
        values = {"count": len(name), "most": SERIES_CHARACTERS}
        return Message("it has {count:,} characters; at most {most} are allowed", values)
    if "\0" in name or (not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name)):
        return Message("it contains a character that cannot be stored")
    return None
