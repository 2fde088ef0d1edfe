"""Every error leaves the API as RFC 9457 problem+json: what, where, what to do next. No traceback, ever."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from azuraforge.errors import AzuraError, StorageError, TransientError
from azuraforge.telemetry import logger

log = logger("server")


def problem(status: int, detail: str, code: str, **more: Any) -> Response:
    """One problem document."""
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
    """The problem document of one of our errors."""
    return problem(
        error.status,
        error.message,
        error.error_code,
        where=error.where,
        next_step=error.next_step,
        details=error.details,
    )


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(AzuraError)
    def _ours(_request: Request, error: AzuraError) -> Response:
        if isinstance(error, StorageError | TransientError):
            log.warning("request_failed", code=error.error_code, message=error.message)
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> Response:
        problems = [
            {"field": ".".join(str(part) for part in item["loc"][1:]), "message": item["msg"]}
            for item in error.errors()[:20]
        ]
        first = problems[0]
        detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
        return problem(422, detail, "invalid_input", where=first["field"], details={"fields": problems})

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        detail = str(error.detail)
        if error.status_code == 404:
            detail = f"{request.url.path} does not exist"
        return problem(error.status_code, detail, code)

    @app.exception_handler(RecursionError)
    def _too_deep(_request: Request, _error: RecursionError) -> Response:
        return problem(400, "the JSON body is nested too deeply", "invalid_input")

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        log.error("unexpected_error", reference=reference, path=request.url.path, exc_info=error)
        return problem(
            500,
            f"something went wrong here that should not (reference {reference})",
            "internal",
            next_step=f"look for the reference {reference} in platform.log in the data home and report it",
        )
