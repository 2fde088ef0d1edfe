"""Middleware for the ``Idempotency-Key`` of POST requests, with which a client can safely repeat a request.

It is plain ASGI around all routes, so that it covers every route that creates something. Bodies are hashed while they
stream and are not kept in memory; only responses to keyed requests are held back until they are stored.
"""

from __future__ import annotations

import hashlib

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Scope as Owner
from azuraforge.errors import AzuraError
from azuraforge.people.access import UNIT_OF_WORK, require_person
from azuraforge.projects.access import require_member
from azuraforge.projects.idempotency import (
    MOST_CHARACTERS,
    Answer,
    AnsweredRequests,
    KeyedRequest,
    KnownAnswer,
    repeated,
)
from azuraforge.server.documented import Document
from azuraforge.server.problems import problem_of, problem_of_http
from azuraforge.telemetry import logger

HEADER = "idempotency-key"
#: Longer responses are not stored; no creating route returns one.
_MOST_BYTES = 1 << 20

log = logger("server")


class IdempotencyGuard:
    """Middleware that executes a keyed POST request once. ``app.state.projects`` stores keys and responses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" and scope["method"] == "POST" else {}
        if HEADER not in headers:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            if scope["path"] in connection.app.state.person_paths:
                person_id = (await require_person(connection)).person_id
                owner = Owner(person_id=person_id)
            else:
                access = await require_member(connection)
                person_id, owner = access.person_id, Owner(access.project_id)
        except AzuraError:  # the route decides which callers it accepts
            await self.app(scope, receive, send)
            return
        body = _HashedBody(receive, headers.get("content-type", ""), person_id)
        answers: AnsweredRequests = connection.app.state.projects.answers
        try:
            request = KeyedRequest(owner, headers[HEADER], _route(scope))
            known = await to_thread.run_sync(answers.known, request)
            if known is not None:
                await self._repeat(known, request, body, scope, send)
                return
        except AzuraError as error:
            await problem_of(error)(scope, receive, send)
            return
        except HTTPException as error:  # the body exceeded the limit
            await problem_of_http(error, "too_large")(scope, receive, send)
            return
        answer = _Held(send)
        scope[UNIT_OF_WORK] = answers.unit_of_work(request)
        await self.app(scope, body.receive, answer.send)
        await self._keep(answers, request, body, answer)
        await answer.release()

    async def _repeat(
        self, known: KnownAnswer, request: KeyedRequest, body: _HashedBody, scope: Scope, send: Send
    ) -> None:
        answer = repeated(known, request, await body.rest())
        headers = [(b"content-type", answer.media_type.encode()), (b"idempotent-replay", b"true")]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _keep(self, answers: AnsweredRequests, request: KeyedRequest, body: _HashedBody, answer: _Held) -> None:
        """Store a successful response. Errors are not stored, so that the client can try again."""
        if not 200 <= answer.status < 300 or answer.started_sending or "set-cookie" in answer.headers:
            return
        secret = "no-store" in answer.headers.get("cache-control", "")
        kept = Answer(answer.status, answer.headers.get("content-type", ""), answer.body, secret)
        crashpoint("answer_before_kept")
        try:
            await to_thread.run_sync(answers.keep, request, await body.rest(), kept)
        except Exception as error:  # the work is done, so the client must receive the response
            log.warning("answer_not_kept", route=request.route, reason=str(error))


def described(document: Document) -> Document:
    """Return the API's document with the ``Idempotency-Key`` header of every POST request."""
    parameter = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Repeated requests with the same key and body within two days are executed once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
    }
    for methods in document["paths"].values():
        if "post" in methods and parameter not in methods["post"].setdefault("parameters", []):
            methods["post"]["parameters"].append(parameter)
    return document


class _HashedBody:
    """Hash of a request's person and body, computed while it streams. A form's boundary is random and not hashed.

    The person is part of the hash because a stored response is returned before the route checks the caller's role.
    """

    def __init__(self, receive: Receive, content_type: str, person_id: str) -> None:
        self._receive = receive
        self._digest = hashlib.sha256(f"{person_id}\0".encode())
        _, _, boundary = content_type.partition("boundary=")
        self._boundary = boundary.partition(";")[0].strip().strip('"').encode()
        self._tail = b""
        self._ended = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._feed(message.get("body", b""))
            self._ended = not message.get("more_body", False)
        else:
            self._ended = True
        return message

    async def rest(self) -> str:
        """Read the body to its end and return the hash of all its bytes as hex digits."""
        while not self._ended:
            await self.receive()
        self._digest.update(self._tail)
        self._tail = b""
        return self._digest.hexdigest()

    def _feed(self, data: bytes) -> None:
        if not self._boundary:
            self._digest.update(data)
            return
        *whole, rest = (self._tail + data).split(self._boundary)
        for piece in whole:
            self._digest.update(piece)
        keep = len(self._boundary) - 1
        self._digest.update(rest[: max(0, len(rest) - keep)])
        self._tail = rest[max(0, len(rest) - keep) :]


class _Held:
    """Response that is held back until it is stored. A response that is too long to store is sent immediately."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._bytes = 0
        self.started_sending = False
        self.status = 500
        self.headers: dict[str, str] = {}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self._messages)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            raw = message.get("headers", [])
            self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
        self._messages.append(message)
        self._bytes += len(message.get("body", b""))
        if self.started_sending or self._bytes > _MOST_BYTES:
            await self.release()

    async def release(self) -> None:
        """Send the messages that were held back."""
        self.started_sending = True
        messages, self._messages = self._messages, []
        for message in messages:
            await self._send(message)


def _route(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope['method']} {scope['path']}{'?' + query if query else ''}"[:300]
