"""Readiness of a process to answer requests, as ``GET /readyz`` reports it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from azuraforge.errors import AzuraError
from azuraforge.messages import Message, current, translated
from azuraforge.telemetry import logger

log = logger("platform")


class Readiness:
    """The state of a process: starting, ready, or unavailable with a reason.

    Args:
        look: reads a row through the database; raises where requests could not be answered.
        about: further fields of the report, such as the broker's state.
    """

    def __init__(self, look: Callable[[], Awaitable[None]], about: Callable[[], dict[str, str]] = dict) -> None:
        self.started = False
        self._look = look
        self._about = about

    async def state(self) -> dict[str, str]:
        """Return the report; its ``status`` is "ready" where requests are answered."""
        if not self.started:
            return {"status": "starting", **self._about()}
        try:
            await self._look()
        except AzuraError as error:
            return {"status": "unavailable", "reason": translated(error.as_message(), current()), **self._about()}
        except Exception as error:
            log.error("readiness_failed", reason=str(error))
            reason = translated(Message("the database cannot be read"), current())
            return {"status": "unavailable", "reason": reason, **self._about()}
        return {"status": "ready", **self._about()}
