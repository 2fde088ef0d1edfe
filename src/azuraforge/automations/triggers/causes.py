"""Causes of firings: matching of events, and insertion of a cause's values into the definition of a step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from azuraforge.automations.triggers.definition import FieldFilter, OnEvent
from azuraforge.errors import InvalidInput

_PLACE = re.compile(r"\{cause\.([A-Za-z_][A-Za-z0-9_.]{0,99})\}")
_MOST_TEXT = 4000


@dataclass(frozen=True)
class Cause:
    """One reason to fire. ``key`` is unique within an automation, so that the same cause never fires twice."""

    key: str
    data: dict[str, JsonValue]


def matches(when: OnEvent, type_: str, data: Mapping[str, object]) -> bool:
    """Return whether an event has the type of ``when`` and meets all of its conditions."""
    return type_ == when.type and all(holds(each, field_of(data, each.field)) for each in when.where)


def holds(condition: FieldFilter, value: object) -> bool:
    """Return whether a value meets a condition. A value that is not a number never meets ``above`` or ``below``."""
    asked = condition.model_fields_set
    if "equals" in asked and not _same(value, condition.equals):
        return False
    if condition.one_of is not None and not any(_same(value, each) for each in condition.one_of):
        return False
    if condition.above is None and condition.below is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if condition.above is not None and not value > condition.above:
        return False
    return condition.below is None or value < condition.below


def field_of(data: Mapping[str, object], path: str) -> object:
    """Return the value at a dotted path in the data of a cause; None if there is none.

    Example:
        >>> field_of({"error": {"code": "timeout"}}, "error.code")
        'timeout'
    """
    found: object = data
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def filled(value: JsonValue, data: Mapping[str, JsonValue]) -> JsonValue:
    """Return a definition in which each ``{cause.FIELD}`` is replaced by the cause's value.

    A text that consists only of such a placeholder becomes the value itself, with its type. Raises InvalidInput if the
    cause lacks a field.

    Example:
        >>> filled({"version": "{cause.version}", "name": "v{cause.version}"}, {"version": 3})
        {'version': 3, 'name': 'v3'}
    """
    if isinstance(value, dict):
        return {key: filled(each, data) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, data) for each in value]
    if not isinstance(value, str):
        return value
    if (whole := _PLACE.fullmatch(value)) is not None:
        return _known(data, whole[1])
    return _PLACE.sub(lambda found: str(_known(data, found[1]))[:_MOST_TEXT], value)


def places(value: JsonValue) -> Iterator[str]:
    """Yield the paths of the cause's fields that a definition uses."""
    if isinstance(value, dict):
        for each in value.values():
            yield from places(each)
    elif isinstance(value, list):
        for each in value:
            yield from places(each)
    elif isinstance(value, str):
        yield from _PLACE.findall(value)


def _known(data: Mapping[str, JsonValue], path: str) -> JsonValue:
    found: JsonValue = dict(data)
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            raise InvalidInput(
                "the cause has no field {path!r}",
                where="cause.{path}",
                next_step="use one of: {fields}",
                path=path,
                fields=", ".join(list(data)[:20]),
            )
        found = found[name]
    return found


def _same(left: object, right: object) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right
