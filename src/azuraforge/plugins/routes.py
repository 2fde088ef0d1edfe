"""HTTP of plugins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.plugins.catalogue import Catalogue
from azuraforge.plugins.schemas import PluginOut


async def signed_in(connection: HTTPConnection) -> str:
    """Set by the server: plugins stand below projects and cannot know who asks."""
    project_id: str = await connection.app.state.project_of(connection)
    return project_id


async def catalogue(connection: HTTPConnection) -> Catalogue:
    plugins: Catalogue = connection.app.state.plugins
    return plugins


router = APIRouter(prefix="/plugins", tags=["plugins"], dependencies=[Depends(signed_in)])
Plugins = Annotated[Catalogue, Depends(catalogue)]


@router.get("")
def list_plugins(plugins: Plugins) -> list[PluginOut]:
    """Every plugin that was found, broken ones with their error."""
    return plugins.list()


@router.get("/{name}")
def get_plugin(name: Name, plugins: Plugins) -> PluginOut:
    """One plugin with the JSON schema of what it accepts."""
    return plugins.show(name)
