"""Frames between processes: JSON objects, each preceded by its length, over a Unix socket.

Every connection carries frames of a few shapes, which the field ``type`` distinguishes. A reader states the shapes that
it expects and rejects others. Messages of a kind of run are sent inside ``SentMessage``; the handler of the kind
defines and validates their names and shapes (``runs.handlers.MessageKind``).
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
#: Maximum length of a frame; larger data must be exchanged in files.
MAX_FRAME_BYTES = 256 * 1024 * 1024
_READ_BYTES = 1 << 16
_SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_SHOWN = 100


class SavedCheckpoint(TypedDict):
    """Checkpoint from which an attempt may continue."""

    step: int
    folder: str
    sha256: str


class Start(TypedDict):
    """First frame to a child: its entry point, input and settings.

    The type ``call`` starts a single call outside any run, ``run`` a phase of a run, and ``converse`` a child that
    answers questions.
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
    """Question to a long-lived child, which answers each question with a ``Result`` or a ``Failure``, in order."""

    type: Literal["question"]
    payload: Mapping[str, object]


class SentMessage(TypedDict):
    """Message with a registered name, from or to a child."""

    type: Literal["message"]
    name: str
    data: Mapping[str, object]


class Result(TypedDict):
    """Answer of a child, with its imported modules, the hash of its outputs and its CPU time."""

    type: Literal["result"]
    value: JsonValue
    heavy: NotRequired[list[str]]
    shared: NotRequired[list[str]]
    sha256: NotRequired[str]
    cpu_seconds: NotRequired[float]


class Failure(ErrorFields):
    """Error that a child reports instead of a result."""

    type: Literal["error"]


class Piece(TypedDict):
    """Part of an answer that is still being computed."""

    type: Literal["piece"]
    value: JsonValue


class Spawn(TypedDict):
    """Request for a child; the child's socket and output pipe are sent with it as ``SCM_RIGHTS``."""

    type: Literal["spawn"]
    ticket: int
    warm: Warm | None


class Signal(TypedDict):
    """Request to send a signal to the process group of a child."""

    type: Literal["signal"]
    ticket: int
    number: int


class Share(TypedDict):
    """Request to import libraries that an ended child had used, so that later children start with them."""

    type: Literal["share"]
    names: Sequence[str]


class Hello(TypedDict):
    """Notice that the launcher's process has started, with its environment."""

    type: Literal["hello"]
    environment: JsonObject


class Born(TypedDict):
    """Notice that a child was forked."""

    type: Literal["born"]
    ticket: int
    pid: int


class Ended(TypedDict):
    """Notice that a child was reaped, with its exit status."""

    type: Literal["ended"]
    ticket: int
    status: int | None


ToChild: TypeAlias = Start | Question | SentMessage
FromChild: TypeAlias = Result | Failure | Piece | SentMessage
ToLauncher: TypeAlias = Spawn | Signal | Share
FromLauncher: TypeAlias = Hello | Born | Ended


class Shapes(Generic[FrameT]):
    """Shapes of the frames that one end of a connection receives.

    ``read`` checks that a frame is an object of a known type with all required fields. It does not check their values:
    both ends belong to this package, and data from apps is validated where it is used.

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
        """Decode a frame. Raises ValueError if it is not JSON or matches none of the shapes."""
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
    """Return a frame as bytes. Raises TypeError if a value is not JSON, ValueError if the frame is too long."""
    body = orjson.dumps(frame, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {len(body)} bytes is too long; write a file instead")
    return _LENGTH.pack(len(body)) + body


class FrameReader(Generic[FrameT]):
    """Incremental decoder of frames."""

    def __init__(self, shapes: Shapes[FrameT]) -> None:
        self._read = shapes.read
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterable[FrameT]:
        """Return the frames that ``data`` completes. The caller must exhaust them before the next call.

        Raises ValueError, possibly during the iteration, if a frame is too long, is not JSON or matches none of the
        reader's shapes.
        """
        if not self._buffer and len(data) > _LENGTH.size and _LENGTH.unpack_from(data)[0] == len(data) - _LENGTH.size:
            return (self._read(memoryview(data)[_LENGTH.size :]),)  # exactly one frame, the usual case, without a copy
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
    """Yield received frames until the other side closes the connection. Raises the errors of ``FrameReader.feed``."""
    reader = FrameReader(shapes)
    while data := connection.recv(_READ_BYTES):
        yield from reader.feed(data)


def spell(value: float) -> float | str:
    """Return a number in a form that JSON supports: NaN and the infinities become strings.

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
