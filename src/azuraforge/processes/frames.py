"""Frames between processes: JSON objects, each preceded by its length, over a Unix socket.

Every pipe carries frames of a few shapes, which the field ``type`` tells apart. A reader names the shapes that it
expects and refuses others. Messages of a kind of run travel inside ``SentMessage``, so kinds are free in their own
names and shapes, which their handlers validate (``runs.handlers.MessageKind``).
"""
# Without `from __future__ import annotations`: on Python 3.11 a TypedDict otherwise loses its required fields.

import math
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Literal, NotRequired, TypeAlias, TypedDict, TypeVar, get_args

import orjson
from pydantic import JsonValue

from azuraforge.processes.failures import ErrorFields
from azuraforge.processes.prefork import Warm
from azuraforge.strict_json import JsonObject

FrameT = TypeVar("FrameT")

_LENGTH = struct.Struct(">I")
#: A frame longer than this is a bug, not data: data goes through files.
MAX_FRAME_BYTES = 256 * 1024 * 1024
_READ_BYTES = 1 << 16
_SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_SHOWN = 100


class SavedCheckpoint(TypedDict):
    """A checkpoint from which an attempt may continue."""

    step: int
    folder: str
    sha256: str


class Start(TypedDict):
    """The first frame to a child: its entry point and the conditions of its work.

    ``call`` is one piece of work, ``run`` a phase of a run, and ``converse`` a child that answers questions.
    """

    type: Literal["call", "run", "converse"]
    entry: str
    payload: Mapping[str, object]
    seed: NotRequired[int]
    threads: NotRequired[int]
    environment: NotRequired[JsonObject]
    kernels_folder: NotRequired[str | None]
    niceness: NotRequired[int]
    memory_bytes: NotRequired[int]
    folder: NotRequired[str]
    outputs: NotRequired[str]
    checkpoints: NotRequired[str]
    saved: NotRequired[Sequence[SavedCheckpoint]]


class Question(TypedDict):
    """A question to a long-lived child, which answers each with a ``Result`` or a ``Failure``, in order."""

    type: Literal["question"]
    payload: Mapping[str, object]


class SentMessage(TypedDict):
    """A message of a registered name, in either direction."""

    type: Literal["message"]
    name: str
    data: Mapping[str, object]


class Result(TypedDict):
    """The answer of a child, with its resource usage."""

    type: Literal["result"]
    value: JsonValue
    heavy: NotRequired[list[str]]
    shared: NotRequired[list[str]]
    sha256: NotRequired[str]
    cpu_seconds: NotRequired[float]


class Failure(ErrorFields):
    """The error of a child."""

    type: Literal["error"]


class Piece(TypedDict):
    """A part of an answer that is still being computed."""

    type: Literal["piece"]
    value: JsonValue


class Spawn(TypedDict):
    """A request for a child; its socket and its output pipe are sent with it as ``SCM_RIGHTS``."""

    type: Literal["spawn"]
    ticket: int
    warm: Warm | None


class Signal(TypedDict):
    """A request for a signal to the group of a child."""

    type: Literal["signal"]
    ticket: int
    number: int


class Share(TypedDict):
    """Libraries that a child had imported when it ended, to be imported in advance for later children."""

    type: Literal["share"]
    names: Sequence[str]


class Hello(TypedDict):
    """The launcher's process has started."""

    type: Literal["hello"]
    environment: JsonObject


class Born(TypedDict):
    """A child was forked."""

    type: Literal["born"]
    ticket: int
    pid: int


class Ended(TypedDict):
    """A child was reaped."""

    type: Literal["ended"]
    ticket: int
    status: int | None


ToChild: TypeAlias = Start | Question | SentMessage
FromChild: TypeAlias = Result | Failure | Piece | SentMessage
ToLauncher: TypeAlias = Spawn | Signal | Share
FromLauncher: TypeAlias = Hello | Born | Ended


class Shapes(Generic[FrameT]):
    """The shapes of the frames that one end of a pipe receives.

    Reading checks that a frame is an object of a known type with all required fields. Their values are trusted: both
    ends are this package, and data from apps is validated where it is used.

    Example:
        >>> FROM_LAUNCHER.read(b'{"type":"born","ticket":1,"pid":7}')["type"]
        'born'
        >>> FROM_LAUNCHER.read(b'{"type":"born","ticket":1}')
        Traceback (most recent call last):
        ValueError: a frame 'born' lacks pid
    """

    def __init__(self, *shapes: type) -> None:
        self._required: dict[object, frozenset[str]] = {}
        for shape in shapes:
            for name in get_args(shape.__annotations__["type"]):
                self._required[name] = shape.__required_keys__  # type: ignore[attr-defined]  # it is a TypedDict

    def read(self, body: bytes | bytearray | memoryview) -> FrameT:
        """Return the frame. Raises ValueError for broken JSON and for a frame of another shape."""
        frame = orjson.loads(body)
        try:
            required = self._required[frame["type"]]
        except (KeyError, TypeError):
            known = ", ".join(map(str, self._required))
            raise ValueError(f"the frame {str(frame)[:_SHOWN]!r} has none of the types {known}") from None
        if not frame.keys() >= required:
            missing = ", ".join(sorted(required - frame.keys()))
            raise ValueError(f"a frame {frame['type']!r} lacks {missing}")
        checked: FrameT = frame
        return checked


TO_CHILD: Shapes[ToChild] = Shapes(Start, Question, SentMessage)
FROM_CHILD: Shapes[FromChild] = Shapes(Result, Failure, Piece, SentMessage)
TO_LAUNCHER: Shapes[ToLauncher] = Shapes(Spawn, Signal, Share)
FROM_LAUNCHER: Shapes[FromLauncher] = Shapes(Hello, Born, Ended)


def encode(frame: Mapping[str, object]) -> bytes:
    """Return a frame as bytes. Raises TypeError for values that are not JSON."""
    body = orjson.dumps(frame, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {len(body)} bytes is too long; write a file instead")
    return _LENGTH.pack(len(body)) + body


class FrameReader(Generic[FrameT]):
    """Assembles frames from received bytes."""

    def __init__(self, shapes: Shapes[FrameT]) -> None:
        self._read = shapes.read
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterable[FrameT]:
        """Return the frames that ``data`` completes. Raises ValueError for an impossible length, broken JSON or a
        frame of another shape."""
        if not self._buffer and len(data) > _LENGTH.size and _LENGTH.unpack_from(data)[0] == len(data) - _LENGTH.size:
            return (self._read(memoryview(data)[_LENGTH.size :]),)  # exactly one, as usual: nothing is copied
        return self._buffered(data)

    def _buffered(self, data: bytes) -> Iterator[FrameT]:
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise ValueError(f"a frame announces {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = self._buffer[_LENGTH.size : end]
            del self._buffer[:end]
            yield self._read(body)


def read_frames(connection: socket.socket, shapes: Shapes[FrameT]) -> Iterator[FrameT]:
    """Yield frames until the other side closes; blocks."""
    reader = FrameReader(shapes)
    while data := connection.recv(_READ_BYTES):
        yield from reader.feed(data)


def spell(value: float) -> float | str:
    """Return a number in a form that JSON supports: NaN and the infinities become words.

    Example:
        >>> spell(float("inf")), spell(0.5)
        ('Infinity', 0.5)
    """
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def unspell(value: float | str) -> float:
    """Return the number that ``spell`` encoded."""
    return _SPELLED[value] if isinstance(value, str) else float(value)
