"""Limits on HTTP responses: their size after decompression, and the time until their last byte."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator

import httpx

from azuraforge.errors import InvalidInput
from azuraforge.outgoing.policy import Policy

_GZIP = 31  # zlib's code for the gzip format
_PIECE = 1 << 16


def guarded_answer(answer: httpx.Response, policy: Policy, request: httpx.Request) -> httpx.Response:
    """Return a response whose body raises an error if it exceeds the policy's limits.

    Raises InvalidInput if the announced length exceeds the limit, httpx.DecodingError for a compression other than
    gzip.
    """
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    announced = answer.headers.get("content-length", "")
    if not isinstance(answer.stream, httpx.SyncByteStream):
        raise TypeError("the transport gave no stream")
    body = _Body(answer.stream, policy, request, gzip=encoding in ("gzip", "x-gzip"))
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        body.close()
        raise httpx.DecodingError("the answer has a compression that was not asked for", request=request)
    if announced.isdigit() and int(announced) > policy.max_bytes:
        body.close()
        raise too_large(request.url.host, policy)
    headers = [(name, value) for name, value in answer.headers.raw if name.lower() != b"content-encoding"]
    if body.gzip:
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return httpx.Response(answer.status_code, headers=headers, stream=body, extensions=answer.extensions)


def too_large(host: str, policy: Policy) -> InvalidInput:
    """Return the error for a response that exceeds the size limit."""
    return InvalidInput(
        "the response from {host} is larger than {max_bytes:,} bytes",
        where="outgoing request",
        next_step="request less data, or ask an administrator to raise AZURAFORGE_OUTGOING__MAX_BYTES",
        code="answer_too_large",
        host=host[:200],
        max_bytes=policy.max_bytes,
    )


class _Body(httpx.SyncByteStream):
    """Response body that is read in pieces, with one piece in memory at a time."""

    def __init__(self, stream: httpx.SyncByteStream, policy: Policy, request: httpx.Request, *, gzip: bool) -> None:
        self._stream = stream
        self._policy = policy
        self._request = request
        self.gzip = gzip
        self._until = time.monotonic() + policy.max_seconds

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for piece in self._decoded() if self.gzip else self._stream:
            received += len(piece)
            if received > self._policy.max_bytes:
                raise too_large(self._request.url.host, self._policy)
            if time.monotonic() > self._until:
                raise httpx.ReadTimeout("the answer took too long", request=self._request)
            yield piece

    def close(self) -> None:
        self._stream.close()

    def _decoded(self) -> Iterator[bytes]:
        unpacking = zlib.decompressobj(_GZIP)
        try:
            for piece in self._stream:
                rest = piece
                while rest and not unpacking.eof:
                    yield unpacking.decompress(rest, _PIECE)
                    rest = unpacking.unconsumed_tail
        except zlib.error as error:
            raise httpx.DecodingError("the answer cannot be decompressed", request=self._request) from error
