"""The HTTP application, composed of the routes of all packages."""

from __future__ import annotations

import copy
import re
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import ASGIApp, Scope

import azuraforge
from azuraforge.package import SETTINGS, Services
from azuraforge.people.access import require_person
from azuraforge.people.address import Address
from azuraforge.projects.access import require_access
from azuraforge.server import bodies, documented, encodings, guards, guide, health, idempotency, pages, problems
from azuraforge.server.health import State
from azuraforge.server.packages import PACKAGES
from azuraforge.waiting.turns import Waiting

PREFIX = "/api/v1"
#: Paths whose body may be a file that is streamed to disk; all other bodies are JSON.
FILE_PATHS = re.compile(
    rf"{PREFIX}/(datasets|datasets/preview|datasets/[^/]+/(rows|incumbent)|models/import|models/[^/]+/predict-image"
    r"|runs/[^/]+/artifacts/.+)"
)


async def _ready() -> dict[str, str]:
    return {"status": "ready"}


def create_application(services: Services, state: State, url: str = "") -> ASGIApp:
    """Create the application: the whole API and the dashboard. Routes find services at ``app.state.<name>``.

    Args:
        services: the services of this process.
        state: function that returns whether requests can be answered.
        url: address of the listening socket; links start with it if no public URL is set.
    """
    app = create_api(state)
    settings = services[SETTINGS]
    for package in services.packages:
        for name, service in package.served.items():
            setattr(app.state, name, services[service])
    app.state.settings = settings
    app.state.address = Address.of(settings.server, url)
    app.state.waiting = Waiting(settings.reading, settings.server)
    address = app.state.address
    limited = guards.BodyGuard(app, settings.server, FILE_PATHS, secure=address.secure)
    guarded = guards.HostGuard(limited, address)
    return guards.LanguageGuard(guarded)


_ABOUT = """A self-hosted platform for models that keep learning.

Errors are problem documents (RFC 9457). Their texts, and those of stored errors such as a failed run's, are in the
language that the `Accept-Language` header prefers: English (`en`, the default) or Turkish (`tr`). `code` and `details`
are the same in both.
"""


def create_api(state: State = _ready) -> FastAPI:
    """Create the routes without services, which is enough to generate the OpenAPI document."""
    app = FastAPI(
        title="AzuraForge",
        version=azuraforge.__version__,
        description=_ABOUT,
        docs_url=None,  # the pages load scripts from other hosts; the document itself is at /api/v1/openapi.json
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=lambda route: f"{route.tags[0] if route.tags else 'server'}_{route.name}",
    )
    app.state.project_of, app.state.caller_of = _project_of, require_access
    app.add_middleware(idempotency.IdempotencyGuard)
    app.add_middleware(encodings.JsonCompression)
    # Routers are not nested, because each level of inclusion matches the route once more.
    routers = [router for package in PACKAGES for router in package.hot_routers()]
    routers += [router for package in PACKAGES for router in package.routers()]
    for router in routers:
        app.include_router(_narrowed(router), prefix=PREFIX)
    health.install(app, state)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    app.state.person_paths = frozenset(
        PREFIX + route.path_format for route in routes if require_person in documented.calls(route.dependant)
    )

    def allowed(path: str) -> list[str]:
        if not path.startswith(f"{PREFIX}/"):
            return []
        inner = path.removeprefix(PREFIX)
        return sorted({method for route in routes if route.path_regex.match(inner) for method in route.methods or ()})

    problems.install(app, allowed)
    guide.install(app)
    pages.install(app, allowed)
    plain = app.openapi
    by_place = {
        (method.lower(), PREFIX + route.path_format): route for route in routes for method in route.methods or ()
    }

    @cache  # FastAPI returns the same document each time, and it is changed in place
    def document() -> documented.Document:
        described = documented.described(idempotency.described(plain()), by_place)
        return documented.with_registered(described, PACKAGES)

    app.openapi = document  # type: ignore[method-assign]
    return app


def _narrowed(router: APIRouter) -> APIRouter:
    """Return a copy of a package's router that is only searched for paths with its own nouns.

    FastAPI tries every route of every package in turn, at 1 to 2 µs each, which was a third of a short request's time.
    """
    paths = [getattr(route, "path", None) for route in router.routes]
    if None in paths:
        return router  # the router includes others
    nouns = frozenset(str(path).split("/")[1] for path in paths)
    narrowed = copy.copy(router)  # the original stays unchanged for other applications and prefixes
    narrowed.routes = [bodies.strict(route) for route in router.routes]
    look = narrowed.matches

    def matches(scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        noun = path[len(PREFIX) + 1 :].partition("/")[0]
        return look(scope) if noun in nouns else (Match.NONE, {})

    narrowed.matches = matches  # type: ignore[method-assign]
    return narrowed


async def _project_of(connection: HTTPConnection) -> str:
    return (await require_access(connection)).project_id
