"""Requests to the application in this process, without a server: HTTP, server-sent events and WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp

URL = "http://127.0.0.1:8787"
#: Seconds for which a live stream is read: longer than the first read of its events takes.
_STREAM_SECONDS = 0.3


@dataclass(frozen=True)
class Form:
    """A multipart body: fields, and files by field."""

    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def encode(self) -> tuple[bytes, str]:
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in self.fields.items()
        ]
        for name, (file, content) in self.files.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
        return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@dataclass(frozen=True)
class Request:
    """One request; ``method`` WS is a WebSocket."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """Everything that the caller sent, in which its own words are found."""
        sent = json.dumps([self.path, dict(self.query), dict(self.headers), str(self.body)], ensure_ascii=False)
        return sent.encode()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str:
        with contextlib.suppress(ValueError, AttributeError):
            return str(self.json.get("code", ""))
        return ""

    @property
    def text(self) -> bytes:
        """Headers and body; of an archive, such as a bundle, its names and the files in it, too."""
        return b"\n".join([*(b": ".join(each) for each in self.headers), self.body, *self._files()])

    def _files(self) -> Iterator[bytes]:
        if self.body.startswith(b"PK\3\4"):
            with zipfile.ZipFile(io.BytesIO(self.body)) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    yield archive.read(name)


async def ask(app: ASGIApp, asked: Request) -> Answer:
    """Send a request and return the answer; a stream is read for a moment and left."""
    content, kind = b"", ""
    if isinstance(asked.body, Form):
        content, kind = asked.body.encode()
    elif asked.body is not None:
        content, kind = json.dumps(asked.body).encode(), "application/json"
    headers = {"host": "127.0.0.1:8787", "origin": URL, **({"content-type": kind} if kind else {})}
    headers |= {"content-length": str(len(content))} if content else {}
    headers |= {name.lower(): value for name, value in asked.headers.items()}
    web_socket = asked.method == "WS"
    scope: dict[str, Any] = {
        "type": "websocket" if web_socket else "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws" if web_socket else "http",
        "path": asked.path,
        "raw_path": quote(asked.path).encode(),
        "query_string": urlencode(asked.query, doseq=True).encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8787),
        **({"subprotocols": []} if web_socket else {"method": asked.method}),
    }
    return await _exchange(app, scope, content)


async def _exchange(app: ASGIApp, scope: dict[str, Any], content: bytes) -> Answer:
    first = [{"type": "websocket.connect"} if scope["type"] == "websocket" else
             {"type": "http.request", "body": content, "more_body": False}]  # fmt: skip
    status, headers, body = 0, (), bytearray()
    stream = scope["type"] == "websocket" or scope["path"] == "/api/v1/events"
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if first:
            return first.pop()
        await ended.wait()
        return {"type": "websocket.disconnect" if scope["type"] == "websocket" else "http.disconnect", "code": 1000}

    async def send(message: Any) -> None:
        nonlocal status, headers
        match message["type"]:
            case "http.response.start":
                status, headers = message["status"], tuple(message["headers"])
            case "websocket.accept":
                status = 101
            case "websocket.close":
                status = status or 403
                body.extend(f"closed {message.get('code')} {message.get('reason', '')}".encode())
            case _:
                body.extend(message.get("body") or (message.get("text") or "").encode() or message.get("bytes") or b"")

    task = asyncio.ensure_future(app(scope, receive, send))  # type: ignore[arg-type]
    if stream:
        await asyncio.wait([task], timeout=_STREAM_SECONDS)
    else:
        await task
    ended.set()
    if stream:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(task, 10)
    return Answer(status, headers, bytes(body))
