"""Compression of responses: choice of an encoding that the client accepts, and gzip for JSON."""

from __future__ import annotations

import gzip
from collections.abc import Container

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: A shorter response fits into one or two packets anyway, and compressing it takes 0.1 ms; longer ones would delay
#: other requests.
_LEAST_BYTES = 2048
_MOST_BYTES = 8 << 20
#: The fastest level: it shrinks a list of runs to a tenth in a few milliseconds; higher ones take several times as
#: long.
_LEVEL = 1


def accepted(header: str, offered: Container[str]) -> str:
    """Return the best offered encoding that an Accept-Encoding header allows; empty if there is none.

    Example:
        >>> accepted("gzip;q=1.0, br;q=0", {"br", "gzip"})
        'gzip'
    """
    allowed: dict[str, float] = {}
    for part in header.split(","):
        name, _, quality = part.partition(";")
        try:
            allowed[name.strip().lower()] = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            allowed[name.strip().lower()] = 0
    anything = allowed.get("*", 0)
    for encoding in ("br", "gzip"):
        if encoding in offered and allowed.get(encoding, anything) > 0:
            return encoding
    return ""


class JsonCompression:
    """Middleware that compresses JSON responses to GET requests.

    Streams, files and ``no-store`` responses are not compressed. A ``no-store`` response contains a secret, which the
    length of a compressed response could reveal (BREACH).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: Message | None = None

        async def compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                head, start = start, None
                if _fits(head, message):
                    headers = MutableHeaders(raw=head["headers"])
                    headers.add_vary_header("Accept-Encoding")
                    if accepted(Headers(scope=scope).get("accept-encoding", ""), {"gzip"}):
                        message["body"] = gzip.compress(message["body"], _LEVEL, mtime=0)
                        headers["Content-Encoding"] = "gzip"
                        headers["Content-Length"] = str(len(message["body"]))
                await send(head)
            await send(message)

        await self.app(scope, receive, compressed)


def _fits(head: Message, message: Message) -> bool:
    headers = Headers(raw=head["headers"])
    return (
        not message.get("more_body")
        and _LEAST_BYTES <= len(message.get("body", b"")) <= _MOST_BYTES
        and headers.get("content-type", "").startswith("application/json")
        and not any(name in headers for name in ("content-encoding", "set-cookie", "etag", "content-disposition"))
        and "no-store" not in headers.get("cache-control", "")
    )
