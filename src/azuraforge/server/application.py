"""The HTTP application, put together from the rooms' routes."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import ASGIApp, Scope

import azuraforge
from azuraforge.automations.routes import router as schedules
from azuraforge.automations.service import ScheduleService
from azuraforge.datasets.routes import router as datasets
from azuraforge.datasets.service import DatasetService
from azuraforge.events.routes import router as events
from azuraforge.events.service import EventLog
from azuraforge.models.comparison.routes import router as comparisons
from azuraforge.models.comparison.service import Comparisons
from azuraforge.models.predictions.routes import router as predictions
from azuraforge.models.predictions.service import PredictionService
from azuraforge.models.release_routes import router as deployments
from azuraforge.models.routes import hot
from azuraforge.models.routes import router as models
from azuraforge.models.service import ModelService
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.plugins.routes import router as plugins
from azuraforge.projects.access import require_access
from azuraforge.projects.address import Address
from azuraforge.projects.routes import router as projects
from azuraforge.projects.service import ProjectService
from azuraforge.projects.trash import Trash
from azuraforge.reports.routes import router as reports
from azuraforge.reports.service import RunReports
from azuraforge.runs.routes import router as runs
from azuraforge.runs.service import RunService
from azuraforge.server import bodies, documented, encodings, guards, health, pages, problems, repeats
from azuraforge.server.health import State
from azuraforge.settings import Settings
from azuraforge.studies.routes import router as studies
from azuraforge.studies.service import StudyService
from azuraforge.waiting.turns import Waiting

PREFIX = "/api/v1"
#: Where a body is a file that is streamed to disk; everywhere else it is JSON.
FILE_PATHS = re.compile(rf"{PREFIX}/(datasets|models/import|models/[^/]+/predict-image)")


@dataclass(frozen=True)
class Rooms:
    """The services that routes speak to; each is found at ``app.state.<room>``."""

    projects: ProjectService
    trash: Trash
    plugins: Catalogue
    datasets: DatasetService
    runs: RunService
    reports: RunReports
    models: ModelService
    predictions: PredictionService
    comparisons: Comparisons
    studies: StudyService
    schedules: ScheduleService
    events: EventLog


async def _ready() -> dict[str, str]:
    return {"status": "ready"}


def create_application(rooms: Rooms, settings: Settings, state: State, url: str = "") -> ASGIApp:
    """Create the application: the whole API and the dashboard.

    Args:
        state: reports whether requests can be answered.
        url: address of the listening socket; links start with it where no public URL is set.
    """
    app = create_api(state)
    for room, service in vars(rooms).items():
        setattr(app.state, room, service)
    app.state.settings = settings
    app.state.address = Address.of(settings.server, url)
    app.state.waiting = Waiting(settings.reading, settings.server)
    return guards.HostGuard(guards.BodyGuard(app, settings.server, FILE_PATHS), app.state.address)


def create_api(state: State = _ready) -> FastAPI:
    """The routes alone, without services: enough to write down the OpenAPI document."""
    app = FastAPI(
        title="AzuraForge",
        version=azuraforge.__version__,
        description="A self-hosted platform for models that keep learning.",
        docs_url=None,  # they load scripts from elsewhere; the document itself is at /api/v1/openapi.json
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=lambda route: f"{route.tags[0] if route.tags else 'server'}_{route.name}",
    )
    app.state.project_of, app.state.caller_of = _project_of, require_access
    app.add_middleware(repeats.RepeatGuard)
    app.add_middleware(encodings.JsonCompression)
    # None nested: each level of inclusion looks for the route once more.
    seldom = (comparisons, datasets, events, projects, plugins, reports, studies, schedules)
    routers = (hot, runs, models, deployments, predictions, *seldom)
    for router in routers:
        app.include_router(_narrowed(router), prefix=PREFIX)
    health.install(app, state)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    def allowed(path: str) -> list[str]:
        if not path.startswith(f"{PREFIX}/"):
            return []
        inner = path.removeprefix(PREFIX)
        return sorted({method for route in routes if route.path_regex.match(inner) for method in route.methods or ()})

    problems.install(app, allowed)
    pages.install(app, allowed)
    plain = app.openapi
    by_place = {
        (method.lower(), PREFIX + route.path_format): route for route in routes for method in route.methods or ()
    }
    app.openapi = lambda: documented.described(repeats.described(plain()), by_place)  # type: ignore[method-assign]
    return app


def _narrowed(router: APIRouter) -> APIRouter:
    """A copy of the room's router that is looked through only for its own nouns: FastAPI tries every route of every
    room in turn, at 1 to 2 µs each, which was a third of a short read."""
    paths = [getattr(route, "path", None) for route in router.routes]
    if None in paths:
        return router  # it includes others
    nouns = frozenset(str(path).split("/")[1] for path in paths)
    narrowed = copy.copy(router)  # the room's own stays as it is, for other applications and other prefixes
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
