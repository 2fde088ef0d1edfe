"""JSON, read strictly: what Python's own parser lets through no database and no client can hold.

Refused are NaN and infinities (also as 1e999), halves of surrogate pairs, NUL characters and integers beyond 64 bits.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
#: Only a number of so many digits can lie beyond 64 bits.
_LONG_NUMBER = re.compile(rb"[0-9]{19}")


def parse(text: bytes) -> Any:
    """Return the value of a JSON text. Raises json.JSONDecodeError.

    Example:
        >>> parse(b'{"rows": [1, 2.5]}')
        {'rows': [1, 2.5]}
    """
    value = orjson.loads(text)
    if b"\\u0000" in text and (found := _ESCAPED_NUL.search(text)):
        raise json.JSONDecodeError("a NUL character cannot be stored", "", found.start())
    if _LONG_NUMBER.search(text):  # orjson makes a float of what does not fit: look closely
        json.loads(text, parse_int=_sixty_four_bits)
    return value


def _sixty_four_bits(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise json.JSONDecodeError("an integer does not fit into 64 bits", "", 0)
    return int(digits)
