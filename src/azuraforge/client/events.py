"""Live stream of server-sent events. After an interruption, a new connection continues at the last cursor."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.errors import ApiError, PlatformUnreachable
from azuraforge.client.http.connection import Connection
from azuraforge.client.shapes import Shape

#: The platform sends a heartbeat every ten seconds; a connection without three of them counts as interrupted.
SILENCE_SECONDS = 30.0
#: Seconds for which the platform may be unavailable, for example during a restart, before a reader raises.
PATIENCE_SECONDS = 300.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 5.0


@dataclass(frozen=True, kw_only=True)
class Event(Shape):
    """One event of a stream; ``seq`` is the cursor from which to continue after it."""

    stream: str
    seq: int
    type: str
    at: datetime
    data: dict[str, object] = field(default_factory=dict)


def follow(
    connection: Connection, stream: str, after: int = 0, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[Event]:
    """Yield each event after the cursor ``after`` once, without end, reconnecting if necessary.

    Raises ApiError if the platform refuses the request. If the platform is unavailable for ``patience_seconds``, the
    last error is raised: PlatformUnreachable or ApiError.
    """
    away_since: float | None = None
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            for event in _read_once(connection, stream, after):
                away_since, pause = None, _FIRST_PAUSE_SECONDS
                if event is not None and event.seq > after:
                    after = event.seq
                    yield event
        except (PlatformUnreachable, ApiError) as error:
            now = time.monotonic()
            away_since = now if away_since is None else away_since
            hopeless = isinstance(error, ApiError) and not error.may_pass
            if hopeless or now - away_since >= patience_seconds:
                raise
        time.sleep(pause * random.uniform(0.7, 1.0))  # noqa: S311  readers must not all reconnect at once
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _read_once(connection: Connection, stream: str, after: int) -> Iterator[Event | None]:
    """Yield the events of one connection, and None for each heartbeat."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
    with connection.stream("/events", headers, SILENCE_SECONDS, stream=stream, after=after) as answer:
        yield None
        for fields in parse(answer.iter_bytes()):
            yield Event.from_json(json.loads(fields["data"])) if "data" in fields else None


def parse(chunks: Iterable[bytes]) -> Iterator[Mapping[str, str]]:
    r"""Parse chunks of bytes as server-sent events; yield the fields of each event, and an empty mapping per comment.

    Only ``\n`` ends a line, because JSON may contain other line separators unescaped.

    Example:
        >>> list(parse([b"id: 1\nda", b"ta: {}\n\n: alive\n\n"]))
        [{'id': '1', 'data': '{}'}, {}]
    """
    rest = b""
    fields: dict[str, str] = {}
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if not line:
                yield fields
                fields = {}
                continue
            name, _, value = line.decode("utf-8", "replace").partition(":")
            if name:
                value = value.removeprefix(" ")
                fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
