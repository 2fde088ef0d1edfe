"""Checks of every request before its route: host name, size of the body, security headers, language.

They are plain ASGI, because Starlette's BaseHTTPMiddleware breaks streaming and costs a task per request.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from azuraforge.messages import Message as Sentence
from azuraforge.messages import negotiate, speaking
from azuraforge.people.address import Address
from azuraforge.server.problems import problem
from azuraforge.settings import ServerSettings

_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self'; frame-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _SAFE_HEADERS.items()]
#: Sent if browsers use https: for half a year, they then use it even for http links. The platform does not decide about
#: other hosts of the domain.
_HSTS = (b"strict-transport-security", b"max-age=15552000")


TOO_LARGE = "the request body is larger than {size}"

#: Probes of containers and load balancers use arbitrary host names; these routes reveal only a state and a version.
_PROBES = frozenset({"/healthz", "/readyz"})


class HostGuard:
    """Middleware that refuses requests for host names that do not belong to the platform.

    Otherwise, a foreign web page could rebind its host name to this machine and read the responses (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self.app = app
        self.address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_served(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answer = problem(
                400,
                "the platform does not serve this host name",
                "unknown_host",
                next_step="use the address that the platform prints when it starts, or set"
                " AZURAFORGE_SERVER__PUBLIC_URL",
            )
            await answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": "unknown host"})

    def _is_served(self, scope: Scope) -> bool:
        named = Headers(scope=scope).getlist("host")
        if len(named) == 1 and self.address.serves(named[0]):
            return True
        return self.address.beyond_loopback and scope["path"] in _PROBES


class LanguageGuard:
    """Middleware that sets the language of a request from its ``Accept-Language`` header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        language = negotiate(Headers(scope=scope).get("accept-language", ""))

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                if not any(name.lower() == b"content-language" for name, _ in headers):
                    message["headers"] = [
                        *headers,
                        (b"content-language", language.encode()),
                        (b"vary", b"Accept-Language"),
                    ]
            await send(message)

        with speaking(language):
            # Only API responses contain translated texts; pages and files are the same in every language.
            await self.app(scope, receive, named if scope["path"].startswith("/api/") else send)


class BodyGuard:
    """Middleware that refuses bodies beyond the limit and adds security headers to responses.

    The limit applies to the announced length and while the body streams. It is smaller for JSON than for files, because
    JSON is held in memory and parsed as a whole.
    """

    def __init__(
        self, app: ASGIApp, limits: ServerSettings, file_paths: re.Pattern[str], *, secure: bool = False
    ) -> None:
        self.app = app
        self.headers = [*_RAW_HEADERS, _HSTS] if secure else _RAW_HEADERS
        self.limits = limits
        self.file_paths = file_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_file = self.file_paths.fullmatch(scope["path"]) is not None
        max_bytes = self.limits.max_body_bytes if is_file else self.limits.max_json_bytes

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                named = {name.lower() for name, _ in headers}
                message["headers"] = headers + [each for each in self.headers if each[0] not in named]
            await send(message)

        length = Headers(scope=scope).get("content-length", "")
        if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"]:
            answer = problem(
                400,
                "a URL cannot contain a NUL character",
                "invalid_input",
                next_step="remove %00 from the URL",
            )
            await answer(scope, receive, headed)
        elif length.isdecimal() and int(length) > max_bytes:
            size = size_of(max_bytes)
            if is_file:
                answer = problem(
                    413,
                    "the file is larger than {size}",
                    "too_large",
                    next_step="compress the file, or ask an administrator to raise AZURAFORGE_SERVER__MAX_BODY_BYTES",
                    size=size,
                )
            else:
                answer = problem(
                    413,
                    TOO_LARGE,
                    "too_large",
                    next_step="send a smaller request body, or increase AZURAFORGE_SERVER__MAX_JSON_BYTES",
                    size=size,
                )
            await answer(scope, receive, headed)
        else:
            await self.app(scope, bounded(receive, max_bytes), headed)


def bounded(receive: Receive, max_bytes: int) -> Receive:
    """Return a ``receive`` that raises TooLargeError as soon as the body is larger than ``max_bytes``."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            raise TooLargeError(max_bytes)
        return message

    return counted


def size_of(max_bytes: int) -> str:
    """Return a size as text in MiB, or in bytes if it is below 1 MiB."""
    return f"{max_bytes / 2**20:g} MiB" if max_bytes >= 2**20 else f"{max_bytes} bytes"


class TooLargeError(HTTPException):
    """Error of a body that exceeds the limit while it is read.

    It is an HTTPException, because FastAPI replaces all other exceptions raised while it reads a body.
    """

    def __init__(self, max_bytes: int) -> None:
        self.sentence = Sentence(TOO_LARGE, {"size": size_of(max_bytes)})
        super().__init__(413, str(self.sentence))
