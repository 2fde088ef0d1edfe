"""Errors of the API as RFC 9457 problem+json: what, where, what to do next. Never a traceback."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from azuraforge.errors import AzuraError, StorageError, TransientError
from azuraforge.telemetry import logger

log = logger("server")


def problem(status: int, detail: str, code: str, **more: object) -> Response:
    """Return a problem document."""
    body = {
        "type": f"urn:azuraforge:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **{name: value for name, value in more.items() if value},
    }
    headers = {"Retry-After": "2"} if status == 503 else None
    # Escaped to ASCII: what a request named wrongly may hold what UTF-8 cannot.
    return Response(json.dumps(body, default=str), status, headers, media_type="application/problem+json")


def problem_of(error: AzuraError) -> Response:
    """Return the problem document of an AzuraError."""
    return problem(
        error.status,
        error.message,
        error.error_code,
        where=error.where,
        next_step=error.next_step,
        details=error.details,
    )


def _message(item: ErrorDetails) -> str:
    match item["type"]:
        case "json_invalid":
            return f"the body is not JSON: {item['ctx']['error']}"
        case "union_tag_not_found":
            return f"the field {item['ctx']['discriminator']} is missing; it says which kind is meant"
        case "union_tag_invalid":
            return f"{item['ctx']['discriminator']} must be one of {item['ctx']['expected_tags']}"
    return str(item["msg"]).removeprefix("Value error, ")


def install(app: FastAPI, allowed: Callable[[str], list[str]] = lambda _path: []) -> None:
    """Register the handlers. They are asynchronous: an error must not wait for a thread.

    Args:
        allowed: the methods that the API has for a path.
    """

    @app.exception_handler(AzuraError)
    async def _ours(_request: Request, error: AzuraError) -> Response:
        if isinstance(error, StorageError | TransientError):
            log.warning("request_failed", code=error.error_code, message=error.message)
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        problems = [
            {"field": ".".join(str(part) for part in item["loc"][1:]), "message": _message(item)}
            for item in error.errors()[:20]
        ]
        first = problems[0]
        detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
        return problem(422, detail, "invalid_input", where=first["field"], details={"fields": problems})

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 405:
            # The router names the methods of one route; others may share its path, or only the pages match.
            if methods := allowed(request.scope["path"]):
                headers["Allow"] = ", ".join(methods)
            elif request.scope["path"].startswith("/api/"):
                error, headers = HTTPException(404), {}
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        detail = str(error.detail)
        if error.status_code == 404:
            detail = f"{request.scope['path']} does not exist"
        elif error.status_code == 405:
            detail = f"{request.scope['path']} does not support {request.method}"
        answer = problem(error.status_code, detail, code)
        answer.headers.update(headers)
        return answer

    @app.exception_handler(ClientDisconnect)
    async def _left(_request: Request, _error: ClientDisconnect) -> Response:
        return problem(408, "the body ended early", "body_too_slow")  # no client receives it

    @app.exception_handler(UnicodeError)
    async def _unspeakable(request: Request, error: UnicodeError) -> Response:
        # Bodies and addresses are checked before; this is for what no check knew of.
        log.warning("text_not_storable", path=request.scope["path"], reason=str(error))
        return problem(422, "a text holds a character that cannot be stored", "invalid_input")

    @app.exception_handler(RecursionError)
    async def _too_deep(_request: Request, _error: RecursionError) -> Response:
        return problem(400, "the JSON body is nested too deeply", "invalid_input")

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        log.error("unexpected_error", reference=reference, path=request.scope["path"], exc_info=error)
        return problem(
            500,
            f"something went wrong here that should not (reference {reference})",
            "internal",
            next_step=f"look for the reference {reference} in platform.log in the data home and report it",
        )
