"""Strict JSON parser, which refuses values that databases and clients cannot represent.

Refused are NaN and infinities (also as 1e999), unpaired surrogates, NUL characters and integers beyond 64 bits.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

import orjson
from pydantic import JsonValue

#: A JSON object with arbitrary fields.
JsonObject: TypeAlias = dict[str, JsonValue]

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
#: A number with fewer digits fits into 64 bits.
_LONG_NUMBER = re.compile(rb"[0-9]{19,}+")
_OF_FLOATS = frozenset({b".", b"e", b"E", b"+"})


def parse(text: bytes) -> JsonValue:
    """Return the value of a JSON text. Raises json.JSONDecodeError if the text is invalid or refused.

    Example:
        >>> parse(b'{"rows": [1, 2.5]}')
        {'rows': [1, 2.5]}
    """
    value: JsonValue = orjson.loads(text)
    if b"\\u0000" in text and (found := _ESCAPED_NUL.search(text)):
        raise json.JSONDecodeError("a NUL character cannot be stored", "", found.start())
    if _LONG_NUMBER.search(text):  # orjson silently returns a float for an integer that does not fit
        outside = _outside_texts(text)
        for found in _LONG_NUMBER.finditer(outside):
            _check_sixty_four_bits(outside, found.start(), found.end())
    return value


def _outside_texts(text: bytes) -> bytes:
    """Return valid JSON without its strings. This is several times as fast as parsing the text again."""
    if b'"' not in text:
        return text
    return b" ".join(text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _check_sixty_four_bits(text: bytes, start: int, end: int) -> None:
    """Raise JSONDecodeError for an integer beyond 64 bits; digits of a fraction or an exponent are accepted."""
    if text[end : end + 1] in _OF_FLOATS or text[start - 1 : start] in _OF_FLOATS:
        return
    sign = b"-" if text[start - 1 : start] == b"-" else b""
    if sign and text[start - 2 : start - 1] in _OF_FLOATS:
        return
    if end - start > 19 or not -(2**63) <= int(sign + text[start:end]) < 2**63:
        raise json.JSONDecodeError("an integer does not fit into 64 bits", "", 0)
