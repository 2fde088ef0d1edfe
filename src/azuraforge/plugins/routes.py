"""HTTP routes of plugins."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.paging import PAGE, After, Limit, Order
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.plugins.schemas import PluginOut, PluginPage, TaskKindPage
from azuraforge.waiting.turns import ask_in_turn

_BY_NAME: Order[tuple[str, str, str, str]] = Order("plugins", tuple[str, str, str, str])
_TASK_KINDS: Order[tuple[str]] = Order("task kinds", tuple[str])


async def signed_in(connection: HTTPConnection) -> str:
    """Return the ID of the caller's project. Raises Unauthorized if the caller is not signed in.

    The server provides the check as ``app.state.project_of``, because plugins do not depend on projects.
    """
    project_id: str = await connection.app.state.project_of(connection)
    return project_id


async def catalogue(connection: HTTPConnection) -> Catalogue:
    """Return the plugin catalogue of this server."""
    plugins: Catalogue = connection.app.state.plugins
    return plugins


router = APIRouter(tags=["plugins"])
Project = Annotated[str, Depends(signed_in)]
Plugins = Annotated[Catalogue, Depends(catalogue)]


@router.get("/plugins")
async def list_plugins(
    request: Request, project_id: Project, plugins: Plugins, limit: Limit = PAGE, after: After = None
) -> PluginPage:
    """List the installed plugins, ordered by kind and name. Broken plugins are listed with their error."""
    found = await ask_in_turn(request, project_id, plugins.list)
    page, cursor = _BY_NAME.select(
        found, limit, after, lambda each: (each.kind, each.name, each.origin, str(each.error or ""))
    )
    return PluginPage(items=list(page), next=cursor)


@router.get("/plugins/{name}")
async def get_plugin(name: Name, request: Request, project_id: Project, plugins: Plugins) -> PluginOut:
    """Return one plugin with the JSON schema of its input."""
    return await ask_in_turn(request, project_id, partial(plugins.show, name))


@router.get("/task-kinds")
async def list_task_kinds(
    request: Request, project_id: Project, plugins: Plugins, limit: Limit = PAGE, after: After = None
) -> TaskKindPage:
    """List the task kinds for which models can be trained, with their metrics, slices and baselines."""
    found = await ask_in_turn(request, project_id, plugins.task_kinds)
    page, cursor = _TASK_KINDS.select(found.values(), limit, after, lambda each: (each.name,))
    return TaskKindPage(items=list(page), next=cursor)
