"""Checks of every request before its route: a known host, a bounded body, safe headers.

Plain ASGI, because Starlette's BaseHTTPMiddleware breaks streaming and costs a task per request.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from azuraforge.messages import Message as Sentence
from azuraforge.messages import negotiate, speaking
from azuraforge.projects.address import Address
from azuraforge.server.problems import problem
from azuraforge.settings import ServerSettings

_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _SAFE_HEADERS.items()]


TOO_LARGE = "the body is larger than {size}"

#: Probes of containers and load balancers name any host; these answers hold a state and a version.
_PROBES = frozenset({"/healthz", "/readyz"})


class HostGuard:
    """Refuse requests for host names that are not the platform's.

    A page elsewhere could otherwise rebind its own name to this machine and read the answers.
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
                "this host name is not served here",
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
    """Sets the language of a request by its ``Accept-Language`` header."""

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
            # Answers of the API may contain stored errors; pages and files are the same in every language.
            await self.app(scope, receive, named if scope["path"].startswith("/api/") else send)


class BodyGuard:
    """Refuses a body beyond the limit, by its announced length or while it streams; adds safe headers.

    Files may be large. JSON may not: it is held and parsed as a whole.
    """

    def __init__(self, app: ASGIApp, limits: ServerSettings, file_paths: re.Pattern[str]) -> None:
        self.app = app
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
                message["headers"] = headers + [each for each in _RAW_HEADERS if each[0] not in named]
            await send(message)

        length = Headers(scope=scope).get("content-length", "")
        if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"]:
            answer = problem(
                400,
                "an address cannot contain a NUL character",
                "invalid_input",
                next_step="remove %00 from the address",
            )
            await answer(scope, receive, headed)
        elif length.isdecimal() and int(length) > max_bytes:
            setting = "AZURAFORGE_SERVER__MAX_BODY_BYTES" if is_file else "AZURAFORGE_SERVER__MAX_JSON_BYTES"
            answer = problem(
                413,
                TOO_LARGE,
                "too_large",
                next_step="send less, or raise {setting}",
                size=size_of(max_bytes),
                setting=setting,
            )
            await answer(scope, receive, headed)
        else:
            await self.app(scope, bounded(receive, max_bytes), headed)


def bounded(receive: Receive, max_bytes: int) -> Receive:
    """Return a ``receive`` that raises TooLargeError once the body is larger than ``max_bytes``."""
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
    """Return a limit in MiB, or in bytes if it is smaller than one."""
    return f"{max_bytes / 2**20:g} MiB" if max_bytes >= 2**20 else f"{max_bytes} bytes"


class TooLargeError(HTTPException):
    """The body grew beyond the limit while it was read. An HTTPException, since FastAPI lets only those out of
    the reading of a body."""

    def __init__(self, max_bytes: int) -> None:
        self.sentence = Sentence(TOO_LARGE, {"size": size_of(max_bytes)})
        super().__init__(413, str(self.sentence))
