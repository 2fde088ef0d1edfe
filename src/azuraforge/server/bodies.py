"""Routes whose JSON bodies are read strictly, and only for callers who may send them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azuraforge import strict_json
from azuraforge.bounds import does_clean_text
from azuraforge.projects.access import admin, member, require_access
from azuraforge.server.documented import ENTRANCES, calls
from azuraforge.server.guards import bounded
from azuraforge.waiting.threads import OwnThreads

#: Largest body of a route that asks for no session or token.
MOST_BYTES_OF_STRANGERS = 64 * 1024
#: A larger body is parsed in a thread: it would hold the event loop for milliseconds.
_PARSED_AT_ONCE = 256 * 1024
_parsers = OwnThreads("parsers", 2)


class StrictRequest(Request):
    """A request that refuses JSON which no database can hold."""

    async def json(self) -> object:
        if not hasattr(self, "_json"):
            body = await self.body()
            if len(body) <= _PARSED_AT_ONCE:
                self._json = strict_json.parse(body)
            else:
                self._json = await _parsers.run(strict_json.parse, body)
        return self._json


def strict(route: BaseRoute) -> BaseRoute:
    """Return a copy of a route that reads its JSON strictly; the route itself where it reads none.

    FastAPI reads and parses a body before any dependency runs. The copy authenticates first, so that unknown callers
    cost neither memory nor processor time; a route that anyone may call takes a small body only.
    """
    if not isinstance(route, APIRoute) or route.body_field is None:
        return route
    kind = Request if does_clean_text(route.endpoint) else StrictRequest
    made = copy.copy(route)
    plain = made.get_route_handler
    asked = set(calls(route.dependant))

    def get_route_handler() -> Callable[[Request], Coroutine[object, object, Response]]:
        handle = plain()

        async def read(request: Request) -> Response:
            receive = request.receive
            if asked & ENTRANCES:
                access = await require_access(request)
                if admin in asked:
                    await admin(access)
                elif member in asked:
                    await member(access)
            else:
                receive = bounded(receive, MOST_BYTES_OF_STRANGERS)
            return await handle(kind(request.scope, receive, request._send))

        return read

    made.get_route_handler = get_route_handler  # type: ignore[method-assign]
    return made
