"""Routes for liveness and readiness. Neither uses the threads of the other routes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response

import azuraforge
from azuraforge.messages.catalogue import untranslated

#: Default time limit of a readiness check.
CHECK_SECONDS = 2.0

_UNAVAILABLE = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}

#: Reports whether requests can be answered; its ``status`` is "ready" if so.
State = Callable[[], Awaitable[dict[str, str]]]


def install(app: FastAPI, state: State, check_seconds: float = CHECK_SECONDS) -> None:
    """Register ``/healthz`` and ``/readyz``. A check that takes longer than ``check_seconds`` counts as failed."""

    @app.get("/healthz", tags=["server"])
    async def healthz() -> dict[str, object]:
        """Report that the process is alive, and how many error messages lacked a translation."""
        return {"status": "ok", "version": azuraforge.__version__, "untranslated": sum(untranslated().values())}

    @app.get("/readyz", tags=["server"], responses={503: {"description": "Not ready", "content": _UNAVAILABLE}})
    async def readyz(response: Response) -> dict[str, object]:
        """Report whether requests can be answered; the status is 503, with a reason, if not."""
        try:
            report = await asyncio.wait_for(state(), check_seconds)
        except TimeoutError:
            reason = f"the database has not answered within {check_seconds:g} seconds"
            report = {"status": "unavailable", "reason": reason}
        if report["status"] != "ready":
            response.status_code = 503
        return dict(report)
