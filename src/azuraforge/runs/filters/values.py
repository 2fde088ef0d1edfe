"""Parsing of the values in conditions."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.runs.filters.fields import Field
from azuraforge.runs.filters.tokens import Token, fault
from azuraforge.runs.filters.tree import Ago, At, Value

_SECONDS = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 604_800.0,
}
_SPAN = re.compile(r"(?P<count>\d+(?:\.\d+)?)(?P<unit>ms|s|min|m|h|d|w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_FLAGS = ("true", "false")
_MOST_SECONDS = 4e9


def value_of(token: Token, field: Field, where: str) -> Value:
    """Return the value of a condition on ``field``. Raises InvalidInput if the value does not fit the field."""
    if token.kind not in ("word", "text"):
        raise _wrong(token, Message("a value"), where, field.choices)
    plain = token.kind == "word"
    if plain and token.text == "none":
        return None
    match field.kind:
        case "choice":
            if token.text not in field.choices:
                raise _wrong(token, Message("a state"), where, field.choices)
            return token.text
        case "flag":
            if token.text not in _FLAGS:
                raise _wrong(token, Message("true or false"), where, _FLAGS)
            return token.text == "true"
        case "number" | "metric":
            return _number(token, where)
        case "duration":
            return _span(token, where)
        case "date":
            return _moment(token, where)
        case "config" if plain:
            if token.text in _FLAGS:
                return token.text == "true"
            return float(token.text) if _NUMBER.fullmatch(token.text) else token.text
        case _:
            return token.text


def _number(token: Token, where: str) -> float:
    if token.kind == "word" and _NUMBER.fullmatch(token.text) and math.isfinite(number := float(token.text)):
        return number
    raise _wrong(token, Message("a number"), where)


def _span(token: Token, where: str) -> float:
    if found := _SPAN.fullmatch(token.text):
        return float(found["count"]) * _SECONDS[found["unit"]]
    if _NUMBER.fullmatch(token.text) and math.isfinite(number := float(token.text)):
        return number
    raise _wrong(token, Message("a duration such as 90s, 5m or 2h"), where)


def _moment(token: Token, where: str) -> At | Ago:
    text = token.text
    age = _SPAN.fullmatch(text.removeprefix("-"))
    if age and (seconds := float(age["count"]) * _SECONDS[age["unit"]]) <= _MOST_SECONDS:
        return Ago(seconds)
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return At(datetime(day.year, day.month, day.day, tzinfo=UTC), whole_day=True)
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(token, Message("a date such as 2026-11-01, or an age such as 7d"), where) from None
    return At(moment)


def _wrong(token: Token, expected: Message, where: str, suggestions: tuple[str, ...] = ()) -> InvalidInput:
    return fault(
        where,
        token.start,
        token.end,
        expected,
        found=token.text,
        suggestions=suggestions,
        unfinished=token.kind == "end",
    )
