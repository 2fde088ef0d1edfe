"""JSON that no database can hold is refused where it arrives."""

from __future__ import annotations

import itertools
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


@pytest.mark.parametrize("size", [2, 3])
def test_integers_are_distinguished_from_digits_in_texts_and_in_floats(size):
    """Against the standard library's parser, for every sequence of these parts."""
    parts = [
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1e-5",
        "1.1234567890123456789012", "12345678901234567890.5", "12345678901234567890e2", "-1.5e-00000000000000000000012",
        '"12345678901234567890"', r'"a\\"', r'"\""', r'"\\\""', r'"\\,12345678901234567890,"',
    ]  # fmt: skip

    def fits(digits: str) -> int:
        if not -(2**63) <= int(digits) < 2**63:
            raise json.JSONDecodeError("too large", "", 0)
        return int(digits)

    for chosen in itertools.product(parts, repeat=size):
        text = f"[{','.join(chosen)}]"
        try:
            expected = json.loads(text, parse_int=fits)
        except json.JSONDecodeError:
            with pytest.raises(json.JSONDecodeError):
                parse(text.encode())
        else:
            assert parse(text.encode()) == expected


@pytest.mark.parametrize(
    "value",
    [2**63 - 1, -(2**63), 0.1234567890123456789, "12345678901234567890", "\\u0000", "ğ😀", {"a": [None, True, 1e300]}],
)
def test_everything_else_is_read_as_it_was_written(value):
    assert parse(json.dumps(value).encode()) == value
