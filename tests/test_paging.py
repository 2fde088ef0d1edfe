"""Cursors are opaque, belong to one list, and are refused in one sentence where they do not."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import orjson
import pytest

from azuraforge.bounds import Moment
from azuraforge.errors import InvalidInput
from azuraforge.paging import Order

NEWEST: Order[tuple[datetime, str]] = Order("runs", tuple[Moment, str])
KEY = (datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC), "k3v9")


def cursor(*content: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(content))).decode().rstrip("=")


def test_a_cursor_gives_its_key_back_to_the_microsecond():
    assert NEWEST.read(NEWEST.write(KEY)) == KEY
    assert NEWEST.read(None) is None


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "é",
        "\x00",
        NEWEST.write(KEY)[:-3],
        NEWEST.write(KEY, "another owner"),
        Order[tuple[datetime, str]]("studies", tuple[Moment, str]).write(KEY),
        cursor("runs", ""),
        cursor("runs", "", ["yesterday", "k3v9"]),
        cursor("runs", "", ["0001-01-01T00:00:00Z", "k3v9"]),
        cursor("runs", "", ["2026-05-01T12:30:15Z", "a\x00b"]),
        cursor("runs", "", ["2026-05-01T12:30:15Z", 7]),
        cursor("runs", "", ["2026-05-01T12:30:15Z"]),
        cursor("runs", "", {"at": 1}),
        base64.urlsafe_b64encode(b"[" * 500).decode(),
    ],
)
def test_what_is_no_cursor_of_the_list_is_refused(given):
    with pytest.raises(InvalidInput, match="does not belong to this list") as raised:
        NEWEST.read(given)
    assert (raised.value.error_code, raised.value.where) == ("invalid_cursor", "after")


def test_pages_of_what_lies_in_memory():
    order: Order[tuple[str]] = Order("names", tuple[str])
    first, after = order.select("dbac", 2, None, lambda name: (name,))
    second, end = order.select("dbacbb0", 9, after, lambda name: (name,))  # 0 came before the cursor, bb at it
    assert (list(first), list(second), end) == (["a", "b"], ["c", "d"], None)
