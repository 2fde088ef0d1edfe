"""Frames: put together from any pieces, and read as one of the shapes that a pipe carries."""

from __future__ import annotations

import struct

import pytest

from azuraforge.processes.frames import (
    FROM_CHILD,
    FROM_LAUNCHER,
    MAX_FRAME_BYTES,
    TO_CHILD,
    TO_LAUNCHER,
    FrameReader,
    encode,
)
from azuraforge.processes.messages import sent

RESULT = {"type": "result", "value": {"rows": [1, 2.5, None]}}
ERROR = {"type": "error", "family": "user", "kind": "", "error": {"code": "no", "message": "no"}}
START = {"type": "call", "entry": "module:function", "payload": {}}
NOTE = sent("note", {"markdown": "ğ"})


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_frames_are_put_together_from_whatever_arrives(size):
    frames = [RESULT, NOTE, ERROR, {"type": "piece", "value": 1}]
    sequence = b"".join(encode(frame) for frame in frames)
    reader = FrameReader(FROM_CHILD)
    pieces = [sequence[first : first + size] for first in range(0, len(sequence), size)]
    assert [frame for piece in pieces for frame in reader.feed(piece)] == frames


def test_one_frame_at_a_time_is_read_as_well_as_a_frame_behind_half_of_another():
    reader = FrameReader(FROM_CHILD)
    assert [*reader.feed(encode(RESULT))] == [RESULT]
    data = encode(NOTE)
    assert [*reader.feed(data[:6])] == []
    assert [*reader.feed(data[6:])] == [NOTE]
    assert [*reader.feed(encode(ERROR))] == [ERROR]


@pytest.mark.parametrize(
    ("shapes", "frame", "said"),
    [
        (FROM_CHILD, {"type": "result"}, "a frame 'result' lacks value"),
        (FROM_CHILD, {"type": "error", "family": "user"}, "a frame 'error' lacks error, kind"),
        (FROM_CHILD, {"type": "message", "name": "note"}, "a frame 'message' lacks data"),
        (FROM_CHILD, START, "has none of the types result, error, piece, message"),
        (FROM_CHILD, {"value": 1}, "has none of the types result, error, piece, message"),
        (FROM_CHILD, {"type": []}, "has none of the types result, error, piece, message"),
        (FROM_CHILD, [1], "has none of the types result, error, piece, message"),
        (FROM_CHILD, None, "has none of the types result, error, piece, message"),
        (TO_CHILD, {"type": "call", "entry": "a:b"}, "a frame 'call' lacks payload"),
        (TO_CHILD, {"type": "question"}, "a frame 'question' lacks payload"),
        (TO_LAUNCHER, {"type": "signal", "ticket": 1}, "a frame 'signal' lacks number"),
        (FROM_LAUNCHER, {"type": "ended", "ticket": 1}, "a frame 'ended' lacks status"),
    ],
)
def test_a_frame_of_another_shape_is_refused(shapes, frame, said):
    with pytest.raises(ValueError, match=said):
        [*FrameReader(shapes).feed(encode(frame))]


def test_fields_that_a_shape_does_not_require_may_be_missing():
    assert [*FrameReader(TO_CHILD).feed(encode(START))] == [START]


def test_an_impossible_length_and_broken_json_are_refused():
    with pytest.raises(ValueError, match="announces"):
        [*FrameReader(FROM_CHILD).feed(struct.pack(">I", MAX_FRAME_BYTES + 1))]
    with pytest.raises(ValueError, match="unexpected"):
        [*FrameReader(FROM_CHILD).feed(struct.pack(">I", 1) + b"{")]
