"""Errors of the API as problem documents (RFC 9457) with the problem, its place and the next step; no traceback."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from azuraforge.errors import AzuraError, StorageError, TransientError
from azuraforge.messages import Message, current, translated
from azuraforge.messages.catalogue import report_untranslated
from azuraforge.messages.validation import message_of
from azuraforge.telemetry import logger

log = logger("server")

#: Seconds after which a request that got this status may be sent again.
_RETRY_AFTER_SECONDS = {429: 60, 503: 2}


def problem(
    status: int,
    template: str,
    code: str,
    *,
    where: str = "",
    next_step: str = "",
    details: Mapping[str, object] | None = None,
    **values: object,
) -> Response:
    """Return a response with a problem document in the language of the request.

    ``template``, ``where`` and ``next_step`` are message templates, filled in with ``values``.
    """
    language = current()
    texts = {
        "detail": translated(Message(template, values), language),
        "where": translated(Message(where, values), language),
        "next_step": translated(Message(next_step, values), language),
    }
    body = {
        "type": f"urn:azuraforge:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": texts["detail"],
        "code": code,
        **{name: text for name in ("where", "next_step") if (text := texts[name])},
        **({"details": dict(details)} if details else {}),
    }
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if status in _RETRY_AFTER_SECONDS:
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS[status])
    # Escaped to ASCII, because parts of an invalid request may contain characters that UTF-8 cannot encode.
    return Response(json.dumps(body, default=str), status, headers, media_type="application/problem+json")


def problem_of(error: AzuraError) -> Response:
    """Return the problem document of an AzuraError."""
    texts = error.templates
    return problem(
        error.status,
        texts["message"],
        error.error_code,
        where=texts["where"],
        next_step=texts["next_step"],
        details=error.details,
        **error.values,
    )


def problem_of_http(error: HTTPException, code: str) -> Response:
    """Return the problem document of an HTTPException: its ``sentence`` if it has one, else its ``detail``."""
    sentence = getattr(error, "sentence", None)
    if not isinstance(sentence, Message):
        sentence = Message("{detail}", {"detail": str(error.detail)})
    return problem(error.status_code, sentence.template, code, where="", next_step="", details=None, **sentence.values)


def install(app: FastAPI, allowed: Callable[[str], list[str]] = lambda _path: []) -> None:
    """Register the exception handlers. They are asynchronous, so that errors do not wait for a thread.

    Args:
        allowed: function that returns the methods that the API supports for a path.
    """
    report_untranslated(lambda template: log.warning("message_without_translation", template=template))

    @app.exception_handler(AzuraError)
    async def _ours(request: Request, error: AzuraError) -> Response:
        if isinstance(error, StorageError | TransientError):
            log.warning("request_failed", code=error.error_code, message=error.message, client=_client(request))
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        problems = [
            {
                "field": ".".join(str(part) for part in item["loc"][1:]),
                "message": translated(message_of(item), current()),
            }
            for item in error.errors()[:20]
        ]
        first = problems[0]
        return problem(
            422,
            "{field}: {message}" if first["field"] else "{message}",
            "invalid_input",
            where="{field}",
            details={"fields": problems},
            **first,
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 405:
            # The router names the methods of one route, but other routes may share the path, or only the pages match.
            if methods := allowed(request.scope["path"]):
                headers["Allow"] = ", ".join(methods)
            elif request.scope["path"].startswith("/api/"):
                error, headers = HTTPException(404), {}
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        path = request.scope["path"]
        if error.status_code == 404:
            answer = problem(
                404,
                "{path} does not exist",
                code,
                next_step="/api/v1/openapi.json lists the routes of the API",
                path=path,
            )
        elif error.status_code == 405:
            answer = problem(
                405,
                "{path} does not support {method}",
                code,
                next_step="use a method that the Allow header of this response lists",
                path=path,
                method=request.method,
            )
        else:
            answer = problem_of_http(error, code)
        answer.headers.update(headers)
        return answer

    @app.exception_handler(ClientDisconnect)
    async def _left(_request: Request, _error: ClientDisconnect) -> Response:
        # No client receives this response.
        return problem(408, "the request body ended early", "body_too_slow", next_step="send the request again")

    @app.exception_handler(UnicodeError)
    async def _unspeakable(request: Request, error: UnicodeError) -> Response:
        # Bodies and addresses are checked earlier; this handles text that those checks miss.
        log.warning("text_not_storable", path=request.scope["path"], reason=str(error))
        return problem(
            422,
            "a text contains a character that cannot be stored",
            "invalid_input",
            next_step="remove control characters and unpaired surrogates",
        )

    @app.exception_handler(RecursionError)
    async def _too_deep(_request: Request, _error: RecursionError) -> Response:
        return problem(
            400,
            "the JSON body is nested too deeply",
            "invalid_input",
            next_step="send lists and objects with fewer nested levels",
        )

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        path, client = request.scope["path"], _client(request)
        log.error("unexpected_error", reference=reference, path=path, client=client, exc_info=error)
        return problem(
            500,
            "an internal error occurred (reference {reference})",
            "internal",
            next_step="search for {reference} in platform.log in the data home, and report the entry",
            reference=reference,
        )


def _client(request: Request) -> str | None:
    """Return the client's address; behind a trusted proxy, the address that the proxy states."""
    return request.client.host if request.client else None
