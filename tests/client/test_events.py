"""The live stream: each event once and in order, over as many connections as it takes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge.client import ApiError, Client, PlatformUnreachable, events
from azuraforge.client.events import parse

TOKEN = "t" * 40


def event(seq: int, kind: str = "run.progress", **data: object) -> dict:
    return {"seq": seq, "type": kind, "data": data, "at": "2026-01-01T00:00:00Z"}


@given(st.lists(st.integers(1, 200)), st.text())
def test_bytes_may_come_in_any_pieces(sizes, text):
    whole = b"".join(b"id: %d\ndata: %s\n\n" % (n, json.dumps(text, ensure_ascii=False).encode()) for n in range(3))
    chunks, rest = [], whole
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    found = list(parse([*chunks, rest]))
    assert [each["id"] for each in found] == ["0", "1", "2"]
    assert [json.loads(each["data"]) for each in found] == [text] * 3


def test_line_separators_inside_json_do_not_cut_it():
    data = json.dumps("a\u2028b\x85c", ensure_ascii=False)
    (found,) = parse([f"data: {data}\n\n".encode()])
    assert json.loads(found["data"]) == "a\u2028b\x85c"


def test_cut_connections_lose_and_repeat_nothing(server, client):
    server.events = [event(seq) for seq in range(1, 10)] + [event(10, "run.finished", state="succeeded")]
    server.events_per_connection = 3
    server.start()
    seen = [each.seq for each in client.runs.watch("k3v9")]
    assert seen == list(range(1, 11))
    assert server.last_event_ids == ["0", "3", "6", "9"]


def test_watching_starts_behind_the_cursor(server, client):
    server.events = [event(1), event(2), event(3, "run.finished")]
    server.start()
    assert [each.seq for each in client.runs.watch("k3v9", after=1)] == [2, 3]


def test_a_run_that_was_resumed_is_watched_to_its_last_end(server, client):
    server.events = [event(1, "run.finished", state="failed"), event(2), event(3, "run.finished", state="succeeded")]
    server.start()
    assert [each.seq for each in client.runs.watch("k3v9")] == [1, 2, 3]


def test_a_platform_that_starts_again_is_waited_for(server, client):
    server.events = [event(1), event(2)]
    server.start()
    watched = client.runs.watch("k3v9")
    assert [next(watched).seq, next(watched).seq] == [1, 2]
    server.stop()
    server.events.append(event(3, "run.finished"))
    server.start()
    assert [each.seq for each in watched] == [3]


def test_a_run_that_does_not_exist_is_said_at_once(server, client):
    server.start()
    server.refusals["show"] = (404, "not_found")
    with pytest.raises(ApiError) as refused:
        next(client.runs.watch("nothing"))
    assert refused.value.status == 404


def test_patience_ends(server, client, monkeypatch):
    monkeypatch.setattr(events, "_LONGEST_PAUSE_SECONDS", 0.05)
    server.events = [event(1)]
    server.start()
    watched = client.runs.watch("k3v9", patience_seconds=0.2)
    assert next(watched).seq == 1
    server.stop()
    with pytest.raises(PlatformUnreachable, match="no platform answers"):
        next(watched)


def test_a_revoked_token_ends_the_watching(server, home):
    server.start()
    with pytest.raises(ApiError) as refused:
        next(Client(url=server.url, token="revoked", home=home).runs.watch("k3v9"))
    assert refused.value.status == 401
