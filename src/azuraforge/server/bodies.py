"""Routes whose JSON bodies are read strictly."""

from __future__ import annotations

import copy
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from azuraforge import strict_json


class StrictRequest(Request):
    """A request that refuses JSON which no database can hold."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = strict_json.parse(await self.body())
        return self._json


def strict(route: BaseRoute) -> BaseRoute:
    """Return a copy of a route that reads its JSON strictly; the route itself where it reads none."""
    if not isinstance(route, APIRoute) or route.body_field is None:
        return route
    made = copy.copy(route)
    plain = made.get_route_handler

    def get_route_handler() -> Any:
        handle = plain()

        async def read(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive, request._send))

        return read

    made.get_route_handler = get_route_handler  # type: ignore[method-assign]
    return made
