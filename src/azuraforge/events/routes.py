"""The live stream: WebSocket and server-sent events over one cursor."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from anyio import CancelScope, create_task_group, to_thread
from fastapi import APIRouter, Depends, Query, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.requests import Request

from azuraforge.errors import AzuraError, TransientError
from azuraforge.events.service import EventLog, Frame

RETRY_MILLISECONDS = 1000
#: A stream that was opened with a session or token looks this often whether it is still valid.
RECHECK_SECONDS = 60.0
_GOING_AWAY, _REFUSED, _NOT_TEXT = 1012, 1008, 1003  # RFC 6455: service restart; policy violation; binary data

router = APIRouter(prefix="/events", tags=["events"])


async def event_log(connection: HTTPConnection) -> EventLog:
    log: EventLog = connection.app.state.events
    return log


async def project_id_of(connection: HTTPConnection) -> str:
    """Set by the server: events stand below projects and cannot know who asks."""
    project_id: str = await connection.app.state.project_of(connection)
    return project_id


Log = Annotated[EventLog, Depends(event_log)]
ProjectId = Annotated[str, Depends(project_id_of)]
#: A number to go on from, or "latest": only what comes from now on.
After = Annotated[Literal["latest"] | Annotated[int, Field(ge=0, le=2**63 - 1)], Query()]
Stream = Annotated[str, Query(max_length=80, pattern=r"^[a-z]+(/[a-z0-9]+)?$")]


@router.get("", response_class=StreamingResponse)
def stream_events(
    request: Request, project_id: ProjectId, log: Log, stream: Stream = "project", after: After = 0
) -> StreamingResponse:
    """Server-sent events after the cursor (``Last-Event-ID`` wins over ``after``), then whatever comes."""
    last_id = request.headers.get("last-event-id", "")
    resumes = last_id.isascii() and last_id.isdigit() and len(last_id) < 19
    cursor = int(last_id) if resumes else _cursor(log, project_id, stream, after)
    return StreamingResponse(
        _lines(_while_allowed(request, log, project_id, stream, cursor)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _cursor(log: EventLog, project_id: str, stream: str, after: int | Literal["latest"]) -> int:
    return log.last_seq(project_id, stream) if after == "latest" else after


async def _lines(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    async for frame in frames:
        yield frame.lines or b": alive\n\n"


@router.websocket("/live")
async def live(websocket: WebSocket, log: Log, stream: Stream = "project", after: After = 0) -> None:
    """Frames of events as JSON arrays; an empty array is a sign of life."""
    try:
        project_id = await project_id_of(websocket)
    except AzuraError as error:
        await websocket.close(_REFUSED, error.message[:120])
        return
    await websocket.accept()
    try:
        cursor = await to_thread.run_sync(_cursor, log, project_id, stream, after)
    except AzuraError as error:
        await websocket.close(_GOING_AWAY, error.message[:120])
        return
    async with create_task_group() as both:
        both.start_soon(_end_with_reader, websocket, both.cancel_scope)
        try:
            async for frame in _while_allowed(websocket, log, project_id, stream, cursor):
                await websocket.send_text(frame.json)
            if log.bell.closed:
                await websocket.close(_GOING_AWAY, "the platform is stopping; connect again in a second")
            else:
                await websocket.close(_REFUSED, "the session or token is no longer valid")
        except (WebSocketDisconnect, RuntimeError):
            pass  # the reader left; its cursor is its own
        both.cancel_scope.cancel()


async def _end_with_reader(websocket: WebSocket, scope: CancelScope) -> None:
    """Receive, so that the reader's leaving and its pongs are noticed. Texts are ignored, binary frames refused."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            if message.get("bytes") is not None:
                await websocket.close(_NOT_TEXT, "this stream accepts no binary frames")
                break
    scope.cancel()


async def _while_allowed(
    connection: HTTPConnection, log: EventLog, project_id: str, stream: str, cursor: int
) -> AsyncIterator[Frame]:
    """Frames for as long as the session or token still opens the door, looked at again every minute."""
    checked_at = time.monotonic()
    async for frame in log.follow(project_id, stream, cursor):
        if time.monotonic() - checked_at > RECHECK_SECONDS:
            try:
                await project_id_of(connection)
            except TransientError:  # nobody can say; whoever was let in stays until somebody can
                pass
            except AzuraError:
                return
            checked_at = time.monotonic()
        yield frame
