"""Templates with placeholders, and with words whose form depends on the number before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

_NUMBER = re.compile(r"[0-9][0-9.,]*")
_PIECES = re.compile(r"\{\{|\}\}|\{(?P<name>[a-z_0-9]+)[^{}]*\}|\[(?P<one>[^\[\]|]*)\|(?P<many>[^\[\]|]*)\]")


class _Filling(Formatter):
    """Formatter that raises KeyError for a missing value, and formats numbers with a function of the language."""

    def __init__(self, number: Callable[[str], str] | None) -> None:
        self._number = number

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        if field_name not in kwargs:
            raise KeyError(field_name)
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        text = format(value, format_spec)
        if self._number is not None and format_spec and isinstance(value, int | float):
            return self._number(text)
        return str(text)


def fill(template: str, /, **values: object) -> str:
    """Return ``template`` with its placeholders filled in.

    ``[one|many]`` becomes ``one`` if the nearest number before it is 1, else ``many``. Turkish templates do not need
    it, because a noun after a number stays singular. If a value is missing, the template is returned unchanged.

    Example:
        >>> fill("{rows} [row|rows] [is|are] missing", rows=1), fill("{rows} [row|rows] [is|are] missing", rows="1,200")
        ('1 row is missing', '1,200 rows are missing')
        >>> fill("run {run!r} does not exist")
        'run {run!r} does not exist'
    """
    return fill_in(template, values)


def fill_in(template: str, values: Mapping[str, object], number: Callable[[str], str] | None = None) -> str:
    """Return ``template`` with its placeholders filled in, as ``fill`` does.

    Args:
        number: replaces the separators of a formatted number (``{share:.1f}``, ``{rows:,}``) by those of a language;
            numbers without a format, such as ports and ids, are not changed.
    """
    last = ""

    def choose(piece: re.Match[str]) -> str:
        nonlocal last
        if (name := piece["name"]) is not None:
            shown = str(values.get(name, ""))
            last = shown if _NUMBER.fullmatch(shown) else last
            return piece[0]
        if piece["many"] is None:
            return piece[0]
        return str(piece["one"] if last == "1" else piece["many"])

    try:
        return _Filling(number).vformat(_PIECES.sub(choose, template), (), values)
    except (KeyError, ValueError, IndexError, AttributeError, TypeError):
        return template


def placeholders(template: str) -> frozenset[str]:
    """Return the names of a template's placeholders.

    Example:
        >>> sorted(placeholders("{rows} [row|rows] of {dataset!r}"))
        ['dataset', 'rows']
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
