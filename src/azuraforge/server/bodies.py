"""Routes that parse JSON bodies strictly, and only for callers who may send them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azuraforge import strict_json
from azuraforge.bounds import does_clean_text
from azuraforge.people.access import require_person
from azuraforge.projects.access import admin, member, owner, require_access
from azuraforge.server.documented import ENTRANCES, calls
from azuraforge.server.guards import bounded
from azuraforge.waiting.threads import OwnThreads

#: Largest body of a route that requires no session and no token.
MOST_BYTES_OF_STRANGERS = 64 * 1024
#: Larger bodies are parsed in a thread, because they would block the event loop for milliseconds.
_PARSED_AT_ONCE = 256 * 1024
_parsers = OwnThreads("parsers", 2)


class StrictRequest(Request):
    """A request whose JSON is refused if databases cannot store it."""

    async def json(self) -> object:
        if not hasattr(self, "_json"):
            body = await self.body()
            if len(body) <= _PARSED_AT_ONCE:
                self._json = strict_json.parse(body)
            else:
                self._json = await _parsers.run(strict_json.parse, body)
        return self._json


def strict(route: BaseRoute) -> BaseRoute:
    """Return a copy of a route that parses its JSON strictly; return the route itself if it has no body.

    FastAPI reads and parses a body before it calls dependencies. The copy authenticates first, so that unknown callers
    use neither memory nor processor time; a route without authentication accepts only a small body.
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
            if require_person in asked:
                await require_person(request)
            elif asked & ENTRANCES:
                access = await require_access(request)
                if owner in asked:
                    await owner(access)
                elif admin in asked:
                    await admin(access)
                elif member in asked:
                    await member(access)
            else:
                receive = bounded(receive, MOST_BYTES_OF_STRANGERS)
            return await handle(kind(request.scope, receive, request._send))

        return read

    made.get_route_handler = get_route_handler  # type: ignore[method-assign]
    return made
