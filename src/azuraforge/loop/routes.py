"""HTTP routes of the loop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.loop.schemas import LoopOut, LoopPage
from azuraforge.loop.service import LoopService
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Reader

router = APIRouter(tags=["loop"])


async def loop_service(connection: HTTPConnection) -> LoopService:
    service: LoopService = connection.app.state.loop
    return service


Service = Annotated[LoopService, Depends(loop_service)]


@router.get("/loop")
def list_loops(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> LoopPage:
    """List the loops of all models, sorted by model name."""
    return service.list(access.project_id, limit=limit, after=after)


@router.get("/models/{name}/loop")
def get_loop(name: Name, access: Reader, service: Service) -> LoopOut:
    """Return the loop of a model: the latest execution and the triggers of each step."""
    return service.show(access.project_id, name)
