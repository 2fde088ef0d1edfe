"""JSON that no database can hold is refused where it arrives."""

from __future__ import annotations

import json

import pytest

from azuraforge.strict_json import parse


@pytest.mark.parametrize(
    "text",
    [
        b"NaN", b"[Infinity]", b"1e999", b'"\\ud800"', b'{"\\udfff": 1}', b'"\\u0000"', b'"\\\\\\u0000"', b'"\xff"',
        b"9223372036854775808", b"-9223372036854775809", b"1" * 5000, b"[" * 5000, b"",
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused(text):
    with pytest.raises(json.JSONDecodeError):
        parse(text)


@pytest.mark.parametrize(
    "value",
    [2**63 - 1, -(2**63), 0.1234567890123456789, "12345678901234567890", "\\u0000", "ğ😀", {"a": [None, True, 1e300]}],
)
def test_everything_else_is_read_as_it_was_written(value):
    assert parse(json.dumps(value).encode()) == value
