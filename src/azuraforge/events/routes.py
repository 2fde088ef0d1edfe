"""Live streams of events over WebSocket or server-sent events, both with the same cursor."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Literal, Protocol

from anyio import CancelScope, create_task_group, sleep, to_thread
from fastapi import APIRouter, Depends, Query, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.requests import Request

from azuraforge.errors import AzuraError, TransientError
from azuraforge.events.schemas import EventPage
from azuraforge.events.service import EventLog, Frame
from azuraforge.paging import PAGE, Limit
from azuraforge.paging import After as AfterPage

RETRY_MILLISECONDS = 1000
#: Pause before a stream checks its caller's access again while the database is unavailable.
_AWAY_SECONDS = 1.0
_MOST_REASON_BYTES = 123
_GOING_AWAY, _REFUSED, _NOT_TEXT = 1012, 1008, 1003  # RFC 6455: service restart; policy violation; binary data

router = APIRouter(prefix="/events", tags=["events"])


async def event_log(connection: HTTPConnection) -> EventLog:
    log: EventLog = connection.app.state.events
    return log


class Caller(Protocol):
    """Interface of an authenticated caller, which ``projects.callers.Access`` implements."""

    @property
    def project_id(self) -> str: ...

    @property
    def is_current(self) -> bool:
        """Return whether secret and membership were checked recently enough not to be checked again."""
        ...

    @property
    def seconds_left(self) -> float:
        """Seconds until they must be checked again."""
        ...


async def caller_of(connection: HTTPConnection) -> Caller:
    """Authenticate a connection and return its caller. Raises Unauthorized or Forbidden.

    This calls a function that the server sets, because this package must not import ``projects``.
    """
    caller: Caller = await connection.app.state.caller_of(connection)
    return caller


Log = Annotated[EventLog, Depends(event_log)]
Reader = Annotated[Caller, Depends(caller_of)]
#: Query parameters of the live streams.
After = Annotated[
    Literal["latest"] | Annotated[int, Field(ge=0, le=2**63 - 1)],
    Query(description="number of the last event that was read, or latest for future events only"),
]
Stream = Annotated[
    str,
    Query(max_length=80, pattern=r"^[a-z]+(/[a-z0-9]+)?$", description="name of the stream: project, run/<id> …"),
]


@router.get("", response_class=StreamingResponse)
def stream_events(
    request: Request, caller: Reader, log: Log, stream: Stream = "project", after: After = 0
) -> StreamingResponse:
    """Stream server-sent events after the cursor (``Last-Event-ID`` takes precedence over ``after``), then new ones."""
    last_id = request.headers.get("last-event-id", "")
    resumes = last_id.isascii() and last_id.isdigit() and len(last_id) < 19
    cursor = int(last_id) if resumes else _cursor(log, caller.project_id, stream, after)
    return StreamingResponse(
        _lines(_while_allowed(request, log, caller, stream, cursor)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/history")
def list_events(
    caller: Reader,
    log: Log,
    stream: Stream = "project",
    type: Annotated[
        str | None, Query(max_length=40, pattern=r"^[a-z_.]+$", description="beginning of the type, such as run.")
    ] = None,
    since: Annotated[int, Query(ge=0, le=2**63 - 1, description="only events with a greater number")] = 0,
    limit: Limit = PAGE,
    after: AfterPage = None,
) -> EventPage:
    """List the events of a stream, newest first."""
    return log.newest(caller.project_id, stream, types=type, since=since, limit=limit, after=after)


def _cursor(log: EventLog, project_id: str, stream: str, after: int | Literal["latest"]) -> int:
    return log.last_seq(project_id, stream) if after == "latest" else after


async def _lines(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    async for frame in frames:
        yield frame.lines or b": alive\n\n"


@router.websocket("/live")
async def live(websocket: WebSocket, log: Log, stream: Stream = "project", after: After = 0) -> None:
    """Stream frames of events as JSON arrays over a WebSocket; an empty array is a heartbeat."""
    try:
        caller = await caller_of(websocket)
    except AzuraError as error:
        await websocket.close(_REFUSED, _close_reason(error.message))
        return
    await websocket.accept()
    try:
        cursor = await to_thread.run_sync(_cursor, log, caller.project_id, stream, after)
    except AzuraError as error:
        await websocket.close(_GOING_AWAY, _close_reason(error.message))
        return
    async with create_task_group() as both:
        both.start_soon(_end_with_reader, websocket, both.cancel_scope)
        try:
            async for frame in _while_allowed(websocket, log, caller, stream, cursor):
                await websocket.send_text(frame.json)
            if log.notifier.closed:
                await websocket.close(_GOING_AWAY, "the platform is stopping; connect again in a second")
            else:
                await websocket.close(_REFUSED, "the session or token is no longer valid")
        except (WebSocketDisconnect, RuntimeError):
            pass  # the reader has disconnected; it stores its own cursor
        both.cancel_scope.cancel()


def _close_reason(message: str) -> str:
    """Cut a message to the 123 bytes that a close frame has room for, without cutting a character.

    Example:
        >>> len(_close_reason("ş" * 100).encode())
        122
    """
    return message.encode()[:_MOST_REASON_BYTES].decode(errors="ignore")


async def _end_with_reader(websocket: WebSocket, scope: CancelScope) -> None:
    """Receive until the connection ends, then cancel ``scope``. A binary frame closes the connection."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            if message.get("bytes") is not None:
                await websocket.close(_NOT_TEXT, "this stream accepts no binary frames")
                break
    scope.cancel()


async def _while_allowed(
    connection: HTTPConnection, log: EventLog, caller: Caller, stream: str, cursor: int
) -> AsyncIterator[Frame]:
    """Yield frames while the caller may read them; authenticate an outdated caller again, also without any events."""

    def patience() -> float:
        return caller.seconds_left

    async for frame in log.follow(caller.project_id, stream, cursor, patience):
        while not caller.is_current:
            try:
                caller = await caller_of(connection)
            except TransientError:  # the database is unavailable: the stream stays open, and its events wait
                if log.notifier.closed:
                    return
                yield Frame()
                await sleep(_AWAY_SECONDS)
            except AzuraError:
                return
        yield frame
