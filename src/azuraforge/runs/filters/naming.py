"""Resolution of names in filters, sort orders and columns to fields of runs."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.runs.filters.fields import FIELDS, PREFIXES, Field, Statistic
from azuraforge.runs.filters.tokens import Token, fault

_STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
_NAMES = (*FIELDS, *(f"{prefix}." for prefix in PREFIXES))
#: Maximum number of nested keys of a config field.
_MOST_KEYS = 8


def field_of(token: Token, where: str) -> Field:
    """Return the field that a word names. Raises InvalidInput if no field has the name.

    Example:
        >>> from azuraforge.runs.filters.tokens import tokens
        >>> field_of(tokens('metrics."a b".min', "filter")[0], "filter").path
        ('a b',)
    """
    if token.kind != "word":
        raise _no_field(token, where)
    if len(token.parts) == 1:
        if (known := FIELDS.get(token.text)) is None:
            raise _no_field(token, where)
        return known
    kind = PREFIXES.get(token.parts[0])
    if kind is None:
        raise _no_field(token, where)
    if any(part == "" for part in token.parts[1:]):
        raise fault(
            where, token.end, token.end, Message("a name after the dot"), unfinished=token.parts[-1] == "", found="."
        )
    if kind == "config":
        return _config(token, where)
    parts, statistic = token.parts[1:], "last"
    if len(parts) > 1 and not token.quoted[-1] and parts[-1] in _STATISTICS and kind == "metric":
        parts, statistic = parts[:-1], parts[-1]
    found = Field(token.text, kind, (".".join(parts),))
    return replace(found, statistic=next(each for each in _STATISTICS if each == statistic))


def _config(token: Token, where: str) -> Field:
    keys = token.parts[1:]
    if any(character in '"\\' or ord(character) < 32 for key in keys for character in key):
        raise fault(where, token.start, token.end, Message("a field name without quotes"), found=token.text)
    if len(keys) > _MOST_KEYS:
        raise fault(where, token.start, token.end, Message("a field that is less deeply nested"), found=token.text)
    return Field(token.text, "config", keys)


def _meant(token: Token) -> list[str]:
    """Return what a word that is no field may stand for: a metric, a config field, or a part of a run's name."""
    if token.kind != "word" or not token.text.isidentifier() or token.text.upper() in ("AND", "OR", "NOT", "IN"):
        return []
    return [f"metrics.{token.text}", f"config.{token.text}", f'"{token.parts[0]}"']


def _no_field(token: Token, where: str) -> InvalidInput:
    return fault(
        where,
        token.start,
        token.end,
        Message("a field"),
        found=token.text,
        suggestions=_NAMES,
        otherwise=_meant(token),
        unfinished=token.kind == "end",
    )
