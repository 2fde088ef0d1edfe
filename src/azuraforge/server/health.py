"""Whether the process lives and requests can be served. Neither answer needs a thread of the routes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response

import azuraforge
from azuraforge.telemetry import logger

#: A check that takes longer counts as failed; it goes on, and later requests wait for the same one.
CHECK_SECONDS = 2.0

_STARTING = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}

log = logger("server")


class Readiness:
    """Calls ``ready`` on a thread of its own, one call at a time for all requests that ask meanwhile."""

    def __init__(self, ready: Callable[[], bool], seconds: float = CHECK_SECONDS) -> None:
        self._ready = ready
        self._seconds = seconds
        self._running: asyncio.Future[bool] | None = None

    async def check(self) -> bool:
        """Return whether the platform is ready; False where the check fails or takes too long."""
        loop = asyncio.get_running_loop()
        if self._running is None or self._running.done() or self._running.get_loop() is not loop:
            self._running = loop.create_future()
            # A daemon: a check that hangs must not keep the process from ending.
            threading.Thread(target=self._call, args=(loop, self._running), name="readiness", daemon=True).start()
        done, _ = await asyncio.wait({self._running}, timeout=self._seconds)
        return bool(done) and self._running.result()

    def _call(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[bool]) -> None:
        try:
            ready = self._ready()
        except Exception as error:
            log.warning("readiness_failed", reason=str(error))
            ready = False
        with contextlib.suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(_settle, future, ready)


def install(app: FastAPI, ready: Callable[[], bool], about: Callable[[], dict[str, str]]) -> None:
    """Add the two routes. ``about`` names what else an operator wants to know."""
    readiness = Readiness(ready)

    @app.get("/healthz", tags=["server"])
    async def healthz() -> dict[str, Any]:
        """Report that the process lives."""
        return {"status": "ok", "version": azuraforge.__version__}

    @app.get("/readyz", tags=["server"], responses={503: {"description": "Starting", "content": _STARTING}})
    async def readyz(response: Response) -> dict[str, Any]:
        """Report whether requests can be served and runs will be executed."""
        if not await readiness.check():
            response.status_code = 503
            return {"status": "starting", **about()}
        return {"status": "ready", **about()}


def _settle(future: asyncio.Future[bool], ready: bool) -> None:
    if not future.done():
        future.set_result(ready)
